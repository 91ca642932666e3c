"""Last rule: what no one above has decided follows the sun.

A car takes what home and sun leave, from its least power on, after 60 s of enough sun and until
180 s of too little (the delays of the field, devices reference: enable 60 s, disable 180 s). The
battery stays open here: it then balances the house by its own fast control. Several cars are
served in order: the next one begins once the one before has what it can take.

Missing meter: a car goes on at its least power if it was charging (the first rule stops it
after two minutes), else it stays off. Missing plan: a car that would otherwise be late charges.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from .context import Bands, CarState, ChargerLimits, CycleContext
from .phases import DWELL_S, range_w, step_w, switched
from .senses import SETTLED_S
from .tools import battery_ids, narrowed

NAME = "surplus"
ENABLE_S = 60.0
DISABLE_S = 180.0
LATE_MARGIN = 0.9
"""A car starts at the latest when 90 % of the time left is needed at full power."""

CHARGING_W = 500.0
"""A car that draws more than this is charging."""

UP_STEPS, DOWN_STEPS = 1.3, 0.3
"""A power in whole amperes stays while the sun is this many steps above or below it at most."""


@dataclass(frozen=True, slots=True)
class Follow:
    """What the sun gives to one car, W, and its state after this cycle."""

    state: CarState
    before_w: float | None
    """Sun left for this car, with whole amperes taken by the ones before; ``None`` while blind."""
    power_w: float


@dataclass(frozen=True, slots=True)
class Surplus:
    """Decides every charger that is still open."""

    name: str = NAME

    def narrow(self, ctx: CycleContext, bands: Bands) -> Bands:
        """Give each open charger one value."""
        followed = follow(ctx, bands)
        for limits in ctx.chargers:
            found = followed.get(limits.device_id)
            if found is None or bands[limits.device_id].decided:
                continue
            power, sentence = _wish(ctx, limits, found)
            bands = narrowed(bands, limits.device_id, (power, power), NAME, sentence)
        return bands


def _wish(ctx: CycleContext, limits: ChargerLimits, found: Follow) -> tuple[float, str]:
    if found.before_w is None:
        reading = ctx.charger(limits.device_id)
        runs = reading is not None and (reading.power_w or 0.0) > CHARGING_W
        return (limits.min_power_w if runs else 0.0), "The grid meter is silent: no more than now."
    if ctx.step is None and _late(ctx, limits):
        return limits.max_power_w, "The car must charge now to be ready in time."
    spare = max(found.before_w, 0)
    if found.state.charging:
        return found.power_w, f"The car takes surplus sun: {spare:.0f} W to spare."
    if ctx.step is not None and ctx.step.ev_wh <= 0:
        return 0.0, ctx.step.reason
    return 0.0, (
        f"The car waits for sun: {spare:.0f} W to spare, {limits.min_power_w:.0f} W needed."
    )


def available_w(ctx: CycleContext, bands: Bands) -> float | None:
    """Return sun beyond the home and what the battery must take, W; ``None`` while blind."""
    rest = ctx.smooth_rest_w
    if rest is None:
        return None
    taken = sum(min(bands[d].high_w, 0.0) for d in battery_ids(ctx, bands))
    return -rest + taken


def follow(ctx: CycleContext, bands: Bands) -> Mapping[str, Follow]:
    """Return what the sun gives to each car, in order. Pure; the same before and after."""
    left, found = available_w(ctx, bands), {}
    for limits in ctx.chargers:
        if limits.device_id not in bands:
            continue
        before = ctx.memory.cars.get(limits.device_id, CarState())
        reading = ctx.charger(limits.device_id)
        if reading is None or not reading.car_present:
            gone = replace(before, charging=False, since_s=None)
            found[limits.device_id] = Follow(gone, left, 0.0)
            continue
        state = _next_state(ctx, limits, before, left)
        power = _power(ctx, limits, state, left) if state.charging and left is not None else 0.0
        found[limits.device_id] = Follow(state, left, power)
        if left is not None:
            band = bands[limits.device_id]
            left -= _taken(ctx, limits, band.low_w if band.decided else min(power, band.high_w))
    return found


def _next_state(
    ctx: CycleContext, limits: ChargerLimits, before: CarState, left_w: float | None
) -> CarState:
    """Return a car's state after this cycle: hysteresis in time, and the phases that suit."""
    if left_w is None:
        return replace(before, since_s=None)
    if not before.charging and limits.can_switch and ctx.now_s - before.phases_s >= DWELL_S:
        suits = 3 if left_w >= limits.three_phase_min_w else 1
        if suits != before.phases:
            before = replace(before, phases=suits, phases_s=ctx.now_s, phases_since_s=None)
    elif before.charging:
        before = switched(before, limits, left_w, ctx.now_s)
    if (left_w >= limits.min_power_w) == before.charging:
        return replace(before, since_s=None)
    since = ctx.now_s if before.since_s is None else before.since_s
    if ctx.now_s - since >= (DISABLE_S if before.charging else ENABLE_S):
        return replace(before, charging=not before.charging, since_s=None)
    return replace(before, since_s=since)


def _power(ctx: CycleContext, limits: ChargerLimits, state: CarState, left_w: float) -> float:
    """Return the power in whole amperes; an earlier value stays while it is nearly right."""
    least, most = range_w(limits, state.phases)
    step = step_w(limits, state.phases)
    wished = min(max(left_w, least), most)
    if step <= 0:
        return wished
    asked = ctx.memory.asked.get(limits.device_id)
    last = None if asked is None else asked.power_w
    near = last is not None and -DOWN_STEPS * step <= wished - last < UP_STEPS * step
    if last is not None and near and least <= last <= most:
        return last
    return max(wished // step * step, least)


def _taken(ctx: CycleContext, limits: ChargerLimits, power_w: float) -> float:
    """Return what a car will take of a power: what it draws, once it is seen to want no more."""
    asked, reading = ctx.memory.asked.get(limits.device_id), ctx.charger(limits.device_id)
    if power_w <= 0 or asked is None or reading is None or reading.power_w is None:
        return power_w
    if not asked.power_w or ctx.now_s - asked.changed_s < SETTLED_S:
        return power_w
    return min(power_w, max(reading.power_w, 0.0) + limits.step_w)


def _late(ctx: CycleContext, limits: ChargerLimits) -> bool:
    for need in ctx.ev_needs:
        if need.device_id != limits.device_id or need.energy_wh <= 0:
            continue
        left_h = (need.deadline_s - ctx.now_s) / 3600.0
        return need.energy_wh >= limits.max_power_w * left_h * LATE_MARGIN
    return False
