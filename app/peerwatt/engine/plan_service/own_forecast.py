"""Forecasts of a problem from its own history: the expected way, its spread, other ways."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from peerwatt.forecast.bands import Bands
from peerwatt.forecast.house import HouseForecaster, train
from peerwatt.forecast.series import Series
from peerwatt.model.units import INTERVAL_S, INTERVALS_PER_DAY, interval_at
from peerwatt.planner.spec import Array, House, Scenario

SCENARIOS = 8
"""Ways the future may go beside the expected one, where the sun does not fill the batteries.

How much is bought at night then hangs on them: in two autumn and winter months the bill was 0.1 to
1 % lower than without. All together they weigh as much as the expected way. Where the sun does
fill the batteries, the cars' steps count most and are found better without.
"""

LOAD_LEVEL = 0.6
"""Quantile of the load that is planned for without scenarios."""

SUNNY_SIGMAS = 1.5
"""As ``SIGMAS``, without scenarios."""

SIGMAS = 1.0
"""Standard deviations kept free below a battery's limit where power is dear."""

RESERVED_SIGMAS = 1.0
"""Standard deviations of load - sun that are kept for dear steps which no cheap one precedes.

Each scenario knows its own future, so that all together keep too little for a peak; too much
kept serves the hours after it.
"""

NEAR_PRICE = 0.02
"""Currency per kWh by which prices count as the lowest or the highest."""

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
        sigma = _sigma(bands)
        if _sun_fills(house, bands):
            _, load = bands.at(LOAD_LEVEL)
            return replace(
                house,
                pv_kw=_kw(bands.pv_mean_w),
                load_kw=_kw(load),
                sigma_kw=SUNNY_SIGMAS * sigma,
            )
        kept = RESERVED_SIGMAS * sigma * _peak_ahead(house)
        return replace(
            house,
            pv_kw=_kw(bands.pv_mean_w),
            load_kw=_kw(bands.load_mean_w) + kept,
            sigma_kw=SIGMAS * sigma,
            scenarios=tuple(
                Scenario(way.weight, _kw(way.pv_w), _kw(way.load_w) + kept)
                for way in bands.scenarios(SCENARIOS, seed=0)
            ),
        )


def _sun_fills(house: House, bands: Bands) -> bool:
    """Whether a day's expected surplus of sun is as much as all batteries hold."""
    surplus = np.maximum(bands.pv_mean_w - bands.load_mean_w, 0.0)[:INTERVALS_PER_DAY]
    room = sum(battery.soc_max_kwh - battery.soc_min_kwh for battery in house.batteries)
    return float(surplus.sum()) * INTERVAL_S / 3_600_000 >= room


def _peak_ahead(house: House) -> Array:
    """Return 1 in the dearest steps that come before a cheap one, 0 elsewhere."""
    price = house.import_price
    ahead = np.zeros(house.count)
    if float(np.ptp(price)) <= 2 * NEAR_PRICE:
        return ahead
    cheap = int(np.argmax(price <= price.min() + NEAR_PRICE))
    ahead[:cheap] = price[:cheap] >= price.max() - NEAR_PRICE
    return ahead


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


def _sigma(bands: Bands) -> Array:
    """Return one standard deviation of load - sun: half of what lies between 16 and 84 %."""
    low_pv, low_load = bands.at(0.16)
    high_pv, high_load = bands.at(0.84)
    sigma: Array = np.hypot(high_pv - low_pv, high_load - low_load) / 2000
    return sigma
