"""The day's powers in memory, and their cut to pixel width: pure numpy, safe off the thread.

Rows are only ever appended, and a load replaces the arrays whole; so a view taken by a worker
stays true while the window's thread goes on appending.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from peerwatt.api.messages import FlowView, PowerHistory

Floats = npt.NDArray[np.float64]
NAMES = ("grid", "pv", "battery", "ev", "home", "soc")
"""Rows of the values, in order; powers in W, ``soc`` in %."""
KEEP_S = 26 * 3600
GROW = 4096


@dataclass(frozen=True, slots=True)
class Samples:
    """Times (Unix s, ascending), values (one row for each of :data:`NAMES`) and prices."""

    times_s: Floats
    values: Floats
    price_times_s: Floats
    prices_micro: Floats
    hold_s: float
    """For how long a sample stands when nothing newer came; longer is a gap."""


@dataclass(frozen=True, slots=True)
class Buckets:
    """Means on an even grid of time; NaN where nothing was measured."""

    start_s: float
    step_s: float
    values: Floats

    @property
    def times_s(self) -> Floats:
        """Start of each bucket."""
        times: Floats = self.start_s + self.step_s * np.arange(self.values.shape[1], dtype=float)
        return times

    def row(self, name: str) -> Floats:
        """Return one row by its name out of :data:`NAMES`."""
        row: Floats = self.values[NAMES.index(name)]
        return row


class PowerSeries:
    """The last day of powers: loaded once from history, then appended to live."""

    def __init__(self) -> None:
        self._times = np.empty(GROW)
        self._values = np.full((len(NAMES), GROW), np.nan)
        self._count = 0
        self._first = 0
        self._hold_s = 30.0
        self._price_times: Floats = np.empty(0)
        self._prices: Floats = np.empty(0)
        self._live_gap_s = 0.0

    def __len__(self) -> int:
        return self._count - self._first

    @property
    def end_s(self) -> float | None:
        """Time of the newest sample."""
        return float(self._times[self._count - 1]) if len(self) else None

    def load(self, history: PowerHistory) -> None:
        """Replace what lies before the end of ``history`` by it; newer live samples stay."""
        old, count = self.samples(), len(history.grid_w)
        times = history.start_s + history.step_s * np.arange(count, dtype=float)
        columns = (
            history.grid_w,
            history.pv_w,
            history.battery_w,
            history.ev_w,
            history.home_w,
            history.soc_pct,
        )
        values = np.array([_floats(column, count) for column in columns])
        end_s = times[-1] + history.step_s if count else -np.inf
        newer = old.times_s >= end_s
        self._times = np.concatenate([times, old.times_s[newer], np.empty(GROW)])
        blank = np.full((len(NAMES), GROW), np.nan)
        self._values = np.concatenate([values, old.values[:, newer], blank], axis=1)
        self._first, self._count = 0, count + int(newer.sum())
        self._hold_s = max(2.5 * history.step_s, self._live_gap_s)
        priced = [
            (time_s, price)
            for time_s, price in zip(times, history.price_micro, strict=False)
            if price is not None
        ]
        self._price_times = np.array([time_s for time_s, _ in priced], dtype=float)
        self._prices = np.array([price for _, price in priced], dtype=float)

    def append(self, flow: FlowView) -> None:
        """Add one live sample; one that is not newer than the last is dropped."""
        last = self.end_s
        if last is not None:
            if flow.time_s <= last:
                return
            # A driven clock may step by minutes: what is normal between samples is no gap.
            step_s = min(flow.time_s - last, 180.0)
            self._live_gap_s = max(self._live_gap_s, 2.5 * step_s)
            self._hold_s = max(self._hold_s, self._live_gap_s)
        if self._count == self._times.size:
            self._grow()
        self._times[self._count] = flow.time_s
        self._values[:, self._count] = [
            _or_nan(flow.grid_w),
            _or_nan(flow.pv_w),
            _or_nan(flow.battery_w),
            _or_nan(flow.ev_w),
            _or_nan(flow.home_w),
            _or_nan(flow.soc_pct),
        ]
        self._count += 1

    def clear(self) -> None:
        """Forget all samples, as after the house's clock was set back."""
        self._first = self._count = 0
        self._times, self._values = np.empty(GROW), np.full((len(NAMES), GROW), np.nan)
        self._price_times, self._prices = np.empty(0), np.empty(0)

    def samples(self) -> Samples:
        """Return the present samples; valid also when more are appended later."""
        span = slice(self._first, self._count)
        return Samples(
            self._times[span],
            self._values[:, span],
            self._price_times,
            self._prices,
            self._hold_s,
        )

    def _grow(self) -> None:
        newest_s = self._times[self._count - 1]
        first = int(np.searchsorted(self._times[: self._count], newest_s - KEEP_S))
        first = max(first, self._first)
        self._times = np.concatenate([self._times[first : self._count], np.empty(GROW)])
        blank = np.full((len(NAMES), GROW), np.nan)
        self._values = np.concatenate([self._values[:, first : self._count], blank], axis=1)
        self._first, self._count = 0, self._count - first


def _or_nan(value: float | None) -> float:
    return np.nan if value is None else value


def _floats(column: tuple[float | None, ...], count: int) -> Floats:
    row = np.full(count, np.nan)
    known = np.array(column[:count], dtype=float)
    row[: known.size] = known
    return row


def cut(samples: Samples, start_s: float, end_s: float, count: int) -> Buckets:
    """Return means of ``samples`` in ``count`` even buckets from ``start_s`` to ``end_s``.

    A bucket without a sample takes the one before it, up to ``samples.hold_s`` old; older is a
    gap (NaN). Raises ValueError for an empty span.
    """
    if count < 1 or end_s <= start_s:
        raise ValueError("a plot needs at least one bucket of some length")
    step_s = (end_s - start_s) / count
    edges = start_s + step_s * np.arange(count + 1)
    out = np.full((len(NAMES), count), np.nan)
    times = samples.times_s
    if times.size == 0:
        return Buckets(start_s, step_s, out)
    at = np.searchsorted(times, edges)
    low, high = int(at[0]), int(at[-1])
    if high > low:
        filled = np.flatnonzero(at[1:] > at[:-1])
        starts = at[filled] - low
        part = samples.values[:, low:high]
        known = ~np.isnan(part)
        sums = np.add.reduceat(np.where(known, part, 0.0), starts, axis=1)
        counts = np.add.reduceat(known, starts, axis=1, dtype=np.int64)
        means = np.full_like(sums, np.nan)
        np.divide(sums, counts, out=means, where=counts > 0)
        out[:, filled] = means
    empty = np.flatnonzero(at[1:] == at[:-1])
    before = at[empty] - 1
    held = before >= 0
    held[held] = edges[empty[held]] - times[before[held]] <= samples.hold_s
    out[:, empty[held]] = samples.values[:, before[held]]
    return Buckets(start_s, step_s, out)
