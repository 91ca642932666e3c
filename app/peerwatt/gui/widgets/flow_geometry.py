"""Where the things of the flow picture stand, and the curves between them: pure geometry."""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QPainterPath

from ..theme import metrics

SAMPLES = 96
"""Points kept along a curve, enough for dots to move smoothly."""


@dataclass(frozen=True, slots=True)
class Place:
    """A thing's circle and the box of its words."""

    centre: QPointF
    radius: float
    words: QRectF
    beside: bool
    """Whether the words stand to the right of the circle instead of below it."""

    @property
    def area(self) -> QRectF:
        """Return the region that answers to a click."""
        around = QRectF(
            self.centre.x() - self.radius,
            self.centre.y() - self.radius,
            2 * self.radius,
            2 * self.radius,
        )
        return around.united(self.words)


@dataclass(frozen=True, slots=True)
class Curve:
    """A curve from a thing to the home, with points at even distances for its dots."""

    path: QPainterPath
    points: tuple[QPointF, ...]
    length: float

    def at(self, distance: float) -> QPointF:
        """Return the point at a distance from the thing's end."""
        share = min(max(distance / self.length, 0.0), 1.0) if self.length else 0.0
        return self.points[round(share * (len(self.points) - 1))]

    def angle_at_middle(self) -> float:
        """Return the direction towards the home at the curve's middle, degrees clockwise."""
        middle = len(self.points) // 2
        before, after = self.points[middle - 2], self.points[middle + 2]
        return math.degrees(math.atan2(after.y() - before.y(), after.x() - before.x()))


@dataclass(frozen=True, slots=True)
class Layout:
    """The whole picture: places, curves and sizes of type."""

    places: dict[str, Place]
    curves: dict[str, Curve]
    value_px: int
    home_px: int
    icon: float


def arrange(width: float, height: float, things: Collection[str]) -> Layout:
    """Place the things that the house has in a box of ``width`` x ``height`` px."""
    scale = min(max(min(width / 528, height / 320), 0.85), 1.6)
    value_px = 20 if scale >= 1.2 else 16
    home_px = 28 if scale >= 1.2 else 20
    radius, home_radius = 27 * scale, 52 * scale
    words_h = metrics(value_px, True).height() + metrics(12).height()
    side = max(radius, 62.0)
    # Without a car the home moves right, so that no side lies empty.
    home = QPointF(width * (0.5 if "car" in things else 0.6), height / 2)
    spread = min(height / 2 - radius - 4, 250 * scale)
    places = {"home": _centred(home, home_radius)}
    if "sun" in things:
        places["sun"] = _beside(QPointF(home.x(), home.y() - spread), radius, words_h)
    if "battery" in things:
        places["battery"] = _beside(QPointF(home.x(), home.y() + spread), radius, words_h)
    reach = min(home.x() - side, 300 * scale)
    rise = min(height / 4 + 4, 110 * scale)
    lift = words_h / 2
    left = home.x() - reach
    places["grid"] = _below(QPointF(left, home.y() - rise - lift), radius, words_h, side)
    places["neighbours"] = _below(QPointF(left, home.y() + rise - lift), radius, words_h, side)
    if "car" in things:
        right = home.x() + min(width - home.x() - side, 300 * scale)
        places["car"] = _below(QPointF(right, home.y()), radius, words_h, side)
    curves = {name: _curve(name, place, places["home"]) for name, place in places.items()}
    curves.pop("home")
    return Layout(places, curves, value_px, home_px, 24 * scale)


def _centred(centre: QPointF, radius: float) -> Place:
    return Place(centre, radius, QRectF(centre.x(), centre.y(), 0, 0), beside=False)


def _below(centre: QPointF, radius: float, height: float, side: float) -> Place:
    box = QRectF(centre.x() - side, centre.y() + radius + 5, 2 * side, height)
    return Place(centre, radius, box, beside=False)


def _beside(centre: QPointF, radius: float, height: float) -> Place:
    box = QRectF(centre.x() + radius + 10, centre.y() - height / 2, 150, height)
    return Place(centre, radius, box, beside=True)


def _curve(name: str, place: Place, home: Place) -> Curve:
    gap = 6.0
    path = QPainterPath()
    if name in {"sun", "battery"}:
        sign = 1.0 if name == "sun" else -1.0
        start = place.centre + QPointF(0, sign * (place.radius + gap))
        end = home.centre - QPointF(0, sign * (home.radius + gap + 4))
        path.moveTo(start)
        path.lineTo(end)
    else:
        sign = 1.0 if name == "car" else -1.0
        turn = {"grid": -22.0, "neighbours": 22.0}.get(name, 0.0)
        reach = home.radius + gap + 4
        end = home.centre + QPointF(
            sign * reach * math.cos(math.radians(turn)), reach * math.sin(math.radians(turn))
        )
        start = place.centre - QPointF(sign * (place.radius + gap), 0)
        middle = (start.x() + end.x()) / 2
        path.moveTo(start)
        path.cubicTo(QPointF(middle, start.y()), QPointF(middle, end.y()), end)
    points = tuple(path.pointAtPercent(step / (SAMPLES - 1)) for step in range(SAMPLES))
    return Curve(path, points, path.length())
