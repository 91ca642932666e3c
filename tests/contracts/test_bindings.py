"""What the chain's bindings read from raw storage is what the contracts' getters say."""

from __future__ import annotations

from peerwatt.chain.bindings.flexibility import Flexibility
from peerwatt.chain.bindings.market import Market
from peerwatt.chain.bindings.meter import Meter, MeterRegister
from peerwatt.chain.bindings.settlement import Settlement, SettlementResult
from peerwatt.model.flexibility import Direction, FlexOffer, FlexRequest, OfferState

STRANGER = "0x" + "99" * 20


def cost_up(quantity, price):
    return -(-quantity * price // 1000)


def read(contract, want):
    """Read the slots that a binding asks for straight from storage."""
    assert want.address == contract.address
    return want.decode([contract.word(slot) for slot in want.slots])


def settled_street(street):
    interval = street.first + 3
    street.place(0, (interval, 0, 21, 501))
    street.place(1, (interval, 1, 19, 333), (interval + 1, 1, 44, 7))
    street.start_meters(interval)
    street.after(interval)
    street.submit([street.reading(0, interval, 700, 3), street.reading(1, interval, 0, 300)])
    street.settlement("settle", interval, street.homes, by=STRANGER)
    return interval


def test_nothing_there_reads_as_nothing(street):
    market = Market(street.market.address)
    assert read(street.market, market.order(STRANGER, 1)) is None
    assert read(street.market, market.clearing(1)) is None
    assert read(street.meter, Meter(street.meter.address).delta(STRANGER, 1)) is None
    settlement = Settlement(street.settlement.address)
    assert read(street.settlement, settlement.result(STRANGER, 1)) is None
    flexibility = Flexibility(street.flexibility.address)
    assert read(street.flexibility, flexibility.request_at(0)) is None
    assert read(street.flexibility, flexibility.offer_of(0, STRANGER)) is None


def test_meter_and_settlement_from_raw_storage(street):
    interval = settled_street(street)
    home, other = street.homes[:2]
    meter = Meter(street.meter.address)
    assert read(street.meter, meter.last(home)) == MeterRegister(interval, 700, 3)
    delta = read(street.meter, meter.delta(home, interval))
    assert (True, delta.import_wh, delta.export_wh) == street.meter("delta_of", home, interval)
    street.meter("restart", home, by=street.operator)
    assert read(street.meter, meter.last(home)) == MeterRegister(interval, 700, 3)
    settlement = Settlement(street.settlement.address)
    trade = -cost_up(333, 180_000)
    assert read(street.settlement, settlement.result(home, interval)) == SettlementResult(
        333, 0, trade, -cost_up(364, street.retail), is_unmetered=False
    )
    assert read(street.settlement, settlement.result(other, interval)) == SettlementResult(
        0, 333, 59_940, -cost_up(33, street.retail), is_unmetered=False
    )


def test_flexibility_from_raw_storage(street):
    contract, (home, other, *_) = street.flexibility, street.homes
    flexibility = Flexibility(contract.address)
    first = street.first + 4
    request = FlexRequest(0, 1, Direction.INCREASE, first, 2, 900, 400_000, 55, (first - 1) * 900)
    terms = (1, 1, first, 2, 900, 400_000, 55, request.offer_deadline_s)
    contract("request", *terms, by=street.dso)
    contract("offer", 0, 800, 250_000, -1234, by=home)
    contract("offer", 0, 800, 260_000, 2**63 - 1, by=other)
    assert read(contract, flexibility.request_at(0)).request == request
    assert read(contract, flexibility.offer_of(0, home)) == FlexOffer(
        0, home, 800, 250_000, -1234, OfferState.OFFERED
    )
    assert read(contract, flexibility.offer_of(0, other)).baseline_wh == 2**63 - 1
    street.chain.time = request.offer_deadline_s
    contract("award", 0, [home], [700], by=street.dso)
    assert read(contract, flexibility.offer_of(0, home)).state is OfferState.AWARDED
    assert read(contract, flexibility.offer_of(0, other)).state is OfferState.OFFERED
    street.after(first + 1)
    street.submit([street.reading(0, first + i, 0, 0) for i in (-1, 0, 1)])
    delivered, paid = contract("verify", 0, home, by=STRANGER)
    verified = read(contract, flexibility.offer_of(0, home))
    assert verified.state is OfferState.VERIFIED
    assert (verified.awarded_wh, verified.delivered_wh, verified.paid_micro) == (
        700, delivered, paid,
    )  # fmt: skip
    found = read(contract, flexibility.request_at(0))
    view = contract("request_of", 0)
    assert view[8:] == (
        found.dso, found.awarded_wh, found.awards, found.verified_awards, True, False,
        found.escrow_micro,
    )  # fmt: skip
    assert found.is_awarded
    assert not found.is_closed
    contract("close", 0, by=STRANGER)
    assert read(contract, flexibility.request_at(0)).is_closed
