"""Finds panels that were added, so that the time before them can be compared with the present."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from peerwatt.model.units import INTERVALS_PER_DAY

from .series import Array

BEFORE_DAYS, AFTER_DAYS = 60, 20
MIN_BEFORE_DAYS, MIN_AFTER_DAYS = 14, 2
MIN_LIGHT_DAY = 600.0
"""Clear light of a day, W/m2 summed over its intervals, below which it tells nothing."""

YIELDS = (0.5, 0.6, 0.7, 0.8, 0.9)
"""Quantiles of the days' yields that are compared."""

LEAST = 1.3
"""Growth below this is weather or season."""


@dataclass(frozen=True, slots=True)
class Growth:
    """From an interval on the panels make ``factor`` times what they made before."""

    interval: int
    factor: float

    def applied(self, pv_w: Array, first_interval: int) -> Array:
        """Return the series as if the present panels had been there from the start."""
        before = np.arange(first_interval, first_interval + len(pv_w)) < self.interval
        return np.where(before, pv_w * self.factor, pv_w)


NO_GROWTH = Growth(0, 1.0)


def find_growth(pv_w: Array, clear_ghi: Array, first_interval: int) -> Growth:
    """Return the last step up of what a clear day makes; ``NO_GROWTH`` without one.

    A step counts if a third of the days since, and at least two, reach ``LEAST`` times the best
    day of the two months before.
    """
    best = _daily_yield(pv_w, clear_ghi)
    found = NO_GROWTH
    for day in range(MIN_BEFORE_DAYS, len(best) - MIN_AFTER_DAYS + 1):
        before = best[max(day - BEFORE_DAYS, 0) : day]
        before = before[np.isfinite(before)]
        if len(before) < MIN_BEFORE_DAYS or before.max() <= 0:
            continue
        limit = LEAST * float(before.max())
        if not best[day] > limit:
            continue
        after = best[day : day + AFTER_DAYS]
        after = after[np.isfinite(after)]
        if np.count_nonzero(after > limit) >= max(MIN_AFTER_DAYS, len(after) // 3):
            ratios = np.quantile(after, YIELDS) / np.maximum(np.quantile(before, YIELDS), 1e-9)
            factor = max(float(np.median(ratios)), LEAST)
            found = Growth(first_interval + day * INTERVALS_PER_DAY, factor)
    return found


def _daily_yield(pv_w: Array, clear_ghi: Array) -> Array:
    """Return what each day made over its clear light; NaN for dark and incomplete days."""
    days = len(pv_w) // INTERVALS_PER_DAY
    shape = (days, INTERVALS_PER_DAY)
    made = pv_w[: days * INTERVALS_PER_DAY].reshape(shape)
    light = clear_ghi[: days * INTERVALS_PER_DAY].reshape(shape)
    known = np.isfinite(made)
    seen = np.where(known, light, 0.0).sum(axis=1)
    useful = (seen > MIN_LIGHT_DAY) & (seen > 0.8 * light.sum(axis=1))
    total = np.where(known, made, 0.0).sum(axis=1)
    return np.where(useful, total / np.maximum(seen, 1.0), np.nan)
