"""All devices of one house on loopback: what a real house would have on its network."""

from __future__ import annotations

from ..physics.house import SimHouse
from .der_device import DerDevice
from .inverter_device import InverterDevice
from .meter_device import MeterDevice
from .ocpp_charger import OcppCharger
from .sunspec_server import SunSpecServer


class HousePeers:
    """The meter's and inverter's servers and the wallbox of one house.

    ``ocpp_url`` is where the wallbox connects to (``ws://host:port``); without it nobody
    manages the wallbox and a car charges as soon as it is plugged in.
    """

    def __init__(
        self,
        house: SimHouse,
        *,
        ocpp_url: str | None = None,
        charge_point_id: str | None = None,
        meter_port: int = 0,
        inverter_port: int = 0,
    ) -> None:
        self.house = house
        self.meter = SunSpecServer(MeterDevice(house), port=meter_port, seed=house.spec.seed)
        self.inverter: SunSpecServer | None = None
        if house.spec.inverter_rating_w > 0.0:
            der = house.spec.inverter_family == "der"
            device = DerDevice(house) if der else InverterDevice(house)
            self.inverter = SunSpecServer(device, port=inverter_port, seed=house.spec.seed)
        self.charger: OcppCharger | None = None
        if house.charger is not None and ocpp_url is not None:
            identity = charge_point_id or f"CP-{house.spec.seed}"
            self.charger = OcppCharger(house, ocpp_url, identity)

    async def start(self) -> None:
        """Open all ports and let the wallbox connect; it may take its time."""
        await self.meter.start()
        if self.inverter is not None:
            await self.inverter.start()
        if self.charger is not None:
            await self.charger.start()

    async def close(self) -> None:
        """Close everything."""
        if self.charger is not None:
            await self.charger.close()
        if self.inverter is not None:
            await self.inverter.close()
        await self.meter.close()

    @property
    def meter_port(self) -> int:
        """Return the meter's port, valid after :meth:`start`."""
        return self.meter.port

    @property
    def inverter_port(self) -> int | None:
        """Return the inverter's port, ``None`` in a house without one."""
        return self.inverter.port if self.inverter else None

    async def report_step(self) -> None:
        """Let the wallbox tell what the last step changed."""
        if self.charger is not None:
            await self.charger.report_step()
