"""Every part of the house's model does what its device or tariff does."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from peerwatt.planner.outcome import Outcome, outcome
from peerwatt.planner.solving import solve
from peerwatt.planner.spec import (
    Battery,
    Capacity,
    CarSession,
    Heat,
    House,
    Hybrid,
    Offer,
    Previous,
    Promise,
    Run,
    Scenario,
    Switch,
    Tier,
    V2h,
)

N = 48
CHEAP = np.where((np.arange(N) >= 16) & (np.arange(N) < 32), 0.10, 0.40)
BATTERY = Battery("b", 5.0, 10.0, 5.0, 5.0, terminal=0.15)
CAR = CarSession("car", 0, N, 10.0, ((4.14, 11.04),))


def house(**changes: Any) -> House:
    base = House(
        start_s=1_750_032_000.0,
        hours=np.full(N, 0.25),
        pv_kw=np.zeros(N),
        load_kw=np.full(N, 0.5),
        import_price=CHEAP,
        export_price=np.full(N, 0.05),
    )
    return replace(base, **changes)


def planned(**changes: Any) -> Outcome:
    solved = solve(house(**changes))
    assert solved is not None
    return outcome(solved)


def energy(power_kw: np.ndarray) -> float:
    return float(power_kw.sum() / 4)


def test_limits_by_content_hold() -> None:
    curve = ((0.0, 5.0), (8.0, 5.0), (10.0, 1.0))
    made = planned(batteries=(replace(BATTERY, charge_curve=curve, terminal=0.4),))
    before = np.concatenate([[5.0], made.content_kwh[0][:-1]])
    most = np.interp(before, [0, 8, 10], [5, 5, 1])
    assert np.all(made.charge_kw[0] <= most + 1e-6)
    assert made.content_kwh[0][31] > 9.9


def test_hybrid_inverter_stores_sun_above_its_ac_limit() -> None:
    sun = np.zeros(N)
    sun[:8] = 8.0
    hybrid = Hybrid(sun, 4.0)
    made = planned(batteries=(replace(BATTERY, hybrid=hybrid, soc_kwh=0.0),))
    assert np.all(np.abs(made.hybrid_kw[0]) <= 4.0 + 1e-6)
    assert energy(made.charge_kw[0][:8]) > 5.0
    dc = sun - made.charge_kw[0] + made.discharge_kw[0]
    assert np.all(made.hybrid_kw[0] * np.where(made.hybrid_kw[0] > 0, 1 / 0.97, 0.97) <= dc + 1e-6)


def test_two_batteries_and_two_cars_share_the_connection() -> None:
    second = replace(BATTERY, name="c", soc_max_kwh=5.0, soc_kwh=1.0)
    cars = (CAR, replace(CAR, name="van", until=32, need_kwh=12.0))
    limit = np.full(N, 12.0)
    made = planned(batteries=(BATTERY, second), cars=cars, import_max_kw=limit)
    assert np.all(made.grid_kw <= 12.0 + 1e-6)
    assert [round(energy(power), 3) for power in made.car_kw] == [10.0, 12.0]
    assert made.violations == ()


def test_amperes_and_phases_are_such_as_a_charger_sets() -> None:
    amp = 0.69
    ranges = ((1.38, 3.68), (4.14, 11.04))
    sun = np.zeros(N)
    sun[:16] = 2.9
    car = replace(CAR, until=40, need_kwh=7.0, ranges_kw=ranges, step_kw=amp)
    made = planned(pv_kw=sun, cars=(car,), export_price=np.full(N, 0.01))
    power = made.car_kw[0][made.car_kw[0] > 1e-6]
    one = np.isclose((power / 0.23) % 1, 0, atol=1e-4) | np.isclose(
        (power / 0.23) % 1, 1, atol=1e-4
    )
    three = np.isclose((power / amp) % 1, 0, atol=1e-4) | np.isclose(
        (power / amp) % 1, 1, atol=1e-4
    )
    assert np.all(np.where(power < 4, one, three))
    assert np.all(((power >= 1.38 - 1e-6) & (power <= 3.68 + 1e-6)) | (power >= 4.14 - 1e-6))
    assert 7.0 - 1e-6 <= energy(made.car_kw[0]) <= 7.3
    assert energy(made.car_kw[0][:16]) > 6.0  # one phase follows the sun


def test_car_gives_back_at_the_dear_hour_and_leaves_full() -> None:
    price = np.where(np.arange(N) < 12, 0.10, 0.30)
    price[20:28] = 0.90
    v2h = V2h(5.0, 20.0, 10.0, 60.0)
    made = planned(import_price=price, load_kw=np.full(N, 2.0), cars=(replace(CAR, v2h=v2h),))
    assert np.all(made.car_kw[0][20:28] < -1.9)
    assert energy(made.car_kw[0]) >= 10.0 - 1e-6


def test_energy_of_a_session_beyond_the_horizon_waits_for_cheaper_hours() -> None:
    late = replace(CAR, until=N + 40, later_kwh=100.0)
    made = planned(cars=(late,), import_price=np.where(np.arange(N) < 24, 0.5, 0.4))
    assert energy(made.car_kw[0][:24]) == 0
    assert made.violations == ()


def test_run_once_fits_its_window_at_the_cheapest_start() -> None:
    run = Run("dishwasher", (2.0, 0.5, 1.5), 4, 40)
    made = planned(runs=(run,))
    assert made.run_start[0] is not None
    assert 16 <= made.run_start[0] <= 29
    assert made.grid_kw[made.run_start[0]] == pytest.approx(2.5)
    no_room = planned(runs=(replace(run, until=6),))
    assert [v.name for v in no_room.violations] == ["appliance"]


def test_switch_keeps_its_least_times() -> None:
    price = np.where(np.arange(N) % 3 == 0, 0.1, 0.4)
    switch = Switch("pump", 1.0, 0, N, 3.0, min_on_steps=4, min_off_steps=3)
    made = planned(import_price=price, switches=(switch,))
    on = made.switch_on[0]
    assert on.sum() >= 12
    edges = np.flatnonzero(np.diff(np.concatenate([[0], on, [0]])))
    lengths = np.diff(edges)
    assert np.all(lengths[::2][:-1] >= 4)
    assert np.all(lengths[1::2] >= 3)


def test_heat_is_made_when_it_is_cheap_and_comfort_is_kept() -> None:
    heat = Heat("tank", 2.0, np.full(N, 3.0), 6.0, 3.0, 12.0, np.full(N, 0.6), 0.01, 0.8)
    made = planned(heats=(heat,))
    assert made.heat_kwh[0].min() >= 3.0 - 1e-6
    assert made.heat_kwh[0].max() <= 12.0 + 1e-6
    used = made.heat_kw[0]
    assert np.all((used < 1e-6) | (used >= 0.8 - 1e-6))
    assert energy(used[16:32]) > 0.6 * energy(used)
    cold = planned(heats=(replace(heat, power_max_kw=0.0, power_min_kw=0.0),))
    assert [v.name for v in cold.violations] == ["comfort"]


def test_tiers_rise_and_fall() -> None:
    flat = np.full(N, 0.3)
    base = planned(import_price=flat, batteries=(replace(BATTERY, soc_kwh=0.0, terminal=0.42),))
    rising = planned(
        import_price=flat,
        batteries=(replace(BATTERY, soc_kwh=0.0, terminal=0.42),),
        tiers=(Tier(8.0, 0.2),),
    )
    assert energy(base.grid_kw) > 15
    assert energy(rising.grid_kw) == pytest.approx(8.0, abs=0.01)
    falling = planned(import_price=flat, tiers=(Tier(4.0, -0.1),))
    assert falling.costs.tiers == pytest.approx(-0.1 * (6.0 - 4.0), abs=1e-4)


def test_capacity_charge_flattens_the_car() -> None:
    car = replace(CAR, need_kwh=20.0)
    plain = planned(cars=(car,))
    flat = planned(cars=(car,), capacity=Capacity(5.0, 3.0))
    assert plain.grid_kw.max() > 8
    assert flat.grid_kw.max() < 5.0
    assert flat.costs.capacity == pytest.approx(5 * (flat.grid_kw.max() - 3.0), abs=1e-3)


def test_negative_prices_burn_nothing_in_a_circle() -> None:
    price = np.where(np.arange(N) < 8, -0.2, 0.3)
    made = planned(import_price=price, export_price=np.where(price < 0, -0.1, 0.05),
                   pv_kw=np.full(N, 3.0), batteries=(BATTERY,))  # fmt: skip
    assert np.all(np.minimum(made.charge_kw[0], made.discharge_kw[0]) < 1e-4)
    assert np.all(made.curtail_kw[:8] > 2.9)


def test_selling_dearer_than_buying_uses_one_direction() -> None:
    made = planned(export_price=np.full(N, 0.5), batteries=(BATTERY,))
    assert np.all(np.minimum(made.charge_kw[0], made.discharge_kw[0]) < 1e-4)
    assert np.all(made.grid_kw >= -5.0)


def test_neighbours_curve_is_used_level_by_level_with_its_fill() -> None:
    near, far = np.full(N, 0.12), np.full(N, 0.2)
    kwh = np.full(N, 0.1)
    made = planned(import_price=np.full(N, 0.4),
                   market_buy=(Offer(near, kwh, 0.5), Offer(far, kwh)))  # fmt: skip
    assert made.market_kw.max() == pytest.approx(0.5, abs=1e-6)  # the house uses no more
    assert made.costs.market == pytest.approx(N * (0.05 * 0.12 + 0.075 * 0.2), rel=1e-3)


def test_promise_is_kept_where_its_penalty_is_worth_it() -> None:
    promise = Promise(9, True, 20, 24, -2.0, 0.6)
    kept = planned(batteries=(BATTERY,), promises=(promise,))
    assert energy(kept.grid_kw[20:24]) <= -2.0 + 1e-6
    cheap = planned(batteries=(BATTERY,), promises=(replace(promise, penalty=0.001),))
    assert [v.name for v in cheap.violations] == ["promise"]


def test_grid_operators_limit_by_step_is_kept_or_named() -> None:
    limit = np.full(N, np.inf)
    limit[16:24] = 2.0
    made = planned(cars=(CAR,), import_max_kw=limit)
    assert np.all(made.grid_kw[16:24] <= 2.0 + 1e-6)
    tight = planned(load_kw=np.full(N, 4.0), import_max_kw=limit)
    assert [v.name for v in tight.violations] == ["import_limit"]


def test_co2_moves_the_car() -> None:
    grams = np.where(np.arange(N) < 16, 100.0, 600.0)
    plain = planned(cars=(CAR,))
    green = planned(cars=(CAR,), co2_g_per_kwh=grams, co2_price_per_kg=1.0)
    assert energy(plain.car_kw[0][16:32]) == pytest.approx(10.0)
    assert energy(green.car_kw[0][:16]) == pytest.approx(10.0)


def test_steps_may_differ_in_length() -> None:
    hours = np.concatenate([np.full(12, 1 / 12), np.full(12, 0.25), np.full(24, 1.0)])
    made = planned(hours=hours, batteries=(BATTERY,), cars=(CAR,))
    assert float(made.car_kw[0] @ hours) == pytest.approx(10.0)
    content = np.concatenate([[5.0], made.content_kwh[0]])
    flow = made.charge_kw[0] * 0.95 - made.discharge_kw[0] / 0.95
    assert np.diff(content) == pytest.approx(flow * hours, abs=1e-6)


def test_scenarios_raise_what_is_kept_for_a_dark_day() -> None:
    sun = np.where((np.arange(N) >= 24) & (np.arange(N) < 44), 4.0, 0.0)
    price = np.where(np.arange(N) >= 24, 0.4, 0.25)
    facts: dict[str, Any] = {"pv_kw": sun, "import_price": price, "load_kw": np.full(N, 1.0),
                             "batteries": (replace(BATTERY, terminal=0.05),)}  # fmt: skip
    sure = planned(**facts)
    dark = Scenario(1.0, np.zeros(N), np.full(N, 1.0))
    unsure = planned(**facts, scenarios=(dark,))
    assert unsure.stored[0][0] > sure.stored[0][0] + 0.01


def test_hedge_keeps_off_the_batterys_limit_at_the_dear_hour() -> None:
    sun = np.where(np.arange(N) < 4, 1.0, 0.0)
    price = np.where(np.arange(N) < 4, 0.5, 0.3)
    facts: dict[str, Any] = {"import_price": price, "load_kw": np.zeros(N), "pv_kw": sun,
                             "batteries": (replace(BATTERY, terminal=0.28, soc_kwh=9.0),),
                             "cars": (replace(CAR, need_kwh=8.0),)}  # fmt: skip
    bold = planned(**facts)
    wary = planned(**facts, sigma_kw=np.full(N, 1.0))
    assert bold.discharge_kw[0][:4].max() >= wary.discharge_kw[0][:4].max()
    assert wary.discharge_kw[0][:4].max() <= 4.0 + 0.15


def test_equals_are_decided_early_and_for_the_plan_before() -> None:
    flat = np.full(N, 0.3)
    early = planned(import_price=flat, cars=(replace(CAR, need_kwh=5.52),))
    assert np.flatnonzero(early.car_kw[0] > 0)[0] == 0
    before = np.zeros(N)
    before[20:22] = 11.04
    kept = planned(import_price=flat, cars=(replace(CAR, need_kwh=5.52),),
                   previous=Previous(np.zeros(N), before))  # fmt: skip
    assert np.flatnonzero(kept.car_kw[0] > 0).tolist() == [20, 21]


def test_marginal_cost_is_what_a_little_more_load_costs() -> None:
    facts: dict[str, Any] = {"batteries": (BATTERY,), "cars": (CAR,)}
    base = solve(house(**facts))
    assert base is not None
    marginal = outcome(base).marginal
    for step in (3, 20, 40):
        load = np.full(N, 0.5)
        load[step] += 0.02
        more = solve(house(**facts, load_kw=load))
        assert more is not None
        extra = more.found.solution.cost - base.found.solution.cost
        assert extra == pytest.approx(marginal[step] * 0.005, abs=2e-4)
