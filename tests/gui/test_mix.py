"""One attribution for all views of where power comes from."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from peerwatt.api.messages import FlowView
from peerwatt.gui.mix import source_shares, streams

WATTS = st.floats(-15_000, 15_000)


def test_neighbours_are_part_of_the_grid() -> None:
    found = streams(FlowView(time_s=0, grid_w=-1000, neighbours_w=-600))
    assert found["grid"].power_w == 400
    assert found["neighbours"].power_w == 600
    assert not found["grid"].toward_home


def test_a_house_has_only_its_things() -> None:
    flow = FlowView(time_s=0, has_battery=False, has_car=False, has_pv=False)
    assert set(streams(flow)) == {"grid", "neighbours"}


def test_little_is_still_and_unknown_is_not_zero() -> None:
    found = streams(FlowView(time_s=0, grid_w=49, pv_w=None))
    assert not found["grid"].moving
    assert found["sun"].power_w is None


def test_stale_values_are_marked() -> None:
    found = streams(FlowView(time_s=0, grid_w=100, ev_w=100, stale=("grid", "ev")))
    assert found["grid"].stale
    assert found["car"].stale
    assert not found["sun"].stale


@given(grid=WATTS, pv=st.floats(0, 15_000), battery=WATTS, ev=st.floats(0, 11_000), part=WATTS)
def test_shares_sum_to_one(grid: float, pv: float, battery: float, ev: float, part: float) -> None:
    flow = FlowView(
        time_s=0, grid_w=grid, pv_w=pv, battery_w=battery, ev_w=ev, neighbours_w=part, home_w=1.0
    )
    shares = source_shares(flow)
    if shares:
        assert sum(share for _, share in shares) == pytest.approx(1.0)
    assert all(name != "car" for name, _ in shares)
