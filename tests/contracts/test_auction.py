"""The auction on chain equals its definition, and the program's ladder, book by book."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from tests.contracts.gas_cases import WIDE, load_book, wide_market

from peerwatt.chain.bindings.market import Market, decode_clearing
from peerwatt.market import ladder
from peerwatt.model.market import Book, MarketRules, PriceLadder

FIXTURE = HealthCheck.function_scoped_fixture
TICKS = 256
CELL = 2**30 - 1
RULES = MarketRules(PriceLadder(*WIDE[:3]), zone=1, gate_closure_s=0)


@pytest.fixture(scope="module")
def wide(built_street):
    """A market with all 256 ticks, whose books tests write straight into storage."""
    built_street.reset()
    return wide_market(built_street)


def by_definition(demand_wh, supply_wh, limit_wh=None):
    """Price, volume and margins from the words of the rule, tick by tick."""
    demand = [sum(demand_wh[t:]) for t in range(TICKS)]
    supply = [sum(supply_wh[: t + 1]) for t in range(TICKS)]
    volume = max(map(min, zip(demand, supply, strict=True)))
    volume = volume if limit_wh is None else min(volume, limit_wh)
    if volume == 0:
        return (0,) * 8
    ask = min(t for t in range(TICKS) if supply[t] >= volume)
    bid = max(t for t in range(TICKS) if demand[t] >= volume)
    base, step = WIDE[:2]
    return (
        (2 * base + step * (ask + bid)) // 2, volume, ask, bid,
        volume - (supply[ask] - supply_wh[ask]), supply_wh[ask],
        volume - (demand[bid] - demand_wh[bid]), demand_wh[bid],
    )  # fmt: skip


def check(street, market, demand_wh, supply_wh, limit_wh=None):
    interval = street.first + 1
    load_book(market, interval, list(demand_wh), list(supply_wh))
    market.write("results", 1, interval, value=0)
    limit = 0 if limit_wh is None else (1 << 63 | limit_wh) << 64 * (interval % 4)
    market.write("limits", 1, interval // 4, value=limit)
    street.chain.time = (interval + 1) * 900
    market("clear", 1, interval, by=street.dso)
    result = decode_clearing(market("results", 1, interval), interval)
    found = (
        result.price_micro, result.volume_wh, result.marginal_ask_tick, result.marginal_bid_tick,
        result.ask_fill_numerator, result.ask_fill_denominator,
        result.bid_fill_numerator, result.bid_fill_denominator,
    )  # fmt: skip
    assert found == by_definition(demand_wh, supply_wh, limit_wh)
    book = Book(interval, tuple(demand_wh), tuple(supply_wh), limit_wh)
    assert result == ladder.clear(book, RULES)
    want = Market(market.address).book(1, interval, TICKS)
    assert want.decode([market.word(slot) for slot in want.slots]) == book
    assert market.logs()[-1][1] == {
        "book": 1, "interval": interval, "price": result.price_micro, "volume": result.volume_wh,
    }  # fmt: skip
    return result


def sparse(cells):
    return tuple(cells.get(tick, 0) for tick in range(TICKS))


cell = st.integers(1, 12) | st.integers(1, CELL)
tick = st.integers(0, TICKS - 1) | st.integers(120, 136)
side = st.dictionaries(tick, cell, max_size=24).map(sparse)
limits = st.none() | st.integers(0, 40) | st.integers(0, 2**40 - 1)


@settings(max_examples=60, deadline=None, suppress_health_check=[FIXTURE])
@given(side, side, limits)
def test_random_books_clear_by_definition(built_street, wide, demand, supply, limit):
    check(built_street, wide, demand, supply, limit)


def spread(quantity):
    return dict.fromkeys(range(TICKS), quantity)


@pytest.mark.parametrize(
    ("demand", "supply"),
    [
        ({}, {}),
        ({3: 5}, {}),
        ({}, {3: 5}),
        ({3: 5}, {4: 5}),
        ({0: 5, 8: 1}, {5: 5}),
        ({255: CELL}, {0: CELL}),
        ({0: 5}, {0: 5}),
        ({255: 5}, {255: 5}),
        ({7: 5, 8: 5}, {7: 5, 8: 5}),
        ({100: 4, 200: 3}, {10: 3, 150: 4}),
        ({16: 4, 200: 3}, {17: 3}),
        (spread(CELL), spread(CELL)),
        (spread(1), {0: 256}),
        ({0: 256}, spread(1)),
        (spread(1) | {255: 10**9}, spread(3)),
    ],
)
@pytest.mark.parametrize("limit", [None, 0, 1, 3, 4])
def test_books_at_the_edges_clear_by_definition(built_street, wide, demand, supply, limit):
    check(built_street, wide, sparse(demand), sparse(supply), limit)


@pytest.mark.parametrize("limit", [0, 1, 299, 300, 301, 499, 501])
def test_a_limit_of_the_grid_caps_what_is_traded_and_keeps_the_price_between(
    built_street, wide, limit
):
    demand, supply = sparse({20: 100, 30: 200, 40: 300}), sparse({1: 150, 15: 150, 25: 300})
    result = check(built_street, wide, demand, supply, limit)
    assert result.volume_wh == min(limit, 500)
    if limit:
        prices = RULES.ladder
        assert prices.price_micro(result.marginal_ask_tick) <= result.price_micro
        assert result.price_micro <= prices.price_micro(result.marginal_bid_tick)


quantity = st.integers(1, 60) | st.integers(1, 2**19 - 1)
one_step = st.tuples(st.sampled_from((0, 1)), st.integers(0, 6).map(lambda t: 6 * t), quantity)


@settings(max_examples=25, deadline=None, suppress_health_check=[FIXTURE])
@given(st.lists(one_step, min_size=1, max_size=6), st.permutations(range(6)))
@example([(0, 12, 100), (0, 12, 7), (0, 12, 1), (1, 6, 50), (1, 6, 3), (1, 6, 1)], list(range(6)))
def test_what_homes_get_is_what_was_cleared_and_money_adds_up(street, drawn, sequence):
    """Buyers get at least and sellers at most the volume, within a Wh for each at the margin."""
    street.reset()
    interval, market = street.first + 2, street.market
    for home, order in enumerate(drawn):
        street.place(home, (interval, *order))
    street.after_gate(interval)
    market("clear", 1, interval, by=street.dso)
    result = decode_clearing(market("results", 1, interval), interval)
    bought = sold = total = 0
    for home in sequence:
        member = street.homes[home]
        shared = market("share", member, interval)
        rows = market("release", member, interval, 1, by=street.supplier)
        assert (rows[0] & 2**21 - 1, rows[0] >> 21 & 2**21 - 1) == shared[:2]
        assert rows == market("release", member, interval, 1, by=street.supplier)
        assert street.available(member) == street.deposit + shared[2]
        assert street.escrow(member) == 0
        bought, sold, total = bought + shared[0], sold + shared[1], total + shared[2]
    assert sold <= result.volume_wh <= bought
    assert bought - sold <= len(drawn)
    pool = market("pool")
    assert (pool & 2**85 - 1) - (pool >> 85 & 2**85 - 1) == -total >= 0
    accounts = sum(street.available(home) for home in [*street.homes, street.supplier, street.dso])
    assert street.balance(market.address) == accounts - total
    assert street.money_is_conserved()
    dust = (pool & 2**85 - 1) - (pool >> 170)
    if dust > 0:
        assert market("sweep", by=street.supplier) == dust == street.available(street.community)
    else:
        market.refuses("no dust yet", "sweep", by=street.supplier)
