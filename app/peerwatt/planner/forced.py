"""The owner's overrides inside the model, and what each of them costs against the best plan."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..model.units import MICRO
from .alternatives import forced_cost
from .convert import house_of
from .inputs import Hold, PlanInput
from .model import CarColumns, Model
from .program import Index, Solver
from .solving import Solved, solve
from .spec import Array

Bounds = tuple[Index, Array, Array]
"""Columns with the bounds that hold them."""

NONE: Bounds = (np.zeros(0, np.int32), np.zeros(0), np.zeros(0))


def override_costs(
    plan_input: PlanInput, wishes: Sequence[Hold]
) -> tuple[tuple[Hold, int | None], ...]:
    """Return what each wish costs more over the horizon, micro-units; ``None`` if not known.

    The whole house is solved again around each wish: the cost is what the bill and all promises
    together would change by if the owner chose it now. A wish is a plan like any other: where one
    turns out cheaper than the plan, which is only near the best, all are measured against it.
    """
    from dataclasses import replace

    solved = solve(house_of(replace(plan_input, holds=())))
    if solved is None:
        return tuple((wish, None) for wish in wishes)
    costs = [_cost(solved, wish) for wish in wishes]
    best = min([solved.found.solution.cost, *(cost for cost in costs if cost is not None)])
    return tuple(
        (wish, None if cost is None else round((cost - best) * MICRO))
        for wish, cost in zip(wishes, costs, strict=True)
    )


def _cost(solved: Solved, wish: Hold) -> float | None:
    columns, lower, upper = held(solved.model, solved.solver, wish)
    if not len(columns):
        return None
    return forced_cost(solved, columns, lower, upper)


def force(model: Model, solver: Solver, holds: Sequence[Hold]) -> None:
    """Hold columns within what the owner wants, from the next solve on."""
    for hold in holds:
        columns, lower, upper = held(model, solver, hold)
        if not len(columns):
            continue
        solver.lower[columns], solver.upper[columns] = lower, upper
        for car in model.cars:
            steps = car.power[: car.steps]
            inside = np.isin(steps, columns)
            car.low[inside] = np.minimum(car.low[inside], solver.upper[steps][inside])
        solver.restore(columns)


def held(model: Model, solver: Solver, hold: Hold) -> Bounds:
    """Return the bounds that a wish puts on the model; none where it concerns nothing."""
    ends = model.house.start_s + 3600 * np.cumsum(model.tree.hours[: model.tree.steps])
    last = int(np.searchsorted(ends, hold.until_s, side="left")) + 1
    if hold.what == "battery hold":
        parts = [store.discharge[:last] for store in model.batteries]
        columns = np.concatenate(parts) if parts else NONE[0]
        return columns, np.zeros(len(columns)), np.zeros(len(columns))
    parts_car = [_car(model, solver, car, hold, last) for car in model.cars]
    if not parts_car:
        return NONE
    columns, lower, upper = (np.concatenate(part) for part in zip(*parts_car, strict=True))
    return columns.astype(np.int32), lower, upper


def _car(model: Model, solver: Solver, car: CarColumns, hold: Hold, last: int) -> Bounds:
    nodes = car.nodes[: car.steps]
    columns = car.power[: car.steps][nodes < last]
    if hold.what == "car pause":
        return columns, np.zeros(len(columns)), np.zeros(len(columns))
    most = np.array(solver.upper[columns])
    before = np.concatenate([[0.0], np.cumsum(most)[:-1]]) if len(most) else most
    need = max(model.house.cars[car.number].need_kwh, 0.0)
    # At full power until it has what it needs; a last bit below the least power may wait.
    taken = np.clip(need - before, 0.0, most)
    least = np.minimum(car.low[: len(columns)], most)
    return columns, np.where(taken >= least, taken, 0.0), taken
