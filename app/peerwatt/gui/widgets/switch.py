"""A switch with its word: what is on or off now, and a wish to have it otherwise."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy

from ..theme import TARGET, UNIT, Theme, font, metrics
from .base import Pressable, focus_ring

TRACK_W, TRACK_H, KNOB = 36, 20, 14


class Switch(Pressable):
    """Shows a state that somebody else holds; a press asks for the other one and waits."""

    asked = Signal(bool)
    """The state that the owner wants."""

    def __init__(self, theme: Theme, text: str) -> None:
        super().__init__()
        self._theme = theme
        self.setText(text)
        self.setCheckable(True)
        self.setAccessibleName(text)
        self.setFont(font(14, True))
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.clicked.connect(self._ask)
        theme.changed.connect(self.update)

    def _ask(self, wanted: bool) -> None:
        # What is shown is what is so: it turns when the chain says it.
        self.setChecked(not wanted)
        self.asked.emit(wanted)

    def sizeHint(self) -> QSize:
        """Return the room for the words and the switch."""
        width = metrics(14, True).horizontalAdvance(self.text()) + TRACK_W + 3 * UNIT
        return QSize(width, TARGET + 2)

    def minimumSizeHint(self) -> QSize:
        """Return the same as :meth:`sizeHint`."""
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint words, track and knob."""
        tokens, on = self._theme.tokens, self.isChecked()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if not self.isEnabled():
            painter.setOpacity(0.5)
        top = (self.height() - TRACK_H) / 2
        track = QRectF(self.width() - TRACK_W - UNIT, top, TRACK_W, TRACK_H)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(tokens.colour("accent" if on else "axis"))
        painter.drawRoundedRect(track, TRACK_H / 2, TRACK_H / 2)
        left = track.right() - KNOB - 3 if on else track.left() + 3
        painter.setBrush(tokens.colour("on_accent" if on else "card"))
        painter.drawEllipse(QRectF(left, top + 3, KNOB, KNOB))
        painter.setFont(self.font())
        painter.setPen(tokens.colour("text"))
        room = QRectF(UNIT, 0, track.left() - 2 * UNIT, self.height())
        side = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight
        painter.drawText(room, side, self.text())
        focus_ring(painter, self, self._theme, 9)
