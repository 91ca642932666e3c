"""Whatever a clearing fills and at whatever price: expected cost is never above the supplier's."""

from __future__ import annotations

from statistics import NormalDist

from hypothesis import given, settings
from hypothesis import strategies as st

from peerwatt.market.agent import TradeTerms, TradingAgent
from peerwatt.model.market import BookRules, MarketRules, PriceLadder, Side, Tariff
from peerwatt.model.plan import IntervalForecast, Plan, PlanStep
from peerwatt.model.units import cost_down_micro, cost_up_micro

T = 1_944_456
NOW = float(T * 900 - 600)
RULES = MarketRules(
    PriceLadder(60_000, 1_000, 256), 1, 180, (BookRules(1, 9, 2_000), BookRules(9, None, 20_000))
)
POINTS = [NormalDist().inv_cdf((i + 0.5) / 400) for i in range(400)]


def rest_micro(deviation_wh: int, tariff: Tariff) -> int:
    """Cost of the rest with the supplier."""
    if deviation_wh > 0:
        return cost_up_micro(deviation_wh, tariff.retail_micro_per_kwh)
    return -cost_down_micro(-deviation_wh, tariff.feed_in_micro_per_kwh)


def broken_wh(metered_wh: int, traded_wh: int) -> int:
    """Part of a position that was not taken or delivered."""
    if traded_wh > 0:
        return max(traded_wh - max(metered_wh, 0), 0)
    return max(-traded_wh - max(-metered_wh, 0), 0)


@settings(max_examples=150)
@given(
    net=st.integers(-3_000, 3_000),
    sigma=st.integers(0, 1_500),
    tariff=st.builds(Tariff, st.integers(200_000, 310_000), st.integers(60_000, 199_000)),
    penalty=st.integers(0, 150_000),
    shade=st.integers(0, 100),
    fills=st.tuples(st.floats(0, 1), st.floats(0, 1)),
    better=st.tuples(st.integers(0, 255), st.integers(0, 255)),
)
def test_expected_cost_is_never_above_the_supplier_alone(
    net, sigma, tariff, penalty, shade, fills, better
) -> None:
    terms = TradeTerms(margin_micro_per_kwh=0, broken_micro_per_kwh=penalty, shade_pct=shade)
    agent = TradingAgent(RULES, tariff, terms)
    value = tariff.retail_micro_per_kwh if net > 0 else tariff.feed_in_micro_per_kwh
    plan = Plan(NOW, (PlanStep(T, 0, 0, 0, 0, net, None, value, "", value),))
    order = agent.decide(T, plan, IntervalForecast(T, 0, net, sigma), NOW).order
    if order is None:
        return
    traded, paid = 0, 0
    for step, part, ticks in zip(order.steps, fills, better, strict=False):
        filled = round(step.quantity_wh * part)
        tick = max(step.tick - ticks, 0) if step.side is Side.BUY else min(step.tick + ticks, 255)
        price = RULES.ladder.price_micro(tick)
        charge = RULES.book_at(step.reach).charge_micro_per_kwh
        if step.side is Side.BUY:
            traded += filled
            paid += cost_up_micro(filled, price) + cost_up_micro(filled, charge)
        else:
            traded -= filled
            paid -= cost_down_micro(filled, price)
    metered = [round(net + sigma * z) for z in POINTS]
    alone = sum(rest_micro(m, tariff) for m in metered)
    market = sum(
        paid + rest_micro(m - traded, tariff) + cost_up_micro(broken_wh(m, traded), penalty)
        for m in metered
    )
    # Rounding: at most 5 micro an interval; 0.5 % of the spread for 400 points instead of all.
    grain = abs(traded) * (tariff.retail_micro_per_kwh + penalty) / 1000 / 200
    assert (market - alone) / len(POINTS) <= 5 + grain * (sigma > 0)


def test_the_bound_is_no_empty_one() -> None:
    """An order at retail for all that is expected would cost more, and the same sum shows it."""
    tariff = Tariff(300_000, 80_000)
    metered = [round(1_000 + 500 * z) for z in POINTS]
    alone = sum(rest_micro(m, tariff) for m in metered)
    bold = sum(300_000 + rest_micro(m - 1_000, tariff) for m in metered)
    assert (bold - alone) / len(POINTS) > 40_000
