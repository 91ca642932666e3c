"""A weather forecast on the grid of intervals, whoever made it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from peerwatt.model.units import INTERVAL_S, INTERVALS_PER_DAY

from ..series import Array

MAX_INTERVALS = 16 * INTERVALS_PER_DAY
"""No provider sees farther; more is a broken document."""

QUANTITIES = {
    "ghi_w_m2": (0.0, 1_600.0),
    "dni_w_m2": (0.0, 1_600.0),
    "dhi_w_m2": (0.0, 1_000.0),
    "temperature_c": (-70.0, 65.0),
    "cloud_pct": (0.0, 100.0),
    "pv_w": (0.0, 10_000_000.0),
}
"""Name -> the range in which it is believed."""


class WeatherFault(ValueError):
    """A document that is no forecast; the text says what is wrong, where and what to do."""


@dataclass(frozen=True, slots=True)
class Period:
    """Mean of a quantity from ``start_s`` to before ``end_s``, unix seconds."""

    start_s: float
    end_s: float
    value: float


@dataclass(frozen=True, slots=True)
class WeatherForecast:
    """What a source says of consecutive intervals; NaN where it says nothing."""

    source: str
    first_interval: int
    values: Mapping[str, Array] = field(default_factory=dict)
    """Quantity (see ``QUANTITIES``) -> mean of each interval; one length for all."""
    period: int = 4
    """Intervals that the source's own periods span: means are not finer than this."""
    made_interval: int | None = None
    """The interval in which it was fetched; ``None`` where nobody noted it."""

    @property
    def origin(self) -> int:
        """The interval from which on it looks ahead."""
        return self.first_interval if self.made_interval is None else self.made_interval

    def __len__(self) -> int:
        return max((len(v) for v in self.values.values()), default=0)

    def at(self, quantity: str, first_interval: int, count: int) -> Array:
        """Return a quantity for any intervals, NaN where it is not known."""
        result = np.full(count, np.nan)
        known = self.values.get(quantity)
        if known is None:
            return result
        begin = max(first_interval, self.first_interval)
        end = min(first_interval + count, self.first_interval + len(known))
        if end > begin:
            there = known[begin - self.first_interval : end - self.first_interval]
            result[begin - first_interval : end - first_interval] = there
        return result


def assemble(
    source: str,
    periods: Mapping[str, Sequence[Period]],
    instants: Mapping[str, Sequence[tuple[float, float]]] | None = None,
) -> WeatherForecast:
    """Bring means over periods and values at instants to the grid of intervals.

    Values outside of what is possible are left out. Raises WeatherFault when nothing is left.
    """
    points = {name: sorted(_believed(name, v)) for name, v in (instants or {}).items()}
    spans = {name: [p for p in v if _possible(name, p.value)] for name, v in periods.items()}
    stamps = [time for v in points.values() for time, _ in v]
    times = [p.start_s for v in spans.values() for p in v] + stamps
    ends = [p.end_s for v in spans.values() for p in v] + stamps
    if not times:
        raise WeatherFault(f"{source}: the document holds no forecast; check the URL and the key.")
    first = int(min(times) // INTERVAL_S)
    count = min(max(int(-(-max(ends) // INTERVAL_S)) - first, 1), MAX_INTERVALS)
    values = {name: _spread(v, first, count) for name, v in spans.items() if v}
    values |= {name: _between(v, first, count) for name, v in points.items() if v}
    lengths = [p.end_s - p.start_s for v in spans.values() for p in v]
    period = round(float(np.median(lengths)) / INTERVAL_S) if lengths else 1
    return WeatherForecast(source, first, values, min(max(period, 1), 24))


def _possible(name: str, value: float) -> bool:
    low, high = QUANTITIES[name]
    return low <= value <= high


def _believed(name: str, points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    return [(time, value) for time, value in points if _possible(name, value)]


def _spread(periods: Sequence[Period], first: int, count: int) -> Array:
    """Return the time-weighted mean of the periods that touch each interval."""
    total, weight = np.zeros(count), np.zeros(count)
    for period in periods:
        begin = period.start_s / INTERVAL_S - first
        end = period.end_s / INTERVAL_S - first
        for place in range(max(int(begin), 0), min(int(-(-end // 1)), count)):
            share = min(end, place + 1) - max(begin, place)
            if share > 0:
                total[place] += share * period.value
                weight[place] += share
    return np.where(weight > 0, total / np.maximum(weight, 1e-9), np.nan)


def _between(points: Sequence[tuple[float, float]], first: int, count: int) -> Array:
    """Interpolate to the middle of each interval, across gaps of at most seven hours."""
    times, values = np.array(points).T
    middles = (first + np.arange(count) + 0.5) * INTERVAL_S
    found = np.interp(middles, times, values)
    place = np.clip(np.searchsorted(times, middles), 1, len(times) - 1) if len(times) > 1 else 0
    gap = times[place] - times[np.maximum(np.asarray(place) - 1, 0)]
    outside = (middles < times[0] - INTERVAL_S) | (middles > times[-1] + INTERVAL_S)
    return np.where(outside | (gap > 7 * 3600), np.nan, found)
