"""Turns readings and setpoints into the twins' input symbols: pure, with hysteresis.

The earlier symbol is an input too: a power that hovers around a threshold keeps its symbol, so
that the log holds events and not noise.
"""

from __future__ import annotations

from peerwatt.model.control import Setpoint
from peerwatt.model.readings import (
    BatteryReading,
    ChargerReading,
    ChargerStatus,
    InverterReading,
    MeterReading,
)

from .tables import FAULT, LOST

GRID_ENTER_W, GRID_LEAVE_W = 200.0, 60.0
BATTERY_ENTER_W, BATTERY_LEAVE_W = 150.0, 50.0
SUN_ENTER_W, SUN_LEAVE_W = 30.0, 5.0
MET_SHARE, MET_W = 0.1, 150.0
"""A command counts as met within a tenth of it, or 150 W."""

GRACE_S = 30.0
"""How long a battery may take to follow (ramp, poll) before it refuses."""

OVER_SHARE = 1.15
LIMITED_PCT = 99.5

_STATUS = {
    ChargerStatus.AVAILABLE: "no-car",
    ChargerStatus.RESERVED: "no-car",
    ChargerStatus.PREPARING: "car",
    ChargerStatus.CHARGING: "charging",
    ChargerStatus.SUSPENDED_EVSE: "held",
    ChargerStatus.SUSPENDED_EV: "car-pauses",
    ChargerStatus.FINISHING: "ending",
    ChargerStatus.UNAVAILABLE: FAULT,
    ChargerStatus.FAULTED: FAULT,
}


def _signed(
    power_w: float, names: tuple[str, str, str], before: str | None, enter_w: float, leave_w: float
) -> str:
    """Return the name for positive, negative or near zero, with hysteresis."""
    positive, negative, zero = names
    up = leave_w if before == positive else enter_w
    down = leave_w if before == negative else enter_w
    if power_w > up:
        return positive
    return negative if power_w < -down else zero


def meter_symbol(reading: MeterReading | None, before: str | None = None) -> str:
    """Return the symbol of a grid meter; ``None`` means not fresh."""
    if reading is None or reading.power_w is None:
        return LOST
    names = ("import", "export", "balance")
    return _signed(reading.power_w, names, before, GRID_ENTER_W, GRID_LEAVE_W)


def inverter_symbol(reading: InverterReading | None, before: str | None = None) -> str:
    """Return the symbol of an inverter; a SunSpec state FAULT outranks its power."""
    if reading is None:
        return LOST
    if (reading.operating_state or "").upper() == "FAULT":
        return FAULT
    power = reading.pv_power_w
    if power is None:
        return LOST
    if power <= (SUN_LEAVE_W if before in {"sun", "limited"} else SUN_ENTER_W):
        return "dark"
    if reading.limit_pct is not None and reading.limit_pct < LIMITED_PCT:
        return "limited"
    return "sun"


def battery_symbol(
    reading: BatteryReading | None,
    asked_w: float | None,
    asked_for_s: float,
    before: str | None = None,
) -> str:
    """Return the symbol of a battery.

    ``asked_w`` is the command in force (``None``: free), ``asked_for_s`` how long it has been.
    """
    if reading is None or reading.power_w is None:
        return LOST
    if asked_w is None:
        names = ("free-discharge", "free-charge", "free-idle")
        return _signed(reading.power_w, names, before, BATTERY_ENTER_W, BATTERY_LEAVE_W)
    if abs(reading.power_w - asked_w) <= max(abs(asked_w) * MET_SHARE, MET_W):
        return "asked-met"
    return "asked-unmet" if asked_for_s < GRACE_S else "asked-late"


def charger_symbol(
    reading: ChargerReading | None, setpoint: Setpoint | None, asked_for_s: float
) -> str:
    """Return the symbol of a charger; more power than asked, for long, is over the limit."""
    if reading is None or reading.status is None:
        return LOST
    symbol = _STATUS[reading.status]
    asked = None if setpoint is None else setpoint.power_w
    power = reading.power_w or 0.0
    if symbol == "charging" and asked is not None and asked_for_s >= GRACE_S:
        over = power > max(asked * OVER_SHARE, asked + MET_W)
        return "over-limit" if over else symbol
    return symbol


def household_symbol(grid_w: float | None, promise_running: bool, before: str | None = None) -> str:
    """Return the symbol of the house as a whole."""
    if grid_w is None:
        return LOST
    if promise_running:
        return "event"
    return _signed(grid_w, ("import", "export", "balance"), before, GRID_ENTER_W, GRID_LEAVE_W)
