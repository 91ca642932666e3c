"""One interval recomputed: any figure changed is named; worse than the supplier is explained."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from peerwatt.market.audit import (
    ROUNDING_MICRO,
    audit_interval,
    first_difference,
    why_worse,
)
from peerwatt.market.ladder import book_of, clear, fill
from peerwatt.market.settlement_view import supplier_micro, supplier_only_micro
from peerwatt.model.market import (
    BookRules,
    Clearing,
    MarketRules,
    Order,
    PriceLadder,
    SettledInterval,
    Side,
    Step,
    Tariff,
)

TARIFF = Tariff(300_037, 79_973)
CHARGE = 11_003
RULES = MarketRules(
    PriceLadder(79_980, 5_001, 42), 1, 180, (BookRules(1, 9, 0), BookRules(9, None, CHARGE))
)
T = 77


def settled_from(
    order: Order, clearings: dict[int, Clearing], imported: int, exported: int
) -> SettledInterval:
    traded = fill(order, clearings, RULES)
    rest = imported - exported - traded.bought_wh + traded.sold_wh
    return SettledInterval(
        T, imported, exported, traded.bought_wh, traded.sold_wh, 0, traded.trade_micro,
        supplier_micro(rest, TARIFF), traded.charge_micro,
    )  # fmt: skip


@st.composite
def steps(draw: st.DrawFn, side: Side) -> tuple[Step, ...]:
    made = []
    for reach in draw(st.lists(st.integers(0, 1), min_size=1, max_size=2)):
        # The band: price plus charge within retail, as the contract demands of each step.
        top = 41 if reach == 0 or side is Side.SELL else 39
        made.append(Step(side, draw(st.integers(0, top)), draw(st.integers(1, 900)), reach))
    return tuple(made)


@st.composite
def traded(draw: st.DrawFn) -> tuple[Order, dict[int, Clearing]]:
    order = Order(T, draw(steps(draw(st.sampled_from(Side)))))
    other = Side.SELL if order.side is Side.BUY else Side.BUY
    others = [Order(T, draw(steps(other))) for _ in range(draw(st.integers(1, 4)))]
    every = [order, *others]
    return order, {r: clear(book_of(T, every, 42, reach=r), RULES) for r in (0, 1)}


@settings(max_examples=150)
@given(traded(), st.integers(0, 2_500), st.integers(0, 2_500))
def test_within_its_trades_a_house_is_never_worse_but_for_rounding(
    made: tuple[Order, dict[int, Clearing]], need: int, both: int
) -> None:
    order, clearings = made
    filled = fill(order, clearings, RULES)
    imported, exported = filled.bought_wh + both, filled.sold_wh + both
    if order.side is Side.BUY:
        imported += need
    else:
        exported += need
    one = settled_from(order, clearings, imported, exported)
    found = audit_interval(one, order, clearings, RULES, TARIFF)
    assert found.fault is None
    assert found.saved_micro >= -ROUNDING_MICRO
    if found.worse is not None:
        assert "rounding" in found.worse
        assert "nothing explains" not in found.worse


@settings(max_examples=150)
@given(traded(), st.integers(0, 2_500), st.integers(0, 2_500), st.integers(0, 90_000))
def test_whatever_was_metered_a_worse_interval_is_explained(
    made: tuple[Order, dict[int, Clearing]], imported: int, exported: int, penalty: int
) -> None:
    order, clearings = made
    one = replace(settled_from(order, clearings, imported, exported), accuracy_micro=-penalty)
    worse = why_worse(one, TARIFF)
    if -one.total_micro <= supplier_only_micro(imported, exported, TARIFF):
        assert worse is None
    else:
        assert worse is not None
        assert f"interval {T}" in worse
        assert "nothing explains" not in worse


CLEARING = Clearing(T, 150_000, 400, 20, 10, 1, 1, 1, 1)
ORDER = Order.single(T, Side.BUY, 30, 400)


@pytest.mark.parametrize(
    ("field", "name"),
    [
        ("bought_wh", "bought"),
        ("sold_wh", "sold"),
        ("trade_micro", "trade"),
        ("charge_micro", "charge"),
        ("supplier_micro", "supplier"),
    ],
)
def test_a_single_unit_is_found_and_named(field: str, name: str) -> None:
    one = settled_from(ORDER, {0: CLEARING}, 900, 0)
    assert first_difference(one, ORDER, {0: CLEARING}, RULES, TARIFF) is None
    expected = getattr(one, field)
    changed = replace(one, **{field: expected + 1})
    said = first_difference(changed, ORDER, {0: CLEARING}, RULES, TARIFF)
    unit = "Wh" if field.endswith("wh") else "micro"
    assert said is not None
    assert said.startswith(
        f"interval {T}: {name} is {expected + 1} {unit}, recomputed {expected} {unit}"
    )


def test_a_reading_that_differs_shows_in_the_supplier_part() -> None:
    one = settled_from(ORDER, {0: CLEARING}, 900, 0)
    said = first_difference(replace(one, import_wh=901), ORDER, {0: CLEARING}, RULES, TARIFF)
    assert said is not None
    assert "supplier" in said


def test_a_trade_without_an_order_is_named() -> None:
    one = settled_from(ORDER, {0: CLEARING}, 900, 0)
    said = first_difference(one, None, {0: CLEARING}, RULES, TARIFF)
    assert said == f"interval {T}: bought is 400 Wh, recomputed 0 Wh"


def test_reasons_are_named_with_their_amounts() -> None:
    one = settled_from(ORDER, {0: CLEARING}, 100, 0)
    assert why_worse(one, TARIFF) == (
        f"interval {T}: 6005 micro more than with the supplier alone: "
        "6005 for 300 Wh bought but not used, fed in instead"
    )
    fined = replace(one, accuracy_micro=-700, deal_micro=-80)
    assert "700 penalty" in (why_worse(fined, TARIFF) or "")
    assert "80 direct deals" in (why_worse(fined, TARIFF) or "")
    sold = Order.single(T, Side.SELL, 0, 400)
    short = settled_from(sold, {0: CLEARING}, 0, 100)
    assert "300 Wh sold but not there, drawn from the supplier" in (why_worse(short, TARIFF) or "")
