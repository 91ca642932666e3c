"""The outline icons, tinted by a colour token when they are drawn."""

from __future__ import annotations

from functools import lru_cache

from PySide6.QtCore import QByteArray, QRectF, Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

from peerwatt.config.resources import resource


@lru_cache(maxsize=256)
def renderer(name: str, colour: str) -> QSvgRenderer:
    """Return the renderer of an icon in one colour (hex). Raises FileNotFoundError."""
    text = resource("icons", f"{name}.svg").read_text(encoding="utf-8")
    return QSvgRenderer(QByteArray(text.replace("currentColor", colour).encode()))


def draw_icon(painter: QPainter, name: str, box: QRectF, colour: QColor) -> None:
    """Draw an icon into ``box``; the colour's opacity counts."""
    painter.save()
    painter.setOpacity(painter.opacity() * colour.alphaF())
    renderer(name, colour.name()).render(painter, box)
    painter.restore()


@lru_cache(maxsize=256)
def pixmap(name: str, colour: str, size_px: int, ratio: float = 1.0) -> QPixmap:
    """Return an icon as a pixmap of ``size_px`` logical pixels."""
    made = QPixmap(round(size_px * ratio), round(size_px * ratio))
    made.setDevicePixelRatio(ratio)
    made.fill(Qt.GlobalColor.transparent)
    painter = QPainter(made)
    renderer(name, colour).render(painter, QRectF(0, 0, size_px, size_px))
    painter.end()
    return made


def app_icon() -> QIcon:
    """Return the program's own icon."""
    made = QIcon()
    for size_px in (16, 24, 32, 48, 64, 128, 256):
        made.addPixmap(pixmap("peerwatt", "#000000", size_px))
    return made
