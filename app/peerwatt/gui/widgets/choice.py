"""A button out of a row of which one is chosen."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy

from ..theme import TARGET, UNIT, Theme, font, metrics
from .base import Pressable, focus_ring


class ChoiceButton(Pressable):
    """Filled when it is the chosen one."""

    def __init__(self, theme: Theme, text: str) -> None:
        super().__init__()
        self._theme = theme
        self.setText(text)
        self.setCheckable(True)
        self.setAccessibleName(text)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        theme.changed.connect(self.update)

    def sizeHint(self) -> QSize:
        """Return the room for the words."""
        return QSize(metrics(14, True).horizontalAdvance(self.text()) + 4 * UNIT, TARGET + 4)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint surface, words and focus."""
        tokens = self._theme.tokens
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box = QRectF(self.rect()).adjusted(1.5, 1.5, -1.5, -1.5)
        chosen = self.isChecked()
        painter.setPen(Qt.PenStyle.NoPen if chosen else QPen(tokens.colour("line"), 1.2))
        fill = "accent_soft" if chosen else "hover" if self.underMouse() else "card"
        painter.setBrush(tokens.colour(fill))
        painter.drawRoundedRect(box, 9, 9)
        focus_ring(painter, self, self._theme, 9)
        painter.setFont(font(14, chosen))
        painter.setPen(tokens.colour("accent" if chosen else "text"))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, self.text())
