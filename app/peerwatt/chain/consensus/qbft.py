"""QBFT: how its extraData is written and which two hashes follow from it.

Source: EEA QBFT specification v1 and Hyperledger Besu (``QbftExtraDataCodec``,
``BftBlockHashing``). GoQuorum writes the same.
"""

from __future__ import annotations

from typing import ClassVar

from ..encoding import (
    EncodingFault,
    Rlp,
    as_bytes,
    as_int,
    as_list,
    int_bytes,
    keccak,
    rlp_decode,
    rlp_encode,
    rlp_list_of,
    rlp_string,
)
from .bft import SEAL_BYTES, VANITY_BYTES, BftCodec, BftExtra, Vote
from .bft_rules import BftRules, BftState
from .header import Header, header_parts

QbftExtra = BftExtra
QbftState = BftState


def decode_extra(data: bytes) -> BftExtra:
    """Read RLP([vanity, [validator], vote, round, [seal]]). Raises EncodingFault otherwise.

    Besu tolerates further items at the end; it never writes any, so they are refused here.
    """
    vanity, validators, vote, round_number, seals = as_list(rlp_decode(data), 5)
    return BftExtra(
        vanity=as_bytes(vanity, VANITY_BYTES),
        validators=tuple([as_bytes(item, 20) for item in as_list(validators)]),
        vote=_decode_vote(as_list(vote)),
        round=as_int(round_number, 32),
        seals=tuple([as_bytes(item, SEAL_BYTES) for item in as_list(seals)]),
    )


def _decode_vote(items: list[Rlp]) -> Vote | None:
    if not items:
        return None
    if len(items) != 2 or items[1] not in (b"\xff", b""):
        raise EncodingFault("extraData: a vote is neither an addition nor a removal.")
    return Vote(as_bytes(items[0], 20), items[1] == b"\xff")


def encode_extra(extra: BftExtra) -> bytes:
    """Write extraData."""
    return _extra(_stem(extra), extra.round, extra.seals)


def _stem(extra: BftExtra) -> bytes:
    """Encode the part of extraData that is the same in all its variants."""
    vote = b"\xc0"
    if extra.vote is not None:
        vote = rlp_encode([extra.vote.target, b"\xff" if extra.vote.add else b""])
    validators = rlp_list_of(b"".join([b"\x94" + address for address in extra.validators]))
    return b"\xa0" + extra.vanity + validators + vote


def _extra(stem: bytes, round_number: int, seals: tuple[bytes, ...] = ()) -> bytes:
    sealed = rlp_list_of(b"".join([b"\xb8\x41" + seal for seal in seals]))
    return rlp_list_of(stem + rlp_string(int_bytes(round_number)) + sealed)


def header_hashes(header: Header, extra: BftExtra) -> tuple[bytes, bytes]:
    """Return (block hash, hash that committed seals sign).

    The block hash covers neither round nor seals (round 0, no seals); the sealed hash covers
    the round.
    """
    before, after = header_parts(header)
    stem = _stem(extra)

    def digest(round_number: int) -> bytes:
        """Return the header's hash with this round and no seals in its extraData."""
        return keccak(rlp_list_of(before + rlp_string(_extra(stem, round_number)) + after))

    block = digest(0)
    return block, block if extra.round == 0 else digest(extra.round)


def block_hash(header: Header) -> bytes:
    """Return the hash of a QBFT block. Raises EncodingFault when extraData is malformed."""
    return header_hashes(header, decode_extra(header.extra_data))[0]


def committed_seal_hash(header: Header) -> bytes:
    """Return what validators sign when they commit to a block. Raises EncodingFault."""
    return header_hashes(header, decode_extra(header.extra_data))[1]


class QbftRules(BftRules):
    """Rules of a QBFT network."""

    name: ClassVar[str] = "qbft"
    codec: ClassVar[BftCodec] = BftCodec(decode_extra, encode_extra, header_hashes)

    def check_nonce(self, header: Header) -> None:
        """Besu's rule set for QBFT has none on the nonce."""
