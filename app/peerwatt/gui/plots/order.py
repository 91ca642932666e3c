"""The own order of an interval as a small curve: how much at which price, and what came of it."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from peerwatt.api.market_messages import OrderStepView, OrderView

from .. import market_words, words
from ..theme import Theme, font, metrics

EDGE_PX = 4.0
LABEL_PX = 20.0
INKS = {"buy": "neighbours", "sell": "accent"}
"""The same colours as in the book: wishes and offers."""


class OrderCurve(QWidget):
    """Two steps at most for each side; the filled part is tinted, the price a line across."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._order: OrderView | None = None
        self._tariff = (0, 0)
        self.setMinimumHeight(150)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName(self.tr("Your order as a curve"))
        theme.changed.connect(self.update)

    def sizeHint(self) -> QSize:
        """Return room for the curve and its labels."""
        return QSize(320, 170)

    def set_order(self, order: OrderView | None, feed_in_micro: int, retail_micro: int) -> None:
        """Show an order between what the supplier pays and asks."""
        new = (order, (feed_in_micro, retail_micro))
        if new != (self._order, self._tariff):
            self._order, self._tariff = new
            said = market_words.order_sentence(order) if order else ""
            self.setAccessibleDescription(said)
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the tariff, the steps and the price."""
        order = self._order
        if order is None:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        steps = market_words.steps_of(order)
        frame = self._frame()
        self._paint_tariff(painter, frame)
        for side in ("buy", "sell"):
            own = [step for step in steps if step.side == side]
            # A buyer's dearest wish comes first, a seller's cheapest offer.
            own.sort(key=lambda step: step.limit_micro, reverse=side == "buy")
            if own:
                self._paint_side(painter, frame, own)
        self._paint_price(painter, frame, order)

    # --- geometry -------------------------------------------------------------------------------

    def _frame(self) -> QRectF:
        box = QRectF(self.rect()).adjusted(EDGE_PX, LABEL_PX, -EDGE_PX, -LABEL_PX)
        return box if box.height() > 0 else QRectF(self.rect())

    def _y(self, frame: QRectF, price_micro: float) -> float:
        low, high = self._span()
        return frame.bottom() - (price_micro - low) / (high - low) * frame.height()

    def _span(self) -> tuple[float, float]:
        order = self._order
        prices = [float(step.limit_micro) for step in market_words.steps_of(order)] if order else []
        prices += [float(price) for price in self._tariff if price]
        low, high = min(prices, default=0.0), max(prices, default=1.0)
        return (low, high) if high > low else (low - 1.0, high + 1.0)

    def _x(self, frame: QRectF, energy_wh: float) -> float:
        order = self._order
        sides = {"buy": 0, "sell": 0}
        for step in market_words.steps_of(order) if order else ():
            sides[step.side] += step.quantity_wh
        most = max(*sides.values(), 1) * 1.35
        return frame.left() + energy_wh / most * frame.width()

    # --- painting -------------------------------------------------------------------------------

    def _paint_tariff(self, painter: QPainter, frame: QRectF) -> None:
        tokens = self._theme.tokens
        feed_in, retail = self._tariff
        painter.setFont(font(12))
        for micro, text, rise in (
            (retail, self.tr("supplier asks {0}"), -5.0),
            (feed_in, self.tr("supplier pays {0}"), 14.0),
        ):
            if not micro:
                continue
            y = self._y(frame, micro)
            painter.setPen(QPen(tokens.colour("axis"), 1, Qt.PenStyle.DashLine))
            painter.drawLine(QPointF(frame.left(), y), QPointF(frame.right(), y))
            said = text.format(words.price(micro).number)
            width = metrics(12).horizontalAdvance(said)
            painter.setPen(tokens.colour("muted"))
            painter.drawText(QPointF(frame.right() - width, y + rise), said)

    def _paint_side(self, painter: QPainter, frame: QRectF, steps: list[OrderStepView]) -> None:
        tokens = self._theme.tokens
        ink = INKS[steps[0].side]
        path, before_wh = QPainterPath(), 0.0
        base = frame.bottom()
        for number, step in enumerate(steps):
            left, right = self._x(frame, before_wh), self._x(frame, before_wh + step.quantity_wh)
            y = self._y(frame, step.limit_micro)
            if number:
                path.lineTo(left, y)
            else:
                path.moveTo(left, y)
            path.lineTo(right, y)
            if step.filled_wh:
                end = self._x(frame, before_wh + min(step.filled_wh, step.quantity_wh))
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(tokens.colour(ink, 0.16))
                painter.drawRect(QRectF(QPointF(left, y), QPointF(end, base)))
            before_wh += step.quantity_wh
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(tokens.colour(ink), 2.4))
        painter.drawPath(path)
        self._name_steps(painter, frame, steps)

    def _name_steps(self, painter: QPainter, frame: QRectF, steps: list[OrderStepView]) -> None:
        before_wh = 0.0
        painter.setFont(font(12, True))
        painter.setPen(self._theme.tokens.colour("text"))
        for step in steps:
            said = self.tr("{0} at {1} ct").format(
                words.energy(step.quantity_wh), words.price(step.limit_micro).number
            )
            x, y = self._x(frame, before_wh) + 4, self._y(frame, step.limit_micro)
            x = min(x, frame.right() - metrics(12, True).horizontalAdvance(said))
            painter.drawText(QPointF(x, y - 6), said)
            before_wh += step.quantity_wh

    def _paint_price(self, painter: QPainter, frame: QRectF, order: OrderView) -> None:
        if order.price_micro is None or not order.filled_wh:
            return
        tokens, y = self._theme.tokens, self._y(frame, order.price_micro)
        painter.setPen(QPen(tokens.colour("text"), 1.4))
        end = self._x(frame, order.filled_wh)
        painter.drawLine(QPointF(frame.left(), y), QPointF(end, y))
        painter.setBrush(tokens.colour("card"))
        painter.setPen(QPen(tokens.colour("text"), 2))
        painter.drawEllipse(QPointF(end, y), 4, 4)
