"""What an offer to the grid operator is judged on: the house as it will be when it begins."""

from __future__ import annotations

from peerwatt.config.settings import SiteSettings
from peerwatt.engine.planning import Planning, later_input
from peerwatt.model.flexibility import Commitment, Direction
from peerwatt.model.plan import BatteryState, EvNeed, Plan, PlanStep
from peerwatt.model.units import interval_start_s
from peerwatt.planner.inputs import PlanInput, StepInput
from peerwatt.planner.plan import solve_plan

FIRST = 2_000_000
BATTERY = BatteryState("b", 10_000, 10.0, 10.0, 5_000, 5_000, 0.95)


def steps(count: int) -> tuple[StepInput, ...]:
    return tuple(StepInput(FIRST + i, 0, 200, 300_000, 80_000) for i in range(count))


def plan_input(**changes: object) -> PlanInput:
    fields: dict[str, object] = {
        "now_s": float(interval_start_s(FIRST)),
        "steps": steps(12),
        "battery": BATTERY,
        **changes,
    }
    return PlanInput(**fields)  # type: ignore[arg-type]


def test_an_empty_battery_promises_nothing() -> None:
    """It would pay to charge it from the grid first; but before an award the house does not."""
    given = plan_input()
    base = solve_plan(given)
    wanted = Commitment(1, Direction.REDUCE, FIRST + 4, 2, 400, 4_000, 400_000)
    event = solve_plan(later_input(given, base.plan, FIRST + 4, wanted)).plan
    window = [event.step(FIRST + 4), event.step(FIRST + 5)]
    assert all(step is not None and step.battery_wh <= 5 for step in window)


def test_the_state_at_the_window_is_the_plans() -> None:
    car = EvNeed("c", 8_000, interval_start_s(FIRST + 30), 11_000, 4_140)
    given = plan_input(cars=(car,), now_s=interval_start_s(FIRST) + 450.0)
    before = tuple(
        PlanStep(FIRST + i, 0, 200, 0, 2_000, 2_200, 55.0 + i, 300_000, "") for i in range(3)
    )
    later = later_input(given, Plan(0.0, before), FIRST + 3, None)
    assert later.now_s == interval_start_s(FIRST + 3)
    assert later.steps[0].interval == FIRST + 3
    assert later.battery is not None
    assert later.battery.soc_pct == 57.0
    # Half of the first interval is left: 1000 Wh, then 2000 and 2000.
    assert later.cars[0].energy_wh == 3_000


def test_a_window_that_has_begun_is_planned_from_now() -> None:
    given = plan_input()
    wanted = Commitment(1, Direction.REDUCE, FIRST, 2, 400, 100, 400_000)
    later = later_input(given, Plan(0.0, ()), FIRST, wanted)
    assert later.now_s == given.now_s
    assert later.commitments == (wanted,)


def test_the_car_is_ready_at_the_next_local_morning() -> None:
    planning = Planning(SiteSettings())
    evening_s = 1_750_176_000.0  # 2025-06-17 18:00 in Zurich
    assert planning.next_departure_s(evening_s) == evening_s + 13 * 3600
