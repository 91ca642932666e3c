"""The auction on chain equals the ladder in the program and the definition, book by book."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from peerwatt.chain.bindings.market import Market, decode_clearing, encode_order
from peerwatt.market import ladder
from peerwatt.model.market import Book, MarketRules, Order, PriceLadder, Side

FIXTURE = HealthCheck.function_scoped_fixture
TICKS = 256
RULES = MarketRules(PriceLadder(1_000, 7, TICKS), zone=1, gate_closure_s=0)


@pytest.fixture(scope="module")
def wide(built_street):
    """A market with all 256 ticks, whose books tests write straight into storage."""
    built_street.reset()
    places = (built_street.credit.address, built_street.registry.address)
    return built_street.chain.deploy("Market", *places, 1, 1_000, 7, TICKS, 0)


def load(market, book):
    """Write a book as orders would have left it."""
    occupied = 0
    for side, quantities in ((0, book.demand_wh), (1, book.supply_wh)):
        for group in range(32):
            cells = quantities[8 * group : 8 * group + 8]
            word = sum(cell << 32 * i for i, cell in enumerate(cells))
            market.write("ladder", book.interval, side * 32 + group, value=word)
            if word:
                occupied |= 1 << side * 32 + group
    market.write("occupied", book.interval, value=occupied)
    market.write("results", book.interval, value=0)


def by_definition(book):
    demand = [sum(book.demand_wh[t:]) for t in range(TICKS)]
    supply = [sum(book.supply_wh[: t + 1]) for t in range(TICKS)]
    volume = max(map(min, zip(demand, supply, strict=True)))
    if volume == 0:
        return 0, 0, 0
    ask = min(t for t in range(TICKS) if supply[t] >= volume)
    bid = max(t for t in range(TICKS) if demand[t] >= volume)
    return volume, ask, bid


def check(street, market, book):
    load(market, book)
    street.chain.time = (book.interval + 1) * 900
    market("clear", book.interval, by=street.dso)
    result = decode_clearing(market("results", book.interval), book.interval)
    assert result == ladder.clear(book, RULES)
    assert by_definition(book) == (
        result.volume_wh, result.marginal_ask_tick, result.marginal_bid_tick,
    )  # fmt: skip
    assert market.logs()[0][1] == {
        "interval": book.interval, "price": result.price_micro, "volume": result.volume_wh,
    }  # fmt: skip
    return result


def sparse(draw_cells):
    cells = [0] * TICKS
    for tick, quantity in draw_cells.items():
        cells[tick] = quantity
    return tuple(cells)


cell = st.integers(1, 12) | st.integers(1, 2**32 - 1)
side_strategy = st.dictionaries(st.integers(0, TICKS - 1), cell, max_size=24).map(sparse)


@settings(max_examples=60, suppress_health_check=[FIXTURE])
@given(side_strategy, side_strategy)
def test_random_books_clear_alike(built_street, wide, demand, supply):
    check(built_street, wide, Book(built_street.first + 1, demand, supply))


@pytest.mark.parametrize(
    ("demand", "supply"),
    [
        ({}, {}),
        ({255: 2**32 - 1}, {0: 2**32 - 1}),
        ({0: 5}, {0: 5}),
        ({255: 5}, {255: 5}),
        ({7: 5, 8: 5}, {7: 5, 8: 5}),
        (dict.fromkeys(range(256), 2**32 - 1), dict.fromkeys(range(256), 2**32 - 1)),
        (dict.fromkeys(range(256), 1), {0: 256}),
        ({0: 256}, dict.fromkeys(range(256), 1)),
    ],
    ids=["empty", "extremes", "lowest", "highest", "edge", "full", "supply", "demand"],
)
def test_books_at_the_edges_clear_alike(built_street, wide, demand, supply):
    check(built_street, wide, Book(built_street.first + 1, sparse(demand), sparse(supply)))


order_strategy = st.tuples(
    st.sampled_from(Side), st.integers(0, 6).map(lambda tick: 7 * tick), st.integers(0, 60)
)


@settings(max_examples=25, suppress_health_check=[FIXTURE])
@given(st.lists(order_strategy, min_size=1, max_size=6), st.permutations(range(6)))
def test_orders_of_homes_are_shared_and_paid_alike(street, drawn, sequence):
    street.reset()
    interval = street.first + 2
    rules = MarketRules(PriceLadder(street.base, street.step, street.count), 1, street.gate_s)
    orders = {}
    for home, (side, tick, quantity) in enumerate(drawn):
        orders[home] = Order(interval, side, tick, quantity)
        words = [encode_order(orders[home])]
        street.market("place", words, by=street.homes[home])
    book = ladder.book_of(interval, orders.values(), street.count)
    want = Market(street.market.address).book(interval, street.count)
    assert want.decode([street.market.word(slot) for slot in want.slots]) == book
    street.after_gate(interval)
    street.market("clear", interval, by=street.dso)
    result = decode_clearing(street.market("results", interval), interval)
    assert result == ladder.clear(book, rules)
    total = 0
    for home in sequence:
        order = orders.get(home, Order(interval, Side.BUY, 0, 0))
        member = street.homes[home]
        filled = ladder.share(order, result)
        expected = (filled, 0) if order.side is Side.BUY else (0, filled)
        assert street.market("share", member, interval) == (*expected, result.price_micro)
        before = street.balance(member)
        released = street.market("release", member, interval, by=street.settlement.address)
        trade = ladder.trade_micro(order, result)
        assert released == (*expected, trade)
        paid = street.balance(member) - before
        assert paid == ladder.payout_micro(order, rules.ladder, result)
        assert street.balance(member) == street.funds + trade
        total += trade
    assert street.market("dust") == -total >= 0
    assert street.balance(street.market.address) == -total
    assert street.money_is_conserved()
