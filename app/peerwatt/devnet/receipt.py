"""Receipts and their bloom filters as the chain encodes them (Yellow Paper 4.3.1, EIP-2718)."""

from __future__ import annotations

from dataclasses import dataclass

from .codec import keccak256, rlp_decode, to_bytes, to_list


@dataclass(frozen=True, slots=True)
class Receipt:
    """A receipt decoded from its consensus encoding."""

    succeeded: bool
    cumulative_gas: int
    logs_bloom: bytes
    logs: tuple[tuple[bytes, tuple[bytes, ...], bytes], ...]
    """(address, topics, data) of each event."""


def decode_receipt(encoded: bytes) -> Receipt:
    """Decode a receipt with or without a type prefix (EIP-2718)."""
    body = encoded if encoded[0] >= 0xC0 else encoded[1:]
    status, gas, bloom, logs = to_list(rlp_decode(body))
    return Receipt(
        succeeded=status == b"\x01",
        cumulative_gas=int.from_bytes(to_bytes(gas), "big"),
        logs_bloom=to_bytes(bloom),
        logs=tuple(
            (to_bytes(address), tuple(map(to_bytes, to_list(topics))), to_bytes(data))
            for address, topics, data in map(to_list, to_list(logs))
        ),
    )


def bloom_may_hold(bloom: bytes, value: bytes) -> bool:
    """Say whether a bloom filter could contain an address or topic."""
    digest = keccak256(value)
    bits = int.from_bytes(bloom, "big")
    return all(bits >> (int.from_bytes(digest[i : i + 2], "big") & 0x7FF) & 1 for i in (0, 2, 4))
