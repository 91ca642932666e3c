"""Local time of day and day of the week of intervals."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import numpy as np

from peerwatt.model.units import INTERVAL_S, INTERVALS_PER_DAY

from .series import Integers

EPOCH_WEEKDAY = 3
"""1 January 1970 was a Thursday (Monday is 0)."""


def local_intervals(intervals: Integers, timezone: str | None) -> Integers:
    """Return the intervals moved by the offset of local time: local wall clock as if UTC."""
    if timezone is None or timezone == "UTC" or not len(intervals):
        return intervals
    zone = ZoneInfo(timezone)
    days, where = np.unique(intervals // INTERVALS_PER_DAY, return_inverse=True)
    begin = np.array([_offset(int(day) * INTERVALS_PER_DAY, zone) for day in days])
    end = np.array([_offset((int(day) + 1) * INTERVALS_PER_DAY, zone) for day in days])
    offsets = begin[where]
    for changing in np.flatnonzero(begin != end):
        chosen = np.flatnonzero(where == changing)
        offsets[chosen] = [_offset(int(intervals[i]), zone) for i in chosen]
    return np.asarray(intervals + offsets, dtype=np.int64)


def _offset(interval: int, zone: ZoneInfo) -> int:
    """Return the zone's offset from UTC at an interval's start, intervals."""
    moment = datetime.fromtimestamp(interval * INTERVAL_S, UTC).astimezone(zone)
    offset = moment.utcoffset()
    assert offset is not None
    return round(offset.total_seconds() / INTERVAL_S)


def slot_of_day(local: Integers) -> Integers:
    """Return the quarter-hour of the local day, 0 to 95."""
    return local % INTERVALS_PER_DAY


def weekday(local: Integers) -> Integers:
    """Return the local day of the week, Monday 0."""
    return (local // INTERVALS_PER_DAY + EPOCH_WEEKDAY) % 7
