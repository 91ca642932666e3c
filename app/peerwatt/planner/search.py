"""Finds what is on and what is off: relax, round in several ways, re-solve hot, keep the cheapest.

A car takes nothing or at least 6 A (IEC 61851), appliances run or stand still, and where selling
pays more than buying a step must do one of both. The relaxation bounds what any choice can reach,
so the search ends as soon as a rounding is near enough; only what is left goes to branch and
bound, with the best rounding to begin from.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from .model import CarColumns, Model
from .program import Index, Solution, Solver
from .rounding import car_roundings, run_starts, small_changes, switch_times
from .spec import Array

NOTHING = 1e-6
"""kWh that are rounding noise of the solver."""

NEAR = 0.0003
"""Currency: a plan this near to the relaxation is not searched further."""

WORTH_A_SEARCH = 0.02
"""Currency above the relaxation at which branch and bound is asked, where appliances run."""

SEARCH_GAP = 0.004
"""Currency: how near to the best branch and bound has to come."""

POLISH_SOLVES = 16
"""Most linear programs solved to try single steps."""

SEARCH_S = 0.15
"""Longest branch and bound, seconds."""


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


def optimum(model: Model, solver: Solver, search_s: float = SEARCH_S) -> Found | None:
    """Return the best plan found, ``None`` when even the relaxation has none."""
    relaxed = solver.solve()
    if relaxed is None:
        return None
    discrete = discrete_columns(model)
    best: Found | None = None
    bound = relaxed.cost
    if _whole(model, relaxed):
        best = _direct(model, solver, relaxed, bound, np.zeros(0, np.int32))
        if best is not None and not model.integers:
            return best
    tried: set[bytes] = set()
    for choice in _choices(model, relaxed):
        best = _try(model, solver, choice, discrete, bound, tried, best)
        if best is not None and best.solution.cost <= bound + NEAR:
            break
    best = _improve(model, solver, discrete, bound, tried, best)
    best = _polish(model, solver, discrete, bound, tried, best)
    if best is None or _split(model, best) or _worth_branching(model, best, search_s):
        start = None if best is None or _split(model, best) else best
        best = _branch(model, solver, discrete, bound, start, search_s) or best
    return best


def _split(model: Model, best: Found) -> bool:
    """Whether a binary is neither 0 nor 1: roundings do not touch those of falling tiers."""
    values = best.solution.values[np.array(model.integers, np.int32)]
    return bool(np.any(np.abs(values - np.round(values)) > NOTHING))


def _worth_branching(model: Model, best: Found, seconds: float) -> bool:
    """Whether branch and bound is likely to pay: seldom where only cars round (measured)."""
    many = bool(model.runs or model.switches or model.integers) or seconds > SEARCH_S
    return many and seconds > 0 and best.solution.cost > best.bound + WORTH_A_SEARCH


def discrete_columns(model: Model) -> Index:
    """Return all columns that a choice fixes or narrows."""
    parts = [car.power[: car.steps] for car in model.semis]
    parts += [run.choice for run in model.runs] + [s.choice for s in model.switches]
    parts.append(np.array(model.integers, np.int32))
    return np.concatenate(parts).astype(np.int32)


def _whole(model: Model, found: Solution) -> bool:
    """Whether a solution of the relaxation keeps every rule already."""
    for car in model.semis:
        power = found.values[car.power[: car.steps]]
        if np.any((power > NOTHING) & (power < car.low - NOTHING)):
            return False
    for part in (*model.runs, *model.switches):
        choice = found.values[part.choice]
        if np.any((choice > NOTHING) & (choice < 1 - NOTHING)):
            return False
    return not model.integers


def _choices(model: Model, relaxed: Solution) -> list[Choice]:
    """Return the choices to try: the cars' roundings beside the best times of the appliances."""
    starts = tuple(run_starts(run, relaxed) for run in model.runs)
    times = tuple(switch_times(model, switch, relaxed) for switch in model.switches)
    roundings = [car_roundings(model, car, relaxed) for car in model.semis]
    count = max((len(r) for r in roundings), default=1)
    return [
        Choice(tuple(r[min(i, len(r) - 1)] for r in roundings), starts, times) for i in range(count)
    ]


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
    for _ in model.integers:
        lower.append(np.zeros(1))
        upper.append(np.ones(1))
    empty = np.zeros(0)
    return np.concatenate([empty, *lower]), np.concatenate([empty, *upper])


def _high(model: Model, car: CarColumns) -> Array:
    hours = model.tree.hours[car.nodes[: car.steps]]
    return np.maximum(car.highest_kw * hours, car.low)


def _try(
    model: Model,
    solver: Solver,
    choice: Choice,
    discrete: Index,
    bound: float,
    tried: set[bytes],
    best: Found | None,
) -> Found | None:
    """Solve under a choice and return the better of it and the best so far."""
    if choice.key() in tried:
        return best
    tried.add(choice.key())
    lower, upper = _bounds(model, choice)
    # An alternative may be forced from outside (the price of an override).
    lower = np.maximum(lower, solver.lower[discrete])
    upper = np.minimum(np.maximum(upper, lower), np.maximum(solver.upper[discrete], lower))
    solver.bounds(discrete, lower, upper)
    solution = solver.solve()
    found = None
    if solution is not None and (best is None or solution.cost < best.solution.cost - NOTHING):
        found = _direct(model, solver, solution, bound, discrete, lower, upper)
    solver.restore(discrete)
    if found is None or (best is not None and best.solution.cost <= found.solution.cost):
        return best
    return found


def _direct(
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


def _improve(
    model: Model,
    solver: Solver,
    discrete: Index,
    bound: float,
    tried: set[bytes],
    best: Found | None,
) -> Found | None:
    """Re-time appliances and cars by the marginal prices of the best plan, while that helps."""
    if best is None:
        return None
    for _ in range(3):
        if best.solution.cost <= bound + NEAR:
            break
        before = best
        for choice in _choices(model, best.solution):
            best = _try(model, solver, choice, discrete, bound, tried, best) or best
        if best is before:
            break
    return best


def _polish(
    model: Model,
    solver: Solver,
    discrete: Index,
    bound: float,
    tried: set[bytes],
    best: Found | None,
) -> Found | None:
    """Change a step or two of one car at a time, while that helps and a few solves last."""
    if best is None or model.runs or model.switches:
        return best
    allowed = len(tried) + POLISH_SOLVES
    improved = True
    while improved and best is not None and best.solution.cost > bound + NEAR:
        before = best.solution.cost
        for changed in _neighbours(model, best.solution):
            found = _try(model, solver, changed, discrete, bound, tried, best)
            if len(tried) >= allowed:
                return found or best
            if found is not None and found.solution.cost < before:
                best = found
                break
        improved = best.solution.cost < before - NOTHING
    return best


def _neighbours(model: Model, found: Solution) -> list[Choice]:
    """Return the choices that differ from a solution in one car's step or two."""
    on = tuple(found.values[car.power[: car.steps]] > NOTHING for car in model.semis)
    return [
        Choice((*on[:number], mask, *on[number + 1 :]), (), ())
        for number, car in enumerate(model.semis)
        for mask in small_changes(model, car, found)
    ]


def _branch(
    model: Model, solver: Solver, discrete: Index, bound: float, best: Found | None, seconds: float
) -> Found | None:
    """Search by branch and bound from the best rounding, then solve once more for duals."""
    semi = np.concatenate([np.zeros(0, np.int32), *(c.power[: c.steps] for c in model.semis)])
    semi = semi.astype(np.int32)
    low = np.concatenate([np.zeros(0), *(c.low for c in model.semis)])
    part_time = low > NOTHING
    integer = np.setdiff1d(discrete, semi).astype(np.int32)
    solver.bounds(semi, low, solver.upper[semi])
    start = None if best is None else best.solution.values
    whole = solver.branch(semi[part_time], integer, start, seconds, SEARCH_GAP)
    solver.restore(semi)
    if whole is None or (best is not None and whole.cost > best.solution.cost - NOTHING):
        return None
    values = whole.values[discrete]
    is_integer = np.isin(discrete, integer)
    lower = np.where(is_integer, np.round(values), 0.0)
    upper = np.where(is_integer, lower, 0.0)
    on = ~is_integer & (values > NOTHING)
    every_low = np.zeros(len(discrete))
    every_low[np.isin(discrete, semi)] = low
    lower = np.where(on, every_low, lower)
    upper = np.where(on, np.maximum(solver.upper[discrete], every_low), upper)
    solver.bounds(discrete, lower, upper)
    solution = solver.solve()
    found = None
    if solution is not None:
        found = _direct(model, solver, solution, bound, discrete, lower, upper)
    solver.restore(discrete)
    return None if found is None else replace(found, bound=bound)
