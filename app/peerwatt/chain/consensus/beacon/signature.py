"""The sync committee's aggregate signature: BLS12-381 with proof of possession.

Source: IETF ``draft-irtf-cfrg-bls-signature``, FastAggregateVerify; consensus specifications,
``compute_signing_root``.
"""

from __future__ import annotations

from hashlib import sha256

from py_arkworks_bls12381 import GT, G1Point, G2Point

from .committee_points import CommitteePoints
from .objects import SyncAggregate

SUITE = b"BLS_SIG_BLS12381G2_XMD:SHA-256_SSWU_RO_POP_"
_MINUS_GENERATOR = -G1Point()


def signing_root(object_root: bytes, domain: bytes) -> bytes:
    """Return the root of SigningData: what members of the committee sign."""
    return sha256(object_root + domain).digest()


def verifies(ready: CommitteePoints, aggregate: SyncAggregate, message: bytes) -> bool:
    """Whether the members whose bits are set signed ``message``, 32 bytes, together."""
    if aggregate.size != len(ready.points) or not aggregate.bits:
        return False
    try:
        # Checks the encoding, the curve and the subgroup.
        signature = G2Point.from_compressed_bytes(aggregate.signature)
    except Exception:
        return False
    signers = ready.sum_of(aggregate.bits)
    hashed = G2Point.hash_to_curve(message, SUITE)
    return GT.pairing_check([_MINUS_GENERATOR, signers], [signature, hashed])
