"""The market takes, replaces and releases orders, and refuses what its rules do not allow."""

from __future__ import annotations

import pytest

BUY, SELL = 0, 1
AGENT = "0x" + "77" * 20
STRANGER = "0x" + "99" * 20


def cost_up(quantity, price):
    return -(-quantity * price // 1000)


@pytest.fixture
def interval(street):
    return street.first + 4


def test_a_buy_is_escrowed_at_its_own_limit_and_a_sale_is_not(street, interval):
    street.place(0, (interval, BUY, 7, 333))
    price = street.base + 7 * street.step
    assert street.balance(street.homes[0]) == street.funds - cost_up(333, price)
    assert street.balance(street.market.address) == cost_up(333, price)
    street.place(1, (interval, SELL, 7, 333))
    assert street.balance(street.homes[1]) == street.funds
    assert street.market.logs() == [
        (
            "Placed",
            {
                "member": street.homes[1].lower(),
                "interval": interval,
                "side": SELL,
                "tick": 7,
                "quantity": 333,
            },
        )
    ]


def test_replacing_moves_only_the_difference(street, interval):
    home = street.homes[0]
    for side, tick, quantity in [(BUY, 9, 500), (BUY, 20, 700), (BUY, 3, 100), (SELL, 3, 40)]:
        street.place(0, (interval, side, tick, quantity))
        escrow = cost_up(quantity, street.base + tick * street.step) if side == BUY else 0
        assert street.balance(street.market.address) == escrow
        assert street.balance(home) == street.funds - escrow
    street.place(0, (interval, BUY, 0, 0))
    assert street.market("orders", home, interval) == 0
    assert all(street.market("ladder", interval, key) == 0 for key in range(64))
    assert street.balance(home) == street.funds


def test_one_order_stands_per_interval_even_within_one_transaction(street, interval):
    street.place(0, (interval, BUY, 2, 10), (interval, BUY, 5, 20), (interval + 1, BUY, 2, 30))
    escrow = cost_up(20, street.base + 5 * street.step) + cost_up(30, street.base + 2 * street.step)
    assert street.balance(street.market.address) == escrow
    assert street.market("ladder", interval, 0) == 20 << 5 * 32


def test_neighbouring_buckets_do_not_touch(street, interval):
    for home, tick in enumerate((7, 8, 9)):
        street.place(home, (interval, BUY, tick, 1_000_000))
    assert street.market("ladder", interval, 0) == 1_000_000 << 7 * 32
    assert street.market("ladder", interval, 1) == 1_000_000 | 1_000_000 << 32
    assert street.market("occupied", interval) == 0b11


@pytest.mark.parametrize(
    ("reason", "tick", "quantity"),
    [
        ("quantity over the limit", 1, 1_000_001),
        ("tick outside the ladder", 45, 1),
        ("tick outside the ladder", 255, 1),
    ],
)
def test_orders_beyond_the_rules_are_refused(street, interval, reason, tick, quantity):
    words = [street.order(interval, BUY, tick, quantity)]
    street.market.refuses(reason, "place", words, by=street.homes[0])


def test_words_that_mean_nothing_are_refused(street, interval):
    good = street.order(interval, BUY, 1, 10)
    for bad in (good | 1 << 32, good | 2 << 48, good | 0xFFFF << 48):
        street.market.refuses("malformed order", "place", [bad], by=street.homes[0])


def test_prices_stay_between_feed_in_and_retail_of_the_member(street, interval):
    street.registry("set_tariff", street.homes[0], 200_004, 99_984, by=street.community)
    for tick in (3, 25):
        for side in (BUY, SELL):
            words = [street.order(interval, side, tick, 10)]
            street.market.refuses("price outside the band", "place", words, by=street.homes[0])
    street.place(0, (interval, BUY, 4, 10), (interval + 1, SELL, 24, 10))


def test_the_gate_closes_to_the_second_and_opens_the_clearing(street, interval):
    words = [street.order(interval, BUY, 1, 10)]
    street.chain.time = interval * 900 - street.gate_s
    street.market("place", words, by=street.homes[0])
    street.market.refuses("the gate is still open", "clear", interval, by=STRANGER)
    street.chain.time += 1
    street.market.refuses("after gate closure", "place", words, by=street.homes[0])
    withdraw = [street.order(interval, BUY, 1, 0)]
    street.market.refuses("after gate closure", "place", withdraw, by=street.homes[0])
    street.market("clear", interval, by=STRANGER)
    street.market.refuses("already cleared", "clear", interval, by=STRANGER)


def test_no_order_is_too_far_ahead(street):
    last = street.chain.time // 900 + 192
    street.place(0, (last, BUY, 1, 10))
    words = [street.order(last + 1, BUY, 1, 10)]
    street.market.refuses("too far ahead", "place", words, by=street.homes[0])
    words = [street.order(2**192 - 1, BUY, 1, 10)]
    street.market.refuses("too far ahead", "place", words, by=street.homes[0])


def test_strangers_and_other_zones_are_refused(street, interval):
    words = [street.order(interval, BUY, 1, 10)]
    street.market.refuses("not a member", "place", words, by=STRANGER)
    terms = (STRANGER, 2, street.retail, street.feed_in, AGENT, street.supplier)
    street.registry("add_member", *terms, by=street.community)
    street.market.refuses("another zone's market", "place", words, by=STRANGER)


def test_an_order_that_cannot_be_escrowed_is_refused_as_a_whole(street, interval):
    street.credit("transfer", street.supplier, street.funds - 1000, by=street.homes[0])
    words = [street.order(interval, SELL, 1, 10), street.order(interval + 1, BUY, 1, 1000)]
    street.market.refuses("balance too low", "place", words, by=street.homes[0])
    assert street.market("orders", street.homes[0], interval) == 0
    street.credit("approve", street.market.address, 5, by=street.homes[1])
    words = [street.order(interval, BUY, 1, 10)]
    street.market.refuses("allowance too low", "place", words, by=street.homes[1])


def test_a_bucket_never_overflows_into_the_next(street, interval):
    street.market.write("ladder", interval, 0, value=(2**32 - 10) << 32)
    street.place(0, (interval, BUY, 1, 9))
    words = [street.order(interval, BUY, 1, 1)]
    street.market.refuses("this price is full", "place", words, by=street.homes[1])


def authorise(street, limit, low=0, high=10**9, sales_wh=10**6, allowed=None):
    allowed = [street.market.address] if allowed is None else allowed
    terms = (AGENT, limit, sales_wh, low, high, street.chain.time + 86_400, allowed)
    street.registry("authorise_agent", *terms, by=street.homes[0])


def test_an_agent_sells_for_its_owner_up_to_the_daily_sales(street, interval):
    authorise(street, limit=10**9, sales_wh=1000)
    place = ("place", [street.order(interval, SELL, 3, 900)])
    street.market(*place, by=AGENT)
    over = [street.order(interval + 1, SELL, 3, 101)]
    street.market.refuses("over the agent's daily sales", "place", over, by=AGENT)
    # Moving an order to another price sells no more than before.
    street.market("place", [street.order(interval, SELL, 5, 900)], by=AGENT)
    street.market("place", [street.order(interval + 1, SELL, 3, 100)], by=AGENT)
    assert street.registry("used", AGENT, street.chain.time // 86_400) == 1000 << 128


def test_an_agent_without_the_market_in_its_scope_places_nothing(street, interval):
    authorise(street, limit=10**9, allowed=[street.flexibility.address])
    words = [street.order(interval, BUY, 0, 600)]
    street.market.refuses("outside the agent's scope", "place", words, by=AGENT)


def test_an_agent_trades_for_its_owner_up_to_the_daily_limit(street, interval):
    authorise(street, limit=cost_up(1000, street.base))
    day = street.chain.time // 86_400
    street.market("place", [street.order(interval, BUY, 0, 600)], by=AGENT)
    assert street.market("orders", street.homes[0], interval) & 0xFFFFFFFF == 600
    assert street.registry("spent", AGENT, day) == cost_up(600, street.base)
    street.market("place", [street.order(interval, BUY, 0, 1000)], by=AGENT)
    words = [street.order(interval + 1, BUY, 0, 1)]
    street.market.refuses("over the agent's daily limit", "place", words, by=AGENT)
    street.market("place", [street.order(interval, BUY, 0, 10)], by=AGENT)
    assert street.registry("spent", AGENT, day) == cost_up(1000, street.base)
    assert street.balance(street.homes[0]) == street.funds - cost_up(10, street.base)
    street.market("place", [street.order(interval, SELL, 0, 500)], by=AGENT)
    street.market.refuses("over the agent's daily limit", "place", words, by=AGENT)
    street.market("place", words, by=street.homes[0])


def test_an_agents_price_band_holds_on_both_sides(street, interval):
    authorise(street, 10**9, low=street.base + 2 * street.step, high=street.base + 5 * street.step)
    for side in (BUY, SELL):
        for tick in (1, 6):
            words = [street.order(interval, side, tick, 10)]
            street.market.refuses("price outside the agent's band", "place", words, by=AGENT)
        street.market("place", [street.order(interval, side, 2, 10)], by=AGENT)
        street.market("place", [street.order(interval, side, 5, 10)], by=AGENT)
    for ticks in ((1, 3), (3, 1), (6, 3), (3, 6)):
        words = [street.order(interval + i, BUY, tick, 10) for i, tick in enumerate(ticks)]
        street.market.refuses("price outside the agent's band", "place", words, by=AGENT)
    street.market("place", [street.order(interval, SELL, 0, 0)], by=AGENT)
    assert street.market("orders", street.homes[0], interval) == 0


def test_settlement_is_named_once_and_alone_releases(street, interval):
    market = street.market
    fresh = street.chain.deploy(
        "Market", street.credit.address, street.registry.address, 1, 1, 1, 2, 0
    )
    fresh.refuses("only the community", "set_settlement", STRANGER, by=STRANGER)
    fresh.refuses("the settlement has no address", "set_settlement", "0x" + "00" * 20,
                  by=street.community)  # fmt: skip
    market.refuses("the settlement is set", "set_settlement", STRANGER, by=street.community)
    home = street.homes[0]
    market.refuses("only the settlement", "release", home, interval, by=home)
    market.refuses("not cleared yet", "share", home, interval)
    settlement = street.settlement.address
    market.refuses("not cleared yet", "release", home, interval, by=settlement)
    street.place(0, (interval, BUY, 1, 10))
    street.after_gate(interval)
    market("clear", interval, by=home)
    assert market("release", home, interval, by=settlement) == (0, 0, 0)
    assert street.balance(home) == street.funds
    market.refuses("already released", "release", home, interval, by=settlement)
    assert market("release", street.homes[1], interval, by=settlement) == (0, 0, 0)


@pytest.mark.parametrize(
    ("reason", "terms"),
    [
        ("zone above 255", (256, 1, 1, 2, 0)),
        ("between 1 and 256 ticks", (1, 1, 1, 0, 0)),
        ("between 1 and 256 ticks", (1, 1, 1, 257, 0)),
        ("the step is zero", (1, 1, 0, 2, 0)),
        ("prices must fit in 32 bits", (1, 2**32 - 1, 1, 2, 0)),
        ("the gate closes over a day ahead", (1, 1, 1, 2, 86_401)),
    ],
)
def test_a_market_without_sense_is_not_deployed(street, reason, terms):
    with pytest.raises(Exception, match=reason):
        street.chain.deploy("Market", street.credit.address, street.registry.address, *terms)
