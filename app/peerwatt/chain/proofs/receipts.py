"""Receipts and logs: rebuilt from a block's receipts trie, never an RPC's object passed on.

A log's position, block and transaction follow from the place of its receipt in the trie; an
endpoint that could choose them could move an event to another transaction.
(EIP-2718 envelopes, EIP-658 status.)
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from ..encoding import (
    EncodingFault,
    Rlp,
    as_bytes,
    as_int,
    as_list,
    hex_data,
    hex_int,
    int_bytes,
    rlp_decode,
    rlp_encode,
)
from . import ProofRefused
from .bloom import bloom_of
from .mpt import ordered_root


@dataclass(frozen=True, slots=True)
class LogEntry:
    """What a contract logged."""

    address: bytes
    topics: tuple[bytes, ...]
    data: bytes


@dataclass(frozen=True, slots=True)
class Receipt:
    """Consensus content of one receipt."""

    type: int
    succeeded: bool
    cumulative_gas: int
    logs: tuple[LogEntry, ...]

    @property
    def bloom(self) -> bytes:
        """Bloom of the logs, computed."""
        return bloom_of(item for log in self.logs for item in (log.address, *log.topics))


@dataclass(frozen=True, slots=True)
class ProvenLog:
    """A log with its place, which its proven receipt gives."""

    log: LogEntry
    transaction_index: int
    log_index: int


def receipt_from_json(value: object) -> Receipt:
    """Read the consensus content of a receipt. Raises EncodingFault."""
    if not isinstance(value, Mapping):
        raise EncodingFault("JSON-RPC: a receipt must be an object.")
    status = hex_int(value.get("status"), 8)
    if status > 1:
        raise EncodingFault("JSON-RPC: a receipt's status is neither 0 nor 1.")
    logs = value.get("logs")
    if not isinstance(logs, list):
        raise EncodingFault("JSON-RPC: a receipt has no list of logs.")
    return Receipt(
        type=hex_int(value.get("type", "0x0"), 8),
        succeeded=status == 1,
        cumulative_gas=hex_int(value.get("cumulativeGasUsed"), 64),
        logs=tuple(_log(log) for log in logs),
    )


def _log(value: object) -> LogEntry:
    if not isinstance(value, Mapping) or not isinstance(value.get("topics"), list):
        raise EncodingFault("JSON-RPC: a log must be an object with topics.")
    topics = tuple(hex_data(topic, 32) for topic in value["topics"])
    if len(topics) > 4:
        raise EncodingFault("JSON-RPC: a log has more than four topics.")
    return LogEntry(hex_data(value.get("address"), 20), topics, hex_data(value.get("data")))


def encode_receipt(receipt: Receipt) -> bytes:
    """Return a receipt as it stands in the trie."""
    logs: list[Rlp] = [[log.address, list(log.topics), log.data] for log in receipt.logs]
    body = rlp_encode(
        [
            b"\x01" if receipt.succeeded else b"",
            int_bytes(receipt.cumulative_gas),
            receipt.bloom,
            logs,
        ]
    )
    return body if receipt.type == 0 else bytes((receipt.type,)) + body


def decode_receipt(raw: bytes) -> Receipt:
    """Read a receipt as it stands in the trie. Raises EncodingFault on any other form of it."""
    kind = raw[0] if raw and raw[0] < 0x80 else 0
    status, gas, bloom, logs = as_list(rlp_decode(raw[1:] if kind else raw), 4)
    if status not in (b"", b"\x01"):
        raise EncodingFault("RLP: a receipt's status is neither 0 nor 1.")
    receipt = Receipt(
        kind,
        status == b"\x01",
        as_int(gas, 64),
        tuple(_decode_log(as_list(item, 3)) for item in as_list(logs)),
    )
    if receipt.bloom != bloom:
        raise EncodingFault("RLP: a receipt's bloom is not that of its logs.")
    return receipt


def _decode_log(items: list[Rlp]) -> LogEntry:
    topics = tuple(as_bytes(topic, 32) for topic in as_list(items[1]))
    if len(topics) > 4:
        raise EncodingFault("RLP: a log has more than four topics.")
    return LogEntry(as_bytes(items[0], 20), topics, as_bytes(items[2]))


def verify_receipts(receipts_root: bytes, answer: object) -> tuple[Receipt, ...]:
    """Return all receipts of a block, in order, proven against its root.

    ``answer`` is the list of all receipts as JSON. Nothing can be left out or reordered without
    changing the root. Raises ProofRefused or EncodingFault.
    """
    if not isinstance(answer, list):
        raise ProofRefused("The receipts of a block are no list.")
    receipts = tuple(receipt_from_json(item) for item in answer)
    if ordered_root([encode_receipt(receipt) for receipt in receipts]) != receipts_root:
        raise ProofRefused("The receipts do not make up the block's receipts root.")
    return receipts


def logs_of(receipts: Sequence[Receipt]) -> Iterator[ProvenLog]:
    """Yield all logs of a block with their proven places."""
    count = 0
    for index, receipt in enumerate(receipts):
        for log in receipt.logs:
            yield ProvenLog(log, index, count)
            count += 1
