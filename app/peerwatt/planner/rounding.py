"""Roundings of a relaxed solution: in which steps a car charges, when appliances run."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .model import CarColumns, Model, RunColumns
from .program import Solution
from .spec import Array, Switch

NOTHING = 1e-6
Mask = NDArray[np.bool_]


def car_roundings(model: Model, car: CarColumns, relaxed: Solution) -> list[Mask]:
    """Return several sets of steps in which a car could charge, the likeliest first."""
    power = relaxed.values[car.power[: car.steps]]
    if not np.any((power > NOTHING) & (power < car.low - NOTHING)):
        return [power > NOTHING]
    total = float(power.sum())
    nothing = np.zeros(len(power), bool)  # where its least power breaks a limit: rather late
    return [
        *(
            fitting(mask, power, car.low, total)
            for mask in (
                _concentrated(power, car.low),
                power >= car.low / 2,
                _spread(power, car.low),
                power >= car.low / 10,
                _cheapest(model, car, relaxed, power),
            )
        ),
        nothing,
    ]


def fitting(mask: Mask, power: Array, low: Array, total: float) -> Mask:
    """Drop the steps with least power until the least energy of the rest fits the need."""
    over = float(low[mask].sum()) - total
    for step in np.flatnonzero(mask)[np.argsort(power[mask], kind="stable")]:
        if over <= NOTHING:
            break
        mask[step] = False
        over -= float(low[step])
    if not mask.any():
        mask[int(np.argmax(power))] = True
    return mask


def _concentrated(power: Array, low: Array) -> Mask:
    """Put all that is too little into as few steps as hold it, the fullest first."""
    chosen = power >= low - NOTHING
    small = np.flatnonzero((power > NOTHING) & ~chosen)
    rest = float(power[small].sum())
    for step in small[np.argsort(-power[small], kind="stable")]:
        if rest <= NOTHING:
            break
        chosen[step] = True
        rest -= float(low[step])
    return chosen


def _spread(power: Array, low: Array) -> Mask:
    """Charge whenever enough has gathered since the last time (error diffusion)."""
    chosen = np.zeros(len(power), bool)
    gathered = 0.0
    for step in np.flatnonzero(power > NOTHING):
        gathered += power[step]
        if gathered >= low[step] / 2:
            chosen[step] = True
            gathered -= max(low[step], power[step])
    return chosen


def _cheapest(model: Model, car: CarColumns, relaxed: Solution, power: Array) -> Mask:
    """Charge at the least power in the cheapest steps by marginal price."""
    nodes = car.nodes[: car.steps]
    price = relaxed.row_duals[model.balance[nodes]] / model.tree.weight[nodes]
    order = np.lexsort((np.arange(len(price)), np.round(price, 4)))
    filled = np.cumsum(car.low[order])
    need = float(power.sum())
    chosen = np.zeros(len(power), bool)
    chosen[order[: int(np.searchsorted(filled, need)) or 1]] = True
    return chosen


def run_starts(run: RunColumns, found: Solution, allowed: Array) -> int:
    """Return the cheapest allowed start by marginal prices; -1 when not running is cheaper."""
    if not len(run.choice):
        return -1
    score = found.reduced[run.choice] - 1e-4 * found.values[run.choice]
    best = int(np.argmin(np.where(allowed > 0.5, np.round(score, 7), np.inf)))
    skip = float(found.reduced[run.skip[0]])
    skipped = float(found.values[run.skip[0]]) > 0.5
    return -1 if skipped and skip < score[best] else best


def switch_times(model: Model, switch: RunColumns, found: Solution) -> Mask:
    """Return when an appliance is on: the cheapest times that keep its least times.

    Dynamic programming over steps, hours still wanted (in steps) and how long it has been as it
    is; prices are the marginal ones of the solution.
    """
    spec: Switch = model.house.switches[switch.number]
    count = len(switch.steps)
    if not count:
        return np.zeros(0, bool)
    hours = model.tree.hours[switch.steps]
    wanted = min(int(np.ceil(spec.on_hours / float(np.mean(hours)) - 1e-9)), count)
    price = found.row_duals[model.balance[switch.steps]] / model.tree.weight[switch.steps]
    cost = price * spec.power_kw * hours + 1e-7 * np.arange(count)
    return _cheapest_times(
        cost, wanted, max(spec.min_on_steps, 1), max(spec.min_off_steps, 1), spec.on_now
    )


def _cheapest_times(cost: Array, wanted: int, least_on: int, least_off: int, on_now: bool) -> Mask:
    """Return the cheapest on-times with at least ``wanted`` steps on."""
    count, states = len(cost), least_on + least_off
    # State s < least_on: on for s + 1 steps (the last: or longer); then the same for off.
    worth = np.full((states, wanted + 1), np.inf)
    worth[least_on - 1 if on_now else states - 1, 0] = 0.0
    came = np.zeros((count, states, wanted + 1), np.int8)
    done = np.zeros((count, states, wanted + 1), np.int16)
    level = np.arange(wanted + 1)
    for step in range(count):
        fresh = np.full_like(worth, np.inf)
        for state in range(states):
            for to in _follows(state, least_on, least_off):
                gain = 1 if to < least_on else 0
                target = np.minimum(level + gain, wanted)
                value = worth[state] + (cost[step] if gain else 0.0)
                for source in range(wanted, -1, -1):
                    if value[source] < fresh[to, target[source]]:
                        fresh[to, target[source]] = value[source]
                        came[step, to, target[source]] = state
                        done[step, to, target[source]] = source
        worth = fresh
    at = np.unravel_index(int(np.argmin(worth[:, wanted])), (states,))[0]
    used, state = wanted, int(at)
    chosen = np.zeros(count, bool)
    if not np.isfinite(worth[state, used]):
        chosen[:wanted] = True
        return chosen
    for step in range(count - 1, -1, -1):
        chosen[step] = state < least_on
        state, used = int(came[step, state, used]), int(done[step, state, used])
    return chosen


def _follows(state: int, least_on: int, least_off: int) -> tuple[int, ...]:
    """Return the states that can follow one."""
    if state < least_on - 1:
        return (state + 1,)
    if state == least_on - 1:
        return (state, least_on)
    if state < least_on + least_off - 1:
        return (state + 1,)
    return (state, 0)
