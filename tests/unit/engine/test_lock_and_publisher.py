"""One engine per site; a slow reader of the stream gets the newest section once."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from peerwatt.api.messages import ClockView, OverrideView
from peerwatt.engine.lock import SiteBusy, SiteLock
from peerwatt.engine.publisher import Publisher


def test_second_engine_is_refused_in_one_line(tmp_path: Path) -> None:
    lock = tmp_path / "site" / "engine.lock"
    with SiteLock(lock), pytest.raises(SiteBusy, match="already runs the site"), SiteLock(lock):
        pass
    with SiteLock(lock):
        pass


def test_lock_of_a_killed_process_is_free_again(tmp_path: Path) -> None:
    lock = tmp_path / "engine.lock"
    code = (
        "import os, pathlib, sys\n"
        "from peerwatt.engine.lock import SiteLock\n"
        "SiteLock(pathlib.Path(sys.argv[1])).__enter__(); os.kill(os.getpid(), 9)\n"
    )
    subprocess.run([sys.executable, "-c", code, str(lock)], check=False)
    with SiteLock(lock):
        pass


async def test_subscriber_gets_the_newest_of_each_section_once() -> None:
    publisher = Publisher()
    publisher.publish("clock", ClockView(now_s=1.0, simulated=True))
    async with publisher.subscribe() as reader:
        assert [name for name, _ in await reader.next(0.1)] == ["clock"]
        for second in range(2, 9):
            publisher.publish("clock", ClockView(now_s=float(second), simulated=True))
        publisher.publish("overrides", OverrideView())
        got = dict(await reader.next(0.1))
        assert got["clock"] == ClockView(now_s=8.0, simulated=True)
        assert set(got) == {"clock", "overrides"}
        publisher.publish("overrides", OverrideView())
        assert await reader.next(0.01) == []
