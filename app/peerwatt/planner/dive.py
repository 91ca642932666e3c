"""Finds when the car charges at all: relax, round in several ways, re-solve, keep the cheapest.

A car takes nothing or at least 6 A (IEC 61851), which makes the plan a mixed-integer program.
Branch and bound needed 60 ms to 4 s on a day and a half with neighbours' prices (many equal
intervals); a relaxation and a few roundings, each a linear program of 5 ms, came within a few
hundredths of the currency unit of it.
"""

from __future__ import annotations

from .house import HouseProgram
from .program import Program, Solution

NOTHING = 1e-6
"""kWh that are rounding noise of the solver."""


def optimum(house: HouseProgram) -> Solution | None:
    """Return the best solution found that keeps the cars' least power, with its duals."""
    program = house.program
    if program.binary:
        return _branch_and_bound(program)
    relaxed = program.solve(relax=True)
    if relaxed is None or not _broken(program, relaxed):
        return relaxed
    best: Solution | None = None
    tried: set[frozenset[int]] = set()
    cars = [_car_columns(house, number) for number in range(len(house.car_short))]
    for rounding in (_nearest, _generous, _concentrated, _spread):
        on = frozenset(c for columns in cars for c in rounding(program, relaxed, columns))
        if on in tried:
            continue
        tried.add(on)
        found = program.solve(bounds=_bounds(program, on))
        if found is not None and (best is None or found.cost < best.cost - NOTHING):
            best = found
    return best


def _branch_and_bound(program: Program) -> Solution | None:
    """Solve with binaries, then again with them pinned, which gives the marginal values."""
    whole = program.solve()
    if whole is None:
        return None
    discrete = [*program.semicontinuous, *program.binary]
    pinned = {column: (whole.values[column],) * 2 for column in discrete}
    return program.solve(bounds=pinned) or whole


def _car_columns(house: HouseProgram, number: int) -> list[int]:
    """Return the columns of one car, in order of time."""
    every = set(house.program.semicontinuous)
    return [c for s in house.steps if (c := s.cars[number]) is not None and c in every]


def _broken(program: Program, solution: Solution) -> bool:
    """Whether a column lies between nothing and its least value."""
    return any(
        NOTHING < solution.values[column] < program.lower[column] - NOTHING
        for column in program.semicontinuous
    )


def _bounds(program: Program, on: frozenset[int]) -> dict[int, tuple[float, float]]:
    return {
        column: (program.lower[column], program.upper[column]) if column in on else (0.0, 0.0)
        for column in program.semicontinuous
    }


def _nearest(program: Program, relaxed: Solution, columns: list[int]) -> list[int]:
    """Charge where the relaxation takes at least half of the least power."""
    return [c for c in columns if relaxed.values[c] >= program.lower[c] / 2]


def _generous(program: Program, relaxed: Solution, columns: list[int]) -> list[int]:
    """Charge where the relaxation takes a tenth of the least power: follow a thin sun."""
    return [c for c in columns if relaxed.values[c] >= program.lower[c] / 10]


def _concentrated(program: Program, relaxed: Solution, columns: list[int]) -> list[int]:
    """Put all that is too little into as few steps as hold it, the fullest first."""
    full = [c for c in columns if relaxed.values[c] >= program.lower[c] - NOTHING]
    small = [c for c in columns if NOTHING < relaxed.values[c] < program.lower[c] - NOTHING]
    rest = sum(relaxed.values[c] for c in small)
    chosen: list[int] = []
    for column in sorted(small, key=lambda c: (-relaxed.values[c], c)):
        if rest <= NOTHING:
            break
        chosen.append(column)
        rest -= program.lower[column]
    return full + chosen


def _spread(program: Program, relaxed: Solution, columns: list[int]) -> list[int]:
    """Charge whenever enough has gathered since the last time (error diffusion)."""
    chosen, gathered = [], 0.0
    for column in columns:
        gathered += relaxed.values[column]
        if relaxed.values[column] > NOTHING and gathered >= program.lower[column] / 2:
            chosen.append(column)
            gathered -= max(program.lower[column], relaxed.values[column])
    return chosen
