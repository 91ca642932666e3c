"""Random planning problems with extreme and contradicting inputs, and what every plan must keep."""

from __future__ import annotations

import random
from typing import Any

NEAR = 1e-3
"""kW by which a power may miss its limit in the rounding of the answer."""


def case(seed: int) -> dict[str, Any]:
    """Return one problem; the same for the same seed."""
    dice = random.Random(seed)
    steps = dice.choice([1, 2, 7, 24, 48, 96])
    problem: dict[str, Any] = {
        "version": 1,
        "steps": steps,
        "now": "2025-03-29T22:00:00",
        "timezone": "Europe/Zurich",
        "forecast": {"pv_kw": _series(dice, steps, 0, 15), "load_kw": _series(dice, steps, 0, 8)},
        "tariff": {
            "import_eur_kwh": _series(dice, steps, -0.5, 1.0),
            "export_eur_kwh": _series(dice, steps, -0.5, 1.0),
        },
    }
    if dice.random() < 0.3:
        problem["durations_minutes"] = [dice.choice([1, 5, 15, 60]) for _ in range(steps)]
    batteries = [_battery(dice) for _ in range(dice.choice([0, 1, 1, 2]))]
    problem["batteries"] = batteries
    problem["evs"] = [_car(dice, steps) for _ in range(dice.choice([0, 1, 1, 2]))]
    if dice.random() < 0.3:
        problem["appliances"] = [_run(dice, steps)]
    if dice.random() < 0.2:
        problem["switches"] = [_switch(dice, steps)]
    if dice.random() < 0.3:
        problem["thermal"] = [_heat(dice, steps)]
    problem["grid"] = _grid(dice, steps)
    if dice.random() < 0.3:
        problem["commitments"] = [_promise(dice, steps)]
    if dice.random() < 0.2:
        problem["tariff"]["import_tiers"] = [
            {"from_kwh": dice.choice([0, 1, 30]), "add_eur_kwh": dice.uniform(-0.2, 0.4)}
        ]
    if dice.random() < 0.2:
        problem["tariff"]["capacity"] = {
            "eur_per_kw": dice.uniform(0, 20),
            "peak_so_far_kw": dice.uniform(0, 10),
        }
    if dice.random() < 0.2:
        problem["market"] = {
            side: [{"eur_kwh": _series(dice, steps, -0.2, 0.6), "kwh": 0.5, "fill": dice.random()}]
            for side in ("buy", "sell")
        }
    if dice.random() < 0.2:
        problem["forecast"]["scenarios"] = [
            {"pv_kw": _series(dice, steps, 0, 15), "load_kw": _series(dice, steps, 0, 8)}
        ]
    return problem


def _series(dice: random.Random, steps: int, low: float, high: float) -> Any:
    kind = dice.random()
    if kind < 0.2:
        return dice.uniform(low, high)
    if kind < 0.3:
        return dice.choice([low, high, 0.0])
    return [round(dice.uniform(low, high), 4) for _ in range(steps)]


def _battery(dice: random.Random) -> dict[str, Any]:
    capacity = dice.choice([0.0, 0.1, 5.0, 10.0, 100.0])
    battery: dict[str, Any] = {
        "capacity_kwh": capacity,
        "soc_kwh": dice.uniform(-0.2, 1.2) * capacity,
        "soc_min_kwh": dice.uniform(0, 1.2) * capacity,
        "charge_max_kw": dice.choice([0.0, 3.0, 50.0]),
        "discharge_max_kw": dice.choice([0.0, 3.0, 50.0]),
        "charge_efficiency": dice.uniform(0.3, 1.0),
        "reserve_kwh": dice.uniform(0, 2) * capacity,
        "wear_eur_kwh": dice.choice([0.0, 0.05]),
    }
    if dice.random() < 0.3 and capacity:
        battery["charge_curve"] = [[0, 3.0], [capacity / 2, 3.0], [capacity, 0.0]]
    if dice.random() < 0.3:
        battery["hybrid"] = {"pv_kw": dice.uniform(0, 12), "ac_max_kw": dice.choice([0.0, 5.0])}
    return battery


def _car(dice: random.Random, steps: int) -> dict[str, Any]:
    most = dice.choice([0.0, 3.7, 11.04, 22.0])
    sessions = []
    begin = dice.randint(-5, steps)
    for _ in range(dice.choice([0, 1, 2])):
        until = begin + dice.randint(-2, 60)
        sessions.append(
            {
                "from_step": begin,
                "until_step": until,
                "need_kwh": dice.choice([0.0, 0.01, 1.1, 10.0, 500.0]),
            }
        )
        begin = max(until, begin)
    return {
        "max_kw": most,
        "min_kw": min(most, dice.choice([0.0, 1.38, 4.14])),
        "step_a": dice.choice([0, 1]),
        "phases": dice.choice([1, 3]),
        "phase_switch": dice.random() < 0.3,
        "sessions": sessions,
    }


def _run(dice: random.Random, steps: int) -> dict[str, Any]:
    return {
        "profile_kw": [dice.uniform(0, 3) for _ in range(dice.randint(1, 12))],
        "from_step": dice.randint(-3, steps),
        "until_step": dice.randint(-3, steps + 20),
    }


def _switch(dice: random.Random, steps: int) -> dict[str, Any]:
    return {
        "power_kw": dice.uniform(0, 6),
        "on_hours": dice.choice([0.0, 0.5, 3.0, 100.0]),
        "min_on_steps": dice.randint(1, 6),
        "min_off_steps": dice.randint(1, 6),
        "from_step": dice.randint(-3, steps),
        "until_step": dice.randint(-3, steps + 20),
    }


def _heat(dice: random.Random, steps: int) -> dict[str, Any]:
    low = dice.uniform(-2, 10)
    return {
        "power_max_kw": dice.choice([0.0, 2.0, 9.0]),
        "power_min_kw": dice.choice([0.0, 1.0]),
        "cop": dice.uniform(0.9, 5),
        "content_kwh": dice.uniform(-5, 30),
        "comfort_min_kwh": low,
        "comfort_max_kwh": low + dice.uniform(-3, 10),
        "demand_kw": _series(dice, steps, 0, 6),
        "loss_per_hour": dice.choice([0, 0.01, 1.0]),
    }


def _grid(dice: random.Random, steps: int) -> dict[str, Any]:
    grid: dict[str, Any] = {}
    if dice.random() < 0.6:
        grid["import_max_kw"] = dice.choice([0.0, 2.0, 17.0])
    if dice.random() < 0.5:
        grid["export_max_kw"] = dice.choice([0.0, 3.0])
    if dice.random() < 0.3:
        grid["import_limit_kw"] = [dice.choice([None, 0.0, 4.2]) for _ in range(steps)]
    return grid


def _promise(dice: random.Random, steps: int) -> dict[str, Any]:
    begin = dice.randint(-4, steps)
    return {
        "direction": dice.choice(["reduce", "increase"]),
        "from_step": begin,
        "until_step": begin + dice.randint(-1, 8),
        "baseline_kwh": dice.uniform(-5, 20),
        "quantity_kwh": dice.choice([0.0, 1.0, 1000.0]),
        "penalty_eur_kwh": dice.uniform(0, 3),
    }


def faults(problem: dict[str, Any], found: dict[str, Any]) -> list[str]:
    """Return what an answer does that no plan may: empty when all is within limits."""
    wrong: list[str] = []
    if found["status"] not in {"Optimal", "Rules"}:
        return [f"status {found['status']}: {found.get('error')}"]
    steps = found["steps"]
    if len(steps) != problem["steps"]:
        return [f"{len(steps)} steps instead of {problem['steps']}"]
    most_charge = sum(b["charge_max_kw"] for b in problem["batteries"])
    most_give = sum(b["discharge_max_kw"] for b in problem["batteries"])
    most_car = sum(c["max_kw"] for c in problem["evs"])
    over = sum(v["amount"] for v in found["violations"] if v["name"] == "import_limit")
    limit = problem["grid"].get("import_max_kw")
    for number, step in enumerate(steps):
        if not -most_give - NEAR <= step["battery_kw"] <= most_charge + NEAR:
            wrong.append(f"step {number}: battery {step['battery_kw']}")
        if not -NEAR <= step["ev_kw"] <= most_car + NEAR:
            wrong.append(f"step {number}: car {step['ev_kw']}")
        if limit is not None and step["grid_kw"] > limit + NEAR and over <= 0:
            wrong.append(f"step {number}: import {step['grid_kw']} above {limit}, not named")
    return wrong
