"""Words for the state of the chain and of its endpoints, and the figures counted on the way."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class SyncState(StrEnum):
    """State of the client as a whole."""

    STARTING = "starting"
    VERIFIED = "verified"
    BEHIND = "behind"
    """Endpoints have blocks that are not verified yet."""
    STALE = "stale"
    """All that is served is verified, but its newest block is older than three periods."""
    AWAY = "away"
    EXPIRED = "expired"
    """The trusted block is older than the trusting period: the owner must give a new one."""
    STOPPED = "stopped"
    """Two valid headers at one height are kept as evidence."""


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
    head_age_s: float | None = None
    """Age of its newest block that is verified, seconds."""
    blocks_behind: int | None = None
    """How many blocks it lacks of what is verified here."""
    answered_s: float | None = None
    """When it answered last, Unix seconds."""


@dataclass(frozen=True, slots=True)
class ChainStatus:
    """A client for the screen."""

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
    final: int | None = None
    """Number of the newest block that cannot be replaced under the network's rules."""
    finality: str = "immediate"
    """What final means here, in words: see ``ConsensusRules.finality``."""


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
