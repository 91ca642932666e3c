"""What the neighbours' market will clear at, and how likely an order is filled."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import numpy as np

from peerwatt.model.market import Clearing, Side, Tariff
from peerwatt.model.units import INTERVALS_PER_DAY

from .calendar import local_intervals, slot_of_day, weekday
from .series import Array, Integers

LEVELS = (0.1, 0.25, 0.5, 0.75, 0.9)
HALF_LIFE_DAYS = 14.0
NEAR_SLOTS = 3.0
"""Quarter-hours from the wanted time of day at which a clearing weighs 1/e² as much."""

OTHER_KIND = 0.5
"""Weight of a working day for a weekend's day, and the other way round."""

PRIOR_WORTH = 1.0
"""Clearings that weigh as much as the range between the tariffs, evenly."""

PRIOR_POINTS = 9


@dataclass(frozen=True, slots=True)
class PriceForecast:
    """The price of one interval's auction, micro-units per kWh."""

    interval: int
    clears: float
    """Chance that anything is traded at all."""
    quantiles_micro: tuple[int, ...]
    """At ``LEVELS``, if it clears; within the tariff's range."""
    volume_wh: int
    """Expected volume of all members."""
    _prices: tuple[float, ...]
    _weights: tuple[float, ...]

    def fill_chance(self, side: Side, price_micro: int) -> float:
        """Return the chance that an order at this limit is filled (at the margin: by half)."""
        prices, weights = np.array(self._prices), np.array(self._weights)
        better = prices < price_micro if side is Side.BUY else prices > price_micro
        equal = prices == price_micro
        return float(self.clears * (weights[better].sum() + weights[equal].sum() / 2))


@dataclass(frozen=True, slots=True)
class PriceHabits:
    """Clearings that were seen, by local time; immutable."""

    timezone: str | None
    interval: Integers
    slot: Integers
    weekend: Integers
    price_micro: Array
    volume_wh: Array

    def expect(self, intervals: Iterable[int], tariff: Tariff) -> tuple[PriceForecast, ...]:
        """Return what is to be expected of intervals; without any past, an even chance."""
        wanted = np.array(sorted(intervals), dtype=np.int64)
        local = local_intervals(wanted, self.timezone)
        slots, weekends = slot_of_day(local), weekday(local) >= 5
        return tuple(
            self._expect(int(one), int(slot), bool(weekend), tariff)
            for one, slot, weekend in zip(wanted, slots, weekends, strict=True)
        )

    def _expect(self, interval: int, slot: int, weekend: bool, tariff: Tariff) -> PriceForecast:
        weight = self._weights_for(interval, slot, weekend)
        traded = self.volume_wh > 0
        low, high = tariff.feed_in_micro_per_kwh, tariff.retail_micro_per_kwh
        low, high = min(low, high), max(low, high)
        prior = np.linspace(low, high, PRIOR_POINTS)
        prices = np.concatenate([np.clip(self.price_micro[traded], low, high), prior])
        weights = np.concatenate(
            [weight[traded], np.full(PRIOR_POINTS, PRIOR_WORTH / PRIOR_POINTS)]
        )
        order = np.argsort(prices, kind="stable")
        prices, weights = prices[order], weights[order] / weights.sum()
        marks = np.searchsorted(np.cumsum(weights), np.array(LEVELS) - 1e-9)
        total = float(weight.sum())
        clears = (float(weight[traded].sum()) + PRIOR_WORTH / 2) / (total + PRIOR_WORTH)
        volume = float((weight * self.volume_wh).sum()) / (total + PRIOR_WORTH)
        return PriceForecast(
            interval,
            clears,
            tuple(round(float(prices[min(int(m), len(prices) - 1)])) for m in marks),
            round(volume),
            tuple(prices.tolist()),
            tuple(weights.tolist()),
        )

    def _weights_for(self, interval: int, slot: int, weekend: bool) -> Array:
        apart = np.abs(self.slot - slot)
        apart = np.minimum(apart, INTERVALS_PER_DAY - apart)
        age = np.maximum(interval - self.interval, 0) / INTERVALS_PER_DAY
        kind = np.where(self.weekend == int(weekend), 1.0, OTHER_KIND)
        near = np.exp(-2 * (apart / NEAR_SLOTS) ** 2)
        past = self.interval < interval
        return np.asarray(near * 0.5 ** (age / HALF_LIFE_DAYS) * kind * past)


def learn_prices(clearings: Iterable[Clearing], timezone: str | None) -> PriceHabits:
    """Learn from clearings in any order. Raises ZoneInfoNotFoundError for an unknown zone."""
    if timezone is not None:
        ZoneInfo(timezone)
    known = sorted({c.interval: c for c in clearings}.values(), key=lambda c: c.interval)
    interval = np.array([c.interval for c in known], dtype=np.int64)
    local = local_intervals(interval, timezone)
    return PriceHabits(
        timezone,
        interval,
        slot_of_day(local),
        (weekday(local) >= 5).astype(np.int64),
        np.array([c.price_micro for c in known], dtype=np.float64),
        np.array([c.volume_wh for c in known], dtype=np.float64),
    )
