"""The price-ladder auction in integers, so that anyone can recompute what the contract decided.

The arithmetic is that of ``resources/contracts/src/Market.vy``, step for step. D(p) is the demand
at a price or above, S(p) the supply at it or below, V the maximum of min(D, S) and at most the
grid operator's limit. The ticks that reach V run from the lowest with S >= V (marginal ask) to
the highest with D >= V (marginal bid); the price is their midpoint. Better than the margin is
filled in full; at the margin the fill is pro rata, buyers rounded up and sellers down, so that the
pool never pays out more than it holds. A limit that binds moves the margins apart, never the fill
of those beyond them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from peerwatt.model.market import Book, Clearing, MarketRules, Order, PriceLadder, Side, Step
from peerwatt.model.units import cost_down_micro, cost_up_micro


@dataclass(frozen=True, slots=True)
class Fill:
    """What an order came to over all the books its steps reach."""

    bought_wh: int = 0
    sold_wh: int = 0
    trade_micro: int = 0
    """Received (+) or paid (-) at the books' prices."""
    charge_micro: int = 0
    """Use of system, paid (-) to the grid operator."""
    escrow_micro: int = 0
    """What the order had locked."""

    @property
    def payout_micro(self) -> int:
        """What the release of the order frees: proceeds and unused escrow."""
        return self.escrow_micro + self.trade_micro + self.charge_micro

    def plus(self, other: Fill) -> Fill:
        """Return the sum of two fills."""
        return Fill(
            self.bought_wh + other.bought_wh,
            self.sold_wh + other.sold_wh,
            self.trade_micro + other.trade_micro,
            self.charge_micro + other.charge_micro,
            self.escrow_micro + other.escrow_micro,
        )


def book_of(
    interval: int,
    orders: Iterable[Order],
    count: int,
    *,
    reach: int = 0,
    limit_wh: int | None = None,
) -> Book:
    """Return the book that the orders' steps of one reach make; other intervals are left out.

    Raises ValueError when a tick is outside a ladder of ``count`` ticks.
    """
    own = [order for order in orders if order.interval == interval]
    steps = (step for order in own for step in order.steps if step.reach == reach)
    return book_of_steps(interval, steps, count, limit_wh)


def book_of_steps(
    interval: int, steps: Iterable[Step], count: int, limit_wh: int | None = None
) -> Book:
    """Return the book of all the steps given, whatever their reach. Raises ValueError as above."""
    demand_wh = [0] * count
    supply_wh = [0] * count
    for step in steps:
        if not 0 <= step.tick < count:
            raise ValueError(f"tick {step.tick} is outside the ladder of {count} ticks")
        side = demand_wh if step.side is Side.BUY else supply_wh
        side[step.tick] += step.quantity_wh
    return Book(interval, tuple(demand_wh), tuple(supply_wh), limit_wh)


def clear(book: Book, rules: MarketRules) -> Clearing:
    """Return what the contract's ``clear`` finds for this book, in one walk over the ticks.

    Without a match the volume, the price and the marginal ticks are 0.
    """
    demand_wh = sum(book.demand_wh)
    limit_wh = demand_wh if book.limit_wh is None else book.limit_wh
    supply_wh = 0
    volume_wh = 0
    ask_tick = ask_fill = ask_size = 0
    bid_tick = bid_after = bid_size = 0
    for tick, (bid, ask) in enumerate(zip(book.demand_wh, book.supply_wh, strict=True)):
        supply_wh += ask
        moved_wh = min(demand_wh, supply_wh, limit_wh)
        demand_wh -= bid
        if moved_wh > volume_wh:
            volume_wh = moved_wh
            ask_tick, ask_fill, ask_size = tick, moved_wh - (supply_wh - ask), ask
        if moved_wh == volume_wh:
            bid_tick, bid_after, bid_size = tick, demand_wh, bid
    if volume_wh == 0:
        return Clearing(book.interval, 0, 0)
    return Clearing(
        interval=book.interval,
        price_micro=midpoint_micro(rules.ladder, ask_tick, bid_tick),
        volume_wh=volume_wh,
        marginal_bid_tick=bid_tick,
        marginal_ask_tick=ask_tick,
        bid_fill_numerator=volume_wh - bid_after,
        bid_fill_denominator=bid_size,
        ask_fill_numerator=ask_fill,
        ask_fill_denominator=ask_size,
    )


def midpoint_micro(ladder: PriceLadder, ask_tick: int, bid_tick: int) -> int:
    """Return the price between the marginal ticks, in half steps, rounded down."""
    return ladder.base_micro + ladder.step_micro * (ask_tick + bid_tick) // 2


def step_share(step: Step, clearing: Clearing) -> int:
    """Return how much of a step its book's clearing filled, Wh."""
    if clearing.volume_wh == 0:
        return 0
    if step.side is Side.BUY:
        if step.tick != clearing.marginal_bid_tick:
            return step.quantity_wh if step.tick > clearing.marginal_bid_tick else 0
        filled = -step.quantity_wh * clearing.bid_fill_numerator
        return -(filled // clearing.bid_fill_denominator)
    if step.tick != clearing.marginal_ask_tick:
        return step.quantity_wh if step.tick < clearing.marginal_ask_tick else 0
    return step.quantity_wh * clearing.ask_fill_numerator // clearing.ask_fill_denominator


def share(order: Order, clearing: Clearing, reach: int = 0) -> int:
    """Return how much of an order's first side one book's clearing filled, Wh."""
    steps = (s for s in order.steps if s.side is order.side and s.reach == reach)
    return sum(step_share(step, clearing) for step in steps)


def step_escrow_micro(step: Step, rules: MarketRules) -> int:
    """Return the credits that a step locks: a buy at its limit and the charge, a sale nothing."""
    if step.side is Side.SELL:
        return 0
    charge = rules.book_at(step.reach).charge_micro_per_kwh
    price = rules.ladder.price_micro(step.tick)
    return cost_up_micro(step.quantity_wh, price) + cost_up_micro(step.quantity_wh, charge)


def escrow_micro(order: Order, rules: MarketRules) -> int:
    """Return the credits that an order locks."""
    return sum(step_escrow_micro(step, rules) for step in order.steps)


def fill(order: Order, clearings: Mapping[int, Clearing], rules: MarketRules) -> Fill:
    """Return what an order came to; ``clearings`` by reach, a book that is missing moved nothing.

    Each step is rounded for itself: price and charge up for a buyer, price down for a seller.
    """
    total = Fill(escrow_micro=escrow_micro(order, rules))
    for step in order.steps:
        clearing = clearings.get(step.reach)
        filled_wh = 0 if clearing is None else step_share(step, clearing)
        if clearing is None or filled_wh == 0:
            continue
        if step.side is Side.SELL:
            income = cost_down_micro(filled_wh, clearing.price_micro)
            total = total.plus(Fill(sold_wh=filled_wh, trade_micro=income))
            continue
        charge = rules.book_at(step.reach).charge_micro_per_kwh
        total = total.plus(
            Fill(
                bought_wh=filled_wh,
                trade_micro=-cost_up_micro(filled_wh, clearing.price_micro),
                charge_micro=-cost_up_micro(filled_wh, charge),
            )
        )
    return total


def trade_micro(order: Order, clearing: Clearing, reach: int = 0) -> int:
    """Return what an order's steps of one reach bring (+) or cost (-), without the charge."""
    total = 0
    for step in order.steps:
        if step.reach == reach:
            filled_wh = step_share(step, clearing)
            down = cost_down_micro(filled_wh, clearing.price_micro)
            up = cost_up_micro(filled_wh, clearing.price_micro)
            total += down if step.side is Side.SELL else -up
    return total
