"""Reasons of coming actions in words: the marginal values, and what would change it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from peerwatt.model.units import interval_start_s
from peerwatt.planner.inputs import StepReason

NEAR_MICRO = 5_000
"""Prices nearer than half a cent say nothing."""


def reason_of(reasons: Sequence[StepReason], subject: str, interval: int) -> StepReason | None:
    """Return why a subject's action begins in an interval; ``None`` where nothing is known."""
    found = (r for r in reasons if r.subject == subject and r.interval == interval)
    return next(found, None)


def car_why(reason: StepReason, zone: ZoneInfo, what: str = "then") -> tuple[str, str]:
    """Return (why, what would change it) of the car's charging or waiting."""
    price, other = reason.price_micro, reason.other_micro
    if reason.action == "done":
        return "It has what it needs by then.", ""
    if other is None or reason.other_interval is None:
        return "No other time is left before it leaves.", ""
    at = clock(reason.other_interval, zone)
    if reason.action == "wait":
        if price - other < NEAR_MICRO:
            return f"It goes on at {at}, in time for its departure.", ""
        why = f"A kWh costs {ct(price)} {what}, {ct(other)} at {at}."
        return why, f"Below {ct(other)} it would charge."
    if other - price < NEAR_MICRO:
        return f"A kWh costs {ct(price)} {what}; waiting would not be cheaper.", ""
    why = f"A kWh costs {ct(price)} {what}, {ct(other)} at {at}."
    return why, "" if reason.turns_micro is None else f"Above {ct(reason.turns_micro)} it waits."


def battery_why(reason: StepReason, zone: ZoneInfo, what: str = "then") -> tuple[str, str]:
    """Return (why, what would change it) of the battery's charging or discharging."""
    turns = reason.turns_micro
    if reason.action == "discharge":
        why = f"A kWh is worth {ct(reason.price_micro)} {what}"
        kept = "" if turns is None else f", {ct(turns)} if it were kept"
        return f"{why}{kept}.", "" if turns is None else f"Below {ct(turns)} it is kept."
    if reason.action == "charge":
        later = ""
        if reason.other_interval is not None and reason.other_micro is not None:
            later = f", {ct(reason.other_micro)} at {clock(reason.other_interval, zone)}"
        why = f"A kWh is worth {ct(reason.price_micro)} {what}{later}."
        return why, "" if turns is None else f"Above {ct(turns)} it does not charge."
    return "Neither storing nor drawing pays then.", ""


def clock(interval: int, zone: ZoneInfo) -> str:
    """Return the local time at which an interval begins."""
    return datetime.fromtimestamp(interval_start_s(interval), zone).strftime("%H:%M")


def ct(price_micro: int) -> str:
    """Return a price as people say it."""
    cents = price_micro / 10_000
    return f"{cents:.0f} ct" if abs(cents) >= 10 else f"{cents:.1f} ct"
