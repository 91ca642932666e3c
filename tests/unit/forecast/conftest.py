"""A seeded house under a seeded sky, whose roof, habits and weather are known."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from peerwatt.forecast.calendar import local_intervals, slot_of_day, weekday
from peerwatt.forecast.geometry import Roof
from peerwatt.forecast.series import Array, Series
from peerwatt.forecast.site import Site
from peerwatt.forecast.sky import clear_sky

DAY = 96
SPRING = 1_745_020_800 // 900  # 19 April 2025, 00:00 UTC, a Saturday
ZURICH = Site(47.39, 8.05, timezone="Europe/Zurich", altitude_m=400.0)
SOUTH_WEST = Roof(35.0, 220.0, False, 7_000.0, 8_000.0, False, np.ones((24, 18)))


def clouds(count: int, seed: int) -> Array:
    """Return a clearness that wanders over hours and changes by the day, 0.1 to 1."""
    dice = np.random.default_rng(seed)
    day = np.repeat(dice.uniform(0.2, 1.0, count // DAY + 1), DAY)[:count]
    wander = np.zeros(count)
    for place in range(1, count):
        wander[place] = 0.9 * wander[place - 1] + dice.normal(0, 0.06)
    return np.clip(day + wander, 0.1, 1.0)


def habits(intervals: Array, zone: str | None, seed: int) -> Array:
    """Return a load by the wall's clock: mornings, evenings, long weekends."""
    dice = np.random.default_rng(seed)
    local = local_intervals(intervals.astype(np.int64), zone)
    hour, weekend = slot_of_day(local) / 4, weekday(local) >= 5
    load = 200 + 500 * ((hour >= 6.5) & (hour < 8)) * ~weekend
    load = load + 900 * ((hour >= 18) & (hour < 22)) + 300 * ((hour >= 10) & (hour < 15)) * weekend
    return np.asarray(load * dice.lognormal(0, 0.15, len(local)))


def make_house(
    days: int, seed: int = 1, first: int = SPRING, roof: Roof = SOUTH_WEST, site: Site = ZURICH
) -> Series:
    count = days * DAY
    sky = clear_sky(first, count, site.latitude_deg, site.longitude_deg, site.altitude_m)
    pv = roof.clear_w(sky) * clouds(count, seed)
    return Series(first, habits(np.arange(first, first + count), site.timezone, seed + 1), pv)


@pytest.fixture(scope="session")
def house() -> Callable[..., Series]:
    return make_house


@pytest.fixture(scope="session")
def zurich() -> Site:
    return ZURICH
