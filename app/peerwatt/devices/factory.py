"""Builds the drivers of a site from its settings and keeps them together as one fleet."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType

from ..config.settings import DeviceSettings, OcppDevice, OcppServer, SunSpecDevice
from ..model.control import Applied, Setpoint
from ..model.ports import Clock, DeviceAway, DeviceFault, Driver, UndoLedger
from ..model.readings import DeviceHealth, DeviceInfo, Reading
from .modbus import EndpointPool
from .ocpp.central import CentralSystem
from .ocpp.driver import OcppChargerDriver
from .poller import Poller
from .sunspec.inverter import SunSpecInverterDriver
from .sunspec.meter import SunSpecMeterDriver

log = logging.getLogger(__name__)


class DeviceFleet:
    """All devices of a site: one poller per configured device, and the chargers' central system."""

    def __init__(
        self, pollers: Iterable[Poller], central: CentralSystem | None, clock: Clock
    ) -> None:
        self.pollers = {poller.device_id: poller for poller in pollers}
        self.central = central
        self._clock = clock
        self._applying: dict[str, asyncio.Task[Applied]] = {}

    async def start(self) -> None:
        """Listen for chargers. Raises DeviceFault when the port is taken."""
        if self.central is not None:
            await self.central.start()

    async def poll(self, wait_s: float = 1.0) -> None:
        """Poll every device at once, waiting at most ``wait_s`` real seconds in all."""
        await asyncio.gather(*(poller.poll_once(wait_s) for poller in self.pollers.values()))

    @property
    def readings(self) -> Mapping[str, Reading]:
        """The last reading of every device."""
        return MappingProxyType(
            {
                name: reading
                for poller in self.pollers.values()
                for name, reading in poller.readings.items()
            }
        )

    @property
    def health(self) -> Mapping[str, DeviceHealth]:
        """The health of every device."""
        return MappingProxyType(
            {
                state.device_id: state
                for poller in self.pollers.values()
                for state in poller.health()
            }
        )

    @property
    def devices(self) -> Mapping[str, DeviceInfo]:
        """Who the devices are."""
        return MappingProxyType(
            {info.device_id: info for poller in self.pollers.values() for info in poller.devices}
        )

    def poller_of(self, device_id: str) -> Poller | None:
        """Return the poller behind which a device lies."""
        for poller in self.pollers.values():
            if any(info.device_id == device_id for info in poller.devices):
                return poller
        return None

    async def apply(self, setpoint: Setpoint, wait_s: float = 2.0) -> Applied:
        """Apply a setpoint; a device that is away, slow or refuses answers with ``ok`` False.

        Waits at most ``wait_s`` real seconds; what was begun then goes on to its end, because
        half a setting is worse than a late one.
        """
        poller = self.poller_of(setpoint.device_id)
        if poller is None:
            return self._not_ok(setpoint, f"There is no device {setpoint.device_id}.")
        running = self._applying.get(setpoint.device_id)
        if poller.waiting or (running is not None and not running.done()):
            return self._not_ok(setpoint, f"{setpoint.device_id} has not answered yet.")
        task = asyncio.create_task(self._apply(poller.driver, setpoint))
        self._applying[setpoint.device_id] = task
        await asyncio.wait((task,), timeout=wait_s)
        if not task.done():
            return self._not_ok(setpoint, f"{setpoint.device_id} has not answered yet.")
        return task.result()

    async def _apply(self, driver: Driver, setpoint: Setpoint) -> Applied:
        try:
            return await driver.apply(setpoint)
        except (DeviceAway, DeviceFault) as fault:
            return self._not_ok(setpoint, str(fault))

    def _not_ok(self, setpoint: Setpoint, sentence: str) -> Applied:
        return Applied(
            setpoint.device_id,
            self._clock.now_s(),
            setpoint.power_w,
            None,
            ok=False,
            writes=0,
            sentence=sentence,
        )

    async def release(self) -> tuple[str, ...]:
        """Give back all control; returns a sentence for each device that could not be reached."""
        drivers = [poller.driver for poller in self.pollers.values()]
        results = await asyncio.gather(*(d.release() for d in drivers), return_exceptions=True)
        return tuple(
            f"{name}: {result}"
            for name, result in zip(self.pollers, results, strict=True)
            if isinstance(result, BaseException)
        )

    async def close(self) -> None:
        """Close every connection; control is to be released before. Never raises."""
        for task in self._applying.values():
            task.cancel()
        await asyncio.gather(*self._applying.values(), return_exceptions=True)
        await asyncio.gather(*(poller.close() for poller in self.pollers.values()))
        if self.central is not None:
            await self.central.close()


def build_drivers(
    devices: Sequence[DeviceSettings],
    ocpp: OcppServer,
    clock: Clock,
    ledger: UndoLedger,
    *,
    cycle_s: float = 1.0,
) -> DeviceFleet:
    """Return the fleet for ``settings.devices`` and ``settings.ocpp``; nothing connects yet.

    Must be called inside a running event loop.
    """
    pool = EndpointPool(clock)
    chargers = [device for device in devices if isinstance(device, OcppDevice)]
    central = CentralSystem(ocpp, chargers, clock) if chargers else None
    pollers = []
    for device in devices:
        if isinstance(device, SunSpecDevice):
            driver = _sunspec(device, pool, clock, ledger)
            pollers.append(Poller(device.device_id, driver, clock, cycle_s))
        elif central is not None:
            charger = OcppChargerDriver(device, central, clock)
            period_s = float(ocpp.sample_interval_s)
            pollers.append(Poller(device.device_id, charger, clock, cycle_s, period_s=period_s))
    return DeviceFleet(pollers, central, clock)


def _sunspec(device: SunSpecDevice, pool: EndpointPool, clock: Clock, ledger: UndoLedger) -> Driver:
    if device.role == "meter":
        return SunSpecMeterDriver(device, pool, clock)
    return SunSpecInverterDriver(device, pool, clock, ledger)
