"""What the clients ask of a network's consensus: pure functions of headers and time."""

from __future__ import annotations

from typing import Protocol

from .header import Header


class ChainState(Protocol):
    """What is known after a verified block; each network adds what its rules need."""

    @property
    def header(self) -> Header:
        """The verified header."""

    @property
    def block_hash(self) -> bytes:
        """Its hash on this network."""

    @property
    def validator_count(self) -> int:
        """Number of validators after this block."""


class ConsensusRules(Protocol):
    """Rules of one network. States are only ever handed back to the rules that made them."""

    @property
    def name(self) -> str:
        """Name of the consensus, for example ``qbft``."""

    @property
    def finality(self) -> str:
        """What final means on this network, in a few plain words, for example ``immediate``."""

    def hash(self, header: Header) -> bytes:
        """Return the hash of a block on this network. Raises EncodingFault."""

    def genesis(self, header: Header, trusted_hash: bytes) -> ChainState:
        """Return the state after the trusted block. Raises HeaderRefused when it is another."""

    def verify(self, parent: ChainState, header: Header, now_s: float) -> ChainState:
        """Return the state after ``header``. Raises HeaderRefused, or HeaderTooEarly."""

    def pack(self, state: ChainState) -> bytes:
        """Return a state as bytes for the local store."""

    def unpack(self, data: bytes) -> ChainState:
        """Return a state packed before. Raises EncodingFault."""
