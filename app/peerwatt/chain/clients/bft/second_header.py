"""Looks for a second valid header where an endpoint's branch leaves ours: proof of cheating."""

from __future__ import annotations

from collections.abc import Callable

from peerwatt.model.ports import Clock

from ...consensus.bft_rules import BftRules, BftState
from ...consensus.header import Header, HeaderRefused, header_to_rlp
from ...consensus.rules import ChainState
from ...endpoints.endpoint import Endpoint
from ...status import Evidence
from ..evidence import BranchRejected
from ..ring import HeaderRing
from .contract_set import ContractSets
from .header_fetch import fetch_header
from .skipping import Skipper


class SecondHeaders:
    """Compares an endpoint's blocks with the verified ones and examines where they differ."""

    def __init__(
        self,
        rules: BftRules,
        ring: HeaderRing,
        sets: ContractSets,
        skipper: Skipper,
        clock: Clock,
        is_rejected: Callable[[bytes], bool],
    ) -> None:
        """``is_rejected`` tells whether the owner decided against a block."""
        self._rules = rules
        self._ring = ring
        self._sets = sets
        self._skipper = skipper
        self._clock = clock
        self._is_rejected = is_rejected
        self.anchor: BftState | None = None
        """What the last jump started from, below all that the ring holds."""

    async def agrees(self, endpoint: Endpoint, number: int) -> bool:
        """Whether an endpoint's block is ours; seals may differ, the hash does not cover them."""
        ours = self._ring.get(number)
        header = await fetch_header(endpoint, number)
        return ours is not None and self._rules.hash(header) == ours.block_hash

    async def examine(self, endpoint: Endpoint, height: int) -> Evidence | None:
        """Return evidence when the endpoint's branch holds a valid header beside ours.

        Bisects between a height of agreement and ``height``. Raises ChainFault when its header
        is not valid; returns ``None`` where there is nothing to compare or all agrees.
        """
        low, high = self._ring.oldest, height
        if await self.agrees(endpoint, high):
            return None
        if not await self.agrees(endpoint, low):
            return await self._below_the_ring(endpoint, low)
        while high - low > 1:
            middle = (low + high) // 2
            if await self.agrees(endpoint, middle):
                low = middle
            else:
                high = middle
        parent, ours = self._ring.get(low), self._ring.get(high)
        if parent is None or ours is None:
            return None
        theirs = await fetch_header(endpoint, high)
        ready = await self._sets.ready(endpoint, parent)
        actual = self._rules.verify(ready, theirs, self._clock.now_s())
        return self._evidence(endpoint, ours, theirs, actual.block_hash)

    async def _below_the_ring(self, endpoint: Endpoint, height: int) -> Evidence | None:
        """Examine a branch that left ours before the oldest block kept, after a jump."""
        ours = self._ring.get(height)
        if self.anchor is None or ours is None or self.anchor.header.number >= height:
            return None
        theirs = await self._skipper.jump(endpoint, self.anchor, height)
        return self._evidence(endpoint, ours, theirs.header, theirs.block_hash)

    def _evidence(
        self, endpoint: Endpoint, ours: ChainState, theirs: Header, theirs_hash: bytes
    ) -> Evidence:
        number = ours.header.number
        if theirs_hash == ours.block_hash:
            raise HeaderRefused(f"It answers block {number} now one way, now another.")
        if self._is_rejected(theirs_hash):
            raise BranchRejected(number)
        return Evidence(number, header_to_rlp(ours.header), header_to_rlp(theirs), endpoint.name)
