"""Fifth rule: while an awarded window runs, net import keeps to what was promised.

The target power follows from the energy still allowed and the time left, so that a deviation
early in the window is made good later. Missing meter: unchanged, nothing can be steered by it.
"""

from __future__ import annotations

from dataclasses import dataclass

from peerwatt.flexibility.delivery import target_power_w
from peerwatt.model.flexibility import Direction
from peerwatt.model.units import interval_at

from .context import Bands, CycleContext
from .tools import ANY, battery_ids, charger_ids, narrowed, shares

NAME = "flexibility"


@dataclass(frozen=True, slots=True)
class Flexibility:
    """Car first (it can wait), then the battery."""

    name: str = NAME

    def narrow(self, ctx: CycleContext, bands: Bands) -> Bands:
        """Keep net import at or below (REDUCE) or at or above (INCREASE) the target."""
        award, rest = ctx.award, ctx.rest_w
        if award is None or rest is None or not award.commitment.covers(interval_at(ctx.now_s)):
            return bands
        target = target_power_w(award.commitment, award.net_import_wh, ctx.now_s)
        if award.commitment.direction is Direction.REDUCE:
            return _at_most(ctx, bands, target - rest, award.commitment.request_id)
        return _at_least(ctx, bands, target - rest, award.commitment.request_id)


def _at_most(ctx: CycleContext, bands: Bands, room_w: float, request_id: int) -> Bands:
    """Let car and battery draw at most ``room_w`` together."""
    sentence = f"Promised to the grid operator (request {request_id}): the house draws less."
    chargers = charger_ids(ctx, bands)
    allowed = _whole_steps(ctx, bands, max(room_w, 0.0))
    for device_id, part in shares(bands, chargers, allowed).items():
        bands = narrowed(bands, device_id, (0, part), NAME, sentence)
    cars = min(ctx.ev_w, sum(bands[d].high_w for d in chargers))
    batteries = battery_ids(ctx, bands)
    for device_id, part in shares(bands, batteries, cars - room_w).items():
        bands = narrowed(bands, device_id, (part, ANY), NAME, sentence)
    return bands


def _at_least(ctx: CycleContext, bands: Bands, draw_w: float, request_id: int) -> Bands:
    """Have car and battery draw at least ``draw_w`` together."""
    sentence = f"Promised to the grid operator (request {request_id}): the house draws more."
    chargers = charger_ids(ctx, bands)
    if draw_w > 0:
        for device_id, part in shares(bands, chargers, draw_w).items():
            least = next(c.min_power_w for c in ctx.chargers if c.device_id == device_id)
            low = max(part, least) if part > 0 else 0.0
            bands = narrowed(bands, device_id, (low, ANY), NAME, sentence)
    cars = max(ctx.ev_w, sum(bands[d].low_w for d in chargers)) if chargers else 0.0
    cars = min(cars, sum(bands[d].high_w for d in chargers))
    for device_id, part in shares(bands, battery_ids(ctx, bands), cars - draw_w).items():
        bands = narrowed(bands, device_id, (-ANY, part), NAME, sentence)
    return bands


def _whole_steps(ctx: CycleContext, bands: Bands, room_w: float) -> float:
    """Return the power the cars may take: none where it is less than the least of each."""
    least = min((c.min_power_w for c in ctx.chargers if c.device_id in bands), default=0.0)
    return room_w if room_w >= least else 0.0
