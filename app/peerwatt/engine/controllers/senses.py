"""Makes out what home and sun do from readings that are late by different times.

The meter tells what was a second ago, a charger follows after some seconds and tells it some
seconds later still. Taken together at face value they show a home that jumps whenever the car's
setpoint changes, and a control that believes it hunts. What is certain while the car follows a
change is a range: it draws something between before and after. The home's power is then the
value in the range nearest to what it was.
"""

from __future__ import annotations

import math
from statistics import median

from peerwatt.model.readings import ChargerReading

from .context import CycleContext, Senses

REACT_S = 8.0
"""A reading this much younger than a change of the setpoint shows its effect, seconds."""

METER_S = 3.0
"""How late the meter is, with the median, seconds."""

SETTLED_S = 30.0
"""After this a car that draws otherwise than asked just does so."""

MEDIAN_S = 4.0
"""Balances within this time of each other go through a median of three (no glitches)."""

SMOOTH_S = 20.0
"""Time constant of the slow value, which the sun is followed by."""


def sensed(ctx: CycleContext) -> Senses | None:
    """Return what is known of home and sun now; ``None`` without a fresh meter. Pure."""
    grid = ctx.grid_w
    if grid is None:
        return None
    fast, last = grid + ctx.battery_w, ctx.memory.senses
    if last is None or not 0 <= ctx.now_s - last.at_s <= SETTLED_S:
        rest = fast - ctx.ev_w
        return Senses(rest, rest, ctx.now_s, (fast,))
    passed = ctx.now_s - last.at_s
    recent = (*last.fast_w[-2:], fast) if passed <= MEDIAN_S else (fast,)
    calm = median(recent) if len(recent) == 3 else fast
    low, high = _cars_w(ctx)
    rest = min(max(last.rest_w, calm - high), calm - low)
    part = 1.0 - math.exp(-passed / SMOOTH_S)
    return Senses(rest, last.smooth_w + part * (rest - last.smooth_w), ctx.now_s, recent)


def _cars_w(ctx: CycleContext) -> tuple[float, float]:
    """Return between which powers the cars are together, W."""
    low = high = 0.0
    controlled = {limits.device_id for limits in ctx.chargers}
    for reading in ctx.snapshot.fresh_of(ChargerReading):
        power, span = reading.power_w or 0.0, None
        if reading.device_id in controlled:
            span = _following(ctx, reading.device_id)
        low += power if span is None else min(span[0], power)
        high += power if span is None else max(span[1], power)
    return low, high


def _following(ctx: CycleContext, device_id: str) -> tuple[float, float] | None:
    """Return the span of a change that its reading and the meter need not show yet."""
    asked, reading = ctx.memory.asked.get(device_id), ctx.charger(device_id)
    if asked is None or asked.power_w is None or reading is None or not reading.car_present:
        return None
    age = ctx.now_s - asked.changed_s
    told = reading.time_s >= asked.changed_s + REACT_S and age >= REACT_S + METER_S
    return None if told or age >= SETTLED_S else asked.span_w


def span_w(ctx: CycleContext, device_id: str, power_w: float) -> tuple[float, float]:
    """Return between which powers a charger will be while it follows a change to ``power_w``."""
    reading = ctx.charger(device_id)
    now = 0.0 if reading is None else reading.power_w or 0.0
    before = _following(ctx, device_id) or (now, now)
    return min(before[0], power_w, now), max(before[1], power_w, now)
