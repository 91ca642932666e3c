"""Rolls power up from samples to minutes to quarters of an hour, and lets old rows go."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Insert,
    Table,
    bindparam,
    delete,
    func,
    insert,
    select,
)

from .records import Retention
from .tables import POWERS, power_minute, power_quarter, power_sample

MINUTE_MS = 60_000
QUARTER_MINUTES = 15
_DAY_MS = 86_400_000
_TRIM_STEP_MS = 6 * 3_600_000
"""Most that one pass lets go of, so that a wrong clock cannot empty the table at once."""

# Energy -> (power, sign of the part that counts; 0 takes all of it).
_INTEGRALS = {
    "import_wh": ("grid_w", 1),
    "export_wh": ("grid_w", -1),
    "pv_wh": ("pv_w", 0),
    "battery_charged_wh": ("battery_w", -1),
    "battery_discharged_wh": ("battery_w", 1),
    "ev_wh": ("ev_w", 0),
    "home_wh": ("home_w", 0),
}


@dataclass(frozen=True, slots=True)
class Progress:
    """The first minute and the first quarter that are not rolled up; ``None`` before any."""

    minute: int | None
    quarter: int | None


def progress(connection: Connection) -> Progress:
    """Return how far the stored rows are rolled up: after a crash it goes on from there."""
    minute = _next_after(connection, power_minute.c.minute)
    if minute is None:
        oldest = connection.execute(select(func.min(power_sample.c.time_ms))).scalar()
        minute = None if oldest is None else oldest // MINUTE_MS
    quarter = _next_after(connection, power_quarter.c.interval)
    if quarter is None:
        oldest = connection.execute(select(func.min(power_minute.c.minute))).scalar()
        quarter = None if oldest is None else oldest // QUARTER_MINUTES
    return Progress(minute, quarter)


def roll_up(connection: Connection, done: Progress, first_ms: int, last_ms: int) -> Progress:
    """Roll up what the samples just written between two times complete, in one transaction."""
    first, last = first_ms // MINUTE_MS, last_ms // MINUTE_MS
    minute = first if done.minute is None else done.minute
    quarter = first // QUARTER_MINUTES if done.quarter is None else done.quarter
    start, end = _span(minute, first, last)
    if start < end:
        connection.execute(_ROLL_MINUTES, {"start": start, "end": end})
        minute = max(minute, end)
        start, end = _span(quarter, start // QUARTER_MINUTES, end // QUARTER_MINUTES)
        if start < end:
            connection.execute(_ROLL_QUARTERS, {"start": start, "end": end})
            quarter = max(quarter, end)
    return Progress(minute, quarter)


def trim(connection: Connection, retention: Retention, now_ms: int) -> None:
    """Delete what is older than the retention, a few hours of it at a time."""
    for table, key, unit_ms, days in (
        (power_sample, power_sample.c.time_ms, 1, retention.second_days),
        (power_minute, power_minute.c.minute, MINUTE_MS, retention.minute_days),
    ):
        oldest = connection.execute(select(func.min(key))).scalar()
        if oldest is None:
            continue
        limit = min((now_ms - days * _DAY_MS) // unit_ms, oldest + _TRIM_STEP_MS // unit_ms)
        if limit > oldest:
            connection.execute(delete(table).where(key < limit))


def _span(done: int, first: int, last: int) -> tuple[int, int]:
    """Return the [start, end) of rows to be rolled, also where the clock went back."""
    if last >= done:
        return min(first, done), last
    return first, last + 1


def _next_after(connection: Connection, key: Column[int]) -> int | None:
    newest = connection.execute(select(func.max(key))).scalar()
    return None if newest is None else newest + 1


def _sample_columns() -> Iterator[ColumnElement[Any]]:
    source = power_sample.c
    for name in POWERS:
        for function in (func.avg, func.min, func.max):
            yield function(source[name])
    yield func.avg(source.soc_pct)
    for power, sign in _INTEGRALS.values():
        column = source[power]
        part = func.max(column * sign, 0) if sign else column
        yield func.sum(part * source.span_ms / 3.6e6)


def _minute_columns() -> Iterator[ColumnElement[Any]]:
    source = power_minute.c
    for name in POWERS:
        yield func.avg(source[f"{name}_mean"])
        yield func.min(source[f"{name}_min"])
        yield func.max(source[f"{name}_max"])
    yield func.avg(source.soc_pct_mean)
    yield from (func.sum(source[name]) for name in _INTEGRALS)


def _statement(table: Table, key: Column[int], per_row: int, columns: list[Any]) -> Insert:
    """Return the statement that rolls rows [start, end) of a table up from their source."""
    row = key.op("/")(per_row)
    query = (
        select(row, *columns)
        .where(key >= bindparam("start") * per_row, key < bindparam("end") * per_row)
        .group_by(row)
    )
    names = [column.name for column in table.columns]
    return insert(table).prefix_with("OR REPLACE").from_select(names, query)


# Built once: building them costs more than running them.
_ROLL_MINUTES = _statement(
    power_minute, power_sample.c.time_ms, MINUTE_MS, [func.count(), *_sample_columns()]
)
_ROLL_QUARTERS = _statement(
    power_quarter,
    power_minute.c.minute,
    QUARTER_MINUTES,
    [func.sum(power_minute.c.samples), *_minute_columns()],
)
