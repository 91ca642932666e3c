"""What all SunSpec drivers share: opening the unit, the split into live and constant models."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence

from ...config.settings import SunSpecDevice
from ...model.ports import Clock, DeviceFault
from ...model.readings import DeviceInfo, DeviceKind
from ..modbus import EndpointPool, LinkOptions
from .codec import Block
from .session import Session, open_session
from .walker import Key, Place

CONSTANTS_EVERY_S = 600.0
"""How often ratings are read again."""


class SunSpecUnit:
    """One SunSpec unit behind an endpoint, found again after every reconnect."""

    def __init__(self, settings: SunSpecDevice, pool: EndpointPool, clock: Clock) -> None:
        self.settings = settings
        self.clock = clock
        self._pool = pool
        self._endpoint = pool.get(
            settings.host,
            settings.port,
            LinkOptions(settings.timeout_s, settings.connect_delay_s),
        )
        self._unit = settings.unit
        self._session: Session | None = None
        self._opening = asyncio.Lock()
        self._constants: dict[Key, Block] = {}
        self._constants_s = float("-inf")

    async def session(self) -> Session:
        """Return the walked unit; connects when needed. Raises DeviceAway or DeviceFault."""
        async with self._opening:
            if self._session is None or not self._session.valid:
                self._session = None
                session = await open_session(self._endpoint, self._unit)
                self._session, self._unit = session, session.unit
                self._constants, self._constants_s = {}, float("-inf")
            return self._session

    async def read(
        self,
        live: Sequence[Place],
        constant: Sequence[Place],
        needed: Mapping[int, Sequence[str]],
    ) -> dict[Key, Block]:
        """Read the live models, and the constant ones when they are due."""
        session = await self.session()
        now = self.clock.now_s()
        if constant and now - self._constants_s >= CONSTANTS_EVERY_S:
            self._constants = await session.blocks(constant, needed)
            self._constants_s = now
        return {**self._constants, **await session.blocks(live, needed)}

    async def close(self) -> None:
        """Give the connection back. Never raises."""
        self._session = None
        await self._pool.give_back(self._endpoint)

    def info(self, device_id: str, kind: DeviceKind) -> DeviceInfo:
        """Describe a device of this unit; without identity until it was read once."""
        session = self._session
        if session is None:
            unit = "?" if self._unit is None else str(self._unit)
            address = f"{self._endpoint.name}/{unit}"
            return DeviceInfo(device_id, kind, self.settings.protocol, address=address)
        who = session.identity
        return DeviceInfo(
            device_id,
            kind,
            self.settings.protocol,
            who.manufacturer,
            who.model,
            who.serial,
            who.version,
            session.address,
        )

    def require(self, place: Place | None, what: str) -> Place:
        """Return the place. Raises DeviceFault when the device has no such model."""
        if place is None:
            raise DeviceFault(
                f"{self._endpoint.name} has no SunSpec {what}; check the role of "
                f"{self.settings.device_id} in the settings."
            )
        return place


def present(session: Session, model_ids: Iterable[int]) -> list[Place]:
    """Return the first instance of each model that the unit has."""
    found = (session.chain.find(model_id) for model_id in model_ids)
    return [place for place in found if place is not None]
