"""Sixth rule: be in the interval what was bought and sold for it, where the battery can.

Energy bought and not drawn falls to the supplier at feed-in; energy sold and not delivered is
bought from it at retail. The battery holds the position where that costs it nothing but a
little content. Missing meter or position: unchanged. The car follows plan and surplus alone.
"""

from __future__ import annotations

from dataclasses import dataclass

from peerwatt.model.readings import ChargerStatus
from peerwatt.model.units import INTERVAL_S, interval_at, interval_start_s

from .context import Bands, BatteryLimits, CycleContext, MarketPosition
from .tools import ANY, battery_ids, charger_ids, narrowed, shares

NAME = "market"
FULL_PCT = 97.0
ABOVE_RESERVE_PCT = 5.0
SMALLEST_WH = 20
"""Positions below this are not steered for."""

LAST_S = 20.0
"""In the last seconds of an interval the rest is spread over this long, so that a few Wh do not
become kilowatts."""


@dataclass(frozen=True, slots=True)
class MarketFollow:
    """Steers the battery so that net import comes out at bought - sold."""

    name: str = NAME

    def narrow(self, ctx: CycleContext, bands: Bands) -> Bands:
        """Narrow the battery towards the position, within content and earlier bands."""
        position, rest = ctx.position, ctx.rest_w
        if position is None or rest is None or position.interval != interval_at(ctx.now_s):
            return bands
        traded = position.bought_wh - position.sold_wh
        if abs(traded) < SMALLEST_WH:
            return bands
        wanted = rest + _cars_w(ctx, bands) - remaining_power_w(position, ctx.now_s)
        for device_id, part in shares(bands, battery_ids(ctx, bands), wanted).items():
            limits = next(b for b in ctx.batteries if b.device_id == device_id)
            if traded > 0:
                bands = _draw(ctx, bands, limits, part)
            else:
                bands = _deliver(ctx, bands, limits, part)
        return bands


def _cars_w(ctx: CycleContext, bands: Bands) -> float:
    """Return what the cars draw, or will as soon as they follow the plan.

    Else the battery would swallow, for a moment, what was bought for the car.
    """
    ready = [
        device_id
        for device_id in charger_ids(ctx, bands)
        if (reading := ctx.charger(device_id)) is not None
        and reading.car_present
        and reading.status is not ChargerStatus.SUSPENDED_EV
    ]
    step = ctx.step
    planned = 0.0 if step is None or not ready else step.ev_wh * 3600.0 / INTERVAL_S
    allowed = sum(bands[device_id].high_w for device_id in ready)
    return max(ctx.ev_w, min(planned, allowed))


def remaining_power_w(position: MarketPosition, now_s: float) -> float:
    """Return the net import power, W, that makes the interval end at bought - sold."""
    left_s = max(interval_start_s(position.interval + 1) - now_s, LAST_S)
    left_wh = position.bought_wh - position.sold_wh - position.net_import_wh
    return left_wh * 3600.0 / left_s


def _draw(ctx: CycleContext, bands: Bands, limits: BatteryLimits, most_w: float) -> Bands:
    """Discharge at most so much that what was bought is drawn; store what is left of it."""
    reading = ctx.battery(limits.device_id)
    full = reading is None or reading.soc_pct is None or reading.soc_pct >= FULL_PCT
    high = max(most_w, 0.0) if full else most_w
    return narrowed(
        bands, limits.device_id, (-ANY, high), NAME,
        "Energy bought from neighbours is used before the battery's.",
    )  # fmt: skip


def _deliver(ctx: CycleContext, bands: Bands, limits: BatteryLimits, least_w: float) -> Bands:
    """Charge at most so much that what was sold is delivered; discharge for it if there is."""
    reading = ctx.battery(limits.device_id)
    edge = limits.reserve_pct + ABOVE_RESERVE_PCT
    low = reading is None or reading.soc_pct is None or reading.soc_pct <= edge
    least = min(least_w, 0.0) if low else least_w
    return narrowed(
        bands, limits.device_id, (least, ANY), NAME, "Energy sold to neighbours is delivered first."
    )
