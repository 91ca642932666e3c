"""The colours of the day's plot, named once."""

from __future__ import annotations

from collections.abc import Collection

from PySide6.QtCore import QPointF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from ..theme import Theme, font, metrics


class Legend(QWidget):
    """Dots with words, in the order in which the areas are stacked."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._all: tuple[tuple[str, str], ...] = (
            ("sun", self.tr("Sun")),
            ("battery", self.tr("Battery")),
            ("grid", self.tr("Grid")),
            ("home", self.tr("Home")),
            ("car", self.tr("Car")),
        )
        self._entries: tuple[tuple[str, str], ...] = self._all
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(self.tr("Colours of the plot"))
        self.setAccessibleDescription(", ".join(text for _, text in self._entries))
        theme.changed.connect(self.update)

    def set_things(self, things: Collection[str]) -> None:
        """Name only what the house has."""
        entries = tuple(entry for entry in self._all if entry[0] in things)
        if entries != self._entries:
            self._entries = entries
            self.setAccessibleDescription(", ".join(text for _, text in entries))
            self.updateGeometry()
            self.update()

    def sizeHint(self) -> QSize:
        """Return the room for all words."""
        return QSize(sum(metrics(12).horizontalAdvance(t) + 30 for _, t in self._entries) - 14, 18)

    def minimumSizeHint(self) -> QSize:
        """Return the same as :meth:`sizeHint`."""
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint dots and words."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(font(12))
        tokens = self._theme.tokens
        x = 0.0
        base = (self.height() + metrics(12).capHeight()) / 2
        for token, text in self._entries:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(tokens.colour(token))
            painter.drawEllipse(QPointF(x + 4, self.height() / 2), 4, 4)
            painter.setPen(tokens.colour("muted"))
            painter.drawText(QPointF(x + 14, base), text)
            x += metrics(12).horizontalAdvance(text) + 30
