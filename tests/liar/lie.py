"""What a lie is: what the endpoint does, and what an honest client must make of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from .front import Deceit
from .scene import Scene


class Verdict(StrEnum):
    """What must become of an endpoint that tells a lie."""

    CONTRADICTS = "named a liar"
    AWAY = "told away"
    BEHIND = "told behind"
    ANY = "told a liar, away or behind"
    """A chance answer, of which only the refusal is certain."""
    STALE = "told old by the clock"
    """Nobody contradicts an old head, but the client's own clock does."""
    UNSEEN = "not to be noticed"
    """What nobody could notice who has no second source."""
    IGNORED = "not listened to"
    """The lie is about something that the client takes from nobody, so it has no effect."""
    STOPPED = "kept as evidence"
    """The validators themselves cheated: the client stops."""

    @property
    def is_about_state(self) -> bool:
        """Whether the endpoint's own state must show it."""
        return self not in (Verdict.STALE, Verdict.UNSEEN, Verdict.STOPPED)


@dataclass(frozen=True)
class Lie:
    """One lie, told by an endpoint alone and beside an honest one."""

    name: str
    group: str
    deceive: Callable[[Scene], Deceit]
    verdict: Verdict
    words: str = ""
    """Pattern that must be found in what the client says about the endpoint."""
    timeout_s: float = 1.0
    """The client's timeout; short where the lie is to take long."""
    height: int | None = None
    """Where evidence must be about."""
    alone: Verdict | None = None
    """What must become of the endpoint when there is no other, where that differs."""


def on(method: str, change: Callable[[Any], Any]) -> Callable[[Scene], Deceit]:
    """A lie about each answer to one method; ``change`` may alter the answer in place."""
    return lambda _: Deceit(result=lambda m, _p, a: change(a) if m == method else a)


def every_other(lie: Callable[[Scene], Deceit]) -> Callable[[Scene], Deceit]:
    """The same lie, told only in every second answer."""

    def deceive(scene: Scene) -> Deceit:
        told, turn = lie(scene), iter(range(1_000_000))

        def result(method: str, params: list[Any], honest: Any) -> Any:
            lying = next(turn) % 2 and told.result is not None
            return told.result(method, params, honest) if lying and told.result else honest

        return Deceit(result=result)

    return deceive
