"""Clocks: the system's, and one that is driven so that a simulation runs faster than time."""

from __future__ import annotations

import asyncio
import heapq
import itertools
import time


class SystemClock:
    """Real time."""

    def now_s(self) -> float:
        """Return the present Unix second."""
        return time.time()

    async def sleep_until(self, time_s: float) -> None:
        """Sleep until the system's clock shows ``time_s``."""
        await asyncio.sleep(max(time_s - time.time(), 0.0))


class DrivenClock:
    """Time that moves only when :meth:`advance` is called; sleepers wake in order of time."""

    def __init__(self, start_s: float) -> None:
        self._now_s = start_s
        self._order = itertools.count()
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []

    def now_s(self) -> float:
        """Return the time last advanced to."""
        return self._now_s

    async def sleep_until(self, time_s: float) -> None:
        """Wait until the clock was advanced to ``time_s`` or past it."""
        if time_s <= self._now_s:
            await asyncio.sleep(0)
            return
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (time_s, next(self._order), future))
        await future

    def advance(self, to_s: float) -> None:
        """Move time forward and wake who waited for it. Going back is ignored."""
        self._now_s = max(self._now_s, to_s)
        while self._sleepers and self._sleepers[0][0] <= self._now_s:
            future = heapq.heappop(self._sleepers)[2]
            if not future.done():
                future.set_result(None)
