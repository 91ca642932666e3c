"""The plan of a JSON problem as JSON: powers, worths, costs, reasons and what is not kept."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import numpy as np

from .alternatives import priced
from .outcome import Outcome, outcome
from .solving import Solved, solve
from .spec import Array, House
from .why import reasons


def answer(house: House, with_reasons: bool = True) -> dict[str, Any]:
    """Return the plan of a house as JSON; never raises on a house that was read without fault."""
    solved = solve(house)
    if solved is None:
        return by_rule(house)
    made = outcome(solved)
    found = plan_json(made)
    if with_reasons:
        found["reasons"] = _reasons(made, solved)
    return found


def _reasons(made: Outcome, solved: Solved) -> list[dict[str, Any]]:
    return [
        {key: _number(value) for key, value in asdict(reason).items()}
        for reason in priced(solved, reasons(made))
    ]


def plan_json(made: Outcome) -> dict[str, Any]:
    """Return an outcome as JSON, without reasons."""
    return {
        "version": 1,
        "status": made.status,
        "steps": _steps(made),
        "cost_eur": _number(made.costs.total),
        "costs_eur": {key: _number(value) for key, value in asdict(made.costs).items()},
        "gap_eur": _number(made.gap),
        "violations": [
            {**asdict(violation), "amount": _number(violation.amount)}
            for violation in made.violations
        ],
        "appliances": [
            {"name": run.name, "start_step": start}
            for run, start in zip(made.house.runs, made.run_start, strict=True)
        ],
        "sessions": [
            {"name": car.name, "marginal_eur_kwh": _number(worth)}
            for car, worth in zip(made.house.cars, made.car_worth, strict=True)
        ],
    }


def _steps(made: Outcome) -> list[dict[str, Any]]:
    count = made.house.count
    zero = np.zeros(count)
    columns: dict[str, Array] = {
        "battery_kw": sum((c - d for c, d in zip(made.charge_kw, made.discharge_kw, strict=True)),
                          zero),
        "ev_kw": sum(made.car_kw, zero),
        "grid_kw": made.grid_kw,
        "curtail_kw": made.curtail_kw,
        "marginal_eur_kwh": made.marginal,
    }  # fmt: skip
    if made.charge_kw:
        columns["soc_kwh"] = sum(made.content_kwh, zero)
        columns["stored_eur_kwh"] = made.stored[0]
    if made.house.market_buy or made.house.market_sell:
        columns["market_kw"] = made.market_kw
    lists = {name: np.round(values, 5).tolist() for name, values in columns.items()}
    steps = [dict(zip(lists, row, strict=True)) for row in zip(*lists.values(), strict=True)]
    _several(made, steps)
    return steps


def _several(made: Outcome, steps: list[dict[str, Any]]) -> None:
    """Add each device's own power where there are several of a kind."""
    several: dict[str, tuple[Array, ...]] = {}
    if len(made.charge_kw) > 1:
        several["batteries_kw"] = tuple(
            c - d for c, d in zip(made.charge_kw, made.discharge_kw, strict=True)
        )
        several["batteries_soc_kwh"] = made.content_kwh
    if len(made.car_kw) > 1:
        several["sessions_kw"] = made.car_kw
    if made.switch_on:
        several["switches_on"] = made.switch_on
    if made.heat_kw:
        several["thermal_kw"] = made.heat_kw
        several["thermal_content_kwh"] = made.heat_kwh
    for name, series in several.items():
        for step, values in zip(steps, np.round(np.array(series).T, 5).tolist(), strict=True):
            step[name] = values


def by_rule(house: House) -> dict[str, Any]:
    """Return a plan without the solver: cars at once, batteries at rest, the grid the balance."""
    count = house.count
    cars = np.zeros(count)
    for car in house.cars:
        rest = car.need_kwh
        high = max((top for _, top in car.ranges_kw), default=0.0)
        for step in range(max(car.first, 0), min(car.until, count)):
            power = min(high, rest / house.hours[step])
            cars[step] += power
            rest -= power * house.hours[step]
    grid = house.load_kw - house.pv_kw + cars
    steps = [
        {"battery_kw": 0.0, "ev_kw": round(float(c), 5), "grid_kw": round(float(g), 5)}
        for c, g in zip(cars, grid, strict=True)
    ]
    sentence = "No optimum was found; the car charges at once and the battery rests."
    return {
        "version": 1, "status": "Rules", "steps": steps, "cost_eur": None, "reasons": [],
        "violations": [{"name": "solver", "subject": "plan", "amount": 1.0, "unit": "plan",
                        "step": None, "sentence": sentence}],
    }  # fmt: skip


def _number(value: Any) -> Any:
    return round(value, 6) if isinstance(value, float) else value
