"""Curves that bend upwards are never exceeded; phases are not changed too often."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from peerwatt.planner.amperes import PHASE_DWELL
from peerwatt.planner.outcome import outcome
from peerwatt.planner.parts_store import concave_below
from peerwatt.planner.solving import solve
from peerwatt.planner.spec import CarSession, House

N = 32
POINTS = st.lists(
    st.tuples(st.floats(0, 10), st.floats(0, 6)), min_size=2, max_size=6,
    unique_by=lambda point: round(point[0], 1),
)  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(POINTS)
def test_what_is_used_of_a_curve_is_concave_and_below_it(points: list[tuple[float, float]]) -> None:
    curve = sorted(points)
    begin = curve[0][0]
    used = concave_below(tuple(curve), begin)
    content = np.linspace(curve[0][0], curve[-1][0], 101)
    asked = np.interp(content, *zip(*curve, strict=True))
    kept = np.interp(content, *zip(*used, strict=True))
    assert np.all(kept <= asked + 1e-6)
    assert np.all(kept >= -1e-9)
    slopes = np.diff([y for _, y in used]) / np.diff([x for x, _ in used])
    assert np.all(np.diff(slopes) <= 1e-4 * (1 + np.abs(slopes).max()))


def test_phases_stay_for_a_while() -> None:
    pv = np.where(np.arange(N) % 2 == 0, 2.5, 6.5)
    car = CarSession("The car", 0, N, 20.0, ((1.38, 3.68), (4.14, 11.04)), step_kw=0.69)
    house = House(0.0, np.full(N, 0.25), pv, np.zeros(N), np.full(N, 0.3), np.full(N, 0.05),
                  cars=(car,))  # fmt: skip
    solved = solve(house)
    assert solved is not None
    power = outcome(solved).car_kw[0]
    on = np.flatnonzero(power > 0.05)[:-1]
    three = power[on] > 3.7
    changes = on[1:][three[1:] != three[:-1]]
    assert np.all(np.diff(changes) >= PHASE_DWELL)
