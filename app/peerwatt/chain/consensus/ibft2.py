"""IBFT 2.0: how its extraData is written and which two hashes follow from it.

Quorum and votes are those of QBFT; the encoding differs in every part. Source: Hyperledger Besu
``IbftExtraDataCodec``, ``BftBlockHashing`` and ``IbftBlockHeaderValidationRulesetFactory``.
"""

from __future__ import annotations

from typing import ClassVar

from ..encoding import (
    EncodingFault,
    Rlp,
    as_bytes,
    as_list,
    keccak,
    rlp_decode,
    rlp_encode,
    rlp_list_of,
    rlp_string,
)
from .bft import SEAL_BYTES, VANITY_BYTES, BftCodec, BftExtra, Vote
from .bft_rules import BftRules
from .header import Header, HeaderRefused, header_parts

ROUND_BYTES = 4


def decode_extra(data: bytes) -> BftExtra:
    """Read RLP([vanity, [validator], vote, round, [seal]]). Raises EncodingFault otherwise.

    No vote is an empty string, a removal is the byte 0x00, the round has four bytes.
    """
    vanity, validators, vote, round_number, seals = as_list(rlp_decode(data), 5)
    return BftExtra(
        vanity=as_bytes(vanity, VANITY_BYTES),
        validators=tuple(as_bytes(item, 20) for item in as_list(validators)),
        vote=_decode_vote(vote),
        round=int.from_bytes(as_bytes(round_number, ROUND_BYTES), "big"),
        seals=tuple(as_bytes(item, SEAL_BYTES) for item in as_list(seals)),
    )


def _decode_vote(item: Rlp) -> Vote | None:
    if item == b"":
        return None
    target, kind = as_list(item, 2)
    if kind not in (b"\xff", b"\x00"):
        raise EncodingFault("extraData: a vote is neither an addition nor a removal.")
    return Vote(as_bytes(target, 20), kind == b"\xff")


def encode_extra(extra: BftExtra) -> bytes:
    """Write extraData."""
    seals = rlp_list_of(b"".join([rlp_string(seal) for seal in extra.seals]))
    return rlp_list_of(_stem(extra) + _round(extra) + seals)


def _stem(extra: BftExtra) -> bytes:
    """Encode the part of extraData that is the same in all its variants."""
    vote = b"\x80"
    if extra.vote is not None:
        vote = rlp_encode([extra.vote.target, b"\xff" if extra.vote.add else b"\x00"])
    validators = rlp_list_of(b"".join([b"\x94" + address for address in extra.validators]))
    return rlp_string(extra.vanity) + validators + vote


def _round(extra: BftExtra) -> bytes:
    return rlp_string(extra.round.to_bytes(ROUND_BYTES, "big"))


def header_hashes(header: Header, extra: BftExtra) -> tuple[bytes, bytes]:
    """Return (block hash, hash that committed seals sign).

    The sealed hash is over extraData of four items, without seals; the block hash over three,
    without round and seals.
    """
    before, after = header_parts(header)
    stem = _stem(extra)

    def digest(items: bytes) -> bytes:
        """Return the header's hash with these encoded items as its extraData."""
        return keccak(rlp_list_of(before + rlp_string(rlp_list_of(items)) + after))

    return digest(stem), digest(stem + _round(extra))


class Ibft2Rules(BftRules):
    """Rules of an IBFT 2.0 network."""

    name: ClassVar[str] = "ibft2"
    codec: ClassVar[BftCodec] = BftCodec(decode_extra, encode_extra, header_hashes)

    def check_nonce(self, header: Header) -> None:
        """The nonce must be zero."""
        if any(header.nonce):
            raise HeaderRefused("The nonce is not zero.")
