"""10 000 random books of the market by definition, and 10 000 orders of spam."""

from __future__ import annotations

import random

import pytest
from tests.contracts.conftest import Refused, Street
from tests.contracts.gas_cases import load_book, wide_market
from tests.contracts.test_auction import by_definition

from peerwatt.chain.bindings.market import decode_clearing

pytestmark = pytest.mark.long


def test_ten_thousand_random_books_clear_by_definition():
    street = Street(homes=1)
    market, interval, chance = wide_market(street), street.first - 1, random.Random(11)
    for _ in range(10_000):
        ticks, largest = chance.choice((3, 20, 256)), chance.choice((3, 900, 2**30 - 1))
        demand, supply = [0] * 256, [0] * 256
        for cells in (demand, supply):
            for _ in range(chance.randrange(40)):
                cells[chance.randrange(ticks)] = chance.randrange(largest + 1)
        load_book(market, interval, demand, supply)
        market.write("results", 1, interval, value=0)
        market("clear", 1, interval, by=street.dso)
        found = decode_clearing(market("results", 1, interval), interval)
        expected = by_definition(demand, supply)
        assert (found.price_micro, found.volume_wh) == expected[:2]
        assert (found.marginal_ask_tick, found.marginal_bid_tick) == expected[2:4]


def test_ten_thousand_orders_of_spam_change_nothing_for_others():
    street = Street()
    interval, chance = street.first + 4, random.Random(5)
    street.place(0, (interval, 0, 20, 100))
    street.place(1, (interval, 1, 10, 100))
    reasons = set()
    for _ in range(10_000):
        words = [chance.randrange(2**60) | (interval + chance.randrange(3)) << 64]
        try:
            street.market("place", words, by=street.homes[5])
        except Refused as refusal:
            reasons.add(str(refusal))
    assert "" not in reasons
    assert not any("Error" in reason for reason in reasons)
    for ahead in range(3):
        street.place(5, (interval + ahead, 0, 0, 0))
    street.after_gate(interval)
    for home, expected in ((0, (100, 0)), (1, (0, 100)), (5, (0, 0))):
        street.market("release", street.homes[home], interval, 1, by=street.dso)
        assert street.market("share", street.homes[home], interval)[:2] == expected
    assert street.available(street.homes[5]) == street.deposit
