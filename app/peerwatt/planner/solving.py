"""Solves a house: build, search, prefer among equals, make powers settable."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from .amperes import snap
from .model import Model, build
from .prefer import preferences, settle
from .program import Solver
from .search import SEARCH_NODES, optimum
from .spec import Array, House
from .trying import Found

TIE = 2e-5
"""Currency per unit of preference: lets the first stage begin near what the second prefers."""


@dataclass(frozen=True, slots=True)
class Solved:
    """The model with its solution, for whoever wants to ask it more."""

    model: Model
    solver: Solver
    found: Found
    values: Array


def solve(
    house: House,
    search_nodes: int = SEARCH_NODES,
    prepare: Callable[[Model, Solver], None] | None = None,
) -> Solved | None:
    """Return the optimum of a house and the preferred plan among equals; ``None`` without any.

    ``prepare`` may narrow the bounds of columns before the first solve.
    """
    model = build(house)
    tie = TIE * preferences(model, model.program.column_count)
    model.program.cost = [np.concatenate(model.program.cost) + tie]
    solver = Solver(model.program)
    if prepare is not None:
        prepare(model, solver)
    found = optimum(model, solver, search_nodes)
    if found is None:
        return None
    values = settle(model, solver, found)
    snapped = snap(model, solver, found, values)
    if snapped is not None:
        found, values = snapped
    return Solved(model, solver, found, values)
