"""The picture of power flowing between sun, grid, neighbours, battery, car and home."""

from __future__ import annotations

import math
import time

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import (
    QHideEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPen,
    QPixmap,
    QPolygonF,
    QResizeEvent,
    QShowEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from peerwatt.api.messages import FlowView

from .. import words
from ..icons import draw_icon
from ..mix import QUIET_W, Stream, source_shares, streams
from ..theme import Theme, font, metrics
from .base import ClickArea
from .flow_geometry import Layout, Place, arrange

FRAME_MS = 40
"""25 pictures a second: smooth for dots, under the 30 that are allowed."""
DOT_GAP = 36.0


def line_width(power_w: float) -> float:
    """Return a line's width, px: the square root of power, so that area tells the amount."""
    return min(2.5 + 2.6 * math.sqrt(power_w / 1000), 12.0)


def dot_speed(power_w: float) -> float:
    """Return a dot's speed, px/s: faster with more, never hectic."""
    return min(26 + 34 * math.sqrt(power_w / 1000), 130.0)


class FlowPicture(QWidget):
    """Flows with moving dots; still picture in a cached layer, only the dots move."""

    opened = Signal(str)
    """Name of the thing that was clicked."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._flow: FlowView | None = None
        self._streams: dict[str, Stream] = {}
        self._old = False
        self._reduced = False
        self._layout: Layout | None = None
        self._still: QPixmap | None = None
        self._phase: dict[str, float] = {}
        self._last_s = 0.0
        self._areas: dict[str, ClickArea] = {}
        self._timer = QTimer(self)
        self._timer.setInterval(FRAME_MS)
        self._timer.timeout.connect(self._step)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(420, 300)
        self.setAccessibleName(self.tr("Power flow now"))
        self.setAccessibleDescription(self.tr("Nothing is known yet."))
        theme.changed.connect(self._redraw)

    # --- what is shown ------------------------------------------------------------------------

    def set_flow(self, flow: FlowView) -> None:
        """Show the powers of now."""
        things = set(self._streams)
        self._flow, self._streams = flow, streams(flow)
        if set(self._streams) != things:
            self._layout = None
        self.setAccessibleDescription(self.described())
        self._redraw()

    def set_old(self, old: bool) -> None:
        """Grey everything and stop the dots while the engine is away."""
        if old != self._old:
            self._old = old
            self._redraw()

    def set_reduced_motion(self, reduced: bool) -> None:
        """Show arrows instead of moving dots."""
        self._reduced = reduced
        self._redraw()

    @property
    def animating(self) -> bool:
        """Whether dots are moving now."""
        return self._timer.isActive()

    def described(self) -> str:
        """Return the whole picture as a sentence for each thing."""
        if self._flow is None:
            return self.tr("Nothing is known yet.")
        parts = [
            self.tr("{0}: {1}, {2}").format(self._title(name), *self._said(name))
            for name in ("sun", "grid", "neighbours", "battery", "car")
            if name in self._streams
        ]
        used = words.power(self._flow.home_w)
        parts.append(self.tr("Home: {0} in use").format(used))
        return ". ".join(parts) + "."

    def sizeHint(self) -> QSize:
        """Return a comfortable size."""
        return QSize(528, 320)

    # --- events ---------------------------------------------------------------------------------

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Lay the picture out anew."""
        self._layout = None
        self._redraw()
        super().resizeEvent(event)

    def showEvent(self, event: QShowEvent) -> None:
        """Let the dots move again."""
        self._mind_timer()
        super().showEvent(event)

    def hideEvent(self, event: QHideEvent) -> None:
        """Stop the dots: nobody sees them."""
        self._timer.stop()
        super().hideEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the cached still picture and the dots on it."""
        painter = QPainter(self)
        if self._still is None:
            self._still = self._draw_still()
        painter.drawPixmap(0, 0, self._still)
        if not self._reduced and not self._old:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            self._draw_dots(painter)

    # --- inside ---------------------------------------------------------------------------------

    def _redraw(self) -> None:
        self._still = None
        self._mind_timer()
        self.update()

    def _mind_timer(self) -> None:
        wanted = (
            self.isVisible()
            and not self._reduced
            and not self._old
            and any(stream.moving for stream in self._streams.values())
        )
        if wanted and not self._timer.isActive():
            self._last_s = time.monotonic()
            self._timer.start()
        elif not wanted:
            self._timer.stop()

    def _step(self) -> None:
        now_s = time.monotonic()
        passed_s, self._last_s = min(now_s - self._last_s, 0.2), now_s
        for name, stream in self._streams.items():
            if stream.moving and stream.power_w is not None:
                moved = dot_speed(stream.power_w) * passed_s
                self._phase[name] = (self._phase.get(name, 0.0) + moved) % DOT_GAP
        self.update()

    def _arranged(self) -> Layout:
        if self._layout is None:
            self._layout = arrange(self.width(), self.height(), self._streams)
            self._place_areas(self._layout)
        return self._layout

    def _place_areas(self, layout: Layout) -> None:
        for name in [name for name in self._areas if name not in layout.places]:
            self._areas.pop(name).deleteLater()
        for name, place in layout.places.items():
            if name not in self._areas:
                area = ClickArea(self._theme, self._title(name), self)
                area.clicked.connect(lambda _=False, name=name: self.opened.emit(name))
                self._areas[name] = area
                area.show()
            box = place.area if name != "home" else place.area.adjusted(-4, -4, 4, 4)
            self._areas[name].setGeometry(box.adjusted(-4, -4, 4, 4).toRect())

    def _draw_still(self) -> QPixmap:
        ratio = self.devicePixelRatioF()
        still = QPixmap(self.size() * ratio)
        still.setDevicePixelRatio(ratio)
        still.fill(self._theme.tokens.colour("card"))
        painter = QPainter(still)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        layout = self._arranged()
        for name, stream in self._streams.items():
            self._draw_line(painter, layout, name, stream)
        for name, place in layout.places.items():
            if name == "home":
                self._draw_home(painter, layout, place)
            elif name in self._streams:
                self._draw_node(painter, layout, name, place)
            if name in self._areas:
                value, word = self._said(name)
                self._areas[name].setAccessibleName(f"{self._title(name)}: {value}, {word}")
        painter.end()
        return still

    def _grey(self, name: str) -> bool:
        stream = self._streams.get(name)
        return self._old or (stream is not None and (stream.stale or stream.power_w is None))

    def _draw_line(self, painter: QPainter, layout: Layout, name: str, stream: Stream) -> None:
        tokens = self._theme.tokens
        pen = QPen(tokens.colour("line"), 2)
        pen.setCapStyle(Qt.PenCapStyle.RoundCap)
        if stream.moving and stream.power_w is not None:
            token = "axis" if self._grey(name) else name
            pen.setColor(tokens.colour(token, 0.45 if self._theme.dark else 0.34))
            pen.setWidthF(line_width(stream.power_w))
        painter.setPen(pen)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPath(layout.curves[name].path)
        if stream.moving and (self._reduced or self._old):
            self._draw_arrow(painter, layout, name, stream)

    def _draw_arrow(self, painter: QPainter, layout: Layout, name: str, stream: Stream) -> None:
        curve = layout.curves[name]
        painter.save()
        painter.translate(curve.at(curve.length / 2))
        painter.rotate(curve.angle_at_middle() + (0 if stream.toward_home else 180))
        size = 5 + line_width(stream.power_w or 0) / 2
        head = QPolygonF([QPointF(-size, -size), QPointF(size, 0), QPointF(-size, size)])
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._theme.tokens.colour("axis" if self._grey(name) else name))
        painter.drawPolygon(head)
        painter.restore()

    def _draw_dots(self, painter: QPainter) -> None:
        layout = self._arranged()
        painter.setPen(Qt.PenStyle.NoPen)
        for name, stream in self._streams.items():
            if not stream.moving or stream.power_w is None or self._grey(name):
                continue
            curve = layout.curves[name]
            radius = line_width(stream.power_w) / 2 + 1.2
            colour = self._theme.tokens.colour(name)
            where = self._phase.get(name, 0.0)
            while where < curve.length:
                along = where if stream.toward_home else curve.length - where
                # Dots fade in and out at both ends instead of popping.
                edge = min(where, curve.length - where)
                colour.setAlphaF(min(edge / 10, 1.0))
                painter.setBrush(colour)
                painter.drawEllipse(curve.at(along), radius, radius)
                where += DOT_GAP

    def _draw_node(self, painter: QPainter, layout: Layout, name: str, place: Place) -> None:
        tokens = self._theme.tokens
        grey = self._grey(name)
        thing = "axis" if grey else name
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(tokens.colour(thing, 0.22 if self._theme.dark else 0.13))
        painter.drawEllipse(place.centre, place.radius, place.radius)
        half = layout.icon / 2
        centre = place.centre
        box = QRectF(centre.x() - half, centre.y() - half, layout.icon, layout.icon)
        ink = "text" if self._theme.dark and not grey else thing
        draw_icon(painter, name, box, tokens.colour(ink))
        self._draw_words(painter, place, name, layout.value_px)

    def _draw_words(self, painter: QPainter, place: Place, name: str, size: int) -> None:
        tokens, grey = self._theme.tokens, self._grey(name)
        value, word = self._said(name)
        where = Qt.AlignmentFlag.AlignLeft if place.beside else Qt.AlignmentFlag.AlignHCenter
        top = QRectF(place.words)
        top.setHeight(metrics(size, True).height())
        painter.setFont(font(size, True))
        painter.setPen(tokens.colour("faint" if grey else "text"))
        painter.drawText(top, where | Qt.AlignmentFlag.AlignVCenter, value)
        below = QRectF(place.words.left(), top.bottom(), place.words.width(), 18)
        painter.setFont(font(12))
        painter.setPen(tokens.colour("faint" if grey else "muted"))
        painter.drawText(below, where | Qt.AlignmentFlag.AlignTop, word)

    def _draw_home(self, painter: QPainter, layout: Layout, place: Place) -> None:
        tokens = self._theme.tokens
        ring = place.radius - 4
        box = QRectF(place.centre.x() - ring, place.centre.y() - ring, 2 * ring, 2 * ring)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(tokens.colour("raised"))
        painter.drawEllipse(box)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(tokens.colour("line"), 7))
        painter.drawEllipse(box)
        self._draw_mix(painter, box)
        half = layout.icon / 2
        x, y = place.centre.x(), place.centre.y()
        icon_box = QRectF(x - half, y - ring * 0.62, layout.icon, layout.icon)
        grey = self._old or self._flow is None or self._flow.home_w is None
        draw_icon(painter, "home", icon_box, tokens.colour("axis" if grey else "text"))
        value = words.NOTHING if self._flow is None else str(words.power(self._flow.home_w))
        height = metrics(layout.home_px, True).height()
        base = icon_box.bottom() + 1
        painter.setFont(font(layout.home_px, True))
        painter.setPen(tokens.colour("faint" if grey else "text"))
        line = QRectF(x - ring, base, 2 * ring, height)
        painter.drawText(line, Qt.AlignmentFlag.AlignCenter, value)
        painter.setFont(font(12))
        painter.setPen(tokens.colour("muted"))
        line = QRectF(x - ring, base + height - 2, 2 * ring, 16)
        painter.drawText(line, Qt.AlignmentFlag.AlignCenter, self.tr("in use"))

    def _draw_mix(self, painter: QPainter, box: QRectF) -> None:
        shares = () if self._flow is None or self._old else source_shares(self._flow)
        turn = 90.0
        for name, share in shares:
            path = QPainterPath()
            # A small gap keeps neighbours on the ring apart without a line between them.
            gap = 5.0 if len(shares) > 1 else 0.0
            sweep = max(share * 360.0 - gap, 1.0)
            path.arcMoveTo(box, turn - gap / 2)
            path.arcTo(box, turn - gap / 2, -sweep)
            pen = QPen(self._theme.tokens.colour("axis" if self._grey(name) else name), 7)
            pen.setCapStyle(Qt.PenCapStyle.FlatCap)
            painter.setPen(pen)
            painter.drawPath(path)
            turn -= share * 360.0

    # --- words ------------------------------------------------------------------------------------

    def _title(self, name: str) -> str:
        return {
            "sun": self.tr("Sun"),
            "grid": self.tr("Grid"),
            "neighbours": self.tr("Neighbours"),
            "battery": self.tr("Battery"),
            "car": self.tr("Car"),
            "home": self.tr("Home"),
        }[name]

    def _said(self, name: str) -> tuple[str, str]:
        flow = self._flow
        if flow is None:
            return words.NOTHING, self.tr("not known yet")
        if name == "home":
            return str(words.power(flow.home_w)), self.tr("in use")
        stream = self._streams[name]
        if name == "car" and flow.car_present is False:
            return self.tr("Car"), self.tr("is away")
        if name == "neighbours" and (stream.power_w is None or stream.power_w < QUIET_W):
            return self.tr("Neighbours"), self.tr("no trade now")
        word = self._word(name, stream)
        known = stream.power_w is not None and not stream.stale
        if known and name == "battery" and flow.soc_pct is not None:
            word = self.tr("{0}, {1} full").format(word, words.percent(flow.soc_pct))
        return str(words.power(stream.power_w)), word

    def _word(self, name: str, stream: Stream) -> str:
        if stream.power_w is None:
            return self.tr("not known")
        if stream.stale:
            return self.tr("old value")
        if not stream.moving:
            return {
                "sun": self.tr("no sun now"),
                "car": self.tr("plugged in"),
                "battery": self.tr("resting"),
            }.get(name, self.tr("at rest"))
        inward, outward = {
            "sun": (self.tr("from the sun"), self.tr("from the sun")),
            "grid": (self.tr("from the grid"), self.tr("to the grid")),
            "neighbours": (self.tr("from neighbours"), self.tr("to neighbours")),
            "battery": (self.tr("supplying"), self.tr("charging")),
            "car": (self.tr("supplying"), self.tr("charging")),
        }[name]
        return inward if stream.toward_home else outward
