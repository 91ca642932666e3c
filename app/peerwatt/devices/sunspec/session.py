"""One SunSpec unit over its connection: who it is, where its models lie, and reading them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ...model.ports import DeviceFault
from ..faults import GATEWAY_CODES, NoAnswer, NotSunSpec, RegisterRefused
from ..modbus import ModbusEndpoint
from .codec import Block
from .definitions import known
from .plan import Request, collect, plan
from .walker import FIRST_UNITS, MORE_UNITS, Chain, Key, Place, walk


@dataclass(frozen=True, slots=True)
class Identity:
    """Model 1: untrusted text from the device. Maker, model and serial are its key, not its IP."""

    manufacturer: str = ""
    model: str = ""
    serial: str = ""
    version: str = ""


class Session:
    """A unit that was found and walked; valid for one connection."""

    def __init__(self, endpoint: ModbusEndpoint, unit: int, chain: Chain) -> None:
        self.endpoint = endpoint
        self.unit = unit
        self.chain = chain
        self.generation = endpoint.generation
        self.identity = Identity()
        self._merge = True
        self._plans: dict[tuple[tuple[Key, ...], bool], tuple[Request, ...]] = {}

    @property
    def valid(self) -> bool:
        """Whether the connection on which the chain was walked still stands."""
        return self.endpoint.connected and self.generation == self.endpoint.generation

    @property
    def address(self) -> str:
        """``host:port/unit``."""
        return f"{self.endpoint.name}/{self.unit}"

    async def blocks(
        self, places: Sequence[Place], needed: Mapping[int, Sequence[str]]
    ) -> dict[Key, Block]:
        """Read models. One whose scale factors changed while it was read is left out.

        Raises DeviceAway, or DeviceFault also when the models are no longer where they were.
        """
        requests = self._planned(places, needed)
        try:
            answers = [await self._read(request) for request in requests]
        except RegisterRefused:
            if not self._merge or all(len(request.parts) < 2 for request in requests):
                raise
            self._merge = False  # it refuses reads across models: one read for each from now on
            return await self.blocks(places, needed)
        found, shaken = collect(requests, answers)
        for place in places:
            self._check(place, found[place.key])
        return {
            key: Block(known(key[0]), registers)
            for key, registers in found.items()
            if key not in shaken
        }

    async def block(self, place: Place) -> Block:
        """Read one model whole. Raises DeviceAway or DeviceFault."""
        found = await self.blocks((place,), {})
        if place.key not in found:
            raise DeviceFault(
                f"{self.address} changed the scale factors of model {place.key[0]} while it was "
                "read; the values were dropped."
            )
        return found[place.key]

    async def read_identity(self) -> None:
        """Read model 1 where there is one."""
        place = self.chain.find(1)
        if place is None:
            return
        common = await self.block(place)
        self.identity = Identity(
            common.text("Mn"), common.text("Md"), common.text("SN"), common.text("Vr")
        )

    async def write(self, address: int, values: Sequence[int], *, single: bool = False) -> None:
        """Write registers of this unit."""
        await self.endpoint.write(self.unit, address, values, single=single)

    async def _read(self, request: Request) -> list[int]:
        return await self.endpoint.read(self.unit, request.address, request.count)

    def _planned(
        self, places: Sequence[Place], needed: Mapping[int, Sequence[str]]
    ) -> tuple[Request, ...]:
        key = (tuple(place.key for place in places), self._merge)
        if key not in self._plans:
            self._plans[key] = plan(places, needed, merge=self._merge)
        return self._plans[key]

    def _check(self, place: Place, registers: Sequence[int]) -> None:
        if tuple(registers[:2]) != (place.key[0], place.length):
            self.generation = -1
            raise DeviceFault(
                f"{self.address} moved model {place.key[0]} away from register {place.address}; "
                "its models are looked up anew."
            )


async def open_session(endpoint: ModbusEndpoint, unit: int | None) -> Session:
    """Find the unit (``None`` scans), walk its chain and read who it is.

    Raises DeviceAway or DeviceFault; NotSunSpec when something answers but is no SunSpec device.
    """
    if unit is not None:
        return await _open_unit(endpoint, unit)
    with endpoint.patient():
        answered, silence = await _scan(endpoint, FIRST_UNITS)
        if answered is True:
            answered = (await _scan(endpoint, MORE_UNITS))[0] or True
    if isinstance(answered, Session):
        return answered
    if answered:
        raise NotSunSpec(
            f"{endpoint.name} speaks Modbus but no unit shows a SunSpec marker; switch SunSpec on "
            "in the device or enter its unit id."
        )
    raise silence or NoAnswer(f"{endpoint.name} answers on no usual unit id; enter its unit id.")


async def _scan(
    endpoint: ModbusEndpoint, units: Sequence[int]
) -> tuple[Session | bool, NoAnswer | None]:
    """Try units in turn: the session, or whether anything answered, and the last silence."""
    answered, silence = False, None
    for unit in units:
        try:
            return await _open_unit(endpoint, unit), None
        except NotSunSpec:
            answered = True
        except RegisterRefused as refused:
            answered = answered or refused.code not in GATEWAY_CODES
        except NoAnswer as fault:
            silence = fault
    return answered, silence


async def _open_unit(endpoint: ModbusEndpoint, unit: int) -> Session:
    async def read(address: int, count: int) -> list[int]:
        return await endpoint.read(unit, address, count)

    try:
        chain = await walk(read)
    except NotSunSpec as fault:
        raise NotSunSpec(f"{endpoint.name} unit {unit}: {fault}") from None
    except RegisterRefused:
        raise
    except DeviceFault as fault:
        raise DeviceFault(f"{endpoint.name} unit {unit}: {fault}") from None
    session = Session(endpoint, unit, chain)
    await session.read_identity()
    return session
