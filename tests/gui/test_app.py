"""The window as a whole, on a real socket: opened, fed, closed, and how it says it was left."""

from __future__ import annotations

import os
import signal
from typing import Any

import pytest
from fake_engine import SITE, Engine
from PySide6.QtCore import QLocale, QTimer
from PySide6.QtWidgets import QApplication

from peerwatt.gui import app as app_module
from peerwatt.gui.app import KEEP_RUNNING, STOP_HOUSE, run_window
from peerwatt.gui.bridge import Link
from peerwatt.gui.window import Window


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


@pytest.mark.parametrize(("answer", "code"), [("keep", KEEP_RUNNING), ("stop", STOP_HOUSE)])
def test_the_window_says_how_it_was_left(qapp: Any, answer: str, code: int) -> None:
    engine = Engine()
    stopped: list[str] = []
    titles: list[str] = []

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
