"""What the engine takes up of the chain after a restart."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

from peerwatt.config.clock import DrivenClock
from peerwatt.engine.chain_service import LOOK_BACK, ChainService
from peerwatt.engine.disk import Disk
from peerwatt.history.facade import History
from peerwatt.history.records import ClearedPrice
from peerwatt.model.units import interval_start_s

NOW = 2_000_000


async def test_recent_clearings_are_proven_anew(tmp_path: Path) -> None:
    """A stored price has no marginal fill: a share taken from it would be a guess."""
    history, disk = History.open(tmp_path / "history.sqlite"), Disk()
    intervals = (NOW - LOOK_BACK - 1, NOW - LOOK_BACK, NOW)
    history.prices.put([ClearedPrice(interval, 190_000, 700) for interval in intervals])
    nothing: Any = SimpleNamespace()
    clock = DrivenClock(float(interval_start_s(NOW)))
    service = ChainService(nothing, nothing, "0xme", None, history, disk, clock, lambda *_: None)
    await service.load()
    assert set(service.clearings) == {NOW - LOOK_BACK - 1}
    disk.close()
    history.close()
