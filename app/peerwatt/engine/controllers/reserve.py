"""Third rule: the charge that the owner keeps for an outage is not spent on anything below.

Missing state of charge: no discharge by command at all; the device may still follow its own
self-consumption with its own floor (the band then stays open to charging only).
"""

from __future__ import annotations

from dataclasses import dataclass

from .context import Bands, CycleContext
from .tools import ANY, narrowed

NAME = "reserve"
RELEASE_PCT = 1.0
"""Discharge resumes this far above the reserve, so that it does not flap at the edge."""


@dataclass(frozen=True, slots=True)
class Reserve:
    """Stops discharging at the reserve."""

    name: str = NAME

    def narrow(self, ctx: CycleContext, bands: Bands) -> Bands:
        """Forbid discharging at or below the reserve (and just above it, once stopped)."""
        for limits in ctx.batteries:
            reading = ctx.battery(limits.device_id)
            if reading is None or reading.soc_pct is None:
                sentence = "The battery does not tell its charge, so nothing is drawn from it."
                bands = narrowed(bands, limits.device_id, (-ANY, 0), NAME, sentence)
                continue
            if holds(ctx, limits.device_id, limits.reserve_pct, reading.soc_pct):
                sentence = (
                    f"The battery holds its reserve of {limits.reserve_pct:.0f} % "
                    f"({reading.soc_pct:.0f} % now)."
                )
                bands = narrowed(bands, limits.device_id, (-ANY, 0), NAME, sentence)
        return bands


def holds(ctx: CycleContext, device_id: str, reserve_pct: float, soc_pct: float) -> bool:
    """Whether a battery is at its reserve, or was and is not yet clear of it."""
    edge = reserve_pct + (RELEASE_PCT if device_id in ctx.memory.reserve_held else 0.0)
    return reserve_pct > 0 and soc_pct <= edge
