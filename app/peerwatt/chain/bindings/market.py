"""Market: orders, books, clearings and accounts from proven storage; data of its transactions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from peerwatt.model.market import Book, BookRules, Clearing, MarketRules, Order
from peerwatt.model.verified import Proven

from ..reading.reader import ProvenReader
from .artefact import Artefact, load_artefact
from .layout import bits
from .market_words import (
    Account,
    BookTerms,
    PlacedOrder,
    Pool,
    decode_account,
    decode_book,
    decode_clearing,
    decode_limit,
    decode_order,
    decode_pool,
    encode_order,
)
from .wants import Want, fetch, together, word

BUCKETS = 8
"""Ticks in one word of the ladder."""
BUCKET_BITS = 30
SELL_WORDS = 32
"""Key of the first word of the sell side."""
RING_H = 192
"""Hours until an order's word is used again."""
RING = 768
"""The same in intervals."""
NOBODY = "0x" + "00" * 20

__all__ = [
    "BUCKETS", "BUCKET_BITS", "RING", "RING_H", "SELL_WORDS", "Account", "BookTerms", "Market",
    "PlacedOrder", "Pool", "decode_clearing", "encode_order",
]  # fmt: skip


class Market:
    """The market contract at an address."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.artefact: Artefact = load_artefact("Market")

    async def rules(
        self, reader: ProvenReader, zone: int, interval: int, block: int | None = None
    ) -> Proven[MarketRules]:
        """Return ladder, gate closure and reachable books of a zone, as of an interval.

        Raises Unproven also when the code at the address is not the one this program knows, and
        ValueError where the zone has no book.
        """
        code = await reader.code(self.address, block)
        self.artefact.immutables(code.value)
        found: list[tuple[int, BookTerms]] = []
        number = zone
        while number and len(found) < 3:
            terms = (await fetch(reader, self.terms(number, interval), code.block_number)).value
            if terms is None:
                raise ValueError(f"The market has no book {number} for zone {zone}.")
            found.append((number, terms))
            number = terms.parent or 0
        own = found[0][1]
        last = found[-1][0]
        books = tuple(
            BookRules(book, None if book == last else terms.parent, terms.charge_micro_per_kwh)
            for book, terms in found
        )
        rules = MarketRules(own.ladder, zone, own.gate_closure_s, books)
        return Proven(rules, code.block_number, code.block_time_s)

    def terms(self, book: int, interval: int) -> Want[BookTerms | None]:
        """Terms of a book in an interval; ``None`` where there is no such book."""
        slot = self.artefact.layout.of("books", book)
        return word(self.address, slot).map(lambda value: decode_book(value, interval))

    def order_slot(self, member: str, interval: int) -> int:
        """Slot of a member's orders of the hour that holds an interval."""
        return self.artefact.layout.of("orders", member, member=interval // 4 % RING_H)

    def ladder_slot(self, book: int, interval: int, key: int) -> int:
        """Slot of eight buckets of a book; ``key`` counts words, from SELL_WORDS on of sales."""
        return self.artefact.layout.of("ladder", book, member=interval % RING * 64 + key)

    def order(self, member: str, interval: int) -> Want[PlacedOrder | None]:
        """A member's order for an interval; ``None`` where there is none."""
        slot = self.order_slot(member, interval)
        return word(self.address, slot).map(lambda value: decode_order(value, interval))

    def orders(self, member: str, intervals: Iterable[int]) -> Want[dict[int, PlacedOrder | None]]:
        """A member's orders for several intervals."""
        return together({i: self.order(member, i) for i in intervals}, self.address)

    def book(self, book: int, interval: int, tick_count: int) -> Want[Book]:
        """Sums of quantities at each tick, Wh, and the grid's limit."""
        groups = -(-tick_count // BUCKETS)
        keys = [*range(groups), *range(SELL_WORDS, SELL_WORDS + groups)]
        slots = [self.ladder_slot(book, interval, key) for key in keys]
        slots.append(self.artefact.layout.of("limits", book, interval // 4))

        def decode(words: Sequence[int]) -> Book:
            ticks = [tick for word in words[:-1] for tick in _buckets(word, interval)]
            supply = ticks[groups * BUCKETS :]
            limit = decode_limit(words[-1], interval)
            return Book(interval, tuple(ticks[:tick_count]), tuple(supply[:tick_count]), limit)

        return Want(self.address, tuple(slots), decode)

    def clearing(self, book: int, interval: int) -> Want[Clearing | None]:
        """Result of an interval; ``None`` before it is cleared. Volume 0 means no trade."""
        slot = self.artefact.layout.of("results", book, interval)
        return word(self.address, slot).map(lambda value: decode_clearing(value, interval))

    def clearings(self, book: int, intervals: Iterable[int]) -> Want[dict[int, Clearing | None]]:
        """Results of several intervals of a book."""
        return together({i: self.clearing(book, i) for i in intervals}, self.address)

    def account(self, address: str) -> Want[Account]:
        """What an account holds in the market."""
        slot = self.artefact.layout.of("account_words", address)
        return word(self.address, slot).map(decode_account)

    def pool(self) -> Want[Pool]:
        """What buyers paid in, sellers were paid, and all cleared volumes were worth."""
        return word(self.address, self.artefact.layout.slot("pool")).map(decode_pool)

    def dust(self) -> Want[int]:
        """What buyers paid beyond what sellers received, micro-units."""
        return self.pool().map(lambda pool: pool.paid_in_micro - pool.paid_out_micro)

    def place(self, orders: Sequence[Order]) -> bytes:
        """Data that places, replaces or (no steps) withdraws up to 96 orders."""
        return self.artefact.calldata("place", [encode_order(order) for order in orders])

    def place_for(self, member: str, orders: Sequence[Order]) -> bytes:
        """Data that does the same for the member whose agent sends it, at less cost."""
        words = [encode_order(order) for order in orders]
        return self.artefact.calldata("place_for", member, words)

    def clear(self, book: int, interval: int) -> bytes:
        """Data that clears an interval of a book; anyone may send it after the gate."""
        return self.artefact.calldata("clear", book, interval)

    def release(self, member: str, first_interval: int, count: int) -> bytes:
        """Data that books what a member's orders of up to 96 intervals came to; anyone."""
        return self.artefact.calldata("release", member, first_interval, count)

    def deposit(self, amount_micro: int) -> bytes:
        """Data that brings own credits into the own account; the Credit must allow it."""
        return self.artefact.calldata("deposit", amount_micro)

    def deposit_for(self, member: str, amount_micro: int) -> bytes:
        """Data that brings own credits into somebody's account."""
        return self.artefact.calldata("deposit_for", member, amount_micro)

    def withdraw(self, amount_micro: int) -> bytes:
        """Data that takes credits out of the own account; only for the owner's key."""
        return self.artefact.calldata("withdraw", amount_micro)

    def set_no_fuss(self, no_fuss: bool) -> bytes:
        """Data that asks for the mid-market rate where the market is thin."""
        return self.artefact.calldata("set_no_fuss", no_fuss)

    def set_limit(self, book: int, interval: int, limit_wh: int) -> bytes:
        """Data that caps what a book trades in an interval; only for the grid operator."""
        return self.artefact.calldata("set_limit", book, interval, limit_wh)

    def set_paused(self, is_paused: bool) -> bytes:
        """Data that stops new orders and clearings, or lets them go on; only for guardians."""
        return self.artefact.calldata("set_paused", is_paused)

    def migrate(self, member: str, with_orders: bool) -> bytes:
        """Data that moves a member's credits and orders to the successor."""
        return self.artefact.calldata("migrate", member, with_orders)

    def sweep(self) -> bytes:
        """Data that moves what rounding left over to the community's account; anyone."""
        return self.artefact.calldata("sweep")

    def set_book(self, rules: BookRules) -> bytes:
        """Data that opens a book; only for the community, parents first."""
        charge = rules.charge_micro_per_kwh
        return self.artefact.calldata("set_book", rules.book, rules.parent or 0, charge)

    def propose_params(self, rules: MarketRules, from_interval: int) -> bytes:
        """Data that changes ladder and gate of all books; only for the community."""
        ladder = rules.ladder
        numbers = (ladder.base_micro, ladder.step_micro, ladder.count, rules.gate_closure_s)
        return self.artefact.calldata("propose_params", *numbers, from_interval)

    def propose_charge(self, book: int, charge_micro: int, from_interval: int) -> bytes:
        """Data that changes the charge of a book; only for the community."""
        return self.artefact.calldata("propose_charge", book, charge_micro, from_interval)

    def set_charge_account(self, address: str) -> bytes:
        """Data that names who receives the charges; only for the community."""
        return self.artefact.calldata("set_charge_account", address)

    def set_posters(self, addresses: Sequence[str]) -> bytes:
        """Data that names the contracts that settle between accounts; the community, once."""
        return self.artefact.calldata("set_posters", list(addresses))

    def retire(self, from_interval: int, successor: str) -> bytes:
        """Data that hands later intervals to a successor; only for the community, once."""
        return self.artefact.calldata("retire", from_interval, successor)

    @staticmethod
    def deployment(
        credit: str,
        registry: str,
        rules: MarketRules,
        notice_s: int = 0,
        predecessor: str = NOBODY,
    ) -> bytes:
        """Data that deploys the contract; its books are opened afterwards."""
        ladder = rules.ladder
        numbers = (ladder.base_micro, ladder.step_micro, ladder.count, rules.gate_closure_s)
        places = (credit, registry)
        return load_artefact("Market").deployment(*places, *numbers, notice_s, predecessor)


def _buckets(value: int, interval: int) -> list[int]:
    if bits(value, 240, 16) != interval // RING % (1 << 16):
        return [0] * BUCKETS
    return [bits(value, BUCKET_BITS * i, BUCKET_BITS) for i in range(BUCKETS)]
