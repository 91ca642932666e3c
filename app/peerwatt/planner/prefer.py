"""The second stage: among plans that cost the same, the calm one.

Every column with a reduced cost and every row with a marginal value is pinned where the first
stage left it; what remains free are exactly the plans of equal cost. Among these: early rather
than late, as the plan before, and little battery traffic. What a battery buys is bought late:
until then more is known of what it is for.
"""

from __future__ import annotations

import numpy as np

from .model import Model
from .program import Index, Solution, Solver
from .spec import Array
from .trying import Found

PINNED = 1e-7
"""Marginal values above this pin their column or row."""

KEEP = 0.5
"""How much more a step of the plan before is preferred than the earliest one."""

RISK = 5.0
"""How much a car at the dearest price is disliked: what the forecast misses is bought there."""


def settle(model: Model, solver: Solver, found: Found) -> Array:
    """Return the values of the preferred plan among those that cost as much as ``found``."""
    first = found.solution
    solver.bounds(found.columns, found.lower, found.upper)
    rows = np.flatnonzero(np.abs(first.row_duals) > PINNED).astype(np.int32)
    at = np.where(first.row_duals[rows] > 0, solver.row_lower[rows], solver.row_upper[rows])
    columns = np.flatnonzero(np.abs(first.reduced) > PINNED).astype(np.int32)
    every = np.arange(len(solver.cost), dtype=np.int32)
    solver.bounds(columns, first.values[columns], first.values[columns])
    solver.rows_bounds(rows, at, at)
    solver.prices(every, preferences(model, len(solver.cost)))
    second = solver.solve()
    solver.prices(every, solver.cost)
    solver.rows_bounds(rows, solver.row_lower[rows], solver.row_upper[rows])
    solver.restore(np.union1d(columns, found.columns).astype(np.int32))
    if second is None or not _equal(first, second, solver):
        return first.values
    return second.values


def _equal(first: Solution, second: Solution, solver: Solver) -> bool:
    return abs(float(solver.cost @ second.values) - first.cost) < 1e-4


def preferences(model: Model, count: int) -> Array:
    """Return how much each kWh is disliked: later more than earlier, new more than planned."""
    cost = np.zeros(count)
    tree, before = model.tree, model.house.previous
    main = tree.steps
    late = np.arange(main) / main
    price = model.house.import_price
    price = (price - price.min()) / max(float(np.ptp(price)), 1e-6)
    bought = tree.pv_kw[:main] <= tree.load_kw[:main]
    for store in model.batteries:
        cost[store.charge[:main]] = 0.2 + np.where(bought, 1.0 - late, late)
        cost[store.discharge[:main]] = 0.2 + late
        if before is not None:
            cost[store.charge[:main]] -= KEEP * (before.battery_kw > 0.05)
            cost[store.discharge[:main]] -= KEEP * (before.battery_kw < -0.05)
    for car in model.cars:
        nodes = car.nodes[: car.steps]
        cost[car.power[: car.steps]] = 0.2 + late[nodes] + RISK * price[nodes]
        if before is not None:
            cost[car.power[: car.steps]] -= KEEP * (before.car_kw[nodes] > 0.05)
    for heat in model.heats:
        cost[heat.charge[:main]] = late
    cost[_peaks(model)] = 1.0
    return cost


def _peaks(model: Model) -> Index:
    return model.grid.peaks
