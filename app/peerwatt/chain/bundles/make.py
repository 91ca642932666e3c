"""Writes proof files: values with everything that proves them, for whoever has no connection.

A file holds the network's parameters and trust root, the headers from there to the value's
block, the nodes of all proofs once each, and the values with names and units.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeGuard

from ..consensus.rules import ChainState
from ..encoding import checksum_address, hex_data, to_hex
from ..proofs.mpt import ordered_proof
from ..proofs.receipts import encode_receipt
from ..reading.blocks import BlockBody
from ..reading.reader import AccountProof, ProvenReader
from .path import describe, find_way
from .values import (
    FORMAT,
    VERSION,
    AccountValue,
    BundleRefused,
    EventValue,
    ReceiptValue,
    SlotValue,
    Value,
    account_field,
    slot_to_json,
)

Json = dict[str, Any]


class _Nodes:
    """All nodes of a file, each once; proofs name them by their place."""

    def __init__(self) -> None:
        self._places: dict[bytes, int] = {}

    def places(self, nodes: Sequence[bytes]) -> list[int]:
        """Return the place of each node; one that is not in the file yet is added."""
        return [self._places.setdefault(node, len(self._places)) for node in nodes]

    @property
    def listed(self) -> list[str]:
        """The nodes as 0x text, in the order of their places."""
        return [to_hex(node) for node in self._places]


async def make_bundle(
    reader: ProvenReader, values: Sequence[Value], block: int | None = None
) -> Json:
    """Return a proof file of values, all state at one block, as a JSON document.

    ``block`` is the newest by default that is final, or settled where none is final; events stand
    in the blocks where they happened. Raises BundleRefused for a network that this version writes
    none of, Unproven or EndpointAway.
    """
    if not values:
        raise BundleRefused("A proof file needs at least one value.")
    network = reader.client.network
    described = describe(network)
    state = reader.client.pinned(reader.client.final_number if block is None else block)
    nodes = _Nodes()
    found = await reader.prove_at(state, _wanted(values))
    receipts = {
        wanted: await _receipt(reader, wanted, nodes)
        for wanted in dict.fromkeys(v.transaction_hash for v in values if _of_receipt(v))
    }
    blocks = {state.header.number: state}
    blocks.update({r.state.header.number: r.state for r in receipts.values()})
    now_s = reader.client.clock.now_s()
    way = await find_way(reader, list(blocks.values()), now_s)
    places = {wanted: place for place, wanted in enumerate(receipts)}
    records = [
        _receipt_value(value, places[value.transaction_hash], receipts[value.transaction_hash])
        if isinstance(value, EventValue | ReceiptValue)
        else _state_value(value, found)
        for value in values
    ]
    return {
        "format": FORMAT,
        "version": VERSION,
        "network": {"name": network.name, **described},
        "block": {
            "number": state.header.number,
            "hash": to_hex(state.block_hash),
            "time_s": state.header.timestamp,
        },
        "headers": [to_hex(header) for header in way.headers],
        **({"way": way.extras} if way.extras else {}),
        "accounts": [_account(address, item, nodes) for address, item in found.items()],
        "receipts": [receipt.record for receipt in receipts.values()],
        "nodes": nodes.listed,
        "values": records,
    }


async def slots_bundle(
    reader: ProvenReader, address: str, slots: Sequence[int] = (), block: int | None = None
) -> Json:
    """Return a proof file of raw storage words of a contract, or of an account's balance.

    Raises as :func:`make_bundle`.
    """
    values: list[Value] = [SlotValue(f"slot {slot:#x}", address, slot) for slot in slots]
    return await make_bundle(reader, values or [AccountValue("balance", address)], block)


def _wanted(values: Sequence[Value]) -> dict[str, list[int]]:
    wanted: dict[str, list[int]] = {}
    for value in values:
        if isinstance(value, SlotValue | AccountValue):
            slots = wanted.setdefault(checksum_address(hex_data(value.address, 20)), [])
            if isinstance(value, SlotValue):
                slots.append(value.slot)
    return wanted


def _account(address: str, item: AccountProof, nodes: _Nodes) -> Json:
    return {
        "address": address,
        "proof": nodes.places(item.nodes),
        "slots": [
            {"slot": f"0x{slot:064x}", "proof": nodes.places(item.slot_nodes[slot])}
            for slot in item.proven.slots
        ],
    }


def _state_value(value: SlotValue | AccountValue, found: dict[str, AccountProof]) -> Json:
    address = checksum_address(hex_data(value.address, 20))
    proven = found[address].proven
    if isinstance(value, SlotValue):
        return slot_to_json(value, proven.slots[value.slot])
    return {
        "kind": "account",
        "label": value.label,
        "unit": value.unit,
        "address": address,
        "field": value.field,
        "value": account_field(proven.account, value.field),
    }


@dataclass(frozen=True, slots=True)
class _Receipt:
    """A proven receipt and its entry in the file."""

    state: ChainState
    body: BlockBody
    index: int
    record: Json


async def _receipt(reader: ProvenReader, transaction_hash: str, nodes: _Nodes) -> _Receipt:
    found = await reader.locate(transaction_hash)
    if found is None:
        raise BundleRefused(f"The transaction {transaction_hash} is in no block that is kept.")
    body, index = found
    record = {
        "block": body.header.number,
        "index": index,
        "transaction": nodes.places(ordered_proof(body.raw, index)),
        "receipt": nodes.places(ordered_proof([encode_receipt(r) for r in body.receipts], index)),
    }
    return _Receipt(reader.client.pinned(body.header.number), body, index, record)


def _of_receipt(value: Value) -> TypeGuard[EventValue | ReceiptValue]:
    return isinstance(value, EventValue | ReceiptValue)


def _receipt_value(value: EventValue | ReceiptValue, place: int, found: _Receipt) -> Json:
    shared = {"label": value.label, "receipt": place, "transaction": value.transaction_hash}
    if isinstance(value, ReceiptValue):
        succeeded = found.body.receipts[found.index].succeeded
        return {"kind": "receipt", "value": "succeeded" if succeeded else "failed", **shared}
    return {
        "kind": "event",
        "unit": value.unit,
        "log": _log_in_receipt(found.body, found.index, value),
        "contract": value.contract,
        **shared,
    }


def _log_in_receipt(body: BlockBody, index: int, value: EventValue) -> int:
    """Return an event's place within its transaction."""
    indices = [e.log_index for e in body.events if e.transaction_index == index]
    if value.log_index not in indices:
        raise BundleRefused(f"The transaction of {value.label!r} has no event {value.log_index}.")
    return indices.index(value.log_index)
