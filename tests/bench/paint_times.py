"""Measures how long the window holds its thread: for tests and for the house bench."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QAbstractScrollArea, QWidget


@dataclass
class Holds:
    """Durations, ms, for which the window's thread did not come back to its event loop."""

    times_ms: list[float] = field(default_factory=list)

    @property
    def longest_ms(self) -> float:
        return max(self.times_ms, default=0.0)


class Heartbeat(QObject):
    """A timer without pause: the gap between two beats is what one event took."""

    def __init__(self) -> None:
        super().__init__()
        self.holds = Holds()
        self._last_s = 0.0
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._beat)

    def start(self) -> None:
        self._last_s = time.perf_counter()
        self._timer.start(0)

    def stop(self) -> Holds:
        self._timer.stop()
        return self.holds

    def _beat(self) -> None:
        now_s = time.perf_counter()
        self.holds.times_ms.append((now_s - self._last_s) * 1000)
        self._last_s = now_s


def paint_times(widget: QWidget, times: int = 20) -> list[float]:
    """Repaint a widget and each scene and table in it; return every repaint's duration, ms.

    A repaint is one paint event from start to end: that long the thread does nothing else.
    """
    areas = [area.viewport() for area in widget.findChildren(QAbstractScrollArea)]
    found = []
    for part in [widget, *areas] * times:
        if part.isVisible():
            started = time.perf_counter()
            part.repaint()
            found.append((time.perf_counter() - started) * 1000)
    return found
