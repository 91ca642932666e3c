"""The book as two curves that meet at the neighbours' price, and the prices so far."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPainterPath, QPen
from PySide6.QtWidgets import QVBoxLayout, QWidget

from peerwatt.api.market_messages import LadderView
from peerwatt.model.units import INTERVAL_S, interval_start_s

from .. import words
from ..series import Floats
from ..siteclock import SiteClock
from ..theme import Theme, font, metrics
from .axes import QuantityAxis, TimeAxis, ValueAxis
from .base import OverlayItem, PathItem, Plot, area_path, cosmetic, line_path, step_points
from .readout import Readout

CENT = 10_000.0
Place = Callable[[float, float], QPointF]


def curve(levels_wh: Floats, prices: Floats) -> tuple[Floats, Floats]:
    """Return the corners (quantity Wh, price micro) of a step curve through the ladder."""
    return np.repeat(levels_wh, 2)[:-1], np.repeat(prices, 2)[1:]


class LadderPlot(QWidget):
    """Quantity to the right, price upwards: who wants energy and who offers it."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._ladder: LadderView | None = None
        self._tariff = (0, 0)
        self.plot = Plot(
            theme,
            self.tr("Offers and wishes by price"),
            ValueAxis(1 / CENT, 40),
            QuantityAxis(0.001),
        )
        self.plot.set_data_source(self.as_text)
        self._curves = PathItem()
        self._over = OverlayItem(self._draw_over)
        self.plot.addItem(self._curves, ignoreBounds=True)
        self.plot.addItem(self._over, ignoreBounds=True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.plot)
        theme.changed.connect(self._show)

    def set_ladder(self, ladder: LadderView | None, feed_in_micro: int, retail_micro: int) -> None:
        """Show a book between what the supplier pays and what it asks."""
        new = (ladder, (feed_in_micro, retail_micro))
        if new != (self._ladder, self._tariff):
            self._ladder, self._tariff = new
            self._show()

    def _show(self) -> None:
        ladder, tokens = self._ladder, self._theme.tokens
        if ladder is None or not ladder.levels:
            self._curves.show_paths([])
            return
        price = np.array([float(level.price_micro) for level in ladder.levels])
        demand = np.array([float(level.demand_wh) for level in ladder.levels])
        supply = np.array([float(level.supply_wh) for level in ladder.levels])
        most = max(demand.max(initial=0.0), supply.max(initial=0.0), 100.0)
        low = min(price.min(), float(self._tariff[0] or price.min()))
        high = max(price.max(), float(self._tariff[1] or price.max()))
        room = (high - low) * 0.09 or CENT
        self.plot.box.setXRange(0, most * 1.06, padding=0)
        self.plot.box.setYRange(low - room, high + room, padding=0)
        lines, fills = [], []
        # D(p) holds down to the next lower tick, S(p) up to the next higher one.
        for wh, along, end, thing in (
            (demand[::-1], price[::-1], low - room, "neighbours"),
            (supply, price, high + room, "accent"),
        ):
            quantities = np.concatenate([[0.0], wh, wh[-1:]])
            x, y = curve(quantities, np.concatenate([along[:1], along, [end]]))
            lines.append((line_path(x, y), cosmetic(tokens.colour(thing), 2.4)))
        if ladder.cleared_wh and ladder.clearing_price_micro is not None:
            traded = np.array([0.0, float(ladder.cleared_wh)])
            flat = np.array([low - room] * 2)
            top = np.array([float(ladder.clearing_price_micro)] * 2)
            fills.append((area_path(traded, flat, top), tokens.colour("accent", 0.10)))
        self._curves.show_paths(fills, lines)
        self._over.update()
        self.plot.setAccessibleDescription(self.described())

    def described(self) -> str:
        """Return the book in one sentence."""
        ladder = self._ladder
        if ladder is None or not ladder.levels:
            return self.tr("No orders yet.")
        if ladder.clearing_price_micro is None:
            return self.tr("{0} wanted, {1} offered, not cleared yet.").format(
                words.energy(ladder.levels[0].demand_wh), words.energy(ladder.levels[-1].supply_wh)
            )
        return self.tr("{0} change hands at {1}.").format(
            words.energy(ladder.cleared_wh), words.price(ladder.clearing_price_micro)
        )

    def _draw_over(self, painter: QPainter, place: Place) -> None:
        ladder, tokens = self._ladder, self._theme.tokens
        (left, right), (low, high) = self.plot.box.viewRange()
        frame = QRectF(place(left, high), place(right, low)).normalized()
        feed_in, retail = self._tariff
        for micro, text, rise in (
            (retail, self.tr("supplier asks {0}"), -5.0),
            (feed_in, self.tr("supplier pays {0}"), 14.0),
        ):
            if micro:
                y = place(left, float(micro)).y()
                painter.setPen(QPen(tokens.colour("axis"), 1, Qt.PenStyle.DashLine))
                painter.drawLine(QPointF(frame.left(), y), QPointF(frame.right(), y))
                said = text.format(words.price(micro).number)
                edge = frame.right()
                if micro == feed_in:
                    edge = frame.left() + metrics(12).horizontalAdvance(said) + 12
                self._label(painter, QPointF(edge, y + rise), said, "muted")
        if ladder is None or not ladder.levels:
            return
        if ladder.clearing_price_micro is not None:
            y = place(left, float(ladder.clearing_price_micro)).y()
            x = place(float(ladder.cleared_wh or 0), 0).x()
            painter.setPen(QPen(tokens.colour("text"), 1.4))
            painter.drawLine(QPointF(frame.left(), y), QPointF(frame.right(), y))
            painter.setBrush(tokens.colour("card"))
            painter.setPen(QPen(tokens.colour("text"), 2))
            painter.drawEllipse(QPointF(x, y), 5, 5)
            text = self.tr("neighbours' price {0}").format(
                words.price(ladder.clearing_price_micro).number
            )
            self._label(painter, QPointF(frame.right(), y - 6), text, "text")
        self._draw_limit(painter, place, frame)
        self._name_curves(painter, place, frame)

    def _draw_limit(self, painter: QPainter, place: Place, frame: QRectF) -> None:
        """Mark what the grid operator lets through, where that is within the picture."""
        limit_wh = self._ladder.limit_wh if self._ladder is not None else None
        if limit_wh is None:
            return
        x = place(float(limit_wh), 0).x()
        if not frame.left() <= x <= frame.right():
            return
        painter.setPen(QPen(self._theme.tokens.colour("warning"), 1.6, Qt.PenStyle.DashLine))
        painter.drawLine(QPointF(x, frame.top()), QPointF(x, frame.bottom()))
        said = self.tr("grid's limit")
        painter.setFont(font(12, True))
        width = metrics(12, True).horizontalAdvance(said)
        side = x - width - 6 if x + width + 6 > frame.right() else x + 6
        painter.drawText(QPointF(side, frame.bottom() - 8), said)

    def _label(self, painter: QPainter, place: QPointF, text: str, ink: str) -> None:
        """Write a text that ends at ``place``; what is in full ink is bold."""
        bold = ink == "text"
        painter.setFont(font(12, bold))
        painter.setPen(self._theme.tokens.colour(ink))
        width = metrics(12, bold).horizontalAdvance(text)
        painter.drawText(place - QPointF(width + 4, 0), text)

    def _name_curves(self, painter: QPainter, place: Place, frame: QRectF) -> None:
        levels = self._ladder.levels if self._ladder is not None else ()
        low, high = levels[len(levels) // 7], levels[-1 - len(levels) // 7]
        # "offered" stands a line lower: at its top the supply curve meets the demand curve.
        for wh, micro, thing, text, drop in (
            (low.demand_wh, low.price_micro, "neighbours", self.tr("wanted"), 4),
            (high.supply_wh, high.price_micro, "accent", self.tr("offered"), 22),
        ):
            if wh <= 0:
                continue
            at = place(float(wh), float(micro)) + QPointF(8, drop)
            width = metrics(12, True).horizontalAdvance(text)
            if at.x() + width > frame.right():
                at += QPointF(-width - 18, 14)
            painter.setFont(font(12, True))
            painter.setPen(self._theme.tokens.colour("text" if self._theme.dark else thing))
            painter.drawText(at, text)

    def as_text(self) -> str:
        """Return the book as tab-separated text."""
        levels = self._ladder.levels if self._ladder else ()
        lines = ["price_micro\tdemand_wh\tsupply_wh"]
        lines += [f"{lv.price_micro}\t{lv.demand_wh}\t{lv.supply_wh}" for lv in levels]
        return "\n".join(lines) + "\n"


class PricePlot(QWidget):
    """Neighbours' price by interval, between what the supplier pays and asks."""

    def __init__(self, theme: Theme, clock: SiteClock) -> None:
        super().__init__()
        self._theme, self._clock = theme, clock
        self._history: tuple[tuple[int, int, int], ...] = ()
        self._tariff = (0, 0)
        self._axis = TimeAxis()
        self.plot = Plot(
            theme, self.tr("Neighbours' price so far"), ValueAxis(1 / CENT, 34), self._axis
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

    def set_history(
        self, history: tuple[tuple[int, int, int], ...], feed_in_micro: int, retail_micro: int
    ) -> None:
        """Show (interval, price, volume) of the cleared intervals."""
        new = (history, (feed_in_micro, retail_micro))
        if new != (self._history, self._tariff):
            self._history, self._tariff = new
            self._show()

    def _show(self) -> None:
        self._axis.zone = self._clock.zone
        tokens = self._theme.tokens
        feed_in, retail = self._tariff
        prices = np.array([float(price) for _, price, _ in self._history])
        if prices.size == 0:
            self._item.show_paths([])
            return
        starts = np.array([float(interval_start_s(interval)) for interval, *_ in self._history])
        low = min(prices.min(), float(feed_in or prices.min()))
        high = max(prices.max(), float(retail or prices.max()))
        room = (high - low) * 0.12 or CENT
        x, y = step_points(starts, prices, INTERVAL_S)
        base = np.full_like(y, low - room)
        self.plot.box.setXRange(
            starts[-1] + INTERVAL_S - max(starts[-1] + INTERVAL_S - starts[0], 4 * INTERVAL_S),
            starts[-1] + INTERVAL_S,
            padding=0,
        )
        self.plot.box.setYRange(low - room, high + room, padding=0)
        line = QPainterPath(line_path(x, y))
        self._item.show_paths(
            [(area_path(x, base, y), tokens.colour("neighbours", 0.12))],
            [(line, cosmetic(tokens.colour("neighbours"), 2.2))],
        )
        self._over.update()
        last = words.price(self._history[-1][1])
        self.plot.setAccessibleDescription(self.tr("Last price {0}.").format(last))

    def _draw_over(self, painter: QPainter, place: Place) -> None:
        tokens = self._theme.tokens
        (left, right), _ = self.plot.box.viewRange()
        for micro, text, rise in (
            (self._tariff[1], self.tr("supplier asks"), -5.0),
            (self._tariff[0], self.tr("supplier pays"), 14.0),
        ):
            if micro:
                start, end = place(left, float(micro)), place(right, float(micro))
                painter.setPen(QPen(tokens.colour("axis"), 1, Qt.PenStyle.DashLine))
                painter.drawLine(start, end)
                painter.setFont(font(12))
                painter.setPen(tokens.colour("muted"))
                painter.drawText(start + QPointF(4, rise), text)

    def _hover(self, place: QPointF | None) -> None:
        interval = int(place.x() // INTERVAL_S) if place is not None else None
        row = next((row for row in self._history if row[0] == interval), None)
        if row is None or place is None:
            self._readout.hide()
            return
        x = self.plot.mapFromScene(self.plot.box.mapViewToScene(place)).x()
        rows = [
            ("neighbours", self.tr("Price"), str(words.price(row[1]))),
            ("axis", self.tr("Traded"), str(words.energy(row[2]))),
        ]
        self._readout.show_at(x, words.interval_clock(row[0], self._clock.zone), rows)

    def as_text(self) -> str:
        """Return the prices as tab-separated text."""
        lines = ["interval_start\tprice_micro\tvolume_wh"]
        lines += [f"{interval_start_s(i)}\t{price}\t{wh}" for i, price, wh in self._history]
        return "\n".join(lines) + "\n"
