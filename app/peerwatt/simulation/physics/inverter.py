"""How a hybrid inverter shares its AC terminals between PV and battery: one pure function."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Situation:
    """What the inverter has to decide on for one step, W; battery + discharge."""

    pv_available_w: float
    demand_w: float
    """What the house and the car use."""
    rating_w: float
    limit_w: float
    """Greatest AC output now, at most the rating."""
    battery_w: tuple[float, float] = (0.0, 0.0)
    """What the battery can do."""
    command_w: tuple[float, float] = (0.0, 0.0)
    """What the battery is allowed to do."""
    grid_charging: bool = True
    setpoint_w: float | None = None
    """AC power that was asked for; ``None`` is self-consumption."""


@dataclass(frozen=True, slots=True)
class Dispatch:
    """PV and battery power, and whether PV was held back."""

    pv_w: float
    battery_w: float
    throttled: bool


def dispatch(s: Situation) -> Dispatch:
    """Decide one step.

    Self-consumption follows the meter to zero; a command narrows it and the battery's own
    limits narrow that. When the output limit binds, PV that may not leave charges the battery
    (both share the DC side) before it is held back.
    """
    target = s.demand_w if s.setpoint_w is None else s.setpoint_w
    cap = s.limit_w if s.setpoint_w is None else min(s.limit_w, s.setpoint_w)
    low = max(s.command_w[0], s.battery_w[0])
    if not s.grid_charging:
        low = max(low, -s.pv_available_w)
    low = max(low, -s.rating_w - s.pv_available_w)
    low = min(low, s.battery_w[1])
    high = max(low, min(s.command_w[1], s.battery_w[1]))
    battery = min(max(target - s.pv_available_w, low), high)
    battery = min(battery, max(cap - s.pv_available_w, low))
    battery = max(min(battery, s.limit_w), s.battery_w[0])
    pv = min(s.pv_available_w, max(0.0, cap - battery))
    battery = max(battery, -s.rating_w - pv)
    return Dispatch(pv, battery, pv < s.pv_available_w - 0.5)
