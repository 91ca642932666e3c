"""What an override costs is what the best plan around it costs more: checked by solving that."""

from __future__ import annotations

from dataclasses import replace

import pytest

from peerwatt.model.plan import BatteryState, EvNeed
from peerwatt.model.units import MICRO, interval_start_s
from peerwatt.planner.convert import house_of
from peerwatt.planner.forced import force, override_costs
from peerwatt.planner.inputs import Hold, PlanInput, StepInput
from peerwatt.planner.plan import solve_plan
from peerwatt.planner.solving import solve

FIRST = 1_944_456
NOW_S = float(interval_start_s(FIRST))
HOURS_4 = NOW_S + 4 * 3_600


def house(**changes: object) -> PlanInput:
    """Dear until 24 intervals on, then cheap; a car, a battery, a little sun."""
    steps = tuple(
        StepInput(FIRST + i, 300 if 8 <= i < 16 else 0, 150, 350_000 if i < 24 else 150_000, 60_000)
        for i in range(64)
    )
    fields: dict[str, object] = {
        "now_s": NOW_S,
        "steps": steps,
        "battery": BatteryState("b", 10_000, 60.0, 10.0, 5_000, 5_000, 0.95),
        "cars": (EvNeed("c", 11_000, NOW_S + 15 * 3_600, 11_040, 4_140),),
        **changes,
    }
    return PlanInput(**fields)  # type: ignore[arg-type]


WISHES = (
    Hold("car now", HOURS_4),
    Hold("car pause", NOW_S + 12 * 3_600),
    Hold("battery hold", HOURS_4),
)


@pytest.mark.parametrize("wish", WISHES, ids=lambda wish: wish.what)
def test_the_cost_named_is_the_cost_of_the_plan_around_it(wish: Hold) -> None:
    given = house()
    ((_, named),) = override_costs(given, (wish,))
    best = solve(house_of(given))
    around = solve(house_of(given), prepare=lambda model, solver: force(model, solver, (wish,)))
    assert best is not None
    assert around is not None
    assert named is not None
    more = (around.found.solution.cost - best.found.solution.cost) * MICRO
    assert named == pytest.approx(more, abs=5_000)  # half a cent: how near the search comes


def test_charging_now_costs_the_difference_of_prices() -> None:
    """11 kWh at 35 ct instead of 15 ct, of which the battery and sun carry a part."""
    ((_, now), (_, pause), (_, hold)) = override_costs(house(battery=None), WISHES)
    assert now == pytest.approx(11.0 * 0.2 * MICRO, rel=0.1)
    assert pause == pytest.approx(0, abs=5_000)  # it would have waited longer anyway
    assert hold is None  # no battery


def test_the_plan_keeps_an_override_and_is_the_best_around_it() -> None:
    held = solve_plan(house(holds=(WISHES[0],)))
    charged = [step.ev_wh for step in held.plan.steps]
    assert charged[:3] == [2_760] * 3
    assert sum(charged) == pytest.approx(11_000, abs=700)
    paused = solve_plan(house(holds=(Hold("car pause", NOW_S + 10 * 3_600),)))
    assert all(step.ev_wh == 0 for step in paused.plan.steps[:40])
    kept = solve_plan(house(holds=(WISHES[2],)))
    assert all(step.battery_wh <= 0 for step in kept.plan.steps[:16])
    assert min(held.cost_micro, kept.cost_micro) >= solve_plan(house()).cost_micro - 5_000


def test_a_car_that_is_paused_past_its_departure_is_late_not_infeasible() -> None:
    held = solve_plan(house(holds=(Hold("car pause", NOW_S + 16 * 3_600),)))
    assert sum(step.ev_wh for step in held.plan.steps) == 0
    assert held.violations
    assert not held.by_rule


def test_each_action_has_its_reason_with_both_prices() -> None:
    made = solve_plan(house())
    waits = next(r for r in made.reasons if r.subject == "car" and r.interval == FIRST)
    assert waits.action == "wait"
    assert waits.other_micro is not None
    assert waits.other_micro < waits.price_micro
    assert waits.other_interval is not None
    starts = {r.interval: r for r in made.reasons if r.subject == "car" and r.action == "charge"}
    assert starts
    begins = min(starts)
    step = made.plan.step(begins)
    assert step is not None
    assert step.ev_wh > 0
    assert replace(starts[begins], price_micro=0) != starts[begins]
