"""Client of networks whose blocks may be replaced (Clique, AuRa): follows the heaviest chain.

One round (:meth:`ForkingClient.sync`) asks every endpoint for its newest block, verifies the
branch that leads to it and moves to the heaviest head. A block under which the chain would have
to change although a majority of the validators built on it is evidence, and stops the client.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from itertools import islice
from typing import cast

from peerwatt.model.ports import Clock
from peerwatt.model.verified import ChainFault, Unproven

from ...consensus.forking import ForkingRules, ForkState
from ...consensus.header import Header, HeaderTooEarly
from ...encoding import keccak
from ...endpoints.endpoint import Endpoint, NotServed
from ...endpoints.patience import OutOfTime, allowance
from ...networks import Network
from ...ports import HeaderStore
from ...status import Evidence, SyncState
from ..ring_client import RingClient
from .branches import BranchReader, DeepBranch
from .tree import ForkTree

log = logging.getLogger(__name__)

PINS_KEPT = 256


class ForkingClient(RingClient[ForkState]):
    """Verified view of one network without immediate finality; a ``VerifiedChain``."""

    def __init__(
        self,
        network: Network,
        clock: Clock,
        store: HeaderStore | None = None,
        *,
        timeout_s: float = 5.0,
        on_evidence: Callable[[Evidence], None] | None = None,
    ) -> None:
        """``store`` also keeps evidence if it is an ``EvidenceStore``."""
        super().__init__(
            network, clock, store, hash_of=keccak, timeout_s=timeout_s, on_evidence=on_evidence
        )
        self._rules = cast("ForkingRules", network.rules)
        self._tree: ForkTree | None = None
        self._final: int | None = None
        self._pins: dict[int, bytes] = {}
        self._replaced: set[int] = set()

    # -- what is known -----------------------------------------------------------------------

    @property
    def head(self) -> ForkState | None:
        """State after the newest block of the heaviest verified chain; it may be replaced."""
        return self._tree.head if self._tree else None

    @property
    def final_number(self) -> int | None:
        """Number of the newest block on which a majority of the validators built."""
        return self._final

    def block(self, number: int) -> ForkState | None:
        """Return the block of the heaviest chain at a height, where it is still kept."""
        found = self._tree.at(number) if self._tree else None
        return found or cast("ForkState | None", self._ring.get(number))

    def pinned(self, number: int | None = None) -> ForkState:
        """Return the block to prove against: ``number``, or the newest.

        Raises Unproven, also once for a block that was handed out before and has left the chain
        since: what was read from it must be read anew.
        """
        if self.evidence is None and number in self._replaced:
            self._replaced.discard(number)
            raise Unproven(
                f"Block {number} left the chain: the validators built on another one. "
                "What was read from it is read anew."
            )
        state = super().pinned(number)
        self._pin(state)
        return state

    def _pin(self, state: ForkState) -> None:
        """Remember which block stood for a number, to notice when it is another one."""
        self._pins[state.header.number] = state.block_hash
        if len(self._pins) > PINS_KEPT:
            del self._pins[next(iter(self._pins))]

    def _state(self) -> tuple[SyncState, str]:
        head = self.head
        if self.evidence is not None:
            return SyncState.STOPPED, self._stopped_sentence
        if not self._pool.usable:
            if not self._is_loaded:
                return SyncState.STARTING, "Connecting to the chain."
            return SyncState.AWAY, "No endpoint serves this chain at the moment."
        if head is None or not self._has_caught_up:
            return SyncState.STARTING, "Checking the chain's headers."
        if stale := self._stale_sentence(head):
            return SyncState.STALE, f"{stale}{self._absent(head)}"
        settled = "none settled yet" if self._final is None else f"settled up to {self._final}"
        return SyncState.VERIFIED, (
            f"Verified up to block {head.header.number}, {settled}; newer ones may be replaced."
            f"{self._absent(head)}{self._pool.caveat()}"
        )

    def _absent(self, head: ForkState) -> str:
        """Say how many validators sealed lately, where some did not."""
        window = 3 * head.validator_count
        if self._tree is None or head.header.number < window:
            return ""
        recent = list(islice(self._tree_then_ring(), window))
        sealing = {state.author for state in recent}.intersection(head.validators)
        if len(recent) < window or len(sealing) == head.validator_count:
            return ""
        return (
            f" {len(sealing)} of {head.validator_count} validators sealed the last {window} blocks."
        )

    def _tree_then_ring(self) -> list[ForkState]:
        numbers = range(self.head.header.number if self.head else 0, self._ring.oldest - 1, -1)
        found = (self.block(number) for number in islice(numbers, 3 * 64))
        return [state for state in found if state is not None]

    @property
    def _stopped_sentence(self) -> str:
        height = self.evidence.height if self.evidence else 0
        return (
            f"Stopped: a heavier chain replaces block {height}, on which most validators had built."
            " The evidence is kept; ask your community which chain is right."
        )

    # -- one round ---------------------------------------------------------------------------

    def _begin(self) -> None:
        """Begin the tree; what the ring holds was settled when it was put there."""
        root = cast("ForkState | None", self._ring.tip)
        self._tree = None if root is None else ForkTree(self._rules, root)
        self._final = None if root is None else root.header.number

    def _header_of(self, block: object, number: int) -> Header:  # noqa: ARG002 -- its hash tells
        return self._rules.read(block)

    async def _advance(self, endpoints: Sequence[Endpoint]) -> None:
        """Verify each endpoint's branch, the longest first, and move to the heaviest head."""
        if self._tree is None:
            return
        reached = True
        for endpoint in self._pool.in_turn(endpoints):
            try:
                with allowance(self._pool.timeout_s):
                    reached &= await self._follow(endpoint, self._tree)
            except OutOfTime as fault:
                self._pool.refuse(endpoint, fault)
                reached = False
            except HeaderTooEarly as fault:
                endpoint.follows(self._tree.head.header.number)
                endpoint.sentence = str(fault)
            except ChainFault as fault:
                self._pool.refuse(endpoint, fault)
            if self.evidence is not None:
                return
        if endpoints and reached:
            self._has_caught_up = True

    async def _follow(self, endpoint: Endpoint, tree: ForkTree) -> bool:
        """Verify what an endpoint has and follow it where it is heavier; whether all was taken."""
        rejected = frozenset(self._rejected)
        reader = BranchReader(self._rules, self.clock, endpoint, tree, self._ring, rejected)
        root = tip = tree.root
        try:
            async for tip in reader.advance():
                self._prefer(tree, tip)
        except DeepBranch as deep:
            await self._judge(reader, deep.parent)
            return True
        finally:
            self.counters.headers_verified += reader.verified
            if tip is not root:
                endpoint.agreed = tip.header.number  # Also where it ran out of time or lied then.
        endpoint.follows(tree.head.header.number)
        if self.block(tip.header.number) is not tip:
            endpoint.sentence = (
                f"on a lighter branch: its block {tip.header.number} is not the one followed"
            )
        return tip.header.number >= (endpoint.head or 0)

    def _prefer(self, tree: ForkTree, state: ForkState) -> None:
        """Follow a verified block where it is heavier, and settle what a majority built on."""
        left = tree.prefer(state)
        if left:
            log.info("Blocks %d to %d were replaced by a heavier chain.", left[0], left[-1])
        for number in left:
            at = tree.at(number)
            if number in self._pins and (at is None or at.block_hash != self._pins[number]):
                self._replaced.add(number)
                del self._pins[number]
        passed, settled = tree.settle()
        for item in passed:
            self._ring.push(item)
        if settled is not None:
            self._final = max(self._final or 0, settled)

    async def _judge(self, reader: BranchReader, parent: ForkState) -> None:
        """Decide about a branch that leaves the chain at ``parent``, below what is settled.

        A valid and heavier one is evidence and stops the client. A valid and lighter one is what a
        node shows that did not hear of the majority's blocks yet.
        """
        head = self._tip
        height = parent.header.number + 1
        theirs = await reader.deep_branch(parent)
        ours = self.block(height)
        if not theirs or ours is None or self._rules.weight(theirs[-1]) <= self._rules.weight(head):
            raise NotServed(f"on a lighter branch: its block {height} is not the settled one")
        await self._stop(
            Evidence(
                height,
                self._rules.write(ours.header),
                self._rules.write(theirs[0].header),
                reader.endpoint.name,
            )
        )

    @property
    def _tip(self) -> ForkState:
        """The head; only asked for once there is one."""
        if self._tree is None:
            raise Unproven("No block is verified yet.")
        return self._tree.head
