"""SSZ hash tree roots and Merkle branches by SHA-256, as far as light-client objects need them.

Source: consensus specifications, ``ssz/simple-serialize.md`` and ``ssz/merkle-proofs.md``.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256

CHUNK = 32
ZERO_CHUNK = bytes(CHUNK)


def _zero_roots(depth: int) -> tuple[bytes, ...]:
    roots = [ZERO_CHUNK]
    for _ in range(depth):
        roots.append(sha256(roots[-1] + roots[-1]).digest())
    return tuple(roots)


ZERO_ROOTS = _zero_roots(32)
"""Roots of trees of zero chunks, by depth."""


def merkle_root(chunks: Sequence[bytes]) -> bytes:
    """Return the root over chunks of 32 bytes, padded with zeros to a power of two."""
    level = list(chunks) or [ZERO_CHUNK]
    depth = 0
    while len(level) > 1:
        if len(level) % 2:
            level.append(ZERO_ROOTS[depth])
        pairs = iter(level)
        level = [sha256(left + right).digest() for left, right in zip(pairs, pairs, strict=True)]
        depth += 1
    return level[0]


def uint_chunk(value: int) -> bytes:
    """Return a number as one chunk: little-endian, 32 bytes."""
    return value.to_bytes(CHUNK, "little")


def bytes_root(data: bytes) -> bytes:
    """Return the root of a byte vector."""
    padded = data + bytes(-len(data) % CHUNK)
    return merkle_root([padded[at : at + CHUNK] for at in range(0, len(padded), CHUNK)])


def short_list_root(data: bytes) -> bytes:
    """Return the root of a byte list whose limit is one chunk: its length is mixed in."""
    return sha256(data.ljust(CHUNK, b"\0") + uint_chunk(len(data))).digest()


def keys_root(keys: Sequence[bytes]) -> bytes:
    """Return the root of a vector of public keys, 48 bytes each."""
    pad = bytes(16)
    return merkle_root([sha256(key + pad).digest() for key in keys])


def depth_of(gindex: int) -> int:
    """Return the length of the branch that proves a generalized index."""
    return gindex.bit_length() - 1


def proves(leaf: bytes, branch: Sequence[bytes], gindex: int, root: bytes) -> bool:
    """Whether a normalized branch proves that ``leaf`` stands at ``gindex`` under ``root``.

    A branch of a fork whose tree is deeper is padded in front; the surplus must be zero
    (``is_valid_normalized_merkle_branch``).
    """
    surplus = len(branch) - depth_of(gindex)
    if surplus < 0 or any(node != ZERO_CHUNK for node in branch[:surplus]):
        return False
    node = leaf
    for sibling in branch[surplus:]:
        pair = sibling + node if gindex & 1 else node + sibling
        node = sha256(pair).digest()
        gindex >>= 1
    return node == root
