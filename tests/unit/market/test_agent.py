"""Orders lie between feed-in and retail, on the safe side of their worth, and say why."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from peerwatt.market.agent import TradeTerms, TradingAgent
from peerwatt.model.market import MarketRules, PriceLadder, Side, Tariff
from peerwatt.model.plan import IntervalForecast, Plan, PlanStep

TARIFF = Tariff(270_000, 80_000)
RULES = MarketRules(PriceLadder(80_000, 10_000, 20), zone=0, gate_closure_s=180)
AGENT = TradingAgent(RULES, TARIFF)
T = 1_944_456
NOW = float(T * 900 - 600)


def plan(grid_wh: int, value: int | None, price: int = 200_000) -> Plan:
    return Plan(NOW, (PlanStep(T, 0, 0, 0, 0, grid_wh, None, price, "", value),))


def test_a_buyer_bids_just_below_retail() -> None:
    decision = AGENT.decide(T, plan(900, 270_000), IntervalForecast(T, 0, 900, 80), NOW)
    assert decision.order is not None
    assert (decision.order.side, decision.order.quantity_wh) == (Side.BUY, 900)
    assert RULES.ladder.price_micro(decision.order.tick) == 260_000
    assert decision.reason == (
        "The house will lack 900 Wh (give or take 80 Wh), worth 27.0 ct a kWh otherwise: "
        "buy at up to 26.0 ct."
    )


def test_a_seller_asks_just_above_feed_in() -> None:
    decision = AGENT.decide(T, plan(-400, 80_000), None, NOW)
    assert decision.order is not None
    assert (decision.order.side, decision.order.quantity_wh) == (Side.SELL, 400)
    assert RULES.ladder.price_micro(decision.order.tick) == 90_000
    assert "sell from 9.0 ct" in decision.reason


def test_a_battery_asks_what_its_content_is_worth() -> None:
    decision = AGENT.decide(T, plan(-400, 183_000), None, NOW)
    assert decision.order is not None
    assert RULES.ladder.price_micro(decision.order.tick) == 190_000


def test_the_price_stands_in_where_no_value_was_computed() -> None:
    decision = AGENT.decide(T, plan(400, None, 150_000), None, NOW)
    assert decision.order is not None
    assert RULES.ladder.price_micro(decision.order.tick) == 140_000


@pytest.mark.parametrize(
    ("made", "agent", "now", "why"),
    [
        (plan(900, 270_000), replace(AGENT, terms=TradeTerms(enabled=False)), NOW, "paused"),
        (plan(900, 270_000), AGENT, float(T * 900 - 180), "gate"),
        (None, AGENT, NOW, "no plan"),
        (plan(19, 270_000), AGENT, NOW, "balance within 19 Wh"),
        (plan(-10, 80_000), AGENT, NOW, "balance within 10 Wh"),
        (plan(900, 82_000), AGENT, NOW, "buying would gain nothing"),
        (plan(-900, 268_000), AGENT, NOW, "selling would gain nothing"),
        (plan(900, 270_000), replace(AGENT, terms=TradeTerms(budget_micro=100)), NOW, "limit"),
    ],
)
def test_no_order_always_has_a_reason(
    made: Plan | None, agent: TradingAgent, now: float, why: str
) -> None:
    decision = agent.decide(T, made, None, now)
    assert decision.order is None
    assert why in decision.reason


def test_the_keys_budget_cuts_the_quantity() -> None:
    agent = replace(AGENT, terms=TradeTerms(budget_micro=130_000))
    decision = agent.decide(T, plan(900, 270_000), None, NOW)
    assert decision.order is not None
    assert decision.order.quantity_wh == 500


@given(
    grid=st.integers(-5_000_000, 5_000_000),
    value=st.integers(-500_000, 900_000),
    base=st.integers(0, 300_000),
    step=st.integers(1, 40_000),
    count=st.integers(1, 256),
    low=st.integers(0, 300_000),
    spread=st.integers(0, 300_000),
    margin=st.integers(0, 50_000),
)
def test_never_outside_the_band_never_worse_than_the_alternative(
    grid: int, value: int, base: int, step: int, count: int, low: int, spread: int, margin: int
) -> None:
    tariff = Tariff(270_000, 80_000)
    ladder = PriceLadder(base, step, count)
    terms = TradeTerms(
        margin_micro_per_kwh=margin, min_price_micro=low, max_price_micro=low + spread
    )
    agent = TradingAgent(MarketRules(ladder, 0, 180), tariff, terms)
    decision = agent.decide(T, plan(grid, value), None, NOW)
    assert decision.reason
    if decision.order is None:
        return
    price = ladder.price_micro(decision.order.tick)
    assert 80_000 <= price <= 270_000
    assert low <= price <= low + spread
    assert terms.min_order_wh <= decision.order.quantity_wh <= min(abs(grid), 1_000_000)
    if decision.order.side is Side.BUY:
        assert grid > 0
        assert price <= value - margin
    else:
        assert grid < 0
        assert price >= value + margin
