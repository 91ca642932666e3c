"""The fast control in closed loops with real lags: no hunting, limits kept, the sun captured."""

from __future__ import annotations

import itertools
import random

import pytest

from peerwatt.engine.controllers import BatteryLimits, ChargerLimits
from peerwatt.engine.overrides import Overrides

from .closed_loop import BEGIN_S, Battery, Charger, Curve, Loop, Second, clouds, kettles

HOUR = 3_600
THREE = ChargerLimits("charger", 4_140, 11_040, 690)
SECOND = ChargerLimits("second", 4_140, 11_040, 690)
SWITCHING = ChargerLimits("charger", 1_380, 11_040, 690, can_switch=True)
ALWAYS = Overrides(car="now", car_until_s=BEGIN_S + 9e9)


def charger(limits: ChargerLimits, seed: int = 1, sample_s: int = 1) -> Charger:
    return Charger(limits, random.Random(seed), sample_s)


def captured(seconds: list[Second], least_w: float, most_w: float) -> tuple[float, float, float]:
    """Return Wh of sun in the cars, what an ideal control would have got, and Wh from the grid."""
    got = ideal = bought = 0.0
    for second in seconds:
        spare = max(second.sun_w - second.home_w, 0.0)
        cars = sum(second.cars_w)
        got += min(cars, spare) / 3_600
        ideal += (min(spare, most_w) if spare >= least_w else 0.0) / 3_600
        bought += max(cars - spare, 0.0) / 3_600
    return got, ideal, bought


@pytest.mark.parametrize("sample_s", [1, 10])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_broken_clouds(seed: int, sample_s: int) -> None:
    car = charger(THREE, seed, sample_s)
    loop = Loop([car], clouds(seed, 2 * HOUR, 9_000), kettles(seed, 2 * HOUR))
    seconds = loop.run(2 * HOUR)
    got, ideal, bought = captured(seconds, 4_140, 11_040)
    print(f"clouds: {got:.0f} of {ideal:.0f} Wh, {bought:.0f} bought, {car.writes / 2:.0f}/h")
    assert got >= 0.8 * ideal
    assert bought <= 0.25 * got
    assert car.writes / 2 <= 90


def test_steady_sun_is_followed_without_a_single_needless_write() -> None:
    car = charger(THREE, sample_s=10)
    dice = random.Random(4)
    home = [400 + dice.gauss(0, 40) for _ in range(HOUR)]
    loop = Loop([car], lambda _: 7_000.0, lambda at: home[at])
    seconds = loop.run(HOUR)
    assert car.writes <= 2
    assert sum(seconds[-1].cars_w) == pytest.approx(6_210)


def test_two_cars_share_the_sun_without_disturbing_each_other() -> None:
    cars = [charger(THREE, 1, 10), charger(SECOND, 2, 10)]
    cars[0].wants_w = 7_360.0
    loop = Loop(cars, clouds(7, 2 * HOUR, 16_000), kettles(8, 2 * HOUR))
    seconds = loop.run(2 * HOUR)
    got, ideal, bought = captured(seconds, 4_140, 7_360 + 11_040)
    print(f"two cars: {got:.0f} of {ideal:.0f} Wh, {bought:.0f}, {[c.writes for c in cars]}")
    assert got >= 0.75 * ideal
    assert bought <= 0.25 * got
    assert all(car.writes / 2 <= 90 for car in cars)


def test_a_second_car_does_not_begin_where_the_sun_is_enough_for_one() -> None:
    cars = [charger(THREE), charger(SECOND)]
    Loop(cars, lambda _: 6_500.0, lambda _: 400.0).run(HOUR)
    assert (cars[0].power_w, cars[1].power_w) == (5_520, 0)


def test_a_battery_beside_a_car_takes_what_flickers_and_neither_hunts() -> None:
    car, battery = charger(THREE, 3, 10), Battery(BatteryLimits("battery"), 5_000.0)
    loop = Loop([car], clouds(3, 2 * HOUR, 9_000), kettles(3, 2 * HOUR), battery)
    seconds = loop.run(2 * HOUR)
    imported = sum(max(second.grid_w, 0.0) for second in seconds) / 3_600
    turns = _turns([second.battery_w for second in seconds[600:]])
    print(f"battery: {imported:.0f} Wh imported, {turns} turns, {car.writes} writes")
    assert imported <= 400
    assert car.writes / 2 <= 90
    assert battery.writes == 0
    assert turns / 2 <= 180


def _turns(powers: list[float]) -> int:
    """Count changes of direction between clear charging and clear discharging."""
    signs = [1 if power > 300 else -1 for power in powers if abs(power) > 300]
    return sum(a != b for a, b in itertools.pairwise(signs))


def test_a_battery_under_command_is_not_written_every_second() -> None:
    battery = Battery(BatteryLimits("battery"), 5_000.0)
    hold = Overrides(battery="hold", battery_until_s=BEGIN_S + 9e9)
    loop = Loop([], clouds(5, HOUR, 5_000), kettles(5, HOUR), battery, fields={"overrides": hold})
    seconds = loop.run(HOUR)
    drawn = sum(max(second.battery_w, 0.0) for second in seconds) / 3_600
    print(f"held battery: {battery.writes} writes, {drawn:.1f} Wh drawn")
    assert drawn <= 20  # in the seconds that a cloud or kettle is seen late
    assert battery.writes <= 200


def test_one_phase_takes_a_weak_sun_and_three_a_strong_one() -> None:
    def sun(at: int) -> float:
        return 2_500.0 if at < HOUR else 8_000.0 if at < 2 * HOUR else 3_000.0

    car = charger(SWITCHING, sample_s=10)
    seconds = Loop([car], sun, lambda _: 400.0).run(3 * HOUR)
    assert car.switches == 3  # three phases at first
    assert seconds[HOUR - 1].cars_w[0] >= 1_840
    assert seconds[2 * HOUR - 1].cars_w[0] >= 6_900
    assert seconds[-1].cars_w[0] >= 2_300
    got, ideal, bought = captured(seconds, 1_380, 11_040)
    assert got >= 0.9 * ideal
    assert bought <= 0.05 * got


@pytest.mark.parametrize("seed", [1, 2])
def test_phases_do_not_chatter_behind_clouds(seed: int) -> None:
    car = charger(SWITCHING, seed, 10)
    loop = Loop([car], clouds(seed, 3 * HOUR, 6_000), kettles(seed, 3 * HOUR))
    seconds = loop.run(3 * HOUR)
    got, ideal, bought = captured(seconds, 1_380, 11_040)
    print(f"phases: {got:.0f} of {ideal:.0f}, {bought:.0f} bought, {car.switches} switches")
    assert car.switches / 3 <= 7
    assert car.writes / 3 <= 120
    assert got >= 0.75 * ideal


LIMITED: list[tuple[str, list[ChargerLimits], float]] = [
    ("one car", [THREE], 9_000.0),
    ("two cars", [THREE, SECOND], 12_000.0),
    ("switching", [SWITCHING], 6_000.0),
]


@pytest.mark.parametrize(("name", "limits", "limit_w"), LIMITED, ids=[row[0] for row in LIMITED])
@pytest.mark.parametrize("sample_s", [1, 10])
def test_a_limit_is_kept_but_for_the_devices_reaction(
    name: str, limits: list[ChargerLimits], limit_w: float, sample_s: int
) -> None:
    cars = [charger(one, number, sample_s) for number, one in enumerate(limits)]
    home = kettles(11, 2 * HOUR)
    loop = Loop(cars, lambda _: 0.0, home, fields={"dso_limit_w": limit_w, "overrides": ALWAYS})
    seconds = loop.run(2 * HOUR)
    longest = _longest_above(seconds, limit_w)
    used = sum(s.grid_w for s in seconds[60:]) / len(seconds[60:]) / limit_w
    writes = max(car.writes for car in cars) / 2
    print(f"{name}: {longest} s above, {used:.2f} used, {writes:.0f}/h")
    # A change is seen after 2 s, sent at most 10 s after the last and obeyed within 6 s.
    assert longest <= 2 + 10 + 6 + 1
    assert writes <= 120
    assert used >= 0.7


def _longest_above(seconds: list[Second], limit_w: float) -> int:
    longest = run = 0
    for second in seconds:
        run = run + 1 if second.grid_w > limit_w + 60 else 0
        longest = max(longest, run)
    return longest


@pytest.mark.parametrize("limits", [THREE, SWITCHING], ids=["three phases", "switching"])
def test_a_step_settles_at_once_and_stays(limits: ChargerLimits) -> None:
    """The classic of hunting: the car's own change, seen late, must not be taken for the home's."""
    for sample_s in (1, 5, 10):
        car = charger(limits, sample_s, sample_s)
        sun: Curve = lambda at: 5_500.0 if at < 1_200 else 9_000.0  # noqa: E731
        seconds = Loop([car], sun, lambda _: 500.0).run(2_400)
        # Late enough for delays (60 s on, 120 s for phases): one change up after the sun's step.
        assert car.writes <= 4 + car.switches
        assert seconds[-1].cars_w[0] == pytest.approx(8_280, abs=700)
