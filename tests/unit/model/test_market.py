"""Ticks and money are rounded against whoever asks, never in his favour."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from peerwatt.model.flexibility import Commitment, Direction, delivered_wh
from peerwatt.model.market import PriceLadder
from peerwatt.model.units import (
    cost_down_micro,
    cost_up_micro,
    energy_wh,
    interval_at,
    interval_start_s,
)

LADDERS = st.builds(
    PriceLadder, st.integers(0, 500_000), st.integers(1, 20_000), st.integers(1, 256)
)
PRICES = st.integers(0, 10_000_000)


@given(ladder=LADDERS, price=PRICES)
def test_ticks_enclose_a_price_inside_the_ladder(ladder: PriceLadder, price: int) -> None:
    below, above = ladder.tick_at_or_below(price), ladder.tick_at_or_above(price)
    first, last = ladder.price_micro(0), ladder.price_micro(ladder.count - 1)
    if first <= price <= last:
        assert ladder.price_micro(below) <= price < ladder.price_micro(below) + ladder.step_micro
        assert ladder.price_micro(above) - ladder.step_micro < price <= ladder.price_micro(above)
        assert above - below in {0, 1}
    else:
        assert below == above == (0 if price < first else ladder.count - 1)


@given(ladder=LADDERS, data=st.data())
def test_a_tick_is_its_own_neighbour(ladder: PriceLadder, data: st.DataObject) -> None:
    tick = data.draw(st.integers(0, ladder.count - 1))
    price = ladder.price_micro(tick)
    assert ladder.tick_at_or_below(price) == ladder.tick_at_or_above(price) == tick


@pytest.mark.parametrize("tick", [-1, 256])
def test_a_tick_outside_is_refused(tick: int) -> None:
    with pytest.raises(ValueError, match="outside the ladder of 256 ticks"):
        PriceLadder(60_000, 1000, 256).price_micro(tick)


@given(energy=st.integers(0, 10**9), price=st.integers(0, 10**9))
def test_a_payer_pays_at_least_what_a_payee_gets(energy: int, price: int) -> None:
    up, down = cost_up_micro(energy, price), cost_down_micro(energy, price)
    assert down * 1000 <= energy * price <= up * 1000
    assert up - down == (0 if energy * price % 1000 == 0 else 1)


def test_costs_of_one_watt_hour() -> None:
    assert (cost_up_micro(1, 123_456), cost_down_micro(1, 123_456)) == (124, 123)
    assert (cost_up_micro(1000, 123_456), cost_down_micro(1000, 123_456)) == (123_456, 123_456)


@given(time_s=st.floats(0, 4e9))
def test_an_interval_holds_its_time(time_s: float) -> None:
    interval = interval_at(time_s)
    assert interval_start_s(interval) <= time_s < interval_start_s(interval + 1)


def test_energy_of_a_power() -> None:
    assert energy_wh(4000, 900) == 1000


@given(
    direction=st.sampled_from(Direction),
    baseline=st.integers(-50_000, 50_000),
    metered=st.integers(-50_000, 50_000),
    awarded=st.integers(0, 20_000),
)
def test_delivery_is_never_negative_nor_above_the_award(
    direction: Direction, baseline: int, metered: int, awarded: int
) -> None:
    delivered = delivered_wh(direction, baseline, metered, awarded)
    change = baseline - metered if direction is Direction.REDUCE else metered - baseline
    assert 0 <= delivered <= awarded
    assert delivered == change or delivered in {0, awarded}


@pytest.mark.parametrize(
    ("direction", "target"), [(Direction.REDUCE, 600), (Direction.INCREASE, 1400)]
)
def test_a_commitment_kept_exactly_delivers_all(direction: Direction, target: int) -> None:
    promise = Commitment(1, direction, 100, 2, 1000, 400, 0)
    assert promise.target_wh == target
    assert delivered_wh(direction, 1000, target, 400) == 400
    assert [i for i in range(98, 104) if promise.covers(i)] == [100, 101]
