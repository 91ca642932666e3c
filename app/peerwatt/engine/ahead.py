"""Orders for several intervals at once where gas costs something, so that they share one fee."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from peerwatt.market.agent import TradeDecision, TradeTerms, gate_closes_s
from peerwatt.market.desk import CLOSING_S
from peerwatt.market.fees import Candidate, FeeQuote, weigh
from peerwatt.model.market import MarketRules, Order, Side
from peerwatt.model.units import INTERVAL_S, cost_up_micro

INTERVALS = 24
"""How far ahead orders are decided so that they can share a fee: six hours."""

Decide = Callable[[int, TradeTerms], TradeDecision]


@dataclass(frozen=True, slots=True)
class Batch:
    """Orders to send now, each with its reason, and what the owner is told."""

    orders: tuple[tuple[Order, str], ...]
    sentence: str
    fee_micro: int = 0


def batch(
    decide: Decide,
    first: int,
    terms: TradeTerms,
    rules: MarketRules,
    fee: FeeQuote,
    left_micro: int,
    now_s: float,
    held: Mapping[int, Order],
    *,
    is_stale: bool,
) -> Batch:
    """Return what to send for ``first`` and the intervals after it.

    ``decide`` is asked without a fee. Orders that are ``held`` stand, since a change costs a fee;
    only where the plan's grounds changed (``is_stale``) the first is decided anew.
    """
    decisions = _decisions(decide, first, terms, rules, held, is_stale=is_stale)
    stands = held.get(first)
    made = {i: d for i, d in decisions.items() if d.order is not None and d.order != stands}
    candidates = [
        Candidate(i, decision.gain_micro, gate_closes_s(rules, i) - CLOSING_S)
        for i, decision in made.items()
    ]
    weighed = weigh(candidates, fee, now_s, now_s + INTERVAL_S)
    own = decisions.get(first)
    if not candidates or not weighed.send:
        if own is not None and own.order is None:
            return _withdrawn(own, stands, fee, left_micro, rules)
        return Batch((), weighed.sentence if candidates else "The order stands.")
    if weighed.fee_micro > left_micro:
        return Batch((), "Stays out: what is left of today's limit for fees does not cover this.")
    orders = tuple((o, made[i].reason) for i in weighed.send if (o := made[i].order) is not None)
    said = made[first].reason if first in weighed.send else made[weighed.send[0]].reason
    return Batch(orders, f"{said} {weighed.sentence}", weighed.fee_micro)


def _decisions(
    decide: Decide,
    first: int,
    terms: TradeTerms,
    rules: MarketRules,
    held: Mapping[int, Order],
    *,
    is_stale: bool,
) -> dict[int, TradeDecision]:
    """Decide one interval after another; together they stay within the owner's limits."""
    found: dict[int, TradeDecision] = {}
    for interval in range(first, first + INTERVALS):
        if interval in held and not (is_stale and interval == first):
            continue
        found[interval] = decision = decide(interval, terms)
        if decision.order is not None:
            terms = _left(terms, decision.order, rules)
    return found


def _left(terms: TradeTerms, order: Order, rules: MarketRules) -> TradeTerms:
    budget, sales = terms.budget_micro, terms.sales_wh
    return replace(
        terms,
        budget_micro=None if budget is None else max(budget - cover_micro(order, rules), 0),
        sales_wh=None if sales is None else max(sales - order.side_wh(Side.SELL), 0),
    )


def cover_micro(order: Order, rules: MarketRules, sides: Sequence[Side] = (Side.BUY,)) -> int:
    """Return what an order's steps of these sides are worth at their limits, charge included."""
    return sum(
        cost_up_micro(step.quantity_wh, rules.ladder.price_micro(step.tick))
        + cost_up_micro(step.quantity_wh, rules.book_at(step.reach).charge_micro_per_kwh)
        for step in order.steps
        if step.side in sides
    )


def _withdrawn(
    own: TradeDecision, stands: Order | None, fee: FeeQuote, left_micro: int, rules: MarketRules
) -> Batch:
    """Take back an order that is not wanted any more, where that costs less than it risks."""
    if stands is None or stands.is_withdrawal:
        return Batch((), own.reason)
    cost = fee.cost_micro(1)
    if cost > min(left_micro, cover_micro(stands, rules, tuple(Side))):
        return Batch((), f"{own.reason} The order stands: taking it back costs more than it risks.")
    return Batch(((Order(stands.interval), own.reason),), own.reason, cost)
