"""The steps as a tree: what is common first, then one branch for each way the future may go.

The first branch is the expected future at full resolution and makes the plan that is shown. The
others are coarse (about an hour), for they only say what energy kept for later is worth.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .program import Index
from .spec import Array, House

COARSE_STEPS = 4
"""Steps joined into one in the branches, where prices and windows allow."""

FAR_STEPS = 8
"""The same beyond a day."""

SAME_PRICE = 0.005
"""Currency per kWh by which prices may differ within a joined step."""


@dataclass(frozen=True, slots=True)
class Tree:
    """Nodes in order: the main path (all steps), then the branches one after the other."""

    parent: Index
    """Node before each; -1 at the root."""
    weight: Array
    hours: Array
    first: Index
    """First step that a node covers."""
    until: Index
    pv_kw: Array
    load_kw: Array
    paths: tuple[Index, ...]
    """Nodes from the root to each end; the main path first."""
    path_weight: Array
    steps: int

    @property
    def count(self) -> int:
        """Number of nodes."""
        return len(self.hours)

    def mean(self, values: Array) -> Array:
        """Return a series over steps as means over the nodes, weighted by hours."""
        return self._join(values * self._step_hours()) / self.hours

    def lowest(self, values: Array) -> Array:
        """Return the lowest value of a series over steps within each node."""
        if self.count == self.steps:
            return values
        padded = np.append(values, np.inf)
        return np.concatenate([values, np.minimum.reduceat(padded, self._cuts())[::2]])

    def inside(self, first: int, until: int) -> Index:
        """Return the nodes that lie within steps first <= k < until."""
        return np.flatnonzero((self.first >= first) & (self.until <= until)).astype(np.int32)

    def ends(self) -> Index:
        """Return the last node of each path."""
        return np.array([path[-1] for path in self.paths], np.int32)

    def _step_hours(self) -> Array:
        return self.hours[: self.steps]

    def _join(self, values: Array) -> Array:
        if self.count == self.steps:
            return values
        padded = np.append(values, 0.0)
        return np.concatenate([values, np.add.reduceat(padded, self._cuts())[::2]])

    def _cuts(self) -> NDArray[np.int64]:
        """Return begin and end of each joined node in turn, for ``reduceat``."""
        pairs = np.stack([self.first[self.steps :], self.until[self.steps :]], 1)
        return pairs.ravel().astype(np.int64)


def grow(house: House) -> Tree:
    """Return the tree of a house: a chain where it names no scenarios."""
    count = house.count
    branches = [s for s in house.scenarios if s.weight > 0]
    common = min(max(house.common_steps, 1), count)
    if not branches or common >= count:
        branches = []
    total = 1.0 + sum(s.weight for s in branches)
    steps = np.arange(count, dtype=np.int32)
    share = 1.0 / total
    weight = np.where(steps < common, 1.0, share)
    parts = {"parent": [steps - 1], "weight": [weight], "first": [steps], "until": [steps + 1],
             "hours": [house.hours], "pv": [house.pv_kw], "load": [house.load_kw]}  # fmt: skip
    paths, weights, size = [steps], [share], count
    edges = _edges(house, common) if branches else np.zeros(0, np.int32)
    for branch in branches:
        length = len(edges) - 1
        nodes = np.arange(size, size + length, dtype=np.int32)
        hours = np.add.reduceat(house.hours, edges[:-1])
        parts["parent"].append(np.concatenate([[common - 1], nodes[:-1]]).astype(np.int32))
        parts["weight"].append(np.full(length, branch.weight / total))
        parts["first"].append(edges[:-1])
        parts["until"].append(edges[1:])
        parts["hours"].append(hours)
        for name, series in (("pv", branch.pv_kw), ("load", branch.load_kw)):
            parts[name].append(np.add.reduceat(series * house.hours, edges[:-1]) / hours)
        paths.append(np.concatenate([steps[:common], nodes]))
        weights.append(branch.weight / total)
        size += length
    joined = {name: np.concatenate(values) for name, values in parts.items()}
    return Tree(
        joined["parent"], joined["weight"], joined["hours"], joined["first"], joined["until"],
        joined["pv"], joined["load"], tuple(paths), np.array(weights), count,
    )  # fmt: skip


def _edges(house: House, common: int) -> Index:
    """Return the steps at which a branch's nodes begin, and the end."""
    count = house.count
    must = {common, count}
    for series in (house.import_price, house.export_price):
        anchor = series[common]
        for step in range(common, count):
            if abs(series[step] - anchor) > SAME_PRICE:
                must.add(step)
                anchor = series[step]
    windows = [(c.first, c.until) for c in house.cars]
    windows += [(p.first, p.until) for p in house.promises]
    windows += [(r.first, r.until) for r in house.runs]
    windows += [(s.first, s.until) for s in house.switches]
    must.update(edge for window in windows for edge in window if common < edge < count)
    passed = np.cumsum(house.hours) - house.hours
    edges, last = [common], common
    for step in range(common + 1, count):
        wide = FAR_STEPS if passed[step] > 24 else COARSE_STEPS
        if step in must or step - last >= wide:
            edges.append(step)
            last = step
    return np.array([*edges, count], np.int32)
