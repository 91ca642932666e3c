"""Whole amperes and phases: a car's powers become such as its charger can set.

A charger sets whole amperes on one or three phases (IEC 61851: at least 6 A), so the optimum's
powers are snapped to what exists, carrying what is lost from step to step, and the rest of the
house is solved again around them.
"""

from __future__ import annotations

import itertools

import numpy as np

from .model import CarColumns, Model
from .program import Solver
from .spec import Array, CarSession
from .trying import Found

NOTHING = 1e-6

PHASE_DWELL = 4
"""Least steps between two changes of phases."""


def snap(model: Model, solver: Solver, found: Found, values: Array) -> tuple[Found, Array] | None:
    """Return the plan with settable powers; ``None`` where all are settable already."""
    cars = [car for car in model.cars if _needs_snap(model.house.cars[car.number])]
    if not any(np.any(values[car.power[: car.steps]] > NOTHING) for car in cars):
        return None
    columns, fixed = [], []
    for car in cars:
        columns.append(car.power[: car.steps])
        fixed.append(_settable(model, car, values[car.power[: car.steps]]))
    lower, upper = found.lower.copy(), found.upper.copy()
    place = {int(column): index for index, column in enumerate(found.columns)}
    extra: list[int] = []
    every_fixed: list[float] = []
    for column, value in zip(np.concatenate(columns), np.concatenate(fixed), strict=True):
        index = place.get(int(column))
        if index is None:
            extra.append(int(column))
            every_fixed.append(float(value))
        else:
            lower[index] = upper[index] = value
    all_columns = np.concatenate([found.columns, np.array(extra, np.int32)]).astype(np.int32)
    lower, upper = np.append(lower, every_fixed), np.append(upper, every_fixed)
    solver.bounds(all_columns, lower, upper)
    solution = solver.solve()
    solver.restore(all_columns)
    if solution is None:
        return None
    return Found(solution, found.bound, all_columns, lower, upper), solution.values


def _needs_snap(car: CarSession) -> bool:
    return car.step_kw > 0 or len(car.ranges_kw) > 1


def overshoot_kwh(car: CarSession, hours: float) -> float:
    """Return how much more than needed a session may take because powers come in steps."""
    if not _needs_snap(car):
        return 0.0
    holes = [b[0] - a[1] for a, b in itertools.pairwise(car.ranges_kw)]
    return max([car.step_kw, *holes]) * hours


def levels_kw(car: CarSession) -> Array:
    """Return all powers that the charger can set, rising, without nothing."""
    found: list[float] = []
    for low, high in car.ranges_kw:
        if car.step_kw > 0:
            last = low >= car.ranges_kw[-1][0] - 1e-9
            # One ampere on one phase is a third of one on three.
            step = car.step_kw if last else car.step_kw / 3
            found += [low + step * i for i in range(int((high - low) / step + 1e-6) + 1)]
        else:
            found += list(np.linspace(low, high, 200))
    return np.array(sorted(set(found)))


def _settable(model: Model, car: CarColumns, power: Array) -> Array:
    """Return energies next to the wished ones that the charger can set.

    Phases are changed only after ``PHASE_DWELL`` steps: contactors wear, and cars need a pause.
    """
    session = model.house.cars[car.number]
    hours = model.tree.hours[car.nodes[: car.steps]]
    levels = levels_kw(session)
    out = np.zeros(len(power))
    on = np.flatnonzero(power > NOTHING)
    carry, phases, changed = 0.0, -1, -PHASE_DWELL
    for place, step in enumerate(on):
        wish = (power[step] + carry) / hours[step]
        last = place == len(on) - 1
        usable = levels if last else _of_phases(session, levels, phases, int(step) - changed)
        if last:
            index = min(int(np.searchsorted(usable, wish - 1e-6)), len(usable) - 1)
        else:
            index = int(np.argmin(np.abs(usable - wish)))
        now = _range_of(session, float(usable[index]))
        if now != phases:
            phases, changed = now, int(step)
        out[step] = usable[index] * hours[step]
        if car.low[step] < levels[0] * hours[step] - NOTHING:
            out[step] = min(out[step], power[step] + carry)  # the last bit ends within the step
        carry += power[step] - out[step]
    return out


def _of_phases(session: CarSession, levels: Array, phases: int, since: int) -> Array:
    """Return the powers that can be set without changing phases too soon."""
    if phases < 0 or since >= PHASE_DWELL or len(session.ranges_kw) < 2:
        return levels
    low, high = session.ranges_kw[phases]
    return levels[(levels >= low - NOTHING) & (levels <= high + NOTHING)]


def _range_of(session: CarSession, power_kw: float) -> int:
    """Return the range that holds a power; where two meet, the lower one."""
    for number, (_, high) in enumerate(session.ranges_kw):
        if power_kw <= high + NOTHING:
            return number
    return len(session.ranges_kw) - 1
