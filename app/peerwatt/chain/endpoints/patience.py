"""How much time one endpoint may take of a round, so that a slow one keeps nobody else waiting.

Only the time spent waiting for the endpoint counts, not what is made of its answers.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from peerwatt.model.verified import ChainFault

EXCHANGES = 4
"""A round leaves an endpoint after so many timeouts' worth of waiting, and asks the next one."""


class OutOfTime(ChainFault):
    """An endpoint has used up its share of this round; it goes on in the next one."""


@dataclass(slots=True)
class _Allowance:
    left_s: float


_current: ContextVar[_Allowance | None] = ContextVar("allowance", default=None)


@contextmanager
def allowance(timeout_s: float) -> Iterator[None]:
    """Give whoever is asked within this block :data:`EXCHANGES` timeouts in all.

    Tasks that are started within it share the allowance; other tasks have nothing to do with it.
    """
    token = _current.set(_Allowance(EXCHANGES * timeout_s))
    try:
        yield
    finally:
        _current.reset(token)


@contextmanager
def spending(name: str) -> Iterator[None]:
    """Charge the time of one exchange. Raises OutOfTime where nothing is left beforehand."""
    given = _current.get()
    if given is None:
        yield
        return
    if given.left_s <= 0:
        raise OutOfTime(f"{name} answers so slowly that others are asked first.")
    loop = asyncio.get_running_loop()
    began_s = loop.time()
    try:
        yield
    finally:
        given.left_s -= loop.time() - began_s
