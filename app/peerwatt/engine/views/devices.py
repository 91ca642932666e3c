"""Each device with its readings, the state of its twin and what is being asked of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from peerwatt.api.messages import DevicesView, DeviceValue, DeviceView
from peerwatt.model.control import Setpoint
from peerwatt.model.readings import (
    BatteryReading,
    ChargerReading,
    DeviceInfo,
    DeviceKind,
    InverterReading,
    MeterReading,
    Reading,
)
from peerwatt.model.snapshot import Snapshot

TITLES = {
    DeviceKind.METER: "Smart meter",
    DeviceKind.INVERTER: "Inverter",
    DeviceKind.BATTERY: "Battery",
    DeviceKind.CHARGER: "Car charger",
}


@dataclass(frozen=True, slots=True)
class TwinState:
    """What a twin's log says now."""

    state: str
    transitions: int
    root: str


def devices_view(
    snapshot: Snapshot,
    twins: Mapping[str, TwinState],
    setpoints: Mapping[str, Setpoint],
    writes: Mapping[str, int],
) -> DevicesView:
    """Return all devices, in the order of kind and id."""
    order = list(DeviceKind)
    infos = sorted(snapshot.devices.values(), key=lambda i: (order.index(i.kind), i.device_id))
    return DevicesView(
        devices=tuple(
            _device(
                info,
                snapshot,
                twins.get(info.device_id),
                setpoints.get(info.device_id),
                writes.get(info.device_id, 0),
            )
            for info in infos
        )
    )


def _device(
    info: DeviceInfo,
    snapshot: Snapshot,
    twin: TwinState | None,
    setpoint: Setpoint | None,
    writes: int,
) -> DeviceView:
    health = snapshot.health[info.device_id]
    reading = snapshot.readings.get(info.device_id)
    name = " ".join(part for part in (info.manufacturer, info.model) if part)
    return DeviceView.model_validate(
        {
            "device_id": info.device_id,
            "kind": info.kind.value,
            "protocol": info.protocol,
            "title": f"{TITLES[info.kind]} · {name}" if name else TITLES[info.kind],
            "address": info.address,
            "version": info.version,
            "health": health.health.value,
            "sentence": health.sentence,
            "last_reading_s": health.last_reading_s,
            "samples": health.samples,
            "errors": health.errors,
            "writes": writes,
            "twin_state": twin.state if twin else None,
            "twin_transitions": twin.transitions if twin else 0,
            "twin_root": twin.root if twin else None,
            "control": setpoint.sentence if setpoint and setpoint.sentence else None,
            "values": values(reading) if reading is not None else (),
        }
    )


def values(reading: Reading) -> tuple[DeviceValue, ...]:
    """Return what a device reads as rows of a table."""
    rows: tuple[tuple[str, float | int | str | None, str], ...]
    match reading:
        case MeterReading():
            rows = (
                ("Power", reading.power_w, "W"),
                ("Imported", reading.import_wh, "Wh"),
                ("Exported", reading.export_wh, "Wh"),
                ("Voltage", reading.voltage_v, "V"),
                ("Frequency", reading.frequency_hz, "Hz"),
            )
        case InverterReading():
            rows = (
                ("Sun", reading.pv_power_w, "W"),
                ("AC output", reading.ac_power_w, "W"),
                ("Produced", reading.pv_energy_wh, "Wh"),
                ("Limit", reading.limit_pct, "%"),
                ("State", reading.operating_state, ""),
            )
        case BatteryReading():
            rows = (
                ("Power", reading.power_w, "W"),
                ("Charge", reading.soc_pct, "%"),
                ("Capacity", reading.capacity_wh, "Wh"),
                ("Charged", reading.charged_wh, "Wh"),
                ("Discharged", reading.discharged_wh, "Wh"),
            )
        case ChargerReading():
            rows = (
                ("Power", reading.power_w, "W"),
                ("Status", str(reading.status) if reading.status else None, ""),
                ("Limit", reading.limit_a, "A"),
                ("Charged", reading.energy_wh, "Wh"),
                ("Car's charge", reading.soc_pct, "%"),
            )
    return tuple(DeviceValue(name=n, value=v, unit=u) for n, v, u in rows if v is not None)
