"""Driver of a SunSpec grid meter (models 201-204 and their float twins 211-214)."""

from __future__ import annotations

from ...config.settings import SunSpecDevice
from ...model.control import Applied, Setpoint
from ...model.ports import Clock, DeviceFault
from ...model.readings import DeviceInfo, DeviceKind, MeterReading, Reading
from ..counters import RisingCounter
from ..modbus import EndpointPool
from .codec import Block
from .driver import SunSpecUnit

METER_MODELS = (213, 214, 212, 211, 203, 204, 202, 201)
"""Float before integer with scale factors, three phases first."""


def line_voltage(block: Block, names: tuple[str, ...]) -> float | None:
    """Return the first voltage that is really there; 0 V on a live meter means "not wired"."""
    found = (block.number(name) for name in names if name in block.model.top.points)
    return next((value for value in found if value), None)


class SunSpecMeterDriver:
    """Reads the meter at the connection point. It is never written to."""

    def __init__(self, settings: SunSpecDevice, pool: EndpointPool, clock: Clock) -> None:
        self._unit = SunSpecUnit(settings, pool, clock)
        self._clock = clock
        self._device_id = settings.device_id
        self._import = RisingCounter(f"{settings.device_id}: import register")
        self._export = RisingCounter(f"{settings.device_id}: export register")

    @property
    def devices(self) -> tuple[DeviceInfo, ...]:
        """The meter; its identity is known after the first successful poll."""
        return (self._unit.info(self._device_id, DeviceKind.METER),)

    async def poll(self) -> tuple[Reading, ...]:
        """Read power and registers. Raises DeviceAway or DeviceFault.

        SunSpec counts power and energy taken from the grid as positive or "imported", as we do.
        """
        session = await self._unit.session()
        place = self._unit.require(session.chain.first_of(METER_MODELS), "meter model (201-214)")
        blocks = await self._unit.read((place,), (), {})
        block = blocks.get(place.key)
        if block is None:
            raise DeviceFault(f"{session.address} changed its scale factors while it was read.")
        return (self._reading(block),)

    def _reading(self, block: Block) -> MeterReading:
        return MeterReading(
            device_id=self._device_id,
            time_s=self._clock.now_s(),
            power_w=block.number("W"),
            import_wh=self._import.take(block.number("TotWhImp")),
            export_wh=self._export.take(block.number("TotWhExp")),
            voltage_v=line_voltage(block, ("PhVphA", "PhV")),
            frequency_hz=block.number("Hz"),
        )

    async def apply(self, setpoint: Setpoint) -> Applied:
        """Refuse: a meter has nothing to set."""
        return Applied(
            setpoint.device_id,
            self._clock.now_s(),
            setpoint.power_w,
            None,
            ok=False,
            writes=0,
            sentence=f"{setpoint.device_id} is a meter and takes no setpoints.",
        )

    async def release(self) -> None:
        """Return at once: nothing was ever borrowed."""

    async def close(self) -> None:
        """Give the connection back. Never raises."""
        await self._unit.close()
