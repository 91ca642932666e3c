"""Cumulative registers at the boundaries of market intervals, and the energies between them.

What is bought, sold and settled is the difference of the meter's own registers, never an
integral of sampled power.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Mapping

from sqlalchemy import func, insert, select

from peerwatt.model.plan import IntervalEnergy
from peerwatt.model.readings import (
    BatteryReading,
    ChargerReading,
    InverterReading,
    MeterReading,
    Reading,
)
from peerwatt.model.units import interval_at, interval_start_s

from .database import Database
from .records import EnergyTotals, RegisterReading
from .tables import register_reading

MAX_LATE_S = 30.0
"""A reading later than this after a boundary does not stand for the boundary."""

GONE_AFTER_INTERVALS = 192
"""A register unseen for two days belongs to a device that was taken away."""

IMPORT, EXPORT, PV, CHARGED, DISCHARGED, EV = (
    "import",
    "export",
    "pv",
    "charged",
    "discharged",
    "ev",
)
_REGISTERS = (IMPORT, EXPORT, PV, CHARGED, DISCHARGED, EV)

Key = tuple[str, str]
"""Device and register."""


def registers_of(reading: Reading) -> Iterator[tuple[str, int]]:
    """Yield (register, Wh) of the cumulative registers that a reading holds."""
    pairs: tuple[tuple[str, int | None], ...]
    match reading:
        case MeterReading():
            pairs = ((IMPORT, reading.import_wh), (EXPORT, reading.export_wh))
        case InverterReading():
            pairs = ((PV, reading.pv_energy_wh),)
        case BatteryReading():
            pairs = ((CHARGED, reading.charged_wh), (DISCHARGED, reading.discharged_wh))
        case ChargerReading():
            pairs = ((EV, reading.energy_wh),)
    for register, value in pairs:
        if value is not None:
            yield register, value


class EnergyStore:
    """Register readings at interval boundaries. Thread-safe; energies in Wh."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock = threading.Lock()
        self._seen: dict[Key, tuple[int, int]] = {}
        """First and last interval with a stored reading, per register."""
        self._load_seen()

    def observe(self, readings: Iterable[Reading]) -> int:
        """Store the first fresh reading of each register in each interval; returns how many.

        Meant to be called in every cycle with the readings that are fresh: it touches the disk
        only at boundaries, and is durable then.
        """
        new = [row for row in _boundaries(readings) if self._is_new(row)]
        if new:
            self.put(new)
        return len(new)

    def put(self, readings: Iterable[RegisterReading]) -> None:
        """Store readings of boundaries; one that is already there stays. Durable on return."""
        rows = list(readings)
        if not rows:
            return
        statement = insert(register_reading).prefix_with("OR IGNORE")
        with self._database.write(durable=True) as connection:
            connection.execute(statement, [_as_row(row) for row in rows])
        with self._lock:
            for row in rows:
                key = (row.device_id, row.register)
                first, last = self._seen.get(key, (row.interval, row.interval))
                self._seen[key] = (min(first, row.interval), max(last, row.interval))

    def interval_energy(self, interval: int) -> IntervalEnergy | None:
        """Return what was measured in an interval.

        ``None`` when a register of a device that the house has was not read at both ends, or
        fell in between (a replaced meter).
        """
        found = self._registers(interval, interval + 1)
        return self._interval(interval, found.get(interval, {}), found.get(interval + 1, {}))

    def recent_intervals(self, since_interval: int) -> list[IntervalEnergy]:
        """Return the energies of all fully measured intervals from one on, oldest first."""
        found = self._registers(since_interval, None)
        energies = (
            self._interval(interval, found[interval], found.get(interval + 1, {}))
            for interval in sorted(found)
        )
        return [energy for energy in energies if energy is not None]

    def boundary(self, interval: int) -> tuple[RegisterReading, ...]:
        """Return the registers as they stood when an interval began."""
        query = select(register_reading).where(register_reading.c.interval == interval)
        with self._database.read() as connection:
            return tuple(RegisterReading(**row) for row in connection.execute(query).mappings())

    def totals_since(self, interval: int, now: Iterable[Reading]) -> EnergyTotals:
        """Return the energies from the beginning of an interval up to the given readings.

        A device that was first read later counts from then on (for "today so far").
        """
        key = register_reading.c
        query = (
            select(key.device_id, key.register, func.min(key.interval), key.value_wh)
            .where(key.interval >= interval)
            .group_by(key.device_id, key.register)
        )
        with self._database.read() as connection:
            start = {(d, r): value for d, r, _, value in connection.execute(query)}
        end = {
            (reading.device_id, register): value
            for reading in now
            for register, value in registers_of(reading)
        }
        sums: dict[str, int] = {}
        for device, value in end.items():
            if device in start and value >= start[device]:
                sums[device[1]] = sums.get(device[1], 0) + value - start[device]
        return _totals(sums)

    def forget(self) -> None:
        """Drop what is known of the past, after everything was erased."""
        with self._lock:
            self._seen.clear()

    def _load_seen(self) -> None:
        key = register_reading.c
        query = select(
            key.device_id, key.register, func.min(key.interval), func.max(key.interval)
        ).group_by(key.device_id, key.register)
        with self._database.read() as connection:
            for device, register, first, last in connection.execute(query):
                self._seen[device, register] = (first, last)

    def _is_new(self, row: RegisterReading) -> bool:
        with self._lock:
            seen = self._seen.get((row.device_id, row.register))
        return seen is None or row.interval > seen[1]

    def _registers(self, first: int, last: int | None) -> dict[int, dict[Key, int]]:
        key = register_reading.c
        query = select(key.interval, key.device_id, key.register, key.value_wh)
        query = query.where(key.interval >= first).order_by(key.interval)
        if last is not None:
            query = query.where(key.interval <= last)
        found: dict[int, dict[Key, int]] = {}
        with self._database.read() as connection:
            for interval, device, register, value in connection.execute(query):
                found.setdefault(interval, {})[device, register] = value
        return found

    def _owned(self, interval: int) -> set[Key]:
        """Return the registers that the house had during an interval."""
        with self._lock:
            return {
                key
                for key, (first, last) in self._seen.items()
                if first <= interval <= last + GONE_AFTER_INTERVALS
            }

    def _interval(
        self, interval: int, start: Mapping[Key, int], end: Mapping[Key, int]
    ) -> IntervalEnergy | None:
        sums: dict[str, int] = {}
        for key in self._owned(interval):
            if key not in start or key not in end or end[key] < start[key]:
                return None
            sums[key[1]] = sums.get(key[1], 0) + end[key] - start[key]
        if IMPORT not in sums and EXPORT not in sums:
            return None
        values = [sums.get(register, 0) for register in _REGISTERS]
        imported, exported, pv, charged, discharged, ev = values
        home = imported - exported + pv + discharged - charged - ev
        return IntervalEnergy(
            interval, imported, exported, pv, max(home, 0), ev, charged, discharged
        )


def _boundaries(readings: Iterable[Reading]) -> Iterator[RegisterReading]:
    for reading in readings:
        interval = interval_at(reading.time_s)
        if reading.time_s - interval_start_s(interval) > MAX_LATE_S:
            continue
        for register, value in registers_of(reading):
            yield RegisterReading(reading.device_id, register, interval, reading.time_s, value)


def _totals(sums: Mapping[str, int]) -> EnergyTotals:
    imported, exported, pv, charged, discharged, ev = (sums.get(name) for name in _REGISTERS)
    home = None
    if imported is not None or exported is not None:
        parts = ((imported, 1), (exported, -1), (pv, 1), (discharged, 1), (charged, -1), (ev, -1))
        home = max(sum(sign * (value or 0) for value, sign in parts), 0)
    return EnergyTotals(imported, exported, pv, home, ev, charged, discharged)


def _as_row(reading: RegisterReading) -> dict[str, str | int | float]:
    return {
        "interval": reading.interval,
        "device_id": reading.device_id,
        "register": reading.register,
        "time_s": reading.time_s,
        "value_wh": reading.value_wh,
    }
