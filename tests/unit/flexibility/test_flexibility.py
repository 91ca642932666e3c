"""Baselines, offers and delivery: figures that verification would find, and reasons."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from peerwatt.flexibility import (
    EventPlans,
    FlexAgent,
    OwnerTerms,
    baseline,
    delivery_view,
    expected_payment_micro,
    high_five_of_ten,
    probe,
    target_power_w,
)
from peerwatt.flexibility.agent import commitment_of
from peerwatt.model.flexibility import Commitment, Direction, FlexOffer, FlexRequest
from peerwatt.model.plan import IntervalEnergy, Plan, PlanStep
from peerwatt.model.units import interval_at, interval_start_s

T = 1_944_456
NOW = float(interval_start_s(T - 4))
REQUEST = FlexRequest(5, 0, Direction.REDUCE, T, 4, 4_000, 400_000, 600_000, T * 900 - 900)
AGENT = FlexAgent("0xA0", zone=0)


def plan(ev: list[int], battery: list[int] | None = None, load: int = 100) -> Plan:
    battery = battery or [0] * len(ev)
    return Plan(
        NOW,
        tuple(
            PlanStep(T + i, 0, load, b, e, load + e - b, 50.0, 270_000, "")
            for i, (e, b) in enumerate(zip(ev, battery, strict=True))
        ),
    )


BASE = plan([1_000] * 4 + [0] * 4)
EVENT = plan([0] * 4 + [1_000] * 4)
PLANS = EventPlans(BASE, 1_000_000, EVENT, 1_180_000)


def day_row(interval: int, import_wh: int) -> IntervalEnergy:
    return IntervalEnergy(interval, import_wh, 0, 0, import_wh, 0, 0, 0)


def history(zone: ZoneInfo, days: int, start: dt.datetime) -> list[IntervalEnergy]:
    rows = []
    for back in range(1, days + 1):
        day = start - dt.timedelta(days=back)
        first = interval_at(day.astimezone(zone).timestamp())
        rows += [day_row(first + i, 100 * back) for i in range(4)]
    return rows


def test_baseline_is_the_plan_without_history() -> None:
    found = baseline(T, 4, BASE)
    assert found is not None
    assert (found.net_import_wh, found.method) == (4_400, "plan")
    assert baseline(T + 6, 4, BASE) is None


def test_high_five_of_ten_takes_similar_days_in_local_time() -> None:
    zone = ZoneInfo("Europe/Zurich")
    # A Wednesday two days after the clocks changed (29 March 2026): local 18:00 all along.
    start = dt.datetime(2026, 4, 1, 18, tzinfo=zone)
    first = interval_at(start.timestamp())
    rows = history(zone, 30, start)
    working = [b for b in range(1, 31) if (start - dt.timedelta(days=b)).weekday() < 5][:10]
    expected = sum(sorted((400 * b for b in working), reverse=True)[:5]) // 5
    assert high_five_of_ten(first, 4, rows, "Europe/Zurich") == expected
    found = baseline(first, 4, BASE, history=rows, timezone="Europe/Zurich")
    assert found is not None
    assert (found.net_import_wh, found.method) == (expected, "high-5-of-10")
    event = (start - dt.timedelta(days=working[-1])).date()
    changed = high_five_of_ten(first, 4, rows, "Europe/Zurich", {event})
    assert changed is not None
    assert changed > expected


def test_nine_similar_days_are_too_few() -> None:
    zone = ZoneInfo("UTC")
    start = dt.datetime(2026, 4, 1, 18, tzinfo=zone)
    first = interval_at(start.timestamp())
    rows = history(zone, 13, start)  # nine working days
    assert high_five_of_ten(first, 4, rows) is None
    missing_one = [r for r in history(zone, 14, start) if r.interval != rows[0].interval]
    assert high_five_of_ten(first, 4, missing_one) is None


def test_the_car_is_offered_at_its_cost_and_a_margin() -> None:
    decision = AGENT.decide(REQUEST, PLANS, 4_400, NOW)
    offer = decision.offer
    assert offer is not None
    assert (offer.quantity_wh, offer.baseline_wh, offer.member) == (3_600, 4_400, "0xA0")
    assert offer.price_micro_per_kwh == 100_000  # the owner's least is above 5 + 2 ct
    assert "The car can move 3600 Wh in 1 h" in decision.reason
    assert "costs 5.0 ct" in decision.reason


def test_the_price_covers_what_shifting_costs() -> None:
    dear = replace(PLANS, event_cost_micro=1_000_000 + 1_080_000)
    offer = AGENT.decide(REQUEST, dear, 4_400, NOW).offer
    assert offer is not None
    assert offer.price_micro_per_kwh == 300_000 + 20_000
    edge = replace(PLANS, event_cost_micro=1_000_000 + 1_404_000)
    offer = AGENT.decide(REQUEST, edge, 4_400, NOW).offer
    assert offer is not None
    assert offer.price_micro_per_kwh == 400_000


def test_an_increase_by_the_battery() -> None:
    request = replace(REQUEST, direction=Direction.INCREASE)
    event = plan([0] * 8, [-500] * 4 + [0] * 4)
    plans = EventPlans(plan([0] * 8), 0, event, 50_000)
    decision = AGENT.decide(request, plans, 400, NOW)
    assert decision.offer is not None
    assert decision.offer.quantity_wh == 1_800
    assert decision.reason.startswith("The battery can move")
    assert "draws more" in decision.reason


@pytest.mark.parametrize(
    ("agent", "request_", "plans", "now", "why"),
    [
        (replace(AGENT, terms=OwnerTerms(enabled=False)), REQUEST, PLANS, NOW, "switched off"),
        (replace(AGENT, terms=OwnerTerms(declined_requests=(5,))), REQUEST, PLANS, NOW, "declined"),
        (replace(AGENT, zone=1), REQUEST, PLANS, NOW, "zone 0"),
        (AGENT, REQUEST, PLANS, float(REQUEST.offer_deadline_s), "too late"),
        (AGENT, replace(REQUEST, max_price_micro_per_kwh=90_000), PLANS, NOW, "at most 9.0 ct"),
        (AGENT, REQUEST, EventPlans(BASE, 0, BASE, 0), NOW, "only 0 Wh"),
        (AGENT, REQUEST, replace(PLANS, event_cost_micro=9_000_000), NOW, "would cost"),
        (AGENT, replace(REQUEST, first_interval=T + 6), PLANS, NOW, "only 0 Wh"),
    ],
)
def test_no_offer_always_has_a_reason(
    agent: FlexAgent, request_: FlexRequest, plans: EventPlans, now: float, why: str
) -> None:
    decision = agent.decide(request_, plans, 4_400, now)
    assert decision.offer is None
    assert why in decision.reason


def test_no_more_is_offered_than_was_asked() -> None:
    offer = AGENT.decide(replace(REQUEST, quantity_wh=700), PLANS, 4_400, NOW).offer
    assert offer is not None
    assert offer.quantity_wh == 700


def test_probe_and_commitment() -> None:
    asked = probe(REQUEST, 4_400)
    assert (asked.target_wh, asked.penalty_micro_per_kwh) == (400, 400_000)
    offer = FlexOffer(5, "0xA0", 3_600, 100_000, 4_400, awarded_wh=2_000)
    promised = commitment_of(REQUEST, offer)
    assert (promised.target_wh, promised.penalty_micro_per_kwh) == (2_400, 600_000)


PROMISE = Commitment(5, Direction.REDUCE, T, 4, 4_400, 2_000, 600_000)


def test_target_power_follows_the_energy_left() -> None:
    begin = float(interval_start_s(T))
    assert target_power_w(PROMISE, 0, begin) == pytest.approx(2_300)
    assert target_power_w(PROMISE, 2_300, begin + 1_800) == pytest.approx(0)
    assert target_power_w(PROMISE, 2_400, begin + 1_800) < 0
    more = replace(PROMISE, direction=Direction.INCREASE)
    assert target_power_w(more, 0, begin) == pytest.approx(6_500)


@given(
    direction=st.sampled_from(list(Direction)),
    base=st.integers(-5_000, 5_000),
    quantity=st.integers(0, 5_000),
    share=st.floats(0, 0.99),
)
def test_holding_the_target_keeps_the_promise(
    direction: Direction, base: int, quantity: int, share: float
) -> None:
    promise = Commitment(1, direction, T, 4, base, quantity, 0)
    now = interval_start_s(T) + 3_600 * share
    so_far = int(base * share)
    power = target_power_w(promise, so_far, now)
    total = so_far + power * (interval_start_s(T + 4) - now) / 3_600
    if direction is Direction.REDUCE:
        assert total <= promise.target_wh
    else:
        assert total >= promise.target_wh


def test_delivery_view_counts_as_verification_does() -> None:
    begin = interval_start_s(T)
    half = delivery_view(PROMISE, 1_500, begin + 1_800)
    assert (half.promised_w, half.delivered_wh, half.elapsed_share) == (2_400, 700, 0.5)
    assert delivery_view(PROMISE, 2_000, begin + 9_999).delivered_wh == 2_000
    assert delivery_view(PROMISE, 0, begin - 60).delivered_wh == 0


def test_expected_payment() -> None:
    offer = FlexOffer(5, "0xA0", 3_600, 100_000, 4_400, awarded_wh=2_000)
    assert expected_payment_micro(offer, Direction.REDUCE, 600_000) == 0
    full = replace(offer, metered_wh=2_400)
    assert expected_payment_micro(full, Direction.REDUCE, 600_000) == 200_000
    short = replace(offer, metered_wh=2_500)
    assert expected_payment_micro(short, Direction.REDUCE, 600_000) == 190_000 - 60_000
    none = replace(offer, metered_wh=9_000)
    assert expected_payment_micro(none, Direction.REDUCE, 600_000) == 0
