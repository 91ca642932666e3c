"""Starts the window: theme, bridge, frame, tray; and says how it was left."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import cast

from PySide6.QtCore import QEventLoop, QLocale, QTimer, QTranslator
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QSystemTrayIcon

from peerwatt.api.messages import Shutdown
from peerwatt.config.resources import resources_dir

from .bridge import PATIENCE_S, STARTING_S, Bridge, Link, LinkView
from .context import Choices, Context
from .garbage import GarbageCollector
from .icons import app_icon
from .theme import Theme, ThemeChoice
from .tray import Tray
from .window import Window

KEEP_RUNNING = 0
"""The window was closed; the house goes on."""
STOP_HOUSE = 3
"""The owner asked for the house to be stopped, too; its engine has been told so."""
STOP_WAIT_MS = 5000


def application() -> QApplication:
    """Return the one application of this process."""
    app = QApplication.instance()
    if isinstance(app, QApplication):
        return app
    QGuiApplication.setDesktopFileName("peerwatt")
    made = QApplication([sys.argv[0] if sys.argv else "peerwatt"])
    made.setApplicationName("Peerwatt")
    made.setWindowIcon(app_icon())
    made.setQuitOnLastWindowClosed(False)
    return made


def translate_into(app: QApplication, locale: QLocale) -> bool:
    """Use the translation for a locale where there is one; says whether there is."""
    translator = QTranslator(app)
    folder = str(resources_dir() / "i18n")
    found = translator.load(locale, "peerwatt", "_", folder)
    return found and app.installTranslator(translator)


def can_show() -> bool:
    """Whether there is a screen for a window."""
    if sys.platform != "linux" or os.environ.get("QT_QPA_PLATFORM"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def run_window(
    site: str,
    theme: str | None = None,
    start_engine: bool = True,
    demo: bool = False,
    on_stop: Callable[[], None] | None = None,
) -> int:
    """Show the window of a site until it is left.

    ``theme`` is ``light``, ``dark`` or ``system`` and overrides the owner's choice for this
    time. With ``start_engine`` the site's engine is started where none answers. In a demo the
    launcher runs engine and street, so the window starts nothing itself. Returns
    :data:`KEEP_RUNNING` or :data:`STOP_HOUSE`; ``on_stop`` is called before the latter.
    Raises RuntimeError where there is no screen.
    """
    if not can_show():
        raise RuntimeError(
            "There is no display for the window; run 'peerwatt engine' or "
            "'peerwatt demo --headless' instead."
        )
    app = application()
    translate_into(app, QLocale())
    choices = Choices()
    chosen = cast(ThemeChoice, theme or choices.values.theme)
    look = Theme(chosen)
    look.apply(app)
    GarbageCollector(app)
    bridge = Bridge(site)
    context = Context(look, bridge, choices)
    has_tray = QSystemTrayIcon.isSystemTrayAvailable()
    window = Window(context, hide_on_close=has_tray)
    tray = Tray(bridge, window)
    if has_tray:
        tray.show()
    result = [KEEP_RUNNING]

    def stop() -> None:
        result[0] = STOP_HOUSE
        stop_engine(bridge)
        if on_stop is not None:
            on_stop()
        app.quit()

    window.left.connect(app.quit)
    window.stop_asked.connect(stop)
    if start_engine and not demo:
        start_once_if_away(bridge)
    window.resize(1280, 800)
    window.show()
    bridge.start(STARTING_S if demo else PATIENCE_S)
    with interruptible(app):
        app.exec()
    window.hide()
    tray.icon.hide()
    bridge.stop()
    return result[0]


def start_once_if_away(bridge: Bridge) -> None:
    """Start the engine the first time it is found away; later only when the owner asks."""
    started = [False]

    def look(view: LinkView) -> None:
        if view.link is Link.LIVE:
            started[0] = True
        elif view.link is Link.AWAY and not started[0]:
            started[0] = True
            bridge.start_engine()

    bridge.link_changed.connect(look)


def stop_engine(bridge: Bridge) -> None:
    """Ask the engine to end and wait until it has, at most five seconds."""
    if bridge.link.link is not Link.LIVE:
        return
    waiting = QEventLoop()
    bridge.link_changed.connect(lambda view: waiting.quit() if view.link is not Link.LIVE else None)
    QTimer.singleShot(STOP_WAIT_MS, waiting.quit)
    bridge.send(Shutdown())
    waiting.exec()


@contextmanager
def interruptible(app: QApplication) -> Iterator[None]:
    """Let Ctrl+C and a plain kill end the window; the house goes on."""
    wanted = (signal.SIGINT, signal.SIGTERM)
    # exit(), not quit(): that would close the window first, and so ask about the house.
    before = [signal.signal(number, lambda *_: app.exit(0)) for number in wanted]
    # Python sees a signal only when it runs on this thread: a timer gives it a moment.
    timer = QTimer()
    timer.timeout.connect(lambda: None)
    timer.start(300)
    try:
        yield
    finally:
        timer.stop()
        for number, handler in zip(wanted, before, strict=True):
            signal.signal(number, handler)
