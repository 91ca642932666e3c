"""The icon in the tray: the house in a line, and the way back to the window."""

from __future__ import annotations

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QSystemTrayIcon

from peerwatt.api.messages import FlowView

from . import words
from .bridge import Bridge, Link, LinkView
from .icons import app_icon
from .window import Window


class Tray(QObject):
    """Shown where the system has a tray; the window hides into it when it is closed."""

    def __init__(self, bridge: Bridge, window: Window) -> None:
        super().__init__(window)
        self._window = window
        self.icon = QSystemTrayIcon(app_icon(), self)
        self.menu = QMenu()
        for text, run in (
            (self.tr("Open Peerwatt"), self.open_window),
            (self.tr("Close; the house goes on"), lambda: window.leave(stop=False)),
            (self.tr("Stop the house"), lambda: window.leave(stop=True)),
        ):
            action = QAction(text, self.menu)
            action.triggered.connect(run)
            self.menu.addAction(action)
        self.icon.setContextMenu(self.menu)
        self.icon.activated.connect(self._activated)
        bridge.flow.connect(self._flow)
        bridge.link_changed.connect(self._link)

    def show(self) -> None:
        """Show the icon."""
        self.icon.show()

    def open_window(self) -> None:
        """Bring the window back."""
        self._window.show()
        self._window.raise_()
        self._window.activateWindow()

    def _activated(self, reason: QSystemTrayIcon.ActivationReason) -> None:
        if reason == QSystemTrayIcon.ActivationReason.Trigger:
            self.open_window()

    def _flow(self, flow: FlowView) -> None:
        grid = flow.grid_w
        text = self.tr("Home uses {0}").format(words.power(flow.home_w))
        if grid is not None:
            way = self.tr("from the grid {0}") if grid >= 0 else self.tr("to the grid {0}")
            text = f"{text}, {way.format(words.power(grid))}"
        self.icon.setToolTip(text)

    def _link(self, view: LinkView) -> None:
        if view.link is Link.AWAY:
            self.icon.setToolTip(self.tr("The engine is away"))
