"""Devices that tests talk to over real sockets, built without the code under test."""

from __future__ import annotations

import asyncio
import json
import logging
import struct
from collections.abc import Awaitable, Callable
from importlib.resources import files
from typing import Any

from ocpp.routing import on
from ocpp.v16 import ChargePoint, call, call_result, datatypes
from pymodbus.constants import ExcCodes
from pymodbus.server import ModbusTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

ABSENT = {
    "int16": 0x8000, "uint16": 0xFFFF, "count": 0xFFFF, "acc16": 0, "enum16": 0xFFFF,
    "bitfield16": 0xFFFF, "pad": 0x8000, "int32": 0x80000000, "uint32": 0xFFFFFFFF, "acc32": 0,
    "enum32": 0xFFFFFFFF, "bitfield32": 0xFFFFFFFF, "int64": 1 << 63, "uint64": (1 << 64) - 1,
    "acc64": 0, "sunssf": 0x8000, "float32": 0x7FC00000, "float64": 0x7FF8 << 48,
}  # fmt: skip


def _registers(kind: str, size: int, value: Any) -> list[int]:
    if kind in {"string", "ipaddr", "ipv6addr", "eui48"}:
        raw = (value or "").encode().ljust(size * 2, b"\0")[: size * 2]
        return [int.from_bytes(raw[i : i + 2], "big") for i in range(0, len(raw), 2)]
    if value is None:
        number = ABSENT[kind]
    elif kind == "float32":
        number = int.from_bytes(struct.pack(">f", value), "big")
    else:
        number = int(value) % (1 << (16 * size))
    return [number >> 16 * (size - 1 - i) & 0xFFFF for i in range(size)]


def _group(layout: dict[str, Any], values: dict[str, Any]) -> list[int]:
    registers: list[int] = []
    for point in layout["points"]:
        registers += _registers(point["type"], point["size"], values.get(point["name"]))
    for sub in layout.get("groups", ()):
        given = values.get(sub["name"], [{}] if sub.get("count", 1) == 1 else [])
        for item in given:
            registers += _group(sub, item)
    return registers


def layout(model_id: int) -> dict[str, Any]:
    """The alliance's own file."""
    path = files("sunspec2") / "models" / "json" / f"model_{model_id}.json"
    return json.loads(path.read_text())["group"]


def model(model_id: int, *, length: int | None = None, **values: Any) -> list[int]:
    """Registers of a model with raw values; everything else is "not implemented"."""
    registers = _group(layout(model_id), {"ID": model_id, "L": 0, **values})
    if length is not None:
        registers = (registers + [0] * length)[: length + 2]
    registers[1] = len(registers) - 2
    return registers


def common(serial: str = "SN1", maker: str = "Maker", length: int | None = None) -> list[int]:
    return model(1, length=length, Mn=maker, Md="Model", SN=serial, Vr="1.0", DA=1)


END = [0xFFFF, 0]


def meter(**values: Any) -> list[list[int]]:
    points = {
        "W": 1234, "W_SF": 0, "TotWhImp": 5000, "TotWhExp": 700, "TotWh_SF": 0, "PhVphA": 2305,
        "V_SF": -1, "Hz": 4998, "Hz_SF": -2, **values,
    }  # fmt: skip
    return [common("M1"), model(203, **points), END]


def hybrid(**override: dict[str, Any]) -> list[list[int]]:
    """A hybrid inverter as the street builds it: 103, 120-124, 160 with storage trackers."""
    points: dict[str, dict[str, Any]] = {
        "103": {"W": 4200, "W_SF": 0, "WH": 90_000, "WH_SF": 0, "St": 4},
        "120": {
            "WRtg": 10_000, "WRtg_SF": 0, "WHRtg": 1000, "WHRtg_SF": 1,
            "MaxChaRte": 5000, "MaxChaRte_SF": 0, "MaxDisChaRte": 4500, "MaxDisChaRte_SF": 0,
        },
        "121": {"WMax": 10_000, "WMax_SF": 0},
        "122": {},
        "123": {
            "Conn": 1, "WMaxLimPct": 10_000, "WMaxLimPct_SF": -2, "WMaxLimPct_RvrtTms": 0,
            "WMaxLim_Ena": 0,
        },
        "124": {
            "WChaMax": 5000, "WChaMax_SF": 0, "StorCtl_Mod": 0, "ChaState": 6150,
            "ChaState_SF": -2, "OutWRte": 10_000, "InWRte": 10_000, "InOutWRte_SF": -2,
            "InOutWRte_RvrtTms": 0, "ChaGriSet": 0, "ChaSt": 4,
        },
        "160": {
            "DCW_SF": -1, "DCWH_SF": 1, "DCA_SF": -2, "DCV_SF": -1, "N": 4,
            "module": [
                {"ID": 1, "IDStr": "MPPT1", "DCW": 30_000, "DCWH": 4000},
                {"ID": 2, "IDStr": "MPPT2", "DCW": 20_000, "DCWH": 3000},
                {"ID": 3, "IDStr": "StCha", "DCW": 6500, "DCWH": 100},
                {"ID": 4, "IDStr": "StDisCha", "DCW": 0, "DCWH": 0},
            ],
        },
    }  # fmt: skip
    for key, values in override.items():
        points[key.removeprefix("m")].update(values)
    return [common("H1"), *(model(int(key), **values) for key, values in points.items()), END]


Hook = Callable[[int, int, int, list[int] | None], Awaitable[ExcCodes | None]]


class SunSpecServer:
    """A Modbus TCP server (pymodbus) whose registers tests read and change directly."""

    def __init__(
        self, models: list[list[int]], *, base: int = 40_000, unit: int = 1, port: int = 0
    ) -> None:
        self.base, self.unit = base, unit
        self.image = [0x5375, 0x6E53, *(register for one in models for register in one)]
        self.reads: list[tuple[int, int]] = []
        self.writes: list[tuple[int, int, list[int]]] = []
        self.hook: Hook | None = None
        self.silent = False
        self.port = port
        self._stopped = asyncio.Event()
        self._starts: dict[tuple[int, int], int] = {}
        address, seen = base + 2, {}
        for one in models:
            if len(one) < 2 or one[0] in {0, 0xFFFF}:
                break
            occurrence = seen.get(one[0], 0)
            seen[one[0]] = occurrence + 1
            self._starts[one[0], occurrence] = address
            address += len(one)
        self._server: ModbusTcpServer | None = None

    async def start(self) -> None:
        self._stopped.clear()
        data = SimData(self.base, values=list(self.image), datatype=DataType.REGISTERS)
        device = SimDevice(self.unit, simdata=[data], action=self._action)
        self._server = ModbusTcpServer(device, address=("127.0.0.1", self.port))
        await self._server.serve_forever(background=True)
        self.port = self._server.transport.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        if self._server is not None:
            server, self._server = self._server, None
            self._stopped.set()
            await server.shutdown()
            await asyncio.sleep(0)

    async def _action(
        self,
        function: int,
        start: int,
        address: int,
        count: int,
        registers: list[int],
        values: list[int] | None,
    ) -> ExcCodes | None:
        if self.silent:
            await self._stopped.wait()
        if self.hook is not None:
            refused = await self.hook(function, address, count, values)
            if refused is not None:
                return refused
        registers[:] = self.image
        if values is None:
            self.reads.append((address, count))
        else:
            self.writes.append((function, address, list(values)))
            self.image[address - self.base : address - self.base + count] = values
        return None

    def where(self, model_id: int, name: str, occurrence: int = 0) -> tuple[int, int, str]:
        """Address, size and type of a point of the fixed part."""
        offset = 0
        for point in layout(model_id)["points"]:
            if point["name"] == name:
                start = self._starts[model_id, occurrence]
                return start + offset, point["size"], point["type"]
            offset += point["size"]
        raise KeyError(name)

    def put(self, model_id: int, **values: Any) -> None:
        for name, value in values.items():
            address, size, kind = self.where(model_id, name)
            at = address - self.base
            self.image[at : at + size] = _registers(kind, size, value)

    def get(self, model_id: int, name: str) -> int:
        address, size, kind = self.where(model_id, name)
        raw = 0
        for register in self.image[address - self.base : address - self.base + size]:
            raw = raw << 16 | register
        half = 1 << (16 * size - 1)
        return raw - 2 * half if kind.startswith("int") and raw >= half else raw


quiet = logging.getLogger("tests.charger")
quiet.setLevel(logging.CRITICAL)  # it implements no TriggerMessage, as many chargers do not


class CarCharger(ChargePoint):
    """An OCPP 1.6 charge point (the `ocpp` package's own, in the charger's role)."""

    def __init__(self, identity: str, connection: ClientConnection) -> None:
        super().__init__(identity, connection, response_timeout=5, logger=quiet)
        self.connection = connection
        self.received: list[tuple[str, dict[str, Any]]] = []
        self.answer_profile = "Accepted"
        self.task = asyncio.create_task(self._run())

    async def _run(self) -> None:
        try:
            await self.start()
        except ConnectionClosed:
            return

    def _note(self, name: str, values: dict[str, Any]) -> None:
        self.received.append((name, values))

    def all(self, name: str) -> list[dict[str, Any]]:
        return [values for received, values in self.received if received == name]

    @on("SetChargingProfile")
    def on_profile(self, **values: Any) -> call_result.SetChargingProfile:
        self._note("SetChargingProfile", values)
        return call_result.SetChargingProfile(self.answer_profile)

    @on("ClearChargingProfile")
    def on_clear(self, **values: Any) -> call_result.ClearChargingProfile:
        self._note("ClearChargingProfile", values)
        return call_result.ClearChargingProfile("Accepted")

    @on("ChangeConfiguration")
    def on_configuration(self, **values: Any) -> call_result.ChangeConfiguration:
        self._note("ChangeConfiguration", values)
        return call_result.ChangeConfiguration("Accepted")

    @on("RemoteStartTransaction")
    def on_remote_start(self, **values: Any) -> call_result.RemoteStartTransaction:
        self._note("RemoteStartTransaction", values)
        return call_result.RemoteStartTransaction("Accepted")

    @on("RemoteStopTransaction")
    def on_remote_stop(self, **values: Any) -> call_result.RemoteStopTransaction:
        self._note("RemoteStopTransaction", values)
        return call_result.RemoteStopTransaction("Accepted")

    async def boot(self) -> Any:
        return await self.call(call.BootNotification("Wallbox", "Maker", firmware_version="1.2"))

    async def status(self, status: str, connector: int = 1) -> Any:
        return await self.call(call.StatusNotification(connector, "NoError", status))

    async def begin(self, tag: str = "PEERWATT", meter: int = 1000) -> Any:
        return await self.call(call.StartTransaction(1, tag, meter, "2026-01-01T00:00:00Z"))

    async def sample(self, transaction_id: int | None, **values: str) -> Any:
        units = {
            "Power_Active_Import": "W",
            "Energy_Active_Import_Register": "Wh",
            "SoC": "Percent",
        }
        sampled = [
            datatypes.SampledValue(value, measurand=name.replace("_", "."), unit=units.get(name))
            for name, value in values.items()
        ]
        entry = datatypes.MeterValue("2026-01-01T00:00:00Z", sampled)
        return await self.call(call.MeterValues(1, [entry], transaction_id))

    async def leave(self) -> None:
        await self.connection.close()
        await self.task


async def charge_point(port: int, identity: str, host: str = "127.0.0.1") -> CarCharger:
    """Connect a charger."""
    connection = await connect(
        f"ws://{host}:{port}/{identity}", subprotocols=["ocpp1.6"], compression=None
    )
    return CarCharger(identity, connection)
