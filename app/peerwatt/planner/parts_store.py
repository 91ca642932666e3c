"""Stores of energy: batteries on the AC side or behind a hybrid inverter, tanks, buildings."""

from __future__ import annotations

import itertools

import numpy as np

from .model import NONE, CarColumns, Model, StoreColumns
from .program import Index
from .spec import Array, Battery, Heat, Hybrid
from .tree import Tree


def terminal_value(model: Model) -> float:
    """Return the worth of a kWh in a battery at the end.

    Halfway between mean export and mean import price: above what export pays, so that sun is
    stored, and below what import costs, so that the evening is served from the battery.
    """
    house = model.house
    if house.terminal is not None:
        return house.terminal
    return float(np.mean(house.import_price) + np.mean(house.export_price)) / 2


def add_battery(model: Model, battery: Battery) -> StoreColumns:
    """Add charge c, discharge d and content s: s(t) = s(t-1) + eta_c * c - d / eta_d."""
    tree, program = model.tree, model.program
    count, weight, hours = tree.count, tree.weight, tree.hours
    value = terminal_value(model) if battery.terminal is None else battery.terminal
    begin = min(max(battery.soc_kwh, 0.0), max(battery.soc_max_kwh, battery.soc_kwh, 0.0))
    charge = program.columns(count, 0.0, 0.0, battery.charge_max_kw * hours)
    discharge = program.columns(count, battery.wear * weight, 0.0, battery.discharge_max_kw * hours)
    # A content outside its bounds is a state, not a contradiction: it may stay, not get worse.
    content = program.columns(
        count, _worth(tree, value), min(battery.soc_min_kwh, begin), max(battery.soc_max_kwh, begin)
    )
    nodes = np.arange(count, dtype=np.int32)
    rows = add_content(model, nodes, content, begin)
    program.terms(rows, charge, -battery.charge_efficiency)
    program.terms(rows, discharge, 1.0 / battery.discharge_efficiency)
    store = StoreColumns(battery.name, nodes, charge, discharge, content, rows)
    store.terminal = value
    kept = min(max(battery.reserve_kwh, battery.soc_min_kwh), battery.soc_max_kwh)
    if kept > min(battery.soc_min_kwh, begin):
        store.short = _kept(model, store, kept, begin, battery.reserve_price)
    _curve(model, store, battery.charge_curve, charge, begin)
    _curve(model, store, battery.discharge_curve, discharge, begin)
    if battery.hybrid is None:
        program.terms(model.balance, charge, -1.0)
        program.terms(model.balance, discharge, 1.0)
    else:
        _hybrid(model, store, battery.hybrid)
    _headroom(model, battery, discharge)
    model.batteries.append(store)
    return store


def _headroom(model: Model, battery: Battery, discharge: Index) -> None:
    """Price a discharge so near its limit that the usual forecast error must be bought.

    A normal error of one sigma is on average 0.4 sigma on the dear side; what is bought then costs
    the difference between the price now and the lowest one, at which it could have been bought.
    """
    house, tree, program = model.house, model.tree, model.program
    if house.sigma_kw is None:
        return
    sigma = np.minimum(house.sigma_kw, battery.discharge_max_kw)
    dearer = np.maximum(house.import_price - house.import_price.min(), 0.0)
    steps = np.flatnonzero((sigma > 0) & (dearer > 1e-3)).astype(np.int32)
    hours = tree.hours[steps]
    used = program.columns(len(steps), 0.4 * dearer[steps] * tree.weight[steps])
    rows = program.rows(len(steps), -np.inf, (battery.discharge_max_kw - sigma[steps]) * hours)
    program.terms(rows, discharge[steps], 1.0)
    program.terms(rows, used, -1.0)


def add_content(
    model: Model,
    nodes: Index,
    content: Index,
    begin: float,
    keep: float | Array = 1.0,
    drain: float | Array = 0.0,
) -> Index:
    """Add the rows s(node) - keep * s(parent) = -drain, with the content now at the roots."""
    program, tree = model.program, model.tree
    place = np.full(tree.count, -1, np.int32)
    place[nodes] = np.arange(len(nodes), dtype=np.int32)
    parent = tree.parent[nodes]
    before = np.where(parent >= 0, place[np.maximum(parent, 0)], -1)
    kept = np.broadcast_to(np.asarray(keep, float), len(nodes))
    first = np.where(before < 0, begin * kept, 0.0) - drain
    rows = program.rows(len(nodes), first, first)
    program.terms(rows, content, 1.0)
    linked = np.flatnonzero(before >= 0)
    program.terms(rows[linked], content[before[linked]], -kept[linked])
    return rows


def _worth(tree: Tree, value: float) -> Array:
    """Return the cost of contents: what is left at the end of each path counts."""
    cost = np.zeros(tree.count)
    cost[tree.ends()] = -value * tree.path_weight
    return cost


def _kept(model: Model, store: StoreColumns, kept: float, begin: float, price: float) -> Index:
    """Add what is missing to a reserve. Only what is missing already may stay missing."""
    tree, program = model.tree, model.program
    missing = max(kept - begin, 0.0)
    short = program.columns(tree.count, price * tree.hours * tree.weight, 0.0, missing)
    rows = program.rows(tree.count, kept, np.inf)
    program.terms(rows, store.content, 1.0)
    program.terms(rows, short, 1.0)
    return short


def _curve(
    model: Model, store: StoreColumns, curve: tuple[tuple[float, float], ...], power: Index,
    begin: float,
) -> None:  # fmt: skip
    """Keep a power below a curve over the content before: one row a segment."""
    if not curve:
        return
    tree, program = model.tree, model.program
    for (low, at_low), (high, at_high) in itertools.pairwise(concave_below(curve, begin)):
        slope = (at_high - at_low) / (high - low)
        offset = at_low - slope * low
        most = offset + np.where(tree.parent < 0, slope * begin, 0.0)
        rows = program.rows(tree.count, -np.inf, np.maximum(most, 0.0))
        program.terms(rows, power, 1.0 / tree.hours)
        linked = np.flatnonzero(tree.parent >= 0)
        program.terms(rows[linked], store.content[tree.parent[linked]], -slope)


def concave_below(
    curve: tuple[tuple[float, float], ...], begin: float
) -> list[tuple[float, float]]:
    """Return points of a concave curve that nowhere exceeds the given one.

    A content beyond the curve's ends keeps the power that stands there. Where the curve bends
    upwards the power before the bend is lowered, or that after it where nothing would be left.
    """
    known = dict(sorted(curve, reverse=True))
    points = sorted(known.items())
    if len(points) == 1:
        points.append((points[0][0] + 1.0, points[0][1]))
    if points[1][1] <= points[0][1]:
        points.insert(0, (min(points[0][0], begin, 0.0) - 1e-3, points[0][1]))
    elif begin < points[0][0]:
        points[0] = (begin, points[0][1])
    if points[-1][1] >= points[-2][1]:
        points.append((max(points[-1][0], begin) + 1e-3, points[-1][1]))
    elif begin > points[-1][0]:
        points[-1] = (begin, points[-1][1])
    for _ in range(len(points) ** 2):
        bend = next((i for i in range(1, len(points) - 1) if _bends(points, i)), None)
        if bend is None:
            break
        (x0, _), (x1, y1), (x2, y2) = points[bend - 1 : bend + 2]
        before = y1 - (y2 - y1) / (x2 - x1) * (x1 - x0)
        if before >= 0:
            points[bend - 1] = (x0, before)
        else:
            y0 = points[bend - 1][1]
            points[bend + 1] = (x2, max(y1 + (y1 - y0) / (x1 - x0) * (x2 - x1), 0.0))
    if any(_bends(points, i) for i in range(1, len(points) - 1)):
        least = min(power for _, power in points)
        return [(points[0][0], least), (points[-1][0], least)]
    return points


def _bends(points: list[tuple[float, float]], place: int) -> bool:
    """Whether a curve bends upwards at a point."""
    (x0, y0), (x1, y1), (x2, y2) = points[place - 1 : place + 2]
    return (y2 - y1) * (x1 - x0) > (y1 - y0) * (x2 - x1) + 1e-9


def _hybrid(model: Model, store: StoreColumns, hybrid: Hybrid) -> None:
    """Add: sun - clipped + d - c = out / eta - in * eta, with the inverter's AC limit."""
    tree, program = model.tree, model.program
    most = hybrid.ac_max_kw * tree.hours
    store.ac_out = program.columns(tree.count, 0.0, 0.0, most)
    store.ac_in = program.columns(tree.count, 0.0, 0.0, most if hybrid.grid_charge else 0.0)
    sun = tree.mean(hybrid.pv_kw) * tree.hours
    store.clip = program.columns(tree.count, 1e-5 * tree.weight, 0.0, sun)
    rows = program.rows(tree.count, -sun, -sun)
    for columns, factor in (
        (store.clip, -1.0), (store.discharge, 1.0), (store.charge, -1.0),
        (store.ac_out, -1.0 / hybrid.efficiency), (store.ac_in, hybrid.efficiency),
    ):  # fmt: skip
        program.terms(rows, columns, factor)
    program.terms(model.balance, store.ac_out, 1.0)
    program.terms(model.balance, store.ac_in, -1.0)


def add_heat(model: Model, heat: Heat) -> StoreColumns:
    """Add a heat pump with its store: content falls by losses and demand, rises by COP * power."""
    tree, program = model.tree, model.program
    count, hours, weight = tree.count, tree.hours, tree.weight
    cop = np.maximum(tree.mean(heat.cop), 0.1)
    power = program.columns(count, 0.0, 0.0, heat.power_max_kw * hours)
    mean = float(np.mean(model.house.import_price) / np.mean(np.maximum(heat.cop, 0.1)))
    value = mean if heat.terminal is None else heat.terminal
    content = program.columns(count, _worth(tree, value), -np.inf, np.inf)
    nodes = np.arange(count, dtype=np.int32)
    keep = np.clip(1.0 - heat.loss_per_hour, 0.0, 1.0) ** hours
    demand = tree.mean(heat.demand_kw) * hours
    rows = add_content(model, nodes, content, heat.content_kwh, keep, demand)
    program.terms(rows, power, -cop)
    short = program.columns(count, heat.discomfort * hours * weight)
    over = program.columns(count, heat.discomfort * hours * weight)
    low = program.rows(count, heat.comfort_min_kwh, np.inf)
    program.terms(low, content, 1.0)
    program.terms(low, short, 1.0)
    high = program.rows(count, -np.inf, max(heat.comfort_max_kwh, heat.comfort_min_kwh))
    program.terms(high, content, 1.0)
    program.terms(high, over, -1.0)
    program.terms(model.balance, power, -1.0)
    store = StoreColumns(heat.name, nodes, power, NONE, content, rows, short)
    store.terminal = value
    model.heats.append(store)
    if heat.power_min_kw > 0:
        least = min(heat.power_min_kw, heat.power_max_kw) * hours[: tree.steps]
        semi = CarColumns(-1, nodes, power, tree.steps, least, heat.power_max_kw)
        model.semis.append(semi)
    return store
