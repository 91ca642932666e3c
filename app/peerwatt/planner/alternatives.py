"""What doing otherwise costs: the whole house is solved again with the alternative forced."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from .amperes import snap
from .program import Index
from .search import optimum
from .solving import Solved
from .spec import Array
from .why import Reason, money

MOST_SOLVES = 5
"""Alternatives that are solved, the nearest first."""

NEXT_HOURS = 6.0
"""Actions that begin later are not priced: the plan will have been made anew by then."""

EQUAL = 5e-4
"""Currency: differences below this are the preference among equals."""

Forced = tuple[Index, Array, Array, str]
"""Columns, the bounds that hold them, and the alternative in words."""


def priced(solved: Solved, found: list[Reason], most: int = MOST_SOLVES) -> list[Reason]:
    """Return the reasons, those of the next hours with what their alternative costs."""
    ends = np.cumsum(solved.model.house.hours)
    result, left = [], most
    for reason in found:
        forced = None
        if left > 0 and ends[reason.step] - solved.model.house.hours[reason.step] < NEXT_HOURS:
            forced = opposite(solved, reason)
        if forced is None:
            result.append(reason)
            continue
        left -= 1
        result.append(_tried(solved, reason, forced))
    return result


def _tried(solved: Solved, reason: Reason, forced: Forced) -> Reason:
    columns, lower, upper, said = forced
    cost = forced_cost(solved, columns, lower, upper)
    if cost is None:
        return replace(
            reason, override=said, sentence=f"{reason.sentence} To {said} is not possible."
        )
    extra = cost - solved.found.solution.cost
    if extra >= EQUAL:
        text = f"To {said} instead costs {money(extra)}."
    elif extra > -EQUAL:
        text = f"To {said} instead would cost the same."
    else:
        # The search stops near the optimum; what it missed is said, not hidden.
        text = f"To {said} instead would save {money(-extra)}: so near is the plan to the best."
    return replace(reason, override=said, override_cost=extra, sentence=f"{reason.sentence} {text}")


def opposite(solved: Solved, reason: Reason) -> Forced | None:
    """Return the bounds that force the opposite of an action where it begins, and its name."""
    for find in (_car, _battery, _run):
        forced = find(solved, reason)
        if forced is not None:
            return forced
    return None


def _car(solved: Solved, reason: Reason) -> Forced | None:
    model = solved.model
    for car in model.cars:
        session = model.house.cars[car.number]
        place = np.flatnonzero(car.nodes[: car.steps] == reason.step)
        if session.name != reason.subject or not len(place):
            continue
        column = car.power[place]
        if reason.action == "charge":
            return column, np.zeros(1), np.zeros(1), f"leave the car {_when(reason)}"
        if reason.action == "wait":
            high = np.minimum(solved.solver.upper[column], max(session.need_kwh, 0.0))
            return column, high, high, f"charge at full power {_when(reason)}"
    return None


def _battery(solved: Solved, reason: Reason) -> Forced | None:
    for store in solved.model.batteries:
        if store.name == reason.subject and reason.action in {"charge", "discharge"}:
            columns = np.array([store.charge[reason.step], store.discharge[reason.step]], np.int32)
            return columns, np.zeros(2), np.zeros(2), f"leave the battery {_when(reason)}"
    return None


def _run(solved: Solved, reason: Reason) -> Forced | None:
    for run in solved.model.runs:
        if solved.model.house.runs[run.number].name != reason.subject:
            continue
        column = run.choice[run.steps == reason.step]
        if len(column) and reason.action == "start":
            return column, np.zeros(1), np.zeros(1), "start it at another time"
        if len(column) and reason.action == "wait":
            return column, np.ones(1), np.ones(1), "start it now"
    return None


def _when(reason: Reason) -> str:
    return "in this step" if reason.step == 0 else "in that step"


def forced_cost(solved: Solved, columns: Index, lower: Array, upper: Array) -> float | None:
    """Return the cost of the best plan of the whole house with columns held within bounds.

    Searched and made settable like the plan itself; ``None`` where the bounds allow none.
    """
    solver, model = solved.solver, solved.model
    kept = solver.lower[columns].copy(), solver.upper[columns].copy()
    lows = [car.low.copy() for car in model.cars]
    solver.lower[columns], solver.upper[columns] = lower, upper
    for car in model.cars:
        inside = np.isin(car.power[: car.steps], columns)
        car.low[inside] = np.minimum(car.low[inside], solver.upper[car.power[: car.steps]][inside])
    solver.restore(columns)
    found = optimum(model, solver)
    if found is not None:
        snapped = snap(model, solver, found, found.solution.values)
        found = found if snapped is None else snapped[0]
    solver.lower[columns], solver.upper[columns] = kept
    for car, low in zip(model.cars, lows, strict=True):
        car.low[:] = low
    solver.restore(columns)
    return None if found is None else found.solution.cost
