"""What pages share: a scrolling ground, a heading, even gaps, and a greatest width."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt, QUrl, Signal
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import (
    QBoxLayout,
    QFrame,
    QHBoxLayout,
    QScrollArea,
    QStackedLayout,
    QVBoxLayout,
    QWidget,
)

from peerwatt.config.paths import SitePaths

from ..context import Context
from ..theme import GAP, UNIT
from ..widgets.base import SHADOW, Text

WIDEST_PX = 1640
EDGE = GAP - SHADOW


class Page(QScrollArea):
    """One page: scrolls when the window is too small, is centred when it is very wide."""

    opened = Signal(str)
    """Name of another page that the owner asked for."""

    def __init__(self, context: Context, name: str, title: str, heading: bool = True) -> None:
        super().__init__()
        self.context, self.theme, self.bridge = context, context.theme, context.bridge
        self.setObjectName(name)
        self.name, self.title_text = name, title
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setAccessibleName(title)
        ground = QWidget()
        ground.setObjectName("plain")
        centre = QHBoxLayout(ground)
        centre.setContentsMargins(0, 0, 0, 0)
        self.content = QWidget()
        self.content.setMaximumWidth(WIDEST_PX)
        centre.addStretch(1)
        centre.addWidget(self.content, 1000)
        centre.addStretch(1)
        self.column = QVBoxLayout(self.content)
        self.column.setContentsMargins(EDGE, EDGE, EDGE, EDGE)
        self.column.setSpacing(EDGE - SHADOW)
        self.headline = QHBoxLayout()
        self.headline.setSpacing(UNIT * 2)
        self.headline.setContentsMargins(SHADOW, SHADOW, SHADOW, SHADOW)
        self.sentence = Text(self.theme, "", ink="muted", elide=True)
        if heading:
            heading_text = Text(self.theme, title, size=28, bold=True)
            self.headline.addWidget(heading_text)
            self.headline.addWidget(self.sentence, 1, Qt.AlignmentFlag.AlignBottom)
            self.sentence.setContentsMargins(0, 0, 0, 6)
            self.column.addLayout(self.headline)
        self.setWidget(ground)
        self.viewport().setAutoFillBackground(False)
        ground.setAutoFillBackground(False)

    def set_old(self, old: bool) -> None:
        """Mark what is shown as old; pages with moving parts stop them."""

    def open_folder(self) -> None:
        """Open the folder of the site in the system's file manager."""
        folder = SitePaths.named(self.bridge.site).folder
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder)))

    @property
    def now_s(self) -> float:
        """The house's present time."""
        return self.bridge.site_clock.now_s()


def across(*parts: Any, gap: int = EDGE - SHADOW) -> QHBoxLayout:
    """Return parts beside each other; an ``int`` before a part is its stretch."""
    layout = QHBoxLayout()
    _fill(layout, parts, gap)
    return layout


def down(*parts: Any, gap: int = EDGE - SHADOW) -> QVBoxLayout:
    """Return parts below each other; an ``int`` before a part is its stretch."""
    layout = QVBoxLayout()
    _fill(layout, parts, gap)
    return layout


def _fill(layout: QBoxLayout, parts: tuple[Any, ...], gap: int) -> None:
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(gap)
    stretch = 0
    for part in parts:
        if isinstance(part, int):
            stretch = part
            continue
        if isinstance(part, QBoxLayout):
            layout.addLayout(part, stretch)
        else:
            layout.addWidget(part, stretch)
        stretch = 0


def stack(*widgets: QWidget) -> QWidget:
    """Return widgets of which one shows at a time: the content, else why there is none."""
    holder = QWidget()
    layout = QStackedLayout(holder)
    for widget in widgets:
        layout.addWidget(widget)
    layout.setCurrentIndex(len(widgets) - 1)
    return holder


def switch(holder: QWidget, filled: bool) -> None:
    """Show the content of a :func:`stack`, or its empty state."""
    layout = holder.layout()
    if isinstance(layout, QStackedLayout):
        layout.setCurrentIndex(0 if filled else 1)
