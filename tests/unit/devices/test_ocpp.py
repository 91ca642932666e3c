"""The central system against an OCPP 1.6 charge point over real websockets."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ocpp.v16 import call
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from peerwatt.config.clock import DrivenClock
from peerwatt.config.settings import OcppDevice, OcppServer
from peerwatt.devices.ocpp.central import CentralSystem, identity_of
from peerwatt.devices.ocpp.driver import OcppChargerDriver
from peerwatt.devices.ocpp.metervalues import read_sample
from peerwatt.devices.ocpp.profiles import CurrentRange, current_for
from peerwatt.devices.poller import Poller
from peerwatt.model.control import Setpoint
from peerwatt.model.ports import DeviceAway, DeviceFault
from peerwatt.model.readings import ChargerStatus, Health

START = 1_767_225_600.0  # 2026-01-01


class Site:
    """Central system, driver and clock of one charger."""

    def __init__(self, peers: Any) -> None:
        self.peers = peers
        self.clock = DrivenClock(START)
        device = OcppDevice(device_id="charger", charge_point_id="CP-1", control=True)
        server = OcppServer.model_construct(host="127.0.0.1", port=0, sample_interval_s=10)
        self.central = CentralSystem(server, [device], self.clock)
        self.driver = OcppChargerDriver(device, self.central, self.clock)
        self.chargers: list[Any] = []

    async def plug(self, identity: str = "CP-1") -> Any:
        charger = await self.peers.charge_point(self.central.port, identity)
        self.chargers.append(charger)
        return charger

    async def charging(self) -> tuple[Any, int]:
        charger = await self.plug()
        await charger.boot()
        await charger.status("Charging")
        started = await charger.begin()
        await charger.sample(started.transaction_id, Power_Active_Import="7000")
        return charger, started.transaction_id

    async def apply(self, power_w: float | None, life: float = 60.0) -> Any:
        return await self.driver.apply(Setpoint("charger", power_w, self.clock.now_s() + life))


@pytest.fixture
async def site(peers: Any) -> AsyncIterator[Site]:
    site = Site(peers)
    await site.central.start()
    yield site
    for charger in site.chargers:
        await charger.leave()
    await site.central.close()


async def until(condition: Any) -> None:
    for _ in range(400):
        if condition():
            return
        await asyncio.sleep(0.005)
    pytest.fail("did not happen within 2 s")


async def test_away_until_it_connects(site: Site) -> None:
    with pytest.raises(DeviceAway, match=f"enter ws://127.0.0.1:{site.central.port}/CP-1"):
        await site.driver.poll()
    charger = await site.plug()
    await charger.boot()
    with pytest.raises(DeviceAway, match="has not told its status"):
        await site.driver.poll()
    await charger.status("Available")
    (reading,) = await site.driver.poll()
    assert (reading.status, reading.power_w, reading.car_present) == (
        ChargerStatus.AVAILABLE, 0.0, False,
    )  # fmt: skip
    info = site.driver.devices[0]
    assert (info.manufacturer, info.model, info.version) == ("Maker", "Wallbox", "1.2")


async def test_time_is_told_from_the_clock(site: Site) -> None:
    charger = await site.plug()
    answer = await charger.boot()
    assert (answer.current_time, answer.status) == ("2026-01-01T00:00:00Z", "Accepted")
    site.clock.advance(START + 61)
    assert (await charger.call(call.Heartbeat())).current_time == "2026-01-01T00:01:01Z"


async def test_charger_is_set_up_after_it_spoke(site: Site) -> None:
    charger = await site.plug()
    await charger.boot()
    await until(lambda: len(charger.all("ChangeConfiguration")) == 2)
    assert charger.all("ChangeConfiguration")[1] == {
        "key": "MeterValueSampleInterval", "value": "10",
    }  # fmt: skip
    assert {values["id"] for values in charger.all("ClearChargingProfile")} == {7001, 7002}


async def test_a_charge_from_plug_to_unplug(site: Site) -> None:
    charger = await site.plug()
    await charger.boot()
    await charger.status("Preparing")
    assert (await charger.call(call.Authorize("PEERWATT"))).id_tag_info["status"] == "Accepted"
    started = await charger.begin(meter=1000)
    await charger.status("Charging")
    site.clock.advance(START + 10)
    await charger.sample(
        started.transaction_id,
        Power_Active_Import="7200.5",
        Energy_Active_Import_Register="1020",
        SoC="44",
        Voltage="231",
    )
    site.clock.advance(START + 15)
    (reading,) = await site.driver.poll()
    assert reading.time_s == START + 10  # as old as its values
    assert (reading.power_w, reading.energy_wh, reading.soc_pct) == (7200.5, 1020, 44)
    assert (reading.voltage_v, reading.transaction_id) == (231, started.transaction_id)
    await charger.call(call.StopTransaction(1500, "2026-01-01T00:00:00Z", started.transaction_id))
    await charger.status("Available")
    (reading,) = await site.driver.poll()
    assert (reading.power_w, reading.energy_wh, reading.transaction_id) == (0.0, 1500, None)
    assert reading.soc_pct is None


async def test_strange_tags_are_refused(site: Site) -> None:
    charger = await site.plug()
    await charger.boot()
    assert (await charger.call(call.Authorize("OTHER"))).id_tag_info["status"] == "Invalid"
    assert (await charger.begin(tag="OTHER")).id_tag_info["status"] == "Invalid"
    await charger.status("Available")
    (reading,) = await site.driver.poll()
    assert reading.transaction_id is None


async def test_transaction_ids_never_repeat(site: Site, peers: Any) -> None:
    charger = await site.plug()
    ids = [(await charger.begin()).transaction_id for _ in range(3)]
    later = Site(peers)
    later.clock.advance(START + 5)
    ids += [later.central._new_transaction() for _ in range(2)]
    assert len(set(ids)) == 5
    assert ids == sorted(ids)
    assert max(ids) < 2**31


async def test_power_becomes_a_profile_of_the_transaction(site: Site) -> None:
    charger, transaction = await site.charging()
    applied = await site.apply(7000)
    assert (applied.ok, applied.writes) == (True, 1)
    (sent,) = charger.all("SetChargingProfile")
    profile = sent["cs_charging_profiles"]
    assert sent["connector_id"] == 1
    assert profile["charging_profile_purpose"] == "TxProfile"
    assert profile["transaction_id"] == transaction
    schedule = profile["charging_schedule"]
    assert schedule["charging_rate_unit"] == "A"
    assert [
        (p["start_period"], float(p["limit"])) for p in schedule["charging_schedule_period"]
    ] == [(0, 10.1)]
    assert schedule["start_schedule"] == "2025-12-31T23:59:55Z"
    assert schedule["duration"] == 65  # ends by itself when the setpoint does
    assert applied.accepted_w == pytest.approx(10.1 * 690)
    (reading,) = await site.driver.poll()
    assert reading.limit_a == 10.1
    site.clock.advance(START + 61)
    (reading,) = await site.driver.poll()
    assert reading.limit_a is None


async def test_phases_are_asked_for_where_the_charger_can_switch(site: Site) -> None:
    device = OcppDevice(
        device_id="charger", charge_point_id="CP-1", control=True, phase_switching=True
    )
    site.driver = OcppChargerDriver(device, site.central, site.clock)
    charger, _ = await site.charging()

    async def ask(power_w: float, phases: int) -> Any:
        until_s = site.clock.now_s() + 60
        applied = await site.driver.apply(Setpoint("charger", power_w, until_s, (), phases))
        assert applied.accepted_w == pytest.approx(power_w, abs=70)
        sent = charger.all("SetChargingProfile")[-1]["cs_charging_profiles"]
        (period,) = sent["charging_schedule"]["charging_schedule_period"]
        return period["limit"], period["number_phases"]

    assert await ask(2_300, 1) == (pytest.approx(10, abs=0.3), 1)
    site.clock.advance(START + 20)
    assert await ask(6_900, 3) == (pytest.approx(10, abs=0.3), 3)


async def test_without_a_transaction_the_default_profile_is_set(site: Site) -> None:
    charger = await site.plug()
    await charger.boot()
    await charger.status("Available")
    await site.apply(0)
    (sent,) = charger.all("SetChargingProfile")
    assert sent["cs_charging_profiles"]["charging_profile_purpose"] == "TxDefaultProfile"
    assert "transaction_id" not in sent["cs_charging_profiles"]
    await charger.begin()
    await site.apply(0)  # the transaction gets its own
    assert charger.all("SetChargingProfile")[1]["cs_charging_profiles"]["transaction_id"]


async def test_waiting_car_is_started_once(site: Site) -> None:
    charger = await site.plug()
    await charger.boot()
    await charger.status("Preparing")
    await site.apply(0)
    assert charger.all("RemoteStartTransaction") == []
    site.clock.advance(START + 20)
    await site.apply(7000)
    site.clock.advance(START + 31)
    await site.apply(8000)
    assert charger.all("RemoteStartTransaction") == [{"id_tag": "PEERWATT", "connector_id": 1}]
    assert not await site.driver.stop_charging()
    started = await charger.begin()
    assert await site.driver.stop_charging()
    assert charger.all("RemoteStopTransaction") == [{"transaction_id": started.transaction_id}]


async def test_changes_wait_ten_seconds_except_to_pause(site: Site) -> None:
    charger, _ = await site.charging()
    await site.apply(7000)
    site.clock.advance(START + 5)
    held = await site.apply(9000)
    assert (held.ok, held.writes, held.accepted_w) == (True, 0, pytest.approx(6969))
    assert "Held back" in held.sentence
    assert (await site.apply(3000)).accepted_w == 0  # below 6 A a car pauses
    site.clock.advance(START + 15)
    assert (await site.apply(9000)).accepted_w == pytest.approx(13.0 * 690)
    assert len(charger.all("SetChargingProfile")) == 3 == site.driver.writes_total


async def test_refreshed_at_half_of_its_life(site: Site) -> None:
    charger, _ = await site.charging()
    await site.apply(7000)
    for second in range(1, 30):
        site.clock.advance(START + second)
        assert (await site.apply(7000)).writes == 0
    site.clock.advance(START + 30)
    assert (await site.apply(7000)).writes == 1
    assert len(charger.all("SetChargingProfile")) == 2


async def test_release_clears_our_profiles(site: Site) -> None:
    charger, _ = await site.charging()
    await until(lambda: len(charger.all("ChangeConfiguration")) == 2)
    before = len(charger.all("ClearChargingProfile"))
    await site.driver.release()
    assert len(charger.all("ClearChargingProfile")) == before  # nothing was borrowed
    await site.apply(7000)
    await site.driver.release()
    assert {v["id"] for v in charger.all("ClearChargingProfile")[before:]} == {7001, 7002}
    (reading,) = await site.driver.poll()
    assert reading.limit_a is None


async def test_disconnect_mid_charge_and_resume(site: Site) -> None:
    charger, transaction = await site.charging()
    await site.apply(7000)
    await charger.leave()
    await until(lambda: site.central.link("CP-1") is None)
    with pytest.raises(DeviceAway, match="has closed its connection"):
        await site.driver.poll()
    with pytest.raises(DeviceAway):
        await site.apply(7000)
    site.clock.advance(START + 8)
    again = await site.plug()
    await again.boot()
    await again.sample(transaction, Power_Active_Import="6900")
    (reading,) = await site.driver.poll()
    assert (reading.transaction_id, reading.power_w) == (transaction, 6900)
    assert (await site.apply(7000)).writes == 1  # it may have restarted: told again
    (sent,) = again.all("SetChargingProfile")
    assert sent["cs_charging_profiles"]["transaction_id"] == transaction


async def test_transaction_of_an_earlier_run_is_taken_up(site: Site) -> None:
    charger = await site.plug()
    await charger.status("Charging")
    await charger.sample(4711, Power_Active_Import="3500")
    (reading,) = await site.driver.poll()
    assert reading.transaction_id == 4711


async def test_second_connection_takes_over(site: Site, caplog: Any) -> None:
    caplog.set_level(logging.INFO)
    first = await site.plug()
    await first.boot()
    second = await site.plug()
    await second.boot()
    await asyncio.wait_for(first.task, 2)
    await second.status("Available")
    await site.driver.poll()
    assert "connected again" in caplog.text


@pytest.mark.allow_log("not in the settings asked to connect as 'STRANGER'")
async def test_unknown_charger_is_refused_and_told_once(site: Site, caplog: Any) -> None:
    for _ in range(3):
        with pytest.raises(InvalidStatus, match="404"):
            await site.plug("STRANGER")
    assert site.central.strangers == ("STRANGER",)
    assert caplog.text.count("STRANGER") == 1


async def test_nonsense_does_not_end_the_connection(site: Site) -> None:
    url = f"ws://127.0.0.1:{site.central.port}/CP-1"
    async with connect(url, subprotocols=["ocpp1.6"]) as raw:
        for nonsense in ("{", "[]", "[2]", '[9,"x"]', "[2,1,2,3]", '["a"]', "null", "[3,1]"):
            await raw.send(nonsense)
        await raw.send(
            '[2,"1","MeterValues",{"meterValue":[{"sampledValue":[7]},3],"connectorId":1}]'
        )
        await raw.send('[2,"2","StatusNotification",{"connectorId":1}]')
        await raw.send('[2,"3","Heartbeat",{}]')
        async with asyncio.timeout(3):
            while True:
                answer = await raw.recv()
                if answer.startswith('[3,"3"'):
                    break
    await until(lambda: site.central.link("CP-1") is None)


async def test_http_on_the_port_is_no_trouble(site: Site) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", site.central.port)
    writer.write(b"\x00\x01garbage\r\n\r\n")
    await writer.drain()
    await asyncio.wait_for(reader.read(), 3)
    writer.close()
    charger = await site.plug()
    await charger.boot()


async def test_refused_profile_is_told(site: Site) -> None:
    charger, _ = await site.charging()
    charger.answer_profile = "Rejected"
    applied = await site.apply(7000)
    assert not applied.ok
    assert "did not take the limit" in applied.sentence
    purposes = [
        sent["cs_charging_profiles"]["charging_profile_purpose"]
        for sent in charger.all("SetChargingProfile")
    ]
    assert purposes == ["TxProfile", "TxDefaultProfile"]  # the second is tried before giving up


async def test_taken_port_is_one_sentence(site: Site) -> None:
    server = OcppServer(host="127.0.0.1", port=site.central.port)
    with pytest.raises(DeviceFault, match="choose another OCPP port"):
        await CentralSystem(server, [], site.clock).start()


async def test_charging_values_grow_stale_after_three_periods(site: Site) -> None:
    charger, transaction = await site.charging()
    poller = Poller("charger", site.driver, site.clock, 1.0, period_s=10.0)
    await poller.poll_once()
    assert poller.health()[0].health is Health.FRESH
    site.clock.advance(START + 31)
    await poller.poll_once()
    assert poller.health()[0].health is Health.STALE
    await charger.sample(transaction, Power_Active_Import="1")
    await poller.poll_once()
    assert poller.health()[0].health is Health.FRESH


def sampled(*values: tuple[Any, ...]) -> list[dict[str, Any]]:
    names = ("measurand", "value", "unit", "phase")
    return [{"sampled_value": [dict(zip(names, value, strict=False)) for value in values]}]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([("Power.Active.Import", "7.2", "kW")], {"power_w": 7200.0}),
        ([(None, "12", None)], {"energy_wh": 12.0}),
        ([("Energy.Active.Import.Register", "1.5", "kWh")], {"energy_wh": 1500.0}),
        (
            [("Power.Active.Import", str(p), "W", f"L{n}") for n, p in ((1, 10), (2, 20), (3, 5))],
            {"power_w": 35.0},
        ),
        (
            [("Power.Active.Import", "30", "W"), ("Power.Active.Import", "10", "W", "L1")],
            {"power_w": 30.0},
        ),
        (
            [
                ("Current.Import", "10", "A", "L1"), ("Current.Import", "0.2", "A", "L2"),
                ("Voltage", "230", "V", "L1-N"),
            ],
            {"power_w": 2346.0, "phases": 1, "voltage_v": 230.0},
        ),
        ([("SoC", "101", "Percent")], {}),
        ([("Power.Active.Import", "NaN", "W"), ("Power.Active.Import", "", "W")], {}),
        ([("Power.Active.Import", "5", "horses")], {}),
    ],
)  # fmt: skip
def test_meter_values(values: list[tuple[Any, ...]], expected: dict[str, Any]) -> None:
    sample = read_sample(sampled(*values))
    found = {name: getattr(sample, name) for name in sample.__dataclass_fields__}
    assert {name: value for name, value in found.items() if value is not None} == expected


json_like = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["sampled_value", "value", "unit", "measurand", "phase"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(st.lists(json_like, max_size=3))
def test_meter_values_never_raise(values: list[Any]) -> None:
    read_sample(values)


@given(
    st.floats(-1000, 50_000),
    st.sampled_from([1, 3]),
    st.floats(200, 250),
    st.sampled_from([0.1, 1.0]),
)
def test_current_never_exceeds_the_wish(
    power_w: float, phases: int, voltage_v: float, step_a: float
) -> None:
    current = current_for(power_w, phases, voltage_v, CurrentRange(6.0, 16.0, step_a))
    assert current == 0 or 6 <= current <= 16
    assert current * phases * voltage_v <= max(0.0, power_w) + 1e-2
    if power_w >= 16 * phases * voltage_v:
        assert current == 16


def test_identity_of_the_url() -> None:
    assert identity_of("/CP-1") == "CP-1"
    assert identity_of("/ocpp/1.6/CP%201/?x=1") == "CP 1"
    assert identity_of("/") == ""
