"""Appliances that run once through a profile, and those that are switched on and off.

What an appliance does is decided for all futures alike: its columns stand by step, and each
node draws what its steps draw.
"""

from __future__ import annotations

import numpy as np

from .model import NONE, Model, RunColumns
from .spec import Run, Switch


def add_run(model: Model, run: Run, number: int) -> None:
    """Add one start among the possible ones, or none at a price."""
    tree, program = model.tree, model.program
    length = len(run.profile_kw)
    last = min(run.until, tree.steps) - length
    steps = np.arange(max(run.first, 0), last + 1, dtype=np.int32) if length else NONE
    # A window that closes after the horizon leaves later starts open, at no saving.
    later = run.until - length > last and run.until > tree.steps
    price = _typical(model, run) if later else run.skip_price
    choice = program.columns(len(steps), 0.0, 0.0, 1.0)
    skip = program.columns(1, price, 0.0, 1.0)
    program.row(np.append(choice, skip), np.ones(len(choice) + 1), 1.0, 1.0)
    hours = tree.hours[: tree.steps]
    for offset, power in enumerate(run.profile_kw):
        at = steps + offset
        _draw(model, at, choice, power * hours[at])
    model.runs.append(RunColumns(number, steps, choice, skip))


def _typical(model: Model, run: Run) -> float:
    """Return what a run costs at the mean price."""
    energy = sum(run.profile_kw) * float(np.mean(model.tree.hours[: model.tree.steps]))
    return energy * float(np.mean(model.house.import_price))


def _draw(model: Model, steps: np.ndarray, columns: np.ndarray, energy: np.ndarray) -> None:
    """Draw energy in the steps of the main path and in the branch nodes that hold them."""
    tree, program = model.tree, model.program
    program.terms(model.balance[steps], columns, -energy)
    for path in tree.paths[1:]:
        nodes = path[path >= tree.steps]
        place = np.searchsorted(tree.until[nodes], steps, side="right")
        inside = np.flatnonzero(steps >= tree.first[nodes[0]])
        if len(inside):
            program.terms(model.balance[nodes[place[inside]]], columns[inside], -energy[inside])


def add_switch(model: Model, switch: Switch, number: int) -> None:
    """Add on or off in each step, starts and stops, the hours wanted and the least times."""
    tree, program = model.tree, model.program
    steps = np.arange(max(switch.first, 0), min(switch.until, tree.steps), dtype=np.int32)
    hours = tree.hours[steps]
    on = program.columns(len(steps), 0.0, 0.0, 1.0)
    wanted = max(switch.on_hours, 0.0)
    later = max(switch.until - tree.steps, 0) * float(np.mean(tree.hours[: tree.steps]))
    price = float(np.mean(model.house.import_price))
    short = program.columns(1, switch.skip_price * switch.power_kw)
    rest = program.columns(1, price * switch.power_kw, 0.0, later)
    program.row(
        np.concatenate([on, short, rest]), np.concatenate([hours, [1.0, 1.0]]), wanted, np.inf
    )
    _draw(model, steps, on, switch.power_kw * hours)
    if len(steps) and max(switch.min_on_steps, switch.min_off_steps) > 1:
        _least_times(model, switch, on)
    model.switches.append(RunColumns(number, steps, on, short))


def _least_times(model: Model, switch: Switch, on: np.ndarray) -> None:
    """Add: on(t) - on(t-1) <= on(u) for the least time after t; the same for off.

    Before the first step it was as it is now, for long.
    """
    program, count = model.program, len(on)
    was = 1.0 if switch.on_now else 0.0
    for ahead in range(1, max(switch.min_on_steps, switch.min_off_steps)):
        now = np.arange(count - ahead) if count > ahead else np.zeros(0, np.int64)
        for sign, least in ((1.0, switch.min_on_steps), (-1.0, switch.min_off_steps)):
            if least <= ahead or not len(now):
                continue
            most = np.full(len(now), 0.0 if sign > 0 else 1.0)
            most[0] += sign * was
            rows = program.rows(len(now), -np.inf, most)
            program.terms(rows, on[now], sign)
            program.terms(rows[1:], on[now[1:] - 1], -sign)
            program.terms(rows, on[now + ahead], -sign)
