"""Fixtures of the window's tests: an offscreen application and a window with a made-up house."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

os.environ["QT_QPA_PLATFORM"] = "offscreen"
sys.path.insert(0, str(Path(__file__).parent))

import pytest
from gui_feed import FakeFeed
from PySide6.QtCore import QCoreApplication, QEvent
from PySide6.QtWidgets import QApplication

from peerwatt.api.messages import SiteState
from peerwatt.gui.app import application
from peerwatt.gui.bridge import Bridge, Link, LinkView
from peerwatt.gui.context import Choices, Context
from peerwatt.gui.prefs import Preferences
from peerwatt.gui.theme import Theme
from peerwatt.gui.window import Window


@pytest.fixture(scope="session", autouse=True)
def no_collection_elsewhere() -> Iterator[None]:
    """As in the window's process: garbage is collected on this thread, between events only."""
    gc.collect()
    gc.freeze()
    gc.disable()
    yield
    gc.unfreeze()
    gc.enable()


@pytest.fixture(autouse=True)
def collected(no_collection_elsewhere: None) -> Iterator[None]:
    """Collect what a test left behind before the next one begins."""
    yield
    gc.collect()


@pytest.fixture(scope="session")
def qapp_cls() -> type[QApplication]:
    return QApplication


@pytest.fixture(scope="session")
def qapp() -> QApplication:
    return application()


class Stage:
    """A window on a bridge that no engine feeds; the test plays the engine."""

    def __init__(self, look: str = "light", size: tuple[int, int] = (1280, 800)) -> None:
        self.theme = Theme(look)
        self.theme.apply(application())
        self.bridge = Bridge("test")
        self.sent: list[object] = []
        self.bridge.send = self.sent.append
        self.choices = Choices(Preferences(theme=look), keep=False)
        self.window = Window(Context(self.theme, self.bridge, self.choices))
        self.window.resize(*size)

    def live(self, state: SiteState) -> None:
        """Show a state as an engine that is there would."""
        self.bridge.set_link(LinkView(Link.LIVE))
        self.bridge.publish_state(state)

    def close(self) -> None:
        """Take everything down."""
        self.window.leave(stop=False)
        self.window.hide()
        self.bridge.stop()
        self.window.deleteLater()
        self.bridge.deleteLater()
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        application().processEvents()


@pytest.fixture
def make_stage(qtbot: object) -> Iterator[Callable[..., Stage]]:
    stages: list[Stage] = []

    def make(look: str = "light", size: tuple[int, int] = (1280, 800)) -> Stage:
        stages.append(Stage(look, size))
        return stages[-1]

    yield make
    for stage in stages:
        stage.close()


@pytest.fixture
def stage(make_stage: Callable[..., Stage]) -> Stage:
    made = make_stage()
    feed = FakeFeed()
    made.live(feed.state())
    made.bridge.series.load(feed.history())
    made.bridge.history_loaded.emit()
    made.window.show()
    return made
