"""Market: orders, ladders and clearings of one zone, as the contract packs them into words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from peerwatt.model.market import Book, Clearing, MarketRules, Order, PriceLadder, Side
from peerwatt.model.verified import Proven

from ..reading.reader import ProvenReader
from .artefact import Artefact, load_artefact
from .layout import bits, signed
from .wants import Want, together, word

BUCKETS = 8
"""Ticks in one word of the ladder."""
SELL_WORDS = 32
"""Key of the first word of the sell side."""
_EXISTS = 1 << 63
_RELEASED = 1 << 62
_CLEARED = 1 << 255


@dataclass(frozen=True, slots=True)
class PlacedOrder:
    """An order in the book."""

    order: Order
    is_released: bool
    """Whether settlement has paid it out and returned the rest of its escrow."""


class Market:
    """The market contract at an address."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.artefact: Artefact = load_artefact("Market")

    async def rules(self, reader: ProvenReader, block: int | None = None) -> Proven[MarketRules]:
        """Return ladder, zone and gate closure, which are part of the contract's proven code.

        Raises Unproven also when the code at the address is not the one this program knows.
        """
        code = await reader.code(self.address, block)
        value = self.artefact.immutables(code.value)
        rules = MarketRules(
            PriceLadder(value["base"], value["step"], value["count"]),
            zone=value["zone"],
            gate_closure_s=value["gate_closure_s"],
        )
        return Proven(rules, code.block_number, code.block_time_s)

    def order(self, member: str, interval: int) -> Want[PlacedOrder | None]:
        """A member's order for an interval; ``None`` where there is none."""
        slot = self.artefact.layout.of("orders", member, interval)
        return word(self.address, slot).map(lambda value: decode_order(value, interval))

    def orders(self, member: str, intervals: Iterable[int]) -> Want[dict[int, PlacedOrder | None]]:
        """A member's orders for several intervals."""
        return together({i: self.order(member, i) for i in intervals}, self.address)

    def book(self, interval: int, tick_count: int) -> Want[Book]:
        """Sums of quantities at each tick, Wh."""
        groups = -(-tick_count // BUCKETS)
        keys = [*range(groups), *range(SELL_WORDS, SELL_WORDS + groups)]
        slots = tuple(self.artefact.layout.of("ladder", interval, key) for key in keys)

        def decode(words: Sequence[int]) -> Book:
            ticks = [bits(w, 32 * i, 32) for w in words for i in range(BUCKETS)]
            supply = ticks[groups * BUCKETS :]
            return Book(interval, tuple(ticks[:tick_count]), tuple(supply[:tick_count]))

        return Want(self.address, slots, decode)

    def clearing(self, interval: int) -> Want[Clearing | None]:
        """Result of an interval; ``None`` before it is cleared. Volume 0 means no trade."""
        slot = self.artefact.layout.of("results", interval)
        return word(self.address, slot).map(lambda value: decode_clearing(value, interval))

    def clearings(self, intervals: Iterable[int]) -> Want[dict[int, Clearing | None]]:
        """Results of several intervals."""
        return together({i: self.clearing(i) for i in intervals}, self.address)

    def dust(self) -> Want[int]:
        """What buyers paid beyond what sellers received, micro-units."""
        return word(self.address, self.artefact.layout.slot("dust")).map(signed)

    def place(self, orders: Sequence[Order]) -> bytes:
        """Data that places, replaces or (quantity 0) withdraws up to 96 orders."""
        return self.artefact.calldata("place", [encode_order(order) for order in orders])

    def clear(self, interval: int) -> bytes:
        """Data that clears an interval; anyone may send it after the gate."""
        return self.artefact.calldata("clear", interval)

    def set_settlement(self, address: str) -> bytes:
        """Data that names the settlement contract; only for the community, once."""
        return self.artefact.calldata("set_settlement", address)

    @staticmethod
    def deployment(credit: str, registry: str, rules: MarketRules) -> bytes:
        """Data that deploys the contract."""
        ladder = rules.ladder
        return load_artefact("Market").deployment(
            credit,
            registry,
            rules.zone,
            ladder.base_micro,
            ladder.step_micro,
            ladder.count,
            rules.gate_closure_s,
        )


def encode_order(order: Order) -> int:
    """Pack an order as ``place`` takes it: interval | side | tick | 0 | quantity.

    Raises ValueError when a field does not fit.
    """
    fits = 0 <= order.quantity_wh < 1 << 32 and 0 <= order.tick < 256
    if not fits or not 0 <= order.interval < 1 << 192:
        raise ValueError(f"{order} does not fit into an order's word.")
    return order.interval << 64 | int(order.side) << 48 | order.tick << 40 | order.quantity_wh


def decode_order(value: int, interval: int) -> PlacedOrder | None:
    """Unpack an order as the contract keeps it; ``None`` where there is none."""
    if not value & _EXISTS:
        return None
    order = Order(interval, Side(bits(value, 40, 1)), bits(value, 32, 8), bits(value, 0, 32))
    return PlacedOrder(order, bool(value & _RELEASED))


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
