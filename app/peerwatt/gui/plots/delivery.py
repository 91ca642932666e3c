"""What was promised to the grid operator beside what the meter says."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPen
from PySide6.QtWidgets import QVBoxLayout, QWidget

from peerwatt.api.messages import FlexView
from peerwatt.model.units import interval_start_s

from .. import words
from ..siteclock import SiteClock
from ..theme import Theme, font, metrics
from .axes import TimeAxis, ValueAxis
from .base import OverlayItem, PathItem, Plot, area_path, cosmetic, line_path
from .readout import Readout

Place = Callable[[float, float], QPointF]


class DeliveryPlot(QWidget):
    """Net power at the grid connection: promised (dashed) and measured (solid)."""

    def __init__(self, theme: Theme, clock: SiteClock) -> None:
        super().__init__()
        self._theme, self._clock = theme, clock
        self._request: FlexView | None = None
        self._axis = TimeAxis()
        self.plot = Plot(
            theme, self.tr("Promised and measured power"), ValueAxis(0.001, 34), self._axis
        )
        self.plot.set_data_source(self.as_text)
        self._item = PathItem()
        self._over = OverlayItem(self._draw_over)
        self.plot.addItem(self._item, ignoreBounds=True)
        self.plot.addItem(self._over, ignoreBounds=True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.plot)
        self._readout = Readout(theme, self.plot)
        self.plot.moved.connect(self._hover)
        theme.changed.connect(self._show)

    def set_request(self, request: FlexView | None) -> None:
        """Show the curve of one request."""
        if request != self._request:
            self._request = request
            self._show()

    def _show(self) -> None:
        request, tokens = self._request, self._theme.tokens
        self._axis.zone = self._clock.zone
        if request is None or len(request.curve) < 2:
            self._item.show_paths([])
            self._over.update()
            return
        points = np.array(request.curve, dtype=float)
        x, promised, measured = points[:, 0], points[:, 1], points[:, 2]
        shown = points[:, 1:][~np.isnan(points[:, 1:])]
        low = min(float(shown.min(initial=0.0)), 0.0)
        high = max(float(shown.max(initial=0.0)), 500.0)
        room = (high - low) * 0.16
        start_s = min(x[0], interval_start_s(request.first_interval))
        end_s = max(x[-1], interval_start_s(request.first_interval + request.interval_count))
        self.plot.box.setXRange(start_s, end_s, padding=0.01)
        floor = low - room if low < 0 else -room / 8
        self.plot.box.setYRange(floor, high + room, padding=0)
        self._item.show_paths(
            [(area_path(x, np.zeros_like(x), measured), tokens.colour("accent", 0.12))],
            [
                (
                    line_path(x, promised),
                    cosmetic(tokens.colour("text"), 1.8, Qt.PenStyle.DashLine),
                ),
                (line_path(x, measured), cosmetic(tokens.colour("accent"), 2.4)),
            ],
        )
        self._over.update()
        self.plot.setAccessibleDescription(
            self.tr("Promised {0}, delivered {1}.").format(
                words.energy(request.awarded_wh), words.energy(request.delivered_wh)
            )
        )

    def _draw_over(self, painter: QPainter, place: Place) -> None:
        request, tokens = self._request, self._theme.tokens
        if request is None or len(request.curve) < 2:
            return
        (left, right), (low, high) = self.plot.box.viewRange()
        frame = QRectF(place(left, high), place(right, low)).normalized()
        y = place(left, 0.0).y()
        painter.setPen(QPen(tokens.colour("axis"), 1))
        painter.drawLine(QPointF(frame.left(), y), QPointF(frame.right(), y))
        painter.setFont(font(12))
        painter.setPen(tokens.colour("muted"))
        unit = self.tr("kW from the grid")
        right = frame.right() - metrics(12).horizontalAdvance(unit)
        painter.drawText(QPointF(right, frame.top() + 13), unit)
        x = frame.left() + 8
        for text, token, style in (
            (self.tr("promised"), "text", Qt.PenStyle.DashLine),
            (self.tr("measured"), "accent", Qt.PenStyle.SolidLine),
        ):
            painter.setPen(QPen(tokens.colour(token), 2.2, style))
            painter.drawLine(QPointF(x, frame.top() + 9), QPointF(x + 22, frame.top() + 9))
            painter.setFont(font(12))
            painter.setPen(tokens.colour("muted"))
            painter.drawText(QPointF(x + 28, frame.top() + 13), text)
            x += 28 + metrics(12).horizontalAdvance(text) + 20

    def _hover(self, place: QPointF | None) -> None:
        request = self._request
        if place is None or request is None or not request.curve:
            self._readout.hide()
            return
        at = min(request.curve, key=lambda point: abs(point[0] - place.x()))
        x = self.plot.mapFromScene(self.plot.box.mapViewToScene(place)).x()
        rows = [
            ("text", self.tr("Promised"), str(words.power(at[1]))),
            ("accent", self.tr("Measured"), str(words.power(at[2]))),
        ]
        self._readout.show_at(x, words.clock(at[0], self._clock.zone), rows)

    def as_text(self) -> str:
        """Return the curve as tab-separated text, net power in W."""
        lines = ["time_s\tpromised_w\tmeasured_w"]
        if self._request is not None:
            lines += [f"{t:.0f}\t{p:.0f}\t{m:.0f}" for t, p, m in self._request.curve]
        return "\n".join(lines) + "\n"
