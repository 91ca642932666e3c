"""Packed words by name: the same places as the bindings read, and words that people understand."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from devchain import TREASURY, dev_chain

from peerwatt.chain.bindings.artefact import load_artefact
from peerwatt.chain.bindings.fields import FIELDS, fields_of
from peerwatt.chain.bindings.flexibility import decode_offer, decode_request
from peerwatt.chain.bindings.market_words import decode_account, decode_clearing, decode_order
from peerwatt.chain.bindings.meter import decode_row, decode_state
from peerwatt.chain.bindings.registry import Registry, Used, _agent, _member
from peerwatt.chain.bindings.settlement import decode_progress, decode_record
from peerwatt.chain.bundles.lines import field_words
from peerwatt.chain.bundles.make import make_bundle
from peerwatt.chain.bundles.values import (
    BundleRefused,
    EventValue,
    ReceiptValue,
    packed_values,
)
from peerwatt.chain.bundles.verify import bundle_lines, verify_bundle
from peerwatt.model.market import Side, Step

NOW_S = 1_750_100_000.0


def packed(contract: str, variable: str, member: int = 0, **values: int) -> int:
    """Return a word whose named fields have these values."""
    known = {field.name: field for field in fields_of(contract, variable, member)}
    word = 0
    for name, value in values.items():
        field = known[name]
        word |= (value % (1 << field.width)) << field.offset
    return word


def test_the_fields_do_not_overlap_and_their_variables_exist() -> None:
    for (contract, variable, _), fields in FIELDS.items():
        assert load_artefact(contract).layout.slot(variable) >= 0
        taken = [bit for f in fields for bit in range(f.offset, f.offset + f.width)]
        assert len(set(taken)) == len(taken)
        assert max(taken) < 256


def test_market_words() -> None:
    word = packed(
        *("Market", "orders"),
        **{"quarter_1_step_0_wh": 900, "quarter_1_step_0_tick": 77, "quarter_1_step_0_is_sale": 1},
        **{"quarter_1_step_1_wh": 20, "quarter_1_step_1_reach": 2, "quarter_1_is_released": 1},
        **{"hour_ring": 3},
    )
    placed = decode_order(word, 3 * 768 + 5)
    assert placed is not None
    assert placed.order.steps == (Step(Side.SELL, 77, 900), Step(Side.BUY, 0, 20, 2))
    assert placed.is_released
    assert fields_of("Market", "orders", 17) == fields_of("Market", "orders")
    result = {f.name: 10 + n for n, f in enumerate(fields_of("Market", "results"))}
    clearing = decode_clearing(packed("Market", "results", **(result | {"is_cleared": 1})), 5)
    assert clearing is not None
    assert (clearing.price_micro, clearing.volume_wh) == (
        result["price_micro_per_kwh"],
        result["volume_wh"],
    )
    assert clearing.bid_fill_denominator == result["bid_fill_denominator"]
    account = decode_account(
        packed("Market", "account_words", available_micro=5, escrow_micro=6, zone=7, no_fuss=1)
    )
    assert (account.available_micro, account.escrow_micro, account.zone) == (5, 6, 7)
    assert (account.no_fuss, account.has_lien) == (True, False)


def test_settlement_and_meter_words() -> None:
    word = packed(
        *("Settlement", "state"),
        **{"exists": 1, "record_h_of_65536": 9, "first_interval": 5},
        **{"last_settled_interval": 8, "last_final_interval": 6},
    )
    progress = decode_progress(word)
    assert progress is not None
    assert (progress.h, progress.first_interval) == (9, 5)
    assert (progress.settled_interval, progress.final_interval) == (8, 6)
    hour = packed(
        *("Settlement", "records", 2),
        **{"quarter_2_rest_wh": -7, "quarter_2_traded_wh": 5, "record_h_of_65536": 4},
        **{"quarter_2_is_estimated": 1, "quarter_2_is_on_time": 1, "quarter_2_is_no_fuss": 1},
    )
    record = decode_record(progress, hour, 6)
    assert record is not None
    assert (record.rest_wh, record.size_wh, record.h) == (-7, 5, 4)
    assert record.is_estimated
    assert record.is_on_time
    assert record.shares
    last = {"import_wh": 4, "export_wh": 5, "interval": 3, "last_known_interval": 7}
    state = decode_state(packed("Meter", "last", **last, first_interval=2))
    assert (state.signed.interval, state.signed.import_wh, state.signed.export_wh) == (3, 4, 5)
    assert (state.first_interval, state.known_interval) == (2, 7)
    rows = {"quarter_2_import_wh": 4, "quarter_2_export_wh": 5, "quarter_2_is_estimated": 1}
    row = decode_row(state, packed("Meter", "rows", 1, **rows), 6)
    assert row is not None
    assert (row.import_wh, row.export_wh, row.is_estimated) == (4, 5, True)


def test_registry_words() -> None:
    authority = packed(
        *("Registry", "authority"),
        **{"owner_address": 0xAB, "min_price_micro_per_kwh": 1, "max_price_micro_per_kwh": 2},
        **{"scope": 3, "is_paused": 1, "is_active": 1},
    )
    limits = packed("Registry", "limits", daily_limit_micro=4, daily_sales_wh=5, expires_unix_s=6)
    agent = _agent((authority, limits))
    assert (agent.min_price_micro, agent.max_price_micro, agent.scope) == (1, 2, 3)
    assert (agent.daily_limit_micro, agent.daily_sales_wh, agent.expires_s) == (4, 5, 6)
    assert (agent.is_paused, agent.is_active) == (True, True)
    assert agent.owner.endswith("ab")
    used = Registry("0x" + "11" * 20).used("0x" + "22" * 20, 3 * 86_400.0)
    spent = {"spent_micro": 7, "sold_wh": 8}
    assert used.decode([packed("Registry", "limits", **spent, utc_day=3)]) == Used(7, 8)
    assert used.decode([packed("Registry", "limits", **spent, utc_day=2)]) == Used(0, 0)
    word = packed(
        *("Registry", "member_words"),
        **{"zone": 4, "retail_micro_per_kwh": 5, "feed_in_micro_per_kwh": 6, "is_active": 1},
        **{"former_retail_micro_per_kwh": 7, "since_interval": 9, "may_not_buy": 1},
    )
    member = _member((word, 1, 2, 3), None)
    assert (member.zone, member.retail_micro_per_kwh, member.feed_in_micro_per_kwh) == (4, 5, 6)
    assert (member.is_active, member.may_buy, member.since_interval) == (True, False, 9)
    assert _member((word, 1, 2, 3), 8).retail_micro_per_kwh == 7


def test_flexibility_words() -> None:
    terms = {f.name: 3 + n for n, f in enumerate(fields_of("Flexibility", "requests"))}
    terms |= {"exists": 1, "direction": 1}
    status = {"dso_address": 9, "is_awarded": 1, "awarded_wh": 4, "awards": 2, "verified_awards": 1}
    found = decode_request(
        0,
        (
            packed("Flexibility", "requests", **terms),
            packed("Flexibility", "requests", 1, **status),
            11,
        ),
    )
    assert found is not None
    request = found.request
    assert (request.zone, request.first_interval) == (terms["zone"], terms["first_interval"])
    assert request.offer_deadline_s == terms["offer_deadline_unix_s"]
    assert request.penalty_micro_per_kwh == terms["penalty_micro_per_kwh"]
    assert (found.awarded_wh, found.awards, found.verified_awards, found.is_closed) == (
        *(4, 2, 1),
        False,
    )
    word = packed(
        *("Flexibility", "offers"),
        **{"exists": 1, "quantity_wh": 5, "baseline_wh": -6, "awarded_wh": 7, "delivered_wh": 8},
        **{"paid_micro": 9},
    )
    offer = decode_offer(0, "0x" + "11" * 20, word)
    assert offer is not None
    assert (offer.quantity_wh, offer.baseline_wh, offer.awarded_wh) == (5, -6, 7)
    assert (offer.delivered_wh, offer.paid_micro) == (8, 9)


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("quantity_wh", 623, "quantity: 623 Wh"),
        ("trade_micro", -1_500_000, "trade: -1.500000 credits"),
        ("price_micro_per_kwh", 205_000, "price: 0.205000 credits/kWh"),
        ("is_cleared", 1, "cleared: yes"),
        ("exists", 0, "exists: no"),
        ("owner_address", 0xAB, f"owner: 0x{'0' * 38}ab"),
        ("expires_unix_s", 1_750_000_000, "expires: 2025-06-15 15:06:40 UTC"),
        ("expires_unix_s", 2**48 - 1, f"expires: {2**48 - 1} s after 1970"),
        (
            "first_interval",
            1944637,
            "first interval: 1944637, which begins 2025-06-17 15:15:00 UTC",
        ),
        ("price_tick", 235, "price tick: 235"),
    ],
)
def test_fields_in_words(name: str, value: int, words: str) -> None:
    assert field_words(name, value) == words


async def test_a_receipt_and_packed_words_verify_offline(tmp_path: Path) -> None:
    async with dev_chain(tmp_path) as chain:
        address, artefact = await chain.credit()
        mint = artefact.calldata("mint", TREASURY.address, 5)
        sent = await chain.send({"to": address, "data": mint})
        failed = await chain.send(
            {"to": address, "data": artefact.calldata("transfer", address, 9)}
        )
        values = [
            ReceiptValue("Outcome", sent),
            EventValue("Issue", sent, 0, "Credit"),
            ReceiptValue("Second", failed),
        ]
        document = json.loads(json.dumps(await make_bundle(chain.reader, values)))
        with pytest.raises(BundleRefused, match="in no block that is kept"):
            await make_bundle(chain.reader, [ReceiptValue("x", "0x" + "11" * 32)])
        # Not that contract: the words are empty, but where they stand is proven all the same.
        market = replace(chain.network, contracts={"Market": address})
        orders = [*packed_values("Order", address, "Market", "orders", address, member=7)]
        empty = json.loads(json.dumps(await make_bundle(chain.reader, orders)))
    found = verify_bundle(document, now_s=NOW_S)
    assert [item.value for item in found.values][::2] == ["succeeded", "failed"]
    assert len(document["receipts"]) == 2
    forged = json.loads(json.dumps(document))
    forged["values"][2]["value"] = "succeeded"
    with pytest.raises(BundleRefused, match="proven is failed"):
        verify_bundle(forged, now_s=NOW_S)
    forged["values"][2]["value"] = "failed"
    forged["values"][2]["receipt"] = 0
    with pytest.raises(BundleRefused):
        verify_bundle(forged, now_s=NOW_S)
    shown = verify_bundle(empty, now_s=NOW_S, known=[market])
    assert all(item.is_named_here for item in shown.values)
    assert shown.values[0].source.startswith(
        f"Market.orders[{address}] +7.quarter_0_step_0_wh of 0x"
    )
    lines = bundle_lines(shown)
    assert "    empty: every field is 0" in lines
    assert any(line.endswith("the file calls it 'Order'") for line in lines)
    moved = json.loads(json.dumps(empty))
    moved["values"][4]["bits"] = [1, 31, False]
    caveat = verify_bundle(moved, now_s=NOW_S, known=[market]).values[4]
    assert not caveat.is_named_here
    assert "31 bits from bit 1" in caveat.source
