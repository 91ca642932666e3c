"""The words that the market packs: orders, books, results, accounts. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from peerwatt.model.market import Clearing, Order, PriceLadder, Side, Step

from .layout import bits, signed

_STEP_BITS = 30
_ORDER_BITS = 60
_HOURS = 192
_CLEARED = 1 << 255


@dataclass(frozen=True, slots=True)
class PlacedOrder:
    """An order in the book."""

    order: Order
    is_released: bool
    """Whether what it came to has been booked and the rest of its escrow freed."""


@dataclass(frozen=True, slots=True)
class BookTerms:
    """What holds in a book for an interval."""

    ladder: PriceLadder
    gate_closure_s: int
    charge_micro_per_kwh: int
    parent: int | None
    is_paused: bool
    takes_orders: bool
    """False for intervals that are the successor's."""


@dataclass(frozen=True, slots=True)
class Account:
    """What somebody has in the market, micro-units."""

    available_micro: int
    escrow_micro: int
    zone: int
    """0 before the first order."""
    no_fuss: bool
    has_lien: bool


@dataclass(frozen=True, slots=True)
class Pool:
    """The market's own books, micro-units."""

    paid_in_micro: int
    paid_out_micro: int
    cleared_micro: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a released order came to; money + received, - paid, micro-units."""

    bought_wh: int
    sold_wh: int
    trade_micro: int
    charge_micro: int


def encode_order(order: Order) -> int:
    """Pack an order as ``place`` takes it: interval << 64 and up to two steps of 30 bits.

    Raises ValueError when a field does not fit.
    """
    if not 0 <= order.interval < 1 << 192:
        raise ValueError(f"{order} does not fit into an order's word.")
    steps = sum(encode_step(step) << _STEP_BITS * i for i, step in enumerate(order.steps))
    return order.interval << 64 | steps


def encode_step(step: Step) -> int:
    """Pack a step: quantity, tick << 19, side << 27, reach << 28. Raises ValueError."""
    fits = 0 < step.quantity_wh < 1 << 19 and 0 <= step.tick < 256 and 0 <= step.reach < 3
    if not fits:
        raise ValueError(f"{step} does not fit into an order's word.")
    return step.reach << 28 | int(step.side) << 27 | step.tick << 19 | step.quantity_wh


def decode_steps(value: int) -> tuple[Step, ...]:
    """Unpack the steps of one interval's order, in their order; empty ones are left out."""
    steps = (bits(value, _STEP_BITS * i, _STEP_BITS) for i in range(2))
    return tuple(
        Step(Side(bits(s, 27, 1)), bits(s, 19, 8), bits(s, 0, 19), bits(s, 28, 2))
        for s in steps
        if bits(s, 0, 19)
    )


def decode_order(value: int, interval: int) -> PlacedOrder | None:
    """Unpack an interval's order from the word of its hour; ``None`` where there is none."""
    hour, quarter = divmod(interval, 4)
    steps = decode_steps(bits(value, _ORDER_BITS * quarter, _ORDER_BITS))
    if bits(value, 244, 12) != hour // _HOURS % (1 << 12) or not steps:
        return None
    return PlacedOrder(Order(interval, steps), bits(value, 240 + quarter, 1) == 1)


def decode_book(value: int, interval: int) -> BookTerms | None:
    """Unpack a book's terms for an interval; ``None`` where there is no book."""
    if not bits(value, 246, 1):
        return None
    is_later = interval >= bits(value, 214, 24)
    terms = bits(value, 95 if is_later else 0, 95)
    ladder = PriceLadder(bits(terms, 0, 26), bits(terms, 26, 20), bits(terms, 46, 8) + 1)
    return BookTerms(
        ladder=ladder,
        gate_closure_s=bits(terms, 54, 17),
        charge_micro_per_kwh=bits(terms, 71, 24),
        parent=bits(value, 238, 8) or None,
        is_paused=bits(value, 247, 1) == 1,
        takes_orders=not (is_later and bits(value, 248, 1)),
    )


def decode_limit(value: int, interval: int) -> int | None:
    """Unpack an interval's limit, Wh, from the word of its hour; ``None`` where none is set."""
    lane = bits(value, 64 * (interval % 4), 64)
    return bits(lane, 0, 40) if lane >> 63 else None


def decode_clearing(value: int, interval: int) -> Clearing | None:
    """Unpack a result; ``None`` before the interval is cleared."""
    if not value & _CLEARED:
        return None
    return Clearing(
        interval=interval,
        price_micro=bits(value, 0, 32),
        volume_wh=bits(value, 32, 40),
        marginal_ask_tick=bits(value, 72, 8),
        marginal_bid_tick=bits(value, 80, 8),
        ask_fill_numerator=bits(value, 88, 32),
        ask_fill_denominator=bits(value, 120, 32),
        bid_fill_numerator=bits(value, 152, 32),
        bid_fill_denominator=bits(value, 184, 32),
    )


def decode_account(value: int) -> Account:
    """Unpack an account's word."""
    return Account(
        available_micro=bits(value, 0, 88),
        escrow_micro=bits(value, 88, 88),
        zone=bits(value, 176, 8),
        no_fuss=bits(value, 184, 1) == 1,
        has_lien=bits(value, 185, 1) == 1,
    )


def decode_pool(value: int) -> Pool:
    """Unpack the pool's word."""
    return Pool(bits(value, 0, 85), bits(value, 85, 85), bits(value, 170, 85))


def decode_row(value: int) -> Outcome:
    """Unpack a row that ``release`` returns and logs."""
    trade = signed(bits(value, 42, 64), 64)
    return Outcome(bits(value, 0, 21), bits(value, 21, 21), trade, -bits(value, 106, 64))
