"""One control cycle: readings, frozen snapshot, twins, rules, setpoints."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field

from peerwatt.config.settings import OcppDevice, SiteSettings, SunSpecDevice
from peerwatt.devices.factory import DeviceFleet
from peerwatt.history.facade import History
from peerwatt.history.records import NoticeLevel, PowerSample
from peerwatt.model.control import Applied, Setpoint
from peerwatt.model.plan import EvNeed, Plan
from peerwatt.model.ports import Clock
from peerwatt.model.readings import BatteryReading, MeterReading
from peerwatt.model.snapshot import Snapshot
from peerwatt.model.units import interval_at

from .controllers import (
    AwardedWindow,
    BatteryLimits,
    ChargerLimits,
    CycleContext,
    MarketPosition,
    Memory,
    run_cycle,
)
from .disk import Disk
from .hub import Hub, Say
from .overrides import Overrides
from .twins import HouseTwins

DEFAULT_BATTERY_W = 5_000.0
KEPT_BOUNDARIES = 200


@dataclass(frozen=True, slots=True)
class Intent:
    """What the slower services want of the cycle; replaced whole, read once a cycle."""

    plan: Plan | None = None
    ev_needs: tuple[EvNeed, ...] = ()
    overrides: Overrides = field(default_factory=Overrides)
    award: AwardedWindow | None = None
    position: MarketPosition | None = None
    dso_limit_w: float | None = None
    """Limit on net import that the grid operator has set."""


class ControlLoop:
    """Owns the devices; nothing else writes to them."""

    def __init__(
        self,
        settings: SiteSettings,
        fleet: DeviceFleet,
        twins: HouseTwins,
        history: History,
        disk: Disk,
        clock: Clock,
        say: Say,
    ) -> None:
        self.snapshot: Snapshot | None = None
        self.setpoints: dict[str, Setpoint] = {}
        self.writes: dict[str, int] = {}
        self.cycle_ms = 0.0
        self.twins = twins
        self._settings = settings
        self._fleet = fleet
        self._hub = Hub(tuple(fleet.pollers.values()), clock, say)
        self._history = history
        self._disk = disk
        self._say = say
        self._memory = Memory()
        self._registers: dict[int, tuple[int, int]] = {}
        """Interval -> meter registers (import, export) at its first reading."""
        self._refused: dict[str, str] = {}

    @property
    def rest_w(self) -> float | None:
        """Home less sun as the control sees it, without flicker; ``None`` before it is known."""
        senses = self._memory.senses
        return None if senses is None else senses.smooth_w

    async def load(self, now_s: float) -> None:
        """Take up the meter's registers of the last interval boundaries."""
        current = interval_at(now_s)
        for interval in range(current - 40, current + 1):
            rows = await self._disk.run(self._history.energy.boundary, interval)
            values = {row.register: row.value_wh for row in rows}
            if "import" in values:
                self._registers[interval] = (values["import"], values.get("export", 0))

    async def cycle(self, intent: Intent, wait_s: float) -> Snapshot:
        """Run one cycle; ``wait_s`` is how long a slow device is waited for, real seconds."""
        begun = time.perf_counter()
        snapshot = await self._hub.snapshot(wait_s)
        self.snapshot = snapshot
        self._note_boundary(snapshot)
        self.twins.step(snapshot, self.setpoints.values(), intent.award is not None)
        result = run_cycle(self._context(snapshot, intent))
        self._memory = result.memory
        await asyncio.gather(*(self._apply(setpoint) for setpoint in result.setpoints))
        self.setpoints = {s.device_id: s for s in result.setpoints}
        await self._disk.run(self._record, snapshot)
        self.cycle_ms = (time.perf_counter() - begun) * 1000
        return snapshot

    def _context(self, snapshot: Snapshot, intent: Intent) -> CycleContext:
        return CycleContext(
            snapshot=snapshot,
            now_s=snapshot.time_s,
            chargers=tuple(self._chargers()),
            batteries=tuple(self._batteries(snapshot)),
            max_import_w=self._settings.max_import_w,
            plan=intent.plan,
            ev_needs=intent.ev_needs,
            overrides=intent.overrides.at(snapshot.time_s),
            award=intent.award,
            position=intent.position,
            dso_limit_w=intent.dso_limit_w,
            memory=self._memory,
        )

    def _chargers(self) -> list[ChargerLimits]:
        found = []
        for device in self._settings.devices:
            if isinstance(device, OcppDevice) and device.control:
                per_ampere = device.phases * device.voltage_v
                switches = device.phase_switching and device.phases == 3
                found.append(
                    ChargerLimits(
                        device.device_id,
                        device.min_current_a * per_ampere / (3 if switches else 1),
                        device.max_current_a * per_ampere,
                        per_ampere,
                        switches,
                    )
                )
        return found

    def _batteries(self, snapshot: Snapshot) -> list[BatteryLimits]:
        """Batteries behind inverters that an installer allowed to be controlled."""
        allowed = {
            device.device_id
            for device in self._settings.devices
            if isinstance(device, SunSpecDevice) and device.control
        }
        return [
            BatteryLimits(
                reading.device_id,
                reading.max_charge_w or DEFAULT_BATTERY_W,
                reading.max_discharge_w or DEFAULT_BATTERY_W,
                self._settings.battery.reserve_pct,
            )
            for reading in snapshot.readings.values()
            if isinstance(reading, BatteryReading)
            and reading.device_id.removesuffix("-battery") in allowed
        ]

    async def _apply(self, setpoint: Setpoint) -> None:
        applied: Applied = await self._fleet.apply(setpoint)
        device_id = setpoint.device_id
        self.writes[device_id] = self.writes.get(device_id, 0) + applied.writes
        if applied.ok:
            self._refused.pop(device_id, None)
        elif self._refused.get(device_id) != applied.sentence:
            self._refused[device_id] = applied.sentence
            self._say(NoticeLevel.WARNING, device_id, applied.sentence)

    def _record(self, snapshot: Snapshot) -> None:
        """Store what the cycle saw; runs in the disk's thread."""
        batteries = snapshot.fresh_of(BatteryReading)
        self._history.power.append(
            PowerSample(
                snapshot.time_s,
                snapshot.grid_power_w(),
                snapshot.pv_power_w(),
                snapshot.battery_power_w(),
                snapshot.ev_power_w(),
                snapshot.home_power_w(),
                batteries[0].soc_pct if batteries else None,
            )
        )
        fresh = (snapshot.fresh(device_id) for device_id in snapshot.readings)
        self._history.energy.observe(reading for reading in fresh if reading is not None)
        self.twins.flush()

    # -- the meter within intervals ----------------------------------------------------------

    def _note_boundary(self, snapshot: Snapshot) -> None:
        interval = interval_at(snapshot.time_s)
        registers = self.registers(snapshot)
        if registers is None or interval in self._registers:
            return
        self._registers[interval] = registers
        while len(self._registers) > KEPT_BOUNDARIES:
            del self._registers[min(self._registers)]

    @staticmethod
    def registers(snapshot: Snapshot) -> tuple[int, int] | None:
        """Return the grid meter's (import, export) registers, Wh, if fresh.

        An export register that never counted reads as "not accumulated" and means 0.
        """
        meters = snapshot.fresh_of(MeterReading)
        if not meters or meters[0].import_wh is None:
            return None
        return meters[0].import_wh, meters[0].export_wh or 0

    def net_import_since(self, interval: int) -> int | None:
        """Return import - export metered since an interval began, Wh; ``None`` if not known."""
        begin = self._registers.get(interval)
        now = self.registers(self.snapshot) if self.snapshot else None
        if begin is None or now is None:
            return None
        return (now[0] - begin[0]) - (now[1] - begin[1])
