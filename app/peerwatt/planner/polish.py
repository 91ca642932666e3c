"""Looks near the best rounding for a cheaper one: a car's step added, left out or moved.

What a change saves is judged first by the marginal values of the best plan (what the meter and
the batteries would give or take there); only the likeliest are solved.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .model import CarColumns, Model
from .program import Solution
from .spec import Array
from .trying import NOTHING, Choice, Hunt

POLISH_SOLVES = 16
"""Most linear programs solved to try single steps."""

HOPELESS = 0.03
"""Currency: a change judged to cost more than this is not tried."""


@dataclass(frozen=True, slots=True)
class Judged:
    """What energy costs in each step of the main path: at the margin, and further away from it."""

    more_first: Array
    """Price of more energy, for the first ``more_kwh``."""
    more_kwh: Array
    more_then: Array
    less_first: Array
    """Worth of less energy, for the first ``less_kwh``."""
    less_kwh: Array
    less_then: Array

    def more(self, steps: np.ndarray, energy: Array) -> Array:
        """Return what more energy in steps costs."""
        first = np.minimum(energy, self.more_kwh[steps])
        cost: Array = first * self.more_first[steps] + (energy - first) * self.more_then[steps]
        return cost

    def less(self, steps: np.ndarray, energy: Array) -> Array:
        """Return what less energy in steps saves."""
        first = np.minimum(energy, self.less_kwh[steps])
        saved: Array = first * self.less_first[steps] + (energy - first) * self.less_then[steps]
        return saved


def polish(hunt: Hunt) -> None:
    """Change a step or two of one car at a time, while that helps and a few solves last."""
    if hunt.model.runs or hunt.model.switches:
        return
    allowed = len(hunt.tried) + POLISH_SOLVES * max(len(hunt.model.semis), 1)
    improved = True
    while improved and hunt.best is not None and not hunt.near:
        improved = False
        for choice in _neighbours(hunt.model, hunt.best.solution):
            improved = hunt.attempt(choice)
            if len(hunt.tried) >= allowed:
                return
            if improved:
                break


def _neighbours(model: Model, found: Solution) -> list[Choice]:
    """Return the choices that differ from a solution in one car's step or two, likeliest first."""
    on = tuple(found.values[car.power[: car.steps]] > NOTHING for car in model.semis)
    judged = _judge(model, found)
    moves: list[tuple[float, int, np.ndarray]] = []
    for number, car in enumerate(model.semis):
        moves += [(cost, number, mask) for cost, mask in _changes(model, car, found, judged)]
    moves.sort(key=lambda move: move[0])
    return [Choice((*on[:n], mask, *on[n + 1 :]), (), ()) for _, n, mask in moves]


def _judge(model: Model, found: Solution) -> Judged:
    steps, weight = model.tree.steps, model.tree.weight[: model.tree.steps]
    price = found.row_duals[model.balance[:steps]] / weight
    bought = found.values[model.grid.buy[:steps]]
    sold = found.values[model.grid.sell[:steps]]
    dear, cheap = model.house.import_price.copy(), model.house.export_price.copy()
    for store, battery in zip(model.batteries, model.house.batteries, strict=True):
        worth = -found.row_duals[store.rows[:steps]] / weight
        # Where a battery has room in its power it gives dearer or takes cheaper than the meter.
        dear = np.minimum(dear, worth / battery.discharge_efficiency)
        cheap = np.maximum(cheap, worth * battery.charge_efficiency)
    return Judged(
        price, sold, np.maximum(dear, price), price, bought, np.minimum(cheap, price)
    )  # fmt: skip


def _changes(
    model: Model, car: CarColumns, found: Solution, judged: Judged
) -> list[tuple[float, np.ndarray]]:
    """Return (judged cost, steps) of each change of one car that is not hopeless."""
    nodes = car.nodes[: car.steps]
    energy = found.values[car.power[: car.steps]]
    on = energy > NOTHING
    used, free = np.flatnonzero(on), np.flatnonzero(~on)
    if not len(used) or not len(free):
        return []
    high = car.highest_kw * model.tree.hours[nodes]
    gain = judged.less(nodes[used], energy[used])
    moved = np.maximum(energy[used][:, None], car.low[free][None, :])
    price = judged.more(np.broadcast_to(nodes[free], moved.shape), moved)
    costs = [(price - gain[:, None]).ravel()]
    pairs = [(int(u), int(f)) for u in used for f in free]
    singles: list[tuple[int, ...]] = []
    room = used[energy[used] < high[used] - NOTHING]
    if len(room) and len(used) > 1:
        into = judged.more_first[nodes[room]].min()
        costs.append(energy[used] * into - gain)
        singles += [(int(u),) for u in used]
    spare = used[energy[used] > car.low[used] + NOTHING]
    if len(spare):
        out = judged.less_first[nodes[spare]].max()
        costs.append(judged.more(nodes[free], car.low[free]) - car.low[free] * out)
        singles += [(int(f),) for f in free]
    every, cost = [*pairs, *singles], np.concatenate(costs)
    order = np.argsort(cost, kind="stable")[: 2 * POLISH_SOLVES]
    changed = []
    for place in order:
        if cost[place] > HOPELESS:
            break
        mask = on.copy()
        mask[list(every[place])] ^= True
        changed.append((float(cost[place]), mask))
    return changed
