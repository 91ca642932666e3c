"""Decompressed public keys of a sync committee, and a way to keep them that needs no trust.

Decompression takes a square root for each key, about 10 ms for 512; what is kept between runs is
the y of each point. Compressed key and curve equation leave exactly one y that is right, so each
kept value is checked against the proven key, at a tenth of the cost: a file that was tampered
with is noticed, whatever it holds.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from py_arkworks_bls12381 import G1Point

from peerwatt.model.verified import Unproven

from .objects import SyncCommittee

FIELD_BYTES = 48
PRIME = int(
    "1a0111ea397fe69a4b1ba7b6434bacd764774b84f38512bf6730d2a0f6b0f624"
    "1eabfffeb153ffffb9feffffffffaaab",
    16,
)
"""Modulus of the base field of BLS12-381; the curve is y^2 = x^3 + 4."""
_COMPRESSED, _INFINITY, _GREATEST = 0x80, 0x40, 0x20
_NO_POINT = "A sync committee holds a key that is no point of the curve."


class CommitteeRefused(Unproven):
    """A sync committee holds a key that is no point of the curve."""


@dataclass(frozen=True, slots=True)
class CommitteePoints:
    """A committee ready for signature checks."""

    points: tuple[G1Point, ...]
    total: G1Point
    """Sum of all points, computed here; the committee's own aggregate is never relied on."""

    def sum_of(self, bits: int) -> G1Point:
        """Return the sum over the members whose bit is set, by whichever side is smaller."""
        size = len(self.points)
        if 2 * bits.bit_count() <= size:
            return _sum(self._chosen(bits), G1Point.identity())
        absent = bits ^ ((1 << size) - 1)
        if not absent:
            return self.total
        return self.total - _sum(self._chosen(absent), G1Point.identity())

    def _chosen(self, bits: int) -> Iterable[G1Point]:
        while bits:
            lowest = bits & -bits
            yield self.points[lowest.bit_length() - 1]
            bits ^= lowest


def decompress(committee: SyncCommittee) -> CommitteePoints:
    """Return the points of a committee that is proven already. Raises CommitteeRefused.

    The subgroup is not checked again: a validator's deposit counts only with a proof of
    possession, which a key outside of it cannot have, so a proven committee holds none.
    """
    try:
        points = tuple(map(G1Point.from_compressed_bytes_unchecked, committee.pubkeys))
    except Exception:
        raise CommitteeRefused(_NO_POINT) from None
    # The library also reads the point at infinity, in more forms than one.
    if any(key[0] & (_COMPRESSED | _INFINITY) != _COMPRESSED for key in committee.pubkeys):
        raise CommitteeRefused(_NO_POINT)
    return _ready(points)


def pack_points(ready: CommitteePoints) -> bytes:
    """Return the y of each point, 48 bytes big-endian, to be kept between runs."""
    return b"".join(point.to_xy_bytes_be()[FIELD_BYTES:] for point in ready.points)


def unpack_points(committee: SyncCommittee, packed: bytes) -> CommitteePoints | None:
    """Return the points of a proven committee from what was kept, or ``None`` if one is wrong."""
    if len(packed) != FIELD_BYTES * len(committee.pubkeys):
        return None
    points = []
    for index, key in enumerate(committee.pubkeys):
        y_bytes = packed[FIELD_BYTES * index : FIELD_BYTES * (index + 1)]
        x_bytes = bytes((key[0] & 0x1F,)) + key[1:]
        if not _matches(key[0], x_bytes, y_bytes):
            return None
        points.append(G1Point.from_xy_bytes_unchecked_be(x_bytes + y_bytes))
    return _ready(tuple(points))


def _matches(flags: int, x_bytes: bytes, y_bytes: bytes) -> bool:
    """Whether (x, y) is the one point that a compressed key with these flags stands for."""
    x, y = int.from_bytes(x_bytes, "big"), int.from_bytes(y_bytes, "big")
    is_greatest = 2 * y > PRIME
    return (
        flags & (_COMPRESSED | _INFINITY) == _COMPRESSED
        and x < PRIME
        and y < PRIME
        and is_greatest == bool(flags & _GREATEST)
        and (y * y - x * x * x - 4) % PRIME == 0
    )


def _ready(points: tuple[G1Point, ...]) -> CommitteePoints:
    return CommitteePoints(points, _sum(points, G1Point.identity()))


def _sum(points: Iterable[G1Point], start: G1Point) -> G1Point:
    for point in points:
        start = start + point
    return start
