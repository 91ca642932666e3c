"""Axes with few ticks at round values: kilowatts, cents, and the house's local time."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pyqtgraph as pg

from .. import words

STEPS_S = (
    60, 300, 600, 900, 1800, 3600, 2 * 3600, 3 * 3600, 4 * 3600, 6 * 3600, 12 * 3600, 24 * 3600,
)  # fmt: skip
TICK_ROOM_PX = 76


def round_step(span: float, count: float) -> float:
    """Return a step of 1, 2 or 5 times a power of ten that cuts ``span`` about ``count`` times."""
    raw = max(span / max(count, 1.0), 1e-9)
    scale = 10.0 ** math.floor(math.log10(raw))
    return next(step * scale for step in (1, 2, 5, 10) if step * scale >= raw * 0.9)


def time_ticks(low_s: float, high_s: float, width_px: float, zone: ZoneInfo) -> list[float]:
    """Return ticks at round local times, as many as fit; right across a change of the clocks."""
    span_s = high_s - low_s
    if span_s <= 0 or width_px <= 0:
        return []
    fits = max(width_px / TICK_ROOM_PX, 1.0)
    step_s = next((step for step in STEPS_S if span_s / step <= fits), STEPS_S[-1])
    local = datetime.fromtimestamp(low_s, zone)
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)
    ticks: list[float] = []
    for count in range(int((span_s + 86_400 * 2) / step_s) + 2):
        naive = midnight + timedelta(seconds=step_s * count)
        tick_s = naive.replace(tzinfo=zone).timestamp()
        if tick_s > high_s:
            break
        if tick_s >= low_s and (not ticks or tick_s > ticks[-1]):
            ticks.append(tick_s)
    return ticks


class TimeAxis(pg.AxisItem):
    """Local times of the house; midnight shows the day instead."""

    def __init__(self) -> None:
        super().__init__("bottom")
        self.zone = ZoneInfo("UTC")

    def tickValues(
        self, minVal: float, maxVal: float, size: float
    ) -> list[tuple[float, list[float]]]:
        """Return ticks at round local times."""
        return [(1.0, time_ticks(minVal, maxVal, size, self.zone))]

    def generateDrawSpecs(self, p: Any) -> Any:
        """Return what is drawn, without tick marks: a mark of no length still leaves a speck."""
        specs = super().generateDrawSpecs(p)
        return specs and (specs[0], [], specs[2])

    def tickStrings(self, values: Sequence[float], scale: float, spacing: float) -> list[str]:
        """Return the local time of each tick."""
        return [self._said(value) for value in values]

    def _said(self, time_s: float) -> str:
        local = datetime.fromtimestamp(time_s, self.zone)
        if (local.hour, local.minute) == (0, 0):
            return " ".join(words.day(time_s, self.zone).split()[:2])
        return words.clock(time_s, self.zone)


class ValueAxis(pg.AxisItem):
    """Round values; the unit is said once, at the top of the plot."""

    def __init__(self, factor: float = 1.0, room_px: float = 46.0, absolute: bool = False) -> None:
        super().__init__("left")
        self._factor, self._room_px, self._absolute = factor, room_px, absolute
        self.named: dict[float, str] = {}
        """Words at values of their own, beside the round ones."""

    def tickValues(
        self, minVal: float, maxVal: float, size: float
    ) -> list[tuple[float, list[float]]]:
        """Return ticks at round values."""
        low, high = minVal * self._factor, maxVal * self._factor
        step = round_step(high - low, size / self._room_px)
        first = math.ceil(low / step - 1e-6)
        last = math.floor(high / step + 1e-6)
        values = [count * step / self._factor for count in range(first, last + 1)]
        if self.named:
            apart = step / self._factor / 2
            values = [v for v in values if all(abs(v - own) > apart for own in self.named)]
        return [(step / self._factor, [*values, *self.named])]

    def tickStrings(self, values: Sequence[float], scale: float, spacing: float) -> list[str]:
        """Return each value in the axis's unit, with as many decimals as the step needs."""
        decimals = max(0, -math.floor(math.log10(max(spacing * self._factor, 1e-9)) + 1e-6))
        return [self.named.get(value) or self._said(value, decimals) for value in values]

    def _said(self, value: float, decimals: int) -> str:
        shown = value * self._factor
        return words.number(abs(shown) if self._absolute else shown, decimals)


class QuantityAxis(ValueAxis):
    """A :class:`ValueAxis` that lies at the bottom."""

    def __init__(self, factor: float = 1.0, room_px: float = 80.0) -> None:
        pg.AxisItem.__init__(self, "bottom")
        self._factor, self._room_px, self._absolute = factor, room_px, False
        self.named = {}
