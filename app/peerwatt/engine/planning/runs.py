"""Appliances that wait for a good time, as the planner knows them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from peerwatt.config.settings import Appliance
from peerwatt.model.units import INTERVAL_S, interval_at
from peerwatt.planner.spec import Run


def runs_of(
    appliances: Sequence[Appliance], first: int, count: int, timezone: str
) -> tuple[Run, ...]:
    """Return the next run of each appliance whose window ends within the plan."""
    zone = ZoneInfo(timezone)
    found = []
    for appliance in appliances:
        steps = -(-appliance.minutes * 60 // INTERVAL_S)
        for day in range(-1, 3):
            window = _window(appliance, first, day, zone)
            if window is None:
                continue
            begin, end = max(window[0] - first, 0), window[1] - first
            if end - begin >= steps and end <= count:
                power = (appliance.power_w / 1000,) * steps
                found.append(Run(appliance.name, power, begin, end))
                break
    return tuple(found)


def _window(appliance: Appliance, first: int, day: int, zone: ZoneInfo) -> tuple[int, int] | None:
    today = datetime.fromtimestamp(first * INTERVAL_S, zone) + timedelta(days=day)
    if today.weekday() not in appliance.weekdays:
        return None
    begin, end = (_at(today, text) for text in (appliance.from_local, appliance.until_local))
    if end <= begin:
        end += timedelta(days=1)
    return -(-int(begin.timestamp()) // INTERVAL_S), interval_at(end.timestamp())


def _at(day: datetime, clock: str) -> datetime:
    hour, minute = (int(part) for part in clock.split(":"))
    return day.replace(hour=hour, minute=minute, second=0, microsecond=0)
