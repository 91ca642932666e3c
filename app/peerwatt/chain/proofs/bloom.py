"""Log blooms (yellow paper 4.3.1): which blocks must be searched for an event."""

from __future__ import annotations

from collections.abc import Iterable

from ..encoding import keccak

BLOOM_BYTES = 256


def bloom_bits(item: bytes) -> int:
    """Return the three bits of an address or topic, as a 2048-bit number."""
    digest = keccak(item)
    bits = 0
    for at in (0, 2, 4):
        bits |= 1 << (int.from_bytes(digest[at : at + 2], "big") & 2047)
    return bits


def bloom_of(items: Iterable[bytes]) -> bytes:
    """Return the bloom of addresses and topics."""
    bits = 0
    for item in items:
        bits |= bloom_bits(item)
    return bits.to_bytes(BLOOM_BYTES, "big")


def may_contain(bloom: bytes, item: bytes) -> bool:
    """Whether a bloom may hold an item; ``False`` is certain."""
    bits = bloom_bits(item)
    return int.from_bytes(bloom, "big") & bits == bits
