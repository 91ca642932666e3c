"""What the app reads of meters, settlement and deals from raw storage is what happened."""

from __future__ import annotations

import pytest
from eth_account import Account
from tests.contracts.settling import STRANGER, Homes

from peerwatt.chain.bindings.deals import Deals, DealSignature, typed_deal
from peerwatt.chain.bindings.meter import (
    Meter,
    MeterRegister,
    MeterRow,
    SignedBatch,
    pack_rows,
    typed_batch,
)
from peerwatt.chain.bindings.settlement import MemberProgress, Settlement
from peerwatt.model.deals import DealKind, DealTerms


@pytest.fixture(scope="module")
def homes():
    return Homes(2)


def read(contract, want):
    assert want.address == contract.address
    return want.decode([contract.word(slot) for slot in want.slots])


def send(homes, contract, data):
    homes.chain.run(contract.raw, data, STRANGER)


def message_signature(key, message):
    signed = Account.from_key(key.secret).sign_typed_data(full_message=dict(message))
    return signed.v, signed.r.to_bytes(32), signed.s.to_bytes(32)


def test_a_day_as_the_app_sends_and_reads_it(homes):
    homes.reset()
    first, member, chain_id = homes.first + 1, homes.homes[0], 20_211
    meter, settlement = Meter(homes.meter.address), Settlement(homes.settlement.address)
    assert read(homes.settlement, settlement.progress(member)) is None
    assert read(homes.meter, meter.row(member, first)) is None
    homes.after(first + 5)
    rows = pack_rows([(300, 5), (0, 0), (12, 700)])
    message = typed_batch(meter.address, chain_id, member, first, (10, 20), rows)
    signature = message_signature(homes.meter_keys[0], message)
    batch = SignedBatch(member, first, 10, 20, rows, *signature)
    send(homes, homes.settlement, settlement.settle([batch]))
    assert read(homes.meter, meter.last(member)) == MeterRegister(first + 2, 322, 725)
    found = read(homes.meter, meter.rows(member, first - 1, 5))
    assert found == {
        first - 1: None, first: MeterRow(first, 300, 5), first + 1: MeterRow(first + 1, 0, 0),
        first + 2: MeterRow(first + 2, 12, 700), first + 3: None,
    }  # fmt: skip
    assert read(homes.settlement, settlement.progress(member)) == MemberProgress(
        32_768, first, first + 2, first - 1
    )
    record = read(homes.settlement, settlement.record(member, first + 2))
    assert (record.rest_wh, record.size_wh, record.is_final) == (-688, 0, False)
    assert read(homes.settlement, settlement.record(member, first + 3)) is None
    homes.due(first + 3)
    send(homes, homes.meter, meter.estimate(member, first + 3, 1))
    send(homes, homes.settlement, settlement.settle_known(member, 9))
    assert read(homes.meter, meter.row(member, first + 3)).is_estimated
    send(homes, homes.settlement, settlement.finalise([member], 96))
    assert read(homes.settlement, settlement.record(member, first + 3)).is_final
    assert read(homes.settlement, settlement.owed(member, STRANGER)) == 0


def test_a_deal_as_the_app_signs_and_reads_it(homes):
    homes.reset()
    deals, (seller, buyer) = Deals(homes.deals.address), homes.homes
    deal = DealTerms(
        seller, buyer, DealKind.PER_INTERVAL, 250, 4000, 7, homes.first + 9, homes.first + 99, 2, 11
    )
    message = typed_deal(deals.address, 20_211, deal)
    signed = [DealSignature(*message_signature(key, message)) for key in homes.keys]
    send(homes, homes.deals, deals.sign(deal, *signed))
    deal_id = read(homes.deals, deals.in_slot(seller, 2))
    assert read(homes.deals, deals.in_slot(seller, 1)) is None
    found = read(homes.deals, deals.deal(deal_id))
    assert (found.seller, found.buyer) == (seller.lower(), buyer.lower())
    assert (found.amount, found.need_share, found.price_micro, found.rank) == (250, 4000, 7, 2)
    assert read(homes.deals, deals.needs(buyer)) == 4000
    assert read(homes.deals, deals.served(seller)) == 0


def test_rows_beyond_what_the_contract_takes_are_refused():
    for rows in ([(2**20, 0)], [(0, -1)], [(0, 0)] * 97):
        with pytest.raises(ValueError, match="a batch has up to"):
            pack_rows(rows)
