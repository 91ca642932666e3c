"""Protocols of the chain package: what it needs from outside, and what its clients offer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from peerwatt.model.ports import Clock
from peerwatt.model.verified import ChainFault

from .consensus.rules import ChainState
from .status import ChainStatus, Counters, Evidence

if TYPE_CHECKING:
    from .endpoints.endpoint import Endpoint
    from .networks import Network


class HeaderStore(Protocol):
    """Where verified headers survive a restart.

    A record is opaque to the store: it keeps bytes in the order in which they were appended.
    Old records may be dropped as long as the newest 512 stay.
    """

    def load(self) -> list[bytes]:
        """Return the records kept, oldest first."""

    def append(self, rlps: Sequence[bytes]) -> None:
        """Store verified records, oldest first; what is lost in a crash is verified anew."""


class VerifiedChain(Protocol):
    """A verified view of one network, whichever way its blocks are believed.

    Readers, providers and the engine use no more than this. Which client implements it follows
    from the network's rules; see ``opening.open_chain``.
    """

    network: Network
    clock: Clock
    counters: Counters
    evidence: Evidence | None
    can_resolve: bool
    """Whether the owner may go on after a stop by choosing a block; else a new trust root."""

    @property
    def rivals(self) -> tuple[bytes, bytes] | None:
        """Hashes of the two blocks that stopped the client, the one verified first in front."""

    @property
    def endpoints(self) -> tuple[Endpoint, ...]:
        """The JSON-RPC endpoints that are followed."""

    @property
    def head(self) -> ChainState | None:
        """State after the newest verified block."""

    @property
    def final_number(self) -> int | None:
        """Number of the newest block that cannot be replaced under the network's rules."""

    @property
    def status(self) -> ChainStatus:
        """Everything about the client for the screen and the report."""

    def block(self, number: int) -> ChainState | None:
        """Return a verified block that is still kept, by number."""

    def pinned(self, number: int | None = None) -> ChainState:
        """Return the block to prove against: ``number``, or the newest. Raises Unproven."""

    async def sync(self) -> ChainStatus:
        """Do one round; never raises for what an endpoint does."""

    async def resolve_evidence(self, *, follow_other: bool = False) -> Evidence | None:
        """Go on after a stop, as the owner decided; return what was open, if anything.

        The block that was verified first is kept, or with ``follow_other`` given up for the
        second one. Raises ChainFault where ``can_resolve`` is false.
        """

    async def close(self) -> None:
        """Write what is unsaved and close all connections."""

    def serving(self, number: int) -> list[Endpoint]:
        """Return the endpoints that should have a block, best first. Raises EndpointAway."""

    def refuse(self, endpoint: Endpoint, fault: ChainFault) -> None:
        """Count and note an answer that failed, from whoever asked for it."""

    async def broadcast(self, raw_transaction: str) -> str:
        """Send a signed transaction to all endpoints; return its hash, computed here.

        Raises TransactionRefused or EndpointAway.
        """
