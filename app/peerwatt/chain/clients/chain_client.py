"""What all clients do alike: hand out verified blocks, tell their state, stop on evidence."""

from __future__ import annotations

import asyncio
import logging
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Generic, TypeVar

from peerwatt.model.ports import Clock
from peerwatt.model.verified import ChainFault, Unproven

from ..consensus.header import HeaderRefused
from ..consensus.rules import ChainState
from ..encoding import hex_int
from ..endpoints.endpoint import Endpoint
from ..endpoints.pool import EndpointPool
from ..networks import Network
from ..status import ChainStatus, Counters, EndpointStatus, Evidence, SyncState
from .evidence import EvidenceKeeper

log = logging.getLogger(__name__)

STALE_PERIODS = 3
"""A head older than so many block periods is too old."""

State = TypeVar("State", bound=ChainState)


class ChainClient(ABC, Generic[State]):
    """The part of a ``VerifiedChain`` that does not depend on how its blocks are believed."""

    def __init__(
        self,
        network: Network,
        clock: Clock,
        keeper: EvidenceKeeper,
        *,
        timeout_s: float,
        on_evidence: Callable[[Evidence], None] | None,
    ) -> None:
        self.network = network
        self.clock = clock
        self.counters = Counters()
        self.evidence: Evidence | None = None
        self._pool = EndpointPool(network.endpoints, clock, self.counters, timeout_s=timeout_s)
        self._keeper = keeper
        self._on_evidence = on_evidence
        self._round = asyncio.Lock()
        self._is_loaded = False

    # -- what is known -----------------------------------------------------------------------

    @property
    def endpoints(self) -> tuple[Endpoint, ...]:
        """The JSON-RPC endpoints that are followed."""
        return self._pool.endpoints

    @property
    @abstractmethod
    def head(self) -> State | None:
        """State after the newest verified block."""

    @property
    @abstractmethod
    def final_number(self) -> int | None:
        """Number of the newest block that cannot be replaced under the network's rules."""

    @abstractmethod
    def block(self, number: int) -> State | None:
        """Return a verified block that is still kept, by number."""

    def pinned(self, number: int | None = None) -> State:
        """Return the block to prove against: ``number``, or the newest. Raises Unproven."""
        if self.evidence is not None:
            raise Unproven(self._stopped_sentence)
        state = self.head if number is None else self.block(number)
        if state is None:
            raise Unproven(
                "No block is verified yet."
                if number is None
                else f"Block {number} is not among the verified blocks that are kept."
            )
        return state

    # -- for the screen ----------------------------------------------------------------------

    @property
    def status(self) -> ChainStatus:
        """Everything about the client for the screen and the report."""
        state, sentence = self._state()
        head = self.head
        number = head.header.number if head else None
        return ChainStatus(
            network=self.network.name,
            consensus=self.network.rules.name,
            chain_id=self.network.chain_id,
            validators=self._validator_count,
            state=state,
            sentence=sentence,
            head=number,
            head_time_s=head.header.timestamp if head else None,
            headers_verified=self.counters.headers_verified,
            proofs_verified=self.counters.proofs_verified,
            rejected=self.counters.rejected,
            endpoints=self._endpoint_statuses(number),
            final=self.final_number,
            finality=self.network.rules.finality,
        )

    @abstractmethod
    def _state(self) -> tuple[SyncState, str]:
        """Return the state of the client as a whole and a sentence about it."""

    @property
    @abstractmethod
    def _stopped_sentence(self) -> str:
        """What happened where ``evidence`` is set, and what the owner can do."""

    @property
    def _validator_count(self) -> int:
        return self.head.validator_count if self.head else len(self.network.validators)

    @property
    def _stale_s(self) -> float:
        return STALE_PERIODS * self.network.block_period_s

    def _endpoint_statuses(self, tip: int | None) -> tuple[EndpointStatus, ...]:
        """Return each endpoint for the screen; ``tip`` is the newest verified number."""
        return self._pool.statuses(self._time_of, tip, self._stale_s)

    def _time_of(self, number: int) -> int | None:
        state = self.block(number)
        return None if state is None else state.header.timestamp

    # -- for rounds --------------------------------------------------------------------------

    def _check_chain_id(self, answer: object) -> None:
        """Check an endpoint's ``eth_chainId``. Raises EncodingFault or HeaderRefused."""
        chain_id = hex_int(answer, 64)
        if chain_id != self.network.chain_id:
            raise HeaderRefused(f"It serves chain {chain_id} instead of {self.network.chain_id}.")

    async def _stop(self, found: Evidence) -> None:
        """Believe nothing any more, keep why, and tell who listens."""
        self.evidence = found
        log.error(self._stopped_sentence)
        await self._keeper.keep(found)
        if self._on_evidence is not None:
            self._on_evidence(found)

    # -- for readers and senders -------------------------------------------------------------

    def serving(self, number: int) -> list[Endpoint]:
        """Return the endpoints that should have a block, best first. Raises EndpointAway."""
        return self._pool.serving(number)

    def refuse(self, endpoint: Endpoint, fault: ChainFault) -> None:
        """Count and note an answer that failed, from whoever asked for it."""
        self._pool.refuse(endpoint, fault)

    async def broadcast(self, raw_transaction: str) -> str:
        """Send a signed transaction to all endpoints; see :meth:`EndpointPool.broadcast`."""
        return await self._pool.broadcast(raw_transaction)
