"""Cards, text, figures and buttons: the parts every page shares."""

from __future__ import annotations

from typing import Literal

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import (
    QFocusEvent,
    QFont,
    QFontMetrics,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPalette,
    QPen,
    QResizeEvent,
)
from PySide6.QtWidgets import (
    QAbstractButton,
    QHBoxLayout,
    QLabel,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from ..icons import draw_icon
from ..theme import PAD, RADIUS, TARGET, UNIT, Theme, font, metrics
from ..words import NOTHING, Quantity

SHADOW = 8
"""Room for the shadow around a card, px; layouts subtract it from the gap."""


class Card(QWidget):
    """A rounded surface with a soft shadow (light) or a lighter tone (dark)."""

    def __init__(self, theme: Theme, title: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.theme = theme
        self.body = QVBoxLayout(self)
        edge = SHADOW + PAD
        self.body.setContentsMargins(edge, edge - 2, edge, edge)
        self.body.setSpacing(UNIT)
        self.head = QHBoxLayout()
        self.head.setSpacing(UNIT * 2)
        self.title = Text(theme, title, size=16, bold=True, elide=True)
        self.note = Text(theme, "", size=12, ink="muted")
        if title:
            self.head.addWidget(self.title, 1)
            self.head.addWidget(self.note)
            self.body.addLayout(self.head)
        theme.changed.connect(self.update)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint shadow and surface."""
        tokens = self.theme.tokens
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        box = QRectF(self.rect()).adjusted(SHADOW, SHADOW, -SHADOW, -SHADOW)
        if tokens.shadow and not box.contains(QRectF(event.rect())):
            # Six thin layers, lowered by 2 px: a soft edge without an effect's extra pixmap.
            painter.setBrush(tokens.colour("text", tokens.shadow / 6))
            for grow in range(6):
                layer = box.adjusted(-grow, -grow + 2, grow, grow + 2)
                painter.drawRoundedRect(layer, RADIUS + grow, RADIUS + grow)
        painter.setBrush(tokens.colour("card"))
        painter.drawRoundedRect(box, RADIUS, RADIUS)


class Text(QLabel):
    """A label in one of the type sizes and colour tokens; may end in an ellipsis."""

    def __init__(
        self,
        theme: Theme,
        text: str = "",
        *,
        size: int = 14,
        bold: bool = False,
        ink: str = "text",
        wrap: bool = False,
        elide: bool = False,
        align: Qt.AlignmentFlag = Qt.AlignmentFlag.AlignLeft,
    ) -> None:
        super().__init__()
        self._theme, self._ink, self._elide = theme, ink, elide
        self._size, self._bold = size, bold
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setText(text)
        self.setFont(self._fitting_font())
        self.setWordWrap(wrap)
        vertical = Qt.AlignmentFlag.AlignTop if wrap else Qt.AlignmentFlag.AlignVCenter
        self.setAlignment(align | vertical)
        if elide:
            self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        theme.changed.connect(self._tint)
        self._tint()

    @property
    def ink(self) -> str:
        """The colour token of the text."""
        return self._ink

    def set(self, text: str, ink: str | None = None) -> None:
        """Show a text, in another colour where given; costs nothing when both are the same."""
        if text != self.text():
            self.setText(text)
            self.setFont(self._fitting_font())
        if ink is not None and ink != self._ink:
            self._ink = ink
            self._tint()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the text, with an ellipsis and a tool tip where it does not fit."""
        if not self._elide:
            super().paintEvent(event)
            return
        painter = QPainter(self)
        painter.setPen(self._theme.tokens.colour(self._ink))
        painter.setFont(self.font())
        fitting = QFontMetrics(self.font()).elidedText(
            self.text(), Qt.TextElideMode.ElideRight, self.width()
        )
        self.setToolTip(self.text() if fitting != self.text() else "")
        painter.drawText(self.rect(), self.alignment(), fitting)

    def _fitting_font(self) -> QFont:
        # Figures of equal width would also widen hyphens and commas of plain words.
        return font(self._size, self._bold, any(sign.isdigit() for sign in self.text()))

    def _tint(self) -> None:
        colours = self.palette()
        colours.setColor(QPalette.ColorRole.WindowText, self._theme.tokens.colour(self._ink))
        self.setPalette(colours)
        self.update()


class Figure(QWidget):
    """A number with its unit smaller and lighter behind it, on one baseline."""

    def __init__(self, theme: Theme, name: str, size: int = 28, ink: str = "text") -> None:
        super().__init__()
        self._theme, self._name, self._size, self._ink = theme, name, size, ink
        self._quantity = Quantity(NOTHING, "")
        self._word = ""
        self._unit_size = {44: 20, 28: 16, 20: 14}.get(size, 12)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(name)
        theme.changed.connect(self.update)

    @property
    def text(self) -> str:
        """What is shown, as one string."""
        return f"{self._word} {self._quantity}".strip()

    def set(self, quantity: Quantity, word: str = "", ink: str = "text") -> None:
        """Show a quantity, with a word before it where given (``earned``)."""
        if (quantity, word, ink) == (self._quantity, self._word, self._ink):
            return
        self._quantity, self._word, self._ink = quantity, word, ink
        self.setAccessibleName(f"{self._name}: {self.text}")
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        """Return the room for number and unit."""
        width = metrics(self._size, True).horizontalAdvance(self._quantity.number)
        small = metrics(self._unit_size)
        for part in (self._quantity.unit, self._word):
            width += small.horizontalAdvance(part) + UNIT if part else 0
        return QSize(width, round(self._size * 1.2))

    def minimumSizeHint(self) -> QSize:
        """Return the same as :meth:`sizeHint`."""
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint word, number and unit on one baseline."""
        painter = QPainter(self)
        tokens = self._theme.tokens
        large = metrics(self._size, True)
        base = (self.height() + large.capHeight()) / 2
        x = 0.0
        if self._word:
            painter.setFont(font(self._unit_size))
            painter.setPen(tokens.colour("muted"))
            painter.drawText(QPointF(x, base), self._word)
            x += metrics(self._unit_size).horizontalAdvance(self._word) + UNIT
        painter.setFont(font(self._size, True))
        painter.setPen(tokens.colour(self._ink))
        painter.drawText(QPointF(x, base), self._quantity.number)
        x += large.horizontalAdvance(self._quantity.number) + UNIT / 2
        painter.setFont(font(self._unit_size))
        painter.setPen(tokens.colour("muted"))
        painter.drawText(QPointF(x, base), self._quantity.unit)


ButtonKind = Literal["primary", "soft", "quiet"]


KEY_REASONS = {
    Qt.FocusReason.TabFocusReason,
    Qt.FocusReason.BacktabFocusReason,
    Qt.FocusReason.ShortcutFocusReason,
}


def by_key(event: QFocusEvent, before: bool) -> bool:
    """Whether focus came by the keyboard; coming back to the window changes nothing."""
    if event.reason() == Qt.FocusReason.ActiveWindowFocusReason:
        return before
    return event.reason() in KEY_REASONS


class Pressable(QAbstractButton):
    """A button that shows its focus when the keyboard brought it."""

    by_key = False

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Remember how focus came."""
        self.by_key = by_key(event, self.by_key)
        super().focusInEvent(event)


class Button(Pressable):
    """A button with visible focus, at least 32 px high."""

    def __init__(self, theme: Theme, text: str, kind: ButtonKind = "soft", icon: str = "") -> None:
        super().__init__()
        self._theme, self._kind, self._icon = theme, kind, icon
        self.setText(text)
        self.setFont(font(14, True))
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(text)
        theme.changed.connect(self.update)

    def show_as(self, text: str, icon: str = "") -> None:
        """Change words and icon."""
        if (text, icon) != (self.text(), self._icon):
            self._icon = icon
            self.setText(text)
            self.setAccessibleName(text)
            self.updateGeometry()
            self.update()

    def sizeHint(self) -> QSize:
        """Return the room for icon and words."""
        width = metrics(14, True).horizontalAdvance(self.text()) + 3 * UNIT + 4
        return QSize(width + (24 if self._icon else 0), TARGET + 2)

    def minimumSizeHint(self) -> QSize:
        """Return the same as :meth:`sizeHint`."""
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint surface, focus ring, icon and words."""
        tokens = self._theme.tokens
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if not self.isEnabled():
            painter.setOpacity(0.5)
        fill, ink = {
            "primary": ("accent", "on_accent"),
            "soft": ("accent_soft", "accent"),
            "quiet": ("hover" if self.underMouse() else "raised", "text"),
        }[self._kind]
        box = QRectF(self.rect()).adjusted(1.5, 1.5, -1.5, -1.5)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(tokens.colour(fill))
        painter.drawRoundedRect(box, 9, 9)
        if self.underMouse() or self.isDown():
            painter.setBrush(tokens.colour(ink, 0.14 if self.isDown() else 0.07))
            painter.drawRoundedRect(box, 9, 9)
        focus_ring(painter, self, self._theme, 9)
        left = 0.0
        if self._icon:
            middle = self.height() / 2
            draw_icon(painter, self._icon, QRectF(12, middle - 9, 18, 18), tokens.colour(ink))
            left = 22.0
        painter.setFont(self.font())
        painter.setPen(tokens.colour(ink))
        painter.drawText(box.adjusted(left, 0, 0, 0), Qt.AlignmentFlag.AlignCenter, self.text())


def focus_ring(painter: QPainter, widget: Pressable, theme: Theme, radius: float) -> None:
    """Draw the ring of the widget that has the keyboard."""
    if widget.hasFocus() and widget.by_key:
        painter.setPen(QPen(theme.tokens.colour("focus"), 2))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        box = QRectF(widget.rect()).adjusted(1, 1, -1, -1)
        painter.drawRoundedRect(box, radius, radius)


class Icon(QWidget):
    """An icon that stands in a layout."""

    def __init__(self, theme: Theme, name: str, ink: str = "text", size: int = 20) -> None:
        super().__init__()
        self._theme, self._name, self._ink = theme, name, ink
        self.setFixedSize(size, size)
        theme.changed.connect(self.update)

    def set(self, name: str, ink: str) -> None:
        """Show another icon or colour."""
        if (name, ink) != (self._name, self._ink):
            self._name, self._ink = name, ink
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the icon."""
        painter = QPainter(self)
        draw_icon(painter, self._name, QRectF(self.rect()), self._theme.tokens.colour(self._ink))


class Pill(QLabel):
    """A short state on a tinted ground: an icon-less badge with a word."""

    def __init__(self, theme: Theme, text: str = "", ink: str = "muted") -> None:
        super().__init__(text)
        self._theme, self._ink = theme, ink
        self.setFont(font(12, True))
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        theme.changed.connect(self.update)

    def set(self, text: str, ink: str) -> None:
        """Show another state."""
        if (text, ink) != (self.text(), self._ink):
            self._ink = ink
            self.setText(text)
            self.updateGeometry()
            self.update()

    def sizeHint(self) -> QSize:
        """Return the room for the word in its pill."""
        width = metrics(12, True).horizontalAdvance(self.text()) + 20
        return QSize(width if self.text() else 0, 24)

    def minimumSizeHint(self) -> QSize:
        """Return the same as :meth:`sizeHint`."""
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the tinted ground and the word."""
        if not self.text():
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        tokens = self._theme.tokens
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(tokens.colour(self._ink, 0.16 if self._theme.dark else 0.11))
        painter.drawRoundedRect(QRectF(self.rect()), 12, 12)
        painter.setFont(self.font())
        painter.setPen(tokens.colour(self._ink))
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, self.text())


class Bar(QWidget):
    """A thin horizontal bar: how much of a whole is used."""

    def __init__(self, theme: Theme, name: str, ink: str = "accent", height: int = 8) -> None:
        super().__init__()
        self._theme, self._name, self._ink, self._share = theme, name, ink, 0.0
        self.setFixedHeight(height)
        self.setAccessibleName(name)
        theme.changed.connect(self.update)

    def set(self, share: float | None, ink: str | None = None) -> None:
        """Show a share of 0 to 1."""
        self._share = min(max(share or 0.0, 0.0), 1.0)
        self._ink = ink or self._ink
        self.setAccessibleName(f"{self._name}: {round(self._share * 100)} %")
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint track and filled part."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        radius = self.height() / 2
        painter.setBrush(self._theme.tokens.colour("line"))
        painter.drawRoundedRect(QRectF(self.rect()), radius, radius)
        if self._share > 0:
            painter.setBrush(self._theme.tokens.colour(self._ink))
            width = max(self.height(), self.width() * self._share)
            painter.drawRoundedRect(QRectF(0, 0, width, self.height()), radius, radius)


class Ring(QWidget):
    """A thin ring with a percentage in its middle."""

    def __init__(self, theme: Theme, name: str, ink: str, size: int = 92) -> None:
        super().__init__()
        self._theme, self._name, self._ink = theme, name, ink
        self._share: float | None = None
        self.setFixedSize(size, size)
        self.setAccessibleName(name)
        theme.changed.connect(self.update)

    def set(self, share: float | None) -> None:
        """Show a share of 0 to 1, or that it is not known."""
        self._share = share
        said = NOTHING if share is None else f"{round(share * 100)} %"
        self.setAccessibleName(f"{self._name}: {said}")
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the ring and its figure."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        tokens = self._theme.tokens
        box = QRectF(self.rect()).adjusted(5, 5, -5, -5)
        painter.setPen(QPen(tokens.colour("line"), 7))
        painter.drawEllipse(box)
        if self._share:
            pen = QPen(tokens.colour(self._ink), 7)
            pen.setCapStyle(Qt.PenCapStyle.RoundCap)
            painter.setPen(pen)
            painter.drawArc(box, 90 * 16, -round(min(self._share, 1.0) * 360 * 16))
        number = NOTHING if self._share is None else str(round(self._share * 100))
        unit = "" if self._share is None else "%"
        large, small = metrics(28, True), metrics(14)
        width = large.horizontalAdvance(number) + small.horizontalAdvance(unit) + 2
        x = (self.width() - width) / 2
        base = (self.height() + large.capHeight()) / 2
        painter.setFont(font(28, True))
        painter.setPen(tokens.colour("text"))
        painter.drawText(QPointF(x, base), number)
        painter.setFont(font(14))
        painter.setPen(tokens.colour("muted"))
        painter.drawText(QPointF(x + large.horizontalAdvance(number) + 2, base), unit)


class ClickArea(Pressable):
    """A clickable, focusable region over something painted; says what it is by name."""

    def __init__(self, theme: Theme, name: str, parent: QWidget, radius: float = RADIUS) -> None:
        super().__init__(parent)
        self._theme, self._radius = theme, radius
        self.setAccessibleName(name)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint nothing but the focus ring and a breath of tone under the pointer."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self.underMouse():
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(self._theme.tokens.colour("text", 0.04))
            painter.drawRoundedRect(QRectF(self.rect()), self._radius, self._radius)
        focus_ring(painter, self, self._theme, self._radius)


class ClickCard(Card):
    """A card that opens a page when it is clicked."""

    def __init__(self, theme: Theme, title: str, name: str) -> None:
        super().__init__(theme, title)
        self.area = ClickArea(theme, name, self)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the clickable region on the card's surface."""
        self.area.setGeometry(self.rect().adjusted(SHADOW, SHADOW, -SHADOW, -SHADOW))
        self.area.raise_()
        super().resizeEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Leave presses to the clickable region."""
        event.ignore()
