"""All twins of a house: one per device and one for the household, fed by each snapshot."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass

from peerwatt.model.control import Setpoint
from peerwatt.model.mealy import MealyMachine, Transition
from peerwatt.model.ports import TwinLog
from peerwatt.model.readings import (
    BatteryReading,
    ChargerReading,
    DeviceKind,
    InverterReading,
    MeterReading,
    Reading,
)
from peerwatt.model.snapshot import Snapshot

from .runner import TwinRunner
from .symbols import (
    battery_symbol,
    charger_symbol,
    household_symbol,
    inverter_symbol,
    meter_symbol,
)
from .tables import BATTERY, CHARGER, HOUSEHOLD, INVERTER, METER

HOUSE = "household"
SAME_ASK_W = 100.0
"""A command that changes by less is still the same command."""

BY_KIND: dict[DeviceKind, MealyMachine] = {
    DeviceKind.METER: METER,
    DeviceKind.INVERTER: INVERTER,
    DeviceKind.BATTERY: BATTERY,
    DeviceKind.CHARGER: CHARGER,
}


@dataclass(frozen=True, slots=True)
class _Ask:
    """The command a device is under, and since when."""

    setpoint: Setpoint | None
    since_s: float


class HouseTwins:
    """Creates a twin when its device is first seen; steps them all once per cycle."""

    def __init__(self, log: TwinLog) -> None:
        self._log = log
        self._runners: dict[str, TwinRunner] = {HOUSE: TwinRunner(HOUSE, HOUSEHOLD, log)}
        self._asks: dict[str, _Ask] = {}

    def step(
        self, snapshot: Snapshot, setpoints: Iterable[Setpoint], promise_running: bool = False
    ) -> tuple[Transition, ...]:
        """Take a snapshot with the setpoints in force *before* it; return the new records.

        In memory only: call :meth:`flush` (off the event loop) to make them durable.
        """
        asked = {s.device_id: s for s in setpoints}
        records: list[Transition | None] = []
        time_ms = round(snapshot.time_s * 1000)
        for device_id, info in sorted(snapshot.devices.items()):
            runner = self._runner(device_id, BY_KIND[info.kind])
            ask = self._asked(device_id, asked.get(device_id), snapshot.time_s)
            reading = snapshot.fresh(device_id)
            held_s = snapshot.time_s - ask.since_s
            symbol = _symbol(info.kind, reading, ask.setpoint, held_s, runner.symbol)
            records.append(runner.observe(symbol, time_ms, _detail(reading, ask.setpoint)))
        house = self._runners[HOUSE]
        grid = snapshot.grid_power_w()
        symbol = household_symbol(grid, promise_running, house.symbol)
        records.append(house.observe(symbol, time_ms, _json({"grid_w": _whole(grid)})))
        return tuple(record for record in records if record is not None)

    def _runner(self, device_id: str, machine: MealyMachine) -> TwinRunner:
        if device_id not in self._runners:
            self._runners[device_id] = TwinRunner(device_id, machine, self._log)
        return self._runners[device_id]

    def _asked(self, device_id: str, setpoint: Setpoint | None, now_s: float) -> _Ask:
        before = self._asks.get(device_id)
        if before is None or not _same(before.setpoint, setpoint):
            before = _Ask(setpoint, now_s)
        else:
            before = _Ask(setpoint, before.since_s)
        self._asks[device_id] = before
        return before

    def flush(self) -> None:
        """Store all pending records in one append. Blocking; on failure they stay pending."""
        batches = [(runner, runner.pending) for runner in self._runners.values()]
        records = [record for _, batch in batches for record in batch]
        if not records:
            return
        self._log.append(records)
        for runner, batch in batches:
            runner.stored(len(batch))

    def state(self, twin: str) -> str | None:
        """Return the state of a twin, or ``None`` where there is none."""
        runner = self._runners.get(twin)
        return None if runner is None else runner.state

    def twin_root(self, twin: str) -> str | None:
        """Return the root of one twin's log."""
        runner = self._runners.get(twin)
        return None if runner is None else runner.root()

    def twin_transitions(self, twin: str) -> int:
        """Return the number of records of one twin."""
        runner = self._runners.get(twin)
        return 0 if runner is None else runner.transitions

    @property
    def transitions(self) -> int:
        """Return the number of records of all twins."""
        return sum(runner.transitions for runner in self._runners.values())

    def root(self) -> str:
        """Return one hash over all twins' roots, by name: what is anchored on a chain."""
        roots = sorted((name, runner.root()) for name, runner in self._runners.items())
        return hashlib.sha256(_json(roots).encode()).hexdigest()

    def replay_fault(self) -> str | None:
        """Replay every stored log; return ``None`` if all hold, else what breaks. Blocking."""
        for name, runner in sorted(self._runners.items()):
            fault = runner.fault()
            if fault is not None:
                return f"twin {name}: {fault}"
        return None


def _symbol(
    kind: DeviceKind, reading: Reading | None, setpoint: Setpoint | None, held_s: float,
    before: str | None,
) -> str:  # fmt: skip
    match kind:
        case DeviceKind.METER:
            return meter_symbol(reading if isinstance(reading, MeterReading) else None, before)
        case DeviceKind.INVERTER:
            return inverter_symbol(
                reading if isinstance(reading, InverterReading) else None, before
            )
        case DeviceKind.BATTERY:
            asked = None if setpoint is None else setpoint.power_w
            battery = reading if isinstance(reading, BatteryReading) else None
            return battery_symbol(battery, asked, held_s, before)
        case DeviceKind.CHARGER:
            charger = reading if isinstance(reading, ChargerReading) else None
            return charger_symbol(charger, setpoint, held_s)


def _same(before: Setpoint | None, now: Setpoint | None) -> bool:
    old = None if before is None else before.power_w
    new = None if now is None else now.power_w
    if old is None or new is None:
        return old is new
    return abs(old - new) < SAME_ASK_W


def _detail(reading: Reading | None, setpoint: Setpoint | None) -> str:
    """Return the values and the reason behind a symbol, as canonical JSON."""
    values: dict[str, object] = {}
    for name in ("power_w", "pv_power_w", "soc_pct", "status", "limit_pct"):
        value = getattr(reading, name, None)
        if value is not None:
            values[name] = _whole(value) if isinstance(value, int | float) else str(value)
    if setpoint is not None:
        values["asked_w"] = _whole(setpoint.power_w)
        values["why"] = setpoint.sentence
    return _json(values)


def _whole(value: float | None) -> int | None:
    return None if value is None else round(value)


def _json(value: object) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
