"""The search finds what trying everything finds, and begins at the plan before."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest

from peerwatt.planner.model import build
from peerwatt.planner.outcome import outcome
from peerwatt.planner.program import Solver
from peerwatt.planner.search import CARS_GAP, WORTH_A_SEARCH, discrete_columns
from peerwatt.planner.solving import solve
from peerwatt.planner.spec import Battery, CarSession, House, Previous
from peerwatt.planner.trying import Choice, Hunt
from peerwatt.planner.warm import earlier_masks

N = 10
SUN = np.array([0.0, 1.0, 3.2, 4.4, 2.9, 5.1, 3.9, 4.2, 1.8, 0.4])
CAR = CarSession("car", 0, N, 4.0, ((4.14, 11.0),))
BATTERY = Battery("b", 2.0, 4.0, 2.0, 2.0, 0.5, terminal=0.2)


def house(sun: np.ndarray = SUN) -> House:
    return House(0.0, np.full(N, 0.25), sun, np.full(N, 0.4), np.full(N, 0.30),
                 np.full(N, 0.08), (BATTERY,), (CAR,))  # fmt: skip


def hunt_of(asked: House) -> Hunt:
    model = build(asked)
    solver = Solver(model.program)
    relaxed = solver.solve()
    assert relaxed is not None
    return Hunt(model, solver, discrete_columns(model), relaxed.cost)


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_car_steps_are_as_good_as_trying_every_set_of_them(seed: int) -> None:
    asked = house(np.random.default_rng(seed).permutation(SUN))
    hunt = hunt_of(asked)
    for mask in itertools.product((False, True), repeat=N):
        if 1 <= sum(mask) <= 4:
            hunt.attempt(Choice((np.array(mask),), (), ()))
    solved = solve(asked)
    assert hunt.best is not None
    assert solved is not None
    assert solved.found.solution.cost <= hunt.best.solution.cost + CARS_GAP


def test_where_selling_pays_more_each_step_goes_the_better_way() -> None:
    dear = (2, 3, 6)
    export = np.full(N, 0.08)
    export[list(dear)] = 0.50
    asked = replace(house(), export_price=export)
    costs = []
    for buys in itertools.product((False, True), repeat=len(dear)):
        shut_in, shut_out = np.full(N, np.inf), np.full(N, np.inf)
        for step, buying in zip(dear, buys, strict=True):
            (shut_out if buying else shut_in)[step] = 0.0
        one = solve(replace(asked, import_max_kw=shut_in, export_max_kw=shut_out))
        assert one is not None
        costs.append(one.found.solution.cost)
    solved = solve(asked)
    assert solved is not None
    assert solved.found.solution.cost <= min(costs) + WORTH_A_SEARCH
    model, values = solved.model, solved.values
    both = np.minimum(values[model.grid.buy], values[model.grid.sell])
    assert both.max() < 1e-4


def test_the_plan_before_is_where_the_search_begins() -> None:
    asked = house()
    first = solve(asked)
    assert first is not None
    made = outcome(first)
    before = Previous(made.charge_kw[0] - made.discharge_kw[0], made.car_kw[0])
    hunt = hunt_of(replace(asked, previous=before))
    relaxed = hunt.solver.solve()
    assert relaxed is not None
    masks = earlier_masks(hunt.model, relaxed)
    assert masks is not None
    np.testing.assert_array_equal(masks[0], made.car_kw[0] > 0.05)
    again = solve(replace(asked, previous=before))
    assert again is not None
    assert again.found.solution.cost <= first.found.solution.cost + 1e-3
    assert earlier_masks(hunt_of(asked).model, relaxed) is None


def test_steps_of_the_plan_before_that_are_too_many_are_left_out() -> None:
    less = replace(CAR, need_kwh=1.5)
    before = Previous(np.zeros(N), np.where(np.arange(N) % 2 == 0, 4.14, 0.0))
    hunt = hunt_of(replace(house(), cars=(less,), previous=before))
    relaxed = hunt.solver.solve()
    assert relaxed is not None
    masks = earlier_masks(hunt.model, relaxed)
    assert masks is not None
    assert masks[0].sum() == 1
    solved = solve(hunt.model.house)
    assert solved is not None
    assert outcome(solved).car_kw[0].sum() / 4 == pytest.approx(1.5)


def test_a_battery_buys_late_and_stores_the_sun_early() -> None:
    price = np.where(np.arange(N) < 6, 0.10, 0.40)
    asked = replace(house(np.zeros(N)), cars=(), import_price=price)
    solved = solve(asked)
    assert solved is not None
    charge = outcome(solved).charge_kw[0]
    assert charge[0] == pytest.approx(0.0, abs=1e-4)
    assert charge[2:6] == pytest.approx(2.0)
    sunny = replace(asked, pv_kw=np.full(N, 2.4), batteries=(replace(BATTERY, soc_kwh=3.5),))
    found = solve(sunny)
    assert found is not None
    stored = outcome(found).charge_kw[0]
    assert stored[0] > stored[9] + 0.1
