"""Last rule: what no one above has decided follows the sun.

The car takes what home and sun leave, from its least power on, after 60 s of enough sun and until
180 s of too little (the delays of the field, devices reference: enable 60 s, disable 180 s). The
battery stays open here: it then balances the house by its own fast control.

Missing meter: the car goes on at its least power if it was charging (the first rule stops it
after two minutes), else it stays off. Missing plan: a car that would otherwise be late charges.
"""

from __future__ import annotations

from dataclasses import dataclass

from .context import Bands, ChargerLimits, CycleContext
from .tools import battery_ids, charger_ids, narrowed, shares

NAME = "surplus"
ENABLE_S = 60.0
DISABLE_S = 180.0
LATE_MARGIN = 0.9
"""A car starts at the latest when 90 % of the time left is needed at full power."""

CHARGING_W = 500.0
"""A car that draws more than this is charging."""


@dataclass(frozen=True, slots=True)
class Surplus:
    """Decides every charger that is still open."""

    name: str = NAME

    def narrow(self, ctx: CycleContext, bands: Bands) -> Bands:
        """Give each open charger one value."""
        chargers = [c for c in ctx.chargers if c.device_id in charger_ids(ctx, bands)]
        available = available_w(ctx, bands)
        charging, _ = surplus_state(ctx, bands)
        parts = shares(bands, [c.device_id for c in chargers], max(available or 0.0, 0.0))
        for limits in chargers:
            if bands[limits.device_id].decided:
                continue
            power, sentence = _wish(ctx, limits, charging, available, parts[limits.device_id])
            bands = narrowed(bands, limits.device_id, (power, power), NAME, sentence)
        return bands


def _wish(
    ctx: CycleContext,
    limits: ChargerLimits,
    charging: bool,
    available_w: float | None,
    part_w: float,
) -> tuple[float, str]:
    if available_w is None:
        reading = ctx.charger(limits.device_id)
        runs = reading is not None and (reading.power_w or 0.0) > CHARGING_W
        return (limits.min_power_w if runs else 0.0), "The grid meter is silent: no more than now."
    if ctx.step is None and _late(ctx, limits):
        return limits.max_power_w, "The car must charge now to be ready in time."
    if charging:
        power = steady(ctx, limits, max(part_w, limits.min_power_w))
        return power, f"The car takes surplus sun: {max(available_w, 0):.0f} W to spare."
    if ctx.step is not None and ctx.step.ev_wh <= 0:
        return 0.0, ctx.step.reason
    return 0.0, (
        f"The car waits for sun: {max(available_w, 0):.0f} W to spare, "
        f"{limits.min_power_w:.0f} W needed."
    )


def available_w(ctx: CycleContext, bands: Bands) -> float | None:
    """Return sun beyond the home and what the battery must take, W; ``None`` while blind."""
    rest = ctx.rest_w
    if rest is None:
        return None
    taken = sum(min(bands[d].high_w, 0.0) for d in battery_ids(ctx, bands))
    return -rest + taken


def surplus_state(ctx: CycleContext, bands: Bands) -> tuple[bool, float | None]:
    """Return (charging, since when the sun has said otherwise) after this cycle."""
    memory, available = ctx.memory, available_w(ctx, bands)
    present = [
        c for c in ctx.chargers
        if c.device_id in bands and (r := ctx.charger(c.device_id)) is not None and r.car_present
    ]  # fmt: skip
    if not present:
        return False, None
    if available is None:
        return memory.surplus_charging, None
    enough = available >= min(c.min_power_w for c in present)
    if enough == memory.surplus_charging:
        return memory.surplus_charging, None
    since = ctx.now_s if memory.surplus_since_s is None else memory.surplus_since_s
    delay = DISABLE_S if memory.surplus_charging else ENABLE_S
    if ctx.now_s - since >= delay:
        return enough, None
    return memory.surplus_charging, since


def steady(ctx: CycleContext, limits: ChargerLimits, power_w: float) -> float:
    """Return the power in whole amperes; an earlier value stays while it is nearly right."""
    step = limits.step_w
    if step <= 0:
        return power_w
    last = ctx.memory.powers.get(limits.device_id)
    if last is not None and last > 0 and -0.3 * step <= power_w - last < 1.3 * step:
        return last
    return max(power_w // step * step, limits.min_power_w)


def _late(ctx: CycleContext, limits: ChargerLimits) -> bool:
    for need in ctx.ev_needs:
        if need.device_id != limits.device_id or need.energy_wh <= 0:
            continue
        left_h = (need.deadline_s - ctx.now_s) / 3600.0
        return need.energy_wh >= limits.max_power_w * left_h * LATE_MARGIN
    return False
