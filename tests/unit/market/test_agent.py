"""Orders lie between feed-in and retail, on the safe side of their worth, and say why."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from peerwatt.market.agent import TradeTerms, TradingAgent
from peerwatt.market.fees import FeeQuote
from peerwatt.market.learning import BookOutlook
from peerwatt.model.market import BookRules, MarketRules, PriceLadder, Side, Step, Tariff
from peerwatt.model.plan import BatteryState, IntervalForecast, Plan, PlanStep

TARIFF = Tariff(270_000, 80_000)
RULES = MarketRules(PriceLadder(80_000, 10_000, 20), zone=0, gate_closure_s=180)
WIDE = replace(RULES, zone=1, books=(BookRules(1, 9, 5_000), BookRules(9, None, 30_000)))
AGENT = TradingAgent(RULES, TARIFF)
T = 1_944_456
NOW = float(T * 900 - 600)


def plan(grid_wh: int, value: int | None, price: int = 200_000) -> Plan:
    return Plan(NOW, (PlanStep(T, 0, 0, 0, 0, grid_wh, None, price, "", value),))


def sure(wh: int = 0) -> IntervalForecast:
    return IntervalForecast(T, 0, 0, wh)


def price(step: Step) -> int:
    return RULES.ladder.price_micro(step.tick)


def test_a_buyer_bids_just_below_retail_for_what_it_surely_needs() -> None:
    decision = AGENT.decide(T, plan(900, 270_000), IntervalForecast(T, 0, 900, 80), NOW)
    assert decision.order is not None
    # 900 - 1.2816 * 80; worth 0.9 * 27 + 0.1 * 8 ct. The rest: half of 27 and 8, less half a cent.
    assert decision.order.steps == (Step(Side.BUY, 16, 797), Step(Side.BUY, 9, 103))
    assert [price(step) for step in decision.order.steps] == [240_000, 170_000]
    assert decision.reason == (
        "The house will lack 900 Wh (give or take 80 Wh), worth 25.1 ct a kWh otherwise: "
        "buy 797 Wh at up to 24.0 ct and buy 103 Wh more if need be at up to 17.0 ct."
    )


def test_a_seller_asks_just_above_feed_in_and_more_for_what_it_may_need() -> None:
    decision = AGENT.decide(T, plan(-400, 80_000), sure(100), NOW)
    assert decision.order is not None
    assert decision.order.steps == (Step(Side.SELL, 3, 271), Step(Side.SELL, 10, 129))
    decision = AGENT.decide(T, plan(-400, 80_000), None, NOW)
    assert decision.order is not None
    assert decision.order.steps == (Step(Side.SELL, 1, 400),)
    assert decision.reason == (
        "The house will have 400 Wh to spare, worth 8.0 ct a kWh otherwise: "
        "sell 400 Wh from 9.0 ct."
    )


def test_a_trade_that_may_be_broken_is_worth_less() -> None:
    agent = replace(AGENT, terms=TradeTerms(broken_micro_per_kwh=100_000))
    decision = agent.decide(T, plan(900, 270_000), sure(80), NOW)
    assert decision.order is not None
    assert [price(step) for step in decision.order.steps] == [230_000, 120_000]


def test_a_battery_at_work_gives_its_value_to_both_sides() -> None:
    step = PlanStep(T, 0, 0, 300, 0, -400, 50.0, 150_000, "", 183_000)
    decision = AGENT.decide(T, Plan(NOW, (step,)), sure(100), NOW)
    assert decision.order is not None
    assert [price(step) for step in decision.order.steps] == [190_000, 190_000]


def test_the_price_stands_in_where_no_value_was_computed() -> None:
    decision = AGENT.decide(T, plan(400, None, 150_000), None, NOW)
    assert decision.order is not None
    assert price(decision.order.steps[0]) == 140_000


BATTERY = BatteryState("b", 10_000, 50.0, 10.0, 4_000, 4_000, 0.95)


def evening(now_grid_wh: int = 0) -> Plan:
    """Idle now; in two intervals the battery gives 600 Wh and 400 Wh are bought at 27 ct."""
    return Plan(
        NOW,
        (
            PlanStep(T, 0, 0, 0, 0, now_grid_wh, 50.0, 0, "", 200_000),
            PlanStep(T + 1, 0, 0, 0, 0, 0, 50.0, 0, "", 200_000),
            PlanStep(T + 2, 0, 0, 600, 0, 400, 44.0, 0, "", 270_000),
        ),
    )


def test_a_battery_buys_for_later_at_what_it_saves_there_and_sells_what_it_keeps() -> None:
    decision = AGENT.decide(T, evening(), None, NOW, battery=BATTERY, wear_micro=30_000)
    assert decision.order is not None
    (bought,) = decision.order.steps
    # 27 ct * 0.95^2 - 3 ct = 21.4 ct; 400 Wh there take 443 Wh here. Selling would need 27.5 ct.
    assert (bought.side, bought.quantity_wh, price(bought)) == (Side.BUY, 443, 200_000)
    assert "through the battery" in decision.reason
    cheap = Plan(
        NOW, (*evening().steps[:2], replace(evening().steps[2], value_micro_per_kwh=150_000))
    )
    decision = AGENT.decide(T, cheap, None, NOW, battery=BATTERY, wear_micro=30_000)
    assert decision.order is not None
    assert {s.side: price(s) for s in decision.order.steps} == {
        Side.BUY: 100_000,
        Side.SELL: 160_000,
    }


def test_the_owners_reserve_is_never_sold() -> None:
    low = replace(BATTERY, reserve_pct=50.0)
    cheap = Plan(
        NOW, (*evening().steps[:2], replace(evening().steps[2], value_micro_per_kwh=150_000))
    )
    decision = AGENT.decide(T, cheap, None, NOW, battery=low, wear_micro=30_000)
    assert decision.order is not None
    assert {s.side for s in decision.order.steps} == {Side.BUY}


def test_a_wider_book_is_chosen_where_it_promises_more_and_bears_its_charge() -> None:
    agent = TradingAgent(WIDE, TARIFF)
    market = {
        0: BookOutlook(clears=0.1, prices_micro=(200_000,) * 5, auctions=20),
        1: BookOutlook(clears=0.9, prices_micro=(120_000,) * 5, auctions=20),
    }
    decision = agent.decide(T, plan(900, 270_000), None, NOW, market=market)
    assert decision.order is not None
    (step,) = decision.order.steps
    assert (step.reach, price(step)) == (1, 230_000)  # 27 - 3 charge - 0.5 gain, a tick below
    assert "beyond the own zone" in decision.reason
    home = replace(agent, terms=TradeTerms(max_reach=0))
    decision = home.decide(T, plan(900, 270_000), None, NOW, market=market)
    assert decision.order is not None
    assert decision.order.steps[0].reach == 0


def test_shading_goes_part_of_the_way_to_what_was_always_filled() -> None:
    market = {0: BookOutlook(0.9, (120_000,) * 5, 14, safe_bid_micro=140_000)}
    decision = AGENT.decide(T, plan(900, 270_000), None, NOW, market=market)
    assert decision.order is not None
    assert price(decision.order.steps[0]) == 230_000  # 26.5 less a quarter of 12.5
    assert decision.reason.endswith("as the last 14 auctions of this hour suggest.")
    market = {0: BookOutlook(0.9, (120_000,) * 5, 14, safe_bid_micro=300_000)}
    decision = AGENT.decide(T, plan(900, 270_000), None, NOW, market=market)
    assert decision.order is not None
    assert price(decision.order.steps[0]) == 260_000


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
        (plan(-900, 80_000), replace(AGENT, terms=TradeTerms(sales_wh=5)), NOW, "sales"),
        (plan(900, 270_000), replace(AGENT, terms=TradeTerms(max_price_micro=9)), NOW, "nothing"),
    ],
)
def test_no_order_always_has_a_reason(
    made: Plan | None, agent: TradingAgent, now: float, why: str
) -> None:
    decision = agent.decide(T, made, None, now)
    assert decision.order is None
    assert why in decision.reason


def test_a_forecast_too_unsure_says_so() -> None:
    agent = replace(AGENT, terms=TradeTerms(min_order_wh=60))
    decision = agent.decide(T, plan(100, 270_000), sure(40), NOW)
    assert decision.order is None
    assert decision.reason.startswith("The forecast is unsure by 40 Wh")


def test_a_fee_above_the_gain_keeps_it_out() -> None:
    cheap, dear = FeeQuote(1), FeeQuote(1_000_000)
    decision = AGENT.decide(T, plan(900, 270_000), None, NOW, fee=cheap)
    assert decision.order is not None
    assert decision.gain_micro > cheap.cost_micro(1)
    stayed = AGENT.decide(T, plan(900, 270_000), None, NOW, fee=dear)
    assert stayed.order is None
    assert stayed.reason == (
        "Stays out: the fee of 6.0 ct is more than the 4.3 ct a trade would gain."
    )


def test_the_keys_budget_cuts_the_quantity() -> None:
    agent = replace(AGENT, terms=TradeTerms(budget_micro=130_000))
    decision = agent.decide(T, plan(900, 270_000), None, NOW)
    assert decision.order is not None
    assert decision.order.quantity_wh == 500


outlooks = st.builds(
    BookOutlook,
    st.floats(0.01, 1),
    st.lists(st.integers(0, 400_000), min_size=5, max_size=5).map(sorted).map(tuple),
    st.integers(1, 40),
    st.none() | st.integers(0, 400_000),
    st.none() | st.integers(0, 400_000),
)
terms_strategy = st.builds(
    TradeTerms,
    margin_micro_per_kwh=st.integers(0, 50_000),
    min_price_micro=st.integers(0, 300_000),
    max_price_micro=st.integers(0, 600_000),
    budget_micro=st.none() | st.integers(0, 500_000),
    sales_wh=st.none() | st.integers(0, 3_000),
    broken_micro_per_kwh=st.integers(0, 200_000),
    shade_pct=st.integers(0, 100),
    max_reach=st.integers(0, 2),
)


@settings(max_examples=200)
@given(
    grid=st.integers(-5_000_000, 5_000_000) | st.integers(-2_000, 2_000),
    sigma=st.integers(0, 2_000),
    value=st.integers(-500_000, 900_000),
    base=st.integers(0, 300_000),
    step=st.integers(1, 40_000),
    count=st.integers(1, 256),
    terms=terms_strategy,
    market=st.dictionaries(st.integers(0, 1), outlooks),
    battery=st.none() | st.just(BATTERY),
)
def test_never_outside_the_limits_of_owner_key_and_band(
    grid, sigma, value, base, step, count, terms, market, battery
) -> None:
    rules = replace(WIDE, ladder=PriceLadder(base, step, count))
    agent = TradingAgent(rules, TARIFF, terms)
    first = replace(evening().steps[0], grid_wh=grid, value_micro_per_kwh=value)
    made = Plan(NOW, (first, *evening().steps[1:]))
    decision = agent.decide(T, made, sure(sigma), NOW, market=market, battery=battery)
    again = agent.decide(T, made, sure(sigma), NOW, market=market, battery=battery)
    assert decision == again
    assert decision.reason.endswith(".")
    assert decision.reason.count(". ") == 0  # one sentence
    if decision.order is None:
        return
    escrow = 0
    for one in decision.order.steps:
        at = rules.ladder.price_micro(one.tick)
        charge = rules.book_at(one.reach).charge_micro_per_kwh
        assert max(80_000, terms.min_price_micro) <= at
        assert at <= min(270_000 - charge, terms.max_price_micro)
        assert terms.min_order_wh <= one.quantity_wh < 1 << 19
        assert one.reach <= terms.max_reach
        if one.side is Side.BUY:
            escrow += -(-one.quantity_wh * at // 1000) - (-one.quantity_wh * charge // 1000)
    assert terms.budget_micro is None or escrow <= terms.budget_micro
    assert terms.sales_wh is None or decision.order.side_wh(Side.SELL) <= terms.sales_wh
    if battery is None:
        assert all(
            one.side is (Side.BUY if grid > 0 else Side.SELL) for one in decision.order.steps
        )
        assert decision.order.quantity_wh <= abs(grid)
    assert decision.gain_micro >= 0
