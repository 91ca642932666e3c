"""What a plan gains by beginning at the plan before: the same hours planned cold and warm."""

from __future__ import annotations

import statistics
import time
from dataclasses import replace

import numpy as np
from tests.bench.figures import Figure
from tests.bench.planner_house import Month

from peerwatt.planner.outcome import outcome
from peerwatt.planner.problem import house_from
from peerwatt.planner.solving import Solved, solve
from peerwatt.planner.spec import Array, House, Previous

HOURS = 48
STEPS_AN_HOUR = 4


def warm_start() -> list[Figure]:
    """Plan two summer days hour by hour, each hour without and with the plan before."""
    month = Month("summer")
    soc, charged = 5.0, [0.0] * len(month.stays)
    before: tuple[Array, Array] | None = None
    cold_s, warm_s, gains = [], [], []
    for hour in range(HOURS):
        k = hour * STEPS_AN_HOUR
        house = house_from(month.problem(k, soc, charged, 3))
        cold, seconds = _timed(house)
        warm, warm_seconds = cold, seconds
        if before is not None:
            warm, warm_seconds = _timed(replace(house, previous=_shifted(*before)))
            cold_s.append(seconds)
            warm_s.append(warm_seconds)
            gains.append(cold.found.solution.cost - warm.found.solution.cost)
        made = outcome(warm)
        cars = sum(made.car_kw, np.zeros(house.count))
        before = made.charge_kw[0] - made.discharge_kw[0], cars
        soc = float(made.content_kwh[0][STEPS_AN_HOUR - 1])
        _charge(month, charged, k, cars)
    cold_ms, warm_ms = (1000 * statistics.mean(values) for values in (cold_s, warm_s))
    gain_ct = 100 * statistics.mean(gains)
    return [
        Figure("re-planned hourly, begun at the plan before", warm_ms, "ms",
               f"without it: {cold_ms:.1f} ms", f"< {cold_ms:.1f}", warm_ms < cold_ms),
        Figure("cost saved by that, mean", gain_ct, "ct", "the same problems", ">= 0",
               gain_ct >= 0.0),
    ]  # fmt: skip


def _timed(house: House) -> tuple[Solved, float]:
    """Return a plan and the processor's seconds: what else runs is not to decide this."""
    begin = time.process_time()
    solved = solve(house)
    assert solved is not None
    return solved, time.process_time() - begin


def _shifted(battery_kw: Array, car_kw: Array) -> Previous:
    rest = np.zeros(STEPS_AN_HOUR)
    return Previous(
        np.append(battery_kw[STEPS_AN_HOUR:], rest), np.append(car_kw[STEPS_AN_HOUR:], rest)
    )


def _charge(month: Month, charged: list[float], k: int, car_kw: Array) -> None:
    """Add what the first hour charges to the session that is open in each step."""
    for step in range(STEPS_AN_HOUR):
        for number, (first, until, need) in enumerate(month.stays):
            if first <= k + step < until:
                charged[number] = min(charged[number] + float(car_kw[step]) / 4, need)
                break
