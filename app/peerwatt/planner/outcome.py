"""A solved house in the words of its owner: powers by step, costs, worths, what was not kept."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from .bill import Costs, costs
from .kept import Violation, violations
from .program import Index
from .solving import Solved
from .spec import Array, House


@dataclass(frozen=True, slots=True)
class Outcome:
    """The plan of a house: powers kW by step (main path), worths currency per kWh."""

    house: House
    status: str
    """``Optimal`` (within ``gap`` of the best) or ``Rules`` (no optimum was found)."""
    charge_kw: tuple[Array, ...]
    discharge_kw: tuple[Array, ...]
    content_kwh: tuple[Array, ...]
    car_kw: tuple[Array, ...]
    """By session; what a car gives back is negative."""
    run_start: tuple[int | None, ...]
    switch_on: tuple[Array, ...]
    heat_kw: tuple[Array, ...]
    heat_kwh: tuple[Array, ...]
    hybrid_kw: tuple[Array, ...]
    """AC power of hybrid inverters, + towards the house."""
    curtail_kw: Array
    grid_kw: Array
    """+ import."""
    market_kw: Array
    """Part of it that is traded with neighbours."""
    marginal: Array
    """What one more kWh in a step costs."""
    stored: tuple[Array, ...]
    """What a kWh in a battery is worth after a step."""
    car_worth: tuple[float, ...]
    """What one kWh more of need costs, by session."""
    costs: Costs
    objective: float
    gap: float
    violations: tuple[Violation, ...] = ()
    labels: dict[str, str] = field(default_factory=dict)


def outcome(solved: Solved) -> Outcome:
    """Return a solved house in the words of its owner."""
    model, values, found = solved.model, solved.values, solved.found
    tree, house, count = model.tree, model.house, model.tree.steps
    hours = tree.hours[:count]

    def kw(columns: Index) -> Array:
        return np.zeros(count) if not len(columns) else values[columns[:count]] / hours

    grid = _sum([factor * kw(columns) for columns, factor in model.grid.net()], count)
    market = _sum([kw(c) for c in model.grid.market_buy], count)
    market = market - _sum([kw(c) for c in model.grid.market_sell], count)
    duals = found.solution.row_duals
    weight = tree.weight[:count]
    return Outcome(
        house=house,
        status="Optimal",
        charge_kw=tuple(kw(s.charge) for s in model.batteries),
        discharge_kw=tuple(kw(s.discharge) for s in model.batteries),
        content_kwh=tuple(values[s.content[:count]] for s in model.batteries),
        car_kw=tuple(_car_kw(solved, number) for number in range(len(model.cars))),
        run_start=tuple(_start(solved, number) for number in range(len(model.runs))),
        switch_on=tuple(_on(solved, number) for number in range(len(model.switches))),
        heat_kw=tuple(kw(s.charge) for s in model.heats),
        heat_kwh=tuple(values[s.content[:count]] for s in model.heats),
        hybrid_kw=tuple(kw(s.ac_out) - kw(s.ac_in) for s in model.batteries),
        curtail_kw=kw(model.grid.curtail),
        grid_kw=grid,
        market_kw=market,
        marginal=duals[model.balance[:count]] / weight,
        stored=tuple(-duals[s.rows[:count]] / weight for s in model.batteries),
        car_worth=tuple(_car_worth(solved, number) for number in range(len(model.cars))),
        costs=costs(solved),
        objective=found.solution.cost,
        gap=max(found.solution.cost - found.bound, 0.0),
        violations=violations(solved),
        labels=house.labels,
    )


def _car_kw(solved: Solved, number: int) -> Array:
    car, tree = solved.model.cars[number], solved.model.tree
    power = np.zeros(tree.steps)
    nodes = car.nodes[: car.steps]
    power[nodes] = solved.values[car.power[: car.steps]] / tree.hours[nodes]
    if car.store is not None:
        given = solved.values[car.store.discharge[: car.steps]] / tree.hours[nodes]
        power[nodes] -= given
    return power


def _car_worth(solved: Solved, number: int) -> float:
    """Return the most that the car pays in a step in which it charges between its limits."""
    car, model = solved.model.cars[number], solved.model
    nodes = car.nodes[: car.steps]
    charged = solved.values[car.power[: car.steps]] > 1e-6
    if not charged.any():
        return 0.0
    price = solved.found.solution.row_duals[model.balance[nodes]] / model.tree.weight[nodes]
    return float(price[charged].max())


def _start(solved: Solved, number: int) -> int | None:
    run = solved.model.runs[number]
    if not len(run.choice):
        return None
    chosen = int(np.argmax(solved.values[run.choice]))
    return int(run.steps[chosen]) if solved.values[run.choice[chosen]] > 0.5 else None


def _on(solved: Solved, number: int) -> Array:
    switch, on = solved.model.switches[number], np.zeros(solved.model.tree.steps)
    on[switch.steps] = np.round(solved.values[switch.choice])
    return on


def _sum(series: list[Array], count: int) -> Array:
    total = np.zeros(count)
    for one in series:
        total = total + one
    return total
