"""Sun, clouds and appliances are plausible and repeatable."""

from __future__ import annotations

import subprocess
import sys
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from peerwatt.simulation.physics.clouds import Clouds
from peerwatt.simulation.physics.load import LoadModel
from peerwatt.simulation.physics.spec import PvSpec, street_houses
from peerwatt.simulation.physics.weather import Weather

pytestmark = pytest.mark.filterwarnings("ignore:DatetimeIndex.dayofyear")

DAY_S = 86_400
JUNE_19 = 20_623
SOUTH = PvSpec(1.0)


@pytest.fixture(scope="module")
def weather() -> Weather:
    return Weather(1)


def test_clear_sky_noon_beats_morning_and_night_is_dark(weather):
    noon, morning, night = (
        weather.clear_power_w(SOUTH, JUNE_19 * DAY_S + hour * 3600) for hour in (11.5, 6, 23)
    )
    assert noon > 2 * morning > 0
    assert 650 < noon < 950
    assert night == 0
    assert weather.pv_power_w(SOUTH, JUNE_19 * DAY_S + 23 * 3600) == 0


def test_an_eastern_roof_peaks_before_a_western_one(weather):
    def peak_hour(azimuth: float) -> int:
        array = PvSpec(1.0, 30.0, azimuth)
        return max(
            range(24), key=lambda h: weather.clear_power_w(array, JUNE_19 * DAY_S + h * 3600)
        )

    assert peak_hour(90) < peak_hour(180) < peak_hour(270)


@pytest.mark.parametrize("seed", [1, 5])
def test_annual_yield_is_that_of_the_swiss_lowland(seed):
    weather = Weather(seed)
    sampled = range(20_454, 20_454 + 365, 5)
    total_wh = sum(
        weather.pv_power_w(SOUTH, day * DAY_S + step * 600) / 6
        for day in sampled
        for step in range(18, 126)
    )
    assert 900 <= total_wh / len(sampled) * 365 / 1000 <= 1200


def test_clouds_are_repeatable_smooth_and_varied():
    one, same, other = Clouds(4), Clouds(4), Clouds(5)
    moments = [JUNE_19 * DAY_S + 97 * k for k in range(800)]
    series = [one.factor(t) for t in moments]
    assert series == [same.factor(t) for t in moments]
    assert series != [other.factor(t) for t in moments]
    assert all(0.0 < factor <= 1.1 for factor in series)
    assert max(series) - min(series) > 0.2
    seconds = [one.factor(JUNE_19 * DAY_S + 30_000 + t) for t in range(600)]
    assert max(abs(b - a) for a, b in pairwise(seconds)) < 0.02


def test_any_moment_can_be_asked_first():
    forward, jump = Clouds(9), Clouds(9)
    forward.factor(JUNE_19 * DAY_S)
    forward.factor((JUNE_19 + 30) * DAY_S)
    assert forward.factor((JUNE_19 + 3) * DAY_S + 40_000) == jump.factor(
        (JUNE_19 + 3) * DAY_S + 40_000
    )


@pytest.mark.parametrize("spec", street_houses(2), ids=lambda spec: spec.name)
def test_annual_load_is_that_of_a_household(spec):
    load = LoadModel(spec.load, spec.seed)
    kwh = sum(
        load.mean_power_w(day * DAY_S, (day + 1) * DAY_S) * 24 / 1000
        for day in range(20_454, 20_454 + 365)
    )
    assert 1_700 < kwh < 7_500


@settings(max_examples=60, deadline=None)
@given(
    start=st.floats(20_454 * DAY_S, 20_800 * DAY_S),
    spans=st.lists(st.floats(0.1, 30_000), min_size=2, max_size=8),
)
def test_load_energy_does_not_depend_on_how_it_is_asked(start, spans):
    load = LoadModel(street_houses(1)[0].load, 11)
    at, parts_ws = start, 0.0
    for span in spans:
        parts_ws += load.mean_power_w(at, at + span) * span
        at += span
    whole_ws = load.mean_power_w(start, at) * (at - start)
    assert parts_ws == pytest.approx(whole_ws, rel=1e-9, abs=1e-2)


def test_load_survives_both_clock_changes():
    load = LoadModel(street_houses(1)[0].load, 3)
    for day in (20_541, 20_751):  # 2026-03-29 and 2026-10-25
        for minute in range(0, 3 * 1440, 7):
            at = (day - 1) * DAY_S + minute * 60
            assert 0 < load.mean_power_w(at, at + 60) < 15_000


def test_importing_the_package_does_not_import_pvlib():
    program = (
        "import sys, peerwatt.simulation.physics.house, peerwatt.simulation.peers.house_peers;"
        "sys.exit(any(m.split('.')[0] in ('pvlib', 'pandas', 'scipy') for m in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
