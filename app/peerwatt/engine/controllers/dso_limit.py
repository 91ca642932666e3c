"""Second rule: a limit on net import that the grid operator has set for now.

Without a fresh meter nothing is done here: the first rule has already taken the car back.
"""

from __future__ import annotations

from dataclasses import dataclass

from .context import Bands, CycleContext
from .device_limits import import_limited

NAME = "grid operator's limit"


@dataclass(frozen=True, slots=True)
class DsoLimit:
    """Keeps the house's net import below ``ctx.dso_limit_w``."""

    name: str = NAME

    def narrow(self, ctx: CycleContext, bands: Bands) -> Bands:
        """Narrow car and battery so that net import stays below the limit."""
        if ctx.dso_limit_w is None:
            return bands
        return import_limited(ctx, bands, ctx.dso_limit_w, NAME, "grid operator's limit")
