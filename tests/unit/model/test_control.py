"""A controller may only narrow what the ones before it allow."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from peerwatt.model.control import Band, Reason, Setpoint

POWER = st.floats(-20_000, 20_000)
WISH = st.floats(allow_nan=True, allow_infinity=True)


@st.composite
def bands(draw: st.DrawFn) -> Band:
    low, high = sorted((draw(POWER), draw(POWER)))
    return Band("battery", low, high)


@given(band=bands(), wishes=st.lists(st.tuples(WISH, WISH), max_size=5))
def test_narrowing_never_widens_and_never_inverts(
    band: Band, wishes: list[tuple[float, float]]
) -> None:
    for low, high in wishes:
        narrowed = band.narrow(low, high, Reason("c", "s"))
        assert band.low_w <= narrowed.low_w <= narrowed.high_w <= band.high_w
        band = narrowed


@given(band=bands(), low=POWER, high=POWER)
def test_a_wish_inside_is_granted_exactly(band: Band, low: float, high: float) -> None:
    low, high = sorted((low, high))
    narrowed = band.narrow(low, high, Reason("c", "s"))
    if low <= band.high_w and high >= band.low_w:
        assert (narrowed.low_w, narrowed.high_w) == (max(low, band.low_w), min(high, band.high_w))
    else:
        nearest = band.high_w if low > band.high_w else band.low_w
        assert (narrowed.low_w, narrowed.high_w) == (nearest, nearest)


@pytest.mark.parametrize(
    ("wish", "expected"),
    [
        ((-500, 500), (-500, 500)),
        ((2000, 3000), (1000, 1000)),
        ((-9000, -5000), (-1000, -1000)),
        ((-math.inf, 0), (-1000, 0)),
        ((math.nan, math.nan), (-1000, 1000)),
    ],
)
def test_table(wish: tuple[float, float], expected: tuple[float, float]) -> None:
    narrowed = Band("b", -1000, 1000).narrow(*wish, Reason("c", "s"))
    assert (narrowed.low_w, narrowed.high_w) == expected


def test_reasons_are_kept_in_order_and_only_where_something_changed() -> None:
    limit, reserve = Reason("limit", "fuse"), Reason("reserve", "keep 10 %")
    band = Band("b", -1000, 1000).narrow(-800, 800, limit)
    assert band.narrow(-900, 900, reserve) is band
    assert band.narrow(0, 0, reserve).reasons == (limit, reserve)
    assert band.narrow(0, 0, reserve).decided
    assert not band.decided


def test_the_last_reason_of_a_setpoint_is_its_sentence() -> None:
    reasons = (Reason("a", "first"), Reason("b", "last"))
    assert Setpoint("b", 0.0, 10.0, reasons).sentence == "last"
    assert Setpoint("b", None, 10.0).sentence == ""
