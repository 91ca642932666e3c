"""The demo: a street in this process, the engine of your house and its window in their own."""

from __future__ import annotations

import asyncio
import os
import sys
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from peerwatt.config.paths import DEMO_SITE

DEFAULT_SPEED = 60.0
DEFAULT_HEADLESS_INTERVALS = 8


class DemoFault(Exception):
    """The demo cannot run; the message is one line that says what to do."""


@dataclass(frozen=True, slots=True)
class DemoOptions:
    """Options of ``peerwatt demo``; ``speed`` 0 stands for ``max``."""

    site: str = DEMO_SITE
    headless: bool = False
    intervals: int | None = None
    speed: float | None = None
    seed: int = 1
    start: str = "2025-06-17T16:45"
    replay: Path | None = None
    replay_load_kwh: float = 4500.0
    replay_pv_kwh: float = 6000.0
    report: Path | None = None
    theme: str | None = None

    @property
    def interval_count(self) -> int | None:
        """Intervals to run; ``None`` runs until the window is closed."""
        if self.intervals is None and self.headless:
            return DEFAULT_HEADLESS_INTERVALS
        return self.intervals

    @property
    def times_real(self) -> float:
        """Simulated seconds per second; 0 for as fast as the machine can."""
        return DEFAULT_SPEED if self.speed is None else self.speed


def run_demo(options: DemoOptions) -> int:
    """Run the demo and return its exit code. Raises DemoFault."""
    _check(options)
    from .runner import run_street

    try:
        return asyncio.run(run_street(options))
    except (KeyboardInterrupt, asyncio.CancelledError):
        return 0


def _check(options: DemoOptions) -> None:
    """Refuse at once what cannot work."""
    if not options.headless and not _has_display():
        raise DemoFault(
            "there is no display to open the window on; run without one: "
            "peerwatt demo --headless --intervals 8 --report report.json"
        )
    try:
        datetime.fromisoformat(options.start)
    except ValueError:
        raise DemoFault(
            f"--start {options.start} is no time; write it like 2025-06-17T16:45"
        ) from None
    if options.report is not None and not options.report.absolute().parent.is_dir():
        raise DemoFault(f"the folder of --report {options.report} does not exist; create it first")
    if options.replay is not None and not options.replay.is_file():
        raise DemoFault(f"--replay {options.replay} is no file")


def _has_display() -> bool:
    if sys.platform != "linux":
        return True
    if os.environ.get("QT_QPA_PLATFORM") == "offscreen":
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
