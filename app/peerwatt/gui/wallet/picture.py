"""Addresses as pictures: identicon, blocks of four to compare by eye, QR code."""

from __future__ import annotations

from functools import lru_cache

import segno
from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontDatabase, QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from ..icons import draw_icon
from ..theme import UNIT, Theme
from .listing import Hsl, Picture

QUIET_MODULES = 4
"""Light border of a QR code (ISO/IEC 18004, section 9.1)."""
BLOCKS_A_ROW = 5


class Identicon(QWidget):
    """The small picture of an address; a plain icon where it is not known."""

    def __init__(self, theme: Theme, size: int = 36, fallback: str = "wallet") -> None:
        super().__init__()
        self._theme, self._fallback = theme, fallback
        self._picture: Picture | None = None
        self.setFixedSize(size, size)
        theme.changed.connect(self.update)

    def set(self, picture: Picture | None) -> None:
        """Show another picture."""
        if picture != self._picture:
            self._picture = picture
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the cells, clipped to a rounded square."""
        painter = QPainter(self)
        paint_identicon(painter, QRectF(self.rect()), self._picture, self._theme, self._fallback)


def paint_identicon(
    painter: QPainter, box: QRectF, picture: Picture | None, theme: Theme, fallback: str = "wallet"
) -> None:
    """Paint an address's picture into a square, or an icon where there is none."""
    painter.save()
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    radius = box.width() * 0.22
    painter.setBrush(_colour(picture.background) if picture else theme.tokens.colour("hover"))
    painter.drawRoundedRect(box, radius, radius)
    edge = box.width() * 0.14
    room = box.adjusted(edge, edge, -edge, -edge)
    if picture is None:
        draw_icon(painter, fallback, room, theme.tokens.colour("muted"))
    else:
        # Whole pixels: neighbouring cells must not show a seam.
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        for row, cells in enumerate(picture.cells):
            for column, cell in enumerate(cells):
                if cell:
                    painter.setBrush(_colour(picture.colour if cell == 1 else picture.spot))
                    painter.drawRect(_cell(room, column, row, len(picture.cells)))
    painter.restore()


def _cell(room: QRectF, column: int, row: int, count: int) -> QRectF:
    left, right = (round(room.left() + room.width() * n / count) for n in (column, column + 1))
    top, bottom = (round(room.top() + room.height() * n / count) for n in (row, row + 1))
    return QRectF(left, top, right - left, bottom - top)


def _colour(hsl: Hsl) -> QColor:
    hue, saturation, lightness = hsl
    return QColor.fromHslF(hue % 360 / 360, saturation / 100, lightness / 100)


@lru_cache(maxsize=4)
def code_font(size_px: int = 14) -> QFont:
    """Return the system's typeface of equal widths, for addresses and hashes."""
    made = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
    made.setPixelSize(size_px)
    return made


class AddressBlocks(QWidget):
    """A full address in two rows of five blocks."""

    def __init__(self, theme: Theme, size_px: int = 16) -> None:
        super().__init__()
        self._theme, self._size_px = theme, size_px
        self._blocks: tuple[str, ...] = ()
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        theme.changed.connect(self.update)

    def set(self, blocks: tuple[str, ...]) -> None:
        """Show another address."""
        self._blocks = blocks
        self.setAccessibleName(" ".join(blocks))
        self.updateGeometry()
        self.update()

    @property
    def blocks(self) -> tuple[str, ...]:
        """What is shown."""
        return self._blocks

    def sizeHint(self) -> QSize:
        """Return the room for two rows."""
        letters = QFontMetrics(code_font(self._size_px))
        width = letters.horizontalAdvance("0x") + BLOCKS_A_ROW * self._step(letters)
        return QSize(width, 2 * (self._size_px + UNIT) if self._blocks else 0)

    def minimumSizeHint(self) -> QSize:
        """Return the same as :meth:`sizeHint`."""
        return self.sizeHint()

    @staticmethod
    def _step(letters: QFontMetrics) -> int:
        return letters.horizontalAdvance("0000") + UNIT + 2

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the blocks, every second one a little darker."""
        painter = QPainter(self)
        painter.setFont(code_font(self._size_px))
        letters = QFontMetrics(code_font(self._size_px))
        lead, height = letters.horizontalAdvance("0x"), self._size_px + UNIT
        for number, block in enumerate(self._blocks):
            row, column = divmod(number, BLOCKS_A_ROW)
            left = lead + column * self._step(letters)
            place = QRectF(left, row * height, self._step(letters), height)
            ink = "text" if number % 2 == 0 else "muted"
            self._write(painter, block.removeprefix("0x"), place, ink)
        if self._blocks:
            self._write(painter, "0x", QRectF(0, 0, lead, height), "faint")

    def _write(self, painter: QPainter, text: str, place: QRectF, ink: str) -> None:
        painter.setPen(self._theme.tokens.colour(ink))
        painter.drawText(place, Qt.AlignmentFlag.AlignVCenter, text)


class QrCode(QWidget):
    """A QR code, dark on light also in the dark theme: many readers want it so."""

    def __init__(self, size: int = 220) -> None:
        super().__init__()
        self._rows: tuple[bytes, ...] = ()
        self.text = ""
        self.setFixedSize(size, size)
        self.setAccessibleName("")

    def set(self, text: str, name: str) -> None:
        """Show a text as a code; ``name`` tells it to a screen reader."""
        self.text = text
        self.setAccessibleName(name)
        self._rows = tuple(bytes(row) for row in segno.make_qr(text, error="m").matrix)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the modules in whole pixels."""
        painter = QPainter(self)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(QColor("#ffffff"))
        painter.drawRoundedRect(QRectF(self.rect()), 12, 12)
        if not self._rows:
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        painter.setBrush(QColor("#000000"))
        count = len(self._rows) + 2 * QUIET_MODULES
        module = max(1, self.width() // count)
        edge = (self.width() - module * len(self._rows)) // 2
        for y, row in enumerate(self._rows):
            for x, dark in enumerate(row):
                if dark:
                    painter.drawRect(edge + x * module, edge + y * module, module, module)
