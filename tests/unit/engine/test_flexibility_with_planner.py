"""A request is answered as the engine does it: plan, probe, plan again, offer, commit, deliver."""

from __future__ import annotations

from dataclasses import replace

from peerwatt.flexibility import EventPlans, FlexAgent, OwnerTerms, baseline, probe
from peerwatt.flexibility.agent import commitment_of
from peerwatt.model.flexibility import Direction, FlexRequest
from peerwatt.model.plan import BatteryState, EvNeed
from peerwatt.model.units import interval_start_s
from peerwatt.planner import PlanInput, PlanResult, StepInput, solve_plan

T = 1_944_456
NOW = float(interval_start_s(T))
AGENT = FlexAgent("0xA0", 0, OwnerTerms(min_price_micro_per_kwh=50_000))
REQUEST = FlexRequest(3, 0, Direction.REDUCE, T + 4, 4, 6_000, 400_000, 600_000, T * 900 + 1_800)
CAR = EvNeed("charger", 18_000, NOW + 12 * 3600, 11_040, 4_140)
STEPS = tuple(StepInput(T + i, 0, 150, 270_000, 80_000) for i in range(96))


def answer(plan_input: PlanInput, request: FlexRequest) -> tuple[PlanResult, PlanResult, int]:
    base = solve_plan(plan_input)
    found = baseline(request.first_interval, request.interval_count, base.plan)
    assert found is not None
    asked = probe(request, found.net_import_wh)
    event = solve_plan(replace(plan_input, commitments=(asked,)))
    return base, event, found.net_import_wh


def test_the_car_moves_out_of_the_window_and_is_still_ready() -> None:
    plan_input = PlanInput(NOW, STEPS, None, (CAR,))
    base, event, expected = answer(plan_input, REQUEST)
    plans = EventPlans(base.plan, base.cost_micro, event.plan, event.cost_micro)
    decision = AGENT.decide(REQUEST, plans, expected, NOW)
    assert decision.offer is not None
    assert decision.offer.quantity_wh >= 5_000
    assert decision.offer.price_micro_per_kwh < 60_000
    assert decision.reason.startswith("The car")
    awarded = replace(decision.offer, awarded_wh=decision.offer.quantity_wh)
    committed = solve_plan(replace(plan_input, commitments=(commitment_of(REQUEST, awarded),)))
    assert committed.shortfall_wh == ()
    assert committed.violations == ()
    assert sum(s.ev_wh for s in committed.plan.steps) >= 17_995


def test_a_car_that_must_leave_is_not_offered() -> None:
    pressed = replace(CAR, energy_wh=21_500, deadline_s=NOW + 7_200)
    base, event, expected = answer(PlanInput(NOW, STEPS, None, (pressed,)), REQUEST)
    plans = EventPlans(base.plan, base.cost_micro, event.plan, event.cost_micro)
    decision = AGENT.decide(REQUEST, plans, expected, NOW)
    moved = 0 if decision.offer is None else decision.offer.quantity_wh
    assert moved < 600  # only what does not make the car late


def test_the_battery_answers_at_its_own_price() -> None:
    battery = BatteryState("battery", 10_000, 80, 10, 5_000, 5_000, 0.95)
    more = replace(REQUEST, direction=Direction.INCREASE, quantity_wh=1_500)
    base, event, expected = answer(PlanInput(NOW, STEPS, battery), more)
    plans = EventPlans(base.plan, base.cost_micro, event.plan, event.cost_micro)
    decision = AGENT.decide(more, plans, expected, NOW)
    assert decision.offer is not None
    assert decision.reason.startswith("The battery")
