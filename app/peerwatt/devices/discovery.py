"""Finds SunSpec devices in the owner's own network; reads only, never writes.

Scanning is limited to the own /24 or to named hosts, with 64 sockets at most at a time (devices
reference, section 3.3).
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from ..model.ports import Clock, DeviceAway, DeviceFault
from .modbus import LinkOptions, ModbusEndpoint
from .sunspec.definitions import model
from .sunspec.session import Session, open_session

MODBUS_PORTS = (502, 1502)
MAX_SOCKETS = 64
KNOCK_S = 1.0
PROBE_TIMEOUT_S = 3.0


@dataclass(frozen=True, slots=True)
class Probe:
    """What answered at one address; ``sentence`` says why nothing usable did."""

    host: str
    port: int
    found: bool
    sentence: str = ""
    unit: int | None = None
    base: int | None = None
    manufacturer: str = ""
    model: str = ""
    serial: str = ""
    version: str = ""
    models: tuple[int, ...] = ()
    terminated: bool = True


@dataclass(frozen=True, slots=True)
class DumpedModel:
    """One model with its registers and, where its layout is known, its decoded points."""

    model_id: int
    occurrence: int
    address: int
    length: int
    name: str
    points: dict[str, object] = field(default_factory=dict)
    registers: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Dump:
    """Everything that a device shows."""

    probe: Probe
    models: tuple[DumpedModel, ...] = ()


def own_subnet() -> tuple[str, ...]:
    """Return the other hosts of the own IPv4 /24; only this machine when there is no network."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            # Connecting a datagram socket sends nothing; it only asks for the route's own address.
            probe.connect(("192.0.2.1", 9))
            own = str(probe.getsockname()[0])
        except OSError:
            return ("127.0.0.1",)
    network = ipaddress.ip_network(f"{own}/24", strict=False)
    return tuple(str(host) for host in network.hosts() if str(host) != own)


async def scan(
    clock: Clock,
    hosts: Iterable[str] | None = None,
    ports: Sequence[int] = MODBUS_PORTS,
) -> tuple[Probe, ...]:
    """Probe hosts (``None``: the own /24) on some ports; returns those whose port is open."""
    gate = asyncio.Semaphore(MAX_SOCKETS)
    targets = [(host, port) for host in (hosts or own_subnet()) for port in ports]

    async def look(host: str, port: int) -> Probe | None:
        async with gate:
            if not await _open(host, port):
                return None
            return await probe(clock, host, port)

    found = await asyncio.gather(*(look(host, port) for host, port in targets))
    return tuple(result for result in found if result is not None)


async def _open(host: str, port: int) -> bool:
    try:
        _, writer = await asyncio.wait_for(asyncio.open_connection(host, port), KNOCK_S)
    except OSError:
        return False
    writer.close()
    await asyncio.gather(writer.wait_closed(), return_exceptions=True)
    return True


async def probe(
    clock: Clock,
    host: str,
    port: int,
    unit: int | None = None,
    timeout_s: float = PROBE_TIMEOUT_S,
) -> Probe:
    """Find out who answers at an address. Never raises for what a device does."""
    endpoint = ModbusEndpoint(host, port, clock, LinkOptions(timeout_s, read_only=True))
    try:
        return _probe(host, port, await open_session(endpoint, unit))
    except (DeviceAway, DeviceFault) as fault:
        return Probe(host, port, found=False, sentence=str(fault))
    finally:
        await endpoint.close()


async def dump(
    clock: Clock,
    host: str,
    port: int,
    unit: int | None = None,
    timeout_s: float = PROBE_TIMEOUT_S,
) -> Dump:
    """Read all models of a device. Never raises for what a device does."""
    endpoint = ModbusEndpoint(host, port, clock, LinkOptions(timeout_s, read_only=True))
    try:
        session = await open_session(endpoint, unit)
        models = [await _dump_model(session, index) for index in range(len(session.chain.places))]
        return Dump(_probe(host, port, session), tuple(models))
    except (DeviceAway, DeviceFault) as fault:
        return Dump(Probe(host, port, found=False, sentence=str(fault)))
    finally:
        await endpoint.close()


async def _dump_model(session: Session, index: int) -> DumpedModel:
    place = session.chain.places[index]
    model_id, occurrence = place.key
    layout = model(model_id)
    if layout is None:
        return DumpedModel(model_id, occurrence, place.address, place.length, "unknown")
    block = await session.block(place)
    points = {name: value for name, value in block.everything().items() if name not in {"ID", "L"}}
    return DumpedModel(
        model_id,
        occurrence,
        place.address,
        place.length,
        layout.top.name,
        points,
        tuple(block.registers),
    )


def _probe(host: str, port: int, session: Session) -> Probe:
    who = session.identity
    return Probe(
        host,
        port,
        found=True,
        unit=session.unit,
        base=session.chain.base,
        manufacturer=who.manufacturer,
        model=who.model,
        serial=who.serial,
        version=who.version,
        models=tuple(place.key[0] for place in session.chain.places),
        terminated=session.chain.terminated,
    )
