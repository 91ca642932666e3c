"""Execution blocks under a verified head: fetched by hash, linked backwards by parent hash.

The head's hash comes from the beacon chain; every header below it is believed because its child
names it. A new head that does not descend from the kept blocks takes their place from the fork
on, but never below what is final.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence

from ...consensus.beacon.rules import BeaconRules, ExecutionState
from ...consensus.header import HeaderRefused, header_from_json, header_to_rlp
from ...endpoints.endpoint import Endpoint, NotServed
from ...status import Evidence
from ..ring import RING_BLOCKS

STEP = 64
"""Headers fetched in one exchange."""
MAX_GAP = 256
"""Blocks between two heads that are filled in at once; after a longer pause it begins anew."""


class ExecutionBlocks:
    """The newest execution blocks, at most :data:`RING_BLOCKS`, without a gap."""

    def __init__(self, rules: BeaconRules) -> None:
        self._rules = rules
        self._states: OrderedDict[int, ExecutionState] = OrderedDict()
        self.final: ExecutionState | None = None
        """Newest block that is finalized and was reached."""
        self.evidence: Evidence | None = None
        self.linked = 0
        """Headers verified so far."""

    @property
    def tip(self) -> ExecutionState | None:
        """The newest block."""
        return next(reversed(self._states.values()), None)

    @property
    def oldest(self) -> ExecutionState | None:
        """The oldest block kept."""
        return next(iter(self._states.values()), None)

    def get(self, number: int) -> ExecutionState | None:
        """Return a block that is kept."""
        return self._states.get(number)

    def note_final(self, block_hash: bytes | None) -> None:
        """Note which block is finalized; takes effect once the block is among those kept."""
        if self.final is not None and self.final.block_hash == block_hash:
            return
        for state in self._states.values():
            if state.block_hash == block_hash:
                self.final = state
                return

    async def move(self, endpoint: Endpoint, head_hash: bytes) -> None:
        """Make the block with this hash the tip. Raises ChainFault for the endpoint's failure."""
        if self.tip is not None and self.tip.block_hash == head_hash:
            return
        head = await self.by_hash(endpoint, head_hash)
        branch = [head]
        while not self._joins(branch[-1]) and len(branch) <= MAX_GAP:
            if self.oldest is None or branch[-1].header.number <= self.oldest.header.number:
                break
            lowest = self.oldest.header.number
            gap = branch[-1].header.number - (self.tip or head).header.number
            wanted = max(min(gap - 1, STEP), 8)
            branch += await self._below(endpoint, branch[-1], wanted, lowest)
            branch = self._cut(branch)
        self._adopt(branch, endpoint.name)

    async def fill(self, endpoint: Endpoint) -> None:
        """Fetch some blocks below the oldest until the ring is full. Raises ChainFault."""
        oldest = self.oldest
        if oldest is None or len(self._states) >= RING_BLOCKS:
            return
        room = min(RING_BLOCKS - len(self._states), STEP)
        for state in await self._below(endpoint, oldest, room, 0):
            self._states[state.header.number] = state
            self._states.move_to_end(state.header.number, last=False)
            self.linked += 1

    async def by_hash(self, endpoint: Endpoint, block_hash: bytes) -> ExecutionState:
        """Fetch a block by its verified hash. Raises NotServed, HeaderRefused, ChainFault."""
        answer = await endpoint.rpc.call("eth_getBlockByHash", "0x" + block_hash.hex(), False)
        if answer is None:
            raise NotServed("It does not have the block that the validators attest to yet.")
        return self._rules.genesis(header_from_json(answer), block_hash)

    async def _below(
        self, endpoint: Endpoint, child: ExecutionState, count: int, lowest: int
    ) -> list[ExecutionState]:
        """Fetch the ancestors of a block, newest first, each checked against its child."""
        first = child.header.number - 1
        numbers = range(first, max(first - count, lowest - 1, -1), -1)
        answers = await endpoint.rpc.batch(
            [("eth_getBlockByNumber", (hex(number), False)) for number in numbers]
        )
        found: list[ExecutionState] = []
        for number, answer in zip(numbers, answers, strict=True):
            if answer is None:
                raise NotServed(f"It does not serve block {number}.")
            state = self._rules.state(header_from_json(answer))
            if state.block_hash != child.header.parent_hash:
                if found:
                    break
                # It may follow another branch by now, so this alone is no lie.
                raise NotServed(f"Its block {number} is not the one that block {number + 1} names.")
            if state.header.number != number:
                raise HeaderRefused("A block's number is not its child's less one.")
            found.append(state)
            child = state
        return found

    def _joins(self, state: ExecutionState) -> bool:
        """Whether a block's parent is among those kept."""
        parent = self._states.get(state.header.number - 1)
        return parent is not None and parent.block_hash == state.header.parent_hash

    def _cut(self, branch: list[ExecutionState]) -> list[ExecutionState]:
        """Drop what lies below the point where a branch joins the kept blocks."""
        for index, state in enumerate(branch):
            if self._joins(state):
                return branch[: index + 1]
        return branch

    def _adopt(self, branch: Sequence[ExecutionState], endpoint: str) -> None:
        """Take a branch, newest first, in place of kept blocks from its lowest number on."""
        lowest = branch[-1]
        if self._joins(lowest):
            if self._contradicts_final(lowest, endpoint):
                return
            for number in range(lowest.header.number, self._newest_number() + 1):
                self._states.pop(number, None)
        else:
            self._states.clear()
        for state in reversed(branch):
            self._states[state.header.number] = state
            self.linked += 1
            if len(self._states) > RING_BLOCKS:
                self._states.popitem(last=False)

    def _newest_number(self) -> int:
        return self.tip.header.number if self.tip else -1

    def _contradicts_final(self, lowest: ExecutionState, endpoint: str) -> bool:
        """Keep evidence where validators attest to a branch that leaves out a final block."""
        number = lowest.header.number
        ours = self._states.get(number)
        if ours is None or self.final is None or number > self.final.header.number:
            return False
        self.evidence = Evidence(
            number, header_to_rlp(ours.header), header_to_rlp(lowest.header), endpoint
        )
        return True
