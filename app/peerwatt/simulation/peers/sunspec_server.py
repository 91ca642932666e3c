"""A simulated device on Modbus TCP: a real server on loopback, with faults on demand."""

from __future__ import annotations

import asyncio
import random
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from pymodbus.constants import ExcCodes
from pymodbus.server import ModbusTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice
from pymodbus.simulator.simcore import SimCore

from .sunspec_layout import END_MODEL

if TYPE_CHECKING:
    from .sunspec_device import SunSpecDevice

READ_HOLDING = 3
WRITES = (6, 16)
ENDLESS_FILLER = (64_900, 2, 0, 0)
"""An unknown model of two registers, repeated up to the last address."""


class ChainEnd(StrEnum):
    """How the chain of models ends; all but ``PROPER`` are seen in the field."""

    PROPER = "proper"
    MISSING = "missing"
    """No end model: the next address answers with exception 2."""
    ZERO = "zero"
    """The end model has the id 0."""
    ENDLESS = "endless"
    """One unknown model follows another."""


class RegisterBank(SimCore):
    """Answers pymodbus's reads and writes from a device's register map."""

    def __init__(self, device: SunSpecDevice, unit: int) -> None:
        super().__init__(SimDevice(unit, SimData(0, values=0, datatype=DataType.REGISTERS)))
        self._device = device
        self._unit = unit
        self.busy = False
        self.chain_end = ChainEnd.PROPER

    async def async_getValues(  # noqa: N802 - the name is pymodbus's
        self, device_id: int, func_code: int, address: int, count: int = 1
    ) -> list[int] | list[bool] | ExcCodes:
        """Return registers, refreshed from the house."""
        if refused := self._refusal(device_id, func_code, (READ_HOLDING, *WRITES)):
            return refused
        device_map = self._device.fresh()
        registers = self._image()
        offset = address - device_map.base
        if offset < 0 or offset + count > len(registers):
            return ExcCodes.ILLEGAL_ADDRESS
        return registers[offset : offset + count]

    async def async_setValues(  # noqa: N802 - the name is pymodbus's
        self, device_id: int, func_code: int, address: int, values: list[int] | list[bool]
    ) -> ExcCodes | None:
        """Hand a write to the device."""
        if refused := self._refusal(device_id, func_code, WRITES):
            return refused
        done = self._device.write(address, [int(value) for value in values])
        if done is None:
            return ExcCodes.ILLEGAL_ADDRESS
        return None if done else ExcCodes.ILLEGAL_VALUE

    def _refusal(self, device_id: int, code: int, allowed: tuple[int, ...]) -> ExcCodes | None:
        if device_id != self._unit:
            return ExcCodes.GATEWAY_NO_RESPONSE
        if code not in allowed:
            return ExcCodes.ILLEGAL_FUNCTION
        return ExcCodes.DEVICE_BUSY if self.busy else None

    def _image(self) -> list[int]:
        device_map = self._device.map
        if self.chain_end is ChainEnd.PROPER:
            return device_map.image(END_MODEL)
        if self.chain_end is ChainEnd.ZERO:
            return device_map.image((0, 0))
        registers = device_map.image(())
        if self.chain_end is ChainEnd.ENDLESS:
            room = 65_536 - device_map.base - len(registers)
            registers.extend(ENDLESS_FILLER * (room // len(ENDLESS_FILLER)))
        return registers


class SunSpecServer:
    """One device behind one port. ``port`` 0 takes a free one, told after :meth:`start`."""

    def __init__(
        self,
        device: SunSpecDevice,
        *,
        unit: int = 1,
        host: str = "127.0.0.1",
        port: int = 0,
        seed: int = 0,
    ) -> None:
        self.device = device
        self.unit = unit
        self.host = host
        self.port = port
        self.garbage = False
        """Answer with random bytes."""
        self.bank = RegisterBank(device, unit)
        self._random = random.Random(seed)
        self._silent_until_s = 0.0
        self._server: Any = None

    async def start(self) -> None:
        """Listen. Raises RuntimeError when the port is taken."""
        server: Any = ModbusTcpServer(
            SimDevice(self.unit, SimData(0, values=0, datatype=DataType.REGISTERS)),
            address=(self.host, self.port),
            trace_packet=self._trace,
        )
        server.context = self.bank
        await server.serve_forever(background=True)
        self.port = int(server.transport.sockets[0].getsockname()[1])
        self._server = server

    async def close(self) -> None:
        """Stop listening and drop all connections; may be started again on the same port."""
        if self._server is not None:
            await self._server.shutdown()
            self._server = None

    def silence(self, seconds: float) -> None:
        """Take requests but answer none for some seconds of real time (0 ends it)."""
        self._silent_until_s = asyncio.get_running_loop().time() + seconds

    def disconnect(self) -> None:
        """Drop all connections; clients may come back at once."""
        if self._server is not None:
            for connection in list(self._server.active_connections.values()):
                connection.close()

    def _trace(self, sending: bool, packet: bytes) -> bytes:
        """Let faults happen to what is sent."""
        if not sending:
            return packet
        if asyncio.get_running_loop().time() < self._silent_until_s:
            return b""
        return self._random.randbytes(len(packet)) if self.garbage else packet
