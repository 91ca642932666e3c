"""The ladder against single Wh paired by hand, a linear program and its own NumPy form."""

from __future__ import annotations

import random
from fractions import Fraction

import pytest

from peerwatt.market import ladder
from peerwatt.market.fast_clearing import StepColumns, clear_columns, share_columns
from peerwatt.model.market import Clearing, MarketRules, PriceLadder, Side, Step

from .books import Case, by_linear_program, by_units, random_case


def rules(count: int) -> MarketRules:
    return MarketRules(PriceLadder(60_000, 1_001, count), 1, 180)


def welfare(case: Case, found: Clearing) -> Fraction:
    """Gain of the fills before they are rounded to whole Wh, as the linear program counts it."""
    total = Fraction(0)
    for step in case.steps:
        bid = step.side is Side.BUY
        edge = found.marginal_bid_tick if bid else found.marginal_ask_tick
        part = Fraction(int(step.tick > edge if bid else step.tick < edge))
        if found.volume_wh and step.tick == edge:
            part = (
                Fraction(found.bid_fill_numerator, found.bid_fill_denominator)
                if bid
                else Fraction(found.ask_fill_numerator, found.ask_fill_denominator)
            )
        worth = 2 * step.tick + bid
        total += part * step.quantity_wh * (worth if bid else -worth) * bool(found.volume_wh)
    return total


def check(case: Case) -> Clearing:
    """Compare all ways to clear one book."""
    made = ladder.book_of_steps(7, case.steps, case.count, case.limit_wh)
    found = ladder.clear(made, rules(case.count))
    volume, ask, bid = by_units(case)
    assert (found.volume_wh, found.marginal_ask_tick, found.marginal_bid_tick) == (
        volume, ask, bid,
    ), case  # fmt: skip
    best, moved = by_linear_program(case)
    assert float(welfare(case, found)) == pytest.approx(best, abs=1e-6), case
    assert volume == pytest.approx(moved, abs=1e-6), case
    columns = StepColumns.of(case.steps)
    assert clear_columns(7, columns, rules(case.count).ladder, case.limit_wh) == found
    filled = [ladder.step_share(step, found) for step in case.steps]
    assert share_columns(columns, found).tolist() == filled
    conserved(case, found, filled)
    return found


def conserved(case: Case, found: Clearing, filled: list[int]) -> None:
    """Nothing beyond the margin is cut, nothing is created, less than 1 Wh a marginal step."""
    pairs = list(zip(case.steps, filled, strict=True))
    bought = sum(wh for step, wh in pairs if step.side is Side.BUY)
    sold = sum(wh for step, wh in pairs if step.side is Side.SELL)
    margin = sum(
        step.tick == (found.marginal_bid_tick if step.side is Side.BUY else found.marginal_ask_tick)
        for step in case.steps
    )
    assert sold <= found.volume_wh <= bought <= sold + margin
    assert all(0 <= wh <= step.quantity_wh for step, wh in pairs)


def test_random_books_clear_alike_in_every_way() -> None:
    source = random.Random(4)
    found = [check(random_case(source)) for _ in range(400)]
    assert sum(one.volume_wh > 0 for one in found) > 200


@pytest.mark.long
def test_many_random_books_clear_alike_in_every_way() -> None:
    source = random.Random(5)
    for _ in range(10_000):
        check(random_case(source))


def test_a_limit_moves_the_margins_apart_and_cuts_nobody_beyond_them() -> None:
    steps = (
        Step(Side.BUY, 8, 300), Step(Side.BUY, 5, 200), Step(Side.SELL, 2, 250),
        Step(Side.SELL, 4, 150),
    )  # fmt: skip
    found = check(Case(steps, 12, 260))
    assert (found.volume_wh, found.marginal_ask_tick, found.marginal_bid_tick) == (260, 4, 8)
    assert [ladder.step_share(step, found) for step in steps] == [260, 0, 250, 10]
    assert check(Case(steps, 12, 0)) == Clearing(7, 0, 0)
    assert check(Case(steps, 12, 10_000)) == check(Case(steps, 12, None))


def test_columns_refuse_what_no_ladder_has() -> None:
    for step in (Step(Side.BUY, 12, 1), Step(Side.SELL, 12, 1), Step(Side.SELL, -1, 1)):
        with pytest.raises(ValueError, match="outside the ladder"):
            clear_columns(1, StepColumns.of([step]), rules(12).ladder)


def test_full_ladders_of_the_largest_steps_stay_exact() -> None:
    source = random.Random(6)
    steps = tuple(
        Step(source.choice(list(Side)), source.randrange(256), (1 << 19) - 1 - source.randrange(9))
        for _ in range(4_000)
    )
    made = ladder.book_of_steps(1, steps, 256)
    columns = StepColumns.of(steps)
    found = clear_columns(1, columns, rules(256).ladder)
    assert found == ladder.clear(made, rules(256))
    shares = [ladder.step_share(step, found) for step in steps]
    assert share_columns(columns, found).tolist() == shares
