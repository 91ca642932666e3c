"""Reading SunSpec devices over sockets, with pysunspec2 as the independent oracle."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
import sunspec2.modbus.client as oracle

from peerwatt.config.clock import DrivenClock
from peerwatt.config.settings import SunSpecDevice
from peerwatt.devices.discovery import dump, probe
from peerwatt.devices.modbus import EndpointPool
from peerwatt.devices.sunspec.inverter import SunSpecInverterDriver
from peerwatt.devices.sunspec.meter import SunSpecMeterDriver
from peerwatt.history.facade import History
from peerwatt.model.ports import DeviceAway, DeviceFault
from peerwatt.model.readings import BatteryReading, DeviceKind, InverterReading, MeterReading


def device(server: Any, role: str, **more: Any) -> SunSpecDevice:
    return SunSpecDevice(
        **{
            "device_id": role, "host": "127.0.0.1", "port": server.port, "unit": 1, "role": role,
            "timeout_s": 0.3, **more,
        }
    )  # fmt: skip


def meter_driver(server: Any, clock: DrivenClock, **more: Any) -> SunSpecMeterDriver:
    return SunSpecMeterDriver(device(server, "meter", **more), EndpointPool(clock), clock)


def inverter_driver(server: Any, tmp_path: Path, **more: Any) -> SunSpecInverterDriver:
    clock = DrivenClock(1000.0)
    ledger = History.open(tmp_path / "history.sqlite").undo
    return SunSpecInverterDriver(
        device(server, "inverter", **more), EndpointPool(clock), clock, ledger
    )


async def test_meter_reads_what_the_oracle_reads(peers: Any, serve: Any) -> None:
    server = await serve(peers.meter(W=-31234, W_SF=-1, TotWhImp=4_000_000_000))
    driver = meter_driver(server, DrivenClock(500.0))
    (reading,) = await driver.poll()
    await driver.close()
    theirs = await asyncio.to_thread(_oracle_meter, server.port)
    assert isinstance(reading, MeterReading)
    assert reading == MeterReading("meter", 500.0, -3123.4, 4_000_000_000, 700, 230.5, 49.98)
    assert theirs == (reading.power_w, reading.import_wh, reading.export_wh)
    assert driver.devices[0].kind is DeviceKind.METER


def _oracle_meter(port: int) -> tuple[float, float, float]:
    client = oracle.SunSpecModbusClientDeviceTCP(1, ipaddr="127.0.0.1", ipport=port, timeout=2)
    client.scan()
    meter = client.models[203][0]
    meter.read()
    values = (meter.W.cvalue, meter.TotWhImp.cvalue, meter.TotWhExp.cvalue)
    client.close()
    return values


async def test_identity_is_known_after_the_first_poll(peers: Any, serve: Any) -> None:
    server = await serve(peers.meter())
    driver = meter_driver(server, DrivenClock(0.0), unit=None)
    assert driver.devices[0].serial == ""
    await driver.poll()
    info = driver.devices[0]
    assert (info.manufacturer, info.model, info.serial, info.version) == (
        "Maker", "Model", "M1", "1.0",
    )  # fmt: skip
    assert info.address == f"127.0.0.1:{server.port}/1"
    await driver.close()


async def test_unit_and_base_are_found(peers: Any, serve: Any) -> None:
    server = await serve(peers.meter(), base=50_000, unit=71)
    found = await probe(DrivenClock(0.0), "127.0.0.1", server.port, timeout_s=0.3)
    assert (found.found, found.unit, found.base) == (True, 71, 50_000)
    assert found.models == (1, 203)


@pytest.mark.parametrize("end", [[0xFFFF, 0], [0, 0], []])
async def test_ends_that_devices_really_show(peers: Any, serve: Any, end: list[int]) -> None:
    server = await serve([*peers.meter()[:2], end])
    driver = meter_driver(server, DrivenClock(0.0))
    (reading,) = await driver.poll()
    assert reading.power_w == 1234
    await driver.close()


@pytest.mark.parametrize("length", [65, 66])
async def test_model_1_may_be_shorter(peers: Any, serve: Any, length: int) -> None:
    server = await serve([peers.common("M1", length=length), *peers.meter()[1:]])
    driver = meter_driver(server, DrivenClock(0.0))
    (reading,) = await driver.poll()
    assert reading.power_w == 1234
    assert driver.devices[0].serial == "M1"
    await driver.close()


async def test_chain_without_end_is_refused(peers: Any, serve: Any) -> None:
    server = await serve([peers.common(), *([[999, 1, 0]] * 200)])
    driver = meter_driver(server, DrivenClock(0.0))
    with pytest.raises(DeviceFault, match="SunSpec chain without end"):
        await driver.poll()
    await driver.close()


async def test_scale_factor_may_change_between_polls(peers: Any, serve: Any) -> None:
    server = await serve(peers.meter(W=1000, W_SF=0))
    driver = meter_driver(server, DrivenClock(0.0))
    (first,) = await driver.poll()
    server.put(203, W=10_000, W_SF=-1)
    (second,) = await driver.poll()
    assert first.power_w == second.power_w == 1000
    assert all(count <= 125 for _, count in server.reads)
    await driver.close()


@pytest.mark.parametrize("scale", [None, 11, -11])
async def test_unusable_scale_factor_means_no_value(peers: Any, serve: Any, scale: Any) -> None:
    server = await serve(peers.meter(W_SF=scale))
    driver = meter_driver(server, DrivenClock(0.0))
    (reading,) = await driver.poll()
    assert reading.power_w is None
    assert reading.import_wh == 5000
    await driver.close()


async def test_registers_never_fall(peers: Any, serve: Any) -> None:
    server = await serve(peers.meter())
    driver = meter_driver(server, DrivenClock(0.0))
    seen = []
    for value in (5000, 0, 4999, 5001):
        server.put(203, TotWhImp=value)
        (reading,) = await driver.poll()
        seen.append(reading.import_wh)
    assert seen == [5000, None, None, 5001]
    await driver.close()


async def test_meter_role_on_an_inverter_is_a_clear_fault(peers: Any, serve: Any) -> None:
    server = await serve(peers.hybrid())
    driver = meter_driver(server, DrivenClock(0.0))
    with pytest.raises(DeviceFault, match="no SunSpec meter model"):
        await driver.poll()
    await driver.close()


async def test_hybrid_gives_inverter_and_battery(peers: Any, serve: Any, tmp_path: Path) -> None:
    server = await serve(peers.hybrid())
    driver = inverter_driver(server, tmp_path)
    inverter, battery = await driver.poll()
    assert inverter == InverterReading(
        "inverter", 1000.0, 5000.0, 4200, 70_000, None, 10_000, "MPPT"
    )
    assert battery == BatteryReading(
        "inverter-battery", 1000.0, -650.0, 61.5, 10_000, 1000, None, 5000, 4500
    )
    assert [info.kind for info in driver.devices] == [DeviceKind.INVERTER, DeviceKind.BATTERY]
    server.reads.clear()
    await driver.poll()
    assert len(server.reads) == 3  # constants are not read again; 123 and 124 travel together
    await driver.close()


async def test_reads_across_models_may_be_refused(peers: Any, serve: Any, tmp_path: Path) -> None:
    server = await serve(peers.hybrid())
    driver = inverter_driver(server, tmp_path)

    async def refuse_wide(function: int, address: int, count: int, values: Any) -> Any:
        inside = address < server.where(124, "ID")[0] < address + count
        return peers.ExcCodes.ILLEGAL_ADDRESS if inside else None

    server.hook = refuse_wide
    inverter, battery = await driver.poll()
    assert (inverter.pv_power_w, battery.power_w) == (5000.0, -650.0)
    await driver.close()


async def test_plain_inverter_float_model_before_integer(
    peers: Any, serve: Any, tmp_path: Path
) -> None:
    models = [
        peers.common(),
        peers.model(103, W=999, W_SF=0),
        peers.model(113, W=2500.5, WH=1234.6, St=4),
        peers.END,
    ]
    server = await serve(models)
    driver = inverter_driver(server, tmp_path)
    (reading,) = await driver.poll()
    assert (reading.ac_power_w, reading.pv_power_w, reading.pv_energy_wh) == (2500.5, 2500.5, 1235)
    await driver.close()


async def test_ieee1547_models(peers: Any, serve: Any, tmp_path: Path) -> None:
    ports = [
        {"PrtTyp": 0, "DCW": 300, "DCWhInj": 50},
        {"PrtTyp": 1, "DCW": -120, "DCWhInj": 7, "DCWhAbs": 9},
    ]
    models = [
        peers.common(),
        peers.model(701, W=150, W_SF=1, InvSt=3, TotWhInj=10**12, TotWh_SF=0),
        peers.model(702, WMaxRtg=800, WMax=700, WChaRteMax=300, WDisChaRteMax=310, W_SF=1),
        peers.model(713, WHRtg=950, WHAvail=400, SoC=425, WH_SF=1, Pct_SF=-1),
        peers.model(714, NPrt=2, DCW_SF=1, DCWH_SF=2, Prt=ports),
        peers.END,
    ]
    server = await serve(models)
    driver = inverter_driver(server, tmp_path)
    inverter, battery = await driver.poll()
    assert (inverter.ac_power_w, inverter.pv_power_w, inverter.pv_energy_wh) == (1500, 3000, 5000)
    assert (inverter.rated_power_w, inverter.operating_state) == (7000, "RUNNING")
    assert (battery.power_w, battery.soc_pct, battery.capacity_wh) == (-1200, 42.5, 9500)
    assert (battery.charged_wh, battery.discharged_wh) == (900, 700)
    assert (battery.max_charge_w, battery.max_discharge_w) == (3000, 3100)
    assert all(count <= 125 for _, count in server.reads)
    await driver.close()


async def test_implausible_power_is_no_value(peers: Any, serve: Any, tmp_path: Path) -> None:
    server = await serve(peers.hybrid(m103={"W": 4200, "W_SF": 1}))
    driver = inverter_driver(server, tmp_path)
    inverter, _ = await driver.poll()
    assert inverter.ac_power_w is None
    await driver.close()


async def test_dump_reads_the_same_points_as_the_oracle(peers: Any, serve: Any) -> None:
    server = await serve(peers.hybrid())
    ours = await dump(DrivenClock(0.0), "127.0.0.1", server.port, timeout_s=1.0)
    theirs = await asyncio.to_thread(_oracle_points, server.port)
    assert ours.probe.found
    assert server.writes == []
    for entry in ours.models:
        expected = theirs[entry.model_id]
        points = {name: v for name, v in entry.points.items() if not isinstance(v, list)}
        assert points.keys() == expected.keys()
        assert points == pytest.approx(expected), entry.model_id


def _oracle_points(port: int) -> dict[int, dict[str, Any]]:
    client = oracle.SunSpecModbusClientDeviceTCP(1, ipaddr="127.0.0.1", ipport=port, timeout=2)
    client.scan()
    found = {}
    for model_id in (1, 103, 120, 121, 122, 123, 124, 160):
        model = client.models[model_id][0]
        found[model_id] = {
            name: point.cvalue
            for name, point in model.points.items()
            if point.cvalue is not None and name not in {"ID", "L", "Pad"}
        }
    client.close()
    return found


async def test_server_restart_is_seen_and_healed(peers: Any, serve: Any) -> None:
    server = await serve(peers.meter())
    clock = DrivenClock(0.0)
    driver = meter_driver(server, clock)
    await driver.poll()
    await server.stop()
    with pytest.raises(DeviceAway):
        await driver.poll()
    again = await serve(peers.meter(W=77), port=server.port)
    with pytest.raises(DeviceAway):
        await driver.poll()  # left alone for a second
    clock.advance(40.0)
    (reading,) = await driver.poll()
    assert reading.power_w == 77
    assert again.port == server.port
    await driver.close()
