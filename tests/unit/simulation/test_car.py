"""The car keeps its timetable and never goes below or above what its battery holds."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from peerwatt.simulation.physics.car import FLOOR_PCT, Car
from peerwatt.simulation.physics.charger import Charger
from peerwatt.simulation.physics.spec import CarSpec, ChargerSpec

FRIDAY_S = 1_781_827_200.0  # 2026-06-19 00:00 UTC
DAY_S = 86_400.0


def test_commuter_is_away_at_work_and_home_at_night():
    car = Car(CarSpec(), 5)
    car.move(FRIDAY_S + 10 * 3600)
    assert not car.plugged
    car.move(FRIDAY_S + 20 * 3600 + DAY_S * 3)  # Monday evening
    before = car.soc_pct
    car.move(FRIDAY_S + 0.5 * 3600 + DAY_S * 4)
    assert car.plugged
    assert car.soc_pct <= before


def test_timetable_repeats_with_the_seed():
    days = [FRIDAY_S + k * DAY_S for k in range(20)]
    one, same, other = (Car(CarSpec(), seed).timetable for seed in (5, 5, 6))
    assert [one.trips_of_day(d) for d in days] == [same.trips_of_day(d) for d in days]
    assert [one.trips_of_day(d) for d in days] != [other.trips_of_day(d) for d in days]


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 500),
    capacity=st.floats(8_000, 90_000),
    soc=st.floats(10, 100),
    limit=st.none() | st.floats(0, 20),
)
def test_state_of_charge_stays_inside_the_battery(seed, capacity, soc, limit):
    car = Car(CarSpec(capacity, initial_soc_pct=soc), seed)
    charger = Charger(ChargerSpec(), car)
    charger.limit_source = lambda _: limit
    for k in range(0, 7 * 96):
        charger.step(FRIDAY_S + 900.0 * k, 900.0)
        assert min(soc, FLOOR_PCT) - 1e-9 <= car.soc_pct <= 100.0
        assert charger.power_w >= 0.0
        if charger.power_w > 0.0:
            assert car.plugged
            assert 6.0 <= charger.offered_a <= 16.0


@pytest.mark.parametrize(("limit_a", "power_w"), [(None, 11_040), (10, 6_900), (5.9, 0), (0, 0)])
def test_charger_follows_the_limit_and_stops_below_six_ampere(limit_a, power_w):
    charger = Charger(ChargerSpec(), Car(CarSpec(), 5))
    charger.limit_source = lambda _: limit_a
    assert charger.step(FRIDAY_S, 15.0) == pytest.approx(power_w)


def test_charging_tapers_near_full_and_ends():
    car = Car(CarSpec(40_000.0, initial_soc_pct=93.0), 5)
    charger = Charger(ChargerSpec(), car)
    powers = [charger.step(FRIDAY_S + 60.0 * k, 60.0) for k in range(200)]
    assert powers[0] == pytest.approx(11_040)
    assert 0 < min(p for p in powers if p) < 4_000
    assert car.full
    assert powers[-1] == 0
