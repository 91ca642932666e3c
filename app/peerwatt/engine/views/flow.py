"""Power now and today's sums, for the flow picture and its tiles."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

from peerwatt.api.messages import FlowView
from peerwatt.model.readings import (
    BatteryReading,
    ChargerReading,
    DeviceKind,
    Health,
    InverterReading,
    MeterReading,
)
from peerwatt.model.snapshot import Snapshot
from peerwatt.model.units import INTERVAL_S

R = TypeVar("R")

NAMES: dict[DeviceKind, str] = {
    DeviceKind.METER: "grid",
    DeviceKind.INVERTER: "pv",
    DeviceKind.BATTERY: "battery",
    DeviceKind.CHARGER: "ev",
}


def flow_view(snapshot: Snapshot, traded_wh: int | None) -> FlowView:
    """Return the flow picture's values; ``traded_wh`` is what this interval's trade comes to.

    A stale value is still sent, and named in ``stale``, so that the window can grey it.
    """
    batteries = _last(snapshot, BatteryReading)
    chargers = _last(snapshot, ChargerReading)
    kinds = {info.kind for info in snapshot.devices.values()}
    stale = sorted(
        {
            NAMES[info.kind]
            for device_id, info in snapshot.devices.items()
            if snapshot.health[device_id].health is not Health.FRESH
        }
    )
    return FlowView(
        time_s=snapshot.time_s,
        grid_w=_sum(m.power_w for m in _last(snapshot, MeterReading)),
        pv_w=_sum(i.pv_power_w for i in _last(snapshot, InverterReading)),
        battery_w=_sum(b.power_w for b in batteries),
        ev_w=_sum(c.power_w for c in chargers),
        home_w=snapshot.home_power_w(),
        soc_pct=batteries[0].soc_pct if batteries else None,
        battery_capacity_wh=batteries[0].capacity_wh if batteries else None,
        car_present=chargers[0].car_present if chargers else None,
        car_status=str(chargers[0].status) if chargers and chargers[0].status else None,
        neighbours_w=None if traded_wh is None else traded_wh * 3600.0 / INTERVAL_S,
        stale=tuple(stale),
        has_battery=DeviceKind.BATTERY in kinds,
        has_car=DeviceKind.CHARGER in kinds,
        has_pv=DeviceKind.INVERTER in kinds,
    )


def _last(snapshot: Snapshot, kind: type[R]) -> list[R]:
    return [r for _, r in sorted(snapshot.readings.items()) if isinstance(r, kind)]


def _sum(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) if known else None
