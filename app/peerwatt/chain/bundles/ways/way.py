"""What a way leads to, and what reading one from a file has in common for every consensus."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ...consensus.rules import ChainState
from ...encoding import hex_data
from ..values import BundleRefused

Json = dict[str, Any]
MAX_HEADERS = 8192
"""A file with more would take tens of megabytes."""
DAY_S = 86_400


@dataclass(frozen=True, slots=True)
class Way:
    """Verified blocks by number, and what they rest on."""

    root_number: int
    """Number of the trusted block; its slot under proof of stake."""
    root_hash: bytes
    root_time_s: int
    states: Mapping[int, ChainState]
    skipped: int
    """Blocks between the headers that the file leaves out."""
    finality: Callable[[int], str]
    """Says how final a block of the way is, in a sentence."""
    rests_on: Callable[[int], Sequence[str]]
    """Sentences that must be true for what the file shows up to a block."""

    def days_to(self, number: int) -> float:
        """Return the time from the trusted block to another, days."""
        return (self.states[number].header.timestamp - self.root_time_s) / DAY_S


@dataclass(frozen=True, slots=True)
class FoundWay:
    """What a file must show: headers as RLP, oldest first, and what else its consensus needs."""

    headers: Sequence[bytes]
    extras: Json


def listed_headers(document: Mapping[str, Any]) -> list[bytes]:
    """Return the headers of a file as RLP. Raises BundleRefused or EncodingFault."""
    listed = document.get("headers")
    if not isinstance(listed, list) or not listed:
        raise BundleRefused("The file has no headers.")
    if len(listed) > MAX_HEADERS:
        raise BundleRefused(f"The file has more than {MAX_HEADERS} headers.")
    return [hex_data(item) for item in listed]


def extras_of(document: Mapping[str, Any], *names: str) -> Mapping[str, Any]:
    """Return what a file shows beside headers: exactly these fields. Raises BundleRefused."""
    found = document.get("way", {})
    if not isinstance(found, Mapping) or set(found) != set(names):
        raise BundleRefused("The file does not show what its consensus needs, or more than that.")
    return found
