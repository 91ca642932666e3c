"""Fourth rule: what the owner said stands above every promise and price."""

from __future__ import annotations

from dataclasses import dataclass

from .context import Bands, CycleContext
from .tools import ANY, battery_ids, charger_ids, narrowed

NAME = "owner"


@dataclass(frozen=True, slots=True)
class Override:
    """Charge the car now, pause it, or hold the battery's charge. Needs no reading."""

    name: str = NAME

    def narrow(self, ctx: CycleContext, bands: Bands) -> Bands:
        """Apply the overrides in force."""
        wish = ctx.overrides.at(ctx.now_s)
        for device_id in charger_ids(ctx, bands):
            if wish.car == "now":
                bands = narrowed(bands, device_id, (ANY, ANY), NAME, "You asked to charge now.")
            elif wish.car == "pause":
                bands = narrowed(bands, device_id, (0, 0), NAME, "You paused the car.")
        if wish.battery == "hold":
            for device_id in battery_ids(ctx, bands):
                bands = narrowed(
                    bands, device_id, (-ANY, 0), NAME, "You asked the battery to hold its charge."
                )
        return bands
