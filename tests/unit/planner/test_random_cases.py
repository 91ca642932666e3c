"""Extreme and contradicting inputs: always a plan within limits, what is not kept is named."""

from __future__ import annotations

import json

import pytest
from tests.bench.planner_cases import case, faults

from peerwatt.planner.answer import answer
from peerwatt.planner.problem import house_from


@pytest.mark.parametrize("first", range(0, 150, 30))
def test_random_cases_keep_the_limits(first: int) -> None:
    for seed in range(first, first + 30):
        problem = case(seed)
        found = answer(house_from(problem), with_reasons=seed % 5 == 0)
        json.dumps(found, allow_nan=False)
        assert faults(problem, found) == [], seed
        assert found["status"] == "Optimal", seed
