"""Seventh rule: the plan's intent for this interval.

A plan is made on forecasts, so its powers are followed only where they differ from what the
house would do by itself: a battery that merely stores surplus or serves the home is left to its
own fast control. Missing plan or step, or a silent meter: unchanged, the surplus rule decides.
"""

from __future__ import annotations

from dataclasses import dataclass

from peerwatt.model.plan import PlanStep
from peerwatt.model.units import INTERVAL_S

from .context import Bands, CycleContext
from .tools import ANY, battery_ids, charger_ids, narrowed, shares

NAME = "plan"
NEAR_WH = 25
"""Plan energies that differ by less (100 W over an interval) mean the same."""

EXPORT_WH = 25
"""A planned export above this is wanted: the car does not take it."""


@dataclass(frozen=True, slots=True)
class PricePlan:
    """Follows the plan's battery and car."""

    name: str = NAME

    def narrow(self, ctx: CycleContext, bands: Bands) -> Bands:
        """Narrow car and battery to the plan of the running interval."""
        step = ctx.step
        if step is None or ctx.grid_w is None:
            return bands
        return _battery(ctx, _car(ctx, bands, step), step)


def _car(ctx: CycleContext, bands: Bands, step: PlanStep) -> Bands:
    """Charge as planned from grid or battery; keep off a planned export.

    Charging planned from the sun alone is left to the surplus rule, which follows the real sun.
    """
    chargers = charger_ids(ctx, bands)
    from_sun = step.pv_wh - step.load_wh >= step.ev_wh - NEAR_WH
    if step.ev_wh > NEAR_WH and not from_sun:
        for device_id, part in shares(bands, chargers, _power_w(step.ev_wh)).items():
            least = next(c.min_power_w for c in ctx.chargers if c.device_id == device_id)
            power = max(part, least) if part > 0 else 0.0
            bands = narrowed(bands, device_id, (power, power), NAME, step.reason)
    elif step.ev_wh <= NEAR_WH and step.grid_wh < -EXPORT_WH:
        for device_id in chargers:
            bands = narrowed(bands, device_id, (0, 0), NAME, step.reason)
    return bands


def _battery(ctx: CycleContext, bands: Bands, step: PlanStep) -> Bands:
    low, high = battery_wish(step)
    if (low, high) == (-ANY, ANY):
        return bands
    batteries = battery_ids(ctx, bands)
    lows = shares(bands, batteries, low) if low > -ANY else {}
    highs = shares(bands, batteries, high) if high < ANY else {}
    for device_id in batteries:
        bands = narrowed(
            bands, device_id, (lows.get(device_id, -ANY), highs.get(device_id, ANY)),
            NAME, step.reason,
        )  # fmt: skip
    return bands


def battery_wish(step: PlanStep) -> tuple[float, float]:
    """Return the (least, most) battery power, W, that a step asks for; infinite where open.

    ``need`` is what home and car lack in the step (negative: surplus).

    - as much as the need, or all of the surplus: open, the device balances by itself;
    - between nothing and the need: discharge at most that (keep the rest for later);
    - between nothing and the surplus: charge at most that (sell the rest);
    - beyond either, or against it: exactly that.
    """
    need = step.load_wh + step.ev_wh - step.pv_wh
    wish = step.battery_wh
    power = _power_w(wish)
    if abs(wish - need) <= NEAR_WH:
        return (-ANY, ANY)
    if need >= 0:
        if -NEAR_WH < wish < need:
            return (-ANY, max(power, 0.0))
        return (power, power)
    if need < wish < NEAR_WH:
        return (min(power, 0.0), ANY)
    return (power, power)


def _power_w(energy_wh: int) -> float:
    return energy_wh * 3600.0 / INTERVAL_S
