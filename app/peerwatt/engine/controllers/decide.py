"""Runs the rules in order and turns what they leave into setpoints."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from peerwatt.model.control import Band, Reason, Setpoint

from .calm import calm_battery, calm_car
from .context import (
    Asked,
    Bands,
    BatteryLimits,
    CarState,
    ChargerLimits,
    Controller,
    CycleContext,
    Memory,
)
from .device_limits import DeviceLimits, full_bands
from .dso_limit import DsoLimit
from .flexibility import Flexibility
from .market_position import MarketFollow
from .override import NAME as OWNER
from .override import Override
from .phases import range_w, step_w, switched
from .price_plan import PricePlan
from .reserve import NAME as RESERVE
from .reserve import Reserve
from .senses import sensed
from .surplus import NAME as SURPLUS
from .surplus import Surplus, follow

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


@dataclass(frozen=True, slots=True)
class CycleResult:
    """What a cycle decided, and what it hands to the next."""

    setpoints: tuple[Setpoint, ...]
    bands: Mapping[str, Band]
    memory: Memory


def run_cycle(ctx: CycleContext, controllers: tuple[Controller, ...] = CONTROLLERS) -> CycleResult:
    """Run the controllers over one frozen context. Pure; takes well under a millisecond."""
    ctx = replace(ctx, senses=sensed(ctx))
    start = full_bands(ctx)
    bands: Bands = start
    for controller in controllers:
        bands = controller.narrow(ctx, bands)
    cars = {device_id: found.state for device_id, found in follow(ctx, bands).items()}
    setpoints: list[Setpoint] = []
    asked: dict[str, Asked] = {}
    for limits in ctx.chargers:
        if limits.device_id in bands:
            state = cars.get(limits.device_id, CarState())
            wish, cars[limits.device_id] = _charger(ctx, limits, bands[limits.device_id], state)
            asked[limits.device_id] = wish
            setpoints.append(_car_setpoint(ctx, limits, bands, wish, cars[limits.device_id]))
    for battery in ctx.batteries:
        if battery.device_id in bands:
            asked[battery.device_id] = _battery(ctx, battery, start, bands)
            setpoints.append(_battery_setpoint(ctx, battery, bands, asked[battery.device_id]))
    held = frozenset(
        d for d, band in bands.items() if any(r.controller == RESERVE for r in band.reasons)
    )
    memory = Memory(
        cars=MappingProxyType({**ctx.memory.cars, **cars}),
        asked=MappingProxyType({**ctx.memory.asked, **asked}),
        senses=ctx.senses or ctx.memory.senses,
        reserve_held=held,
    )
    return CycleResult(tuple(setpoints), bands, memory)


def _charger(
    ctx: CycleContext, limits: ChargerLimits, band: Band, state: CarState
) -> tuple[Asked, CarState]:
    """Return what a charger is asked for, in whole amperes of the phases that suit.

    A device that is away gets none: its driver's revert timer and undo ledger look after it.
    """
    reading = ctx.charger(limits.device_id)
    if reading is None or not reading.car_present:
        return Asked(None, ctx.now_s), state
    power = band.low_w
    decider = band.reasons[-1].controller if band.reasons else ""
    if decider != SURPLUS and power > 0:
        resting = not (reading.power_w or 0.0) > 0
        state = switched(state, limits, power, ctx.now_s, urgent=resting or decider == OWNER)
    least, most = range_w(limits, state.phases)
    step = step_w(limits, state.phases)
    wished = min(power, most)
    if step > 0:
        wished = wished // step * step
    if wished < least:
        # Below 6 A there is no charging; a hair below is rounding of a wish for the least.
        wished = least if power >= least else 0.0
    return calm_car(ctx, band, wished), state


def _car_setpoint(
    ctx: CycleContext, limits: ChargerLimits, bands: Bands, asked: Asked, state: CarState
) -> Setpoint:
    band = bands[limits.device_id]
    phases = None
    if limits.can_switch and asked.power_w:
        # While more is still waited for, the old power keeps to its old phase.
        phases = state.phases if asked.power_w >= range_w(limits, state.phases)[0] else 1
    expires = ctx.now_s + ctx.setpoint_life_s
    return Setpoint(limits.device_id, asked.power_w, expires, band.reasons, phases)


def _battery(ctx: CycleContext, limits: BatteryLimits, start: Bands, bands: Bands) -> Asked:
    band = bands[limits.device_id]
    power = battery_power_w(ctx, start[limits.device_id], band)
    return Asked(None, ctx.now_s) if power is None else calm_battery(ctx, band, power)


def _battery_setpoint(
    ctx: CycleContext, limits: BatteryLimits, bands: Bands, asked: Asked
) -> Setpoint:
    reasons = bands[limits.device_id].reasons
    expires = ctx.now_s + ctx.setpoint_life_s
    if asked.power_w is not None:
        return Setpoint(limits.device_id, asked.power_w, expires, reasons)
    own = Reason(SURPLUS, "The battery balances the house by itself.")
    return Setpoint(limits.device_id, None, expires, (*reasons, own))


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
    last = ctx.memory.asked.get(band.device_id)
    inside = 0.0 if last is None or last.power_w is None else INSIDE_W
    if rest is not None and not band.decided and _within(own, start, band, inside):
        return None
    return min(max(own, band.low_w), band.high_w)


def _within(own_w: float, start: Band, band: Band, inside_w: float) -> bool:
    """Whether the battery's own power keeps clear of the edges that rules have drawn."""
    above = band.low_w <= start.low_w or own_w >= band.low_w + inside_w
    below = band.high_w >= start.high_w or own_w <= band.high_w - inside_w
    return above and below
