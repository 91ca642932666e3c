"""The frozen picture of the house on which one control cycle decides."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TypeVar

from .readings import (
    BatteryReading,
    ChargerReading,
    DeviceHealth,
    DeviceInfo,
    DeviceKind,
    Health,
    InverterReading,
    MeterReading,
    Reading,
)

R = TypeVar("R")

FRESH_CYCLES = 3
"""Age, in cycles, past which a reading is stale (devices reference: age limit 2 to 3 cycles)."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All readings as they were at ``time_s``; nothing in a cycle looks anywhere else.

    ``readings`` holds the last reading of each device, also a stale one: ask :meth:`fresh`.
    """

    time_s: float
    cycle: int
    readings: Mapping[str, Reading] = field(default_factory=lambda: MappingProxyType({}))
    health: Mapping[str, DeviceHealth] = field(default_factory=lambda: MappingProxyType({}))
    devices: Mapping[str, DeviceInfo] = field(default_factory=lambda: MappingProxyType({}))

    def fresh(self, device_id: str) -> Reading | None:
        """Return the reading of a device if it may be used for control."""
        health = self.health.get(device_id)
        if health is None or health.health is not Health.FRESH:
            return None
        return self.readings.get(device_id)

    def fresh_of(self, kind: type[R]) -> tuple[R, ...]:
        """Return all usable readings of one type, in device order."""
        usable = (self.fresh(device_id) for device_id in sorted(self.readings))
        return tuple(reading for reading in usable if isinstance(reading, kind))

    def grid_power_w(self) -> float | None:
        """Return net grid power (+ import), or ``None`` when no grid meter is fresh."""
        return _total(m.power_w for m in self.fresh_of(MeterReading))

    def pv_power_w(self) -> float | None:
        """Return PV production, or ``None`` when no inverter is fresh."""
        return _total(i.pv_power_w for i in self.fresh_of(InverterReading))

    def battery_power_w(self) -> float | None:
        """Return battery power (+ discharge), or ``None`` when no battery is fresh."""
        return _total(b.power_w for b in self.fresh_of(BatteryReading))

    def ev_power_w(self) -> float | None:
        """Return the chargers' consumption, or ``None`` when no charger is fresh."""
        return _total(c.power_w for c in self.fresh_of(ChargerReading))

    def home_power_w(self) -> float | None:
        """Return what the home itself uses, found by balance; ``None`` without a grid value.

        home = grid + PV + battery - EV. A kind of device that the house does not have counts
        as zero; one that it has but whose value is missing makes the balance unknown.
        """
        grid = self.grid_power_w()
        if grid is None:
            return None
        parts = (
            (self.pv_power_w(), DeviceKind.INVERTER, 1.0),
            (self.battery_power_w(), DeviceKind.BATTERY, 1.0),
            (self.ev_power_w(), DeviceKind.CHARGER, -1.0),
        )
        total = grid
        kinds = {info.kind for info in self.devices.values()}
        for value, kind, sign in parts:
            if value is None and kind in kinds:
                return None
            total += sign * (value or 0.0)
        return total


def _total(values: Iterable[float | None]) -> float | None:
    """Sum values; ``None`` when there are none or one is missing."""
    found = list(values)
    if not found or any(value is None for value in found):
        return None
    return sum(value for value in found if value is not None)
