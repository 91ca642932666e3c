"""The record of one's own forecasts: careful at first, then as they turned out; losses bounded."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from peerwatt.market.agent import TradeTerms, TradingAgent
from peerwatt.market.record import BLOCK, HALF_LIFE_DAYS, STAKE_MICRO, START, TradeRecord
from peerwatt.market.worth import NORMAL
from peerwatt.model.market import Clearing, MarketRules, PriceLadder, Side, Tariff
from peerwatt.model.plan import IntervalForecast, Plan, PlanStep

T = 1_944_480 + 48
DAY = 96
RULES = MarketRules(PriceLadder(60_000, 1_000, 256), zone=1, gate_closure_s=180)
TARIFF = Tariff(300_000, 80_000)
AGENT = TradingAgent(RULES, TARIFF)
FULL = Clearing(T, 150_000, 5_000, 50, 50, 1, 1, 1, 1)


def step(net_wh: int, interval: int = T) -> PlanStep:
    value = 300_000 if net_wh > 0 else 80_000
    return PlanStep(interval, 0, 0, 0, 0, net_wh, None, value, "", value)


def seen(record: TradeRecord, needed_wh: int, times: int) -> TradeRecord:
    for day in range(times):
        record = record.after(T + DAY * day, Side.BUY, 300, 100, needed_wh)
    return record


def test_it_starts_careful_and_comes_to_trust_what_holds() -> None:
    assert TradeRecord().chances(Side.BUY, T) == START
    trusted = seen(TradeRecord(), 400, 40).chances(Side.BUY, T)
    assert trusted == NORMAL
    assert seen(TradeRecord(), 400, 40).chances(Side.SELL, T) == START
    assert seen(TradeRecord(), 400, 40).chances(Side.BUY, T + BLOCK) == START


def test_it_comes_to_distrust_what_does_not_hold() -> None:
    found = seen(TradeRecord(), 0, 20).chances(Side.BUY, T)
    assert found.certain < 0.05
    half = seen(TradeRecord(), 150, 40).chances(Side.BUY, T)
    assert half.certain == pytest.approx(0.5, abs=0.02)
    assert half.uncertain < 0.02


def test_an_agent_learns_from_orders_that_it_did_not_dare_to_place() -> None:
    forecast = IntervalForecast(T, 0, 0, 50)
    found = AGENT.learn(TradeRecord(), step(500), forecast, 20, {0: FULL})
    assert found.chances(Side.BUY, T).certain < START.certain
    assert AGENT.learn(TradeRecord(), step(500), forecast, 20, {}) == TradeRecord()
    dear = replace(FULL, marginal_bid_tick=255)
    assert AGENT.learn(TradeRecord(), step(500), forecast, 20, {0: dear}) == TradeRecord()


def test_distrust_lowers_the_limit() -> None:
    forecast = IntervalForecast(T, 0, 0, 50)
    limits = []
    for record in (TradeRecord().booked(T, 10**9), seen(TradeRecord(), 0, 2).booked(T, 10**9)):
        plan = Plan(0.0, (step(500),))
        order = AGENT.decide(T, plan, forecast, 0.0, record=record).order
        assert order is not None
        limits.append(RULES.ladder.price_micro(order.tick))
    # 8 + 0.65 * 22 less half a cent; 97.5 of about 750 Wh needed.
    assert limits[0] == 218_000
    assert limits[1] < 110_000


def test_an_order_risks_the_stake_and_half_of_what_was_gained() -> None:
    plan, forecast = Plan(0.0, (step(2_000),)), IntervalForecast(T, 0, 0, 50)
    quantities = []
    for gained in (0, 50_000, 10_000_000):
        order = AGENT.decide(T, plan, forecast, 0.0, record=TradeRecord().booked(T, gained)).order
        assert order is not None
        quantities.append(order.quantity_wh)
    assert quantities[0] == TradeTerms().min_order_wh
    assert quantities[0] < quantities[1] < quantities[2] == 2_000


def test_who_lost_the_stake_stays_out_for_a_while() -> None:
    lost = TradeRecord().booked(T, -2 * STAKE_MICRO)
    assert lost.stake_micro(T) == 0
    plan, forecast = Plan(0.0, (step(2_000),)), IntervalForecast(T, 0, 0, 50)
    assert AGENT.decide(T, plan, forecast, 0.0, record=lost).order is None
    later = T + int(3 * HALF_LIFE_DAYS * DAY)
    assert lost.stake_micro(later) > 0
    assert TradeRecord().booked(T, 10_000).stake_micro(later) == STAKE_MICRO + 5_000


def test_a_record_survives_a_restart() -> None:
    record = seen(TradeRecord(), 150, 7).booked(T, -1_234)
    kept = json.loads(json.dumps(record.to_json()))
    assert TradeRecord.from_json(kept) == record
    for bad in ({}, {**kept, "tallies": [[7, 0, 1, 1, 1, 1]]}, {**kept, "booked": "x"}):
        with pytest.raises((KeyError, TypeError, ValueError)):
            TradeRecord.from_json(bad)


@given(st.lists(st.tuples(st.integers(0, 95), st.integers(0, 900), st.integers(-500, 900))))
def test_chances_stay_between_nothing_and_the_normal_law(rows) -> None:
    record = TradeRecord()
    for place, filled, metered in rows:
        record = record.after(T + place, Side.BUY, filled, filled // 2, metered)
    for hour in range(0, 96, 8):
        found = record.chances(Side.BUY, T + hour)
        assert 0 <= found.certain <= NORMAL.certain
        assert 0 <= found.uncertain <= NORMAL.uncertain
