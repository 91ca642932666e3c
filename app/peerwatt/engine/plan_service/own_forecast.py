"""Forecasts of a problem from its own history: the expected way and what is kept ready."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from peerwatt.forecast.hedge import hedge
from peerwatt.forecast.house import HouseForecaster, train
from peerwatt.forecast.series import Series
from peerwatt.model.units import INTERVAL_S, INTERVALS_PER_DAY, interval_at
from peerwatt.planner.spec import Array, House, Scenario

LEAST_DAYS = 2
"""Days of history below which the forecast that was given is used."""


@dataclass(slots=True)
class OwnForecast:
    """Keeps a trained forecaster and trains it anew when a day has passed or the past changed."""

    _forecaster: HouseForecaster | None = None
    _trained_until: int = 0
    _length: int = 0

    def apply(self, house: House, history: object) -> House:
        """Return the house with forecasts of its own, unchanged where the history is too short."""
        series = series_of(history, house)
        if series is None or not np.allclose(house.hours, INTERVAL_S / 3600):
            return house
        age = series.end - self._trained_until
        if self._forecaster is None or not 0 <= age < INTERVALS_PER_DAY:
            self._forecaster = train(series, None)
            self._trained_until = series.end
        bands = self._forecaster.predict(series, house.count)
        room_wh = 1000 * sum(b.soc_max_kwh - b.soc_min_kwh for b in house.batteries)
        kept = hedge(bands, house.import_price, room_wh)
        return replace(
            house,
            pv_kw=_kw(bands.pv_mean_w),
            load_kw=_kw(bands.load_mean_w),
            sigma_kw=_kw(kept.sigma_w),
            scenarios=tuple(
                Scenario(way.weight, _kw(way.pv_w), _kw(way.load_w)) for way in kept.scenarios
            ),
        )


def series_of(history: object, house: House) -> Series | None:
    """Return a problem's history, which ends where its steps begin; ``None`` if too short."""
    if not isinstance(history, dict):
        return None
    try:
        load = np.array(history.get("load_kw", ()), float) * 1000
        pv = np.array(history.get("pv_kw", ()), float) * 1000
    except (TypeError, ValueError):
        return None
    if load.ndim != 1 or load.shape != pv.shape or len(load) < LEAST_DAYS * INTERVALS_PER_DAY:
        return None
    return Series(interval_at(house.start_s) - len(load), load, pv)


def repeats_yesterday(house: House, history: object) -> bool:
    """Whether the given forecast is the last day repeated: then it says nothing new."""
    series = series_of(history, house)
    if series is None:
        return False
    for given, past in ((house.pv_kw, series.pv_w), (house.load_kw, series.load_w)):
        day = past[-INTERVALS_PER_DAY:] / 1000
        again = np.resize(day, house.count)
        if not np.allclose(given, again, atol=2e-3):
            return False
    return True


def _kw(power_w: Any) -> Array:
    kw: Array = np.maximum(np.asarray(power_w, float), 0.0) / 1000
    return kw
