"""How long the loop's own callbacks take, in CPU time of the loop's thread.

Wall time would count whatever else runs on the machine; a callback's CPU time is what the program
itself does there. Collections of garbage stand still with the loop on whichever thread they run,
so those of other threads count as well.
"""

from __future__ import annotations

import asyncio
import gc
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Held:
    """CPU milliseconds of each callback, and what the longest one was."""

    times_ms: list[float] = field(default_factory=list)
    longest: str = ""

    @property
    def worst_ms(self) -> float:
        """The longest callback."""
        return max(self.times_ms, default=0.0)

    def below_ms(self, share: float) -> float:
        """Return the time below which a share of the callbacks stayed."""
        ordered = sorted(self.times_ms)
        return ordered[int(share * (len(ordered) - 1))] if ordered else 0.0

    def add(self, took_ms: float, callback: Any) -> None:
        """Note one callback."""
        if took_ms > self.worst_ms:
            self.longest = _name(callback)
        self.times_ms.append(took_ms)


def _name(callback: Any) -> str:
    """Say which task, and where in it, or which function."""
    task = getattr(callback, "__self__", None)
    if not isinstance(task, asyncio.Task):
        return str(getattr(callback, "__qualname__", callback))[:120]
    frame, place = task.get_coro(), ""
    while frame is not None:
        code = getattr(frame, "cr_code", None)
        place = f"{place} > {code.co_name}" if code else place
        frame = getattr(frame, "cr_await", None)
    return f"{task.get_name()}{place}"[:300]


@contextmanager
def watched() -> Iterator[Held]:
    """Measure every callback that a loop of this thread runs meanwhile, and collections."""
    held, plain, clock = Held(), asyncio.events.Handle._run, time.thread_time_ns
    owner = threading.get_ident()

    def run(handle: asyncio.events.Handle) -> None:
        if threading.get_ident() != owner:
            plain(handle)
            return
        callback = handle._callback  # type: ignore[attr-defined]
        began = clock()
        plain(handle)
        held.add((clock() - began) / 1e6, callback)

    began_gc: dict[int, int] = {}

    def collecting(phase: str, info: dict[str, int]) -> None:
        thread = threading.get_ident()
        if phase == "start":
            began_gc[thread] = clock()
        elif thread != owner and thread in began_gc:
            took_ms = (clock() - began_gc.pop(thread)) / 1e6
            held.add(took_ms, f"collection of generation {info['generation']}")

    gc.callbacks.append(collecting)
    asyncio.events.Handle._run = run  # type: ignore[method-assign]
    try:
        yield held
    finally:
        gc.callbacks.remove(collecting)
        asyncio.events.Handle._run = plain  # type: ignore[method-assign]
