"""Garbage of the window is collected on its own thread only."""

from __future__ import annotations

import gc
import threading

from PySide6.QtCore import QObject

from peerwatt.gui.garbage import GarbageCollector


class Ring:
    """Garbage that only a collection finds."""

    def __init__(self, seen: list[int]) -> None:
        self.me = self
        self.seen = seen

    def __del__(self) -> None:
        self.seen.append(threading.get_ident())


def test_garbage_is_collected_on_this_thread_alone(qtbot) -> None:
    owner = QObject()
    collector = GarbageCollector(owner)
    seen: list[int] = []
    Ring(seen)

    def work() -> None:
        kept = [[] for _ in range(5_000)]
        assert len(kept) == 5_000

    other = threading.Thread(target=work)
    other.start()
    other.join()
    assert not gc.isenabled()
    assert seen == []
    kept = [[] for _ in range(5_000)]
    assert collector.collect() is not None
    gc.collect()
    assert seen == [threading.get_ident()]
    assert collector.collect() is None
    assert len(kept) == 5_000
