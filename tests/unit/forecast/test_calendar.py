"""The wall's clock against the standard library, over clock changes."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from peerwatt.forecast.calendar import local_intervals, slot_of_day, weekday


@pytest.mark.parametrize("zone", ["Europe/Zurich", "Australia/Lord_Howe", "Asia/Kathmandu", "UTC"])
def test_every_interval_over_a_clock_change(zone: str) -> None:
    for month in ((2025, 3, 28), (2025, 10, 24), (2025, 4, 4)):
        first = int(datetime(*month, tzinfo=UTC).timestamp()) // 900
        intervals = np.arange(first, first + 5 * 96)
        local = local_intervals(intervals, zone)
        for interval, slot, day in zip(intervals, slot_of_day(local), weekday(local), strict=True):
            wall = datetime.fromtimestamp(int(interval) * 900, ZoneInfo(zone))
            assert (wall.hour * 4 + wall.minute // 15, wall.weekday()) == (slot, day)


def test_without_a_zone_nothing_moves() -> None:
    intervals = np.array([5, 6, 7])
    assert local_intervals(intervals, None) is intervals
    assert len(local_intervals(np.empty(0, np.int64), "Europe/Zurich")) == 0
