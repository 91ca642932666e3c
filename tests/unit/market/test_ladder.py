"""The ladder's arithmetic against the auction's definition, tick by tick."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from peerwatt.market import ladder
from peerwatt.model.market import (
    Book,
    BookRules,
    Clearing,
    MarketRules,
    Order,
    PriceLadder,
    Side,
    Step,
)

COUNT = 12
RULES = MarketRules(PriceLadder(80_000, 5_000, COUNT), zone=1, gate_closure_s=180)


def buy(tick, quantity_wh):
    return Order.single(1, Side.BUY, tick, quantity_wh)


def sell(tick, quantity_wh):
    return Order.single(1, Side.SELL, tick, quantity_wh)


def clear(orders):
    return ladder.clear(ladder.book_of(1, orders, COUNT), RULES)


def by_definition(orders):
    """Volume and marginal ticks from all D(p), S(p), with no thought of speed."""
    demand = [sum(o.quantity_wh for o in orders if o.side is Side.BUY and o.tick >= t)
              for t in range(COUNT)]  # fmt: skip
    supply = [sum(o.quantity_wh for o in orders if o.side is Side.SELL and o.tick <= t)
              for t in range(COUNT)]  # fmt: skip
    volume = max(min(d, s) for d, s in zip(demand, supply, strict=True))
    if volume == 0:
        return 0, 0, 0
    ask = min(t for t in range(COUNT) if supply[t] >= volume)
    bid = max(t for t in range(COUNT) if demand[t] >= volume)
    return volume, ask, bid


orders_strategy = st.lists(
    st.builds(
        Order.single,
        st.just(1),
        st.sampled_from(Side),
        st.integers(0, COUNT - 1),
        st.integers(1, 40) | st.integers(1, 1_000_000),
    ),
    max_size=30,
)


@given(orders_strategy)
def test_volume_ticks_and_price_are_those_of_the_definition(orders):
    result = clear(orders)
    volume, ask, bid = by_definition(orders)
    assert (result.volume_wh, result.marginal_ask_tick, result.marginal_bid_tick) == (
        volume, ask, bid,
    )  # fmt: skip
    if volume:
        assert result.price_micro * 2 == 2 * 80_000 + 5_000 * (ask + bid)


@given(orders_strategy)
def test_energy_is_conserved_to_less_than_one_wh_per_marginal_order(orders):
    result = clear(orders)
    shares = [(order, ladder.share(order, result)) for order in orders]
    bought = sum(filled for order, filled in shares if order.side is Side.BUY)
    sold = sum(filled for order, filled in shares if order.side is Side.SELL)
    marginal = {
        side: sum(order.side is side and order.tick == tick for order in orders)
        for side, tick in (
            (Side.BUY, result.marginal_bid_tick),
            (Side.SELL, result.marginal_ask_tick),
        )
    }
    assert sold <= result.volume_wh <= bought
    assert bought - result.volume_wh <= max(marginal[Side.BUY] - 1, 0)
    assert result.volume_wh - sold <= max(marginal[Side.SELL] - 1, 0)


@given(orders_strategy)
def test_nobody_trades_beyond_its_order_or_at_a_worse_price(orders):
    result = clear(orders)
    for order in orders:
        filled = ladder.share(order, result)
        limit = RULES.ladder.price_micro(order.tick)
        assert 0 <= filled <= order.quantity_wh
        if filled and order.side is Side.BUY:
            assert result.price_micro <= limit
        elif filled:
            assert result.price_micro >= limit


@given(orders_strategy)
def test_escrow_covers_every_payment_and_the_pool_is_never_short(orders):
    result = clear(orders)
    for order in orders:
        assert ladder.fill(order, {0: result}, RULES).payout_micro >= 0
    assert sum(ladder.trade_micro(order, result) for order in orders) <= 0


@given(orders_strategy, st.randoms(use_true_random=False))
def test_the_order_of_orders_does_not_matter(orders, random):
    shuffled = list(orders)
    random.shuffle(shuffled)
    assert clear(shuffled) == clear(orders)


def test_a_worked_example():
    orders = [buy(8, 300), buy(5, 200), sell(2, 250), sell(4, 150), sell(5, 500)]
    result = clear(orders)
    assert result == Clearing(1, 105_000, 500, 5, 5, 200, 200, 100, 500)
    assert [ladder.share(order, result) for order in orders] == [300, 200, 250, 150, 100]
    assert ladder.trade_micro(orders[0], result) == -31_500
    assert ladder.escrow_micro(orders[0], RULES) == 36_000
    assert ladder.fill(orders[0], {0: result}, RULES).payout_micro == 4_500


def test_ties_clear_at_the_midpoint_in_half_ticks():
    result = clear([buy(9, 100), sell(2, 100)])
    assert result.price_micro == 80_000 + 5_000 * 11 // 2


def test_the_margin_is_shared_pro_rata_buyers_up_sellers_down():
    orders = [buy(6, 10), buy(6, 10), buy(6, 10), sell(6, 20)]
    assert [ladder.share(order, clear(orders)) for order in orders] == [7, 7, 7, 20]
    orders = [sell(6, 10), sell(6, 10), sell(6, 10), buy(6, 20)]
    assert [ladder.share(order, clear(orders)) for order in orders] == [6, 6, 6, 20]


@pytest.mark.parametrize("orders", [[], [buy(3, 5)], [sell(3, 5)], [buy(3, 5), sell(4, 5)]])
def test_without_a_match_nothing_moves(orders):
    result = clear(orders)
    assert result == Clearing(1, 0, 0)
    assert [ladder.share(order, result) for order in orders] == [0] * len(orders)


def test_a_book_takes_only_its_own_interval_and_ladder():
    other = Order.single(2, Side.BUY, 3, 5)
    assert ladder.book_of(1, [other], COUNT) == Book(1, (0,) * COUNT, (0,) * COUNT)
    with pytest.raises(ValueError, match="outside the ladder"):
        ladder.book_of(1, [buy(COUNT, 1)], COUNT)


WIDE = MarketRules(
    PriceLadder(80_000, 5_000, COUNT),
    zone=1,
    gate_closure_s=180,
    books=(BookRules(1, 3), BookRules(2, 3), BookRules(3, None, 12_345)),
)


def test_the_steps_of_an_order_meet_the_books_they_reach() -> None:
    order = Order(1, (Step(Side.BUY, 6, 101), Step(Side.BUY, 9, 57, reach=1)))
    own = ladder.clear(ladder.book_of(1, [order, sell(4, 300)], COUNT), WIDE)
    far = Order(1, (Step(Side.SELL, 3, 23, reach=1),))
    wide = ladder.clear(ladder.book_of(1, [order, far], COUNT, reach=1), WIDE)
    found = ladder.fill(order, {0: own, 1: wide}, WIDE)
    assert (own.price_micro, wide.price_micro) == (105_000, 110_000)
    assert (found.bought_wh, found.sold_wh) == (101 + 23, 0)
    assert found.trade_micro == -(10_605 + 2_530)
    assert found.charge_micro == -284  # 23 Wh at 12 345, rounded up
    assert found.escrow_micro == 101 * 110 + 57 * 125 + 704
    assert found.payout_micro == found.escrow_micro - 10_605 - 2_530 - 284
    assert ladder.share(order, wide, reach=1) == 23
    assert ladder.trade_micro(order, wide, reach=1) == -2_530
    assert ladder.fill(order, {}, WIDE).payout_micro == found.escrow_micro


def test_books_are_found_by_reach_up_to_where_they_end() -> None:
    assert WIDE.reaches == (0, 1)
    assert [WIDE.book_at(reach).book for reach in WIDE.reaches] == [1, 3]
    assert RULES.reaches == (0,)
    assert RULES.book_at(0) == BookRules(1)
    for rules, reach in ((WIDE, 2), (RULES, 1), (WIDE, -1)):
        with pytest.raises(ValueError, match="no book at reach"):
            rules.book_at(reach)


def test_an_order_is_a_curve_that_never_meets_itself() -> None:
    bid, ask = Step(Side.BUY, 5, 10), Step(Side.SELL, 6, 20)
    both = Order(1, (bid, ask))
    assert (both.side, both.tick, both.quantity_wh) == (Side.BUY, 5, 10)
    assert both.side_wh(Side.SELL) == 20
    assert Order(1, (bid, Step(Side.SELL, 5, 20, reach=1))).steps[1].reach == 1
    for steps in ((bid, Step(Side.SELL, 5, 20)), (Step(Side.SELL, 4, 20), bid)):
        with pytest.raises(ValueError, match="own sale"):
            Order(1, steps)
    with pytest.raises(ValueError, match="at most 2 steps"):
        Order(1, (bid, bid, bid))
    with pytest.raises(ValueError, match="above 0 Wh"):
        Order(1, (Step(Side.BUY, 5, 0),))
    assert Order.single(1, Side.SELL, 5, 0) == Order(1)
    assert (Order(1).is_withdrawal, Order(1).quantity_wh, Order(1).tick) == (True, 0, 0)


class CountedTicks(tuple):
    """A side of a book that counts how often a tick is looked at."""

    looks = 0

    def __iter__(self):
        for value in super().__iter__():
            CountedTicks.looks += 1
            yield value


def test_the_cost_of_clearing_is_that_of_the_ticks():
    rules = MarketRules(PriceLadder(0, 1, 256), 1, 0)
    book = Book(1, CountedTicks(range(256)), CountedTicks(range(256)))
    CountedTicks.looks = 0
    ladder.clear(book, rules)
    assert CountedTicks.looks == 3 * 256
