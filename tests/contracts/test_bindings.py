"""What the chain's bindings read from raw storage is what the contracts' getters say."""

from __future__ import annotations

import pytest
from tests.contracts.settling import BUY, SELL, Homes
from tests.contracts.test_flexibility import FlexStreet

from peerwatt.chain.bindings.flexibility import Flexibility
from peerwatt.chain.bindings.market import Market
from peerwatt.chain.bindings.meter import Meter, MeterRegister
from peerwatt.chain.bindings.settlement import Settlement, SettlementRecord
from peerwatt.model.flexibility import Direction, FlexOffer, FlexRequest, OfferState

STRANGER = "0x" + "99" * 20


@pytest.fixture(scope="module")
def homes():
    return Homes(2)


def read(contract, want):
    """Read the slots that a binding asks for straight from storage."""
    assert want.address == contract.address
    return want.decode([contract.word(slot) for slot in want.slots])


def test_nothing_there_reads_as_nothing(homes):
    homes.reset()
    market = Market(homes.market.address)
    assert read(homes.market, market.order(STRANGER, 1)) is None
    assert read(homes.market, market.clearing(1, 1)) is None
    assert read(homes.meter, Meter(homes.meter.address).row(STRANGER, 1)) is None
    settlement = Settlement(homes.settlement.address)
    assert read(homes.settlement, settlement.record(STRANGER, 1)) is None
    assert read(homes.settlement, settlement.progress(STRANGER)) is None


def test_meter_and_settlement_from_raw_storage(homes):
    homes.reset()
    interval, (home, other) = homes.first + 3, homes.homes
    homes.place(0, homes.order(interval, (BUY, 21, 501)))
    homes.place(1, homes.order(interval, (SELL, 19, 333)))
    homes.after(interval)
    homes.settle(homes.batch(0, interval, [(700, 3)]), homes.batch(1, interval, [(0, 300)], (9, 8)))
    meter, settlement = Meter(homes.meter.address), Settlement(homes.settlement.address)
    assert read(homes.meter, meter.last(home)) == MeterRegister(interval, 700, 3)
    assert read(homes.meter, meter.last(other)) == MeterRegister(interval, 9, 308)
    row = read(homes.meter, meter.row(home, interval))
    assert (True, row.import_wh, row.export_wh) == homes.meter("row", home, interval)
    homes.meter("restart", home, interval + 1, 0, by=homes.operator)
    assert read(homes.meter, meter.last(home)) == MeterRegister(interval, 700, 3)
    for member, rest_wh in ((home, 700 - 3 - 333), (other, 333 - 300)):
        h, first, settled, final = homes.settlement("cursors", member)
        progress = read(homes.settlement, settlement.progress(member))
        assert (progress.h, progress.first_interval) == (h, first)
        assert (progress.settled_interval, progress.final_interval) == (settled, final)
        assert read(homes.settlement, settlement.record(member, interval)) == SettlementRecord(
            interval, rest_wh, 333, h, is_estimated=False, is_on_time=True, shares=False,
            is_final=False,
        )  # fmt: skip


def test_flexibility_from_raw_storage():
    street = FlexStreet()
    contract, (home, other, *_) = street.flexibility, street.homes
    flexibility = Flexibility(contract.address)
    assert read(contract, flexibility.request_at(0)) is None
    assert read(contract, flexibility.offer_of(0, home)) is None
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
    street.metered(0, first - 1, [(0, 0)] * 3)
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
