"""What the clients that verify every header do alike: the ring, their rounds, a decided stop."""

from __future__ import annotations

import logging
from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence

from peerwatt.model.ports import Clock

from ..consensus.header import Header
from ..consensus.rules import ChainState
from ..endpoints.endpoint import Endpoint
from ..networks import Network
from ..ports import HeaderStore
from ..status import ChainStatus, Evidence
from .chain_client import ChainClient, State
from .evidence import EvidenceKeeper
from .ring import HeaderRing

log = logging.getLogger(__name__)


class RingClient(ChainClient[State]):
    """Follows headers from a trusted block on, and keeps the newest in a :class:`HeaderRing`."""

    can_resolve = True

    def __init__(
        self,
        network: Network,
        clock: Clock,
        store: HeaderStore | None,
        *,
        hash_of: Callable[[bytes], bytes],
        timeout_s: float,
        on_evidence: Callable[[Evidence], None] | None,
    ) -> None:
        """``hash_of`` gives the block hash of a header's RLP as evidence holds it."""
        keeper = EvidenceKeeper(store, network.genesis_hash, hash_of)
        super().__init__(network, clock, keeper, timeout_s=timeout_s, on_evidence=on_evidence)
        self._ring = HeaderRing(network.rules, network.genesis_hash, store)
        self._rejected: Mapping[bytes, int] = {}
        """Hash and number of the blocks that the owner decided against."""
        self._has_caught_up = False

    @property
    def rivals(self) -> tuple[bytes, bytes] | None:
        """Hashes of the two blocks that stopped the client, the one verified first in front."""
        return self._keeper.rivals

    # -- what each of them does its own way --------------------------------------------------

    @abstractmethod
    def _begin(self) -> None:
        """Go on from what the ring holds: it was loaded, cut, or given its first block."""

    @abstractmethod
    def _header_of(self, block: object, number: int) -> Header:
        """Read a block that was asked for by number. Raises ChainFault."""

    @abstractmethod
    async def _advance(self, endpoints: Sequence[Endpoint]) -> None:
        """Verify what the endpoints that answered have beyond ours."""

    # -- one round ---------------------------------------------------------------------------

    async def sync(self) -> ChainStatus:
        """Do one round; never raises for what an endpoint does.

        Cheap when nothing is new: ``eth_blockNumber``, and one block where blocks may be replaced,
        for each endpoint.
        """
        async with self._round:
            await self._load()
            if self.evidence is None:
                await self._advance(await self._pool.poll(self._greet))
                await self._ring.save()
            return self.status

    async def close(self) -> None:
        """Write what is unsaved and close all connections."""
        async with self._round:
            await self._ring.save(at_least=1)
            await self._pool.close()

    async def resolve_evidence(self, *, follow_other: bool = False) -> Evidence | None:
        """Go on after a stop, as the owner decided; return what was open, if anything.

        The block that was verified first is kept, or with ``follow_other`` given up for the
        other one. The block decided against is remembered, and an endpoint that serves it is
        refused.
        """
        async with self._round:
            await self._load()
            found = self._keeper.open
            if found is not None and follow_other:
                self._ring.reset(self._ring.upto(found.height - 1))
                await self._ring.save(at_least=1)
                self._begin()
                for endpoint in self.endpoints:
                    endpoint.agreed = 0
            await self._keeper.decide("theirs" if follow_other else "ours")
            self._rejected = self._keeper.rejected
            self.evidence = None
            return found

    async def _load(self) -> None:
        """Take up what earlier runs had verified, and what stopped them."""
        if self._is_loaded:
            return
        await self._ring.load()
        await self._keeper.load()
        self._rejected = self._keeper.rejected
        self.evidence = self._keeper.open
        if self.evidence is not None:
            log.error(self._stopped_sentence)
        self._is_loaded = True
        self._begin()

    async def _greet(self, endpoint: Endpoint) -> None:
        """Check that an endpoint serves this chain: its chain id and the trusted block."""
        number = self.network.trusted_number
        chain_id, block = await endpoint.rpc.batch(
            [("eth_chainId", ()), ("eth_getBlockByNumber", (hex(number), False))]
        )
        self._check_chain_id(chain_id)
        trusted = self.network.rules.genesis(
            self._header_of(block, number), self.network.genesis_hash
        )
        if self._ring.tip is None:
            self._ring.push(trusted)
            self._begin()
        endpoint.is_greeted, endpoint.agreed = True, number

    # -- for the screen ----------------------------------------------------------------------

    def _stale_sentence(self, head: ChainState) -> str:
        """Say that the newest verified block is too old; empty while it is not."""
        age_s = self.clock.now_s() - head.header.timestamp
        if age_s <= self._stale_s:
            return ""
        return (
            f"The newest verified block is {age_s:.0f} s old; "
            f"one is due every {self.network.block_period_s} s."
        )
