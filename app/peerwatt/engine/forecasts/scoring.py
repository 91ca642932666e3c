"""Scores the forecasts of a day against what happened; pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from peerwatt.forecast.horizons import Quantiles
from peerwatt.forecast.score import Score, score, together
from peerwatt.forecast.series import Array, Series


@dataclass(frozen=True, slots=True)
class Issued:
    """A forecast as it was given out, with the interval in which that was."""

    first_interval: int
    pv: Quantiles
    load: Quantiles


def score_day(issued: Mapping[int, Issued], measured: Series) -> tuple[Score, ...]:
    """Return one score by quantity, method and stage over all forecasts of a day.

    Steps of which nothing was measured count nowhere.
    """
    found: list[Score] = []
    for first, one in sorted(issued.items()):
        begin = first - measured.first_interval
        for quantity, made, truth in (
            ("pv", one.pv, measured.pv_w), ("load", one.load, measured.load_w),
        ):  # fmt: skip
            found += score(quantity, made, _from(truth, begin, made.values_w.shape[1]))
    return together(found)


def _from(values: Array, begin: int, count: int) -> Array:
    """Return ``count`` values from a position on, NaN outside."""
    found = np.full(count, np.nan)
    low, high = max(begin, 0), min(begin + count, len(values))
    if high > low:
        found[low - begin : high - begin] = values[low:high]
    return found
