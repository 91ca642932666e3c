"""First rule: what the devices and the main fuse can bear, and what is safe while blind.

EV charging has no power between 0 and 6 A (IEC 61851-1). With the grid meter stale, nothing
knows what the fuse carries: a charging car goes to its least power and stops after two minutes;
batteries are left to themselves (devices reference, meter loss).
"""

from __future__ import annotations

from dataclasses import dataclass

from peerwatt.model.control import Band
from peerwatt.model.readings import DeviceKind, MeterReading

from .context import Bands, BatteryLimits, ChargerLimits, CycleContext
from .tools import ANY, battery_ids, charger_ids, least_w, narrowed, shares

NAME = "device limits"
BLIND_STOP_S = 120.0
"""How long a car may charge at its least power without a grid meter, seconds."""


def full_bands(ctx: CycleContext) -> dict[str, Band]:
    """Return the band of every controllable device that answers, from its ratings."""
    bands: dict[str, Band] = {}
    for charger in ctx.chargers:
        if ctx.charger(charger.device_id) is not None:
            bands[charger.device_id] = _charger_band(charger)
    for battery in ctx.batteries:
        if ctx.battery(battery.device_id) is not None:
            bands[battery.device_id] = _battery_band(ctx, battery)
    return bands


def _charger_band(limits: ChargerLimits) -> Band:
    return Band(limits.device_id, 0.0, max(limits.max_power_w, 0.0))


def _battery_band(ctx: CycleContext, limits: BatteryLimits) -> Band:
    reading = ctx.battery(limits.device_id)
    charge, discharge = limits.max_charge_w, limits.max_discharge_w
    if reading is not None:
        charge = charge if reading.max_charge_w is None else reading.max_charge_w
        discharge = discharge if reading.max_discharge_w is None else reading.max_discharge_w
    return Band(limits.device_id, -max(charge, 0.0), max(discharge, 0.0))


@dataclass(frozen=True, slots=True)
class DeviceLimits:
    """Ratings are in the bands already; this adds the car's presence, the fuse and blindness."""

    name: str = NAME

    def narrow(self, ctx: CycleContext, bands: Bands) -> Bands:
        """Without a fresh meter: car to its least power, then off. Else: keep to the fuse."""
        for device_id in charger_ids(ctx, bands):
            reading = ctx.charger(device_id)
            if reading is None or not reading.car_present:
                bands = narrowed(bands, device_id, (0, 0), NAME, "No car is plugged in.")
        if ctx.grid_w is None:
            return _blind(ctx, bands)
        if ctx.max_import_w is None:
            return bands
        return import_limited(ctx, bands, ctx.max_import_w, NAME, "main fuse")


def _blind(ctx: CycleContext, bands: Bands) -> Bands:
    seen = [r.time_s for r in ctx.snapshot.readings.values() if isinstance(r, MeterReading)]
    if not seen and DeviceKind.METER not in {d.kind for d in ctx.snapshot.devices.values()}:
        return bands
    stop = not seen or ctx.now_s - max(seen) > BLIND_STOP_S
    sentence = "the car pauses" if stop else "the car charges at its least power"
    for limits in ctx.chargers:
        most = 0.0 if stop else limits.min_power_w
        bands = narrowed(
            bands, limits.device_id, (0, most), NAME, f"The grid meter is silent: {sentence}."
        )
    return bands


def import_limited(ctx: CycleContext, bands: Bands, limit_w: float, name: str, what: str) -> Bands:
    """Keep net import below a limit: first by the car, then by the battery's charging.

    The car gets what is left beside home and sun with the battery as it is; the battery may
    not charge into what the car may take. Missing meter: unchanged (the caller handles it).
    """
    rest = ctx.rest_w
    if rest is None:
        return bands
    chargers, batteries = charger_ids(ctx, bands), battery_ids(ctx, bands)
    room = limit_w - rest - max(-ctx.battery_w, 0.0)
    if not batteries:
        room = limit_w - rest + ctx.battery_w
    for device_id, part in shares(bands, chargers, max(room, 0.0)).items():
        bands = narrowed(
            bands,
            device_id,
            (0, part),
            name,
            f"The {what} leaves {max(part, 0):.0f} W for the car.",
        )
    cars = sum(bands[d].high_w for d in chargers)
    least = rest + cars - limit_w
    if least > least_w(bands, batteries):
        for device_id, part in shares(bands, batteries, least).items():
            bands = narrowed(
                bands, device_id, (part, ANY), name, f"The {what} limits what the battery may draw."
            )
    return bands
