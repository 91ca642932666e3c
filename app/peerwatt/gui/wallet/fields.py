"""Places to type into: text, passwords that leave no trace, long secrets, ticks and choices."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QMimeData, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import (
    QComboBox,
    QLineEdit,
    QPlainTextEdit,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from ..icons import draw_icon
from ..theme import TARGET, UNIT, Theme, Tokens, font, metrics
from ..widgets.base import Pressable, Text, focus_ring

SECRET_HINTS = (
    Qt.InputMethodHint.ImhSensitiveData
    | Qt.InputMethodHint.ImhNoPredictiveText
    | Qt.InputMethodHint.ImhNoAutoUppercase
)
BOX_PX = 20


def fields_style(tokens: Tokens) -> str:
    """Return the style of what Qt paints itself in the wallet's dialogs."""
    return f"""
    QLineEdit, QPlainTextEdit {{ background: {tokens.raised}; color: {tokens.text};
        border: 1px solid {tokens.axis}; border-radius: 9px; padding: 7px 10px;
        selection-background-color: {tokens.accent}; selection-color: {tokens.on_accent}; }}
    QLineEdit:focus, QPlainTextEdit:focus {{ border: 2px solid {tokens.focus}; padding: 6px 9px; }}
    QLineEdit:disabled {{ color: {tokens.faint}; border-color: {tokens.line}; }}
    QLineEdit[wrong="true"], QPlainTextEdit[wrong="true"] {{ border-color: {tokens.fault}; }}
    QComboBox QAbstractItemView {{ background: {tokens.card}; color: {tokens.text};
        border: 1px solid {tokens.line}; selection-background-color: {tokens.hover};
        selection-color: {tokens.text}; padding: 4px; outline: 0; }}
    QComboBox QAbstractItemView::item {{ min-height: 34px; padding: 0 8px; }}
    QScrollArea, QScrollArea > QWidget > QWidget#plain {{ background: transparent; border: 0; }}
    QListView {{ background: {tokens.card}; color: {tokens.text}; border: 1px solid {tokens.line};
        selection-background-color: {tokens.hover}; selection-color: {tokens.text}; }}
    QProgressBar {{ background: {tokens.line}; border: 0; border-radius: 2px; max-height: 4px; }}
    QProgressBar::chunk {{ background: {tokens.accent}; border-radius: 2px; }}
    """


class Field(QLineEdit):
    """One line of text."""

    def __init__(self, name: str, hint: str = "") -> None:
        super().__init__()
        self.setFont(font(14))
        self.setMinimumHeight(TARGET + 6)
        self.setAccessibleName(name)
        self.setPlaceholderText(hint)

    def mark_wrong(self, wrong: bool) -> None:
        """Show that what stands here cannot be."""
        _mark(self, wrong)


class SecretField(Field):
    """A password or key: masked, cannot be copied, and is cleared when it is taken."""

    def __init__(self, name: str, hint: str = "") -> None:
        super().__init__(name, hint)
        # Qt copies, cuts and drags only what it shows.
        self.setEchoMode(QLineEdit.EchoMode.Password)
        self.setInputMethodHints(SECRET_HINTS | Qt.InputMethodHint.ImhHiddenText)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.NoContextMenu)

    def show_while_typed(self) -> None:
        """Show the text while it is typed; it still cannot be copied."""
        self.setEchoMode(QLineEdit.EchoMode.PasswordEchoOnEdit)

    def take(self) -> str:
        """Return what was entered and forget it, undo steps included."""
        entered = self.text()
        self.wipe()
        return entered

    def wipe(self) -> None:
        """Forget what was entered."""
        self.setText("")


class SecretArea(QPlainTextEdit):
    """Long secrets such as the words of a seed: cannot be copied, dragged or undone."""

    def __init__(self, name: str, hint: str = "") -> None:
        super().__init__()
        self.setFont(font(14))
        self.setAccessibleName(name)
        self.setPlaceholderText(hint)
        self.setUndoRedoEnabled(False)
        self.setTabChangesFocus(True)
        self.setInputMethodHints(SECRET_HINTS)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.NoContextMenu)
        self.setFixedHeight(96)

    def createMimeDataFromSelection(self) -> QMimeData:
        """Return nothing: a selection reaches neither clipboard nor another window."""
        return QMimeData()

    def mark_wrong(self, wrong: bool) -> None:
        """Show that what stands here cannot be."""
        _mark(self, wrong)

    def take(self) -> str:
        """Return what was entered and forget it."""
        entered = self.toPlainText()
        self.wipe()
        return entered

    def wipe(self) -> None:
        """Forget what was entered."""
        self.setPlainText("")


class PlainArea(QPlainTextEdit):
    """Long text that is no secret, such as typed data."""

    def __init__(self, name: str, hint: str = "") -> None:
        super().__init__()
        self.setFont(font(14))
        self.setAccessibleName(name)
        self.setPlaceholderText(hint)
        self.setTabChangesFocus(True)
        self.setFixedHeight(180)

    def mark_wrong(self, wrong: bool) -> None:
        """Show that what stands here cannot be."""
        _mark(self, wrong)


AnyField = Field | SecretArea | PlainArea


class Row(QWidget):
    """A field with its name above and what is wrong with it below."""

    def __init__(self, theme: Theme, field: AnyField, note: str = "") -> None:
        super().__init__()
        self.field = field
        self._note = note
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        self.name = Text(theme, field.accessibleName(), size=12, ink="muted")
        self.name.setBuddy(field)
        self.below = Text(theme, note, size=12, ink="muted", wrap=True)
        column.addWidget(self.name)
        column.addWidget(field)
        column.addWidget(self.below)
        self.below.setVisible(bool(note))

    def say(self, fault: str) -> None:
        """Show what is wrong, or nothing."""
        self.field.mark_wrong(bool(fault))
        self.field.setAccessibleDescription(fault or self._note)
        self.below.set(fault or self._note, "fault" if fault else "muted")
        self.below.setVisible(bool(fault or self._note))


class Named(QWidget):
    """Anything to choose from, with its name above."""

    def __init__(self, theme: Theme, inner: QWidget) -> None:
        super().__init__()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(Text(theme, inner.accessibleName(), size=12, ink="muted"))
        column.addWidget(inner)


class Tick(Pressable):
    """A box to tick, with a sentence beside it."""

    def __init__(self, theme: Theme, sentence: str, ink: str = "text") -> None:
        super().__init__()
        self._theme, self._ink = theme, ink
        self.setText(sentence)
        self.setCheckable(True)
        self.setAccessibleName(sentence)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        theme.changed.connect(self.update)

    def hasHeightForWidth(self) -> bool:
        """Return that the sentence wraps."""
        return True

    def heightForWidth(self, width: int) -> int:
        """Return the height of the wrapped sentence."""
        room = QRectF(0, 0, max(80, width - BOX_PX - 3 * UNIT), 1000).toRect()
        flags = Qt.AlignmentFlag.AlignLeft | Qt.TextFlag.TextWordWrap
        return int(max(TARGET, metrics(14).boundingRect(room, flags, self.text()).height() + 12))

    def sizeHint(self) -> QSize:
        """Return the room for box and sentence."""
        return QSize(320, self.heightForWidth(max(320, self.width())))

    def minimumSizeHint(self) -> QSize:
        """Return the least room."""
        return QSize(200, TARGET)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint box, tick, sentence and focus."""
        tokens = self._theme.tokens
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        top = (self.height() - BOX_PX) / 2
        box = QRectF(4, top, BOX_PX, BOX_PX)
        on = self.isChecked()
        painter.setPen(QPen(tokens.colour("accent" if on else "axis"), 1.6))
        painter.setBrush(tokens.colour("accent" if on else "raised"))
        painter.drawRoundedRect(box, 5, 5)
        if on:
            pen = QPen(tokens.colour("on_accent"), 2.2)
            pen.setCapStyle(Qt.PenCapStyle.RoundCap)
            pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
            painter.setPen(pen)
            painter.setBrush(Qt.BrushStyle.NoBrush)
            points = [QPointF(9, top + 10.5), QPointF(12.5, top + 14), QPointF(19, top + 6.5)]
            painter.drawPolyline(QPolygonF(points))
        focus_ring(painter, self, self._theme, 8)
        painter.setFont(font(14))
        painter.setPen(tokens.colour(self._ink))
        room = QRectF(self.rect()).adjusted(BOX_PX + 2 * UNIT, 0, -UNIT, 0)
        flags = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        painter.drawText(room, flags | Qt.TextFlag.TextWordWrap, self.text())


class Picker(QComboBox):
    """One of a few, each with words and a value."""

    def __init__(self, theme: Theme, name: str, entries: Sequence[tuple[Any, str]] = ()) -> None:
        super().__init__()
        self._theme = theme
        self.setAccessibleName(name)
        self.view().setAccessibleName(name)
        self.setFont(font(14))
        self.setMinimumHeight(TARGET + 6)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(12)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.set_entries(entries)
        theme.changed.connect(self.update)

    def set_entries(self, entries: Sequence[tuple[Any, str]]) -> None:
        """Offer other entries, keeping the chosen one where it is still there."""
        chosen = self.currentData()
        self.blockSignals(True)
        self.clear()
        for value, text in entries:
            self.addItem(text, value)
        found = next((n for n, (value, _) in enumerate(entries) if value == chosen), 0)
        self.setCurrentIndex(found if entries else -1)
        self.blockSignals(False)

    def choose(self, value: Any) -> None:
        """Choose an entry by its value."""
        for number in range(self.count()):
            if self.itemData(number) == value:
                self.setCurrentIndex(number)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint surface, words and arrow in the theme's colours."""
        tokens = self._theme.tokens
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        focused = self.hasFocus()
        width = 2 if focused else 1
        painter.setPen(QPen(tokens.colour("focus" if focused else "axis"), width))
        painter.setBrush(tokens.colour("raised"))
        edge = width / 2
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(edge, edge, -edge, -edge), 9, 9)
        room = self.rect().adjusted(12, 0, -36, 0)
        painter.setFont(font(14))
        painter.setPen(tokens.colour("text"))
        shown = metrics(14).elidedText(
            self.currentText(), Qt.TextElideMode.ElideMiddle, room.width()
        )
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter, shown)
        place = QRectF(self.width() - 28, self.height() / 2 - 8, 16, 16)
        draw_icon(painter, "chevron", place, tokens.colour("muted"))


def _mark(field: QWidget, wrong: bool) -> None:
    if bool(field.property("wrong")) != wrong:
        field.setProperty("wrong", wrong)
        field.style().unpolish(field)
        field.style().polish(field)
