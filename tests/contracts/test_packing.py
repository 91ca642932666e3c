"""Words read from raw storage mean what the contracts' getters say."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from peerwatt.market import packing
from peerwatt.model.flexibility import Direction, FlexOffer, FlexRequest, OfferState
from peerwatt.model.market import Book, Order, SettledInterval, Side

STRANGER = "0x" + "99" * 20


def cost_up(quantity, price):
    return -(-quantity * price // 1000)


@given(
    st.integers(0, 2**192 - 1),
    st.sampled_from(Side),
    st.integers(0, 255),
    st.integers(0, 2**32 - 1),
)
def test_every_order_fits_its_word(interval, side, tick, quantity):
    word = packing.pack_order(Order(interval, side, tick, quantity))
    assert word == interval << 64 | side << 48 | tick << 40 | quantity
    assert word < 2**256


@pytest.mark.parametrize(
    "fields", [(1, 0, -1), (1, 0, 2**32), (1, 256, 1), (2**192, 0, 1), (-1, 0, 1)]
)
def test_an_order_that_does_not_fit_is_refused(fields):
    interval, tick, quantity = fields
    with pytest.raises(ValueError, match="does not fit"):
        packing.pack_order(Order(interval, Side.BUY, tick, quantity))


def test_empty_words_mean_nothing():
    assert packing.unpack_order(1, 0) is None
    assert packing.unpack_clearing(1, 0) is None
    assert packing.unpack_meter_last(0) is None
    assert packing.unpack_meter_delta(0) is None
    assert packing.unpack_settlement(0) is None
    assert packing.settled_interval(1, 0, 1 << 255, 0) is None
    assert packing.unpack_flex_request(1, 0) is None
    assert packing.unpack_flex_offer(1, STRANGER, 0) is None


def test_a_book_beyond_its_ladder_is_refused():
    with pytest.raises(ValueError, match="beyond its 45 ticks"):
        packing.unpack_book(1, 45, {5: 1 << 5 * 32})


def settled_street(street):
    interval = street.first + 3
    street.place(0, (interval, 0, 21, 501))
    street.place(1, (interval, 1, 19, 333), (interval + 1, 1, 44, 7))
    street.start_meters(interval)
    street.after(interval)
    street.submit([street.reading(0, interval, 700, 3), street.reading(1, interval, 0, 300)])
    street.settlement("settle", interval, street.homes, by=STRANGER)
    return interval


def test_market_words_from_raw_storage(street):
    interval = settled_street(street)
    market, (home, other, *_) = street.market, street.homes
    word = market.slot("orders", home, interval)
    assert packing.unpack_order(interval, word) == Order(interval, Side.BUY, 21, 501)
    assert packing.order_released(word)
    word = market.slot("orders", other, interval + 1)
    assert packing.unpack_order(interval + 1, word) == Order(interval + 1, Side.SELL, 44, 7)
    assert not packing.order_released(word)
    keys = packing.ladder_keys(market.slot("occupied", interval))
    assert keys == (2, 34)
    words = {key: market.slot("ladder", interval, key) for key in keys}
    demand = tuple(501 if tick == 21 else 0 for tick in range(45))
    supply = tuple(333 if tick == 19 else 0 for tick in range(45))
    assert packing.unpack_book(interval, 45, words) == Book(interval, demand, supply)
    clearing = packing.unpack_clearing(interval, market.slot("results", interval))
    assert market("share", home, interval) == (333, 0, clearing.price_micro)
    assert (clearing.volume_wh, clearing.bid_fill_numerator, clearing.bid_fill_denominator) == (
        333, 333, 501,
    )  # fmt: skip


def test_meter_and_settlement_words_from_raw_storage(street):
    interval = settled_street(street)
    home = street.homes[0]
    last = packing.unpack_meter_last(street.meter.slot("last", home))
    assert last == packing.MeterRegisters(interval, 700, 3, restarted=False)
    street.meter("restart", home, by=street.operator)
    assert packing.unpack_meter_last(street.meter.slot("last", home)).restarted
    delta_word = street.meter.slot("delta", home, interval)
    delta = packing.unpack_meter_delta(delta_word)
    assert (True, delta.import_wh, delta.export_wh) == street.meter("delta_of", home, interval)
    word = street.settlement.slot("results", home, interval)
    clearing_word = street.market.slot("results", interval)
    found = packing.settled_interval(interval, word, delta_word, clearing_word)
    trade = -cost_up(333, 180_000)
    assert found == SettledInterval(
        interval, 700, 3, 333, 0, 180_000, trade, -cost_up(364, street.retail)
    )
    word = street.settlement.slot("results", street.homes[1], interval)
    result = packing.unpack_settlement(word)
    assert result == packing.SettlementResult(
        0, 333, 59_940, -cost_up(33, street.retail), unmetered=False
    )


def test_flexibility_words_from_raw_storage(street):
    flexibility, (home, other, *_) = street.flexibility, street.homes
    first = street.first + 4
    request = FlexRequest(0, 1, Direction.INCREASE, first, 2, 900, 400_000, 55, (first - 1) * 900)
    terms = (1, 1, first, 2, 900, 400_000, 55, request.offer_deadline_s)
    flexibility("request", *terms, by=street.dso)
    flexibility("offer", 0, 800, 250_000, -1234, by=home)
    flexibility("offer", 0, 800, 260_000, 2**63 - 1, by=other)

    def offer_of(member, awarded=True):
        word = flexibility.slot("offers", 0, member)
        return packing.unpack_flex_offer(0, member, word, awarded)

    assert packing.unpack_flex_request(0, flexibility.slot("requests", 0)) == request
    assert offer_of(home, False) == FlexOffer(0, home, 800, 250_000, -1234, OfferState.OFFERED)
    assert offer_of(other).baseline_wh == 2**63 - 1
    street.chain.time = request.offer_deadline_s
    flexibility("award", 0, [home], [700], by=street.dso)
    assert offer_of(home).state is OfferState.AWARDED
    assert offer_of(other).state is OfferState.DECLINED
    street.after(first + 1)
    street.submit([street.reading(0, first + i, 0, 0) for i in (-1, 0, 1)])
    delivered, paid = flexibility("verify", 0, home, by=STRANGER)
    verified = offer_of(home)
    assert verified.state is OfferState.VERIFIED
    assert (verified.awarded_wh, verified.delivered_wh, verified.paid_micro) == (
        700, delivered, paid,
    )  # fmt: skip
    status = packing.unpack_flex_status(flexibility.slot("requests", 0, field=1))
    assert status == packing.FlexStatus(street.dso.lower(), 700, 1, 1, awarded=True, closed=False)
    view = flexibility("request_of", 0)
    assert view[8:] == (
        status.dso, status.awarded_wh, status.awards, status.verified, True, False,
        flexibility.slot("requests", 0, field=2),
    )  # fmt: skip
    flexibility("close", 0, by=STRANGER)
    assert packing.unpack_flex_status(flexibility.slot("requests", 0, field=1)).closed
