"""Random planning problems with extreme and contradicting inputs, and what every plan must keep."""

from __future__ import annotations

import itertools
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
        middle = dice.choice([3.0, 3.0, 1.0, 0.2])
        battery["charge_curve"] = [[0, 3.0], [capacity / 2, middle], [capacity, 0.0]]
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
    if found["status"] not in {"Optimal", "Rules"}:
        return [f"status {found['status']}: {found.get('error')}"]
    steps = found["steps"]
    if len(steps) != problem["steps"]:
        return [f"{len(steps)} steps instead of {problem['steps']}"]
    named = {violation["name"] for violation in found["violations"]}
    return [
        *_meter_faults(problem, steps, named),
        *_battery_faults(problem, steps),
        *_car_faults(problem, steps),
        *_appliance_faults(problem, found),
    ]


def _hours(problem: dict[str, Any]) -> list[float]:
    minutes = problem.get("durations_minutes") or [15] * problem["steps"]
    return [minute / 60 for minute in minutes]


def _meter_faults(
    problem: dict[str, Any], steps: list[dict[str, Any]], named: set[str]
) -> list[str]:
    """Return where the meter's limits are passed without a word, step by step."""
    grid, wrong = problem["grid"], []
    by_step = grid.get("import_limit_kw") or [None] * len(steps)
    for number, (step, limit) in enumerate(zip(steps, by_step, strict=True)):
        limits = [x for x in (limit, grid.get("import_max_kw")) if x is not None]
        if limits and step["grid_kw"] > min(limits) + NEAR and "import_limit" not in named:
            wrong.append(f"step {number}: import {step['grid_kw']} above {limits}, not named")
        most = grid.get("export_max_kw")
        if most is not None and -step["grid_kw"] > most + NEAR and "export_limit" not in named:
            wrong.append(f"step {number}: export {-step['grid_kw']} above {most}, not named")
    return wrong


def _battery_faults(problem: dict[str, Any], steps: list[dict[str, Any]]) -> list[str]:
    """Return where a battery passes its powers, its contents or its curve."""
    wrong = []
    for place, battery in enumerate(problem["batteries"]):
        capacity = battery["capacity_kwh"]
        before = max(battery["soc_kwh"], 0.0)
        low, high = min(battery["soc_min_kwh"], before, capacity), max(capacity, before)
        for number, step in enumerate(steps):
            many = "batteries_kw" in step
            power = step["batteries_kw"][place] if many else step["battery_kw"]
            content = step["batteries_soc_kwh"][place] if many else step["soc_kwh"]
            if not -battery["discharge_max_kw"] - NEAR <= power <= battery["charge_max_kw"] + NEAR:
                wrong.append(f"step {number}: battery {place} at {power} kW")
            if not low - NEAR <= content <= high + NEAR:
                wrong.append(f"step {number}: battery {place} holds {content} kWh")
            curve = battery.get("charge_curve")
            if curve and battery["soc_kwh"] <= capacity and power > _at(curve, before) + NEAR:
                wrong.append(f"step {number}: {power} kW is above the curve at {before} kWh")
            before = content
    return wrong


def _at(curve: list[list[float]], content: float) -> float:
    """Return the power of a curve at a content; at its ends it stays as it is."""
    if content <= curve[0][0]:
        return curve[0][1]
    for (x0, y0), (x1, y1) in itertools.pairwise(curve):
        if content <= x1:
            return y0 + (y1 - y0) * (content - x0) / (x1 - x0)
    return curve[-1][1]


def _car_faults(problem: dict[str, Any], steps: list[dict[str, Any]]) -> list[str]:
    """Return where a car takes more or less than it can, too much, or while it is away."""
    sessions = [(car, session) for car in problem["evs"] for session in car["sessions"]]
    hours, wrong = _hours(problem), []
    for place, (car, session) in enumerate(sessions):
        split = car["phases"] > 1 and car.get("phase_switch")
        least = car["min_kw"] / car["phases"] if split else car["min_kw"]
        taken = 0.0
        for number, step in enumerate(steps):
            many = "sessions_kw" in step
            power = step["sessions_kw"][place] if many else step["ev_kw"]
            taken += power * hours[number]
            small = min(least, session["need_kwh"] / hours[number])
            if power > car["max_kw"] + NEAR or NEAR < power < small - NEAR or power < -NEAR:
                wrong.append(f"step {number}: car {place} at {power} kW")
            away = not session["from_step"] <= number < session["until_step"]
            if power > NEAR and away:
                wrong.append(f"step {number}: car {place} is away")
        # Whole amperes and the least power may give a step more than was needed.
        if taken > session["need_kwh"] + car["max_kw"] * max(hours) + NEAR:
            wrong.append(f"car {place} gets {taken} of {session['need_kwh']} kWh")
    return wrong


def _appliance_faults(problem: dict[str, Any], found: dict[str, Any]) -> list[str]:
    """Return appliances that run outside their window, too briefly, or not without a word."""
    wrong = []
    for asked, run in zip(problem.get("appliances", []), found.get("appliances", []), strict=True):
        start = run["start_step"]
        if start is not None and not (
            asked["from_step"] <= start <= asked["until_step"] - len(asked["profile_kw"])
        ):
            wrong.append(f"{run['name']} starts in step {start}")
    for place, asked in enumerate(problem.get("switches", [])):
        if found["status"] == "Rules":
            continue
        on = [round(step["switches_on"][place]) for step in found["steps"]]
        window = range(max(asked["from_step"], 0), min(asked["until_step"], len(on)))
        if any(state and number not in window for number, state in enumerate(on)):
            wrong.append(f"switch {place} is on outside its window")
        blocks = [(state, len(list(group))) for state, group in
                  itertools.groupby(on[number] for number in window)]  # fmt: skip
        for index, (state, length) in enumerate(blocks[:-1]):
            least = asked["min_on_steps"] if state else asked["min_off_steps"]
            if length < least and (state or index > 0):  # it was off before
                wrong.append(f"switch {place} is {state} for {length} of {least} steps")
    return wrong
