"""One phase or three: charging on one begins at a third of the power, but tops at a third too.

Each switch interrupts charging for some seconds and wears a contactor, so that phases stay for
five minutes at least and change only on what has lasted two (the field's usual delays lie
between two and seven minutes).
"""

from __future__ import annotations

from dataclasses import replace

from .context import CarState, ChargerLimits

DWELL_S = 300.0
LASTS_S = 120.0
ABOVE = 1.05
"""Three phases need this much of their least power to be begun."""


def switched(
    state: CarState, limits: ChargerLimits, power_w: float, now_s: float, urgent: bool = False
) -> CarState:
    """Return the state with the phases that suit a power, once that has lasted.

    ``urgent`` (the owner wants to charge now) waits for nothing but the least dwell.
    """
    if not limits.can_switch:
        return state
    three = state.phases == 3
    edge = limits.three_phase_min_w * (1.0 if three else ABOVE)
    # Between the most of one phase and the least of three neither fits: one phase stays below.
    if (power_w >= edge) == three:
        return replace(state, phases_since_s=None)
    since = now_s if state.phases_since_s is None else state.phases_since_s
    begun = replace(state, phases_since_s=since)
    if now_s - state.phases_s < DWELL_S:
        return begun
    if not urgent and now_s - since < LASTS_S:
        return begun
    return replace(state, phases=1 if three else 3, phases_s=now_s, phases_since_s=None)


def range_w(limits: ChargerLimits, phases: int) -> tuple[float, float]:
    """Return the (least, most) power on a number of phases, W."""
    if not limits.can_switch:
        return limits.min_power_w, limits.max_power_w
    if phases == 1:
        return limits.min_power_w, limits.one_phase_max_w
    return limits.three_phase_min_w, limits.max_power_w


def step_w(limits: ChargerLimits, phases: int) -> float:
    """Return the power of one ampere on a number of phases, W."""
    return limits.step_w / 3 if limits.can_switch and phases == 1 else limits.step_w
