"""No order twice, none lost: SIGKILL at every touch of disk and chain, on the real chain.

A child process runs the real desk with the real outbox against the chain of this process. Each
life is killed at one named point; the next one goes on from the disk. In the end the chain has
exactly one placement of each intent, counted in its receipts.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from tests.integration.market_lab import ZONE, MarketLab, market_lab

import peerwatt
from peerwatt.history.facade import History
from peerwatt.model.market import OrderState
from peerwatt.model.units import interval_at

ROOT = Path(__file__).resolve().parents[2]
POINTS = [
    *(f"put:{number}:before" for number in range(1, 9)),
    *(f"put:{number}:after" for number in (2, 4, 6, 8)),
    "sign:1:before",
    "sign:1:after",
    "send:1:before",
    "send:1:after",
    "receipt:1:after",
    "receipt:2:after",
]
"""Two orders are written eight times: each intended, signed, sent, placed. After one write is
before the next, so that "after" is tried where something else than a write comes next."""


class Lives:
    """The child that forks lives; the chain seals here while one lasts."""

    def __init__(self, lab: MarketLab, child: asyncio.subprocess.Process, history: Path) -> None:
        self._lab, self._child, self._history = lab, child, history

    async def life(self, rows: list[list[int]], kill: str = "") -> int:
        assert self._child.stdin is not None
        assert self._child.stdout is not None
        life: dict[str, Any] = {
            "history": str(self._history),
            "chain": self._lab.chain(),
            "member": self._lab.members[0].address,
            "key": self._lab.members[0]._key.hex(),
            "now_s": self._lab.follow(),
            "zone": ZONE,
            "orders": rows,
            "kill": kill,
        }
        self._child.stdin.write(json.dumps(life).encode() + b"\n")
        ended = asyncio.ensure_future(self._child.stdout.readline())
        while not ended.done():
            await self._lab.node.tick()
            await asyncio.wait([ended], timeout=0.02)
        return int(ended.result())


@asynccontextmanager
async def lives(lab: MarketLab, history: Path) -> AsyncIterator[Lives]:
    path = os.pathsep.join([str(Path(peerwatt.__file__).parents[1]), str(ROOT)])
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.integration.desk_lives",
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
        cwd=ROOT, env={**os.environ, "PYTHONPATH": path},
    )  # fmt: skip
    try:
        yield Lives(lab, child, history)
    finally:
        assert child.stdin is not None
        child.stdin.close()
        await child.wait()


async def test_killed_at_every_point_each_order_is_placed_once(tmp_path: Path) -> None:
    async with market_lab(tmp_path, 1) as lab, lives(lab, tmp_path / "history.sqlite") as child:
        first = interval_at(lab.clock.now_s()) + 4
        wanted: Counter[int] = Counter()
        for number, point in enumerate(POINTS):
            rows = [[first + 2 * number + i, i, 10 + number % 20, 200 + i] for i in range(2)]
            wanted.update(row[0] for row in rows)
            assert await child.life(rows, point) == -9, f"{point} was never touched"
            assert await child.life(rows) == 0, f"not done after {point}"
            assert lab.placements() == wanted, f"after {point}"
    history = History.open(tmp_path / "history.sqlite")
    held = history.outbox.recent(lab.members[0].address, 0)
    history.close()
    assert {intent.order.interval: intent.state for intent in held} == dict.fromkeys(
        wanted, OrderState.PLACED
    )


async def test_killed_again_while_recovering(tmp_path: Path) -> None:
    """The life that recovers is killed, too, and only the third one ends by itself."""
    async with market_lab(tmp_path, 1) as lab, lives(lab, tmp_path / "history.sqlite") as child:
        first = interval_at(lab.clock.now_s()) + 4
        again = ["put:1:before", "put:1:after", "receipt:1:after"]
        wanted: Counter[int] = Counter()
        for number, (point, then) in enumerate(
            (a, b) for a in ("put:3:after", "send:1:after") for b in again
        ):
            rows = [[first + 2 * number + i, i, 10 + number % 20, 200 + i] for i in range(2)]
            wanted.update(row[0] for row in rows)
            assert await child.life(rows, point) == -9
            assert await child.life(rows, then) == -9, f"{then} after {point} was never touched"
            assert await child.life(rows) == 0
        assert lab.placements() == wanted
