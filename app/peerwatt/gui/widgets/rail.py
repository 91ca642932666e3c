"""The rail at the left: where one is, and where one can go."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeySequence, QPainter, QPaintEvent, QShortcut
from PySide6.QtWidgets import QButtonGroup, QSizePolicy, QVBoxLayout, QWidget

from ..icons import draw_icon
from ..theme import Theme, font
from .base import Pressable, focus_ring

NARROW_PX, WIDE_PX = 72, 200


class RailButton(Pressable):
    """An icon over its word, or beside it where there is room; filled when current."""

    def __init__(self, theme: Theme, icon: str, text: str) -> None:
        super().__init__()
        self._theme, self._icon, self.wide = theme, icon, False
        self.setText(text)
        self.setCheckable(True)
        self.setAccessibleName(text)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme.changed.connect(self.update)

    def sizeHint(self) -> QSize:
        """Return the room for icon and word."""
        return QSize(WIDE_PX - 24, 44) if self.wide else QSize(NARROW_PX - 4, 60)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the pill, the icon and the word."""
        tokens = self._theme.tokens
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        chosen = self.isChecked()
        ink = tokens.colour("accent" if chosen else "text" if self.underMouse() else "muted")
        box = QRectF(self.rect())
        pill = box.adjusted(2, 2, -2, -2) if self.wide else QRectF(box.center().x() - 24, 4, 48, 30)
        painter.setPen(Qt.PenStyle.NoPen)
        if chosen or self.underMouse():
            painter.setBrush(tokens.colour("accent_soft" if chosen else "hover"))
            painter.drawRoundedRect(pill, 15, 15)
        focus_ring(painter, self, self._theme, 14)
        painter.setPen(ink)
        if self.wide:
            draw_icon(painter, self._icon, QRectF(16, box.center().y() - 11, 22, 22), ink)
            painter.setFont(font(14, chosen))
            words = box.adjusted(50, 0, -8, 0)
            painter.drawText(words, Qt.AlignmentFlag.AlignVCenter, self.text())
            return
        draw_icon(painter, self._icon, QRectF(pill.center().x() - 11, pill.top() + 4, 22, 22), ink)
        painter.setFont(font(12, chosen))
        painter.drawText(box.adjusted(0, 37, 0, 0), Qt.AlignmentFlag.AlignHCenter, self.text())


class Rail(QWidget):
    """All pages, the two quiet ones at the foot; arrows, Tab and Ctrl+number reach them."""

    chosen = Signal(str)

    def __init__(
        self,
        theme: Theme,
        pages: tuple[tuple[str, str, str], ...],
        foot: tuple[tuple[str, str, str], ...],
    ) -> None:
        super().__init__()
        self.setAccessibleName(self.tr("Pages"))
        self.buttons: dict[str, RailButton] = {}
        self._group = QButtonGroup(self)
        self._group.setExclusive(True)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(2, 12, 2, 12)
        self._column.setSpacing(4)
        for number, (name, icon, text) in enumerate((*pages, *foot)):
            if number == len(pages):
                self._column.addStretch(1)
            button = RailButton(theme, icon, text)
            button.clicked.connect(lambda _=False, name=name: self.chosen.emit(name))
            self._group.addButton(button)
            self._column.addWidget(button)
            self.buttons[name] = button
            shortcut = QShortcut(QKeySequence(f"Ctrl+{number + 1}"), self)
            shortcut.activated.connect(lambda name=name: self.chosen.emit(name))
            button.setToolTip(self.tr("{0} (Ctrl+{1})").format(text, number + 1))
        self.set_wide(False)

    def set_current(self, name: str) -> None:
        """Mark the current page."""
        self.buttons[name].setChecked(True)

    def set_wide(self, wide: bool) -> None:
        """Show words beside the icons."""
        self.setFixedWidth(WIDE_PX if wide else NARROW_PX)
        edge = 12 if wide else 2
        self._column.setContentsMargins(edge, 12, edge, 12)
        for button in self.buttons.values():
            button.wide = wide
            button.updateGeometry()
            button.update()
