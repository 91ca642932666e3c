"""A series of problems: each begins at the plan before, where that reaches."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

import numpy as np

from peerwatt.engine.plan_service import PlanService
from peerwatt.engine.plan_service.continued import Continued
from peerwatt.planner.problem import house_from
from peerwatt.planner.spec import Previous

from .test_service import problem


def later(hours: float, steps: int = 48) -> dict[str, Any]:
    now = dt.datetime(2025, 6, 17) + dt.timedelta(hours=hours)
    return problem(steps=steps) | {"now": now.isoformat()}


def test_the_plan_before_is_shifted_onto_the_steps_of_the_next() -> None:
    continued = Continued()
    first = house_from(later(0))
    assert continued.apply(first) is first
    steps = [{"battery_kw": float(k), "ev_kw": 2.0 * k} for k in range(48)]
    continued.keep(first, {"steps": steps})
    asked = continued.apply(house_from(later(1)))
    assert asked.previous is not None
    np.testing.assert_array_equal(asked.previous.battery_kw[:3], [4.0, 5.0, 6.0])
    np.testing.assert_array_equal(asked.previous.car_kw[43:], [94.0, 0.0, 0.0, 0.0, 0.0])


def test_other_problems_begin_anew() -> None:
    continued = Continued()
    first = house_from(later(0))
    continued.keep(first, {"steps": [{"battery_kw": 1.0, "ev_kw": 1.0}] * 48})
    for asked in (
        first,  # the same moment again
        house_from(later(-1)),
        house_from(later(30)),
        house_from(later(0.1)),
        replace(house_from(later(1)), hours=np.full(48, 0.5)),
        replace(house_from(later(1)), previous=Previous(np.ones(48), np.ones(48))),
    ):
        assert continued.apply(asked) is asked
    fine = replace(first, hours=np.append(np.full(47, 0.25), 1.0))
    continued.keep(fine, {"steps": []})
    asked = house_from(later(1))
    assert continued.apply(asked) is asked


def test_a_series_of_plans_keeps_the_cars_steps() -> None:
    service = PlanService()
    first = service.plan(later(0), reasons=False)
    asked = later(1)
    asked["ev"]["sessions"][0]["until_step"] = 24
    second = service.plan(asked, reasons=False)
    here = [step["ev_kw"] > 0 for step in first["steps"][4:28]]
    there = [step["ev_kw"] > 0 for step in second["steps"][:24]]
    if sum(step["ev_kw"] for step in first["steps"][:4]) == 0:
        assert here == there
    assert second["status"] == "Optimal"
