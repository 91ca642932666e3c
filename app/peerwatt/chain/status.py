"""Words for the state of the chain and of its endpoints, and the figures counted on the way."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class SyncState(StrEnum):
    """State of the light client as a whole."""

    STARTING = "starting"
    VERIFIED = "verified"
    STALE = "stale"
    AWAY = "away"
    STOPPED = "stopped"


class EndpointState(StrEnum):
    """State of one endpoint."""

    FOLLOWING = "following"
    BEHIND = "behind"
    AWAY = "away"
    CONTRADICTS = "contradicts"


@dataclass(frozen=True, slots=True)
class EndpointStatus:
    """One endpoint for the screen; ``url`` is host and port only."""

    url: str
    state: EndpointState
    head: int | None
    sentence: str


@dataclass(frozen=True, slots=True)
class ChainStatus:
    """The light client for the screen."""

    network: str
    consensus: str
    chain_id: int
    validators: int
    state: SyncState
    sentence: str
    head: int | None
    head_time_s: int | None
    headers_verified: int
    proofs_verified: int
    rejected: int
    endpoints: tuple[EndpointStatus, ...]


@dataclass(slots=True)
class Counters:
    """Figures counted where they happen, since the start of the program."""

    headers_verified: int = 0
    proofs_verified: int = 0
    rejected: int = 0


@dataclass(frozen=True, slots=True)
class Evidence:
    """Two valid headers at one height: proof that more than a third of the validators cheated."""

    height: int
    ours_rlp: bytes
    theirs_rlp: bytes
    endpoint: str
