"""What the house would have drawn without the event: frozen with the offer, before the event."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from peerwatt.model.plan import IntervalEnergy, Plan
from peerwatt.model.units import INTERVALS_PER_DAY, interval_start_s

SIMILAR_DAYS = 10
HIGHEST_DAYS = 5
LOOK_BACK_DAYS = 45


@dataclass(frozen=True, slots=True)
class Baseline:
    """Net import (import - export) of a whole window, Wh, and where it comes from."""

    net_import_wh: int
    method: str
    """``high-5-of-10`` or ``plan``."""


def baseline(
    first_interval: int,
    interval_count: int,
    plan: Plan,
    history: Sequence[IntervalEnergy] = (),
    timezone: str = "UTC",
    *,
    event_days: Collection[dt.date] = (),
) -> Baseline | None:
    """Return the baseline of a window; ``None`` when neither history nor plan covers it.

    High-5-of-10 (mean of the five highest of the last ten similar days without events, the
    baseline of the NYISO and ENERNOC family) once there are ten such days, else the plan made
    without the event.
    """
    measured = high_five_of_ten(first_interval, interval_count, history, timezone, event_days)
    if measured is not None:
        return Baseline(measured, "high-5-of-10")
    steps = [plan.step(first_interval + index) for index in range(interval_count)]
    if any(step is None for step in steps):
        return None
    return Baseline(sum(step.grid_wh for step in steps if step is not None), "plan")


def high_five_of_ten(
    first_interval: int,
    interval_count: int,
    history: Sequence[IntervalEnergy],
    timezone: str = "UTC",
    event_days: Collection[dt.date] = (),
) -> int | None:
    """Return the mean net import of the five highest of the last ten similar days, Wh.

    Similar: working day or weekend alike, every interval of the window measured, no event.
    The window keeps its local time of day over a change of the clocks. ``None`` with fewer
    than ten such days.
    """
    zone = ZoneInfo(timezone)
    net = {entry.interval: entry.import_wh - entry.export_wh for entry in history}
    start = dt.datetime.fromtimestamp(interval_start_s(first_interval), zone)
    weekend = start.weekday() >= 5
    found: list[int] = []
    for back in range(1, LOOK_BACK_DAYS + 1):
        day = start - dt.timedelta(days=back)
        if (day.weekday() >= 5) != weekend or day.date() in event_days:
            continue
        total = _window_wh(int(day.timestamp()) // 900, interval_count, net)
        if total is not None:
            found.append(total)
        if len(found) == SIMILAR_DAYS:
            break
    if len(found) < SIMILAR_DAYS:
        return None
    return sum(sorted(found, reverse=True)[:HIGHEST_DAYS]) // HIGHEST_DAYS


def _window_wh(first: int, count: int, net: Mapping[int, int]) -> int | None:
    values = [net.get(first + index) for index in range(min(count, INTERVALS_PER_DAY))]
    if any(value is None for value in values):
        return None
    return sum(value for value in values if value is not None)
