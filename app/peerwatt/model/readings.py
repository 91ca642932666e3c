"""What devices say: one frozen reading per kind of device, with missing values as ``None``.

Signs are those of :mod:`peerwatt.model.units`; a driver converts, nobody else does.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class DeviceKind(StrEnum):
    """Kinds of device the program reads or controls."""

    METER = "meter"
    INVERTER = "inverter"
    BATTERY = "battery"
    CHARGER = "charger"


@dataclass(frozen=True, slots=True)
class DeviceInfo:
    """Who a device is. Strings come from the device and are untrusted text."""

    device_id: str
    kind: DeviceKind
    protocol: str
    """``sunspec-tcp`` or ``ocpp1.6``."""
    manufacturer: str = ""
    model: str = ""
    serial: str = ""
    version: str = ""
    address: str = ""
    """Where it is reached: ``host:port/unit`` or the charge point identity."""


@dataclass(frozen=True, slots=True)
class MeterReading:
    """The grid meter at the house's connection point."""

    device_id: str
    time_s: float
    power_w: float | None
    import_wh: int | None
    """Cumulative register, never falls."""
    export_wh: int | None
    voltage_v: float | None = None
    frequency_hz: float | None = None


@dataclass(frozen=True, slots=True)
class InverterReading:
    """PV side of an inverter."""

    device_id: str
    time_s: float
    pv_power_w: float | None
    ac_power_w: float | None
    """AC output, + towards the house; includes the battery of a hybrid inverter."""
    pv_energy_wh: int | None = None
    limit_pct: float | None = None
    """Output limit in force, percent of the rating; ``None`` where no limit is active."""
    rated_power_w: float | None = None
    operating_state: str | None = None


@dataclass(frozen=True, slots=True)
class BatteryReading:
    """A battery, alone or behind a hybrid inverter."""

    device_id: str
    time_s: float
    power_w: float | None
    soc_pct: float | None
    capacity_wh: int | None = None
    charged_wh: int | None = None
    """Cumulative energy into the battery (AC side)."""
    discharged_wh: int | None = None
    max_charge_w: float | None = None
    max_discharge_w: float | None = None


class ChargerStatus(StrEnum):
    """OCPP 1.6 ChargePointStatus values (section 7.7)."""

    AVAILABLE = "Available"
    PREPARING = "Preparing"
    CHARGING = "Charging"
    SUSPENDED_EVSE = "SuspendedEVSE"
    SUSPENDED_EV = "SuspendedEV"
    FINISHING = "Finishing"
    RESERVED = "Reserved"
    UNAVAILABLE = "Unavailable"
    FAULTED = "Faulted"


@dataclass(frozen=True, slots=True)
class ChargerReading:
    """An EV charger and, where it is known, the car behind it."""

    device_id: str
    time_s: float
    power_w: float | None
    energy_wh: int | None
    """Cumulative register of the charger."""
    status: ChargerStatus | None
    limit_a: float | None = None
    """Charging current limit in force, A per phase; ``None`` when no profile is set."""
    phases: int | None = None
    voltage_v: float | None = None
    soc_pct: float | None = None
    transaction_id: int | None = None

    @property
    def car_present(self) -> bool:
        """Whether a car is plugged in, as far as the charger says."""
        return self.status in {
            ChargerStatus.PREPARING,
            ChargerStatus.CHARGING,
            ChargerStatus.SUSPENDED_EVSE,
            ChargerStatus.SUSPENDED_EV,
            ChargerStatus.FINISHING,
        }


Reading = MeterReading | InverterReading | BatteryReading | ChargerReading


class Health(StrEnum):
    """How far a device's values can be relied on now."""

    CONNECTING = "connecting"
    FRESH = "fresh"
    STALE = "stale"
    AWAY = "away"


@dataclass(frozen=True, slots=True)
class DeviceHealth:
    """State of the link to one device."""

    device_id: str
    health: Health
    samples: int = 0
    errors: int = 0
    last_reading_s: float | None = None
    sentence: str = ""
    """One clear sentence when something is wrong; empty otherwise."""
