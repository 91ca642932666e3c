"""Settled intervals: every part of their money beside the supplier alone, and a sentence why."""

from __future__ import annotations

from peerwatt.api.base import TrustMark
from peerwatt.api.market_messages import TradeView
from peerwatt.market.settlement_view import supplier_only_micro
from peerwatt.model.market import SettledInterval, Tariff

SMALL_MICRO = 50
"""Differences below this are roundings of the single parts: "the same"."""


def trade_view(settled: SettledInterval, tariff: Tariff, *, is_final: bool) -> TradeView:
    """Return one settled interval beside what the supplier alone would have charged."""
    only = -supplier_only_micro(settled.import_wh, settled.export_wh, tariff)
    return TradeView(
        interval=settled.interval,
        bought_wh=settled.bought_wh,
        sold_wh=settled.sold_wh,
        import_wh=settled.import_wh,
        export_wh=settled.export_wh,
        price_micro=settled.price_micro,
        trade_micro=settled.trade_micro,
        supplier_micro=settled.supplier_micro,
        supplier_only_micro=only,
        charge_micro=settled.charge_micro,
        accuracy_micro=settled.accuracy_micro,
        mid_market_micro=settled.mid_market_micro,
        deal_micro=settled.deal_micro,
        total_micro=settled.total_micro,
        saved_micro=settled.total_micro - only,
        is_estimated=settled.is_estimated,
        is_final=is_final and not settled.is_estimated,
        sentence=sentence_of(settled, settled.total_micro - only),
        mark=TrustMark.VERIFIED,
    )


def sentence_of(settled: SettledInterval, saved_micro: int) -> str:
    """Say what an interval came to against the supplier alone, and what made the difference."""
    traded = [f"{settled.bought_wh} Wh bought"] * bool(settled.bought_wh)
    traded += [f"{settled.sold_wh} Wh sold"] * bool(settled.sold_wh)
    what = f"{' and '.join(traded)} nearby" if traded else "Nothing traded nearby"
    if abs(saved_micro) < SMALL_MICRO:
        told = "the same as with the supplier alone"
    elif saved_micro > 0:
        told = f"{_ct(saved_micro)} better than with the supplier alone"
    else:
        told = f"{_ct(-saved_micro)} worse than with the supplier alone"
        why = _why_worse(settled, -saved_micro)
        told += f", because of {why}" if why else ""
    other = _others(settled)
    also = f" (with {', '.join(other)})" if other and saved_micro >= -SMALL_MICRO else ""
    if settled.is_estimated:
        also += "; the readings are an estimate until the meter's own come"
    return f"{what}: {told}{also}."


def _others(settled: SettledInterval) -> list[str]:
    found = []
    if settled.deal_micro:
        found.append("direct deals")
    if settled.mid_market_micro:
        found.append("the mid-market rate")
    if settled.accuracy_micro > 0:
        found.append("a reward for accuracy")
    return found


def _why_worse(settled: SettledInterval, lost_micro: int) -> str:
    """Name the part that cost most of what was lost."""
    costs = {
        "the penalty for deviating from what was traded": -settled.accuracy_micro,
        "direct deals at their own price": -settled.deal_micro,
        "the mid-market rate": -settled.mid_market_micro,
    }
    net_wh = settled.import_wh - settled.export_wh
    unused, missing = settled.bought_wh - max(net_wh, 0), settled.sold_wh - max(-net_wh, 0)
    rest = lost_micro - sum(max(cost, 0) for cost in costs.values())
    if unused > 0:
        costs[f"{unused} Wh that were bought but not used"] = rest
    elif missing > 0:
        costs[f"{missing} Wh that were sold but not there"] = rest
    words, most = max(costs.items(), key=lambda item: item[1])
    return words if most > 0 else ""


def _ct(micro: int) -> str:
    return f"{micro / 10_000:.2f} ct"
