"""Wishes for contract values: slots with the function that reads them, gathered into one proof.

A binding only says which slots it wants; whoever needs several values fetches all wishes at
once, so that they come from one block and one exchange with an endpoint.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

from peerwatt.model.verified import Proven

from ..proofs.account import ProvenAccount

T = TypeVar("T")
K = TypeVar("K")
U = TypeVar("U")


@dataclass(frozen=True, slots=True)
class Want(Generic[T]):
    """A value of one contract: the slots it needs and how their words are read."""

    address: str
    slots: tuple[int, ...]
    decode: Callable[[Sequence[int]], T]

    def map(self, change: Callable[[T], U]) -> Want[U]:
        """Return the same wish with its value changed by a function."""
        return Want(self.address, self.slots, lambda words: change(self.decode(words)))


class Reader(Protocol):
    """What wishes are fetched through: the proven reader."""

    async def read(
        self, wanted: Mapping[str, Sequence[int]], block: int | None = None
    ) -> Proven[dict[str, ProvenAccount]]:
        """Return accounts with slots at one verified block."""


def word(address: str, slot: int) -> Want[int]:
    """Wish for one storage word."""
    return Want(address, (slot,), lambda words: words[0])


def together(wants: Mapping[K, Want[T]], address: str) -> Want[dict[K, T]]:
    """Join wishes for values of one contract into one wish for all of them."""
    slots = tuple(slot for want in wants.values() for slot in want.slots)

    def decode(words: Sequence[int]) -> dict[K, T]:
        rest, found = list(words), {}
        for key, want in wants.items():
            found[key] = want.decode(rest[: len(want.slots)])
            del rest[: len(want.slots)]
        return found

    return Want(address, slots, decode)


async def fetch(reader: Reader, want: Want[T], block: int | None = None) -> Proven[T]:
    """Return one proven value. Raises Unproven or EndpointAway."""
    found = await fetch_all(reader, {"": want}, block)
    return Proven(found.value[""], found.block_number, found.block_time_s)


async def fetch_all(
    reader: Reader, wants: Mapping[str, Want[Any]], block: int | None = None
) -> Proven[dict[str, Any]]:
    """Return all wished values, proven at one block in one exchange.

    Raises Unproven or EndpointAway.
    """
    slots: dict[str, list[int]] = {}
    for want in wants.values():
        slots.setdefault(want.address, []).extend(want.slots)
    found = await reader.read(slots, block)
    values = {
        name: want.decode([found.value[want.address].slots[slot] for slot in want.slots])
        for name, want in wants.items()
    }
    return Proven(values, found.block_number, found.block_time_s)
