"""The balance of the house is only known when all of its parts are."""

from __future__ import annotations

from dataclasses import replace

import pytest

from peerwatt.model.readings import (
    BatteryReading,
    ChargerReading,
    ChargerStatus,
    DeviceHealth,
    DeviceInfo,
    DeviceKind,
    Health,
    InverterReading,
    MeterReading,
    Reading,
)
from peerwatt.model.snapshot import Snapshot

METER = MeterReading("m", 0.0, -1500.0, 10, 20)
INVERTER = InverterReading("i", 0.0, 4000.0, 3900.0)
BATTERY = BatteryReading("b", 0.0, -1000.0, 50.0)
CHARGER = ChargerReading("c", 0.0, 700.0, 5, ChargerStatus.CHARGING)
KINDS = {
    "m": DeviceKind.METER,
    "i": DeviceKind.INVERTER,
    "b": DeviceKind.BATTERY,
    "c": DeviceKind.CHARGER,
}


def snapshot(*readings: Reading, stale: tuple[str, ...] = (), absent: str = "") -> Snapshot:
    """Return a snapshot of a house that owns all kinds but the absent ones."""
    return Snapshot(
        0.0,
        1,
        {r.device_id: r for r in readings},
        {
            r.device_id: DeviceHealth(
                r.device_id, Health.STALE if r.device_id in stale else Health.FRESH
            )
            for r in readings
        },
        {key: DeviceInfo(key, kind, "t") for key, kind in KINDS.items() if key not in absent},
    )


ALL = (METER, INVERTER, BATTERY, CHARGER)


def test_home_is_what_the_balance_leaves() -> None:
    assert snapshot(*ALL).home_power_w() == -1500 + 4000 - 1000 - 700


@pytest.mark.parametrize("stale", ["m", "i", "b", "c"])
def test_home_is_unknown_when_a_part_is_stale(stale: str) -> None:
    assert snapshot(*ALL, stale=(stale,)).home_power_w() is None


@pytest.mark.parametrize("missing", ["i", "b", "c"])
def test_home_is_unknown_when_an_owned_device_never_spoke(missing: str) -> None:
    heard = [r for r in ALL if r.device_id != missing]
    assert snapshot(*heard).home_power_w() is None
    assert snapshot(*heard, absent=missing).home_power_w() is not None


def test_a_missing_value_is_no_zero() -> None:
    assert snapshot(METER, replace(INVERTER, pv_power_w=None), absent="bc").home_power_w() is None
    assert snapshot(replace(METER, power_w=None), absent="ibc").home_power_w() is None
    assert snapshot(METER, absent="ibc").home_power_w() == -1500


def test_two_inverters_add_up_and_one_missing_spoils_the_sum() -> None:
    second = replace(INVERTER, device_id="j", pv_power_w=500.0)
    house = snapshot(METER, INVERTER, second, absent="bc")
    assert house.pv_power_w() == 4500
    broken = snapshot(METER, INVERTER, replace(second, pv_power_w=None), absent="bc")
    assert broken.pv_power_w() is None


def test_only_fresh_readings_may_be_used() -> None:
    house = snapshot(*ALL, stale=("b",))
    assert house.fresh("b") is None
    assert house.fresh("nobody") is None
    assert house.fresh("m") == METER
    assert house.fresh_of(BatteryReading) == ()


@pytest.mark.parametrize("status", [*ChargerStatus, None])
def test_a_car_is_present_only_when_the_charger_says_so(status: ChargerStatus | None) -> None:
    plugged = {"Preparing", "Charging", "SuspendedEVSE", "SuspendedEV", "Finishing"}
    assert replace(CHARGER, status=status).car_present == (status in plugged)
