"""What a client asks of a consensus whose newest blocks may still be replaced (Clique, AuRa)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

from ..proofs.receipts import Receipt
from .header import Header
from .rules import ChainState, ConsensusRules

NOBODY = bytes(20)
"""Author of the trusted block, who is of no importance."""
Weight = tuple[int, ...]
"""Of two heads the one with the larger weight is followed; compared item by item."""


class ForkState(ChainState, Protocol):
    """What is known after a verified block of a chain that may fork."""

    @property
    def validators(self) -> tuple[bytes, ...]:
        """Who may seal the next block."""

    @property
    def author(self) -> bytes:
        """Who sealed this block; :data:`NOBODY` for the trusted one."""

    @property
    def total_difficulty(self) -> int:
        """Sum of the difficulties up to this block."""


class ForkingRules(ConsensusRules, Protocol):
    """Rules of a network without immediate finality."""

    def read(self, block: object) -> Header:
        """Read a block as JSON-RPC gives it. Raises EncodingFault."""

    def parse(self, data: bytes) -> Header:
        """Read a header's RLP as this network hashes it. Raises EncodingFault."""

    def write(self, header: Header) -> bytes:
        """Return a header's RLP as this network hashes it."""

    def genesis(self, header: Header, trusted_hash: bytes) -> ForkState:
        """Return the state after the trusted block. Raises HeaderRefused when it is another."""

    def wants_receipts(self, parent: ChainState, header: Header) -> bool:
        """Whether the block may change the validators by an event, so its receipts are needed."""

    def verify(
        self,
        parent: ChainState,
        header: Header,
        now_s: float,
        receipts: Sequence[Receipt] | None = None,
    ) -> ForkState:
        """Return the state after ``header``. Raises HeaderRefused, or HeaderTooEarly.

        ``receipts`` are all receipts of the block, proven, where :meth:`wants_receipts` says so.
        """

    def unpack(self, data: bytes) -> ForkState:
        """Return a state packed before. Raises EncodingFault."""

    def weight(self, state: ForkState) -> Weight:
        """Return the weight of a chain that ends with ``state``."""

    def settles(self, state: ForkState, later: frozenset[bytes]) -> bool:
        """Whether ``state`` is settled once ``later`` validators sealed blocks on top of it."""


def settled_number(rules: ForkingRules, newest_first: Iterable[ForkState]) -> int | None:
    """Return the number of the newest settled block of a chain, ``None`` where there is none.

    The trusted block is settled.
    """
    later: set[bytes] = set()
    for state in newest_first:
        if state.author == NOBODY or rules.settles(state, frozenset(later)):
            return state.header.number
        later.add(state.author)
    return None
