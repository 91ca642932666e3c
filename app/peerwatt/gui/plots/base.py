"""What all plots share: their look, zoom, hover, menu, keyboard and how paths are made."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QAction,
    QColor,
    QContextMenuEvent,
    QFocusEvent,
    QGuiApplication,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPainterPath,
    QPen,
)
from PySide6.QtWidgets import QGraphicsItem, QMenu, QPinchGesture

from ..series import Floats
from ..theme import Theme, font
from ..widgets.base import by_key

pg.setConfigOptions(antialias=True)


class PathItem(pg.GraphicsObject):
    """Filled and stroked paths in data coordinates, painted once into a cached picture."""

    def __init__(self) -> None:
        super().__init__()
        self._fills: list[tuple[QPainterPath, QColor]] = []
        self._lines: list[tuple[QPainterPath, QPen]] = []
        self._box = QRectF()
        self.setCacheMode(QGraphicsItem.CacheMode.DeviceCoordinateCache)

    def show_paths(
        self,
        fills: Sequence[tuple[QPainterPath, QColor]],
        lines: Sequence[tuple[QPainterPath, QPen]] = (),
    ) -> None:
        """Replace what is shown."""
        self.prepareGeometryChange()
        self._fills, self._lines = list(fills), list(lines)
        box = QRectF()
        for path, _ in (*self._fills, *self._lines):
            box = box.united(path.boundingRect())
        self._box = box
        self.update()

    def boundingRect(self) -> QRectF:
        """Return the box of all paths."""
        return self._box

    def paint(self, painter: QPainter, *args: Any) -> None:
        """Fill, then stroke."""
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        for path, colour in self._fills:
            painter.fillPath(path, colour)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for path, pen in self._lines:
            painter.setPen(pen)
            painter.drawPath(path)


class OverlayItem(pg.GraphicsObject):
    """Draws in pixels over a plot: labels, brackets, the now-line. Repainted with the view."""

    def __init__(self, draw: Callable[[QPainter, Callable[[float, float], QPointF]], None]) -> None:
        super().__init__()
        self._draw = draw
        self.setZValue(20)

    def boundingRect(self) -> QRectF:
        """Return the visible region."""
        box = self.getViewBox()
        return QRectF() if box is None else box.viewRect()

    def viewRangeChanged(self) -> None:
        """Follow the view."""
        self.prepareGeometryChange()
        self.update()

    def paint(self, painter: QPainter, *args: Any) -> None:
        """Hand the painter over in pixels, with a function from data to pixels."""
        place = painter.worldTransform()
        painter.save()
        painter.resetTransform()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._draw(painter, lambda x, y: place.map(QPointF(x, y)))
        painter.restore()


class TimeBox(pg.ViewBox):
    """A view that zooms along time only; a double click shows everything again."""

    reset_asked = Signal()

    def __init__(self) -> None:
        super().__init__(enableMenu=False)
        self.setMouseEnabled(x=True, y=False)

    def mouseDoubleClickEvent(self, event: Any) -> None:
        """Ask for the whole range."""
        self.reset_asked.emit()
        event.accept()

    def raiseContextMenu(self, event: Any) -> None:
        """Leave the menu to the plot."""


class Plot(pg.PlotWidget):
    """A plot of the program's look: thin, few lines, own menu, keyboard and pinch."""

    moved = Signal(object)
    """Data position (QPointF) under the pointer, or ``None`` when it left."""
    zoomed = Signal()
    """The owner chose a part of the range."""
    whole_shown = Signal()
    """The owner went back to the whole range."""

    def __init__(
        self, theme: Theme, name: str, left: pg.AxisItem, bottom: pg.AxisItem, zoom: bool = False
    ) -> None:
        self.box = TimeBox()
        self._by_key = False
        super().__init__(viewBox=self.box, axisItems={"left": left, "bottom": bottom})
        self.theme = theme
        self._whole: tuple[float, float] | None = None
        self._data: Callable[[], str] = str
        self.hideButtons()
        self.setMenuEnabled(False)
        if not zoom:
            self.box.setMouseEnabled(x=False, y=False)
        self.setFrameShape(pg.PlotWidget.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(name)
        self.viewport().setAccessibleName(name)
        self.setMinimumHeight(96)
        self.setMouseTracking(True)
        self._zoom = zoom
        if zoom:
            self.viewport().grabGesture(Qt.GestureType.PinchGesture)
        self.box.reset_asked.connect(self.show_whole)
        self.box.sigRangeChangedManually.connect(lambda *_: self.zoomed.emit())
        self.plotItem.layout.setContentsMargins(0, 4, 4, 0)
        theme.changed.connect(self.restyle)
        self.restyle()

    def restyle(self) -> None:
        """Give the axes the theme's colours."""
        tokens = self.theme.tokens
        self.setBackground(tokens.colour("card"))
        for side in ("left", "bottom"):
            axis = self.plotItem.getAxis(side)
            axis.setTickFont(font(12))
            axis.setTextPen(tokens.colour("muted"))
            axis.setPen(pg.mkPen(None))
            axis.setZValue(-1000)
            axis.setTickPen(QPen(tokens.colour("line"), 1) if side == "left" else pg.mkPen(None))
            axis.setStyle(
                tickLength=0, tickTextOffset=8, maxTickLevel=0, hideOverlappingLabels=side != "left"
            )
        self.plotItem.getAxis("left").setGrid(255)
        self.plotItem.getAxis("left").setWidth(40)
        self.plotItem.getAxis("bottom").setHeight(24)

    def sizeHint(self) -> QSize:
        """Return a small size: the layout gives what there is."""
        return QSize(320, 140)

    def set_whole(self, low: float, high: float) -> None:
        """Set the range along the bottom that a double click returns to."""
        self._whole = (low, high)

    def show_whole(self) -> None:
        """Show the whole range."""
        if self._whole is not None:
            self.box.setXRange(*self._whole, padding=0)
        self.whole_shown.emit()

    def set_data_source(self, data: Callable[[], str]) -> None:
        """Say how the plot's data is written as text for the clipboard (tab-separated)."""
        self._data = data

    # --- input ------------------------------------------------------------------------------------

    def wheelEvent(self, event: Any) -> None:
        """Zoom where zooming is meant; else let the page scroll."""
        if self._zoom:
            super().wheelEvent(event)
        else:
            event.ignore()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Say what is under the pointer."""
        super().mouseMoveEvent(event)
        place = self.box.mapSceneToView(self.mapToScene(event.position().toPoint()))
        inside = self.box.viewRect().contains(place)
        self.moved.emit(place if inside else None)

    def leaveEvent(self, event: QEvent) -> None:
        """Say that the pointer left."""
        super().leaveEvent(event)
        self.moved.emit(None)

    def viewportEvent(self, event: QEvent) -> bool:
        """Zoom with a pinch."""
        if event.type() == QEvent.Type.Gesture:
            pinch = event.gesture(Qt.GestureType.PinchGesture)  # type: ignore[attr-defined]
            if isinstance(pinch, QPinchGesture) and pinch.scaleFactor() > 0:
                self.box.scaleBy(x=1 / pinch.scaleFactor())
                self.zoomed.emit()
                return True
        return bool(super().viewportEvent(event))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Zoom with plus and minus, move with the arrows, Home shows everything."""
        low, high = self.box.viewRange()[0]
        step = (high - low) / 10
        moves: dict[int, Callable[[], None]] = {}
        if self._zoom:
            moves = {
                Qt.Key.Key_Plus: lambda: self.box.scaleBy(x=0.8),
                Qt.Key.Key_Minus: lambda: self.box.scaleBy(x=1.25),
                Qt.Key.Key_Left: lambda: self.box.translateBy(x=-step),
                Qt.Key.Key_Right: lambda: self.box.translateBy(x=step),
                Qt.Key.Key_Home: self.show_whole,
            }
        move = moves.get(event.key())
        if move is None:
            event.ignore()
        else:
            move()
            if event.key() != Qt.Key.Key_Home:
                self.zoomed.emit()

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Show that the plot has the keyboard."""
        super().focusInEvent(event)
        self._by_key = by_key(event, self._by_key)
        self.viewport().update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Take the focus ring away."""
        super().focusOutEvent(event)
        self.viewport().update()

    def drawForeground(self, painter: QPainter, rect: QRectF) -> None:
        """Draw the focus ring."""
        super().drawForeground(painter, rect)
        if self.hasFocus() and self._by_key:
            painter.save()
            painter.resetTransform()
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(self.theme.tokens.colour("focus"), 2))
            box = QRectF(self.viewport().rect()).adjusted(1, 1, -1, -1)
            painter.drawRoundedRect(box, 8, 8)
            painter.restore()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Offer the plot as an image and as data."""
        menu = self.plot_menu()
        menu.popup(event.globalPos())

    def plot_menu(self) -> QMenu:
        """Return the plot's menu."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        actions: list[tuple[str, Callable[[], None]]] = [
            (self.tr("Copy as image"), self.copy_image),
            (self.tr("Copy as data"), self.copy_data),
        ]
        if self._zoom:
            actions.append((self.tr("Show everything"), self.show_whole))
        for text, run in actions:
            action = QAction(text, menu)
            action.triggered.connect(run)
            menu.addAction(action)
        return menu

    def copy_image(self) -> None:
        """Put the plot's picture on the clipboard, on its card's colour."""
        picture = self.grab()
        painter = QPainter(picture)
        painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_DestinationOver)
        painter.fillRect(picture.rect(), self.theme.tokens.colour("card"))
        painter.end()
        QGuiApplication.clipboard().setPixmap(picture)

    def copy_data(self) -> None:
        """Put the plot's numbers on the clipboard as tab-separated text."""
        QGuiApplication.clipboard().setText(self._data())


def runs(known: np.ndarray[Any, np.dtype[np.bool_]]) -> list[tuple[int, int]]:
    """Return (first, past the last) of each stretch of true values."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], known, [False]]).astype(np.int8)))
    return [(int(low), int(high)) for low, high in zip(edges[::2], edges[1::2], strict=True)]


def area_path(x: Floats, low: Floats, high: Floats) -> QPainterPath:
    """Return the region between two curves; gaps (NaN) stay gaps. Safe off the thread."""
    path = QPainterPath()
    for first, last in runs(~(np.isnan(low) | np.isnan(high))):
        if last - first < 2:
            continue
        around_x = np.concatenate([x[first:last], x[first:last][::-1]])
        around_y = np.concatenate([high[first:last], low[first:last][::-1]])
        part: QPainterPath = pg.arrayToQPath(around_x, around_y)
        part.closeSubpath()
        path.addPath(part)
    return path


def line_path(x: Floats, y: Floats) -> QPainterPath:
    """Return a line through points; gaps (NaN) stay gaps. Safe off the thread."""
    path: QPainterPath = pg.arrayToQPath(x, y, connect="finite")
    return path


def step_points(x: Floats, y: Floats, width: float) -> tuple[Floats, Floats]:
    """Return the corners of a step line whose values each hold for ``width`` from their x."""
    return np.column_stack([x, x + width]).ravel(), np.repeat(y, 2)


def cosmetic(colour: QColor, width: float, style: Qt.PenStyle = Qt.PenStyle.SolidLine) -> QPen:
    """Return a pen whose width is in pixels whatever the zoom."""
    pen = QPen(colour, width, style)
    pen.setCosmetic(True)
    pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
    return pen
