"""The market takes, replaces and releases orders, and refuses what its rules do not allow."""

from __future__ import annotations

import pytest
from tests.contracts.conftest import CHARGES

BUY, SELL = 0, 1
AGENT = "0x" + "77" * 20
STRANGER = "0x" + "99" * 20
EPOCH = 1 << 240


def cost_up(quantity, price):
    return -(-quantity * price // 1000)


def held(street, quantity, tick, book=1):
    """What a purchase keeps aside."""
    return cost_up(quantity, street.base + tick * street.step) + cost_up(quantity, CHARGES[book])


def bucket(street, interval, side, tick, book=1):
    """Wh in a bucket of the ladder; 0 where its word is of another ring."""
    field = interval % 768 * 64 + side * 32 + tick // 8
    word = street.market.slot("ladder", book, field=field)
    if word >> 240 != interval // 768 % 2**16:
        return 0
    return word >> 30 * (tick % 8) & 2**30 - 1


def steps_of(street, home, interval):
    word = street.market.slot("orders", street.homes[home], field=interval // 4 % 192)
    return word >> 60 * (interval % 4) & 2**60 - 1


@pytest.fixture
def interval(street):
    return street.first + 4


def refuses(street, reason, *orders, by=None):
    words = [one if isinstance(one, int) else street.order(*one) for one in orders]
    street.market.refuses(reason, "place", words, by=by or street.homes[0])


def test_a_buy_is_held_at_its_own_limit_and_a_sale_is_not(street, interval):
    street.place(0, (interval, BUY, 7, 333))
    assert street.escrow(street.homes[0]) == held(street, 333, 7)
    assert street.available(street.homes[0]) == street.deposit - held(street, 333, 7)
    street.place(1, (interval, SELL, 7, 333))
    assert street.available(street.homes[1]) == street.deposit
    order = street.order(interval, SELL, 7, 333)
    assert street.market.logs() == [
        ("Placed", {"member": street.homes[1].lower(), "orders": (order,)})
    ]


def test_replacing_moves_only_the_difference(street, interval):
    home = street.homes[0]
    for side, tick, quantity in [(BUY, 9, 500), (BUY, 20, 700), (BUY, 3, 100), (SELL, 3, 40)]:
        street.place(0, (interval, side, tick, quantity))
        assert street.escrow(home) == (held(street, quantity, tick) if side == BUY else 0)
        assert street.available(home) == street.deposit - street.escrow(home)
        assert bucket(street, interval, side, tick) == quantity
    street.place(0, (interval, BUY, 0, 0))
    assert steps_of(street, 0, interval) == 0
    assert not any(bucket(street, interval, side, t) for side in (0, 1) for t in range(45))
    assert street.available(home) == street.deposit


def test_one_order_stands_per_interval_even_within_one_transaction(street, interval):
    street.place(0, (interval, BUY, 2, 10), (interval + 9, BUY, 2, 30), (interval, BUY, 5, 20))
    assert street.escrow(street.homes[0]) == held(street, 20, 5) + held(street, 30, 2)
    assert bucket(street, interval, BUY, 5) == 20
    assert bucket(street, interval, BUY, 2) == 0


def test_two_steps_are_a_curve(street, interval):
    order = street.curve(interval, (BUY, 20, 100), (BUY, 5, 400))
    street.market("place", [order], by=street.homes[0])
    assert street.escrow(street.homes[0]) == held(street, 100, 20) + held(street, 400, 5)
    street.market(
        "place", [street.curve(interval, (BUY, 20, 100), (BUY, 6, 7))], by=street.homes[0]
    )
    assert (bucket(street, interval, BUY, 20), bucket(street, interval, BUY, 5)) == (100, 0)
    assert bucket(street, interval, BUY, 6) == 7
    both = street.curve(interval, (BUY, 4, 50), (SELL, 5, 60))
    street.market("place", [both], by=street.homes[0])
    assert street.escrow(street.homes[0]) == held(street, 50, 4)
    same = street.curve(interval, (SELL, 4, 50), (SELL, 4, 60))
    street.market("place", [same], by=street.homes[0])
    assert bucket(street, interval, SELL, 4) == 110


def test_an_order_never_trades_with_itself(street, interval):
    for steps in (((BUY, 5, 1), (SELL, 5, 1)), ((SELL, 4, 1), (BUY, 5, 1))):
        refuses(street, "the order would trade with itself", street.curve(interval, *steps))
    apart = street.curve(interval, (BUY, 5, 1), (SELL, 4, 1, 1))
    street.market("place", [apart], by=street.homes[0])


def test_a_ring_later_the_words_are_used_again(street, interval):
    street.place(0, (interval, BUY, 7, 333), (interval + 1, SELL, 6, 10))
    street.chain.time += 768 * 900
    later = interval + 768
    refuses(street, "older orders are not released", (later, BUY, 7, 5))
    street.market("release", street.homes[0], interval, 2, by=STRANGER)
    assert street.available(street.homes[0]) == street.deposit
    street.place(0, (later, BUY, 6, 5))
    assert (bucket(street, later, BUY, 6), bucket(street, later, BUY, 7)) == (5, 0)
    assert street.escrow(street.homes[0]) == held(street, 5, 6)
    assert street.market("release", street.homes[0], interval, 2, by=STRANGER) == (0, 0)


def test_neighbouring_buckets_do_not_touch(street, interval):
    for home, tick in enumerate((7, 8, 9)):
        street.place(home, (interval, BUY, tick, 2**19 - 1))
        assert bucket(street, interval, BUY, tick) == 2**19 - 1
    assert sum(bucket(street, interval, BUY, tick) for tick in range(45)) == 3 * (2**19 - 1)


@pytest.mark.parametrize("tick", [45, 255])
def test_ticks_outside_the_ladder_are_refused(street, interval, tick):
    refuses(street, "tick outside the ladder", (interval, BUY, tick, 1))


def test_words_that_mean_nothing_are_refused(street, interval):
    good = street.order(interval, BUY, 1, 10)
    for bad in (good | 1 << 60, good | 1 << 63, good | 1 << 50, good & ~(2**19 - 1)):
        refuses(street, "malformed order", bad)
    refuses(street, "malformed order", (interval, BUY, 1, 10, 3))


def test_prices_stay_between_feed_in_and_retail_of_the_interval(street, interval):
    terms = (street.supplier, 200_004, 99_984, street.first + 193)
    street.registry("set_supply", street.homes[0], *terms, by=street.community)
    street.chain.time += 100 * 900
    before, after = street.first + 192, street.first + 193
    street.place(0, (before, BUY, 3, 10), (before - 1, SELL, 44, 10))
    for tick in (3, 25):
        for side in (BUY, SELL):
            refuses(street, "price outside the band", (after, side, tick, 10))
    street.place(0, (after, BUY, 4, 10), (after + 1, SELL, 24, 10))


def test_the_charge_counts_into_the_band(street, interval):
    # Retail 300 037, so with the parent's charge of 20 009 the highest tick is 40.
    street.place(0, (interval, BUY, 40, 10, 1))
    refuses(street, "price outside the band", (interval, BUY, 41, 10, 1))
    assert street.escrow(street.homes[0]) == held(street, 10, 40, book=10)
    assert bucket(street, interval, BUY, 40, book=10) == 10


def test_the_gate_closes_to_the_second_and_opens_the_clearing(street, interval):
    words = [street.order(interval, BUY, 1, 10)]
    street.chain.time = interval * 900 - street.gate_s
    street.market("place", words, by=street.homes[0])
    street.market.refuses("the gate is still open", "clear", 1, interval, by=STRANGER)
    street.chain.time += 1
    refuses(street, "after gate closure", (interval, BUY, 1, 11))
    refuses(street, "after gate closure", (interval, BUY, 1, 0))
    refuses(street, "after gate closure", (0, BUY, 1, 5))
    street.market("clear", 1, interval, by=STRANGER)
    street.market.refuses("already cleared", "clear", 1, interval, by=STRANGER)
    street.market.refuses("unknown book", "clear", 3, interval, by=STRANGER)


def test_no_order_is_too_far_ahead(street):
    last = street.chain.time // 900 + 192
    street.place(0, (last, BUY, 1, 10))
    refuses(street, "too far ahead", (last + 1, BUY, 1, 10))
    refuses(street, "too far ahead", (2**192 - 1, BUY, 1, 10))
    street.market.refuses("the gate is still open", "clear", 1, 2**256 - 1, by=STRANGER)


def test_strangers_and_zones_without_a_book_are_refused(street, interval):
    refuses(street, "not a member", (interval, BUY, 1, 10), by=STRANGER)
    terms = (STRANGER, 3, street.retail, street.feed_in, AGENT, street.supplier)
    street.registry("add_member", *terms, by=street.community)
    refuses(street, "the zone has no book", (interval, BUY, 1, 10), by=STRANGER)
    street.registry("set_active", street.homes[0], False, by=street.community)
    refuses(street, "not a member", (interval, BUY, 1, 10))


def test_who_is_suspended_sells_and_takes_back_but_buys_no_more(street, interval):
    street.place(0, (interval, BUY, 5, 10))
    street.registry("set_may_buy", street.homes[0], False, by=street.community)
    refuses(street, "suspended by the supplier: no new buys", (interval + 1, BUY, 5, 10))
    street.place(0, (interval, BUY, 5, 0), (interval + 1, SELL, 5, 10))
    street.registry("set_may_buy", street.homes[0], True, by=street.community)
    street.place(0, (interval, BUY, 5, 10))


def test_an_order_without_cover_is_refused_as_a_whole(street, interval):
    home = street.homes[0]
    street.market("withdraw", street.deposit - 1000, by=home)
    assert street.balance(home) == street.funds - 1000
    refuses(street, "not enough deposited", (interval, SELL, 1, 10), (interval + 1, BUY, 1, 1000))
    assert steps_of(street, 0, interval) == 0
    street.market.refuses("not enough available", "withdraw", 1001, by=home)
    street.market("withdraw", 1000, by=home)
    street.market("deposit_for", home, 500_000, by=street.homes[1])
    street.place(0, (interval + 1, BUY, 1, 1000))


def test_a_bucket_never_overflows_into_the_next(street, interval):
    field = interval % 768 * 64
    full = interval // 768 % 2**16 << 240 | (2**30 - 10) << 30
    street.market.write("ladder", 1, value=full, field=field)
    street.place(0, (interval, BUY, 1, 9))
    refuses(street, "this price is full", (interval, BUY, 1, 1), by=street.homes[1])


def test_nobody_loses_when_nobody_clears(street, interval):
    """Once the ladder may be written again, an uncleared interval ends without trade."""
    street.place(0, (interval, BUY, 20, 100))
    street.place(1, (interval, SELL, 10, 100))
    restore = street.chain.snapshot()
    street.chain.time = (interval + 575) * 900
    street.market("release", street.homes[1], interval, 1, by=STRANGER)
    assert street.market("share", street.homes[0], interval)[:2] == (100, 0)
    restore()
    street.chain.time = (interval + 576) * 900
    row = street.market("release", street.homes[0], interval, 1, by=STRANGER)
    assert row == (0,)
    assert street.available(street.homes[0]) == street.deposit


def test_release_waits_for_the_gate_and_takes_only_what_is_ours(street, interval):
    street.place(0, (interval, BUY, 20, 100))
    ask = ("release", street.homes[0], interval, 1)
    street.market.refuses("the gate is still open", *ask, by=STRANGER)
    street.market.refuses("not cleared yet", "share", street.homes[0], interval)
    street.market.refuses(
        "more than 96 intervals, or none of ours", "release", street.homes[0], interval, 97,
        by=STRANGER,
    )  # fmt: skip
    assert street.market("release", STRANGER, interval, 5, by=STRANGER) == (0,) * 5
    assert street.market("share", STRANGER, interval) == (0, 0, 0, 0)


def test_the_grid_operator_caps_a_book_before_the_gate(street, interval):
    limit = ("set_limit", 1, interval, 60)
    street.market.refuses("only the grid operator", *limit, by=street.homes[0])
    street.market(*limit, by=street.dso)
    street.place(0, (interval, BUY, 20, 100))
    street.place(1, (interval, SELL, 10, 100))
    street.after_gate(interval)
    street.market.refuses("after gate closure", *limit, by=street.dso)
    street.market("clear", 1, interval, by=STRANGER)
    assert street.market("share", street.homes[0], interval)[:2] == (60, 0)
    street.market.refuses("unknown book", "set_limit", 3, interval + 9, 1, by=street.dso)


def test_no_fuss_is_the_members_own_choice(street):
    street.market("set_no_fuss", True, by=street.homes[0])
    assert street.market("no_fuss", street.homes[0])
    assert street.market("accounts", street.homes[0]) == (street.deposit, 0, 1)
    street.market("set_no_fuss", False, by=street.homes[0])
    assert not street.market("no_fuss", street.homes[0])
    street.market.refuses("not a member", "set_no_fuss", True, by=STRANGER)


def authorise(street, limit, low=0, high=10**9, sales_wh=10**6, allowed=None):
    allowed = [street.market.address] if allowed is None else allowed
    terms = (AGENT, limit, sales_wh, low, high, street.chain.time + 86_400, allowed)
    street.registry("authorise_agent", *terms, by=street.homes[0])


def test_an_agent_sells_for_its_owner_up_to_the_daily_sales(street, interval):
    authorise(street, limit=10**9, sales_wh=1000)
    street.market("place", [street.order(interval, SELL, 3, 900)], by=AGENT)
    refuses(street, "over the agent's daily sales", (interval + 1, SELL, 3, 101), by=AGENT)
    # Moving an order to another price sells no more than before.
    street.market("place", [street.order(interval, SELL, 5, 900)], by=AGENT)
    street.market("place", [street.order(interval + 1, SELL, 3, 100)], by=AGENT)
    assert street.registry("limits", AGENT) >> 204 & 2**36 - 1 == 1000


def test_an_agent_without_the_market_in_its_scope_does_nothing(street, interval):
    authorise(street, limit=10**9, allowed=[street.flexibility.address])
    refuses(street, "outside the agent's scope", (interval, BUY, 0, 600), by=AGENT)
    refuses(street, "outside the agent's scope", (interval, BUY, 0, 0), by=AGENT)
    street.market.refuses("outside the agent's scope", "set_no_fuss", True, by=AGENT)


def test_an_agent_trades_for_its_owner_up_to_the_daily_limit(street, interval):
    authorise(street, limit=held(street, 1000, 0))
    today = street.chain.time // 86_400
    street.market("place", [street.order(interval, BUY, 0, 600)], by=AGENT)
    assert steps_of(street, 0, interval) == 600
    assert street.registry("spent", AGENT, today) == held(street, 600, 0)
    street.market("place", [street.order(interval, BUY, 0, 1000)], by=AGENT)
    refuses(street, "over the agent's daily limit", (interval + 1, BUY, 0, 1), by=AGENT)
    street.market("place", [street.order(interval, BUY, 0, 10)], by=AGENT)
    assert street.registry("spent", AGENT, today) == held(street, 1000, 0)
    assert street.registry("spent", AGENT, today + 1) == 0
    street.market("place", [street.order(interval + 1, BUY, 0, 1)], by=street.homes[0])
    street.market.refuses("not enough available", "withdraw", 1, by=AGENT)


def test_an_agents_price_band_holds_on_both_sides(street, interval):
    authorise(street, 10**9, low=street.base + 2 * street.step, high=street.base + 5 * street.step)
    for side in (BUY, SELL):
        for tick in (1, 6):
            reason = "price outside the agent's band"
            refuses(street, reason, (interval, side, tick, 10), by=AGENT)
            words = street.curve(interval, (side, 3, 1), (side, tick, 1))
            refuses(street, reason, words, by=AGENT)
        street.market("place", [street.order(interval, side, 2, 10)], by=AGENT)
        street.market("place", [street.order(interval, side, 5, 10)], by=AGENT)
