"""The last step before a setpoint: less at once, more only once it lasts, nothing twice.

Limits and promises act on what is measured now, which flickers. Taking less is never delayed.
Giving more waits until more would have been given for a while, and a car that a limit has stopped
waits a minute. So no device gets more than a few changes a minute, whatever the rules above do.
"""

from __future__ import annotations

from dataclasses import replace

from peerwatt.model.control import Band

from .context import Asked, CycleContext
from .senses import span_w

GAP_S = 10.0
"""Least time between two changes of a charger, unless it is to pause: more would be held back by
its driver, and what it was last told must be known here."""

RAISE_S = 15.0
"""How long more must be wished before a charger gets more, and since its last change."""

RESTART_S = 60.0
"""The same where it was stopped: starting and stopping wears contactors."""

LIMITS = frozenset({"device limits", "grid operator's limit", "flexibility"})

SAME_W = 50.0
"""Battery setpoints that differ by less are not written anew."""

LARGE_W = 300.0
HOLD_S = 10.0
"""A battery's change smaller than ``LARGE_W`` waits until the last one is this old, seconds."""

GRAIN_W = 10.0


def calm_car(ctx: CycleContext, band: Band, power_w: float) -> Asked:
    """Return the charger's setpoint with what is remembered of it."""
    last = ctx.memory.asked.get(band.device_id)
    owner = ctx.overrides.at(ctx.now_s).car == "now"
    limited = not LIMITS.isdisjoint(reason.controller for reason in band.reasons)
    fresh = Asked(power_w, ctx.now_s, owner, limited, span_w=span_w(ctx, band.device_id, power_w))
    if last is None or last.power_w is None:
        return fresh
    if power_w == last.power_w:
        return replace(last, by_owner=owner, up_since_s=None)
    age = ctx.now_s - last.changed_s
    if power_w == 0 or (power_w < last.power_w and age >= GAP_S):
        return fresh
    if owner and not last.by_owner and age >= GAP_S:
        return fresh
    since = ctx.now_s if last.up_since_s is None else last.up_since_s
    if power_w > last.power_w and _waited(last, ctx.now_s - since, age):
        return fresh
    return replace(last, up_since_s=since if power_w > last.power_w else None)


def _waited(last: Asked, wished_s: float, age_s: float) -> bool:
    """Whether more was wished for long enough.

    Plan and surplus rule have waited already before they start a car; a limit has not.
    """
    if last.power_w == 0:
        return age_s >= GAP_S and (not last.limited or wished_s >= RESTART_S)
    return wished_s >= RAISE_S and age_s >= RAISE_S


def calm_battery(ctx: CycleContext, band: Band, power_w: float) -> Asked:
    """Return a battery's commanded power with what is remembered of it."""
    last = ctx.memory.asked.get(band.device_id)
    rounded = min(max(round(power_w / GRAIN_W) * GRAIN_W, band.low_w), band.high_w)
    if last is not None and last.power_w is not None and band.low_w <= last.power_w <= band.high_w:
        change = abs(rounded - last.power_w)
        young = ctx.now_s - last.changed_s < HOLD_S
        if change < SAME_W or (change < LARGE_W and young):
            return last
    return Asked(rounded, ctx.now_s)
