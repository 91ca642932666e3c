"""The price-ladder auction in integers, so that anyone can recompute what the contract decided.

The arithmetic is that of ``resources/contracts/src/Market.vy``, step for step. D(p) is the demand
at a price or above, S(p) the supply at it or below, V the maximum of min(D, S). The ticks that
reach V run from the lowest with S >= V (marginal ask) to the highest with D >= V (marginal bid);
the price is their midpoint. Better than the margin is filled in full; at the margin the fill is
pro rata, buyers rounded up and sellers down, so that the pool never pays out more than it holds.
"""

from __future__ import annotations

from collections.abc import Iterable

from peerwatt.model.market import Book, Clearing, MarketRules, Order, PriceLadder, Side
from peerwatt.model.units import cost_down_micro, cost_up_micro


def book_of(interval: int, orders: Iterable[Order], count: int) -> Book:
    """Return the book of an interval from single orders; orders of other intervals are left out.

    Raises ValueError when a tick is outside a ladder of ``count`` ticks.
    """
    demand_wh = [0] * count
    supply_wh = [0] * count
    for order in orders:
        if order.interval != interval:
            continue
        if not 0 <= order.tick < count:
            raise ValueError(f"tick {order.tick} is outside the ladder of {count} ticks")
        side = demand_wh if order.side is Side.BUY else supply_wh
        side[order.tick] += order.quantity_wh
    return Book(interval, tuple(demand_wh), tuple(supply_wh))


def clear(book: Book, rules: MarketRules) -> Clearing:
    """Return what the contract's ``clear`` finds for this book, in one walk over the ticks.

    Without a match the volume, the price and the marginal ticks are 0.
    """
    demand_wh = sum(book.demand_wh)
    supply_wh = 0
    volume_wh = 0
    ask_tick = ask_fill = ask_size = 0
    bid_tick = bid_after = bid_size = 0
    for tick, (bid, ask) in enumerate(zip(book.demand_wh, book.supply_wh, strict=True)):
        supply_wh += ask
        moved_wh = min(demand_wh, supply_wh)
        demand_wh -= bid
        if moved_wh > volume_wh:
            volume_wh = moved_wh
            ask_tick, ask_fill, ask_size = tick, moved_wh - (supply_wh - ask), ask
        if moved_wh == volume_wh:
            bid_tick, bid_after, bid_size = tick, demand_wh, bid
    if volume_wh == 0:
        return Clearing(book.interval, 0, 0)
    ladder = rules.ladder
    return Clearing(
        interval=book.interval,
        price_micro=ladder.base_micro + ladder.step_micro * (ask_tick + bid_tick) // 2,
        volume_wh=volume_wh,
        marginal_bid_tick=bid_tick,
        marginal_ask_tick=ask_tick,
        bid_fill_numerator=volume_wh - bid_after,
        bid_fill_denominator=bid_size,
        ask_fill_numerator=ask_fill,
        ask_fill_denominator=ask_size,
    )


def share(order: Order, clearing: Clearing) -> int:
    """Return how much of an order was filled, Wh."""
    if clearing.volume_wh == 0:
        return 0
    if order.side is Side.BUY:
        if order.tick != clearing.marginal_bid_tick:
            return order.quantity_wh if order.tick > clearing.marginal_bid_tick else 0
        filled = -order.quantity_wh * clearing.bid_fill_numerator
        return -(filled // clearing.bid_fill_denominator)
    if order.tick != clearing.marginal_ask_tick:
        return order.quantity_wh if order.tick < clearing.marginal_ask_tick else 0
    return order.quantity_wh * clearing.ask_fill_numerator // clearing.ask_fill_denominator


def escrow_micro(order: Order, ladder: PriceLadder) -> int:
    """Return the credits that an order locks: a buy at its own limit, a sale nothing."""
    if order.side is Side.SELL or order.quantity_wh == 0:
        return 0
    return cost_up_micro(order.quantity_wh, ladder.price_micro(order.tick))


def trade_micro(order: Order, clearing: Clearing) -> int:
    """Return what an order's fill brings (+) or costs (-), micro-units."""
    filled_wh = share(order, clearing)
    if order.side is Side.BUY:
        return -cost_up_micro(filled_wh, clearing.price_micro)
    return cost_down_micro(filled_wh, clearing.price_micro)


def payout_micro(order: Order, ladder: PriceLadder, clearing: Clearing) -> int:
    """Return what the market pays out when the order is released: proceeds or unused escrow."""
    return escrow_micro(order, ladder) + trade_micro(order, clearing)
