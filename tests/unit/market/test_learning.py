"""Past clearings: quantiles that decay, chances, and limits that lost nothing in any of them."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from peerwatt.market import ladder
from peerwatt.market.learning import ENOUGH, GUARD_TICKS, KEEP, BookOutlook, PriceMemory
from peerwatt.model.market import Clearing, MarketRules, PriceLadder, Side, Step

LADDER = PriceLadder(80_000, 5_000, 40)
RULES = MarketRules(LADDER, 1, 180)
NOON = 1_944_480 + 48
DAY = 96


def cleared(interval: int, price: int, volume: int = 500) -> Clearing:
    return Clearing(interval, price, volume, 10, 10, 1, 1, 1, 1)


def test_nothing_seen_is_an_even_chance_and_no_price() -> None:
    outlook = PriceMemory(LADDER).expect(NOON)
    assert outlook == BookOutlook(0.5)
    assert outlook.gain_micro_per_kwh(Side.BUY, 270_000, 80_000, 270_000) == pytest.approx(47_500)
    assert outlook.gain_micro_per_kwh(Side.SELL, 80_000, 80_000, 270_000) == pytest.approx(47_500)


def test_quantiles_are_those_of_the_hour_and_the_book() -> None:
    past = [cleared(NOON - DAY * d, 100_000 + 10_000 * d) for d in range(1, 10)]
    night = [cleared(NOON - DAY * d + 40, 250_000) for d in range(1, 10)]
    memory = PriceMemory(LADDER).after([*past, *night]).after([cleared(NOON - DAY, 90_000)], 1)
    low, *_, high = memory.expect(NOON + 1).prices_micro
    assert (low, high) == (110_000, 180_000)
    assert memory.expect(NOON + 40).prices_micro == (250_000,) * 5
    assert memory.expect(NOON, 1).prices_micro == (90_000,) * 5
    assert memory.expect(NOON, 2) == BookOutlook(0.5)


def test_what_is_old_counts_less_and_is_forgotten() -> None:
    old = [cleared(NOON - DAY * d, 200_000) for d in range(15, 25)]
    new = [cleared(NOON - DAY * d, 100_000) for d in range(1, 11)]
    memory = PriceMemory(LADDER).after([*old, *new])
    assert memory.expect(NOON).prices_micro == (100_000,) * 4 + (200_000,)
    many = [cleared(NOON - DAY * d, 120_000) for d in range(1, KEEP + 30)]
    assert PriceMemory(LADDER).after(many).expect(NOON).auctions == KEEP


def test_the_chance_of_a_trade_follows_what_was_seen_and_never_the_future() -> None:
    empty = [cleared(NOON - DAY * d, 0, 0) for d in range(1, 20)]
    assert PriceMemory(LADDER).after(empty).expect(NOON).clears < 0.2
    full = [cleared(NOON - DAY * d, 100_000) for d in range(1, 20)]
    assert PriceMemory(LADDER).after(full).expect(NOON).clears > 0.8
    later = PriceMemory(LADDER).after([cleared(NOON + DAY, 100_000)])
    assert later.expect(NOON) == BookOutlook(0.5)


def test_the_same_clearing_again_teaches_nothing_and_order_does_not_matter() -> None:
    past = [cleared(NOON - DAY * d, 100_000 + 1_000 * d) for d in range(1, 20)]
    memory = PriceMemory(LADDER).after(past)
    assert memory.after(past).expect(NOON) == memory.expect(NOON)
    assert PriceMemory(LADDER).after(reversed(past)).expect(NOON) == memory.expect(NOON)


def test_too_few_auctions_shade_nothing() -> None:
    few = [cleared(NOON - DAY * d, 100_000) for d in range(1, ENOUGH)]
    outlook = PriceMemory(LADDER).after(few).expect(NOON)
    assert outlook.auctions == ENOUGH - 1
    assert (outlook.safe_bid_micro, outlook.safe_ask_micro) == (None, None)


def random_books(seed: int) -> list[tuple[int, list[Step]]]:
    source = random.Random(seed)
    return [
        (
            NOON - DAY * (day + 1),
            [
                Step(source.choice(list(Side)), source.randrange(40), source.randint(1, 900))
                for _ in range(source.randrange(2, 14))
            ],
        )
        for day in range(ENOUGH + 3)
    ]


def cleared_book(interval: int, steps: list[Step]) -> Clearing:
    return ladder.clear(ladder.book_of_steps(interval, steps, LADDER.count), RULES)


@settings(max_examples=60)
@given(st.integers(0, 2**32))
def test_whoever_had_shaded_to_the_safe_limit_would_have_lost_no_wh_in_any_auction(seed) -> None:
    books = random_books(seed)
    outlook = PriceMemory(LADDER).after(cleared_book(*book) for book in books).expect(NOON)
    if outlook.safe_bid_micro is None or outlook.safe_ask_micro is None:
        assert outlook.auctions < ENOUGH
        return
    base, tick_micro = LADDER.base_micro, LADDER.step_micro
    lowest = (outlook.safe_bid_micro - base) // tick_micro
    highest = (outlook.safe_ask_micro - base) // tick_micro
    for interval, steps in books:
        result = cleared_book(interval, steps)
        if result.volume_wh == 0:
            continue
        assert lowest - GUARD_TICKS >= result.marginal_ask_tick
        assert highest + GUARD_TICKS <= result.marginal_bid_tick
        for place, step in enumerate(steps):
            buys = step.side is Side.BUY
            shaded = replace(step, tick=lowest if buys else highest)
            if step.tick < lowest if buys else step.tick > highest:
                continue
            others = [*steps[:place], shaded, *steps[place + 1 :]]
            assert ladder.step_share(shaded, cleared_book(interval, others)) == step.quantity_wh
