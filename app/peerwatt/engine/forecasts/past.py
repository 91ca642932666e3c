"""What the house measured, kept in memory by interval and read from disk only once."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from peerwatt.forecast.series import Series, series_of
from peerwatt.model.plan import IntervalEnergy
from peerwatt.model.units import INTERVALS_PER_DAY

KEPT_DAYS = 800
AGAIN = 8
"""Newest intervals that are read again: a register may be late."""


class Past:
    """Measured energies of the last two years."""

    def __init__(self) -> None:
        self._by_interval: dict[int, IntervalEnergy] = {}

    def since(self, now_interval: int) -> int:
        """Return from which interval on the disk has to be read."""
        if not self._by_interval:
            return now_interval - KEPT_DAYS * INTERVALS_PER_DAY
        return max(self._by_interval) - AGAIN

    def take(self, rows: Iterable[IntervalEnergy]) -> None:
        """Add what was read."""
        self._by_interval.update((row.interval, row) for row in rows)
        oldest = max(self._by_interval, default=0) - KEPT_DAYS * INTERVALS_PER_DAY
        for interval in [i for i in self._by_interval if i < oldest]:
            del self._by_interval[interval]

    def recent(self, since_interval: int) -> list[IntervalEnergy]:
        """Return what was measured from an interval on, oldest first."""
        found = (row for i, row in self._by_interval.items() if i >= since_interval)
        return sorted(found, key=lambda row: row.interval)

    def series(
        self, until: int, days: int | None = None, now_w: tuple[float, float] | None = None
    ) -> Series:
        """Return the past up to before ``until``, gaps as NaN; whole without ``days``.

        ``now_w`` (load, PV) stands for the last interval where that was not measured: on the
        first day it is all that is known.
        """
        begin = 0 if days is None else until - days * INTERVALS_PER_DAY
        rows = [row for row in self.recent(begin) if row.interval < until]
        known = series_of(rows)
        first = known.first_interval if rows else until - (1 if now_w else 0)
        count = until - first
        load, pv = np.full(count, np.nan), np.full(count, np.nan)
        load[: len(known)], pv[: len(known)] = known.load_w, known.pv_w
        if now_w is not None and count and np.isnan(load[-1]):
            load[-1], pv[-1] = max(now_w[0], 0.0), max(now_w[1], 0.0)
        return Series(first, load, pv)
