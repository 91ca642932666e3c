"""Validators held by a contract: which storage slots list them, and what those slots say.

Besu asks ``getValidators()`` of the contract on the state of the parent and sorts what it gets
(``TransactionValidatorProvider``). Here the list is read from proven storage; where it lies
follows from the contract's source, so the network's description says it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from ..encoding import keccak
from .header import HeaderRefused

MAX_VALIDATORS = 256
"""A bound on how many slots an answer can make us fetch."""

ArrayLayout = Literal["solidity", "vyper"]
"""``solidity``: ``address[]``, elements from keccak(slot); ``vyper``: ``DynArray``, they follow."""


@dataclass(frozen=True, slots=True)
class ValidatorContract:
    """A contract whose storage holds an array of addresses; ``slot`` holds its length."""

    address: bytes
    slot: int = 0
    layout: ArrayLayout = "solidity"

    def element_slots(self, count: int) -> tuple[int, ...]:
        """Return the slots of the first ``count`` elements."""
        if self.layout == "vyper":
            first = self.slot + 1
        else:
            first = int.from_bytes(keccak(self.slot.to_bytes(32, "big")), "big")
        return tuple((first + index) % 2**256 for index in range(count))

    def count(self, slots: Mapping[int, int]) -> int:
        """Return how many validators proven slots tell of. Raises HeaderRefused."""
        count = slots[self.slot]
        if not 0 < count <= MAX_VALIDATORS:
            raise HeaderRefused(
                f"The validator contract lists {count} validators; where its array lies may be "
                "described wrongly."
            )
        return count

    def validators(self, slots: Mapping[int, int]) -> tuple[bytes, ...]:
        """Return the validators in ascending order from proven slots. Raises HeaderRefused."""
        words = [slots[slot] for slot in self.element_slots(self.count(slots))]
        if any(not 0 < word < 2**160 for word in words) or len(set(words)) != len(words):
            raise HeaderRefused("The validator contract's array holds no distinct addresses.")
        return tuple(word.to_bytes(20, "big") for word in sorted(words))


@dataclass(frozen=True, slots=True)
class ContractQuery:
    """What must be proven before the child of a block can be verified."""

    contract: ValidatorContract
    block_number: int
    state_root: bytes
    known_root: bytes | None
    """Storage root of the contract under which the present set was proven."""
