"""The house as a mixed-integer linear program over the nodes of a tree.

Energies are kWh per node and money is currency, so that all numbers are near 1. Costs carry the
weight of their node. Each part adds its columns and its terms to the power balance of the nodes.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from .program import Index, Program
from .spec import Array, House
from .tree import Tree, grow

NONE = np.zeros(0, np.int32)


@dataclass(slots=True)
class StoreColumns:
    """Columns of one store of energy (battery, car that gives back, tank), by node."""

    name: str
    nodes: Index
    charge: Index
    discharge: Index
    content: Index
    rows: Index
    """Rows whose negative dual is the worth of a kWh in the store after a node."""
    short: Index = field(default_factory=lambda: NONE)
    """kWh below what is softly kept."""
    terminal: float = 0.0
    ac_out: Index = field(default_factory=lambda: NONE)
    ac_in: Index = field(default_factory=lambda: NONE)
    clip: Index = field(default_factory=lambda: NONE)


@dataclass(slots=True)
class CarColumns:
    """Columns of one car session (or of a heat pump with a least power: number -1)."""

    number: int
    nodes: Index
    power: Index
    """kWh in each node of ``nodes``."""
    steps: int
    """The first so many of them are steps of the main path, where only whole ranges count."""
    low: Array
    """Least kWh of each step, when the car charges at all."""
    highest_kw: float = 0.0
    short: Index = field(default_factory=lambda: NONE)
    """kWh missing at the departure, one for each path."""
    later: Index = field(default_factory=lambda: NONE)
    store: StoreColumns | None = None


@dataclass(slots=True)
class RunColumns:
    """Columns of one appliance: a start in each step (run) or on in each step (switch)."""

    number: int
    steps: Index
    choice: Index
    skip: Index


@dataclass(slots=True)
class GridColumns:
    """Columns at the meter, by node."""

    buy: Index
    sell: Index
    curtail: Index
    over_in: Index
    over_out: Index
    market_buy: list[Index] = field(default_factory=list)
    market_sell: list[Index] = field(default_factory=list)
    peaks: Index = field(default_factory=lambda: NONE)
    tiers: list[Index] = field(default_factory=list)
    promise_short: list[Index] = field(default_factory=list)

    def net(self) -> list[tuple[Index, float]]:
        """Return import - export as (columns by node, factor)."""
        return [
            (self.buy, 1.0),
            (self.sell, -1.0),
            *((columns, 1.0) for columns in self.market_buy),
            *((columns, -1.0) for columns in self.market_sell),
        ]


@dataclass(slots=True)
class Model:
    """The program together with where to find things in it."""

    house: House
    tree: Tree
    program: Program
    balance: Index
    """Rows whose dual is the marginal cost of energy in a node."""
    grid: GridColumns
    batteries: list[StoreColumns] = field(default_factory=list)
    cars: list[CarColumns] = field(default_factory=list)
    runs: list[RunColumns] = field(default_factory=list)
    switches: list[RunColumns] = field(default_factory=list)
    heats: list[StoreColumns] = field(default_factory=list)
    semis: list[CarColumns] = field(default_factory=list)
    """What takes nothing or at least its least power: the cars, then heat pumps."""
    integers: list[int] = field(default_factory=list)
    """Binaries that open a cheaper tier once the one before is full."""
    directions: Index = field(default_factory=lambda: NONE)
    """Binaries of the nodes where selling pays more than buying: 1 where the house buys."""
    bought: Index = field(default_factory=lambda: NONE)
    """What is bought in these nodes."""


def build(house: House) -> Model:
    """Return the model of a house."""
    from .parts_appliances import add_run, add_switch
    from .parts_car import add_car
    from .parts_grid import add_capacity, add_directions, add_grid, add_promise, add_tiers
    from .parts_store import add_battery, add_heat

    tree, program = grow(house), Program()
    rest = (tree.load_kw - tree.pv_kw) * tree.hours
    balance = program.rows(tree.count, rest, rest)
    model = Model(house, tree, program, balance, add_grid(house, tree, program, balance))
    for battery in house.batteries:
        add_battery(model, battery)
    for number, car in enumerate(house.cars):
        add_car(model, car, number)
    for number, run in enumerate(house.runs):
        add_run(model, run, number)
    for number, switch in enumerate(house.switches):
        add_switch(model, switch, number)
    for heat in house.heats:
        add_heat(model, heat)
    add_tiers(model)
    add_capacity(model)
    for promise in house.promises:
        add_promise(model, promise)
    add_directions(model)
    return model
