"""Forecasts work from the first minute, learn, and beat the bare day before."""

from __future__ import annotations

import math
import random

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pvlib import solarposition

from peerwatt.forecast import Now, Site, forecast, sun_elevation_rad
from peerwatt.forecast.sun import interval_shape
from peerwatt.model.plan import IntervalEnergy
from peerwatt.model.units import INTERVALS_PER_DAY, interval_at, interval_start_s

SITE = Site(47.39, 8.05, 8_000)
NOON = 1_750_420_800  # 20 June 2025, 12:00 UTC
MIDNIGHT = NOON - 43_200


def row(interval: int, pv: int, home: int) -> IntervalEnergy:
    net = home - pv
    return IntervalEnergy(interval, max(net, 0), max(-net, 0), pv, home, 0, 0, 0)


def true_day(interval: int, clearness: float = 0.6) -> IntervalEnergy:
    shape = interval_shape(interval, SITE.latitude_deg, SITE.longitude_deg)
    hour = interval % INTERVALS_PER_DAY / 4
    home = 80 + 200 * (17 <= hour < 21) + 60 * (6 <= hour < 8)
    return row(interval, round(clearness * 2_000 * shape / 1_000), home)


@pytest.mark.parametrize(("latitude", "longitude"), [(47.39, 8.05), (-33.9, 151.2), (64.1, -21.9)])
def test_sun_against_pvlib(latitude: float, longitude: float) -> None:
    when = pd.date_range("2025-01-01", "2026-12-31", freq="181h", tz="UTC")
    truth = solarposition.get_solarposition(when, latitude, longitude)["elevation"]
    for instant, elevation in zip(when, truth, strict=True):
        ours = math.degrees(sun_elevation_rad(instant.timestamp(), latitude, longitude))
        assert ours == pytest.approx(elevation, abs=0.05)


def test_first_minute_at_noon_follows_the_sun_down() -> None:
    made = forecast((), Now(NOON, home_w=600, pv_w=4_000), SITE, 48)
    assert [f.interval for f in made] == [interval_at(NOON) + i for i in range(48)]
    assert made[0].load_wh == 150
    assert made[0].pv_wh == pytest.approx(1_000, rel=0.02)
    afternoon = [f.pv_wh for f in made[:36]]
    assert afternoon == sorted(afternoon, reverse=True)
    assert made[40].pv_wh == 0
    assert all(f.sigma_wh > 0 for f in made)


def test_first_minute_at_night_expects_half_the_rating() -> None:
    made = forecast((), Now(MIDNIGHT, home_w=200, pv_w=0), SITE, 96)
    assert made[0].pv_wh == 0
    assert 600 < max(f.pv_wh for f in made) < 1_200
    unknown = forecast((), Now(MIDNIGHT), Site(47.39, 8.05), 96)
    assert all(f.pv_wh == 0 for f in unknown)
    assert unknown[0].load_wh == 75


def test_hours_of_history_scale_the_clear_day() -> None:
    first = interval_at(NOON)
    past = [true_day(i) for i in range(first - 16, first)]
    made = forecast(past, Now(NOON, home_w=320, pv_w=past[-1].pv_wh * 4), SITE, 24)
    for ahead in made:
        assert ahead.pv_wh == pytest.approx(true_day(ahead.interval).pv_wh, abs=25)


def test_yesterday_is_known_and_now_bends_it() -> None:
    first = interval_at(NOON)
    past = [true_day(i, 0.8) for i in range(first - 96, first - 8)]
    past += [true_day(i, 0.2) for i in range(first - 8, first)]
    made = forecast(past, Now(NOON, 320, true_day(first, 0.2).pv_wh * 4), SITE, 96)
    assert made[0].pv_wh == pytest.approx(true_day(first, 0.2).pv_wh, rel=0.1)
    assert made[20].pv_wh > 1.5 * true_day(first + 20, 0.2).pv_wh
    evening = next(f for f in made if f.interval % 96 == 19 * 4)
    assert evening.load_wh == pytest.approx(280, abs=15)


def test_pv_never_exceeds_the_rating() -> None:
    made = forecast((), Now(NOON - 20_000, 0, 7_900), SITE, 96)
    assert max(f.pv_wh for f in made) <= 2_000


def test_better_than_the_day_before_on_changing_weather() -> None:
    """Rolling origin over a week of seeded clouds and habits, one hour and six hours ahead."""
    dice = random.Random(7)
    first, clear = interval_at(MIDNIGHT), 0.6
    truth: dict[int, IntervalEnergy] = {}
    for interval in range(first, first + 8 * 96):
        clear = min(max(clear + dice.gauss(0, 0.05) + 0.02 * (0.6 - clear), 0.05), 1.0)
        base = true_day(interval, clear)
        truth[interval] = row(interval, base.pv_wh, max(base.home_wh + round(dice.gauss(0, 15)), 0))
    ours: dict[int, float] = {4: 0.0, 24: 0.0}
    bare: dict[int, float] = {4: 0.0, 24: 0.0}
    for origin in range(first + 2 * 96, first + 7 * 96, 5):
        seen = [truth[i] for i in range(first, origin)]
        last = truth[origin - 1]
        now = Now(interval_start_s(origin), last.home_wh * 4, last.pv_wh * 4)
        made = forecast(seen, now, SITE, 25)
        for ahead in ours:
            real, yesterday = truth[origin + ahead], truth[origin + ahead - 96]
            ours[ahead] += abs(made[ahead].pv_wh - real.pv_wh)
            bare[ahead] += abs(yesterday.pv_wh - real.pv_wh)
    assert ours[4] < 0.6 * bare[4]
    assert ours[24] < 0.95 * bare[24]


def test_sigma_grows_with_the_horizon_once_errors_are_known() -> None:
    dice = random.Random(3)
    first = interval_at(MIDNIGHT)
    past = [true_day(i, 0.3 if i < first - 96 else 0.8) for i in range(first - 192, first)]
    past = [row(e.interval, e.pv_wh, e.home_wh + dice.randint(0, 20)) for e in past]
    made = forecast(past, Now(MIDNIGHT, 320, 0), SITE, 96)
    assert made[0].sigma_wh < made[20].sigma_wh < made[90].sigma_wh


@settings(max_examples=60)
@given(
    past=st.lists(
        st.tuples(st.integers(0, 300), st.integers(0, 5_000), st.integers(0, 5_000)), max_size=40
    ),
    home=st.none() | st.floats(-500, 20_000),
    pv=st.none() | st.floats(-50, 20_000),
    offset=st.integers(0, 86_400),
    latitude=st.floats(-89, 89),
    rating=st.none() | st.floats(1, 20_000),
)
def test_always_a_forecast(
    past: list[tuple[int, int, int]], home: float | None, pv: float | None, offset: int,
    latitude: float, rating: float | None,
) -> None:  # fmt: skip
    now = Now(MIDNIGHT + offset, home, pv)
    first = interval_at(now.time_s)
    rows = [row(first - back, sun, use) for back, sun, use in past]
    made = forecast(rows, now, Site(latitude, 8.0, rating), 30)
    assert len(made) == 30
    for ahead in made:
        assert ahead.pv_wh >= 0
        assert ahead.load_wh >= 0
        assert ahead.sigma_wh >= 1
        if rating is not None:
            assert ahead.pv_wh <= rating / 4 + 1
