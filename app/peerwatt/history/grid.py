"""Puts stored powers on a fixed grid of time, from the resolution that serves the step best.

The finest rows that are needed are aggregated by SQLite; what it returns is painted on the grid,
finer tiers first, and a coarser tier fills only what is still empty.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain
from typing import Any

from sqlalchemy import Connection, func, select

from .tables import POWERS, power_minute, power_quarter, power_sample

MINUTE_MS = 60_000
QUARTER_MS = 900_000
_CHUNK = 500
"""Rows fetched at once: small enough to stay in the cache while they are transposed."""


@dataclass(frozen=True, slots=True)
class Grid:
    """``count`` cells of ``step_ms`` from ``start_ms`` on."""

    start_ms: int
    step_ms: int
    count: int

    @property
    def end_ms(self) -> int:
        """First millisecond past the grid."""
        return self.start_ms + self.step_ms * self.count

    def cell_at(self, time_ms: int) -> int:
        """Return the cell that holds a time; may lie outside the grid."""
        return (time_ms - self.start_ms) // self.step_ms


@dataclass(frozen=True, slots=True)
class _Tier:
    """One stored resolution."""

    table: str
    key: str
    width_ms: int
    """Length of one row; a sample has its own."""
    suffix: str
    span: str
    """SQL: how far back the first row of a group reaches."""


_NAMES = (*POWERS, "soc_pct")
_SAMPLES = _Tier(power_sample.name, "time_ms", 1, "", "span_ms")
_MINUTES = _Tier(power_minute.name, "minute", MINUTE_MS, "_mean", "0")
_QUARTERS = _Tier(power_quarter.name, "interval", QUARTER_MS, "_mean", "0")


def read_columns(
    connection: Connection, grid: Grid, rolled_minute: int | None
) -> tuple[tuple[float | None, ...], ...]:
    """Return one tuple per power and the state of charge, each as long as the grid.

    ``rolled_minute`` is the first minute that is not rolled up: from there on samples serve.
    """
    canvas = _Canvas(grid)
    for tier, start_ms, end_ms in _sources(connection, grid, rolled_minute):
        if start_ms < end_ms:
            _paint(connection, tier, canvas, (start_ms, end_ms))
    return tuple(tuple(column) for column in canvas.columns)


class _Canvas:
    """The cells being filled; a cell once painted is not painted again."""

    def __init__(self, grid: Grid) -> None:
        self.grid = grid
        self.columns: list[list[float | None]] = [[None] * grid.count for _ in _NAMES]
        self.painted = bytearray(grid.count)

    def lay(self, cells: list[int], values: list[list[float | None]]) -> bool:
        """Paint rows on ascending cells; of two rows on one empty cell the later stays.

        Returns whether the rows follow each other without a hole.
        """
        first, after = cells[0], cells[-1] + 1
        dense = cells == list(range(first, after))
        if any(self.painted[first:after]):
            for row, cell in enumerate(cells):
                self.spread(cell, cell + 1, values, row)
        elif dense:
            for column, source in zip(self.columns, values, strict=True):
                column[first:after] = source
            self.painted[first:after] = b"\1" * (after - first)
        else:
            for column, source in zip(self.columns, values, strict=True):
                for cell, value in zip(cells, source, strict=True):
                    column[cell] = value
            for cell in cells:
                self.painted[cell] = 1
        return dense

    def spread(self, first: int, after: int, values: list[list[float | None]], row: int) -> None:
        """Paint one row on all cells of a range that are still empty."""
        for cell in range(max(first, 0), min(after, self.grid.count)):
            if not self.painted[cell]:
                self.painted[cell] = 1
                for column, source in zip(self.columns, values, strict=True):
                    column[cell] = source[row]


def _sources(
    connection: Connection, grid: Grid, rolled_minute: int | None
) -> list[tuple[_Tier, int, int]]:
    """Return (tier, from, to), finest first."""
    start, end = grid.start_ms, grid.end_ms
    oldest_sample = connection.execute(select(func.min(power_sample.c.time_ms))).scalar()
    oldest_minute = connection.execute(select(func.min(power_minute.c.minute))).scalar()
    sample_ms = end if oldest_sample is None else oldest_sample
    minute_ms = end if oldest_minute is None else oldest_minute * MINUTE_MS
    if grid.step_ms % MINUTE_MS:
        return [
            (_SAMPLES, start, end),
            (_MINUTES, start, min(end, sample_ms)),
            (_QUARTERS, start, min(end, sample_ms, minute_ms)),
        ]
    rolled_ms = start if rolled_minute is None else rolled_minute * MINUTE_MS
    # The cell that is not yet rolled up whole comes from samples alone.
    tail = min(max(grid.start_ms + grid.cell_at(rolled_ms) * grid.step_ms, start), end)
    if grid.step_ms % QUARTER_MS:
        return [
            (_SAMPLES, tail, end),
            (_MINUTES, start, tail),
            (_QUARTERS, start, min(tail, minute_ms)),
        ]
    return [(_SAMPLES, tail, end), (_QUARTERS, start, tail), (_MINUTES, start, tail)]


def _paint(connection: Connection, tier: _Tier, canvas: _Canvas, range_ms: tuple[int, int]) -> None:
    grid = canvas.grid
    keys, spans, values = _fetch(connection, tier, grid, range_ms)
    if not keys:
        return
    if tier.width_ms > grid.step_ms:
        for row, key in enumerate(keys):
            start_ms = key * tier.width_ms
            after = grid.cell_at(start_ms + tier.width_ms - 1) + 1
            canvas.spread(grid.cell_at(start_ms), after, values, row)
        return
    cells = [(key * tier.width_ms - grid.start_ms) // grid.step_ms for key in keys]
    dense = canvas.lay(cells, values)
    if tier is _SAMPLES:
        # A sample reaches back over its span into empty cells: a cadence slower than the step,
        # or a jitter over a cell's edge, then leaves no hole.
        rows = range(0 if dense else len(cells))
        holes = (row for row in rows if row and cells[row] - cells[row - 1] > 1)
        for row in chain([0], holes):
            first = grid.cell_at(keys[row] - spans[row]) + 1
            canvas.spread(first, cells[row], values, row)


def _fetch(
    connection: Connection, tier: _Tier, grid: Grid, range_ms: tuple[int, int]
) -> tuple[list[int], list[int], list[list[float | None]]]:
    """Return keys, spans and values as columns, straight from the driver's cursor.

    This is the one place that goes past SQLAlchemy's rows: making them would double the time
    that a day of seconds takes.
    """
    key, span, group = tier.key, tier.span, ""
    means = [f"{name}{tier.suffix}" for name in _NAMES]
    if grid.step_ms > max(tier.width_ms, 1000):
        group = f"GROUP BY ({key} * {tier.width_ms} - {grid.start_ms}) / {grid.step_ms}"
        key, span, means = f"min({key})", f"max({span})", [f"avg({mean})" for mean in means]
    low, high = range_ms[0] // tier.width_ms, -(-range_ms[1] // tier.width_ms)
    cursor = connection.connection.cursor()
    cursor.execute(
        f"SELECT {key}, {span}, {', '.join(means)} FROM {tier.table}"  # noqa: S608 (own names)
        f" WHERE {tier.key} >= ? AND {tier.key} < ? {group} ORDER BY 1",
        (low, high),
    )
    columns: list[list[Any]] = [[] for _ in range(2 + len(means))]
    while chunk := cursor.fetchmany(_CHUNK):
        for column, part in zip(columns, zip(*chunk, strict=True), strict=True):
            column.extend(part)
    cursor.close()
    keys, spans, *values = columns
    return keys, spans, values
