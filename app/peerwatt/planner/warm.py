"""The plan before as a beginning of the search: what was found well then is seldom bad now."""

from __future__ import annotations

import numpy as np

from .model import CarColumns, Model
from .program import Solution
from .rounding import Mask, car_roundings, fitting
from .spec import Array

ON_KW = 0.05
"""A car at this power or less does not charge in the plan before."""


def earlier_masks(model: Model, relaxed: Solution) -> tuple[Mask, ...] | None:
    """Return in which steps each car charged in the plan before; ``None`` without such a plan.

    Steps are dropped where less is needed by now. A car of which that plan says nothing, and a
    heat pump, begin at their likeliest rounding.
    """
    before = model.house.previous
    if before is None or not np.any(before.car_kw > ON_KW):
        return None
    return tuple(_mask(model, car, relaxed, before.car_kw) for car in model.semis)


def _mask(model: Model, car: CarColumns, relaxed: Solution, car_kw: Array) -> Mask:
    nodes = car.nodes[: car.steps]
    mask: Mask = car_kw[nodes] > ON_KW
    total = float(relaxed.values[car.power[: car.steps]].sum())
    if car.number < 0 or not mask.any() or total <= 0:
        return car_roundings(model, car, relaxed)[0]
    return fitting(mask, car_kw[nodes], car.low, total)
