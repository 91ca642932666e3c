"""Receipts and events through endpoints that lie about them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any

import pytest
from chain_lab import (
    Endpoint,
    address_of,
    child,
    genesis,
    keccak,
    list_root,
    make_keys,
    network,
    receipt,
    seal,
    signed_transactions,
    to_json,
)

from peerwatt.chain.clients.bft.light_client import LightClient
from peerwatt.chain.encoding import hex_data
from peerwatt.chain.proofs.receipts import encode_receipt, receipt_from_json
from peerwatt.chain.reading.events import LogFilter
from peerwatt.chain.reading.reader import ProvenReader
from peerwatt.config.clock import DrivenClock
from peerwatt.model.verified import ChainFault, Unproven

CONTRACT = address_of(make_keys(1, salt=7)[0])
ADDRESS = "0x" + CONTRACT.hex()
TOPIC, OTHER = keccak(b"topic"), keccak(b"other")
TRANSACTIONS = signed_transactions(6)
RECEIPTS = [receipt(i, [(CONTRACT, [TOPIC if i % 2 else OTHER], bytes([i]))]) for i in range(6)]
DECODED = [receipt_from_json(item) for item in RECEIPTS]


def block_bloom() -> bytes:
    bits = 0
    for item in DECODED:
        bits |= int.from_bytes(item.bloom, "big")
    return bits.to_bytes(256, "big")


EMPTY = seal(child(genesis()))
FULL = seal(
    child(
        EMPTY,
        transactions_root=list_root([hex_data(item["raw"]) for item in TRANSACTIONS]),
        receipts_root=list_root([encode_receipt(item) for item in DECODED]),
        logs_bloom=block_bloom(),
        gas_used=126_000,
    )
)
LAST = seal(
    child(
        FULL,
        transactions_root=EMPTY.transactions_root,
        receipts_root=EMPTY.receipts_root,
        logs_bloom=bytes(256),
        gas_used=0,
    )
)
CHAIN = [genesis(), EMPTY, FULL, LAST]


def honest(**lies: Any) -> dict[str, Any]:
    def block(number: str, full: bool) -> dict[str, Any] | None:
        at = int(number, 16)
        listed = TRANSACTIONS if at == 2 else []
        return to_json(CHAIN[at]) | {"transactions": listed} if at < len(CHAIN) else None

    def one(wanted: str) -> dict[str, Any] | None:
        for item, found in zip(TRANSACTIONS, RECEIPTS, strict=True):
            if item["hash"] == wanted:
                return found | {"blockNumber": "0x2", "transactionHash": wanted}
        return None

    return {
        "eth_getBlockByNumber": block,
        "eth_getTransactionReceipt": one,
        "eth_getBlockReceipts": lambda number: RECEIPTS if int(number, 16) == 2 else [],
    } | lies


class Lab:
    def __init__(self, stack: AsyncExitStack) -> None:
        self.stack = stack

    async def reader(self, *answers: dict[str, Any]) -> ProvenReader:
        endpoints = [Endpoint(CHAIN, answers=item) for item in answers]
        for endpoint in endpoints:
            await self.stack.enter_async_context(endpoint)
        net = network(*(endpoint.url for endpoint in endpoints))
        client = LightClient(net, DrivenClock(LAST.timestamp), timeout_s=5.0)
        self.stack.push_async_callback(client.close)
        await client.sync()
        assert client.head is not None
        assert client.head.header.number == 3
        return ProvenReader(client)


@pytest.fixture
async def lab() -> AsyncIterator[Lab]:
    async with AsyncExitStack() as stack:
        yield Lab(stack)


async def test_a_receipt_is_bound_to_its_place(lab: Lab) -> None:
    reader = await lab.reader(honest())
    found = await reader.receipt(TRANSACTIONS[3]["hash"])
    assert found is not None
    value = found.value
    assert (value.transaction_index, value.block_number, value.first_log_index) == (3, 2, 3)
    assert (value.gas_used, value.succeeded) == (21_000, True)
    assert value.receipt == DECODED[3]
    assert await reader.receipt("0x" + "ee" * 32) is None
    assert reader.client.counters.proofs_verified == 2


async def test_receipts_are_fetched_singly_where_there_is_no_better_method(lab: Lab) -> None:
    answers = honest()
    del answers["eth_getBlockReceipts"]
    reader = await lab.reader(answers)
    assert (await reader.body(2)).receipts == tuple(DECODED)


async def test_events_are_complete_and_in_order(lab: Lab) -> None:
    reader = await lab.reader(honest())
    events = await reader.events(ADDRESS, 0, 3)
    assert [event.log.data[0] for event in events] == list(range(6))
    chosen = await reader.events(ADDRESS, 0, 3, TOPIC)
    assert [event.log_index for event in chosen] == [1, 3, 5]
    assert [event.transaction_hash for event in chosen] == [
        hex_data(TRANSACTIONS[i]["hash"]) for i in (1, 3, 5)
    ]
    assert await reader.events("0x" + "77" * 20, 0, 3) == []
    with pytest.raises(Unproven, match="not among"):
        await reader.events(ADDRESS, 0, 4)


LIES: list[dict[str, Any]] = [
    {"eth_getBlockReceipts": lambda number: RECEIPTS[:-1]},
    {"eth_getBlockReceipts": lambda number: RECEIPTS[::-1]},
    {"eth_getBlockReceipts": lambda number: []},
    {"eth_getBlockReceipts": lambda number: None},
    {"eth_getBlockReceipts": lambda number: [RECEIPTS[0] | {"logs": []}, *RECEIPTS[1:]]},
    {"eth_getTransactionReceipt": lambda wanted: {"blockNumber": "0x1"}},
    {"eth_getTransactionReceipt": lambda wanted: {"blockNumber": "two"}},
    {"eth_getTransactionReceipt": lambda wanted: ["0x2"]},
]


@pytest.mark.allow_log("127.0.0.1")
@pytest.mark.parametrize("lie", LIES)
async def test_a_liar_is_refused_and_an_honest_endpoint_believed(
    lab: Lab, lie: dict[str, Any]
) -> None:
    reader = await lab.reader(honest(**lie), honest())
    found = await reader.receipt(TRANSACTIONS[3]["hash"])
    assert found is not None
    assert found.value.receipt == DECODED[3]
    assert reader.client.counters.rejected == 1
    assert len(await reader.events(ADDRESS, 0, 3)) == 6


@pytest.mark.allow_log("127.0.0.1")
@pytest.mark.parametrize("lie", LIES)
async def test_a_liar_alone_gives_an_error_and_never_a_wrong_value(
    lab: Lab, lie: dict[str, Any]
) -> None:
    reader = await lab.reader(honest(**lie))
    with pytest.raises(ChainFault):
        await reader.receipt(TRANSACTIONS[3]["hash"])


@pytest.mark.allow_log("127.0.0.1")
async def test_a_transaction_swapped_for_another_is_refused(lab: Lab) -> None:
    def swapped(number: str, full: bool) -> Any:
        block = honest()["eth_getBlockByNumber"](number, full)
        if full:
            block["transactions"] = [TRANSACTIONS[1], TRANSACTIONS[0], *TRANSACTIONS[2:]]
        return block

    reader = await lab.reader(honest(eth_getBlockByNumber=swapped))
    with pytest.raises(Unproven, match="transactions root"):
        await reader.body(2)


async def test_a_search_takes_what_eth_get_logs_takes(lab: Lab) -> None:
    reader = await lab.reader(honest())
    everything = await reader.search(LogFilter(), 0, 3)
    assert everything.is_complete
    assert [event.log_index for event in everything.events] == list(range(6))
    for wanted, count in (
        (LogFilter((CONTRACT,)), 6),
        (LogFilter((CONTRACT, bytes(20)), ((TOPIC,),)), 3),
        (LogFilter((), ((TOPIC, OTHER),)), 6),
        (LogFilter((), ((), (TOPIC,))), 0),
        (LogFilter((bytes(20),)), 0),
    ):
        found = await reader.search(wanted, 0, 3)
        assert (found.is_complete, len(found.events)) == (True, count)
    with pytest.raises(ValueError, match="At most"):
        await reader.search(LogFilter(), 0, 10_000)


@pytest.mark.allow_log("127.0.0.1")
async def test_what_cannot_be_proven_is_named_as_a_gap(lab: Lab) -> None:
    reader = await lab.reader(honest(eth_getBlockReceipts=lambda number: RECEIPTS[:-1]))
    found = await reader.search(LogFilter((CONTRACT,)), 0, 5)
    assert not found.is_complete
    assert found.events == ()
    assert found.complete_to == 1
    assert [(gap.first_block, gap.last_block) for gap in found.gaps] == [(2, 2), (4, 4), (5, 5)]
    assert "receipts root" in found.gaps[0].reason
    with pytest.raises(ChainFault, match="No endpoint"):
        await reader.events(ADDRESS, 0, 3)
