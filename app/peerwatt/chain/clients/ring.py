"""The newest verified states, by height, and their way to and from the local store."""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Sequence

from peerwatt.model.verified import Unproven

from ..consensus.rules import ChainState, ConsensusRules
from ..ports import HeaderStore

log = logging.getLogger(__name__)

RING_BLOCKS = 1024
STORE_EVERY = 32
"""Headers gathered before they are written: a crash costs at most so many re-verifications."""


class HeaderRing:
    """Keeps the last :data:`RING_BLOCKS` states; older values cannot be proven any more."""

    def __init__(self, rules: ConsensusRules, trust_root: bytes, store: HeaderStore | None) -> None:
        self._rules = rules
        self._trust_root = trust_root
        self._store = store
        self._states: OrderedDict[int, ChainState] = OrderedDict()
        self._unsaved: list[ChainState] = []
        self.tip: ChainState | None = None

    def get(self, number: int) -> ChainState | None:
        """Return the state after a block that is still kept."""
        return self._states.get(number)

    @property
    def oldest(self) -> int:
        """Number of the oldest block kept; 0 when empty."""
        return next(iter(self._states), 0)

    def push(self, state: ChainState) -> None:
        """Add the state after the next block."""
        self._states[state.header.number] = state
        self.tip = state
        self._unsaved.append(state)
        if len(self._states) > RING_BLOCKS:
            self._states.popitem(last=False)

    def replace_tip(self, state: ChainState) -> None:
        """Replace the newest state by one of the same block in which more is known."""
        self._states[state.header.number] = self.tip = state

    def reset(self, states: Sequence[ChainState]) -> None:
        """Replace everything by states that follow each other, oldest first."""
        self._states.clear()
        self._unsaved.clear()
        self.tip = None
        for state in states:
            self.push(state)

    def upto(self, number: int) -> list[ChainState]:
        """Return the states kept up to a block, oldest first."""
        return [state for at, state in self._states.items() if at <= number]

    async def load(self) -> bool:
        """Fill from the store; return whether anything usable was there.

        Records of another trust root, or that do not link, are left alone.
        """
        if self._store is None:
            return False
        records = await asyncio.to_thread(self._store.load)
        for state in await asyncio.to_thread(self._linked, records):
            self.push(state)
        self._unsaved.clear()
        return self.tip is not None

    def _linked(self, records: Sequence[bytes]) -> list[ChainState]:
        """Return the newest run of states that link to each other, oldest first."""
        size = len(self._trust_root)
        run: list[ChainState] = []
        for record in reversed(records):
            if record[:size] != self._trust_root or len(run) == RING_BLOCKS:
                break
            try:
                state = self._rules.unpack(record[size:])
            except Unproven:
                log.warning("A stored header is damaged; headers before it are not used.")
                break
            if run and run[-1].header.parent_hash != state.block_hash:
                break
            run.append(state)
        return run[::-1]

    async def save(self, *, at_least: int = STORE_EVERY) -> None:
        """Write what is new to the store, when there is enough of it."""
        if self._store is None or len(self._unsaved) < at_least:
            return
        batch, self._unsaved = self._unsaved, []
        records = [self._trust_root + self._rules.pack(state) for state in batch]
        await asyncio.to_thread(self._store.append, records)
