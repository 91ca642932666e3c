"""What the bindings of market and registry read from raw storage is what the contracts say."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.contracts.conftest import CHARGES

from peerwatt.chain.bindings.market import Market, PlacedOrder, encode_order
from peerwatt.chain.bindings.market_words import Account, Outcome, decode_row, decode_steps
from peerwatt.chain.bindings.registry import Registry, Used
from peerwatt.model.market import Order, PriceLadder, Side, Step

STRANGER = "0x" + "99" * 20
AGENT = "0x" + "77" * 20


def read(contract, want):
    """Read the slots that a binding asks for straight from storage."""
    assert want.address == contract.address
    return want.decode([contract.word(slot) for slot in want.slots])


step = st.builds(
    Step, st.just(Side.SELL), st.integers(0, 255), st.integers(1, 2**19 - 1), st.integers(0, 2)
)


@given(st.integers(0, 2**192 - 1), st.lists(step, max_size=2).map(tuple))
def test_every_order_fits_its_word(interval, steps):
    word = encode_order(Order(interval, steps))
    assert word >> 64 == interval
    assert decode_steps(word) == steps


@pytest.mark.parametrize(
    "order",
    [
        Order(1, (Step(Side.BUY, 0, 2**19),)), Order(1, (Step(Side.BUY, 256, 1),)),
        Order(1, (Step(Side.BUY, 0, 1, 3),)), Order(2**192), Order(-1),
    ],
)  # fmt: skip
def test_an_order_that_does_not_fit_is_refused(order):
    with pytest.raises(ValueError, match="does not fit"):
        encode_order(order)


def test_market_from_raw_storage(street):
    market, (home, other, *_), at = Market(street.market.address), street.homes, street.first + 5
    mine = Order(at, (Step(Side.BUY, 21, 501, 1), Step(Side.SELL, 30, 77)))
    sale = Order.single(at, Side.SELL, 19, 333, 1)
    for who, order in ((home, mine), (other, sale)):
        street.chain.run(street.market.raw, market.place([order]), who)
    street.chain.run(street.market.raw, market.set_limit(10, at, 300), street.dso)
    assert read(street.market, market.order(home, at)) == PlacedOrder(mine, False)
    assert read(street.market, market.order(home, at + 1)) is None
    assert read(street.market, market.order(home, at + 768)) is None
    book = read(street.market, market.book(10, at, 45))
    assert (book.demand_wh[21], book.supply_wh[19], book.limit_wh) == (501, 333, 300)
    assert sum(book.demand_wh) + sum(book.supply_wh) == 834
    assert read(street.market, market.book(1, at, 45)).supply_wh[30] == 77
    assert read(street.market, market.clearing(10, at)) is None
    street.after_gate(at)
    rows = street.market("release", home, at, 1, by=STRANGER)
    assert read(street.market, market.order(home, at)) == PlacedOrder(mine, True)
    clearing = read(street.market, market.clearing(10, at))
    assert (clearing.volume_wh, clearing.bid_fill_denominator) == (300, 501)
    cost = -(-300 * clearing.price_micro // 1000)
    charge = -(-300 * CHARGES[10] // 1000)
    assert decode_row(rows[0]) == Outcome(300, 0, -cost, -charge)
    left = street.deposit - cost - charge
    assert read(street.market, market.account(home)) == Account(left, 0, 1, False, False)
    assert read(street.market, market.dust()) == cost
    terms = read(street.market, market.terms(10, at))
    assert terms.ladder == PriceLadder(street.base, street.step, street.count)
    assert (terms.charge_micro_per_kwh, terms.parent) == (CHARGES[10], 20)
    assert read(street.market, market.terms(9, at)) is None


def test_registry_from_raw_storage(street):
    registry, home = Registry(street.registry.address), street.homes[0]
    later = street.first + 200
    street.registry("set_supply", home, STRANGER, 500, 400, later, by=street.community)
    for interval in (later - 1, later):
        member = read(street.registry, registry.member(home, interval))
        prices = (member.retail_micro_per_kwh, member.feed_in_micro_per_kwh)
        found = (member.zone, *prices, member.supplier)
        expected = street.registry("terms_at", home, interval)
        assert found == (*expected[:3], expected[3].lower())
        assert (member.is_active, member.may_buy, member.since_interval) == (True, True, later)
    street.chain.run(street.registry.raw, registry.set_may_buy(home, False), street.community)
    assert not read(street.registry, registry.member(home)).may_buy
    limits = (10**9, 5_000, 0, 10**6, street.chain.time + 500, [street.market.address])
    street.registry("authorise_agent", AGENT, *limits, by=home)
    order = Order(street.first + 4, (Step(Side.SELL, 3, 40),))
    data = Market(street.market.address).place_for(home, [order])
    street.chain.run(street.market.raw, data, AGENT)
    agent = read(street.registry, registry.agent(AGENT))
    assert (agent.daily_limit_micro, agent.daily_sales_wh) == (10**9, 5_000)
    assert agent.expires_s == street.chain.time + 500
    assert read(street.registry, registry.used(AGENT, street.chain.time)) == Used(0, 40)
    assert read(street.registry, registry.used(AGENT, street.chain.time + 86_400)) == Used(0, 0)
    published = read(street.registry, registry.version("Market", 0)).address
    assert published == street.market.address.lower()
