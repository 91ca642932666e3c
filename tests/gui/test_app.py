"""The window as a whole, on a real socket: opened, fed, closed, and how it says it was left."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from typing import Any

import pytest
from fake_engine import SITE, Engine
from PySide6.QtCore import QCoreApplication, QEvent, QLocale, QTimer
from PySide6.QtWidgets import QApplication

from peerwatt.gui import app as app_module
from peerwatt.gui.app import KEEP_RUNNING, STOP_HOUSE, run_window
from peerwatt.gui.bridge import Link
from peerwatt.gui.garbage import GarbageCollector
from peerwatt.gui.window import Window


@pytest.fixture(autouse=True)
def nothing_stays(qapp: QApplication) -> Iterator[None]:
    """Delete what lives as long as its process: each change of theme would walk over it."""
    yield
    windows = [one for one in qapp.topLevelWidgets() if isinstance(one, Window)]
    for left in (*windows, *qapp.findChildren(GarbageCollector)):
        left.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    qapp.processEvents()


def the_window() -> Window:
    return next(
        widget
        for widget in QApplication.topLevelWidgets()
        if isinstance(widget, Window) and widget.isVisible()
    )


def when_live(then: Any) -> None:
    """Call ``then`` with the window as soon as it shows a live house."""

    def look() -> None:
        window = the_window()
        if window.context.bridge.link.link is Link.LIVE:
            timer.stop()
            then(window)

    timer = QTimer(QApplication.instance())
    timer.timeout.connect(look)
    timer.start(20)


def when_asked_to_end(engine: Engine, then: Any) -> None:
    """Call ``then`` when the engine was told to end."""

    def look() -> None:
        if any(command["command"] == "shutdown" for command in engine.feed.commands):
            timer.stop()
            then()

    timer = QTimer(QApplication.instance())
    timer.timeout.connect(look)
    timer.start(20)


@pytest.mark.parametrize(
    ("answer", "engine_ends", "code"),
    [("keep", False, KEEP_RUNNING), ("stop", True, STOP_HOUSE), ("stop", False, STOP_HOUSE)],
)
def test_the_window_says_how_it_was_left(
    monkeypatch: pytest.MonkeyPatch, answer: str, engine_ends: bool, code: int
) -> None:
    engine = Engine()
    stopped: list[str] = []
    titles: list[str] = []
    if engine_ends:
        when_asked_to_end(engine, engine.stop)
    else:
        monkeypatch.setattr(app_module, "STOP_WAIT_MS", 300)

    def leave(window: Window) -> None:
        titles.append(window.strip.place.text())
        window.ask_on_close = lambda: answer
        window.close()
        engine.stop()

    when_live(leave)
    assert run_window(SITE, theme="dark", on_stop=lambda: stopped.append("x")) == code
    asked = [command["command"] for command in engine.feed.commands]
    assert asked == (["shutdown"] if answer == "stop" else [])
    assert stopped == (["x"] if answer == "stop" else [])
    assert titles == ["Lindenweg 7"]


def test_a_kill_ends_the_window_and_not_the_house(qapp: Any) -> None:
    engine = Engine()
    before = signal.getsignal(signal.SIGTERM)
    when_live(lambda window: os.kill(os.getpid(), signal.SIGTERM))
    assert run_window(SITE) == KEEP_RUNNING
    assert signal.getsignal(signal.SIGTERM) is before
    assert engine.feed.commands == []
    engine.stop()


def test_without_a_display_it_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("QT_QPA_PLATFORM", "DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(app_module.sys, "platform", "linux")
    with pytest.raises(RuntimeError, match="peerwatt demo --headless"):
        run_window(SITE)


def test_an_unknown_language_falls_back(qapp: Any) -> None:
    assert not app_module.translate_into(qapp, QLocale("sw_KE"))
