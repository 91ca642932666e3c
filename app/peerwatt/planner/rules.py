"""The plan by rule, for the case that the solver gives none: self-consumption, car at once."""

from __future__ import annotations

from ..model.plan import EvNeed, Plan, PlanStep
from ..model.units import INTERVAL_S, cost_down_micro, cost_up_micro, interval_start_s
from .inputs import PlanInput, PlanResult, StepInput

REASON = "By rule, since no optimum was found: own sun first, then the battery, then the grid."


def rule_plan(plan_input: PlanInput) -> PlanResult:
    """Return a plan that stores surplus, serves deficits from the battery, charges cars at once."""
    battery = plan_input.battery
    stored = 0.0 if battery is None else battery.capacity_wh * battery.soc_pct / 100
    needs = [max(car.energy_wh, 0) for car in plan_input.cars]
    steps: list[PlanStep] = []
    cost = 0
    for step in plan_input.steps:
        ev = 0
        for number, car in enumerate(plan_input.cars):
            taken = _car_wh(car, step, needs[number])
            needs[number] -= taken
            ev += taken
        wish = step.load_wh + ev - step.pv_wh
        used, stored = _battery_wh(plan_input, wish, stored)
        grid = wish - used
        soc = None if battery is None else round(100 * stored / battery.capacity_wh, 2)
        cost += cost_up_micro(max(grid, 0), step.import_price_micro)
        cost -= cost_down_micro(max(-grid, 0), step.export_price_micro)
        price = step.import_price_micro if grid > 0 else step.export_price_micro
        steps.append(
            PlanStep(
                step.interval, step.pv_wh, step.load_wh, used, ev, grid, soc, price, REASON, None
            )
        )
    return PlanResult(Plan(plan_input.now_s, tuple(steps)), cost, by_rule=True)


def _car_wh(car: EvNeed, step: StepInput, need_wh: int) -> int:
    if interval_start_s(step.interval) >= car.deadline_s:
        return 0
    return min(need_wh, round(car.max_power_w * INTERVAL_S / 3600))


def _battery_wh(plan_input: PlanInput, wish_wh: int, stored_wh: float) -> tuple[int, float]:
    """Return (energy given, + discharge; content after) for a wished energy."""
    battery = plan_input.battery
    if battery is None:
        return 0, stored_wh
    eta, hours = battery.efficiency_one_way, INTERVAL_S / 3600
    if wish_wh >= 0:
        reserve = battery.capacity_wh * battery.reserve_pct / 100
        most = min(battery.max_discharge_w * hours, max(stored_wh - reserve, 0.0) * eta)
        given = int(min(wish_wh, most))
        return given, stored_wh - given / eta
    room = max(battery.capacity_wh - stored_wh, 0.0) / eta
    taken = int(min(-wish_wh, battery.max_charge_w * hours, room))
    return -taken, stored_wh + taken * eta
