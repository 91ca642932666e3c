"""The SunSpec servers, seen by an independent client (pysunspec2) over real sockets."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from pymodbus.client import AsyncModbusTcpClient
from sunspec2.modbus.client import SunSpecModbusClientDeviceTCP

from peerwatt.simulation.peers.der_device import DerDevice
from peerwatt.simulation.peers.house_peers import HousePeers
from peerwatt.simulation.peers.inverter_device import InverterDevice
from peerwatt.simulation.peers.meter_device import MeterDevice
from peerwatt.simulation.peers.sunspec_device import SunSpecDevice
from peerwatt.simulation.peers.sunspec_server import ChainEnd, SunSpecServer
from peerwatt.simulation.physics.house import SimHouse
from peerwatt.simulation.physics.spec import street_houses
from peerwatt.simulation.physics.weather import Weather

START_S = 1_781_827_200.0 + 10 * 3600


class Sun:
    def mean_power_w(self, from_s: float, to_s: float) -> float:
        return 5_000.0


def house(index: int) -> SimHouse:
    sim = SimHouse(street_houses(1)[index], Weather(1), START_S, pv_source=Sun())
    sim.step(START_S + 15, 15.0)
    return sim


@asynccontextmanager
async def serving(device: SunSpecDevice) -> AsyncIterator[SunSpecServer]:
    server = SunSpecServer(device)
    await server.start()
    try:
        yield server
    finally:
        await server.close()


async def ask(server: SunSpecServer, work: Callable[[Any], Any]) -> Any:
    """Scan with pysunspec2 in a thread, do the work, close."""

    def run() -> Any:
        device = SunSpecModbusClientDeviceTCP(
            slave_id=server.unit, ipaddr=server.host, ipport=server.port, timeout=2
        )
        device.connect()
        try:
            device.scan(connect=False)
            return work(device)
        finally:
            device.disconnect()

    return await asyncio.to_thread(run)


def models(device: Any) -> list[int]:
    return [model.model_id for model in device.model_list]


async def test_meter_is_read_by_an_independent_client():
    sim = house(0)

    def work(device: Any) -> dict[str, float]:
        meter = device.models[203][0]
        names = ("W", "WphA", "WphB", "WphC", "TotWhImp", "TotWhExp", "Hz", "PhVphA", "AphA")
        return {name: getattr(meter, name).cvalue for name in names} | {
            "SN": device.common[0].SN.value,
            "ids": models(device),
        }

    async with serving(MeterDevice(sim)) as server:
        seen = await ask(server, work)
        assert seen["ids"] == [1, 203]
        assert seen["W"] == pytest.approx(sim.flows.grid_w, abs=0.5)
        assert seen["WphA"] + seen["WphB"] + seen["WphC"] == pytest.approx(seen["W"], abs=2)
        assert seen["TotWhImp"] == int(sim.counters.import_wh)
        assert seen["TotWhExp"] == int(sim.counters.export_wh)
        assert 49.9 < seen["Hz"] < 50.1
        assert 225 < seen["PhVphA"] < 235
        assert seen["SN"]
        sim.battery.energy_wh = 0.0
        sim.pv_source = type("Night", (), {"mean_power_w": lambda *_: 0.0})()
        sim.step(START_S + 30, 15.0)
        later = await ask(server, work)
        assert later["W"] == pytest.approx(sim.flows.grid_w, abs=0.5)
        assert later["W"] > 50


async def test_hybrid_inverter_tells_pv_and_battery_apart():
    sim = house(0)

    def work(device: Any) -> dict[str, Any]:
        modules = device.models[160][0].module
        return {
            "ids": models(device),
            "w": device.models[103][0].W.cvalue,
            "names": [m.IDStr.value for m in modules],
            "dcw": [m.DCW.cvalue for m in modules],
            "dcwh": [m.DCWH.cvalue for m in modules],
            "soc": device.models[124][0].ChaState.cvalue,
            "soc713": device.models[713][0].SoC.cvalue,
            "whrtg": device.models[713][0].WHRtg.cvalue,
            "wrtg": device.models[120][0].WRtg.cvalue,
            "max": device.models[124][0].WChaMax.cvalue,
            "limit": device.models[123][0].WMaxLimPct.cvalue,
        }

    async with serving(InverterDevice(sim)) as server:
        seen = await ask(server, work)
    assert seen["ids"] == [1, 103, 120, 121, 122, 123, 124, 713, 160]
    assert seen["w"] == pytest.approx(sim.flows.ac_w, abs=0.5)
    assert seen["names"][2].startswith("StCha")
    assert seen["names"][3].startswith("StDisCha")
    assert seen["dcw"][0] + seen["dcw"][1] == pytest.approx(sim.flows.pv_w, abs=1)
    assert seen["dcw"][3] - seen["dcw"][2] == pytest.approx(sim.flows.battery_w, abs=0.5)
    assert sum(seen["dcwh"][:2]) == int(sim.counters.pv_wh)
    assert seen["dcwh"][2] == int(sim.counters.charge_wh)
    assert seen["soc"] == pytest.approx(sim.battery.soc_pct, abs=0.01)
    assert seen["soc713"] == pytest.approx(sim.battery.soc_pct, abs=0.05)
    assert (seen["whrtg"], seen["wrtg"], seen["max"], seen["limit"]) == (10_000, 8_000, 5_000, 100)


async def test_float_and_der_families_are_read():
    floats, der = house(5), house(3)
    async with serving(InverterDevice(floats)) as server:
        seen = await ask(server, lambda d: (models(d), d.models[113][0].W.cvalue))
    assert seen[0] == [1, 113, 120, 121, 122, 123, 160]
    assert seen[1] == pytest.approx(floats.flows.ac_w, rel=1e-5)
    async with serving(DerDevice(der)) as server:
        seen = await ask(
            server,
            lambda d: (
                models(d),
                d.models[701][0].W.cvalue,
                d.models[701][0].TotWhInj.cvalue,
                d.models[713][0].WHAvail.cvalue,
                d.models[702][0].WMaxRtg.cvalue,
            ),
        )
    assert seen[0] == [1, 160, 701, 702, 703, 704, 713]
    assert seen[1] == pytest.approx(der.flows.ac_w, abs=0.5)
    assert seen[2] == int(der.counters.ac_out_wh)
    assert seen[3] == pytest.approx(der.battery.energy_wh, abs=5)
    assert seen[4] == 9_000


async def test_storage_command_of_model_124_acts_and_reverts_in_simulated_time():
    sim = house(0)

    def force_charge(device: Any) -> None:
        storage = device.models[124][0]
        storage.ChaGriSet.value = 1
        storage.InOutWRte_RvrtTms.value = 60
        storage.OutWRte.cvalue = -30.0
        storage.InWRte.cvalue = 30.0
        storage.StorCtl_Mod.value = 3
        storage.write()

    def state(device: Any) -> tuple[int, float, float]:
        storage = device.models[124][0]
        return storage.StorCtl_Mod.value, storage.OutWRte.cvalue, storage.InWRte.cvalue

    async with serving(InverterDevice(sim)) as server:
        await ask(server, force_charge)
        assert await ask(server, state) == (3, -30.0, 30.0)
        for k in range(2, 6):
            sim.step(START_S + 15.0 * k, 15.0)
            assert sim.flows.battery_w == pytest.approx(-1_500.0)
        sim.step(START_S + 90, 15.0)
        assert sim.flows.battery_w != pytest.approx(-1_500.0)
        assert await ask(server, state) == (0, 100.0, 100.0)


async def test_output_limit_of_model_123_acts_and_reverts():
    sim = house(1)

    def limit(device: Any) -> None:
        control = device.models[123][0]
        control.WMaxLimPct_RvrtTms.value = 30
        control.WMaxLimPct.cvalue = 20.0
        control.WMaxLim_Ena.value = 1
        control.write()

    async with serving(InverterDevice(sim)) as server:
        await ask(server, limit)
        sim.step(START_S + 30, 15.0)
        assert sim.flows.pv_w == pytest.approx(0.2 * 5_500)
        assert sim.flows.throttled
        assert await ask(server, lambda d: d.models[103][0].St.value) == 5
        sim.step(START_S + 45, 15.0)
        sim.step(START_S + 60, 15.0)
        assert sim.flows.pv_w == pytest.approx(5_000)
        assert await ask(server, lambda d: d.models[123][0].WMaxLim_Ena.value) == 0


async def test_model_704_counts_down_and_falls_back():
    sim = house(3)

    def setpoint(device: Any) -> None:
        control = device.models[704][0]
        control.WSetRvrtTms.value = 120
        control.WSet.cvalue = 6_000
        control.WSetEna.value = 1
        control.WMaxLimPct.cvalue = 90.0
        control.WMaxLimPctEna.value = 1
        control.write()

    async with serving(DerDevice(sim)) as server:
        await ask(server, setpoint)
        sim.step(START_S + 30, 15.0)
        assert sim.flows.ac_w == pytest.approx(6_000)
        assert await ask(server, lambda d: d.models[704][0].WSetRvrtRem.value) == 105
        for k in range(3, 12):
            sim.step(START_S + 15.0 * k, 15.0)
        assert not sim.inverter.setpoint.enabled
        assert sim.inverter.limit.enabled
        assert await ask(server, lambda d: d.models[704][0].WSetEna.value) == 0


@asynccontextmanager
async def modbus(server: SunSpecServer) -> AsyncIterator[AsyncModbusTcpClient]:
    client = AsyncModbusTcpClient(server.host, port=server.port, timeout=0.3, retries=0)
    assert await client.connect()
    try:
        yield client
    finally:
        client.close()


async def test_wrong_writes_are_refused_and_change_nothing():
    sim = house(0)
    device = InverterDevice(sim)
    control = device.map.base + 2 + sum(m.layout.size for m in device.map.models[:5])
    async with serving(device) as server, modbus(server) as client:

        async def write(offset: int, words: list[int]) -> int | None:
            answer = await client.write_registers(control + offset, words, device_id=1)
            return answer.exception_code if answer.isError() else None

        assert (await client.read_holding_registers(control, count=2, device_id=1)).registers == [
            123,
            24,
        ]
        assert await write(0, [5]) == 2
        assert await write(23, [0]) == 2
        assert await write(5, [12_000]) == 3
        assert sim.inverter.limit.pct == 100.0
        assert await write(5, [5_000]) is None
        assert sim.inverter.limit.pct == 50.0
        missing = await client.read_holding_registers(100, count=2, device_id=1)
        assert missing.exception_code == 2
        other = await client.read_holding_registers(40_000, count=2, device_id=9)
        assert other.exception_code == 0x0B
        inputs = await client.read_input_registers(40_000, count=2, device_id=1)
        assert inputs.exception_code == 1


@pytest.mark.allow_log(".*")
async def test_faults_come_and_go():
    async with serving(MeterDevice(house(0))) as server:
        async with modbus(server) as client:
            server.silence(30.0)
            with pytest.raises(Exception, match="No response"):
                await client.read_holding_registers(40_000, count=2, device_id=1)
            server.silence(0.0)
            answer = await client.read_holding_registers(40_000, count=2, device_id=1)
            assert answer.registers == [0x5375, 0x6E53]
            server.bank.busy = True
            assert (await client.read_holding_registers(40_000, device_id=1)).exception_code == 6
            server.bank.busy = False
            server.garbage = True
            with pytest.raises(Exception, match="No response"):
                await client.read_holding_registers(40_000, count=2, device_id=1)
            server.garbage = False
        async with modbus(server) as client:
            server.disconnect()
            await asyncio.sleep(0.05)
            assert not client.connected
        async with modbus(server) as client:
            answer = await client.read_holding_registers(40_000, count=2, device_id=1)
            assert answer.registers == [0x5375, 0x6E53]


@pytest.mark.parametrize(
    ("end", "expected"),
    [
        (ChainEnd.PROPER, [0xFFFF, 0]),
        (ChainEnd.ZERO, [0, 0]),
        (ChainEnd.MISSING, None),
        (ChainEnd.ENDLESS, [64_900, 2]),
    ],
)
async def test_the_chain_ends_as_ordered(end, expected):
    device = MeterDevice(house(2))
    after = device.map.base + 2 + sum(m.layout.size for m in device.map.models)
    async with serving(device) as server, modbus(server) as client:
        server.bank.chain_end = end
        answer = await client.read_holding_registers(after, count=2, device_id=1)
        assert (None if answer.isError() else answer.registers) == expected
        if end is ChainEnd.ENDLESS:
            far = await client.read_holding_registers(after + 4 * 6_000, count=2, device_id=1)
            assert far.registers == [64_900, 2]


async def test_peers_of_every_house_open_and_reopen_their_ports():
    for index in range(6):
        sim = house(index)
        peers = HousePeers(sim)
        await peers.start()
        assert peers.meter_port > 0
        assert (peers.inverter_port is not None) == (sim.spec.inverter_rating_w > 0)
        await peers.report_step()
        await peers.close()
        again = HousePeers(sim, meter_port=peers.meter_port)
        await again.start()
        assert again.meter_port == peers.meter_port
        await again.close()
