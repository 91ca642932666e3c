"""Keeps the power of every control cycle: written in small batches, read on any grid of time."""

from __future__ import annotations

import threading

from sqlalchemy import func, insert, select

from .database import Database
from .grid import Grid, read_columns
from .records import EnergyTotals, PowerColumns, PowerSample, Retention
from .rollup import MINUTE_MS, Progress, progress, roll_up, trim
from .tables import ENERGIES, power_minute, power_sample

BATCH_S = 5.0
"""Most simulated seconds of samples that wait in memory for their write."""

BATCH_ROWS = 60
MAX_WAITING = 3600
"""Most samples held while the disk refuses them; older ones are then given up."""

_MAX_SPAN_S = 60.0
"""A pause longer than this (a suspended machine) is not filled with the value after it."""

MAX_POINTS = 400_000


class PowerStore:
    """Power samples with their roll-ups. Thread-safe; values are W, energies Wh."""

    def __init__(self, database: Database, retention: Retention) -> None:
        self._database = database
        self._retention = retention
        self._lock = threading.Lock()
        self._flushing = threading.Lock()
        self._waiting: list[dict[str, float | int | None]] = []
        self._last_s: float | None = None
        self._insert = insert(power_sample).prefix_with("OR REPLACE")
        with database.read() as connection:
            self._done = progress(connection)

    def append(self, sample: PowerSample) -> None:
        """Take one sample; writes when BATCH_S seconds of samples are held. May block then."""
        with self._lock:
            span_s = 0.0 if self._last_s is None else sample.time_s - self._last_s
            span_s = span_s if 0 < span_s <= _MAX_SPAN_S else 0.0
            self._last_s = sample.time_s
            self._waiting.append(_row(sample, span_s))
            del self._waiting[:-MAX_WAITING]
            first_s = (self._waiting[0]["time_ms"] or 0) / 1000
            held_s = abs(sample.time_s - first_s) + span_s
            due = held_s >= BATCH_S or len(self._waiting) >= BATCH_ROWS
        if due:
            self.flush()

    def flush(self) -> None:
        """Write what waits and roll up what it completes. Raises HistoryFault; keeps the rows."""
        with self._flushing:
            with self._lock:
                rows = self._waiting[:]
            if not rows:
                return
            times = [int(row["time_ms"] or 0) for row in rows]
            with self._database.write() as connection:
                connection.execute(self._insert, rows)
                done = roll_up(connection, self._done, min(times), max(times))
                if done.quarter != self._done.quarter:
                    trim(connection, self._retention, max(times))
            self._done = done
            written = set(map(id, rows))
            with self._lock:
                self._waiting = [row for row in self._waiting if id(row) not in written]

    def power(self, start_s: float, end_s: float, step_s: int) -> PowerColumns:
        """Return mean powers from ``start_s`` (rounded down to the step) up to ``end_s``.

        The resolution stored for that time serves: seconds, minutes, then quarters of an hour.
        Raises ValueError for an empty or overlong range.
        """
        self.flush()
        if step_s < 1 or not start_s < end_s:
            raise ValueError("The range of time is empty; give an end after the start.")
        first = int(start_s // step_s)
        count = -int(-end_s // step_s) - first
        if count > MAX_POINTS:
            raise ValueError(f"The range has {count} steps; choose a larger step.")
        grid = Grid(first * step_s * 1000, step_s * 1000, count)
        with self._database.read() as connection:
            columns = read_columns(connection, grid, self._done.minute)
        return PowerColumns(first * step_s, step_s, *columns)

    def energy(self, start_s: float, end_s: float) -> EnergyTotals:
        """Return the integral of power over the whole minutes between two times.

        An estimate beside what registers say: a gap in the samples adds nothing.
        """
        self.flush()
        key = power_minute.c.minute
        query = select(*(func.sum(power_minute.c[name]) for name in ENERGIES)).where(
            key >= int(start_s * 1000 // MINUTE_MS), key < int(end_s * 1000 // MINUTE_MS)
        )
        with self._database.read() as connection:
            sums = connection.execute(query).one()
        found = zip(ENERGIES, sums, strict=True)
        return EnergyTotals(**{n: None if v is None else round(v) for n, v in found})

    def last(self) -> PowerSample | None:
        """Return the newest stored sample."""
        self.flush()
        columns = [c for c in power_sample.columns if c.name not in {"time_ms", "span_ms"}]
        query = select(power_sample.c.time_ms, *columns).order_by(power_sample.c.time_ms.desc())
        with self._database.read() as connection:
            row = connection.execute(query.limit(1)).first()
        return None if row is None else PowerSample(row[0] / 1000, *row[1:])

    def count(self) -> int:
        """Return how many samples are stored at full resolution."""
        self.flush()
        with self._database.read() as connection:
            return connection.execute(select(func.count()).select_from(power_sample)).scalar_one()

    def forget(self) -> None:
        """Drop what waits and what is known of the past, after everything was erased."""
        with self._flushing, self._lock:
            self._waiting.clear()
            self._last_s = None
            self._done = Progress(None, None)


def _row(sample: PowerSample, span_s: float) -> dict[str, float | int | None]:
    return {
        "time_ms": round(sample.time_s * 1000),
        "span_ms": round(span_s * 1000),
        "grid_w": sample.grid_w,
        "pv_w": sample.pv_w,
        "battery_w": sample.battery_w,
        "ev_w": sample.ev_w,
        "home_w": sample.home_w,
        "soc_pct": sample.soc_pct,
    }
