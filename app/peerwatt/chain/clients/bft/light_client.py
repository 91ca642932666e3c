"""Light client of QBFT and IBFT 2.0: follows several endpoints from a trust root, believes none.

One round (:meth:`LightClient.sync`) asks every endpoint for its newest number, verifies the
headers that are new, and compares each endpoint's block with ours. Two valid headers at one
height are kept as evidence and stop the client: such a chain cannot be relied on.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from contextlib import nullcontext

from peerwatt.model.ports import Clock
from peerwatt.model.verified import ChainFault, Unproven

from ...consensus.bft_rules import BftRules, BftState, TrustExpired
from ...consensus.header import Header, HeaderRefused, HeaderTooEarly, header_from_rlp
from ...consensus.rules import ChainState
from ...endpoints.endpoint import Endpoint
from ...endpoints.patience import allowance
from ...endpoints.pool import TransactionRefused
from ...networks import Network, NetworkFault
from ...ports import HeaderStore
from ...status import Evidence, SyncState
from ..evidence import BranchRejected
from ..ring_client import RingClient
from .contract_set import ContractSets
from .header_fetch import fetch_blocks, read_header, verify_run
from .heap import calm_collector
from .second_header import SecondHeaders
from .skipping import Skipper

__all__ = ["LightClient", "TransactionRefused"]

log = logging.getLogger(__name__)

BATCH = 256
CONTRACT_BATCH = 64
"""Headers at a time where each needs a proof of its validators."""
MAX_PER_ROUND = 8192
LAG_BLOCKS = 2
"""So many blocks an endpoint may be ahead of the verified ones before that is told."""


class LightClient(RingClient[ChainState]):
    """Verified view of one network whose blocks are final at once; a ``VerifiedChain``."""

    def __init__(
        self,
        network: Network,
        clock: Clock,
        store: HeaderStore | None = None,
        *,
        timeout_s: float = 5.0,
        on_evidence: Callable[[Evidence], None] | None = None,
    ) -> None:
        """``store`` also keeps evidence if it is an ``EvidenceStore``. Raises NetworkFault."""
        if not isinstance(network.rules, BftRules):
            raise NetworkFault(f"Network {network.name!r} is not sealed by QBFT or IBFT 2.0.")
        super().__init__(
            network,
            clock,
            store,
            hash_of=self._hash_of,
            timeout_s=timeout_s,
            on_evidence=on_evidence,
        )
        self._rules = network.rules
        self._sets = ContractSets(self._rules)
        self._skipper = Skipper(
            self._rules, self._sets, clock, network.sync.trusting_period_s, self._count
        )
        self._second = SecondHeaders(
            self._rules, self._ring, self._sets, self._skipper, clock, self._keeper.is_rejected
        )
        self._expired: TrustExpired | None = None

    def _hash_of(self, rlp: bytes) -> bytes:
        return self._rules.hash(header_from_rlp(rlp))

    def _count(self, headers: int) -> None:
        self.counters.headers_verified += headers

    # -- what is known -----------------------------------------------------------------------

    @property
    def head(self) -> ChainState | None:
        """State after the newest verified block."""
        return self._ring.tip

    @property
    def final_number(self) -> int | None:
        """Number of the newest verified block: every sealed block is final at once."""
        return self._ring.tip.header.number if self._ring.tip else None

    def block(self, number: int) -> ChainState | None:
        """Return a verified block that is still kept, by number."""
        return self._ring.get(number)

    def _state(self) -> tuple[SyncState, str]:
        head = self._ring.tip
        if self.evidence is not None:
            return SyncState.STOPPED, self._stopped_sentence
        if self._expired is not None:
            return SyncState.EXPIRED, str(self._expired)
        if not self._pool.usable and self._is_loaded:
            return SyncState.AWAY, "No endpoint serves this chain at the moment."
        if head is None:
            return SyncState.STARTING, "Connecting to the chain."
        return self._followed_state(head)

    def _followed_state(self, head: ChainState) -> tuple[SyncState, str]:
        """Return state and sentence while endpoints are followed."""
        number, best = head.header.number, self._pool.best or 0
        if not self._has_caught_up:
            last = max(best, number, *(e.head or 0 for e in self._pool.usable))
            return SyncState.STARTING, f"Checking the chain's headers: {number} of {last}."
        if best > number + LAG_BLOCKS:
            return SyncState.BEHIND, (
                f"Verified up to block {number}; {best - number} newer ones are being checked."
            )
        if stale := self._stale_sentence(head):
            return SyncState.STALE, stale
        return SyncState.VERIFIED, f"Verified up to block {number}.{self._pool.caveat()}"

    @property
    def _stopped_sentence(self) -> str:
        height = self.evidence.height if self.evidence else 0
        return (
            f"Stopped: the validators sealed two different blocks at height {height}. "
            "The evidence is kept; ask your community which chain is right."
        )

    # -- one round ---------------------------------------------------------------------------

    def _begin(self) -> None:
        """Nothing is kept beside the ring."""

    def _header_of(self, block: object, number: int) -> Header:
        return read_header(block, number)

    async def _advance(self, endpoints: Sequence[Endpoint]) -> None:
        """Verify what is new, from the endpoint that is furthest first, then compare.

        Each endpoint has its share of the round; a slow one goes on in the next.
        """
        if self._ring.tip is None:
            return
        expired: TrustExpired | None = None
        has_followed = False
        for endpoint in self._pool.in_turn(endpoints):
            try:
                with allowance(self._pool.timeout_s):
                    await self._follow(endpoint)
                    await self._compare(endpoint)
                has_followed = True
            except HeaderTooEarly as fault:
                # What it announced beyond our head cannot be verified yet, so it does not count.
                endpoint.head = self._tip.header.number
                endpoint.follows(endpoint.head)
                endpoint.sentence = str(fault)
                has_followed = True
            except TrustExpired as fault:
                endpoint.follows(self._tip.header.number)
                expired = fault
            except ChainFault as fault:
                self._pool.refuse(endpoint, fault)
            if self.evidence is not None:
                return
        if endpoints:
            self._expired = None if has_followed else expired
        if has_followed and self._tip.header.number >= (self._pool.best or 0):
            self._has_caught_up = True

    @property
    def _tip(self) -> BftState:
        """The newest state; only asked for once there is one."""
        return self._rules.own(self.pinned())

    async def _follow(self, endpoint: Endpoint) -> None:
        """Fetch and verify the headers an endpoint has beyond ours."""
        await self._skip(endpoint)
        tip = self._tip.header.number
        last = min(endpoint.head or 0, tip + MAX_PER_ROUND)
        with calm_collector() if last - tip > BATCH else nullcontext():
            await self._walk(endpoint, last)

    async def _walk(self, endpoint: Endpoint, last: int) -> None:
        """Verify header by header up to ``last``."""
        tip = self._tip.header.number
        size = CONTRACT_BATCH if self._rules.contract_at(tip + 1) else BATCH
        ahead: asyncio.Task[list[object]] | None = None
        try:
            while (first := self._tip.header.number + 1) <= last:
                numbers = range(first, min(first + size, last + 1))
                blocks = await (ahead or fetch_blocks(endpoint, numbers))
                # The next headers are on their way while these are verified.
                rest = range(numbers.stop, min(numbers.stop + size, last + 1))
                ahead = asyncio.create_task(fetch_blocks(endpoint, rest)) if rest else None
                await self._take(endpoint, blocks)
                endpoint.agreed = self._tip.header.number
        finally:
            if ahead is not None:
                ahead.cancel()
                await asyncio.gather(ahead, return_exceptions=True)

    async def _skip(self, endpoint: Endpoint) -> None:
        """Jump over a long gap where the network allows it."""
        plan, tip = self.network.sync, self._tip
        target = endpoint.head or 0
        if plan.mode != "skipping" or target - tip.header.number < max(plan.skip_from_blocks, 2):
            return
        state = self._skipper.unfinished(endpoint, tip.header.number) or tip
        if state is tip:
            ahead = {n for n in self._rejected.values() if tip.header.number < n < target}
            for goal in sorted({target, *ahead}):
                state = await self._skipper.jump(endpoint, state, goal)
                self._check_decided(state)
        states = await self._skipper.behind(endpoint, state, tip.header.number + 1)
        self._second.anchor = tip
        self._ring.reset(states)
        endpoint.agreed = state.header.number
        log.info("Skipped from block %d to %d.", tip.header.number, endpoint.agreed)

    async def _take(self, endpoint: Endpoint, blocks: Sequence[object]) -> None:
        """Verify consecutive blocks; those before a bad one are kept. Raises Unproven."""
        first = self._tip.header.number + 1
        ends = (first, first + len(blocks) - 1)
        try:
            if any(self._rules.contract_at(number) is not None for number in ends):
                await self._verify_with_sets(endpoint, blocks)
            else:
                await self._verify(blocks)
        except HeaderTooEarly:
            raise
        except Unproven:
            # Either nonsense, or a block of another branch: that is told apart first.
            await self._examine(endpoint, self._tip.header.number)
            raise

    async def _verify(self, blocks: Sequence[object]) -> None:
        states, fault = await verify_run(self._rules, self._tip, blocks, self.clock.now_s())
        for state in states:
            self._check_decided(state)
            self._ring.push(state)
        self._count(len(states))
        if fault is not None:
            raise fault

    async def _verify_with_sets(self, endpoint: Endpoint, blocks: Sequence[object]) -> None:
        """Verify blocks whose validators a contract holds: each needs a proof at its parent."""
        first = self._tip.header.number
        await self._sets.prefetch(endpoint, range(first, first + len(blocks)))
        for block in blocks:
            ready = await self._sets.ready(endpoint, self._tip)
            header = read_header(block, ready.header.number + 1)
            self._ring.replace_tip(ready)
            state = self._rules.verify(ready, header, self.clock.now_s())
            self._check_decided(state)
            self._ring.push(state)
            self._count(1)
            await asyncio.sleep(0)

    def _check_decided(self, state: ChainState) -> None:
        """Refuse a block that the owner decided against."""
        number = state.header.number
        if number in self._rejected.values() and state.block_hash in self._rejected:
            raise BranchRejected(number)

    # -- endpoints against each other --------------------------------------------------------

    async def _compare(self, endpoint: Endpoint) -> None:
        """Compare the newest block that an endpoint and we both have."""
        tip = self._tip.header.number
        height = min(endpoint.head or 0, tip)
        if height > endpoint.agreed and height >= self._ring.oldest:
            if not await self._second.agrees(endpoint, height):
                await self._examine(endpoint, height)
                raise HeaderRefused(f"Its block {height} is not the verified one.")
            endpoint.agreed = height
        endpoint.follows(tip)

    async def _examine(self, endpoint: Endpoint, height: int) -> None:
        """Stop with evidence where an endpoint's branch holds a valid header beside ours."""
        found = await self._second.examine(endpoint, height)
        if found is not None:
            await self._stop(found)
