"""Driver of a SunSpec inverter, with the battery behind it where it is a hybrid."""

from __future__ import annotations

import asyncio
import logging

from ...config.settings import SunSpecDevice
from ...model.control import Applied, Setpoint
from ...model.ports import Clock, DeviceFault, UndoLedger
from ...model.readings import (
    BatteryReading,
    DeviceInfo,
    DeviceKind,
    InverterReading,
    Reading,
)
from ..counters import RisingCounter
from ..modbus import EndpointPool
from .borrow import Borrower, Program
from .codec import Block
from .driver import SunSpecUnit, present
from .mapping import (
    AC_MODELS,
    CONSTANT_MODELS,
    LIVE_MODELS,
    NEEDED,
    InverterValues,
    rated_power,
    read_values,
)
from .programs import SWITCHES, limit_program, storage_program
from .session import Session
from .walker import Place

log = logging.getLogger(__name__)

LIMIT_MODELS = (704, 123)
STORAGE_MODELS = (124,)


def battery_id(device_id: str) -> str:
    """Return the id of the battery behind the inverter ``device_id``."""
    return f"{device_id}-battery"


class SunSpecInverterDriver:
    """Reads PV, AC and battery of one inverter and, where allowed, borrows control of them.

    The battery's setpoint is its power; the inverter's setpoint is its greatest AC output.
    """

    def __init__(
        self, settings: SunSpecDevice, pool: EndpointPool, clock: Clock, ledger: UndoLedger
    ) -> None:
        self._unit = SunSpecUnit(settings, pool, clock)
        self._settings = settings
        self._clock = clock
        self._inverter_id = settings.device_id
        self._battery_id = battery_id(settings.device_id)
        self._has_battery = False
        self._busy = asyncio.Lock()
        self._borrowers = {
            device_id: Borrower(device_id, ledger, clock)
            for device_id in (self._inverter_id, self._battery_id)
        }
        self._counters = {
            name: RisingCounter(f"{settings.device_id}: {name} register")
            for name in ("PV", "charge", "discharge")
        }

    @property
    def devices(self) -> tuple[DeviceInfo, ...]:
        """The inverter, and its battery once one was seen."""
        inverter = self._unit.info(self._inverter_id, DeviceKind.INVERTER)
        if not self._has_battery:
            return (inverter,)
        return inverter, self._unit.info(self._battery_id, DeviceKind.BATTERY)

    @property
    def writes_total(self) -> int:
        """Writes since the start, for the owner: registers wear out."""
        return sum(borrower.writes_total for borrower in self._borrowers.values())

    async def poll(self) -> tuple[Reading, ...]:
        """Read once. Raises DeviceAway or DeviceFault.

        Also returns what a crash left in the device, and what nobody renewed.
        """
        async with self._busy:
            session = await self._unit.session()
            for borrower in self._borrowers.values():
                await self._tidy(session, borrower)
            ac = self._unit.require(
                session.chain.first_of(AC_MODELS), "inverter model (101-103, 111-113, 701)"
            )
            live = [ac, *present(session, LIVE_MODELS)]
            blocks = await self._unit.read(live, present(session, CONSTANT_MODELS), NEEDED)
        values = read_values(blocks)
        self._has_battery = self._has_battery or values.has_battery
        now = self._clock.now_s()
        inverter = self._inverter_reading(values, now)
        if not self._has_battery:
            return (inverter,)
        return inverter, self._battery_reading(values, now)

    def _inverter_reading(self, values: InverterValues, now_s: float) -> InverterReading:
        return InverterReading(
            device_id=self._inverter_id,
            time_s=now_s,
            pv_power_w=values.flows.pv_w,
            ac_power_w=values.ac_w,
            pv_energy_wh=self._counters["PV"].take(values.flows.pv_wh),
            limit_pct=values.limit_pct,
            rated_power_w=values.rated_w,
            operating_state=values.state,
        )

    def _battery_reading(self, values: InverterValues, now_s: float) -> BatteryReading:
        capacity = values.capacity_wh
        return BatteryReading(
            device_id=self._battery_id,
            time_s=now_s,
            power_w=values.flows.battery_w,
            soc_pct=values.soc_pct,
            capacity_wh=round(capacity) if capacity else None,
            charged_wh=self._counters["charge"].take(values.flows.charged_wh),
            discharged_wh=self._counters["discharge"].take(values.flows.discharged_wh),
            max_charge_w=values.max_charge_w,
            max_discharge_w=values.max_discharge_w,
        )

    async def apply(self, setpoint: Setpoint) -> Applied:
        """Write a setpoint, refresh it, or give control back when its power is ``None``.

        Raises DeviceAway or DeviceFault.
        """
        borrower = self._borrowers.get(setpoint.device_id)
        if borrower is None:
            return self._refuse(setpoint, f"{setpoint.device_id} is not behind this inverter.")
        if not self._settings.control:
            return self._refuse(
                setpoint, f"Control of {self._settings.device_id} is not allowed by its settings."
            )
        if setpoint.power_w is not None and setpoint.expires_s <= self._clock.now_s():
            return self._refuse(setpoint, "The setpoint had expired before it was applied.")
        async with self._busy:
            session = await self._unit.session()
            if setpoint.power_w is None:
                writes = await self._give_back(session, borrower)
                return Applied(
                    setpoint.device_id, self._clock.now_s(), None, None, ok=True, writes=writes
                )
            await self._tidy(session, borrower, expired=False)
            place, block, program = await self._program(session, setpoint, setpoint.power_w)
            return await borrower.apply(session, place, block, program, setpoint)

    async def _program(
        self, session: Session, setpoint: Setpoint, power_w: float
    ) -> tuple[Place, Block, Program]:
        window_s = setpoint.expires_s - self._clock.now_s()
        if setpoint.device_id == self._battery_id:
            place = session.chain.first_of(STORAGE_MODELS)
            if place is None:
                raise DeviceFault(
                    f"{session.address} has no SunSpec model 124; its battery can be read, not set."
                )
            block = await session.block(place)
            return place, block, storage_program(block, power_w, window_s)
        place = session.chain.first_of(LIMIT_MODELS)
        if place is None:
            raise DeviceFault(
                f"{session.address} has neither SunSpec model 123 nor 704; its output cannot be "
                "limited."
            )
        block = await session.block(place)
        constants = await session.blocks(present(session, CONSTANT_MODELS), NEEDED)
        rated = rated_power({key[0]: found for key, found in constants.items()})
        return place, block, limit_program(block, power_w, rated, window_s)

    async def release(self) -> None:
        """Return inverter and battery to the state before the first write.

        Raises DeviceAway or DeviceFault; the old values then stay in the ledger for next time.
        """
        async with self._busy:
            waiting = [b for b in self._borrowers.values() if b.borrowed or b.must_restore()]
            if not waiting:
                return
            session = await self._unit.session()
            for borrower in waiting:
                await self._give_back(session, borrower)

    async def restore_after_crash(self) -> int:
        """Restore what an earlier run left in the device; returns the writes. Raises like poll."""
        async with self._busy:
            waiting = [b for b in self._borrowers.values() if b.must_restore()]
            if not waiting:
                return 0
            session = await self._unit.session()
            return sum([await self._give_back(session, borrower) for borrower in waiting])

    async def close(self) -> None:
        """Give the connection back. Never raises."""
        await self._unit.close()

    async def _tidy(self, session: Session, borrower: Borrower, *, expired: bool = True) -> None:
        if borrower.must_restore():
            writes = await self._give_back(session, borrower)
            log.info(
                "%s: a setting of an earlier run was given back (%d writes).",
                borrower.device_id,
                writes,
            )
        elif expired and borrower.expired():
            await self._give_back(session, borrower)
            log.info("%s: a setting that nobody renewed was given back.", borrower.device_id)

    async def _give_back(self, session: Session, borrower: Borrower) -> int:
        return await borrower.give_back(session, SWITCHES)

    def _refuse(self, setpoint: Setpoint, sentence: str) -> Applied:
        return Applied(
            setpoint.device_id,
            self._clock.now_s(),
            setpoint.power_w,
            None,
            ok=False,
            writes=0,
            sentence=sentence,
        )
