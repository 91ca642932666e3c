"""One house's forecasts: from the first day, over gaps, clock changes, absences and new panels."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from peerwatt.forecast.bands import Bands
from peerwatt.forecast.calendar import local_intervals, slot_of_day
from peerwatt.forecast.horizons import KNOTS, LEVELS, MAX_STEPS
from peerwatt.forecast.house import HouseForecaster, train
from peerwatt.forecast.series import Series
from peerwatt.forecast.site import Site
from peerwatt.forecast.sky import clear_sky
from peerwatt.forecast.stored import from_json, to_json

DAY = 96
MIDDLE = LEVELS.index(0.5)


def sound(bands: Bands) -> None:
    for table in (bands.pv_w, bands.load_w):
        assert np.isfinite(table).all()
        assert (table >= 0).all()
        assert (np.diff(table, axis=0) >= 0).all()


@pytest.fixture(scope="module")
def learned(house: Callable[..., Series], zurich: Site) -> tuple[HouseForecaster, Series]:
    series = house(63)
    return train(series.part(0, 49 * DAY), zurich), series


def test_better_than_the_day_before(learned: tuple[HouseForecaster, Series]) -> None:
    forecaster, series = learned
    errors: dict[str, list[np.ndarray]] = {"own": [], "before": []}
    inside = []
    for origin in range(49 * DAY, 62 * DAY, 29):
        bands = forecaster.predict(series.part(0, origin), DAY)
        sound(bands)
        truth = np.array([series.pv_w, series.load_w])[:, origin : origin + DAY]
        before = np.array([series.pv_w, series.load_w])[:, origin - DAY : origin]
        made = np.array([bands.pv_w[MIDDLE], bands.load_w[MIDDLE]])
        errors["own"].append(np.abs(made - truth))
        errors["before"].append(np.abs(before - truth))
        inside.append((truth[1] >= bands.load_w[1]) & (truth[1] <= bands.load_w[-2]))
    own, before = (np.mean(errors[name], axis=0) for name in ("own", "before"))
    assert own[0, :4].mean() < 0.5 * before[0, :4].mean()
    assert own[0].mean() < 0.9 * before[0].mean()
    assert own[1].mean() < 0.8 * before[1].mean()
    assert np.mean(inside) == pytest.approx(0.8, abs=0.06)


def test_night_is_dark_and_the_first_step_is_the_next_interval(
    learned: tuple[HouseForecaster, Series], zurich: Site
) -> None:
    forecaster, series = learned
    bands = forecaster.predict(series, 2 * DAY)
    assert bands.first_interval == series.end
    assert len(bands) == 2 * DAY
    sky = clear_sky(series.end, 2 * DAY, zurich.latitude_deg, zurich.longitude_deg, 400.0)
    assert not bands.pv_w[:, sky.elevation_deg < -1].any()
    assert (bands.pv_w[-1, sky.elevation_deg > 10] > 0).all()


def test_without_a_site_the_sun_is_learned(
    house: Callable[..., Series], learned: tuple[HouseForecaster, Series]
) -> None:
    known, series = learned
    unknown = train(series.part(0, 49 * DAY), None)
    noon = 49 * DAY + 4 * 9
    ours, theirs = (f.predict(series.part(0, noon), DAY).pv_w[MIDDLE] for f in (unknown, known))
    assert ours.sum() == pytest.approx(theirs.sum(), rel=0.15)


def test_the_first_day(zurich: Site, house: Callable[..., Series]) -> None:
    rated = replace(zurich, pv_rated_w=8_000.0)
    nothing = Series(house(1).first_interval, np.empty(0), np.empty(0))
    bands = train(nothing, rated).predict(nothing, DAY)
    sound(bands)
    assert 1_500 < bands.pv_w[MIDDLE].max() < 6_000
    assert bands.load_mean_w.mean() == pytest.approx(300, rel=0.25)
    assert bands.load_w[-1].mean() > 1.3 * bands.load_w[0].mean()
    for hours in (1, 5, 11, 30):
        seen = house(3).part(0, hours * 4)
        sound(train(seen, rated).predict(seen, 2 * DAY))
    evening = replace(house(1), load_w=np.full(DAY, 900.0))
    assert train(evening, rated).predict(evening, 4).load_w[MIDDLE] == pytest.approx(900, rel=0.3)


def test_the_level_of_now_counts(learned: tuple[HouseForecaster, Series]) -> None:
    forecaster, series = learned
    noon = 56 * DAY + 4 * 9
    plain = series.part(0, noon)
    load, pv = plain.load_w.copy(), plain.pv_w.copy()
    load[-4:] += 1_500
    pv[-6:] *= 0.1
    changed = Series(plain.first_interval, load, pv)
    now, usual = (forecaster.predict(s, DAY) for s in (changed, plain))
    more = now.load_w[MIDDLE] - usual.load_w[MIDDLE]
    assert more[0] > 250
    assert abs(more[80]) < 0.5 * more[0]
    assert now.pv_w[MIDDLE, 0] < 0.5 * usual.pv_w[MIDDLE, 0]
    assert now.pv_w[MIDDLE, 90:].sum() > 0.7 * usual.pv_w[MIDDLE, 90:].sum()


def test_habits_keep_to_the_wall_clock(house: Callable[..., Series], zurich: Site) -> None:
    first = int(datetime(2025, 3, 1, tzinfo=UTC).timestamp()) // 900
    series = house(40, first=first)
    change = int(datetime(2025, 3, 30, tzinfo=UTC).timestamp()) // 900 - first
    bands = train(series.part(0, change), zurich).predict(series.part(0, change), 2 * DAY)
    local = local_intervals(np.arange(bands.first_interval, bands.first_interval + 2 * DAY),
                            zurich.timezone)  # fmt: skip
    monday = slice(DAY - 8, 2 * DAY)
    evening = np.flatnonzero(bands.load_w[MIDDLE][monday] > 750) + monday.start
    slots = slot_of_day(local)[evening]
    assert slots.min() >= 17.5 * 4
    assert slots.max() <= 22.5 * 4
    assert len(slots) >= 12


def test_an_empty_home_is_noticed_in_a_day(house: Callable[..., Series], zurich: Site) -> None:
    series = house(49)
    forecaster = train(series.part(0, 42 * DAY), zurich)
    load = series.load_w.copy()
    load[42 * DAY :] = 120.0
    away = replace(series, load_w=load)
    errors = [
        np.abs(forecaster.predict(away.part(0, o), DAY).load_w[MIDDLE] - 120).mean()
        for o in (42 * DAY, 43 * DAY, 47 * DAY)
    ]
    assert errors[1] < 0.75 * errors[0]
    assert errors[2] < 0.6 * errors[0]


def test_new_panels_count_at_once(house: Callable[..., Series], zurich: Site) -> None:
    series = house(50)
    grown = series.pv_w.copy()
    grown[40 * DAY :] *= 2
    bigger = replace(series, pv_w=grown)
    now = train(bigger, zurich).predict(bigger, DAY).pv_w[MIDDLE].sum()
    before = train(series, zurich).predict(series, DAY).pv_w[MIDDLE].sum()
    assert now == pytest.approx(2 * before, rel=0.25)


def test_gaps_and_outages_do_little_harm(learned: tuple[HouseForecaster, Series]) -> None:
    forecaster, series = learned
    load, pv = series.load_w.copy(), series.pv_w.copy()
    load[-3 * DAY : -2 * DAY], pv[-3 * DAY : -DAY] = 0.0, np.nan
    load[-2:] = np.nan
    holes = forecaster.predict(Series(series.first_interval, load, pv), DAY)
    whole = forecaster.predict(series, DAY)
    sound(holes)
    apart = np.abs(holes.load_w[MIDDLE] - whole.load_w[MIDDLE]).mean()
    assert apart < 0.2 * whole.load_w[MIDDLE].mean()


def test_cold_days_use_more_where_temperature_is_known(
    house: Callable[..., Series], zurich: Site
) -> None:
    from peerwatt.forecast.weather.forecast import WeatherForecast

    series = house(60)
    dice = np.random.default_rng(4)
    air = np.repeat(dice.uniform(-5, 15, 61), DAY)
    heated = series.load_w + 60 * np.maximum(15 - air[: len(series)], 0)
    known = Series(series.first_interval, heated, series.pv_w, air[: len(series)])
    forecaster = train(known, zurich)
    cold, mild = (
        forecaster.predict(
            known, DAY, WeatherForecast("test", known.end, {"temperature_c": np.full(DAY, degrees)})
        )
        for degrees in (-5.0, 14.0)
    )
    gap = cold.load_w[MIDDLE, 48:].mean() - mild.load_w[MIDDLE, 48:].mean()
    assert gap > 250


def test_stored_and_read_again(learned: tuple[HouseForecaster, Series]) -> None:
    forecaster, series = learned
    once = forecaster.predict(series, 8)
    for copy in (from_json(to_json(forecaster)), pickle.loads(pickle.dumps(forecaster))):
        again = copy.predict(series, 8)
        np.testing.assert_array_equal(once.pv_w, again.pv_w)
        np.testing.assert_array_equal(once.load_w, again.load_w)
    assert len(forecaster.pv.methods) == len(KNOTS)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"format": 0}', "null", '{"format": 1}'])
def test_what_was_not_stored_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="train it anew"):
        from_json(text)


def test_the_simple_method_wins_where_it_is_better(zurich: Site) -> None:
    pattern = np.random.default_rng(2).uniform(100, 2_000, DAY)
    load = np.tile(pattern, 30)
    series = Series(1_745_020_800 // 900, load, np.zeros(len(load)))
    bands = train(series, zurich).predict(series, DAY)
    assert bands.load_w[MIDDLE] == pytest.approx(pattern, rel=0.02, abs=5)


@pytest.mark.parametrize("count", [0, MAX_STEPS + 1])
def test_too_many_steps_are_refused(learned: tuple[HouseForecaster, Series], count: int) -> None:
    with pytest.raises(ValueError, match="ask for 1 to"):
        learned[0].predict(learned[1], count)


@settings(max_examples=8)
@given(
    seed=st.integers(0, 10_000),
    days=st.integers(0, 20),
    damage=st.lists(
        st.tuples(
            st.sampled_from([np.nan, np.inf, -np.inf, -1e6, 0.0, 1e12]),
            st.floats(0, 1), st.floats(0, 1), st.booleans(),
        ),
        max_size=6,
    ),
    latitude=st.none() | st.floats(-89, 89),
    start=st.integers(0, 4_000_000),
)  # fmt: skip
def test_whatever_was_measured_there_is_a_forecast(
    seed: int, days: int, damage: list[tuple[float, float, float, bool]],
    latitude: float | None, start: int,
) -> None:  # fmt: skip
    dice = np.random.default_rng(seed)
    count = days * DAY + seed % DAY
    tables = [dice.gamma(1, 300, count), np.maximum(dice.normal(0, 800, count), 0)]
    for value, begin, length, is_pv in damage:
        place = int(begin * count)
        tables[is_pv][place : place + int(length * count)] = value
    series = Series(start, tables[0], tables[1])
    site = None if latitude is None else Site(latitude, 8.0, timezone="America/New_York")
    sound(train(series, site).predict(series, 120))
