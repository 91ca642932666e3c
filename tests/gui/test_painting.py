"""A long run with a day of seconds loaded has no fault and leaks nothing."""

from __future__ import annotations

import sys
from typing import Any

import pytest
from gui_feed import NOON_S, FakeFeed, history


@pytest.fixture
def loaded(stage: Any, qtbot: Any) -> Any:
    """A window with 24 h of 1-s data: 86 400 points in six series."""
    stage.bridge.series.load(history(NOON_S - 86_400, NOON_S, 1))
    assert len(stage.bridge.series) >= 86_399
    stage.bridge.history_loaded.emit()
    qtbot.wait(400)
    return stage


def test_a_long_run_has_no_fault(loaded: Any, qtbot: Any) -> None:
    feed = FakeFeed()
    for number in range(160):
        feed.step(60)
        feed.event = number % 40 > 20
        loaded.bridge.publish_state(feed.state())
        if number % 20 == 0:
            loaded.window.open_page(tuple(loaded.window.pages)[number // 20 % 7])
            loaded.window.resize(1000 + number * 4, 700 + number)
        qtbot.wait(1)
    assert len(loaded.bridge.series) >= 86_399


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="None is immortal there")
def test_painting_keeps_the_references_of_none(stage: Any) -> None:
    """PySide6 6.12.0 takes one reference of None with every call and so ends the process."""
    stage.window.grab()
    before = sys.getrefcount(None)
    for _ in range(5):
        stage.window.grab()
    assert sys.getrefcount(None) > before - 200
