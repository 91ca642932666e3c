"""Turns the worth of an interval's energy into an order of up to two steps.

For each part (certain, uncertain, shiftable) the limit is its worth less the owner's least gain
and, in a wider book, the charge a buyer pays there; the book is the one that promises most. A
limit is shaded only towards what was filled in full in every remembered auction of that hour.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from peerwatt.model.market import (
    MAX_STEP_WH,
    STEPS,
    MarketRules,
    Side,
    Step,
    Tariff,
)
from peerwatt.model.units import cost_up_micro

from .learning import BookOutlook
from .worth import Kind, Part

UNKNOWN = BookOutlook()


@dataclass(frozen=True, slots=True)
class TradeTerms:
    """The owner's limits and those the contract holds the agent's key to."""

    enabled: bool = True
    min_order_wh: int = 20
    margin_micro_per_kwh: int = 5_000
    """Least gain against the alternative that makes a trade worth its while."""
    min_price_micro: int = 0
    max_price_micro: int = 2**32 - 1
    """Price band of the agent's key."""
    budget_micro: int | None = None
    """What the key may still escrow today; ``None`` where it is not limited."""
    sales_wh: int | None = None
    """What the key may still offer for sale today; ``None`` where it is not limited."""
    risk_micro: int | None = None
    """What an order may lose at most, should none of it be needed (a least order is allowed
    while it is above 0); ``None`` where not limited."""
    broken_micro_per_kwh: int = 0
    """What a kWh costs on top that was traded but not taken or delivered."""
    shade_pct: int = 25
    """How far of the way to what was always filled in full a limit is shaded, percent."""
    max_reach: int = 2
    """The widest book that the owner trades in: 0 only the own zone's."""


@dataclass(frozen=True, slots=True)
class Bid:
    """A step with what it stands for."""

    step: Step
    part: Part
    price_micro: int
    charge_micro_per_kwh: int
    gain_micro: float
    """Expected, against the supplier and the battery."""
    shaded_by: int = 0
    """Auctions that a shaded limit rests on; 0 where it is not shaded."""


@dataclass(frozen=True, slots=True)
class Band:
    """Prices that a step in one book may have, micro per kWh."""

    low: int
    high: int

    @classmethod
    def of(cls, tariff: Tariff, terms: TradeTerms, charge: int) -> Band:
        """Return feed-in to retail less the charge, within the key's own limits."""
        return cls(
            max(tariff.feed_in_micro_per_kwh, terms.min_price_micro),
            min(tariff.retail_micro_per_kwh - charge, terms.max_price_micro),
        )


def bids(
    parts: Iterable[Part],
    rules: MarketRules,
    tariff: Tariff,
    terms: TradeTerms,
    market: Mapping[int, BookOutlook],
) -> tuple[Bid, ...]:
    """Return at most two bids that promise most, within all limits; the surest one first."""
    found: list[Bid] = []
    for whole in parts:
        part = replace(whole, quantity_wh=min(whole.quantity_wh, MAX_STEP_WH))
        if part.quantity_wh < terms.min_order_wh:
            continue
        offers = (
            _bid(part, reach, rules, tariff, terms, market.get(reach, UNKNOWN))
            for reach in rules.reaches
            if reach <= terms.max_reach
        )
        best = max((b for b in offers if b is not None), key=lambda b: b.gain_micro, default=None)
        if best is not None:
            found.append(best)
    sure = [bid for bid in found if bid.part.kind is Kind.CERTAIN]
    rest = sorted(
        (bid for bid in found if bid.part.kind is not Kind.CERTAIN),
        key=lambda bid: -bid.gain_micro,
    )
    chosen: list[Bid] = []
    for bid in (*sure, *rest):
        if len(chosen) < STEPS and not any(_meets(bid.step, other.step) for other in chosen):
            chosen.append(bid)
    return _within_limits(chosen, terms)


def _bid(
    part: Part,
    reach: int,
    rules: MarketRules,
    tariff: Tariff,
    terms: TradeTerms,
    outlook: BookOutlook,
) -> Bid | None:
    """Return the bid for a part in one book; ``None`` where it could gain nothing."""
    charge = rules.book_at(reach).charge_micro_per_kwh
    band = Band.of(tariff, terms, charge)
    buys = part.side is Side.BUY
    worth = part.value_micro - charge if buys else part.value_micro
    sign = 1 if buys else -1
    limit = worth - sign * terms.margin_micro_per_kwh
    if limit < band.low if buys else limit > band.high:
        return None
    limit = min(max(limit, band.low), band.high)
    shaded = _shaded(part.side, limit, outlook, terms.shade_pct)
    tick = _tick(part.side, shaded, rules, band)
    if tick is None:
        return None
    price = rules.ladder.price_micro(tick)
    gain = outlook.gain_micro_per_kwh(part.side, worth, band.low, band.high)
    step = Step(part.side, tick, part.quantity_wh, reach)
    by = outlook.auctions if shaded != limit else 0
    return Bid(step, part, price, charge if buys else 0, gain * part.quantity_wh / 1000, by)


def _shaded(side: Side, limit: int, outlook: BookOutlook, shade_pct: int) -> int:
    """Move a limit part of the way to what was always filled in full, never beyond it."""
    safe = outlook.safe_bid_micro if side is Side.BUY else outlook.safe_ask_micro
    if safe is None or (safe >= limit if side is Side.BUY else safe <= limit):
        return limit
    way = abs(limit - safe) * shade_pct // 100
    return limit - way if side is Side.BUY else limit + way


def _tick(side: Side, limit_micro: int, rules: MarketRules, band: Band) -> int | None:
    """Return the tick nearest to a limit on its safe side; ``None`` when none is in the band."""
    ladder = rules.ladder
    if side is Side.BUY:
        tick = ladder.tick_at_or_below(limit_micro)
        safe = ladder.price_micro(tick) <= limit_micro
    else:
        tick = ladder.tick_at_or_above(limit_micro)
        safe = ladder.price_micro(tick) >= limit_micro
    return tick if safe and band.low <= ladder.price_micro(tick) <= band.high else None


def _meets(one: Step, other: Step) -> bool:
    """Whether two steps of one order would trade with each other, here or between books."""
    if one.side is other.side:
        return False
    bid, ask = (one, other) if one.side is Side.BUY else (other, one)
    return bid.tick >= ask.tick


def _within_limits(chosen: list[Bid], terms: TradeTerms) -> tuple[Bid, ...]:
    """Cut the quantities to what the key may still escrow and sell today, and to the risk."""
    budget, sales, risk = terms.budget_micro, terms.sales_wh, terms.risk_micro
    kept: list[Bid] = []
    for bid in chosen:
        quantity = bid.step.quantity_wh
        if bid.step.side is Side.SELL and sales is not None:
            quantity = min(quantity, max(sales, 0))
            sales -= quantity
        if bid.step.side is Side.BUY and budget is not None:
            quantity = min(quantity, affordable_wh(bid, budget))
            budget -= escrow_of(bid, quantity)
        loss = bid.part.loss_micro_per_kwh(bid.price_micro + bid.charge_micro_per_kwh)
        if risk is not None and loss > 0:
            most = risk * 1000 // loss
            quantity = min(quantity, max(most, terms.min_order_wh) if risk > 0 else 0)
            risk -= quantity * loss // 1000
        if quantity >= terms.min_order_wh and quantity > 0:
            gain = bid.gain_micro * quantity / bid.step.quantity_wh
            kept.append(replace(bid, step=replace(bid.step, quantity_wh=quantity), gain_micro=gain))
    return tuple(kept)


def escrow_of(bid: Bid, quantity_wh: int) -> int:
    """Return what a buy of this quantity locks: limit and charge, each rounded up."""
    charge = cost_up_micro(quantity_wh, bid.charge_micro_per_kwh)
    return cost_up_micro(quantity_wh, bid.price_micro) + charge


def affordable_wh(bid: Bid, budget_micro: int) -> int:
    """Return the largest quantity whose escrow fits into a budget."""
    each = bid.price_micro + bid.charge_micro_per_kwh
    if each == 0:
        return bid.step.quantity_wh
    quantity = max(budget_micro, 0) * 1000 // each
    while quantity > 0 and escrow_of(bid, quantity) > budget_micro:
        quantity -= 1
    return quantity
