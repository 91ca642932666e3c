"""Complete events: every block is ruled out by its verified bloom or proven as a whole.

An endpoint cannot leave an event out. What could not be proven is named as a gap, so that a
list is either complete or says where it is not.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from peerwatt.model.verified import ChainFault

from ..consensus.rules import ChainState
from ..proofs.bloom import bloom_bits
from ..proofs.receipts import LogEntry
from .blocks import BlockBody, EventLog

MAX_BLOCKS = 2048
"""Blocks of one search; their blooms are looked through in about 4 ms."""
MAX_BODIES = 256
"""Blocks proven as a whole in one search: a bound on what a search may cost."""
AT_ONCE = 4


@dataclass(frozen=True, slots=True)
class LogFilter:
    """Which events are wanted, as ``eth_getLogs`` has it; empty means any.

    ``topics`` holds for each place the topics that may stand there.
    """

    addresses: tuple[bytes, ...] = ()
    topics: tuple[tuple[bytes, ...], ...] = ()

    def takes(self, log: LogEntry) -> bool:
        """Whether an event is wanted."""
        if self.addresses and log.address not in self.addresses:
            return False
        return len(log.topics) >= len(self.topics) and all(
            not choices or topic in choices
            for choices, topic in zip(self.topics, log.topics, strict=False)
        )

    def bloom_test(self) -> Callable[[bytes], bool]:
        """Return a test of a bloom; ``False`` of it is certain."""
        groups = [[bloom_bits(item) for item in g] for g in (self.addresses, *self.topics) if g]

        def may_hold(bloom: bytes) -> bool:
            """Whether a block's 256-byte bloom has the bits of one choice of every group."""
            bits = int.from_bytes(bloom, "big")
            return all(any(bits & mask == mask for mask in group) for group in groups)

        return may_hold


@dataclass(frozen=True, slots=True)
class Gap:
    """Blocks, both ends included, whose events could not be proven, and why."""

    first_block: int
    last_block: int
    reason: str


@dataclass(frozen=True, slots=True)
class EventSearch:
    """Events of a range of blocks, in order, and what is missing from them."""

    events: tuple[EventLog, ...]
    first_block: int
    last_block: int
    gaps: tuple[Gap, ...] = ()

    @property
    def is_complete(self) -> bool:
        """Whether no event of the range can be missing."""
        return not self.gaps

    @property
    def complete_to(self) -> int:
        """Last block up to which no event is missing; before the first where none is proven."""
        return self.gaps[0].first_block - 1 if self.gaps else self.last_block


async def search_events(
    wanted: LogFilter,
    first_block: int,
    last_block: int,
    state_of: Callable[[int], ChainState],
    body_of: Callable[[ChainState], Awaitable[BlockBody]],
) -> EventSearch:
    """Search a range of blocks.

    ``state_of`` gives a verified block, ``body_of`` proves what it holds; what either cannot
    becomes a gap. Raises ValueError for a range of more than :data:`MAX_BLOCKS`.
    """
    if last_block - first_block >= MAX_BLOCKS:
        raise ValueError(f"At most {MAX_BLOCKS} blocks are searched at once.")
    may_hold = wanted.bloom_test()
    gaps: list[Gap] = []
    hits: list[ChainState] = []
    for number in range(first_block, last_block + 1):
        try:
            state = state_of(number)
        except ChainFault as fault:
            gaps.append(Gap(number, number, str(fault)))
            continue
        if may_hold(state.header.logs_bloom):
            hits.append(state)
    for state in hits[MAX_BODIES:]:
        reason = f"More than {MAX_BODIES} blocks may hold such events; search a shorter range."
        gaps.append(Gap(state.header.number, state.header.number, reason))
    events: list[EventLog] = []
    for start in range(0, len(hits[:MAX_BODIES]), AT_ONCE):
        some = hits[start : min(start + AT_ONCE, MAX_BODIES)]
        answers = await asyncio.gather(*map(body_of, some), return_exceptions=True)
        for state, answer in zip(some, answers, strict=True):
            if isinstance(answer, ChainFault):
                gaps.append(Gap(state.header.number, state.header.number, str(answer)))
            elif isinstance(answer, BaseException):
                raise answer
            else:
                events += [event for event in answer.events if wanted.takes(event.log)]
    return EventSearch(tuple(events), first_block, last_block, _joined(gaps))


def _joined(gaps: Sequence[Gap]) -> tuple[Gap, ...]:
    """Sort gaps and join neighbours that have the same reason."""
    joined: list[Gap] = []
    for gap in sorted(gaps, key=lambda item: item.first_block):
        last = joined[-1] if joined else None
        if last and last.last_block + 1 == gap.first_block and last.reason == gap.reason:
            joined[-1] = Gap(last.first_block, gap.last_block, gap.reason)
        else:
            joined.append(gap)
    return tuple(joined)
