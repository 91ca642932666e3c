"""What the shown path of a solved house costs, by what it is paid for."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .parts_grid import import_price
from .solving import Solved


@dataclass(frozen=True, slots=True)
class Costs:
    """What the shown path costs, currency."""

    energy: float
    market: float
    wear: float
    tiers: float
    capacity: float
    co2: float
    stored: float
    """Worth of what stores gained (negative: gained)."""
    penalties: float

    @property
    def total(self) -> float:
        """Sum of all, without penalties."""
        return (
            self.energy + self.market + self.wear + self.tiers + self.capacity + self.co2
            + self.stored
        )  # fmt: skip


def costs(solved: Solved) -> Costs:
    """Return what the shown path costs."""
    model, values = solved.model, solved.values
    house, tree, count = model.house, model.tree, model.tree.steps
    grid = model.grid
    price, sell = tree.mean(house.import_price)[:count], tree.mean(house.export_price)[:count]
    bought, sold = values[grid.buy[:count]], values[grid.sell[:count]]
    market = sum(float(values[c[:count]] @ level.price) for c, level in
                 zip(grid.market_buy, house.market_buy, strict=True))  # fmt: skip
    market -= sum(float(values[c[:count]] @ level.price) for c, level in
                  zip(grid.market_sell, house.market_sell, strict=True))  # fmt: skip
    wear = sum(b.wear * float(values[s.discharge[:count]].sum()) for b, s in
               zip(house.batteries, model.batteries, strict=True))  # fmt: skip
    stored = 0.0
    for battery, store in zip(house.batteries, model.batteries, strict=True):
        gained = float(values[store.content[count - 1]]) - max(battery.soc_kwh, 0.0)
        stored -= gained * store.terminal
    for heat, store in zip(house.heats, model.heats, strict=True):
        stored -= (float(values[store.content[count - 1]]) - heat.content_kwh) * store.terminal
    solver_cost = solved.solver.cost
    weight = float(tree.path_weight[0])
    tiers = (
        float(values[grid.tiers[0]] @ solver_cost[grid.tiers[0]]) / weight if grid.tiers else 0.0
    )
    capacity = 0.0
    if house.capacity is not None:
        over = float(values[grid.peaks[0]]) - house.capacity.peak_so_far_kw
        capacity = over * house.capacity.price_per_kw
    co2 = float(bought @ (import_price(house, tree)[:count] - price))
    return Costs(
        float(bought @ price - sold @ sell), float(market), wear, tiers, capacity, co2, stored,
        _penalties(solved),
    )  # fmt: skip


def _penalties(solved: Solved) -> float:
    model, values, cost = solved.model, solved.values, solved.solver.cost
    weight = np.maximum(model.tree.weight, 1e-12)
    total = 0.0
    for store in (*model.batteries, *model.heats):
        main = store.short[: model.tree.steps]
        total += float(values[main] @ (cost[main] / weight[: len(main)]))
    for over in (model.grid.over_in, model.grid.over_out):
        main = over[: model.tree.steps]
        total += float(values[main].sum()) * model.house.overload
    for car in model.cars:
        if len(car.short):
            total += float(values[car.short[0]]) * model.house.cars[car.number].late_price
    for promise, short in zip(model.house.promises, model.grid.promise_short, strict=True):
        total += float(values[short[0]]) * promise.penalty if len(short) else 0.0
    return total
