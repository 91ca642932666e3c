"""A house's fleet over real sockets: meter, hybrid inverter and charger, all at once."""

from __future__ import annotations

import asyncio
import importlib.util
import logging
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from peerwatt.config.clock import DrivenClock
from peerwatt.config.settings import OcppDevice, OcppServer, SunSpecDevice
from peerwatt.devices.factory import DeviceFleet, build_drivers
from peerwatt.history.facade import History
from peerwatt.model.control import Setpoint
from peerwatt.model.readings import Health
from peerwatt.model.snapshot import Snapshot

START = 1_767_225_600.0


def _peers() -> ModuleType:
    name = "device_peers"
    if name not in sys.modules:
        path = Path(__file__).parents[1] / "unit" / "devices" / "peers.py"
        spec = importlib.util.spec_from_file_location(name, path)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        spec.loader.exec_module(module)
    return sys.modules[name]


class House:
    """Servers of one house, and the fleet that reads them."""

    def __init__(self, folder: Path) -> None:
        self.peers = _peers()
        self.folder = folder
        self.clock = DrivenClock(START)
        self.meter = self.peers.SunSpecServer(self.peers.meter(W=-500))
        self.inverter = self.peers.SunSpecServer(self.peers.hybrid())
        self.fleet: DeviceFleet

    async def start(self) -> None:
        await self.meter.start()
        await self.inverter.start()
        await self.begin()

    async def begin(self) -> None:
        def sunspec(server: Any, role: str) -> SunSpecDevice:
            return SunSpecDevice(
                device_id=role, host="127.0.0.1", port=server.port, role=role, control=True,
                timeout_s=0.3,
            )  # fmt: skip

        devices = (
            sunspec(self.meter, "meter"),
            sunspec(self.inverter, "inverter"),
            OcppDevice(device_id="charger", charge_point_id="CP", control=True),
        )
        ocpp = OcppServer.model_construct(host="127.0.0.1", port=0, sample_interval_s=10)
        ledger = History.open(self.folder / "history.sqlite").undo
        self.fleet = build_drivers(devices, ocpp, self.clock, ledger, cycle_s=1.0)
        await self.fleet.start()
        assert self.fleet.central is not None
        self.charger = await self.peers.charge_point(self.fleet.central.port, "CP")
        await self.charger.boot()
        await self.charger.status("Charging")
        started = await self.charger.begin()
        self.transaction = started.transaction_id
        await self.charger.sample(self.transaction, Power_Active_Import="3000")

    async def stop(self) -> None:
        await self.charger.leave()
        await self.fleet.close()

    def snapshot(self) -> Snapshot:
        fleet = self.fleet
        return Snapshot(self.clock.now_s(), 1, fleet.readings, fleet.health, fleet.devices)


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    house = House(tmp_path)
    await house.start()
    yield house
    await house.stop()
    await house.meter.stop()
    await house.inverter.stop()


async def test_snapshot_of_a_house(house: House) -> None:
    assert all(state.health is Health.CONNECTING for state in house.fleet.health.values())
    await house.fleet.poll()
    snapshot = house.snapshot()
    assert set(snapshot.devices) == {"meter", "inverter", "inverter-battery", "charger"}
    assert snapshot.grid_power_w() == -500
    assert snapshot.pv_power_w() == 5000
    assert snapshot.battery_power_w() == -650
    assert snapshot.ev_power_w() == 3000
    assert snapshot.home_power_w() == 850


@pytest.mark.allow_log("inverter is away")
async def test_one_silent_device_leaves_the_others_fresh(house: House, caplog: Any) -> None:
    caplog.set_level(logging.INFO)
    await house.fleet.poll()
    house.inverter.silent = True
    for second in range(1, 9):
        house.clock.advance(START + second)
        await house.fleet.poll(wait_s=0.5)
    health = house.fleet.health
    assert health["meter"].health is Health.FRESH
    assert health["inverter"].health is Health.AWAY
    assert health["inverter-battery"].health is Health.AWAY
    assert house.snapshot().home_power_w() is None
    applied = await house.fleet.apply(Setpoint("inverter-battery", 1.0, START + 99))
    assert not applied.ok
    assert "no answer" in applied.sentence or "not answered" in applied.sentence
    await house.inverter.stop()
    house.inverter.silent = False
    await house.inverter.start()
    house.clock.advance(START + 60)
    await house.fleet.poll()
    assert house.fleet.health["inverter"].health is Health.FRESH
    lines = [r.getMessage() for r in caplog.records if "poller" in r.name]
    assert [line.split(":")[0] for line in lines] == ["inverter is away", "inverter is back."]


async def test_control_of_all_is_given_back(house: House) -> None:
    await house.fleet.poll()
    before = list(house.inverter.image)
    battery = await house.fleet.apply(Setpoint("inverter-battery", -1000, START + 60))
    car = await house.fleet.apply(Setpoint("charger", 5000, START + 60))
    assert battery.ok
    assert car.ok
    assert await house.fleet.release() == ()
    assert house.inverter.image == before
    cleared = [values["id"] for values in house.charger.all("ClearChargingProfile")[-2:]]
    assert cleared == [7001, 7002]


async def test_restart_after_a_kill_restores_and_resumes(house: House) -> None:
    await house.fleet.poll()
    before = list(house.inverter.image)
    await house.fleet.apply(Setpoint("inverter-battery", -1000, START + 60))
    await house.stop()  # without release
    assert house.inverter.image != before
    house.clock.advance(START + 3)
    await house.begin()
    await house.fleet.poll()
    assert house.inverter.image == before
    assert house.snapshot().home_power_w() == 850
    assert (await house.fleet.apply(Setpoint("nothing", 1.0, START + 60))).ok is False


async def test_slow_device_holds_up_no_setpoint(house: House) -> None:
    await house.fleet.poll()
    house.inverter.silent = True
    loop = asyncio.get_running_loop()
    began = loop.time()
    applied = await house.fleet.apply(Setpoint("inverter-battery", 1.0, START + 60), wait_s=0.01)
    again = await house.fleet.apply(Setpoint("inverter-battery", 2.0, START + 60), wait_s=0.01)
    assert loop.time() - began < 0.25
    assert (applied.ok, again.ok) == (False, False)
    assert "has not answered yet" in again.sentence


async def test_charger_gone_mid_charge_comes_back(house: House) -> None:
    await house.fleet.poll()
    await house.charger.leave()
    for _ in range(200):
        if house.fleet.central is not None and house.fleet.central.link("CP") is None:
            break
        await asyncio.sleep(0.005)
    assert house.fleet.central is not None
    house.charger = await house.peers.charge_point(house.fleet.central.port, "CP")
    await house.charger.sample(house.transaction, Power_Active_Import="2000")
    await house.fleet.poll()
    reading = house.fleet.readings["charger"]
    assert (reading.transaction_id, reading.power_w) == (house.transaction, 2000)
    assert house.fleet.health["charger"].errors == 0
