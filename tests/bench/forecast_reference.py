"""Gradient boosting on the bench's rolling origins; runs in the peers' environment alone.

Usage: forecast_reference.py IN.npz OUT.npz. IN holds ``origins``, ``steps``, ``slot``, ``weekday``,
``retrain`` (intervals) and one array of W for each name in ``names``; OUT gets [origin, step].
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from sklearn.ensemble import HistGradientBoostingRegressor

DAY = 96
LAGS = (1, 2, 3, 4, 8, 12)
HISTORY = 7 * DAY


def features(values: np.ndarray, clock: np.ndarray, origins: np.ndarray, step: int) -> np.ndarray:
    """Return [origin, feature]: calendar, last values, yesterday, last week and its mean."""
    target = origins + step
    days = np.array([values[target - DAY * back] for back in range(1, 8)])
    recent = [values[origins - lag] for lag in LAGS]
    last_hours = np.array([values[origins - lag] for lag in range(1, 17)]).mean(axis=0)
    columns = [*clock[:, target], *recent, last_hours, days[0], days[1], days[6], days.mean(axis=0)]
    return np.column_stack(columns)


def main() -> None:
    given = np.load(sys.argv[1])
    origins, retrain = given["origins"], int(given["retrain"])
    clock = np.array([given["slot"], given["weekday"]])
    made = {}
    for name in given["names"]:
        values = given[str(name)]
        forecast = np.full((len(origins), len(given["steps"])), np.nan)
        for column, step in enumerate(given["steps"]):
            for begin in range(int(origins[0]), int(origins[-1]) + 1, retrain):
                rows = np.flatnonzero((origins >= begin) & (origins < begin + retrain))
                past = np.arange(HISTORY, begin - step)
                model = HistGradientBoostingRegressor(random_state=0)
                model.fit(features(values, clock, past, step), values[past + step])
                found = model.predict(features(values, clock, origins[rows], step))
                forecast[rows, column] = np.maximum(found, 0.0)
        made[str(name)] = forecast
    np.savez(Path(sys.argv[2]), **made)


if __name__ == "__main__":
    main()
