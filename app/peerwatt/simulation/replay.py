"""Measured load and PV of a real site, scaled to a house, in place of the physics.

The format is that of 15-minute site exports: ``Timestamp`` (local wall clock, no zone) and mean
powers in kW. Rows are taken as consecutive quarter-hours, each beginning at its stamp; where the
wall clock jumps by an hour (daylight saving) the rows go on.
"""

from __future__ import annotations

import csv
import gzip
import io
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path
from zoneinfo import ZoneInfo

ROW_S = 900
TIMESTAMP, GENERATION, CONSUMPTION = (
    "Timestamp",
    "Generation_kW",
    "Overall_Consumption_Calc_kW",
)
COLUMNS = (TIMESTAMP, GENERATION, "Grid_Feed-In_kW", "Grid_Supply_kW", CONSUMPTION)
CLOCK_CHANGES_S = (ROW_S, ROW_S + 3600, ROW_S - 3600)
YEAR_ROWS = 365 * 96


class ReplayFault(Exception):
    """The file cannot be replayed; the message names line and column."""


@dataclass(frozen=True, slots=True)
class ReplayOptions:
    """How the site is made into a house. Energies are kWh in a year."""

    annual_load_kwh: float = 4_500.0
    annual_pv_kwh: float = 6_000.0
    start_day: date | None = None
    """Day of the file that is lived through first; ``None`` takes the simulation's own date in
    the file's year, or the first day where the file does not hold it."""
    timezone: str = "Europe/Zurich"


@dataclass(frozen=True, slots=True)
class Site:
    """The measured rows, kW, and the wall clock of the first one."""

    first: datetime
    labels: tuple[str, ...]
    pv_kw: array[float]
    load_kw: array[float]


class ReplaySource:
    """One measured series as a power over simulated time; repeats when it ends."""

    def __init__(self, power_w: array[float], first_row: int, start_s: float) -> None:
        self._power_w = power_w
        self._origin_s = start_s - start_s % ROW_S - first_row * ROW_S

    def mean_power_w(self, from_s: float, to_s: float) -> float:
        """Return the measured mean power, W. Exact while the span stays within one row."""
        middle_s = (from_s + to_s) / 2.0
        row = int((middle_s - self._origin_s) // ROW_S)
        return self._power_w[row % len(self._power_w)]


@dataclass(frozen=True, slots=True)
class Replay:
    """PV and load for one simulated house."""

    pv: ReplaySource
    load: ReplaySource


def load_replay(path: Path, options: ReplayOptions, start_s: float) -> Replay:
    """Read a site's file for a simulation that starts at ``start_s`` (Unix seconds).

    Raises ReplayFault with one sentence naming file, line and column.
    """
    site = read_site(path)
    row = _first_row(path, site, options, start_s)
    return Replay(
        ReplaySource(_scaled(site.pv_kw, options.annual_pv_kwh), row, start_s),
        ReplaySource(_scaled(site.load_kw, options.annual_load_kwh), row, start_s),
    )


def read_site(path: Path) -> Site:
    """Read and check the file (``.csv`` or ``.csv.gz``). Raises ReplayFault."""
    try:
        raw = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        text = raw.decode("utf-8-sig")
    except (OSError, EOFError, UnicodeDecodeError) as fault:
        raise ReplayFault(f"{path} cannot be read ({fault}); name a CSV or CSV.gz file.") from None
    rows = csv.reader(io.StringIO(text, newline=""))
    header = [cell.strip() for cell in next(rows, [])]
    missing = [column for column in COLUMNS if column not in header]
    if missing:
        raise ReplayFault(
            f"{path}, line 1: column {missing[0]} is missing; the file needs the columns "
            f"{', '.join(COLUMNS)}."
        )
    return _parse(path, header, rows)


def _parse(path: Path, header: list[str], rows: Iterator[list[str]]) -> Site:
    pv, load = array("d"), array("d")
    labels: list[str] = []
    first = previous = None
    for line, row in enumerate(rows, start=2):
        if not row:
            continue
        if len(row) != len(header):
            raise ReplayFault(
                f"{path}, line {line}: {len(row)} columns where the header has {len(header)}."
            )
        cells = dict(zip(header, row, strict=True))
        stamp = _stamp(path, line, cells[TIMESTAMP], previous)
        first, previous = first or stamp, stamp
        labels.append(stamp.isoformat(" ", "minutes"))
        pv.append(_power(path, line, GENERATION, cells[GENERATION]))
        load.append(_power(path, line, CONSUMPTION, cells[CONSUMPTION]))
    if first is None or len(labels) < 96:
        raise ReplayFault(
            f"{path}, line {len(labels) + 1}: column {TIMESTAMP} ends after {len(labels)} rows; "
            "a replay needs at least a day of 96 quarter-hours."
        )
    return Site(first, tuple(labels), pv, load)


def _stamp(path: Path, line: int, text: str, previous: datetime | None) -> datetime:
    try:
        stamp = datetime.fromisoformat(text.strip())
    except ValueError:
        raise ReplayFault(
            f"{path}, line {line}: column {TIMESTAMP} holds {text[:40]!r}, which is no time of "
            "the form 2019-01-31 14:15:00."
        ) from None
    stamp = stamp.replace(tzinfo=None)
    if previous and (stamp - previous).total_seconds() not in CLOCK_CHANGES_S:
        raise ReplayFault(
            f"{path}, line {line}: column {TIMESTAMP} jumps from {previous} to {stamp}; rows must "
            "follow each other every 15 minutes."
        )
    return stamp


def _power(path: Path, line: int, column: str, text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not 0.0 <= value < 100_000.0:
        raise ReplayFault(
            f"{path}, line {line}: column {column} holds {text[:40]!r}, which is no power in kW "
            "(0 or more)."
        )
    return value


def _scaled(power_kw: array[float], annual_kwh: float) -> array[float]:
    """Return W such that a year of these rows holds ``annual_kwh``."""
    total_kwh = sum(power_kw) * ROW_S / 3600.0 * YEAR_ROWS / len(power_kw)
    factor = 1000.0 * annual_kwh / total_kwh if total_kwh > 0.0 else 0.0
    return array("d", (value * factor for value in power_kw))


def _first_row(path: Path, site: Site, options: ReplayOptions, start_s: float) -> int:
    """Return the row that is lived through first: the start's wall-clock time on its day."""
    local = datetime.fromtimestamp(start_s - start_s % ROW_S, ZoneInfo(options.timezone))
    rows = {label: row for row, label in reversed(list(enumerate(site.labels)))}
    if options.start_day is not None:
        wanted = datetime.combine(options.start_day, time(local.hour, local.minute))
        row = rows.get(wanted.isoformat(" ", "minutes"))
        if row is None:
            raise ReplayFault(
                f"{path}, line {len(site.labels) + 1}: column {TIMESTAMP} has no {wanted}; it "
                f"runs from {site.labels[0]} to {site.labels[-1]}."
            )
        return row
    day = min(local.day, 28) if local.month == 2 else local.day
    own = datetime(site.first.year, local.month, day, local.hour, local.minute)
    return rows.get(own.isoformat(" ", "minutes"), 0)
