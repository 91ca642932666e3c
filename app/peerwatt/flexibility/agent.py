"""Decides whether and how to answer a request of the grid operator, and says why.

The engine plans twice: as it is, and with the request as a commitment whose penalty is the
highest price the operator would pay (:func:`probe`). What the second plan changes is what car
and battery can shift within all their limits, the car's departure included; what it costs more
is the least the house must be paid.
"""

from __future__ import annotations

from dataclasses import dataclass

from peerwatt.model.flexibility import Commitment, Direction, FlexOffer, FlexRequest
from peerwatt.model.plan import Plan

KEPT_PCT = 90
"""Share of the possible shift that is offered; the rest is kept against forecast errors."""

PROFIT_MICRO_PER_KWH = 20_000
"""What is asked above the house's own extra cost."""

NOTICE_S = 30.0
"""An offer needs this long before the deadline to be placed."""


@dataclass(frozen=True, slots=True)
class OwnerTerms:
    """What the owner allows."""

    enabled: bool = True
    min_price_micro_per_kwh: int = 100_000
    min_offer_wh: int = 50
    declined_requests: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class EventPlans:
    """The same house planned without and with the event, and what each costs (micro-units)."""

    base: Plan
    base_cost_micro: int
    event: Plan
    event_cost_micro: int


@dataclass(frozen=True, slots=True)
class FlexDecision:
    """An offer, or none; always with a sentence."""

    offer: FlexOffer | None
    reason: str


def probe(request: FlexRequest, baseline_wh: int) -> Commitment:
    """Return the commitment to plan with, in order to learn how much the house can shift."""
    return Commitment(
        request_id=request.request_id,
        direction=request.direction,
        first_interval=request.first_interval,
        interval_count=request.interval_count,
        baseline_wh=baseline_wh,
        quantity_wh=request.quantity_wh,
        penalty_micro_per_kwh=request.max_price_micro_per_kwh,
    )


@dataclass(frozen=True, slots=True)
class FlexAgent:
    """Answers requests for one member."""

    member: str
    zone: int
    terms: OwnerTerms = OwnerTerms()

    def worth_planning(self, request: FlexRequest, now_s: float) -> str | None:
        """Return ``None`` where a request may be answered, else the sentence why not."""
        if not self.terms.enabled:
            return "Answering the grid operator is switched off."
        if request.request_id in self.terms.declined_requests:
            return "You declined this request."
        if request.zone != self.zone:
            return f"The request is for zone {request.zone}, the house is in zone {self.zone}."
        if now_s > request.offer_deadline_s - NOTICE_S:
            return "It is too late to offer."
        if request.max_price_micro_per_kwh < self.terms.min_price_micro_per_kwh:
            return (
                f"The operator pays at most {_ct(request.max_price_micro_per_kwh)}, "
                f"you ask for {_ct(self.terms.min_price_micro_per_kwh)}."
            )
        return None

    def decide(
        self,
        request: FlexRequest,
        plans: EventPlans,
        baseline_wh: int,
        now_s: float,
        unsure_wh: int = 0,
    ) -> FlexDecision:
        """Return an offer on a request, or none, with the reason.

        ``unsure_wh`` is the error (one sigma) of the window's forecast: delivery is verified
        against a baseline that the weather may miss, so that much is kept back.
        """
        refusal = self.worth_planning(request, now_s)
        if refusal is not None:
            return FlexDecision(None, refusal)
        shifted = shiftable_wh(request, plans, baseline_wh)
        safe = min(shifted * KEPT_PCT // 100, shifted - unsure_wh)
        quantity = min(safe, request.quantity_wh)
        if quantity < self.terms.min_offer_wh:
            return FlexDecision(
                None, f"Car and battery can surely shift only {max(safe, 0)} Wh in the window."
            )
        extra = max(plans.event_cost_micro - plans.base_cost_micro, 0)
        own_cost = -(-extra * 1000 // quantity)
        price = max(own_cost + PROFIT_MICRO_PER_KWH, self.terms.min_price_micro_per_kwh)
        if price > request.max_price_micro_per_kwh:
            if own_cost > request.max_price_micro_per_kwh:
                return FlexDecision(
                    None,
                    f"Shifting would cost {_ct(own_cost)} a kWh, the operator pays at most "
                    f"{_ct(request.max_price_micro_per_kwh)}.",
                )
            price = request.max_price_micro_per_kwh
        reason = _sentence(request, plans, quantity, own_cost, price)
        offer = FlexOffer(
            request_id=request.request_id,
            member=self.member,
            quantity_wh=quantity,
            price_micro_per_kwh=price,
            baseline_wh=baseline_wh,
            reason=reason,
        )
        return FlexDecision(offer, reason)


def shiftable_wh(request: FlexRequest, plans: EventPlans, baseline_wh: int) -> int:
    """Return by how much the event's plan moves net import in the wanted direction, Wh.

    Counted against the baseline, since that is what delivery is verified against. 0 where the
    plan does not reach over the whole window.
    """
    net = 0
    for index in range(request.interval_count):
        step = plans.event.step(request.first_interval + index)
        if step is None:
            return 0
        net += step.grid_wh
    change = baseline_wh - net
    return change if request.direction is Direction.REDUCE else -change


def commitment_of(request: FlexRequest, offer: FlexOffer) -> Commitment:
    """Return the commitment that an awarded offer has become."""
    return Commitment(
        request_id=request.request_id,
        direction=request.direction,
        first_interval=request.first_interval,
        interval_count=request.interval_count,
        baseline_wh=offer.baseline_wh,
        quantity_wh=offer.awarded_wh,
        penalty_micro_per_kwh=request.penalty_micro_per_kwh,
    )


def _sentence(
    request: FlexRequest, plans: EventPlans, quantity: int, own_cost: int, price: int
) -> str:
    window = range(request.first_interval, request.first_interval + request.interval_count)
    car = _change(plans, window, "ev_wh")
    battery = _change(plans, window, "battery_wh")
    if request.direction is Direction.REDUCE:
        car = -car
    else:
        battery = -battery
    who = "the car" if car >= battery else "the battery"
    if min(car, battery) > quantity // 5:
        who = "the car and the battery"
    hours = request.interval_count / 4
    verb = "draws less" if request.direction is Direction.REDUCE else "draws more"
    return (
        f"{who[0].upper()}{who[1:]} can move {quantity} Wh in {hours:g} h: the house {verb}. "
        f"It costs {_ct(own_cost)} a kWh, the offer asks {_ct(price)}."
    )


def _change(plans: EventPlans, window: range, name: str) -> int:
    total = 0
    for interval in window:
        before, after = plans.base.step(interval), plans.event.step(interval)
        if before is not None and after is not None:
            total += getattr(after, name) - getattr(before, name)
    return total


def _ct(micro: int) -> str:
    return f"{micro / 10_000:.1f} ct"
