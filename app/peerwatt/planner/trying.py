"""Tries what is on and off: holds a choice in the program, solves it hot, keeps the cheapest."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from .model import CarColumns, Model
from .program import Index, Solution, Solver
from .spec import Array

NOTHING = 1e-6
"""kWh that are rounding noise of the solver."""

NEAR = 0.0003
"""Currency: a plan this near to the relaxation is not searched further."""


@dataclass(frozen=True, slots=True)
class Found:
    """The best plan found, an optimum of the program with what is on and off fixed."""

    solution: Solution
    bound: float
    """No choice costs less than this."""
    columns: Index
    """Columns that were fixed or narrowed, with their bounds, to re-solve beside the plan."""
    lower: Array
    upper: Array


@dataclass(frozen=True, slots=True)
class Choice:
    """What is on: bounds for all columns that are not free."""

    cars: tuple[np.ndarray, ...]
    starts: tuple[int, ...]
    """Index of the start of each run; -1: not at all."""
    times: tuple[np.ndarray, ...]

    def key(self) -> bytes:
        """Return what tells choices apart."""
        parts = [*(c.tobytes() for c in self.cars), repr(self.starts).encode()]
        return b"|".join([*parts, *(t.tobytes() for t in self.times)])


@dataclass(slots=True)
class Hunt:
    """One search: its program, what was tried, the best so far."""

    model: Model
    solver: Solver
    discrete: Index
    """All columns that a choice fixes or narrows."""
    bound: float
    best: Found | None = None
    tried: set[bytes] = field(default_factory=set)

    @property
    def near(self) -> bool:
        """Whether the best is as near to the bound as is worth a search."""
        return self.best is not None and self.best.solution.cost <= self.bound + NEAR

    def attempt(self, choice: Choice) -> bool:
        """Solve under a choice; whether that is the new best."""
        if choice.key() in self.tried:
            return False
        self.tried.add(choice.key())
        lower, upper = _bounds(self.model, choice)
        return self.attempt_bounds(lower, upper)

    def attempt_bounds(self, lower: Array, upper: Array) -> bool:
        """Solve with the discrete columns within bounds; whether that is the new best."""
        solver, discrete = self.solver, self.discrete
        # An alternative may be forced from outside (the price of an override).
        upper = np.maximum(upper, solver.lower[discrete])
        lower = np.maximum(lower, solver.lower[discrete])
        most = np.maximum(solver.upper[discrete], _least(self.model, len(discrete)))
        upper = np.minimum(upper, most)
        lower = np.minimum(lower, upper)
        solver.bounds(discrete, lower, upper)
        solution = solver.solve()
        found = None
        if solution is not None and self._better(solution):
            found = direct(self.model, solver, solution, self.bound, discrete, lower, upper)
        solver.restore(discrete)
        if found is None or not self._better(found.solution):
            return False
        self.best = found
        return True

    def _better(self, solution: Solution) -> bool:
        return self.best is None or solution.cost < self.best.solution.cost - NOTHING


def _least(model: Model, count: int) -> Array:
    """Return the least energy of each discrete column that is on; 0 for what is 0 or 1."""
    least = np.concatenate([np.zeros(0), *(car.low for car in model.semis)])
    return np.append(least, np.zeros(count - len(least)))


def _bounds(model: Model, choice: Choice) -> tuple[Array, Array]:
    """Return the bounds of the discrete columns under a choice, in their order."""
    lower, upper = [], []
    for car, on in zip(model.semis, choice.cars, strict=True):
        high = _high(model, car)
        lower.append(np.where(on, car.low, 0.0))
        upper.append(np.where(on, high, 0.0))
    for run, start in zip(model.runs, choice.starts, strict=True):
        fixed = np.zeros(len(run.choice))
        if start >= 0:
            fixed[start] = 1.0
        lower.append(fixed)
        upper.append(fixed)
    for times in choice.times:
        lower.append(times.astype(float))
        upper.append(times.astype(float))
    loose = len(model.integers) + len(model.directions)
    lower.append(np.zeros(loose))
    upper.append(np.ones(loose))
    empty = np.zeros(0)
    return np.concatenate([empty, *lower]), np.concatenate([empty, *upper])


def _high(model: Model, car: CarColumns) -> Array:
    hours = model.tree.hours[car.nodes[: car.steps]]
    return np.maximum(car.highest_kw * hours, car.low)


def direct(
    model: Model,
    solver: Solver,
    solution: Solution,
    bound: float,
    columns: Index,
    lower: Array | None = None,
    upper: Array | None = None,
) -> Found | None:
    """Shut one of two opposite flows where a solution uses both; a few rounds, then all."""
    pairs = _opposites(model)
    none = np.zeros(0)
    shut = np.zeros(0, np.int32)
    for _ in range(6):
        both = [
            np.where(solution.values[a] >= solution.values[b], b, a)[
                np.minimum(solution.values[a], solution.values[b]) > 1e-5
            ]
            for a, b in pairs
        ]
        more = np.concatenate([np.zeros(0, np.int32), *both]).astype(np.int32)
        if not len(more):
            break
        shut = np.concatenate([shut, more])
        solver.bounds(more, 0.0, 0.0)
        again = solver.solve()
        if again is None:  # a flow that cannot be shut: the net of both is what is planned
            solver.restore(more)
            shut = shut[: -len(more)]
            break
        solution = again
    solver.restore(shut)
    low = none if lower is None else lower
    high = none if upper is None else upper
    zeros = np.zeros(len(shut))
    return Found(
        solution, bound, np.concatenate([columns, shut]).astype(np.int32),
        np.concatenate([low, zeros]), np.concatenate([high, zeros]),
    )  # fmt: skip


def _opposites(model: Model) -> list[tuple[Index, Index]]:
    """Return pairs of flows of which a node may have only one."""
    pairs = [(model.grid.buy, model.grid.sell)]
    for store in model.batteries:
        pairs.append((store.charge, store.discharge))
        if len(store.ac_out):
            pairs.append((store.ac_out, store.ac_in))
    pairs += [(c.power, c.store.discharge) for c in model.cars if c.store is not None]
    return pairs
