"""The wallbox against a minimal central system over real websockets."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from ocpp.routing import on
from ocpp.v16 import ChargePoint, call, call_result
from ocpp.v16.enums import Action
from websockets.asyncio.server import ServerConnection, serve

from peerwatt.simulation.peers.charging_profiles import iso_time
from peerwatt.simulation.peers.ocpp_charger import OcppCharger
from peerwatt.simulation.physics.house import SimHouse
from peerwatt.simulation.physics.spec import CarSpec, ChargerSpec, HouseSpec
from peerwatt.simulation.physics.weather import Weather

START_S = 1_781_827_200.0
"""Midnight UTC: the car is at home."""
LEAVES_S = START_S + 6 * 3600
"""The commuter is gone well after 08:00 local time."""


class Desk(ChargePoint):
    """What the central system hears and says on one connection."""

    def __init__(self, identity: str, socket: ServerConnection, central: Central) -> None:
        super().__init__(identity, socket)
        self.central = central

    @on(Action.boot_notification)
    def boot(self, **seen: Any) -> Any:
        self.central.heard.append(("Boot", seen))
        return call_result.BootNotification(iso_time(START_S), 300, "Accepted")

    @on(Action.heartbeat)
    def heartbeat(self) -> Any:
        self.central.heard.append(("Heartbeat", {}))
        return call_result.Heartbeat(iso_time(START_S))

    @on(Action.status_notification)
    def status(self, **seen: Any) -> Any:
        self.central.heard.append(("Status", seen))
        return call_result.StatusNotification()

    @on(Action.authorize)
    async def authorize(self, **seen: Any) -> Any:
        self.central.heard.append(("Authorize", seen))
        if self.central.dies:
            self.central.dies = False
            self._connection.transport.abort()
            await asyncio.sleep(0.01)
        return call_result.Authorize({"status": self.central.verdict})

    @on(Action.start_transaction)
    def start_transaction(self, **seen: Any) -> Any:
        self.central.heard.append(("Start", seen))
        return call_result.StartTransaction(77, {"status": self.central.verdict})

    @on(Action.stop_transaction)
    def stop_transaction(self, **seen: Any) -> Any:
        self.central.heard.append(("Stop", seen))
        return call_result.StopTransaction()

    @on(Action.meter_values)
    def meter_values(self, **seen: Any) -> Any:
        self.central.heard.append(("Values", seen))
        return call_result.MeterValues()


class Central:
    """A central system that accepts everybody."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, dict[str, Any]]] = []
        self.verdict = "Accepted"
        self.dies = False
        self.desk: Desk | None = None
        self.port = 0

    async def serve(self, socket: ServerConnection) -> None:
        self.desk = Desk(socket.request.path.strip("/"), socket, self)
        try:
            await self.desk.start()
        except Exception:
            self.desk = None

    def names(self) -> list[str]:
        return [name for name, _ in self.heard]

    def last(self, name: str) -> dict[str, Any]:
        return next(seen for heard, seen in reversed(self.heard) if heard == name)

    def value(self, measurand: str) -> float:
        samples = self.last("Values")["meter_value"][0]["sampled_value"]
        return float(next(s["value"] for s in samples if s["measurand"] == measurand))

    async def say(self, payload: Any) -> Any:
        assert self.desk is not None
        return await self.desk.call(payload)

    @asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        async with serve(self.serve, "127.0.0.1", self.port, subprotocols=["ocpp1.6"]) as server:
            self.port = server.sockets[0].getsockname()[1]
            yield


class Street:
    """One house, its wallbox, and a clock that ticks by 15 s."""

    def __init__(self, central: Central, **options: Any) -> None:
        spec = HouseSpec("h", 5, charger=ChargerSpec(), car=CarSpec(commute_days=(0, 1, 2, 3, 4)))
        self.house = SimHouse(spec, Weather(1), START_S)
        self.charger = OcppCharger(self.house, f"ws://127.0.0.1:{central.port}", "CP-1", **options)

    async def tick(self, count: int = 1, dt_s: float = 15.0) -> None:
        for _ in range(count):
            self.house.step(self.house.time_s + dt_s, dt_s)
            await self.charger.report_step()


@asynccontextmanager
async def running(**options: Any) -> AsyncIterator[tuple[Central, Street]]:
    central = Central()
    async with central.open():
        street = Street(central, **options)
        await street.charger.start()
        await street.charger.wait_connected()
        try:
            yield central, street
        finally:
            await street.charger.close()


def limit(amps: float, seconds: int, now_s: float, transaction_id: int | None = None) -> Any:
    purpose = "TxDefaultProfile" if transaction_id is None else "TxProfile"
    profile: dict[str, Any] = {
        "charging_profile_id": 1,
        "stack_level": 0,
        "charging_profile_purpose": purpose,
        "charging_profile_kind": "Absolute",
        "charging_schedule": {
            "duration": seconds,
            "start_schedule": iso_time(now_s),
            "charging_rate_unit": "A",
            "charging_schedule_period": [{"start_period": 0, "limit": amps}],
        },
    }
    if transaction_id is not None:
        profile["transaction_id"] = transaction_id
    return call.SetChargingProfile(1, profile)


async def test_a_plugged_car_is_announced_authorised_and_charged():
    async with running() as (central, street):
        await street.tick()
        order = [n for n in central.names() if n != "Status"]
        assert order[:4] == ["Boot", "Authorize", "Start", "Values"]
        assert central.last("Status")["status"] == "Charging"
        start = central.last("Start")
        assert start["meter_start"] == int(street.house.counters.ev_wh)
        assert start["timestamp"] == iso_time(START_S + 15)
        await street.tick()
        assert central.value("Power.Active.Import") == pytest.approx(11_040)
        assert central.value("Current.Import") == pytest.approx(16)
        assert central.value("SoC") == pytest.approx(street.house.car.soc_pct, abs=0.1)
        assert central.last("Values")["transaction_id"] == 77
        energy = central.value("Energy.Active.Import.Register")
        await street.tick(4)
        assert central.value("Energy.Active.Import.Register") == pytest.approx(
            energy + 11_040 / 60, abs=2
        )


async def test_limits_are_obeyed_and_expire_in_simulated_time():
    async with running() as (central, street):
        await street.tick(2)
        answer = await central.say(limit(8.0, 60, street.house.time_s, 77))
        assert answer.status == "Accepted"
        await street.tick()
        assert central.value("Power.Active.Import") == pytest.approx(8 * 690)
        await central.say(limit(0.0, 60, street.house.time_s, 77))
        await street.tick()
        assert street.house.flows.ev_w == 0
        assert central.last("Status")["status"] == "SuspendedEVSE"
        assert central.value("Power.Active.Import") == 0
        await street.tick(3)
        assert street.house.flows.ev_w == 0
        await street.tick()
        assert street.house.flows.ev_w == pytest.approx(11_040)
        assert central.last("Status")["status"] == "Charging"
        assert (await central.say(limit(8.0, 60, street.house.time_s, 99))).status == "Rejected"
        assert (await central.say(call.ClearChargingProfile(id=5))).status == "Unknown"
        assert (await central.say(limit(8.0, 900, street.house.time_s))).status == "Accepted"
        await street.tick()
        assert street.house.flows.ev_w == pytest.approx(5_520)
        assert (await central.say(call.ClearChargingProfile(id=1))).status == "Accepted"
        await street.tick()
        assert street.house.flows.ev_w == pytest.approx(11_040)


async def test_leaving_ends_the_transaction_and_returning_begins_another():
    async with running() as (central, street):
        while street.house.charger.plugged or street.house.time_s < LEAVES_S:
            await street.tick(dt_s=300.0)
        stop = central.last("Stop")
        assert stop["transaction_id"] == 77
        assert stop["reason"] == "EVDisconnected"
        assert stop["meter_stop"] == int(street.house.counters.ev_wh)
        assert central.last("Status")["status"] == "Available"
        while not street.house.charger.plugged:
            await street.tick(dt_s=300.0)
        assert central.names().count("Start") == 2
        assert "Heartbeat" in central.names()


async def test_remote_stop_and_start():
    async with running(needs_remote_start=True) as (central, street):
        await street.tick(2)
        assert central.last("Status")["status"] == "Preparing"
        assert street.house.flows.ev_w == 0
        assert (await central.say(call.RemoteStartTransaction("OWNER"))).status == "Accepted"
        await street.tick(2)
        assert "Authorize" not in central.names()
        assert central.last("Start")["id_tag"] == "OWNER"
        assert street.house.flows.ev_w == pytest.approx(11_040)
        assert (await central.say(call.RemoteStopTransaction(5))).status == "Rejected"
        assert (await central.say(call.RemoteStopTransaction(77))).status == "Accepted"
        await street.tick()
        assert street.house.flows.ev_w == 0
        assert central.last("Stop")["reason"] == "Remote"
        assert central.last("Status")["status"] == "Finishing"
        assert (await central.say(call.RemoteStartTransaction("OWNER"))).status == "Accepted"
        await street.tick(2)
        assert central.last("Status")["status"] == "Charging"


async def test_an_unknown_tag_does_not_charge():
    async with running() as (central, street):
        central.verdict = "Invalid"
        await street.tick(3)
        assert "Start" not in central.names()
        assert central.last("Status")["status"] == "Preparing"
        assert street.house.flows.ev_w == 0


async def test_configuration_and_triggers():
    async with running() as (central, street):
        assert (
            await central.say(call.ChangeConfiguration("MeterValueSampleInterval", "60"))
        ).status == "Accepted"
        assert (
            await central.say(call.ChangeConfiguration("MeterValueSampleInterval", "x"))
        ).status == "Rejected"
        assert (
            await central.say(call.ChangeConfiguration("NumberOfConnectors", "9"))
        ).status == "Rejected"
        assert (
            await central.say(call.ChangeConfiguration("Unheard", "1"))
        ).status == "NotSupported"
        measured = "Power.Active.Import,Energy.Active.Import.Register"
        change = call.ChangeConfiguration("MeterValuesSampledData", measured)
        assert (await central.say(change)).status == "Accepted"
        wrong = call.ChangeConfiguration("MeterValuesSampledData", "Temperature")
        assert (await central.say(wrong)).status == "Rejected"
        told = await central.say(call.GetConfiguration(["MeterValueSampleInterval", "Unheard"]))
        assert told.configuration_key[0]["value"] == "60"
        assert told.unknown_key == ["Unheard"]
        await street.tick(3)
        samples = central.last("Values")["meter_value"][0]["sampled_value"]
        assert ",".join(s["measurand"] for s in samples) == measured
        central.heard.clear()
        await street.tick(2)
        assert "Values" not in central.names()
        for message in ("MeterValues", "StatusNotification", "BootNotification", "Heartbeat"):
            assert (await central.say(call.TriggerMessage(message))).status == "Accepted"
        answer = await central.say(call.TriggerMessage("FirmwareStatusNotification"))
        assert answer.status == "NotImplemented"
        await street.tick()
        assert {"Values", "Status", "Boot", "Heartbeat"} <= set(central.names())


async def test_without_a_central_system_the_last_limit_holds_until_it_expires():
    central = Central()
    async with central.open():
        street = Street(central)
        await street.charger.start()
        await street.charger.wait_connected()
        await street.tick(2)
        await central.say(limit(6.0, 60, street.house.time_s, 77))
        await street.tick()
    try:
        async with asyncio.timeout(5):
            while street.charger.connected:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        central.heard.clear()
        await street.tick(3)
        assert street.house.flows.ev_w == pytest.approx(6 * 690)
        await street.tick(2)
        assert street.house.flows.ev_w == pytest.approx(11_040)
        async with central.open():
            await street.charger.wait_connected()
            await street.tick()
            values = [seen for name, seen in central.heard if name == "Values"]
            assert len(values) >= 5
            assert all(seen["transaction_id"] == 77 for seen in values)
            assert central.names()[0] == "Boot"
    finally:
        await street.charger.close()


async def test_a_transaction_begun_offline_is_told_later_in_order():
    central = Central()
    async with central.open():
        pass
    street = Street(central)
    await street.charger.start()
    try:
        await street.tick(4)
        assert street.house.flows.ev_w == pytest.approx(11_040)
        async with central.open():
            await street.charger.wait_connected()
            await street.tick()
        order = [n for n in central.names() if n not in {"Status", "Boot"}]
        assert order[0] == "Start"
        assert central.last("Start")["timestamp"] == iso_time(START_S + 15)
        assert all(seen["transaction_id"] == 77 for name, seen in central.heard if name == "Values")
    finally:
        await street.charger.close()


async def test_a_dropped_link_comes_back_by_itself():
    async with running() as (central, street):
        await street.tick(2)
        await street.charger.disconnect(away_s=0.2)
        await street.tick(2)
        assert street.house.flows.ev_w == pytest.approx(11_040)
        await street.charger.wait_connected()
        central.heard.clear()
        await street.tick()
        assert central.value("Power.Active.Import") == pytest.approx(11_040)


async def test_a_central_system_that_dies_in_the_middle_holds_nobody_up():
    async with running() as (central, street):
        central.dies = True
        async with asyncio.timeout(5):
            await street.tick()
            await street.charger.wait_connected()
            await street.tick(2)
        assert central.last("Status")["status"] == "Charging"
        assert street.house.flows.ev_w == pytest.approx(11_040)
