"""The next hours, and the three things that happen next with their reasons."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from peerwatt.api.messages import NextAction, PlanPoint, PlanView
from peerwatt.engine.overrides import Overrides
from peerwatt.model.flexibility import Commitment, Direction
from peerwatt.model.market import Order, Side
from peerwatt.model.plan import IntervalForecast, Plan, PlanStep
from peerwatt.model.units import INTERVAL_S, interval_at, interval_start_s

SHOWN_POINTS = 48
SHOWN_ACTIONS = 3
SMALL_WH = 50
NEXT_LOW_WH = 150


@dataclass(frozen=True, slots=True)
class PlanState:
    """What the plan's section is made of."""

    now_s: float
    plan: Plan | None
    forecasts: Sequence[IntervalForecast]
    overrides: Overrides
    commitments: Sequence[Commitment]
    orders: Sequence[tuple[Order, str]]
    """Our orders that are not delivered yet, with their reasons."""
    has_car: bool


def plan_view(state: PlanState) -> PlanView:
    """Return the plan's section."""
    if state.plan is None:
        return PlanView()
    sigma = {f.interval: f.sigma_wh for f in state.forecasts}
    current = interval_at(state.now_s)
    steps = [step for step in state.plan.steps if step.interval >= current][:SHOWN_POINTS]
    return PlanView(
        made_s=state.plan.made_s,
        points=tuple(_point(step, sigma.get(step.interval, 0)) for step in steps),
        actions=_actions(state, steps),
    )


def _point(step: PlanStep, sigma_wh: int) -> PlanPoint:
    return PlanPoint(
        interval=step.interval,
        pv_w=_watts(step.pv_wh),
        home_w=_watts(step.load_wh),
        battery_w=_watts(step.battery_wh),
        ev_w=_watts(step.ev_wh),
        grid_w=_watts(step.grid_wh),
        band_w=_watts(sigma_wh),
        price_micro=step.price_micro_per_kwh,
    )


def _watts(energy_wh: int) -> float:
    return energy_wh * 3600.0 / INTERVAL_S


def _actions(state: PlanState, steps: Sequence[PlanStep]) -> tuple[NextAction, ...]:
    found = [
        *_override_actions(state),
        *(_flex_action(c, state.now_s) for c in state.commitments),
        *_car_actions(state, steps),
        *_battery_actions(steps),
        *(_order_action(order, why, state.now_s) for order, why in state.orders[-1:]),
    ]
    found.sort(key=lambda action: action.time_s)
    return tuple(found[:SHOWN_ACTIONS])


def _override_actions(state: PlanState) -> list[NextAction]:
    overrides = state.overrides.at(state.now_s)
    found = []
    if overrides.car != "auto":
        what = "The car charges now" if overrides.car == "now" else "The car waits"
        found.append(
            NextAction(
                action_id="override:car",
                time_s=state.now_s,
                what=what,
                why="You asked for it.",
                subject="car",
                undo="Back to the plan",
            )
        )
    if overrides.battery != "auto":
        found.append(
            NextAction(
                action_id="override:battery",
                time_s=state.now_s,
                what="The battery keeps its charge",
                why="You asked for it.",
                subject="battery",
                undo="Back to the plan",
            )
        )
    return found


def _flex_action(commitment: Commitment, now_s: float) -> NextAction:
    verb = "less" if commitment.direction is Direction.REDUCE else "more"
    return NextAction(
        action_id=f"flexibility:{commitment.request_id}",
        time_s=max(now_s, interval_start_s(commitment.first_interval)),
        what=f"The house draws {commitment.quantity_wh / 1000:.1f} kWh {verb}",
        why="Promised to the grid operator, who pays for it.",
        subject="flexibility",
    )


def _car_actions(state: PlanState, steps: Sequence[PlanStep]) -> list[NextAction]:
    """The next change of the car between waiting and charging."""
    if not state.has_car or state.overrides.at(state.now_s).car != "auto" or len(steps) < 2:
        return []
    charging = steps[0].ev_wh > SMALL_WH
    for index, step in enumerate(steps[1:], 1):
        if (step.ev_wh > SMALL_WH) == charging:
            continue
        later = next((s for s in steps[index + 1 :] if s.ev_wh > SMALL_WH), None)
        return [
            NextAction(
                action_id=f"car:{step.interval}",
                time_s=interval_start_s(step.interval),
                what="The car pauses" if charging else "The car starts charging",
                why=_pause_reason(step, later) if charging else _start_reason(steps[0], step),
                subject="car",
                undo="Keep charging" if charging else "Not tonight",
            )
        ]
    return []


def _pause_reason(step: PlanStep, later: PlanStep | None) -> str:
    if later is None:
        return "By then it has what it needs."
    now, then = step.price_micro_per_kwh, later.price_micro_per_kwh
    if now > then:
        return f"It goes on later: {_ct(then)} a kWh then, {_ct(now)} while it waits."
    return "It goes on later, in time for its departure."


def _start_reason(now: PlanStep, step: PlanStep) -> str:
    if now.price_micro_per_kwh > step.price_micro_per_kwh:
        return (
            f"A kWh costs {_ct(step.price_micro_per_kwh)} then, {_ct(now.price_micro_per_kwh)} now."
        )
    return "That is early enough for its departure."


def _ct(price_micro: int) -> str:
    return f"{price_micro / 10_000:.0f} ct"


def _battery_actions(steps: Sequence[PlanStep]) -> list[NextAction]:
    """The next time the battery turns from charging to discharging or back."""
    if not steps:
        return []
    sign = _direction(steps[0])
    for step in steps[1:]:
        turned = _direction(step)
        if turned in (0, sign):
            continue
        what = "The battery feeds the house" if turned > 0 else "The battery charges"
        return [
            NextAction(
                action_id=f"battery:{step.interval}",
                time_s=interval_start_s(step.interval),
                what=what,
                why=step.reason,
                subject="battery",
                undo="Hold it",
            )
        ]
    return []


def _direction(step: PlanStep) -> int:
    if abs(step.battery_wh) < NEXT_LOW_WH:
        return 0
    return 1 if step.battery_wh > 0 else -1


def _order_action(order: Order, why: str, now_s: float) -> NextAction:
    verb = "buys" if order.side is Side.BUY else "sells"
    return NextAction(
        action_id=f"market:{order.interval}",
        time_s=max(now_s, interval_start_s(order.interval)),
        what=f"The house {verb} {order.quantity_wh / 1000:.2f} kWh",
        why=why,
        subject="market",
    )
