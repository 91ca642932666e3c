"""Keys of the liar's chain, and sealing with any choice of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import coincurve

from peerwatt.devnet.codec import address_of, keccak256
from peerwatt.devnet.header import BlockHeader, QbftExtra, Vote, committed_seal_hash
from peerwatt.devnet.sealer import QbftSealer

CURVE_ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
"""Order of secp256k1 (SEC 2, section 2.4.1)."""
VALIDATOR_KEYS = [keccak256(b"liar validator %d" % i) for i in range(5)]
OUTSIDER_KEY = keccak256(b"outsider")
_SIGNING = {address_of(key): coincurve.PrivateKey(key) for key in (*VALIDATOR_KEYS, OUTSIDER_KEY)}
OUTSIDER = address_of(OUTSIDER_KEY)
FIRST_SET = tuple(sorted(address_of(key) for key in VALIDATOR_KEYS))
REMOVED = FIRST_SET[2]
"""The validator whom the others vote out."""
SECOND_SET = tuple(address for address in FIRST_SET if address != REMOVED)

FIRST_VOTE = 9
"""Blocks from here on carry a vote to drop :data:`REMOVED`: the third one passes."""
ROUND_BLOCKS = {20: 1, 33: 2}
"""Blocks that took more than one round."""
FEW_SEALS = range(24, 32)
"""Blocks that were sealed by the least number of validators."""


class VotingSealer(QbftSealer):
    """Seals as :class:`QbftSealer`, with votes, later rounds and blocks of bare quorum.

    Follows Besu's tally for its one purpose: after the third vote to drop a validator, the next
    block is sealed by the others.
    """

    def seal(
        self,
        header: BlockHeader,
        *,
        round_number: int = 0,
        vote: Vote | None = None,
        seal_count: int | None = None,
    ) -> BlockHeader:
        number = header.number
        if FIRST_VOTE <= number < FIRST_VOTE + 3:
            vote = Vote(REMOVED, False)
        if number in FEW_SEALS:
            seal_count = self.quorum
        round_number = ROUND_BLOCKS.get(number, round_number)
        sealed = super().seal(header, round_number=round_number, vote=vote, seal_count=seal_count)
        if number == FIRST_VOTE + 2:
            self.validators = SECOND_SET
        return sealed


def quorum(count: int) -> int:
    """Seals that make a block final: ceil(2 N / 3)."""
    return -(-2 * count // 3)


def sign(signer: bytes, digest: bytes) -> bytes:
    """Return a validator's (or the outsider's) seal r || s || v."""
    return _SIGNING[signer].sign_recoverable(digest, hasher=None)


def seal_as(header: BlockHeader, extra: QbftExtra, signers: Sequence[bytes]) -> BlockHeader:
    """Return the header with this extraData and the true seals of ``signers``, in their order."""
    digest = committed_seal_hash(header, extra)
    seals = tuple(sign(signer, digest) for signer in signers)
    return replace(header, extra_data=replace(extra, seals=seals).encode())


def reseal(header: BlockHeader, signers: Sequence[bytes] | None = None) -> BlockHeader:
    """Seal a changed header anew, extraData's other parts as they are; by all by default."""
    extra = QbftExtra.decode(header.extra_data)
    return seal_as(header, extra, extra.validators if signers is None else signers)


def malleated(seal: bytes) -> bytes:
    """Return the twin of a seal: s becomes n - s and the recovery id flips; same signer."""
    s = CURVE_ORDER - int.from_bytes(seal[32:64], "big")
    return seal[:32] + s.to_bytes(32, "big") + bytes((seal[64] ^ 1,))
