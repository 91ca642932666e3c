"""Bills: exact integers, the contract's rounding, never worse than the supplier alone."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from peerwatt.market.settlement_view import (
    Bill,
    day_bill,
    interval_bill,
    supplier_micro,
    supplier_only_micro,
)
from peerwatt.model.market import SettledInterval, Tariff
from peerwatt.model.units import cost_down_micro, cost_up_micro

TARIFF = Tariff(270_000, 80_000)


def settled(imported: int, exported: int, bought: int, sold: int, price: int) -> SettledInterval:
    trade = cost_down_micro(sold, price) - cost_up_micro(bought, price)
    rest = supplier_micro(imported - exported - (bought - sold), TARIFF)
    return SettledInterval(7, imported, exported, bought, sold, price, trade, rest)


def test_figures_of_one_interval() -> None:
    bill = interval_bill(settled(1_000, 0, 800, 0, 170_000), TARIFF)
    assert bill.paid_micro == 136_000
    assert bill.bill_micro == 136_000 + 54_000
    assert bill.supplier_only_micro == 270_000
    assert bill.saved_micro == 80_000
    assert bill.mean_trade_price_micro == 170_000


def test_rounding_is_the_contracts() -> None:
    assert supplier_micro(1, Tariff(270_001, 80_001)) == -271
    assert supplier_micro(-1, Tariff(270_001, 80_001)) == 80
    assert supplier_only_micro(1, 1, Tariff(270_001, 80_001)) == 271 - 80


def test_a_day_is_the_sum() -> None:
    rows = [settled(500, 0, 400, 0, 150_000), settled(0, 700, 0, 600, 150_000)]
    day = day_bill(rows, TARIFF)
    assert day.intervals == 2
    assert day.bill_micro == sum(interval_bill(r, TARIFF).bill_micro for r in rows)
    assert (day.bought_wh, day.sold_wh, day.import_wh, day.export_wh) == (400, 600, 500, 700)
    assert day_bill([], TARIFF) == Bill()
    assert Bill().mean_trade_price_micro is None


def test_everything_settled_is_in_the_bill() -> None:
    row = replace(
        settled(500, 0, 400, 0, 150_000),
        charge_micro=-4_000, accuracy_micro=-300, deal_micro=-20, mid_market_micro=1,
    )  # fmt: skip
    bill = interval_bill(row, TARIFF)
    assert bill.bill_micro == 60_000 + 27_000 + 4_000 + 300 + 20 - 1
    assert (bill.charge_micro, bill.accuracy_micro, bill.other_micro) == (4_000, 300, 19)
    assert bill.plus(bill).other_micro == 38


@given(
    imported=st.integers(0, 10_000), exported=st.integers(0, 10_000),
    share=st.floats(0, 1), price=st.integers(80_000, 270_000),
)  # fmt: skip
def test_trading_what_is_metered_is_never_worse_than_the_supplier(
    imported: int, exported: int, share: float, price: int
) -> None:
    net = imported - exported
    bought, sold = int(max(net, 0) * share), int(max(-net, 0) * share)
    bill = interval_bill(settled(imported, exported, bought, sold, price), TARIFF)
    assert bill.bill_micro <= bill.supplier_only_micro + 1  # one micro-unit of rounding
