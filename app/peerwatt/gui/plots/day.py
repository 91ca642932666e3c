"""The day: sources above zero, uses below, the plan lighter, the price as a strip of shades."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt, QTimer
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen
from PySide6.QtWidgets import QVBoxLayout, QWidget

from peerwatt.api.market_messages import MarketView
from peerwatt.api.messages import FlexibilityView, FlowView, PlanView
from peerwatt.model.units import INTERVAL_S, interval_start_s

from .. import words
from ..bridge import Bridge
from ..series import NAMES, Buckets, Floats, Samples, cut
from ..theme import Theme, font, metrics
from .axes import TimeAxis, ValueAxis
from .base import OverlayItem, PathItem, Plot, area_path, cosmetic
from .readout import Readout

DAY_S = 24 * 3600
REFRESH_MS = 2000
SOURCES = (("sun", "pv", 1.0), ("battery", "battery", 1.0), ("grid", "grid", 1.0))
USES = (
    ("home", "home", 1.0),
    ("car", "ev", 1.0),
    ("battery", "battery", -1.0),
    ("grid", "grid", -1.0),
)
STRIP_PX = 12
STRIP_WORD_PX = 8
"""Height of the word beside the strip, so that the axis has room for all of it."""
TOP_PX = 30


@dataclass(frozen=True, slots=True)
class Stack:
    """Prepared areas, ready to be filled: (thing, path), sources and uses alike."""

    areas: tuple[tuple[str, QPainterPath], ...] = ()
    top_w: float = 0.0
    bottom_w: float = 0.0


@dataclass(frozen=True, slots=True)
class Picture:
    """All that one refresh of the plot shows; made off the window's thread."""

    buckets: Buckets
    past: Stack
    planned: Stack
    band: QPainterPath
    shades: tuple[tuple[float, float, float], ...] = ()
    """(start, end, 0 cheap to 1 dear) of the price strip."""


@dataclass(frozen=True, slots=True)
class Scene:
    """Input of one refresh, frozen so that the worker needs nothing else."""

    samples: Samples
    low_s: float
    high_s: float
    now_s: float
    count: int
    plan: PlanView = field(default_factory=PlanView)
    prices: tuple[tuple[int, int, int], ...] = ()
    """(interval, price, volume) that the market has cleared since."""
    cheap_micro: int = 0
    dear_micro: int = 0


def stacked(x: Floats, rows: dict[str, Floats]) -> Stack:
    """Return the stacked areas of power rows (W): sources upward, uses downward from zero."""
    areas: list[tuple[str, QPainterPath]] = []
    peaks = []
    for parts, direction in ((SOURCES, 1.0), (USES, -1.0)):
        base = np.zeros_like(x)
        for thing, name, sign in parts:
            row = rows[name]
            size = np.clip(np.where(np.isnan(row), np.nan, row * sign), 0, None)
            if not np.any(size > 0):
                continue
            missing = np.isnan(size)
            edge = base + direction * np.nan_to_num(size)
            areas.append((thing, area_path(x, np.where(missing, np.nan, base), edge)))
            base = edge
        peaks.append(float(np.abs(base).max(initial=0.0)))
    return Stack(tuple(areas), peaks[0], peaks[1])


def compose(scene: Scene) -> Picture:
    """Cut the samples to pixel width and prepare every path; pure, runs on the worker."""
    buckets = cut(scene.samples, scene.low_s, scene.high_s, scene.count)
    x = buckets.times_s + buckets.step_s / 2
    past = {name: np.where(x <= scene.now_s, buckets.row(name), np.nan) for name in NAMES}
    planned, band = Stack(), QPainterPath()
    points = [p for p in scene.plan.points if interval_start_s(p.interval + 1) > scene.now_s]
    if points:
        starts = np.array([float(interval_start_s(p.interval)) for p in points])
        starts[0] = max(starts[0], scene.now_s)
        ends = np.array([float(interval_start_s(p.interval + 1)) for p in points])
        steps_x = np.column_stack([starts, ends]).ravel()
        rows = {
            "pv": np.array([p.pv_w for p in points]),
            "battery": np.array([p.battery_w for p in points]),
            "grid": np.array([p.grid_w for p in points]),
            "home": np.array([p.home_w for p in points]),
            "ev": np.array([p.ev_w for p in points]),
        }
        planned = stacked(steps_x, {name: np.repeat(row, 2) for name, row in rows.items()})
        total = sum(np.clip(rows[name], 0, None) for name in ("pv", "battery", "grid"))
        wide = np.array([p.band_w for p in points])
        band = area_path(
            steps_x,
            np.repeat(np.clip(total - wide, 0, None), 2),
            np.repeat(total + wide, 2),
        )
    return Picture(buckets, stacked(x, past), planned, band, _shades(scene))


def _shades(scene: Scene) -> tuple[tuple[float, float, float], ...]:
    """Return the strip of prices: what was, then what the plan expects."""
    prices: dict[int, float] = {}
    samples = scene.samples
    for time_s, price in zip(samples.price_times_s, samples.prices_micro, strict=True):
        prices[int(time_s // INTERVAL_S)] = float(price)
    prices |= {interval: float(price) for interval, price, _ in scene.prices}
    if prices and scene.dear_micro:
        # What the market did not clear was bought from the supplier.
        for interval in range(min(prices), int(scene.now_s // INTERVAL_S) + 1):
            prices.setdefault(interval, float(scene.dear_micro))
    for point in scene.plan.points:
        prices.setdefault(point.interval, float(point.price_micro))
    low, high = float(scene.cheap_micro), float(scene.dear_micro)
    if high <= low and prices:
        low, high = min(prices.values()), max(prices.values())
    span = (high - low) or 1.0
    return tuple(
        (
            float(interval_start_s(interval)),
            float(interval_start_s(interval + 1)),
            min(max((price - low) / span, 0.0), 1.0),
        )
        for interval, price in sorted(prices.items())
        if interval_start_s(interval + 1) > scene.low_s
        and interval_start_s(interval) < scene.high_s
    )


class DayPlot(QWidget):
    """The stacked plot with its readout; asks the bridge for data cut to its width."""

    def __init__(self, theme: Theme, bridge: Bridge) -> None:
        super().__init__()
        self._theme, self._bridge = theme, bridge
        self._picture: Picture | None = None
        self._plan = PlanView()
        self._events: tuple[tuple[float, float, str], ...] = ()
        self._tariff = (0, 0)
        self._prices: tuple[tuple[int, int, int], ...] = ()
        self._busy = self._again = self._old = False
        self._axis = TimeAxis()
        self._powers = ValueAxis(0.001, 22, absolute=True)
        self.plot = Plot(
            theme,
            self.tr("Power of the last 24 hours and the plan of the next"),
            self._powers,
            self._axis,
            zoom=True,
        )
        self.plot.set_data_source(self.as_text)
        self._past, self._planned = PathItem(), PathItem()
        self._overlay = OverlayItem(self._draw_over)
        for item in (self._planned, self._past, self._overlay):
            self.plot.addItem(item, ignoreBounds=True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.plot)
        self._readout = Readout(theme, self.plot)
        self.plot.moved.connect(self._hover)
        self.plot.box.sigXRangeChanged.connect(self._range_moved)
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.timeout.connect(self.refresh)
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._tick)
        self._timer.start(REFRESH_MS)
        self._follow = True
        self.plot.zoomed.connect(self._zoomed)
        self.plot.whole_shown.connect(self._unzoomed)
        bridge.history_loaded.connect(self._soon_now)
        bridge.flow.connect(self._flowed)
        bridge.plan.connect(self._planned_anew)
        bridge.market.connect(self._market)
        bridge.flexibility.connect(self._flexibility)
        theme.changed.connect(self._show)

    # --- what arrives ---------------------------------------------------------------------------

    def set_old(self, old: bool) -> None:
        """Grey the plot while the engine is away."""
        self._old = old
        self._show()

    def _soon_now(self) -> None:
        self._soon.start(0)

    def _flowed(self, _flow: FlowView) -> None:
        if not self._soon.isActive() and self.isVisible():
            self._soon.start(500)

    def _planned_anew(self, plan: PlanView) -> None:
        self._plan = plan
        self._soon.start(50)

    def _market(self, market: MarketView) -> None:
        self._tariff = (market.feed_in_micro, market.retail_micro)
        self._prices = market.price_history

    def _flexibility(self, view: FlexibilityView) -> None:
        less, more = self.tr("use less"), self.tr("use more")
        self._events = tuple(
            (
                float(interval_start_s(request.first_interval)),
                float(interval_start_s(request.first_interval + request.interval_count)),
                less if request.direction == "reduce" else more,
            )
            for request in view.requests
            if request.state in {"awarded", "delivering", "verified", "failed"}
        )
        self._overlay.update()

    # --- refreshing -----------------------------------------------------------------------------

    def _tick(self) -> None:
        if self.isVisible():
            self.refresh()

    def _range_moved(self, *_: object) -> None:
        self._soon.start(40)

    def _whole(self) -> tuple[float, float]:
        now_s = self._bridge.site_clock.now_s()
        ahead_s = 6 * 3600.0
        if self._plan.points:
            ahead_s = interval_start_s(self._plan.points[-1].interval + 1) - now_s
        return now_s - DAY_S, now_s + min(max(ahead_s, 2 * 3600.0), 12 * 3600.0)

    def refresh(self) -> None:
        """Have the plot's picture prepared anew; one request at a time is under way."""
        clock = self._bridge.site_clock
        if not clock.known:
            return
        if self._busy:
            self._again = True
            return
        self._axis.zone = clock.zone
        if self._follow:
            self._move_on(self._whole())
        low_s, high_s = self.plot.box.viewRange()[0]
        if high_s <= low_s:
            return
        self._busy = True
        scene = Scene(
            samples=self._bridge.series.samples(),
            low_s=low_s,
            high_s=high_s,
            now_s=clock.now_s(),
            count=min(max(int(self.plot.box.width() or self.width()), 64), 2048),
            plan=self._plan,
            prices=self._prices,
            cheap_micro=self._tariff[0],
            dear_micro=self._tariff[1],
        )
        self._bridge.off_thread(lambda: compose(scene), self._take)

    def _move_on(self, whole: tuple[float, float]) -> None:
        """Let the view follow the time, one pixel at a time."""
        low_s, high_s = self.plot.box.viewRange()[0]
        pixel_s = (whole[1] - whole[0]) / max(self.width(), 1)
        if abs(whole[1] - high_s) >= pixel_s or abs(whole[0] - low_s) >= pixel_s:
            self.plot.set_whole(*whole)
            self.plot.box.setXRange(*whole, padding=0)

    def _zoomed(self) -> None:
        self._follow = False

    def _unzoomed(self) -> None:
        self._follow = True
        self._soon.start(0)

    def _take(self, picture: Picture) -> None:
        self._busy = False
        self._picture = picture
        self._show()
        if self._again:
            self._again = False
            self._soon.start(20)

    def _show(self) -> None:
        picture = self._picture
        if picture is None:
            return
        self._past.show_paths(self._filled(picture.past, 0.92))
        tokens = self._theme.tokens
        fills = self._filled(picture.planned, 0.38)
        fills.append((picture.band, tokens.colour("muted", 0.16)))
        self._planned.show_paths(fills)
        top_w = max(picture.past.top_w, picture.planned.top_w, 500.0)
        bottom_w = max(picture.past.bottom_w, picture.planned.bottom_w, 500.0)
        height = max(self.plot.box.height(), 60.0)
        # Room in pixels for brackets above and the price strip below, whatever the scale.
        span_w = (top_w + bottom_w) * 1.04 / max(1 - (TOP_PX + STRIP_PX + 8) / height, 0.3)
        low_w = -bottom_w * 1.02 - span_w * (STRIP_PX + 8) / height
        has_strip = bool(picture.shades)
        self._powers.named = {low_w + span_w * STRIP_WORD_PX / height: self.tr("price")}
        if not has_strip:
            self._powers.named = {}
        self.plot.box.setYRange(low_w, low_w + span_w, padding=0)
        self._powers.picture = None
        self._powers.update()
        self._overlay.update()
        self.plot.setAccessibleDescription(self._described())

    def _filled(self, stack: Stack, alpha: float) -> list[tuple[QPainterPath, QColor]]:
        tokens = self._theme.tokens
        return [
            (path, tokens.colour("axis" if self._old else thing, alpha * (0.5 if self._old else 1)))
            for thing, path in stack.areas
        ]

    # --- drawn over -----------------------------------------------------------------------------

    def _draw_over(self, painter: QPainter, place: Callable[[float, float], QPointF]) -> None:
        (low_s, high_s), (low_w, high_w) = self.plot.box.viewRange()
        frame = QRectF(place(low_s, high_w), place(high_s, low_w)).normalized()
        painter.setClipRect(frame)
        tokens = self._theme.tokens
        zero = place(low_s, 0.0).y()
        painter.setPen(cosmetic(tokens.colour("axis"), 1))
        painter.drawLine(QPointF(frame.left(), zero), QPointF(frame.right(), zero))
        self._draw_strip(painter, place, frame)
        for start_s, end_s, text in self._events:
            self._draw_bracket(painter, place, frame, (start_s, end_s), text)
        self._draw_now(painter, place, frame)
        if self._picture is None or not (self._picture.past.areas or self._picture.planned.areas):
            painter.setFont(font(14))
            painter.setPen(tokens.colour("muted"))
            where = QRectF(frame.left(), frame.top(), frame.width(), zero - frame.top())
            painter.drawText(where, Qt.AlignmentFlag.AlignCenter, self.tr("Nothing measured yet"))

    def _draw_strip(
        self, painter: QPainter, place: Callable[[float, float], QPointF], frame: QRectF
    ) -> None:
        if self._picture is None:
            return
        low, high = self._theme.tokens.colour("price_low"), self._theme.tokens.colour("price_high")
        for start_s, end_s, share in self._picture.shades:
            left, right = place(start_s, 0).x(), place(end_s, 0).x()
            box = QRectF(left, frame.bottom() - STRIP_PX, right - left + 0.5, STRIP_PX)
            painter.fillRect(box, blend(low, high, share))

    def _draw_bracket(
        self,
        painter: QPainter,
        place: Callable[[float, float], QPointF],
        frame: QRectF,
        span: tuple[float, float],
        text: str,
    ) -> None:
        left, right = place(span[0], 0).x(), place(span[1], 0).x()
        if right < frame.left() or left > frame.right():
            return
        tokens = self._theme.tokens
        y = frame.top() + 21
        painter.setPen(QPen(tokens.colour("event"), 2))
        painter.drawLine(QPointF(left, y), QPointF(right, y))
        for x in (left, right):
            painter.drawLine(QPointF(x, y), QPointF(x, y + 5))
        painter.setFont(font(12))
        width = metrics(12).horizontalAdvance(text)
        x = min(max((left + right - width) / 2, frame.left()), frame.right() - width)
        now_x = place(self._bridge.site_clock.now_s(), 0).x()
        clear = metrics(12, True).horizontalAdvance(self.tr("now")) / 2 + 12
        if now_x - clear - width < x < now_x + clear:
            # Beside the now-tab, on the side to which the event leans.
            leans_right = (left + right) / 2 >= now_x and now_x + clear + width < frame.right()
            x = now_x + clear if leans_right else now_x - clear - width
        painter.drawText(QPointF(x, frame.top() + 13), text)

    def _draw_now(
        self, painter: QPainter, place: Callable[[float, float], QPointF], frame: QRectF
    ) -> None:
        x = place(self._bridge.site_clock.now_s(), 0).x()
        if not frame.left() <= x <= frame.right():
            return
        tokens = self._theme.tokens
        painter.setPen(QPen(tokens.colour("text"), 1.2))
        painter.drawLine(QPointF(x, frame.top() + 2), QPointF(x, frame.bottom()))
        painter.setFont(font(12, True))
        text = self.tr("now")
        width = metrics(12, True).horizontalAdvance(text) + 12
        tab = QRectF(x - width / 2, frame.top(), width, 17)
        tab.moveRight(min(tab.right(), frame.right()))
        painter.setBrush(tokens.colour("text"))
        painter.setPen(QPen(tokens.colour("text"), 0))
        painter.drawRoundedRect(tab, 5, 5)
        painter.setPen(tokens.colour("card"))
        painter.drawText(tab, Qt.AlignmentFlag.AlignCenter, text)

    # --- reading --------------------------------------------------------------------------------

    def _hover(self, place: QPointF | None) -> None:
        if place is None or self._picture is None:
            self._readout.hide()
            return
        at = self.reading(place.x())
        x = self.plot.mapFromScene(self.plot.box.mapViewToScene(place)).x()
        self._readout.show_at(x, at[0], at[1])

    def reading(self, time_s: float) -> tuple[str, list[tuple[str, str, str]]]:
        """Return the title and the rows (colour token, name, value) at an instant."""
        clock = self._bridge.site_clock
        title = words.day_and_clock(time_s, clock.zone, clock.now_s())
        if time_s > clock.now_s():
            return self.tr("{0}, planned").format(title), self._plan_rows(time_s)
        if self._picture is None:
            return title, []
        buckets = self._picture.buckets
        column = int((time_s - buckets.start_s) / buckets.step_s)
        if not 0 <= column < buckets.values.shape[1]:
            return title, []
        values = {name: float(buckets.row(name)[column]) for name in NAMES}
        return title, self._rows(values)

    def _plan_rows(self, time_s: float) -> list[tuple[str, str, str]]:
        interval = int(time_s // INTERVAL_S)
        point = next((p for p in self._plan.points if p.interval == interval), None)
        if point is None:
            return []
        values = {
            "pv": point.pv_w,
            "home": point.home_w,
            "battery": point.battery_w,
            "ev": point.ev_w,
            "grid": point.grid_w,
        }
        rows = self._rows(values)
        rows.append(("axis", self.tr("Price"), str(words.price(point.price_micro))))
        return rows

    def _rows(self, values: dict[str, float]) -> list[tuple[str, str, str]]:
        battery, grid = values["battery"], values["grid"]
        named = (
            ("sun", self.tr("Sun"), "pv"),
            (
                "battery",
                self.tr("Battery charges") if battery < 0 else self.tr("Battery"),
                "battery",
            ),
            ("grid", self.tr("To the grid") if grid < 0 else self.tr("From the grid"), "grid"),
            ("home", self.tr("Home"), "home"),
            ("car", self.tr("Car"), "ev"),
        )
        rows = []
        for token, name, key in named:
            value = values[key]
            said = words.power(None if np.isnan(value) else value)
            rows.append((token, name, str(said)))
        charge = values.get("soc", float("nan"))
        if not np.isnan(charge):
            rows.append(("battery", self.tr("Battery full"), str(words.percent(charge))))
        return rows

    def _described(self) -> str:
        title, rows = self.reading(self._bridge.site_clock.now_s() - 1)
        said = ", ".join(f"{name} {value}" for _, name, value in rows)
        return f"{title}: {said}" if rows else self.tr("Nothing measured yet.")

    def as_text(self) -> str:
        """Return the visible data as tab-separated text, powers in W."""
        if self._picture is None:
            return ""
        buckets, zone = self._picture.buckets, self._bridge.site_clock.zone
        lines = ["\t".join(("time", *(f"{name}_w" for name in NAMES[:-1]), "soc_pct"))]
        for column, time_s in enumerate(buckets.times_s):
            row = buckets.values[:, column]
            if not np.all(np.isnan(row)):
                shown = ("" if np.isnan(value) else f"{value:.0f}" for value in row)
                lines.append("\t".join((words.clock_s(float(time_s), zone), *shown)))
        return "\n".join(lines) + "\n"


def blend(low: QColor, high: QColor, share: float) -> QColor:
    """Return a colour between two, ``share`` of 0 to 1."""
    mixed = [
        a + (b - a) * share
        for a, b in zip(low.getRgbF()[:3], high.getRgbF()[:3], strict=True)  # type: ignore[index]
    ]
    return QColor.fromRgbF(*mixed)
