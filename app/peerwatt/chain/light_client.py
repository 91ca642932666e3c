"""Light client: follows several endpoints from a trust root and believes none of them.

One round (:meth:`LightClient.sync`) asks every endpoint for its newest number, verifies the
headers that are new, and compares each endpoint's block with ours. Two valid headers at one
height are kept as evidence and stop the client: such a chain cannot be relied on.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence

from peerwatt.model.ports import Clock
from peerwatt.model.verified import ChainFault, EndpointAway, Unproven

from .consensus.header import (
    Header,
    HeaderRefused,
    HeaderTooEarly,
    header_from_json,
    header_to_rlp,
)
from .consensus.rules import ChainState
from .encoding import hex_data, hex_int, keccak, to_hex
from .endpoint import Endpoint, NotServed
from .networks import Network
from .ports import HeaderStore
from .ring import HeaderRing
from .status import ChainStatus, Counters, EndpointState, Evidence, SyncState
from .transport import JsonRpc, RpcRefused

log = logging.getLogger(__name__)

BATCH = 256
INLINE = 8
"""So many headers (about 2 ms) are verified on the loop; more go to a thread."""
MAX_PER_ROUND = 8192
STALE_PERIODS = 3


class TransactionRefused(ChainFault):
    """Every endpoint that answered refused a transaction; the message holds its reason."""


class LightClient:
    """Verified view of one network."""

    def __init__(
        self,
        network: Network,
        clock: Clock,
        store: HeaderStore | None = None,
        *,
        timeout_s: float = 5.0,
        on_evidence: Callable[[Evidence], None] | None = None,
    ) -> None:
        if not network.endpoints:
            raise ValueError("A light client needs at least one endpoint.")
        self.network = network
        self.clock = clock
        self.counters = Counters()
        self.evidence: Evidence | None = None
        self.endpoints = tuple(
            Endpoint(JsonRpc(url, timeout_s=timeout_s)) for url in network.endpoints
        )
        self._ring = HeaderRing(network.rules, network.genesis_hash, store)
        self._on_evidence = on_evidence
        self._round = asyncio.Lock()
        self._is_loaded = False
        self._has_caught_up = False

    # -- what is known -----------------------------------------------------------------------

    @property
    def head(self) -> ChainState | None:
        """State after the newest verified block."""
        return self._ring.tip

    def block(self, number: int) -> ChainState | None:
        """Return a verified block that is still kept, by number."""
        return self._ring.get(number)

    def pinned(self, number: int | None = None) -> ChainState:
        """Return the block to prove against: ``number``, or the newest. Raises Unproven."""
        if self.evidence is not None:
            raise Unproven(self._stopped_sentence)
        state = self._ring.tip if number is None else self._ring.get(number)
        if state is None:
            raise Unproven(
                "No block is verified yet."
                if number is None
                else f"Block {number} is not among the verified blocks that are kept."
            )
        return state

    @property
    def status(self) -> ChainStatus:
        """Everything about the client for the screen and the report."""
        state, sentence = self._state()
        head = self._ring.tip
        return ChainStatus(
            network=self.network.name,
            consensus=self.network.rules.name,
            chain_id=self.network.chain_id,
            validators=head.validator_count if head else len(self.network.validators),
            state=state,
            sentence=sentence,
            head=head.header.number if head else None,
            head_time_s=head.header.timestamp if head else None,
            headers_verified=self.counters.headers_verified,
            proofs_verified=self.counters.proofs_verified,
            rejected=self.counters.rejected,
            endpoints=tuple(endpoint.status for endpoint in self.endpoints),
        )

    def _state(self) -> tuple[SyncState, str]:
        head = self._ring.tip
        if self.evidence is not None:
            return SyncState.STOPPED, self._stopped_sentence
        if not any(endpoint.is_usable for endpoint in self.endpoints):
            if not self._is_loaded:
                return SyncState.STARTING, "Connecting to the chain."
            return SyncState.AWAY, "No endpoint serves this chain at the moment."
        if head is None or not self._has_caught_up:
            return SyncState.STARTING, "Checking the chain's headers."
        age_s = self.clock.now_s() - head.header.timestamp
        if age_s > STALE_PERIODS * self.network.block_period_s:
            return SyncState.STALE, (
                f"The newest verified block is {age_s:.0f} s old; "
                f"one is due every {self.network.block_period_s} s."
            )
        alone = sum(endpoint.is_usable for endpoint in self.endpoints) < 2
        caveat = " Only one endpoint answers, so nobody contradicts it." if alone else ""
        return SyncState.VERIFIED, f"Verified up to block {head.header.number}.{caveat}"

    @property
    def _stopped_sentence(self) -> str:
        height = self.evidence.height if self.evidence else 0
        return (
            f"Stopped: the validators sealed two different blocks at height {height}. "
            "The evidence is kept; ask your community which chain is right."
        )

    # -- one round ---------------------------------------------------------------------------

    async def sync(self) -> ChainStatus:
        """Do one round; never raises for what an endpoint does.

        Cheap when nothing is new: one ``eth_blockNumber`` for each endpoint.
        """
        async with self._round:
            if self.evidence is None:
                if not self._is_loaded:
                    await self._ring.load()
                    self._is_loaded = True
                now_s = self.clock.now_s()
                due = [endpoint for endpoint in self.endpoints if endpoint.is_due(now_s)]
                await asyncio.gather(*(self._poll(endpoint) for endpoint in due))
                await self._advance([endpoint for endpoint in due if endpoint.is_greeted])
                await self._ring.save()
            return self.status

    async def close(self) -> None:
        """Write what is unsaved and close all connections."""
        async with self._round:
            await self._ring.save(at_least=1)
            for endpoint in self.endpoints:
                await endpoint.rpc.close()

    async def _poll(self, endpoint: Endpoint) -> None:
        """Greet an endpoint where needed and ask for its newest number."""
        try:
            if not endpoint.is_greeted:
                await self._greet(endpoint)
            await endpoint.ask_head()
        except ChainFault as fault:
            self._fault(endpoint, fault)

    async def _greet(self, endpoint: Endpoint) -> None:
        """Check that an endpoint serves this chain: its chain id and its block 0."""
        chain_id, block = await endpoint.rpc.batch(
            [("eth_chainId", ()), ("eth_getBlockByNumber", ("0x0", False))]
        )
        if hex_int(chain_id, 64) != self.network.chain_id:
            raise HeaderRefused(
                f"It serves chain {hex_int(chain_id, 64)} instead of {self.network.chain_id}."
            )
        genesis = self.network.rules.genesis(header_from_json(block), self.network.genesis_hash)
        if self._ring.tip is None:
            self._ring.push(genesis)
        endpoint.is_greeted, endpoint.agreed = True, 0

    async def _advance(self, endpoints: Sequence[Endpoint]) -> None:
        """Verify what is new, from the endpoint that is furthest first, then compare."""
        if self._ring.tip is None:
            return
        for endpoint in sorted(endpoints, key=lambda e: e.head or 0, reverse=True):
            try:
                await self._follow(endpoint)
                await self._compare(endpoint)
            except HeaderTooEarly as fault:
                endpoint.follows(self._tip.header.number)
                endpoint.sentence = str(fault)
            except ChainFault as fault:
                self._fault(endpoint, fault)
            if self.evidence is not None:
                return
        best = max((e.head or 0 for e in endpoints if e.is_greeted), default=None)
        if best is not None and self._tip.header.number >= best:
            self._has_caught_up = True

    @property
    def _tip(self) -> ChainState:
        """The newest state; only asked for once there is one."""
        return self.pinned()

    async def _follow(self, endpoint: Endpoint) -> None:
        """Fetch and verify the headers an endpoint has beyond ours."""
        last = min(endpoint.head or 0, self._tip.header.number + MAX_PER_ROUND)
        while (first := self._tip.header.number + 1) <= last:
            numbers = range(first, min(first + BATCH, last + 1))
            blocks = await self._blocks(endpoint, numbers)
            try:
                await self._take(blocks)
            except HeaderTooEarly:
                raise
            except Unproven:
                # Either nonsense, or a block of another branch: that is told apart first.
                await self._examine(endpoint, first - 1)
                raise
            endpoint.agreed = self._tip.header.number

    async def _blocks(self, endpoint: Endpoint, numbers: Sequence[int]) -> list[object]:
        return await endpoint.rpc.batch(
            [("eth_getBlockByNumber", (hex(number), False)) for number in numbers]
        )

    async def _take(self, blocks: Sequence[object]) -> None:
        """Verify consecutive blocks; those before a bad one are kept. Raises Unproven."""
        now_s = self.clock.now_s()
        if len(blocks) > INLINE:
            states, fault = await asyncio.to_thread(self._verify, self._tip, blocks, now_s)
        else:
            states, fault = self._verify(self._tip, blocks, now_s)
        for state in states:
            self._ring.push(state)
        self.counters.headers_verified += len(states)
        if fault is not None:
            raise fault

    def _verify(
        self, parent: ChainState, blocks: Sequence[object], now_s: float
    ) -> tuple[list[ChainState], ChainFault | None]:
        states: list[ChainState] = []
        for block in blocks:
            if block is None:
                return states, NotServed(
                    f"It announced block {parent.header.number + 1} but does not serve it."
                )
            try:
                parent = self.network.rules.verify(parent, header_from_json(block), now_s)
            except Unproven as fault:
                return states, fault
            states.append(parent)
        return states, None

    # -- endpoints against each other --------------------------------------------------------

    async def _compare(self, endpoint: Endpoint) -> None:
        """Compare the newest block that an endpoint and we both have."""
        tip = self._tip.header.number
        height = min(endpoint.head or 0, tip)
        if height > endpoint.agreed and height >= self._ring.oldest:
            if not await self._agrees(endpoint, height):
                await self._examine(endpoint, height)
                raise HeaderRefused(f"Its block {height} is not the verified one.")
            endpoint.agreed = height
        endpoint.follows(tip)

    async def _header(self, endpoint: Endpoint, number: int) -> Header:
        block = (await self._blocks(endpoint, [number]))[0]
        header = header_from_json(block)
        if header.number != number:
            raise HeaderRefused(f"It answers block {header.number} when asked for {number}.")
        return header

    async def _agrees(self, endpoint: Endpoint, number: int) -> bool:
        """Whether an endpoint's block is ours; seals may differ, the hash does not cover them."""
        ours = self._ring.get(number)
        header = await self._header(endpoint, number)
        return ours is not None and self.network.rules.hash(header) == ours.block_hash

    async def _examine(self, endpoint: Endpoint, height: int) -> None:
        """Look for a second valid header where an endpoint's branch leaves ours.

        Bisects between a height of agreement and ``height``; keeps evidence where both headers
        are valid. What is not valid is left to the caller to refuse.
        """
        low, high = self._ring.oldest, height
        if await self._agrees(endpoint, high):
            return
        if not await self._agrees(endpoint, low):
            return
        while high - low > 1:
            middle = (low + high) // 2
            if await self._agrees(endpoint, middle):
                low = middle
            else:
                high = middle
        parent, ours = self._ring.get(low), self._ring.get(high)
        if parent is None or ours is None:
            return
        theirs = await self._header(endpoint, high)
        self.network.rules.verify(parent, theirs, self.clock.now_s())
        self.evidence = Evidence(
            high, header_to_rlp(ours.header), header_to_rlp(theirs), endpoint.name
        )
        log.error(self._stopped_sentence)
        if self._on_evidence is not None:
            self._on_evidence(self.evidence)

    def _fault(self, endpoint: Endpoint, fault: ChainFault) -> None:
        if isinstance(fault, Unproven):
            self.counters.rejected += 1
        endpoint.failed(fault, self.clock.now_s())

    # -- for readers and senders -------------------------------------------------------------

    def serving(self, number: int) -> list[Endpoint]:
        """Return the endpoints that should have a block, best first. Raises EndpointAway."""
        found = [e for e in self.endpoints if e.is_usable and (e.head or 0) >= number]
        if not found:
            raise EndpointAway("No endpoint serves this chain at the moment.")
        return sorted(found, key=lambda e: e.state is not EndpointState.FOLLOWING)

    def refuse(self, endpoint: Endpoint, fault: ChainFault) -> None:
        """Count and note an answer that failed, from whoever asked for it."""
        self._fault(endpoint, fault)

    async def broadcast(self, raw_transaction: str) -> str:
        """Send a signed transaction to all endpoints; return its hash, computed here.

        Sending the same bytes again is harmless. Raises TransactionRefused or EndpointAway.
        """
        raw = hex_data(raw_transaction)
        usable = [endpoint for endpoint in self.endpoints if endpoint.is_usable]
        answers = await asyncio.gather(
            *(e.rpc.call("eth_sendRawTransaction", raw_transaction) for e in usable),
            return_exceptions=True,
        )
        refusal: RpcRefused | None = None
        for endpoint, answer in zip(usable, answers, strict=True):
            if isinstance(answer, RpcRefused):
                if _is_known(answer):
                    return to_hex(keccak(raw))
                refusal = answer
            elif isinstance(answer, ChainFault):
                self._fault(endpoint, answer)
            elif isinstance(answer, BaseException):
                raise answer
            else:
                return to_hex(keccak(raw))
        if refusal is not None:
            raise TransactionRefused(f"The transaction was refused: {refusal.reason}.")
        raise EndpointAway("No endpoint took the transaction; it is sent again later.")


def _is_known(refusal: RpcRefused) -> bool:
    """Whether a refusal only says that the node has the transaction already."""
    text = refusal.reason.lower()
    return "known" in text or "already" in text
