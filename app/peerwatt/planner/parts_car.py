"""Cars: energy by their departure, nothing or at least their least power, some give back."""

from __future__ import annotations

import numpy as np

from .amperes import overshoot_kwh
from .model import NONE, CarColumns, Model, StoreColumns
from .parts_store import add_content
from .program import Index
from .spec import CarSession, V2h


def add_car(model: Model, car: CarSession, number: int) -> CarColumns | None:
    """Add a session: charged + missing + what can follow later = need, along each path."""
    tree, program = model.tree, model.program
    nodes = tree.inside(max(car.first, 0), min(car.until, tree.steps))
    highest = max((high for _, high in car.ranges_kw), default=0.0)
    if not len(nodes) or highest <= 0:
        nodes = NONE
    if car.need_kwh <= 0 and car.v2h is None:
        nodes = NONE
    hours = tree.hours[nodes]
    power = program.columns(len(nodes), 0.0, 0.0, highest * hours)
    lowest = min((low for low, _ in car.ranges_kw), default=0.0)
    steps = int(np.sum(nodes < tree.steps))
    # The last bit may need less than a whole step at the least power.
    low = np.minimum(lowest * hours[:steps], max(car.need_kwh, 0.0))
    columns = CarColumns(number, nodes, power, steps, low, highest)
    program.terms(model.balance[nodes], power, -1.0)
    given = NONE if car.v2h is None else _give(model, columns, car.v2h)
    _need(model, columns, car, given)
    model.cars.append(columns)
    model.semis.append(columns)
    return columns


def _need(model: Model, columns: CarColumns, car: CarSession, given: Index) -> None:
    tree, program = model.tree, model.program
    need = max(car.need_kwh, 0.0)
    longest = float(tree.hours[columns.nodes].max(initial=0.0))
    short: list[int] = []
    later: list[int] = []
    rows: dict[tuple[int, ...], int] = {}
    mean = float(np.mean(model.house.import_price))
    for path, weight in zip(tree.paths, tree.path_weight, strict=True):
        place = np.flatnonzero(np.isin(columns.nodes, path))
        key = tuple(place.tolist())
        if key in rows:
            _heavier(program.cost, short[rows[key]], car.late_price * weight)
            continue
        rows[key] = len(short)
        slack = program.columns(1, car.late_price * weight)
        rest = program.columns(1, mean * weight, 0.0, max(car.later_kwh, 0.0))
        used = [columns.power[place], slack, rest]
        factors = [np.ones(len(place)), np.ones(2)]
        if len(given):
            used.append(given[place])
            factors.append(np.full(len(place), -1.0))
        most = np.inf if car.v2h is not None else need + overshoot_kwh(car, longest)
        program.row(np.concatenate(used), np.concatenate(factors), need, most)
        short.append(int(slack[0]))
        later.append(int(rest[0]))
    columns.short = np.array(short, np.int32)
    columns.later = np.array(later, np.int32)


def _heavier(cost: list[np.ndarray], column: int, by: float) -> None:
    """Add to the cost of one column: paths that share all nodes of a session share its need."""
    for index, block in enumerate(cost):
        if column < len(block):
            changed = np.array(block)
            changed[column] += by
            cost[index] = changed
            return
        column -= len(block)


def _give(model: Model, columns: CarColumns, v2h: V2h) -> Index:
    """Add what the car gives back, with its content in bounds."""
    tree, program, nodes = model.tree, model.program, columns.nodes
    hours, weight = tree.hours[nodes], tree.weight[nodes]
    given = program.columns(len(nodes), v2h.wear * weight, 0.0, v2h.discharge_max_kw * hours)
    begin = max(v2h.soc_kwh, 0.0)
    content = program.columns(
        len(nodes), 0.0, min(v2h.soc_min_kwh, begin), max(v2h.soc_max_kwh, begin)
    )
    rows = add_content(model, nodes, content, begin)
    program.terms(rows, columns.power, -v2h.charge_efficiency)
    program.terms(rows, given, 1.0 / v2h.discharge_efficiency)
    program.terms(model.balance[nodes], given, 1.0)
    columns.store = StoreColumns(
        model.house.cars[columns.number].name, nodes, columns.power, given, content, rows
    )
    return given
