"""Finds what is on and what is off: relax, round in several ways, re-solve hot, keep the cheapest.

A car takes nothing or at least 6 A (IEC 61851), appliances run or stand still, and where selling
pays more than buying a step must do one of both. The relaxation bounds what any choice can reach,
so the search ends as soon as a rounding is near enough; only what is left goes to branch and
bound, with the best rounding to begin from. Limits count solves and nodes, not seconds, so that
the same house gets the same plan on every computer.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from .model import Model
from .polish import polish
from .program import Index, Solution, Solver
from .rounding import car_roundings, run_starts, switch_times
from .spec import Array
from .trying import NOTHING, Choice, Found, Hunt, direct
from .warm import earlier_masks

WORTH_A_SEARCH = 0.02
"""Currency above the relaxation at which branch and bound is asked, where appliances run."""

SEARCH_GAP = 0.004
"""Currency: how near to the best branch and bound has to come."""

SEARCH_NODES = 5
"""Most nodes of branch and bound."""

CARS_GAP = 0.005
"""Currency above the relaxation at which branch and bound is asked, where only cars round."""

CARS_COLUMNS = 100
"""Most steps of cars that may be left to decide, for branch and bound to be quick."""

IMPROVEMENTS = 3
"""Rounds in which all are timed anew by the marginal prices of the best plan."""


def optimum(model: Model, solver: Solver, nodes: int = SEARCH_NODES) -> Found | None:
    """Return the best plan found, ``None`` when even the relaxation has none."""
    relaxed = solver.solve()
    if relaxed is None:
        return None
    hunt = Hunt(model, solver, discrete_columns(model), relaxed.cost)
    if _whole(model, relaxed):
        hunt.best = direct(model, solver, relaxed, relaxed.cost, np.zeros(0, np.int32))
        if hunt.best is not None and not _whole(model, hunt.best.solution):
            hunt.best = None  # opposite flows were shut, and that moved a car below its least
        if hunt.best is not None and not model.integers and not len(model.directions):
            return hunt.best
    _as_before(hunt, relaxed)
    if not hunt.near:
        _round(hunt, relaxed)
    for _ in range(IMPROVEMENTS):
        if hunt.best is None or hunt.near or not _round(hunt, hunt.best.solution):
            break
    polish(hunt)
    _settle_cars(hunt, relaxed)
    if hunt.best is None or _split(model, hunt.best) or _worth_branching(model, hunt.best, nodes):
        start = None if hunt.best is None or _split(model, hunt.best) else hunt.best
        left = hunt.discrete if start is None else _left_open(hunt, start, relaxed)
        rounded = hunt.best
        _branch(hunt, start, left, nodes)
        return hunt.best or rounded
    return hunt.best


def _round(hunt: Hunt, found: Solution) -> bool:
    """Try the roundings of a solution until one is near enough; whether one was better."""
    better = False
    for choice in _choices(hunt, found):
        better |= hunt.attempt(choice)
        if hunt.near:
            break
    return better


def _as_before(hunt: Hunt, relaxed: Solution) -> None:
    """Try what the plan before this one did, the appliances at their best times now."""
    masks = earlier_masks(hunt.model, relaxed)
    if masks is not None:
        first = _choices(hunt, relaxed)[0]
        hunt.attempt(replace(first, cars=masks))


def _settle_cars(hunt: Hunt, relaxed: Solution) -> None:
    """Let branch and bound decide the few steps of cars that the gap leaves open."""
    model, best = hunt.model, hunt.best
    if best is None or _many(model) or len(model.tree.paths) > 1:
        return
    if best.solution.cost <= hunt.bound + CARS_GAP:
        return
    left = _left_open(hunt, best, relaxed)
    if len(left) > CARS_COLUMNS:
        return
    _branch(hunt, best, left, 1)


def _left_open(hunt: Hunt, best: Found, relaxed: Solution) -> Index:
    """Return the columns that a better plan may use.

    One that the relaxation leaves out, and whose reduced cost alone is more than the gap, is in
    none.
    """
    discrete = hunt.discrete
    gap = best.solution.cost - hunt.bound
    least = np.concatenate([np.zeros(0), *(car.low for car in hunt.model.semis)])
    least = np.append(least, np.ones(len(discrete) - len(least)))
    idle = np.maximum(relaxed.values[discrete], best.solution.values[discrete]) <= NOTHING
    left: Index = discrete[~(idle & (relaxed.reduced[discrete] * least > gap))]
    return left


def _split(model: Model, best: Found) -> bool:
    """Whether a binary is neither 0 nor 1: roundings do not touch those of falling tiers."""
    values = best.solution.values[np.array(model.integers, np.int32)]
    return bool(np.any(np.abs(values - np.round(values)) > NOTHING))


def _worth_branching(model: Model, best: Found, nodes: int) -> bool:
    """Whether branch and bound is likely to pay: seldom where only cars round (measured)."""
    many = _many(model) or nodes > SEARCH_NODES
    return many and nodes > 0 and best.solution.cost > best.bound + WORTH_A_SEARCH


def _many(model: Model) -> bool:
    """Whether more than the steps of cars and heat pumps is on or off."""
    return bool(model.runs or model.switches or model.integers or len(model.directions))


def discrete_columns(model: Model) -> Index:
    """Return all columns that a choice fixes or narrows."""
    parts = [car.power[: car.steps] for car in model.semis]
    parts += [run.choice for run in model.runs] + [s.choice for s in model.switches]
    parts.append(np.array(model.integers, np.int32))
    parts.append(model.directions)
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


def _choices(hunt: Hunt, relaxed: Solution) -> list[Choice]:
    """Return the choices to try: the cars' roundings beside the best times of the appliances."""
    model, solver = hunt.model, hunt.solver
    starts = tuple(run_starts(run, relaxed, _allowed(solver, run.choice)) for run in model.runs)
    times = tuple(switch_times(model, switch, relaxed) for switch in model.switches)
    roundings = [car_roundings(model, car, relaxed) for car in model.semis]
    count = max((len(r) for r in roundings), default=1)
    return [
        Choice(tuple(r[min(i, len(r) - 1)] for r in roundings), starts, times) for i in range(count)
    ]


def _allowed(solver: Solver, choice: Index) -> Array:
    """Return 1 for the starts that may be chosen: one alone where it is forced."""
    forced: Array = (solver.lower[choice] > 0.5).astype(float)
    return forced if forced.any() else solver.upper[choice]


def _branch(hunt: Hunt, best: Found | None, left: Index, nodes: int) -> None:
    """Search by branch and bound over the columns left open, then solve once more for duals."""
    model, solver, discrete = hunt.model, hunt.solver, hunt.discrete
    semi = np.concatenate([np.zeros(0, np.int32), *(c.power[: c.steps] for c in model.semis)])
    least = np.concatenate([np.zeros(0), *(c.low for c in model.semis)])
    least = np.append(least, np.zeros(len(discrete) - len(semi)))
    is_open = np.isin(discrete, left)
    high = np.maximum(solver.upper[discrete], least)
    solver.bounds(discrete, 0.0, 0.0)
    solver.bounds(left, np.maximum(least[is_open], solver.lower[left]), high[is_open])
    part_time = discrete[is_open & np.isin(discrete, semi) & (least > NOTHING)]
    integer = np.setdiff1d(left, semi).astype(np.int32)
    start = None if best is None else _with_directions(model, best.solution.values)
    presolve = bool(len(integer))
    whole = solver.branch(part_time.astype(np.int32), integer, start, nodes, SEARCH_GAP, presolve)
    solver.restore(discrete)
    if whole is None or (best is not None and whole.cost > best.solution.cost - NOTHING):
        return
    values = whole.values[discrete]
    is_integer = ~np.isin(discrete, semi)
    on = ~is_integer & (values > NOTHING)
    hunt.best = best
    hunt.attempt_bounds(
        np.where(is_integer, np.round(values), np.where(on, least, 0.0)),
        np.where(is_integer, np.round(values), np.where(on, high, 0.0)),
    )


def _with_directions(model: Model, values: Array) -> Array:
    """Return a plan's values with each direction as the plan goes."""
    if not len(model.directions):
        return values
    changed = values.copy()
    changed[model.directions] = values[model.bought] > NOTHING
    return changed
