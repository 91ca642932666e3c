"""Units and the arithmetic of intervals, energy and money that every package must do alike.

Power is W, energy integer Wh, state of charge %, money integer micro-units of the community
currency, prices micro-units per kWh. Signs: grid + = import, PV + = production,
battery + = discharge, EV + = consumption.
"""

from __future__ import annotations

INTERVAL_S = 900
"""Length of a market interval, seconds."""

INTERVALS_PER_DAY = 96
MICRO = 1_000_000
"""Micro-units in one unit of the community currency."""


def interval_at(time_s: float) -> int:
    """Return the number of the interval that holds ``time_s`` (Unix seconds, UTC)."""
    return int(time_s // INTERVAL_S)


def interval_start_s(interval: int) -> int:
    """Return the Unix second at which ``interval`` begins."""
    return interval * INTERVAL_S


def cost_up_micro(energy_wh: int, price_micro_per_kwh: int) -> int:
    """Money for ``energy_wh`` at a price, rounded up: what a payer owes."""
    return -((-energy_wh * price_micro_per_kwh) // 1000)


def cost_down_micro(energy_wh: int, price_micro_per_kwh: int) -> int:
    """Money for ``energy_wh`` at a price, rounded down: what a payee receives."""
    return (energy_wh * price_micro_per_kwh) // 1000


def energy_wh(power_w: float, seconds: float) -> float:
    """Energy in Wh of a constant power over ``seconds``."""
    return power_w * seconds / 3600.0
