"""Seals blocks as a QBFT validator set would: proposer in turn, committed seals of the validators.

All validator keys of the embedded chain live in one process, so that no messages are exchanged;
what is written into the header is what Besu writes (``QbftExtraDataCodec``).
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import replace

import coincurve

from .codec import address_of
from .header import BlockHeader, QbftExtra, Vote, committed_seal_hash


class QbftSealer:
    """Holds the validators' keys, in memory only, and signs headers with them."""

    def __init__(self, validator_keys: Iterable[bytes]) -> None:
        self._keys = {address_of(key): coincurve.PrivateKey(key) for key in validator_keys}
        if not self._keys:
            raise ValueError("A QBFT chain needs at least one validator key; none was given.")
        self.validators = tuple(sorted(self._keys))
        """Addresses in ascending order, as the header lists them."""

    @property
    def quorum(self) -> int:
        """Seals that make a block final: ceil(2N/3)."""
        return -(-2 * len(self.validators) // 3)

    def genesis_extra(self) -> bytes:
        """Return block 0's extraData: the first validators, no vote, round 0, no seals."""
        return QbftExtra(self.validators).encode()

    def proposer_after(self, previous: bytes) -> bytes:
        """Return the next proposer in round-robin order of addresses (round 0)."""
        return self.validators[bisect_right(self.validators, previous) % len(self.validators)]

    def seal(
        self,
        header: BlockHeader,
        *,
        round_number: int = 0,
        vote: Vote | None = None,
        seal_count: int | None = None,
    ) -> BlockHeader:
        """Return the header with extraData and committed seals of r(32) || s(32) || recId(1).

        ``seal_count`` validators sign, counted from the proposer in order; all of them by default.
        """
        extra = QbftExtra(self.validators, vote, round_number)
        digest = committed_seal_hash(header, extra)
        first = bisect_right(self.validators, header.beneficiary) - 1
        turn = self.validators[first:] + self.validators[:first]
        seals = tuple(
            self._keys[signer].sign_recoverable(digest, hasher=None)
            for signer in turn[: seal_count if seal_count is not None else len(turn)]
        )
        return replace(header, extra_data=replace(extra, seals=seals).encode())
