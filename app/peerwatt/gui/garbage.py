"""Collects garbage on the window's thread only, between events.

Python's own collector runs wherever memory is asked for: on the bridge's thread, or while Qt walks
over its widgets. A widget that is deleted there takes the process down.
"""

from __future__ import annotations

import gc

from PySide6.QtCore import QObject, QTimer

PERIOD_MS = 1_000


class GarbageCollector(QObject):
    """Takes Python's collector off and does its work by a timer of the thread that makes it."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        gc.disable()
        self._thresholds = gc.get_threshold()
        self._timer = QTimer(self)
        self._timer.timeout.connect(self.collect)
        self._timer.start(PERIOD_MS)

    def collect(self) -> int | None:
        """Collect the oldest generation that is due; return it, ``None`` where none is."""
        counts = gc.get_count()
        for generation in (2, 1, 0):
            if counts[generation] > self._thresholds[generation]:
                gc.collect(generation)
                return generation
        return None
