"""Proof of stake as seen from a network's description: its parameters, its words for finality.

Blocks of the execution layer are believed by the sync protocol, not by their own content; what
is left to check on a header is that a verified one names it by its hash.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..header import Header, HeaderRefused, header_from_rlp, header_to_rlp, plain_hash
from ..rules import ChainState
from .config import BeaconConfig


@dataclass(frozen=True, slots=True)
class ExecutionState:
    """An execution block that a verified beacon block names, directly or by its descendants."""

    header: Header
    block_hash: bytes
    validator_count: int
    """Members of the sync committee, who speak for all validators."""


@dataclass(frozen=True, slots=True)
class BeaconRules:
    """Rules of one network with proof of stake."""

    config: BeaconConfig

    @property
    def name(self) -> str:
        """Name of the consensus."""
        return "ethereum"

    @property
    def finality(self) -> str:
        """What final means here."""
        return "finalized by the validators' checkpoint"

    def hash(self, header: Header) -> bytes:
        """Return the hash of an execution block."""
        return plain_hash(header)

    def state(self, header: Header) -> ExecutionState:
        """Return the state of an execution block."""
        return ExecutionState(header, plain_hash(header), self.config.committee_size)

    def genesis(self, header: Header, trusted_hash: bytes) -> ExecutionState:
        """Return the state of a trusted execution block. Raises HeaderRefused."""
        state = self.state(header)
        if state.block_hash != trusted_hash:
            raise HeaderRefused("The execution block does not hash to what was verified.")
        return state

    def verify(self, parent: ChainState, header: Header, now_s: float) -> ChainState:
        """Refuse: no execution block vouches for the next one; the sync protocol does."""
        del parent, header, now_s
        raise HeaderRefused(
            "Under proof of stake a block is believed by the sync committee, not by its parent."
        )

    def pack(self, state: ChainState) -> bytes:
        """Return a state as its header's RLP."""
        return header_to_rlp(state.header)

    def unpack(self, data: bytes) -> ExecutionState:
        """Return a state packed before. Raises EncodingFault."""
        return self.state(header_from_rlp(data))
