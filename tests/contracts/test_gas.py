"""Gas stays near what was measured, so that a costlier contract is noticed."""

from __future__ import annotations

import pytest

BUY, SELL = 0, 1


@pytest.fixture
def spent(street):
    """Return a function that tells the gas of the last transaction against a bound."""

    def bound(limit):
        assert limit * 0.95 < street.chain.gas <= limit
        return street.chain.gas

    return bound


def test_placing_costs_little_more_for_many_intervals(street, spent):
    first = street.first + 4
    street.place(0, (first, BUY, 20, 500))
    spent(142_000)
    street.place(1, (first, BUY, 20, 400))
    spent(85_000)
    street.place(1, (first, BUY, 20, 300))
    spent(67_000)
    street.place(2, *((first + i, BUY, 20, 500) for i in range(96)))
    spent(7_000_000)
    street.place(3, *((first + i, BUY, 20, 500) for i in range(96)))
    spent(3_200_000)


def test_clearing_costs_by_ticks_not_by_homes(street, spent):
    interval = street.first + 4
    for group in range(6):
        word = sum((100 + i) << 32 * i for i in range(8 if group < 5 else 5))
        street.market.write("ladder", interval, group, value=word)
        street.market.write("ladder", interval, 32 + group, value=word)
    street.market.write("occupied", interval, value=0b111111 | 0b111111 << 32)
    street.after_gate(interval)
    street.market("clear", interval, by=street.dso)
    spent(90_000)


def test_meter_and_settlement_cost_by_members(street, spent):
    interval = street.first + 4
    for home in range(6):
        street.place(home, (interval, home % 2, 20, 500))
    street.start_meters(interval)
    street.after(interval)
    street.submit([street.reading(home, interval, 600, 90) for home in range(6)])
    spent(330_000)
    street.settlement("settle", interval, street.homes, by=street.dso)
    spent(515_000)
