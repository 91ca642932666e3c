"""Reasons tell the truth: the named alternative costs what is said when it is forced."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from peerwatt.planner.alternatives import priced
from peerwatt.planner.outcome import outcome
from peerwatt.planner.solving import solve
from peerwatt.planner.spec import Battery, CarSession, House, Previous, Run
from peerwatt.planner.why import Reason, reasons

N = 64
PRICE = np.where(np.arange(N) < 8, 0.11, np.where(np.arange(N) < 40, 0.27, 0.20))
CAR = CarSession("The car", 0, 60, 8.0, ((4.14, 11.04),))
BATTERY = Battery("The battery", 5.0, 10.0, 5.0, 5.0, terminal=0.15)


def house(price: np.ndarray, car: CarSession, battery: Battery) -> House:
    return House(1_750_104_000.0, np.full(N, 0.25), np.zeros(N), np.full(N, 0.6), price,
                 np.full(N, 0.08), (battery,), (car,), timezone="Europe/Zurich")  # fmt: skip


def told(asked: House, subject: str) -> tuple[Reason, float]:
    """Return the first reason on a subject and the cost of the plan."""
    solved = solve(asked)
    assert solved is not None
    found = priced(solved, reasons(outcome(solved)))
    chosen = next(r for r in found if r.subject == subject and r.step == 0)
    return chosen, solved.found.solution.cost


def cost(asked: House) -> float:
    solved = solve(asked)
    assert solved is not None
    return solved.found.solution.cost


def test_leaving_the_car_costs_what_is_said() -> None:
    asked = house(PRICE, replace(CAR, need_kwh=22.0), BATTERY)
    reason, best = told(asked, "The car")
    assert reason.action == "charge"
    assert "11 ct a kWh now" in reason.sentence
    assert reason.override_cost is not None
    forced = house(PRICE, replace(CAR, need_kwh=22.0, first=1), BATTERY)
    assert cost(forced) - best == pytest.approx(reason.override_cost, abs=5e-3)
    assert reason.override_cost > 0.05


def test_charging_at_once_costs_what_is_said() -> None:
    price = PRICE[::-1].copy()
    asked = house(price, CAR, BATTERY)
    reason, best = told(asked, "The car")
    assert reason.action == "wait"
    assert reason.override == "charge at full power in this step"
    forced = house(price, replace(CAR, need_kwh=CAR.need_kwh - 2.76), BATTERY)
    load = forced.load_kw.copy()
    load[0] += 11.04
    extra = cost(replace(forced, load_kw=load)) - best
    assert reason.override_cost == pytest.approx(extra, abs=5e-3)


def test_what_would_change_it_does_change_it() -> None:
    price = PRICE.copy()
    asked = house(price, CAR, replace(BATTERY, charge_max_kw=0.0, discharge_max_kw=0.0))
    reason, _ = told(asked, "The car")
    assert reason.turns_at is not None
    price[0] = reason.turns_at + 0.02
    changed, _ = told(replace(asked, import_price=price), "The car")
    assert changed.action == "wait"


def test_the_battery_turns_where_it_is_said() -> None:
    # Among equal prices it would buy late; the plan before holds it to the first steps.
    before = Previous(np.where(np.arange(N) < 5, 5.0, 0.0), np.zeros(N))
    asked = replace(house(PRICE, replace(CAR, need_kwh=0.0), BATTERY), previous=before)
    reason, best = told(asked, "The battery")
    assert reason.action == "charge"
    assert reason.turns_at is not None
    price = PRICE.copy()
    price[0] = reason.turns_at + 0.01
    changed, _ = told(replace(asked, import_price=price), "The battery")
    assert changed.action != "charge"
    assert reason.override_cost is not None
    assert reason.override_cost >= 0
    assert best == pytest.approx(cost(asked))


def test_asking_leaves_the_plan_as_it_was() -> None:
    solved = solve(house(PRICE, CAR, BATTERY))
    assert solved is not None
    before = solved.solver.lower.copy(), solved.solver.upper.copy()
    priced(solved, reasons(outcome(solved)))
    assert np.array_equal(before[0], solved.solver.lower)
    assert np.array_equal(before[1], solved.solver.upper)
    again = solved.solver.solve()
    assert again is not None
    assert again.cost == pytest.approx(solved.found.bound)


def test_leaving_the_battery_costs_what_is_said() -> None:
    price = np.where(np.arange(N) < 8, 0.42, 0.20)
    asked = house(price, replace(CAR, need_kwh=0.0), replace(BATTERY, soc_kwh=1.0))
    reason, best = told(asked, "The battery")
    assert reason.action == "discharge"
    held = asked.batteries[0]
    curve = ((0.0, 5.0), (held.soc_max_kwh, 5.0))
    # The same without the first step: the load of that step is bought.
    later = replace(
        asked, hours=asked.hours[1:], pv_kw=asked.pv_kw[1:], load_kw=asked.load_kw[1:],
        import_price=price[1:], export_price=asked.export_price[1:],
        batteries=(replace(held, discharge_curve=curve),), cars=(),
    )  # fmt: skip
    extra = cost(later) + 0.6 * 0.25 * 0.42 - best
    assert reason.override_cost == pytest.approx(extra, abs=5e-3)


def test_another_time_of_an_appliance_costs_what_is_said() -> None:
    run = Run("The washer", (2.0, 1.0, 1.0), 0, 40)
    price = np.where((np.arange(N) >= 20) & (np.arange(N) < 23), 0.05, 0.30)
    asked = replace(house(price, CAR, BATTERY), cars=(), batteries=(), runs=(run,))
    solved = solve(asked)
    assert solved is not None
    found = priced(solved, reasons(outcome(solved)))
    start = next(r for r in found if r.action == "start")
    assert start.step == 20
    assert start.override_cost is not None
    early, late = replace(run, until=22), replace(run, first=21)
    forced = min(cost(replace(asked, runs=(other,))) for other in (early, late))
    assert start.override_cost == pytest.approx(forced - solved.found.solution.cost, abs=2e-3)
    wait = next(r for r in found if r.action == "wait")
    assert wait.override == "start it now"
    at_once = cost(replace(asked, runs=(replace(run, until=3),)))
    assert wait.override_cost == pytest.approx(at_once - solved.found.solution.cost, abs=2e-3)


def test_few_alternatives_are_solved_and_none_that_is_far() -> None:
    solved = solve(house(PRICE, CAR, BATTERY))
    assert solved is not None
    found = priced(solved, reasons(outcome(solved)))
    tried = [reason for reason in found if reason.override is not None]
    assert 0 < len(tried) <= 5
    assert all(reason.step < 24 for reason in tried)
