"""The meter: supplier, neighbours, limits, tiers, capacity charge and promises to the grid."""

from __future__ import annotations

import itertools

import numpy as np

from .model import NONE, GridColumns, Model
from .program import Index, Program
from .spec import Array, House, Promise
from .tree import Tree

MARKET_SPREAD = 2e-3
"""Currency per kWh lost by buying and selling back among neighbours: rules out wash trades."""

CURTAILED = 1e-4
"""Currency per kWh of sun thrown away: only where it cannot be used or sold."""


def add_grid(house: House, tree: Tree, program: Program, balance: Index) -> GridColumns:
    """Add what is bought, sold and thrown away in each node, within softly kept limits."""
    hours, weight = tree.hours, tree.weight
    buy_price, sell_price = import_price(house, tree), tree.mean(house.export_price)
    most = (largest_kw(house) + tree.load_kw + tree.pv_kw) * hours
    buy = program.columns(tree.count, buy_price * weight, 0.0, most)
    sell = program.columns(tree.count, -sell_price * weight, 0.0, most)
    limited = np.full(tree.count, house.export_max_kw is not None)
    curtailable = (tree.pv_kw > 0) & (limited | (sell_price <= CURTAILED))
    curtail = program.columns(
        tree.count, CURTAILED * weight, 0.0, np.where(curtailable, tree.pv_kw * hours, 0.0)
    )
    grid = GridColumns(buy, sell, curtail, NONE, NONE)
    for levels, sign, into in (
        (house.market_buy, 1.0, grid.market_buy), (house.market_sell, -1.0, grid.market_sell),
    ):  # fmt: skip
        for level in levels:
            price = tree.mean(level.price) + sign * MARKET_SPREAD / 2
            # At a price worse than the supplier's nobody trades.
            worth = price < buy_price if sign > 0 else price > sell_price
            worth &= buy_price > sell_price
            most_kwh = np.where(worth, tree.mean(level.kwh / house.hours) * hours * level.fill, 0.0)
            into.append(program.columns(tree.count, sign * price * weight, 0.0, most_kwh))
    for columns, factor in grid.net():
        program.terms(balance, columns, factor)
    program.terms(balance, curtail, -1.0)
    grid.over_in = _limit(house, tree, program, grid, house.import_max_kw, 1.0)
    grid.over_out = _limit(house, tree, program, grid, house.export_max_kw, -1.0)
    return grid


def import_price(house: House, tree: Tree) -> Array:
    """Return the price of a kWh bought, with what its CO2 is worth to the owner."""
    price = tree.mean(house.import_price)
    if house.co2_g_per_kwh is not None:
        price = price + tree.mean(house.co2_g_per_kwh) / 1000 * house.co2_price_per_kg
    return price


def largest_kw(house: House) -> float:
    """Return a power that the house cannot exceed, without its base load and sun."""
    takes, gives = largest_flows_kw(house)
    return 5.0 + takes + gives


def largest_flows_kw(house: House) -> tuple[float, float]:
    """Return what all devices together can take and give at most."""
    takes = gives = 0.0
    for battery in house.batteries:
        takes += battery.charge_max_kw
        gives += battery.discharge_max_kw
        if battery.hybrid is not None:
            takes += battery.hybrid.ac_max_kw
            gives += battery.hybrid.ac_max_kw
    for car in house.cars:
        takes += max((high for _, high in car.ranges_kw), default=0.0)
        gives += 0.0 if car.v2h is None else car.v2h.discharge_max_kw
    takes += sum(max(run.profile_kw, default=0.0) for run in house.runs)
    takes += sum(switch.power_kw for switch in house.switches)
    return takes + sum(heat.power_max_kw for heat in house.heats), gives


def _limit(
    house: House, tree: Tree, program: Program, grid: GridColumns, limit: Array | None, sign: float
) -> Index:
    """Add: net power in a direction stays below a limit, or what is over is paid for."""
    if limit is None:
        return NONE
    finite = np.flatnonzero(np.isfinite(tree.lowest(limit))).astype(np.int32)
    over = program.columns(tree.count, house.overload * tree.weight, 0.0, np.inf)
    most = np.maximum(tree.lowest(limit)[finite], 0.0) * tree.hours[finite]
    rows = program.rows(len(finite), -np.inf, most)
    for columns, factor in grid.net():
        program.terms(rows, columns[finite], sign * factor)
    program.terms(rows, over[finite], -1.0)
    return over


def add_tiers(model: Model) -> None:
    """Add the prices that change with the energy bought in the period, along each path."""
    tiers = sorted(model.house.tiers, key=lambda tier: tier.from_kwh)
    if not tiers:
        return
    program = model.program
    sizes = [max(b.from_kwh, 0) - max(a.from_kwh, 0) for a, b in itertools.pairwise(tiers)]
    first = max(tiers[0].from_kwh, 0.0)
    steps = [(first, 0.0)] if first > 0 else []
    steps += [(size, t.add) for size, t in zip([*sizes, np.inf], tiers, strict=True)]
    for path, weight in zip(model.tree.paths, model.tree.path_weight, strict=True):
        most = float(np.sum(np.concatenate(program.upper)[model.grid.buy[path]]))
        cost = np.array([add * weight for _, add in steps])
        upper = np.array([min(size, most) for size, _ in steps])
        columns = program.columns(len(steps), cost, 0.0, upper)
        program.row(
            np.concatenate([model.grid.buy[path], columns]),
            np.concatenate([np.ones(len(path)), -np.ones(len(steps))]),
            0.0, 0.0,
        )  # fmt: skip
        model.grid.tiers.append(columns)
        for place in range(1, len(steps)):
            if steps[place][1] < steps[place - 1][1]:
                _in_order(model, columns, upper, place)


def _in_order(model: Model, columns: Index, upper: Array, place: int) -> None:
    """Keep a cheaper tier shut until the one before it is full (needs a binary)."""
    program = model.program
    opened = program.columns(1, 0.0, 0.0, 1.0)
    program.row(np.append(columns[place], opened), np.array([1.0, -upper[place]]), upper=0.0)
    before = np.append(columns[place - 1], opened)
    program.row(before, np.array([1.0, -upper[place - 1]]), lower=0.0)
    model.integers.append(int(opened[0]))


def add_directions(model: Model) -> None:
    """Let a node buy or sell where selling pays more; anywhere else no plan would do both."""
    house, tree, program, grid = model.house, model.tree, model.program, model.grid
    dear = tree.mean(house.export_price) > import_price(house, tree)
    nodes = np.flatnonzero(dear).astype(np.int32)
    if not len(nodes):
        return
    takes, gives = largest_flows_kw(house)
    bought = (tree.load_kw + takes)[nodes] * tree.hours[nodes]
    sold = (tree.pv_kw + gives)[nodes] * tree.hours[nodes]
    buys = program.columns(len(nodes), 0.0, 0.0, 1.0)
    rows = program.rows(len(nodes), -np.inf, 0.0)
    program.terms(rows, grid.buy[nodes], 1.0)
    program.terms(rows, buys, -bought)
    rows = program.rows(len(nodes), -np.inf, sold)
    program.terms(rows, grid.sell[nodes], 1.0)
    program.terms(rows, buys, sold)
    model.directions, model.bought = buys, grid.buy[nodes]


def add_capacity(model: Model) -> None:
    """Add the charge on the highest mean import, begun at the highest so far."""
    capacity = model.house.capacity
    if capacity is None:
        return
    tree, program = model.tree, model.program
    counts = np.ones(tree.steps) if not capacity.counts else np.array(capacity.counts, float)
    counted = tree.mean(counts) > 0
    peaks = program.columns(
        len(tree.paths), capacity.price_per_kw * tree.path_weight, capacity.peak_so_far_kw, np.inf
    )
    for peak, path in zip(peaks, tree.paths, strict=True):
        nodes = path[counted[path]]
        rows = program.rows(len(nodes), -np.inf, 0.0)
        for columns, factor in model.grid.net():
            program.terms(rows, columns[nodes], factor / tree.hours[nodes])
        program.terms(rows, np.full(len(nodes), peak, np.int32), -1.0)
    model.grid.peaks = peaks


def add_promise(model: Model, promise: Promise) -> None:
    """Add: net import of the window keeps to the target, or the shortfall costs its penalty."""
    tree, program = model.tree, model.program
    inside = model.tree.inside(promise.first, promise.until)
    short = []
    for path, weight in zip(tree.paths, tree.path_weight, strict=True):
        nodes = np.intersect1d(path, inside)
        if not len(nodes):
            continue
        slack = program.columns(1, promise.penalty * weight)
        sign = -1.0 if promise.reduce else 1.0
        terms = [(columns[nodes], np.full(len(nodes), factor)) for columns, factor in
                 model.grid.net()]  # fmt: skip
        program.row(
            np.concatenate([*(t[0] for t in terms), slack]),
            np.concatenate([*(t[1] for t in terms), [sign]]),
            -np.inf if promise.reduce else promise.target_kwh,
            promise.target_kwh if promise.reduce else np.inf,
        )
        short.append(slack[0])
    model.grid.promise_short.append(np.array(short, np.int32))
