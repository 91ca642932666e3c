"""Clearing prices by time of day, with chances that fall as a limit becomes harder."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from peerwatt.forecast.prices import LEVELS, PriceHabits, learn_prices
from peerwatt.model.market import Clearing, Side, Tariff

TARIFF = Tariff(300_000, 80_000)
FIRST = 1_750_377_600 // 900
NOON, EVENING = 44, 76


def past(days: int, noise: int = 5_000) -> list[Clearing]:
    dice = np.random.default_rng(2)
    found = []
    for place in range(days * 96):
        slot = place % 96
        sunny = 32 <= slot < 64
        price = (120_000 if sunny else 240_000) + int(dice.integers(-noise, noise + 1))
        volume = 0 if slot < 16 else 3_000
        found.append(Clearing(FIRST + place, price, volume))
    return found


@pytest.fixture(scope="module")
def habits() -> PriceHabits:
    return learn_prices(reversed(past(21)), None)


def test_noon_is_cheap_and_night_does_not_clear(habits: PriceHabits) -> None:
    day = FIRST + 22 * 96
    night, noon, evening = habits.expect([day + 4, day + NOON, day + EVENING], TARIFF)
    assert noon.quantiles_micro[2] == pytest.approx(120_000, abs=4_000)
    assert evening.quantiles_micro[2] == pytest.approx(240_000, abs=4_000)
    assert night.clears < 0.2
    assert noon.clears > 0.8
    assert noon.volume_wh == pytest.approx(3_000, rel=0.2)


def test_the_chance_of_being_filled(habits: PriceHabits) -> None:
    (noon,) = habits.expect([FIRST + 22 * 96 + NOON], TARIFF)
    buys = [noon.fill_chance(Side.BUY, p) for p in (80_000, 110_000, 120_000, 130_000, 300_001)]
    sells = [noon.fill_chance(Side.SELL, p) for p in (79_999, 110_000, 120_000, 130_000, 300_000)]
    assert buys == sorted(buys)
    assert sells == sorted(sells, reverse=True)
    assert buys[-1] == pytest.approx(noon.clears) == sells[0]
    assert buys[1] < 0.2
    assert 0.3 < buys[2] < 0.7
    assert buys[3] > 0.75


def test_without_a_past_everything_between_the_tariffs(habits: PriceHabits) -> None:
    (made,) = learn_prices([], "Europe/Zurich").expect([FIRST], TARIFF)
    assert made.clears == pytest.approx(0.5)
    assert made.quantiles_micro == tuple(sorted(made.quantiles_micro))
    assert made.quantiles_micro[2] == pytest.approx(190_000, abs=1)
    assert made.volume_wh == 0
    assert len(made.quantiles_micro) == len(LEVELS)
    (early,) = habits.expect([FIRST - 96 + NOON], TARIFF)
    assert early.clears == pytest.approx(0.5)


def calibrated(make: Callable[[int], list[Clearing]]) -> float:
    learned = learn_prices(make(21), None)
    inside = []
    for one in make(24)[21 * 96 + 16 :]:
        if one.volume_wh:
            (made,) = learned.expect([one.interval], TARIFF)
            inside.append(made.quantiles_micro[0] <= one.price_micro <= made.quantiles_micro[-1])
    return float(np.mean(inside))


def test_quantiles_hold_what_happens() -> None:
    assert calibrated(lambda days: past(days, 30_000)) == pytest.approx(0.8, abs=0.08)


@settings(max_examples=40)
@given(
    clearings=st.lists(
        st.tuples(st.integers(-500, 500), st.integers(-(10**6), 10**7), st.integers(0, 10**6)),
        max_size=20,
    ),
    retail=st.integers(0, 10**6),
    feed_in=st.integers(-(10**5), 10**6),
    limit=st.integers(-(10**6), 10**7),
)
def test_always_a_forecast_within_the_tariff(
    clearings: list[tuple[int, int, int]], retail: int, feed_in: int, limit: int
) -> None:
    known = learn_prices([Clearing(FIRST + i, p, v) for i, p, v in clearings], "Europe/Zurich")
    for made in known.expect(range(FIRST, FIRST + 3), Tariff(retail, feed_in)):
        low, high = sorted((retail, feed_in))
        assert all(low <= p <= high for p in made.quantiles_micro)
        assert list(made.quantiles_micro) == sorted(made.quantiles_micro)
        assert 0 <= made.clears <= 1
        for side in Side:
            assert 0 <= made.fill_chance(side, limit) <= made.clears + 1e-9
