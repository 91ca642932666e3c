"""Orders share a fee: they wait for company, go together, or stay out."""

from __future__ import annotations

from dataclasses import dataclass, field

from peerwatt.engine.ahead import INTERVALS, Batch, batch, cover_micro
from peerwatt.market.agent import TradeDecision, TradeTerms
from peerwatt.market.fees import FeeQuote
from peerwatt.model.market import BookRules, MarketRules, Order, PriceLadder, Side, Step
from peerwatt.model.units import interval_start_s

FIRST = 2_000_000
RULES = MarketRules(PriceLadder(60_000, 1_000, 256), 1, 180, (BookRules(1, None, 5_000),))
FREE_TERMS = TradeTerms()
NOW_S = interval_start_s(FIRST) - 300.0
FEE = FeeQuote(10_000)
"""An order alone costs 600 micro-units, each further one 100."""


@dataclass
class Case:
    """What each order would gain; other intervals need none."""

    gains: dict[int, float]
    quantity_wh: int = 400
    asked: list[tuple[int, TradeTerms]] = field(default_factory=list)

    def order(self, interval: int) -> Order:
        return Order(interval, (Step(Side.BUY, 40, self.quantity_wh),))

    def __call__(self, interval: int, terms: TradeTerms) -> TradeDecision:
        self.asked.append((interval, terms))
        if (gain := self.gains.get(interval)) is None:
            return TradeDecision(None, "The house will be in balance.")
        return TradeDecision(self.order(interval), f"Lacks energy at {interval}.", gain)

    def batch(
        self,
        fee: FeeQuote = FEE,
        left_micro: int = 10_000,
        held: dict[int, Order] | None = None,
        *,
        is_stale: bool = False,
        terms: TradeTerms = FREE_TERMS,
    ) -> Batch:
        held = held or {}
        return batch(
            self, FIRST, terms, RULES, fee, left_micro, NOW_S, held, is_stale=is_stale
        )  # fmt: skip


def intervals(made: Batch) -> list[int]:
    return [order.interval for order, _ in made.orders]


def test_later_orders_go_along_with_one_that_cannot_wait() -> None:
    made = Case({FIRST: 500, FIRST + 3: 400, FIRST + 9: 150, FIRST + 10: 90}).batch()
    assert intervals(made) == [FIRST, FIRST + 3, FIRST + 9]
    assert made.fee_micro == 800
    assert made.sentence.startswith(f"Lacks energy at {FIRST}. 3 orders for a fee of 0.08 ct")
    assert made.orders[1][1] == f"Lacks energy at {FIRST + 3}."


def test_one_order_stays_out_where_its_fee_exceeds_its_gain() -> None:
    made = Case({FIRST: 500}).batch()
    assert made.orders == ()
    assert made.sentence == "Stays out: the fee of 0.06 ct is more than the trade would gain."


def test_orders_without_haste_wait_for_company_and_are_not_sent_again() -> None:
    case = Case({FIRST + 2: 5_000})
    made = case.batch()
    assert (made.orders, made.sentence) == ((), "The house will be in balance.")
    assert len(case.asked) == INTERVALS
    held = {FIRST: case.order(FIRST)}
    assert case.batch(held=held).sentence == "Orders wait to share one fee."
    assert Case({}).batch(held={FIRST + i: case.order(FIRST + i) for i in range(INTERVALS)}) == (
        Batch((), "The order stands.")
    )


def test_what_is_left_for_fees_today_bounds_a_batch() -> None:
    made = Case({FIRST: 5_000}).batch(left_micro=599)
    assert made.orders == ()
    assert "today's limit for fees" in made.sentence


def test_orders_of_a_batch_stay_within_the_owners_limits_together() -> None:
    case = Case({FIRST: 5_000, FIRST + 1: 5_000})
    cover = cover_micro(case.order(FIRST), RULES)
    assert cover == 400 * 100_000 // 1000 + 400 * 5_000 // 1000
    case.batch(terms=TradeTerms(budget_micro=cover + 7, sales_wh=50))
    assert case.asked[1][1] == TradeTerms(budget_micro=7, sales_wh=50)
    assert case.asked[2][1].budget_micro == 0


def test_a_changed_plan_changes_or_withdraws_the_next_order_where_that_pays() -> None:
    case = Case({FIRST: 5_000}, quantity_wh=900)
    held = {FIRST: Case({}).order(FIRST)}
    assert case.batch(held=held).orders == ()
    made = case.batch(held=held, is_stale=True)
    assert [order for order, _ in made.orders] == [case.order(FIRST)]
    assert case.batch(held={FIRST: case.order(FIRST)}, is_stale=True).orders == ()
    none = Case({})
    assert none.batch(held=held, is_stale=True).orders[0][0] == Order(FIRST)
    dear = none.batch(fee=FeeQuote(10_000_000), left_micro=10**9, held=held, is_stale=True)
    assert dear.orders == ()
    assert "costs more than it risks" in dear.sentence
