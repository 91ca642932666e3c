"""Verified blocks that may still be replaced: a small tree, its heaviest chain, what is settled.

Below the tree's root lies what is settled, or too deep to be kept; it is never replaced here.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...consensus.forking import ForkingRules, ForkState, settled_number

MAX_DEPTH = 1024
"""Blocks kept above the root; with more, the root moves on although nothing is settled."""


class ForkTree:
    """All verified branches above one root block."""

    def __init__(self, rules: ForkingRules, root: ForkState) -> None:
        self._rules = rules
        self.root = root
        self.head = root
        self._by_hash: dict[bytes, ForkState] = {root.block_hash: root}
        self._chain: dict[int, ForkState] = {root.header.number: root}

    def __len__(self) -> int:
        return len(self._by_hash)

    def find(self, block_hash: bytes) -> ForkState | None:
        """Return a verified block of any branch."""
        return self._by_hash.get(block_hash)

    def at(self, number: int) -> ForkState | None:
        """Return the block of the heaviest chain at a height."""
        return self._chain.get(number)

    def add(self, state: ForkState) -> None:
        """Add a block whose parent is in the tree; the head is not moved yet."""
        self._by_hash[state.block_hash] = state

    def prefer(self, state: ForkState) -> list[int]:
        """Move the head to ``state`` where its chain is heavier.

        Returns the numbers of the blocks that left the chain, ascending; empty where it only grew.
        """
        if self._rules.weight(state) <= self._rules.weight(self.head):
            return []
        branch: list[ForkState] = []
        at = state
        while self._chain.get(at.header.number) is not at:
            branch.append(at)
            at = self._by_hash[at.header.parent_hash]
        left = list(range(at.header.number + 1, self.head.header.number + 1))
        for number in left:
            del self._chain[number]
        self._chain.update((item.header.number, item) for item in branch)
        self.head = state
        return left

    def newest_first(self) -> Iterator[ForkState]:
        """Yield the heaviest chain from its head down to the root."""
        for number in range(self.head.header.number, self.root.header.number - 1, -1):
            yield self._chain[number]

    def settle(self) -> tuple[list[ForkState], int | None]:
        """Move the root up to the newest settled block, and drop branches that end below it.

        Returns the blocks that the root passed, ascending with the new root last, and the settled
        number, ``None`` where the chain above the root shows none.
        """
        number = settled_number(self._rules, self.newest_first())
        deepest = self.head.header.number - MAX_DEPTH
        root = max(self.root.header.number, deepest, number or 0)
        passed = [self._chain.pop(n) for n in range(self.root.header.number, root)]
        if passed:
            self.root = self._chain[root]
            passed = [*passed[1:], self.root]
            self._prune()
        return passed, number

    def _prune(self) -> None:
        """Keep the blocks that descend from the root."""
        kept = {self.root.block_hash: self.root}
        for state in sorted(self._by_hash.values(), key=lambda s: s.header.number):
            if state.header.parent_hash in kept:
                kept[state.block_hash] = state
        self._by_hash = kept
