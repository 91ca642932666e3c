"""Values with the proof state they were read under: nothing unproven is shown as verified."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Proven(Generic[T]):
    """A value proven against the state root of one verified block."""

    value: T
    block_number: int
    block_time_s: int


class ChainFault(Exception):
    """Base of what can go wrong with the chain; the message is one sentence for the owner."""


class Unproven(ChainFault):
    """An answer did not match its proof, or no proof was to be had."""


class EndpointAway(ChainFault):
    """No endpoint answered."""
