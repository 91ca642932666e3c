"""Runs the rules in order and turns what they leave into setpoints."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from peerwatt.model.control import Band, Reason, Setpoint

from .context import Bands, BatteryLimits, ChargerLimits, Controller, CycleContext, Memory
from .device_limits import DeviceLimits, full_bands
from .dso_limit import DsoLimit
from .flexibility import Flexibility
from .market_position import MarketFollow
from .override import Override
from .price_plan import PricePlan
from .reserve import NAME as RESERVE
from .reserve import Reserve
from .surplus import NAME as SURPLUS
from .surplus import Surplus, surplus_state

CONTROLLERS: tuple[Controller, ...] = (
    DeviceLimits(),
    DsoLimit(),
    Reserve(),
    Override(),
    Flexibility(),
    MarketFollow(),
    PricePlan(),
    Surplus(),
)
"""All rules in order of priority; each may only narrow what the ones before it allow."""

INSIDE_W = 200.0
"""A battery under command is released once its own balancing would stay this far inside."""

SAME_W = 50.0
"""Battery setpoints that differ by less are not written anew."""

GRAIN_W = 10.0


@dataclass(frozen=True, slots=True)
class CycleResult:
    """What a cycle decided, and what it hands to the next."""

    setpoints: tuple[Setpoint, ...]
    bands: Mapping[str, Band]
    memory: Memory


def run_cycle(ctx: CycleContext, controllers: tuple[Controller, ...] = CONTROLLERS) -> CycleResult:
    """Run the controllers over one frozen context. Pure; takes well under a millisecond."""
    start = full_bands(ctx)
    bands: Bands = start
    for controller in controllers:
        bands = controller.narrow(ctx, bands)
    setpoints = decide(ctx, start, bands)
    charging, since = surplus_state(ctx, bands)
    held = frozenset(
        d for d, band in bands.items() if any(r.controller == RESERVE for r in band.reasons)
    )
    memory = Memory(
        surplus_charging=charging,
        surplus_since_s=since,
        powers=MappingProxyType({s.device_id: s.power_w for s in setpoints}),
        reserve_held=held,
    )
    return CycleResult(setpoints, bands, memory)


def decide(ctx: CycleContext, start: Bands, bands: Bands) -> tuple[Setpoint, ...]:
    """Return one setpoint for every controllable device that answers.

    A device that is away gets none: its driver's revert timer and undo ledger look after it.
    """
    cars = [_charger(ctx, limits, bands) for limits in ctx.chargers if limits.device_id in bands]
    batteries = [
        _battery(ctx, limits, start, bands) for limits in ctx.batteries if limits.device_id in bands
    ]
    return (*cars, *batteries)


def _charger(ctx: CycleContext, limits: ChargerLimits, bands: Bands) -> Setpoint:
    band = bands[limits.device_id]
    expires = ctx.now_s + ctx.setpoint_life_s
    reading = ctx.charger(limits.device_id)
    if reading is None or not reading.car_present:
        return Setpoint(limits.device_id, None, expires, band.reasons)
    power = band.low_w
    if limits.step_w > 0:
        power = power // limits.step_w * limits.step_w
    if power < limits.min_power_w:
        # Below 6 A there is no charging; a hair below is rounding of a wish for the least.
        power = limits.min_power_w if band.low_w >= limits.min_power_w else 0.0
    return Setpoint(limits.device_id, power, expires, band.reasons)


def _battery(ctx: CycleContext, limits: BatteryLimits, start: Bands, bands: Bands) -> Setpoint:
    band = bands[limits.device_id]
    expires = ctx.now_s + ctx.setpoint_life_s
    power = battery_power_w(ctx, start[limits.device_id], band)
    if power is not None:
        return Setpoint(limits.device_id, power, expires, band.reasons)
    own = Reason(SURPLUS, "The battery balances the house by itself.")
    return Setpoint(limits.device_id, None, expires, (*band.reasons, own))


def battery_power_w(ctx: CycleContext, start: Band, band: Band) -> float | None:
    """Return the power to command, or ``None`` where the battery's own control is within band.

    By itself a battery covers what the house lacks and stores what is left over. Only where a
    rule forbids that is it commanded; while blind, a restricted battery is held at the allowed
    power nearest to zero.
    """
    if (band.low_w, band.high_w) == (start.low_w, start.high_w):
        return None
    rest = ctx.rest_w
    own = 0.0 if rest is None else rest + ctx.ev_w
    own = min(max(own, start.low_w), start.high_w)
    last = ctx.memory.powers.get(band.device_id)
    inside = 0.0 if last is None else INSIDE_W
    if rest is not None and not band.decided and _within(own, start, band, inside):
        return None
    power = min(max(own, band.low_w), band.high_w)
    if last is not None and abs(power - last) < SAME_W and band.low_w <= last <= band.high_w:
        return last
    rounded = round(power / GRAIN_W) * GRAIN_W
    return min(max(rounded, band.low_w), band.high_w)


def _within(own_w: float, start: Band, band: Band, inside_w: float) -> bool:
    """Whether the battery's own power keeps clear of the edges that rules have drawn."""
    above = band.low_w <= start.low_w or own_w >= band.low_w + inside_w
    below = band.high_w >= start.high_w or own_w <= band.high_w - inside_w
    return above and below
