"""The next hours, and the three things that happen next with their reasons."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from peerwatt.api.messages import ForecastView, NextAction, OverrideCosts, PlanPoint, PlanView
from peerwatt.engine.overrides import Overrides
from peerwatt.model.flexibility import Commitment, Direction
from peerwatt.model.market import Order, Side
from peerwatt.model.plan import IntervalForecast, Plan, PlanStep
from peerwatt.model.units import INTERVAL_S, MICRO, interval_at, interval_start_s
from peerwatt.planner.inputs import StepReason

from .reasons import battery_why, car_why, reason_of

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
    reasons: Sequence[StepReason] = ()
    costs: Mapping[str, int] = field(default_factory=dict)
    """What overrides cost; see :class:`peerwatt.engine.planning.Prospect`."""
    starts: Sequence[tuple[str, int]] = ()
    """(appliance, interval in which it is best started)."""
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))
    sentence: str = ""
    solve_ms: float = 0.0
    forecast: ForecastView = field(default_factory=ForecastView)


def plan_view(state: PlanState) -> PlanView:
    """Return the plan's section."""
    if state.plan is None:
        return PlanView(sentence=state.sentence, forecast=state.forecast)
    sigma = {f.interval: f.sigma_wh for f in state.forecasts}
    current = interval_at(state.now_s)
    steps = [step for step in state.plan.steps if step.interval >= current][:SHOWN_POINTS]
    return PlanView(
        made_s=state.plan.made_s,
        points=tuple(_point(step, sigma.get(step.interval, 0)) for step in steps),
        actions=_actions(state, steps),
        sentence=state.sentence,
        solve_ms=round(state.solve_ms, 1),
        overrides=OverrideCosts(
            car_now=state.costs.get("car now"),
            car_pause=state.costs.get("car pause"),
            battery_hold=state.costs.get("battery hold"),
        ),
        forecast=state.forecast,
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
        *_battery_actions(state, steps),
        *_appliance_actions(state),
        *(_order_action(order, why, state.now_s) for order, why in state.orders[-1:]),
    ]
    found.sort(key=lambda action: action.time_s)
    return tuple(found[:SHOWN_ACTIONS])


def _override_actions(state: PlanState) -> list[NextAction]:
    overrides = state.overrides.at(state.now_s)
    found = []
    if overrides.car != "auto":
        what = "The car charges now" if overrides.car == "now" else "The car waits"
        found.append(_override(state, "car", what, state.costs.get(f"held car {overrides.car}")))
    if overrides.battery != "auto":
        cost = state.costs.get("held battery hold")
        found.append(_override(state, "battery", "The battery keeps its charge", cost))
    return found


def _override(state: PlanState, subject: str, what: str, cost: int | None) -> NextAction:
    """What the owner wanted, with what it costs and going back to the plan saves."""
    why = "You asked for it."
    if cost is not None:
        cents = round(cost / MICRO * 100)
        why = "You asked for it; " + (
            f"it costs {cents / 100:.2f} more than the plan." if cents else "it costs no more."
        )
    return NextAction.model_validate(
        {
            "action_id": f"override:{subject}",
            "time_s": state.now_s,
            "what": what,
            "why": why,
            "subject": subject,
            "undo": "Back to the plan",
            "undo_cost_micro": None if cost is None else -cost,
        }
    )


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
    for step in steps[1:]:
        if (step.ev_wh > SMALL_WH) == charging:
            continue
        reason = reason_of(state.reasons, "car", step.interval)
        why, change = car_why(reason, state.zone) if reason else (_plain(charging), "")
        wish = "car now" if charging else "not tonight"
        return [
            NextAction(
                action_id=f"car:{step.interval}",
                time_s=interval_start_s(step.interval),
                what="The car pauses" if charging else "The car starts charging",
                why=why,
                change=change,
                subject="car",
                undo="Keep charging" if charging else "Not tonight",
                undo_cost_micro=state.costs.get(wish),
            )
        ]
    return []


def _plain(charging: bool) -> str:
    return "By then it has what it needs." if charging else "That is early enough to be ready."


def _battery_actions(state: PlanState, steps: Sequence[PlanStep]) -> list[NextAction]:
    """The next time the battery turns from charging to discharging or back."""
    if not steps:
        return []
    sign = _direction(steps[0])
    for step in steps[1:]:
        turned = _direction(step)
        if turned in (0, sign):
            continue
        reason = reason_of(state.reasons, "battery", step.interval)
        fits = reason is not None and reason.action == ("discharge" if turned > 0 else "charge")
        why, change = battery_why(reason, state.zone) if reason and fits else (step.reason, "")
        return [
            NextAction(
                action_id=f"battery:{step.interval}",
                time_s=interval_start_s(step.interval),
                what="The battery feeds the house" if turned > 0 else "The battery charges",
                why=why,
                change=change,
                subject="battery",
                undo="Hold it",
                undo_cost_micro=state.costs.get("battery hold"),
            )
        ]
    return []


def _direction(step: PlanStep) -> int:
    if abs(step.battery_wh) < NEXT_LOW_WH:
        return 0
    return 1 if step.battery_wh > 0 else -1


def _appliance_actions(state: PlanState) -> list[NextAction]:
    """When to start what the owner starts by hand."""
    prices = {step.interval: step.price_micro_per_kwh for step in (state.plan or _NO_PLAN).steps}
    found = []
    for name, interval in state.starts:
        price = prices.get(interval)
        cost = "" if price is None else f" A kWh costs {price / 10_000:.0f} ct then."
        found.append(
            NextAction(
                action_id=f"appliance:{name}",
                time_s=max(state.now_s, interval_start_s(interval)),
                what=f"Start now: {name}" if interval <= interval_at(state.now_s) else name,
                why=f"The cheapest time to start it.{cost}",
                subject="house",
            )
        )
    return found


_NO_PLAN = Plan(0.0, ())


def _order_action(order: Order, why: str, now_s: float) -> NextAction:
    verb = "buys" if order.side is Side.BUY else "sells"
    return NextAction(
        action_id=f"market:{order.interval}",
        time_s=max(now_s, interval_start_s(order.interval)),
        what=f"The house {verb} {order.quantity_wh / 1000:.2f} kWh",
        why=why,
        subject="market",
    )
