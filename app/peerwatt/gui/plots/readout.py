"""The small card that reads all series at the pointer."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from ..theme import Theme, font, metrics

LINE_PX = 20
EDGE = 10


class Readout(QWidget):
    """A line at the pointer and a list of values beside it; takes no input."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme
        self._title = ""
        self._rows: list[tuple[str, str, str]] = []
        self._x = 0.0
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.hide()

    def show_at(self, x: float, title: str, rows: list[tuple[str, str, str]]) -> None:
        """Show rows of (colour token, name, value) beside the pixel ``x`` of the parent."""
        self._x, self._title, self._rows = x, title, rows
        parent = self.parentWidget()
        if parent is not None:
            self.setGeometry(parent.rect())
        self.show()
        self.raise_()
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint line, card and rows."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        tokens = self._theme.tokens
        painter.setPen(QPen(tokens.colour("axis"), 1, Qt.PenStyle.DotLine))
        painter.drawLine(QPointF(self._x, 18), QPointF(self._x, self.height() - 26))
        small, bold = metrics(12), metrics(12, True)
        names = max((small.horizontalAdvance(name) for _, name, _ in self._rows), default=0)
        values = max((bold.horizontalAdvance(value) for *_, value in self._rows), default=0)
        width = max(names + values + 34, bold.horizontalAdvance(self._title)) + 2 * EDGE
        height = LINE_PX * (len(self._rows) + 1) + 2 * EDGE - 4
        left = self._x + 12 if self._x + 12 + width < self.width() else self._x - 12 - width
        box = QRectF(max(left, 0), 4, width, height)
        painter.setPen(QPen(tokens.colour("line"), 1))
        painter.setBrush(tokens.colour("raised", 0.97))
        painter.drawRoundedRect(box, 8, 8)
        painter.setFont(font(12, True))
        painter.setPen(tokens.colour("text"))
        line = QRectF(box.left() + EDGE, box.top() + EDGE - 2, width - 2 * EDGE, LINE_PX)
        painter.drawText(line, Qt.AlignmentFlag.AlignVCenter, self._title)
        for token, name, value in self._rows:
            line.translate(0, LINE_PX)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(tokens.colour(token))
            painter.drawEllipse(QPointF(line.left() + 4, line.center().y()), 4, 4)
            painter.setPen(tokens.colour("muted"))
            painter.setFont(font(12))
            painter.drawText(line.adjusted(16, 0, 0, 0), Qt.AlignmentFlag.AlignVCenter, name)
            painter.setPen(tokens.colour("text"))
            painter.setFont(font(12, True))
            right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
            painter.drawText(line, right, value)
