"""The market's page: own order, parts of an interval, the day's sum, limits, account, switch."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
from gui_feed import FakeFeed, low_market
from PySide6.QtCore import Qt
from test_pages import texts

from peerwatt.api.market_messages import MarketAccountView, OrderStepView, OrderView
from peerwatt.api.messages import DayView
from peerwatt.api.wallet_messages import NoFuss
from peerwatt.gui import market_words, words
from peerwatt.gui.pages.market import MarketPage


def plain(text: str) -> str:
    return text.replace("\u00a0", " ").replace("\u202f", " ")


@pytest.fixture
def page(stage: Any) -> MarketPage:
    stage.window.open_page("market")
    found: MarketPage = stage.window.pages["market"]
    return found


def choose(table: Any, row: int) -> None:
    table.setCurrentIndex(table.rows_model.index(row, 0))


def test_the_own_order_is_a_curve_with_its_reason(page: MarketPage) -> None:
    said = plain(page.own.curve.accessibleDescription())
    assert said == (
        "Buys 0.38 kWh at 12.0 ct/kWh or less, in your zone; Buys 0.24 kWh at 8.0 ct/kWh or less, "
        "in the wider zone, plus 1.5 ct for the grid."
    )
    assert page.own.why.text() == "The sun makes more than the house needs."
    assert page.own.note.text() == "for 14:45, placed"
    assert page.own.result.isHidden()


def test_another_order_can_be_chosen_and_stays_chosen(stage: Any, page: MarketPage) -> None:
    choose(page.orders, 2)
    assert page.own.note.text() == "for 14:15, settled"
    assert plain(page.own.result.text()) == "Sold 0.72 kWh of 0.76 kWh at 11.5 ct/kWh."
    market = FakeFeed().market()
    newer = market.orders[0].model_copy(update={"interval": market.orders[0].interval + 1})
    more = market.model_copy(update={"orders": (newer, *market.orders)})
    stage.bridge.publish("market", more)
    assert page.own.note.text() == "for 14:15, settled"
    stage.bridge.publish("market", market.model_copy(update={"orders": (newer,)}))
    assert page.own.note.text() == "for 15:00, placed"
    stage.bridge.publish("market", market.model_copy(update={"orders": ()}))
    assert "shows here" in page.own.empty.text.text()
    assert page.own.why.isHidden()


def test_an_order_without_steps_is_one_step() -> None:
    order = OrderView(interval=1, side="sell", quantity_wh=500, limit_micro=90_000, state="placed")
    assert plain(market_words.order_sentence(order)) == (
        "Sells 0.50 kWh at 9.0 ct/kWh or more, in your zone."
    )
    nothing = order.model_copy(update={"filled_wh": 0})
    assert "too little was wanted" in market_words.result_sentence(nothing)


def test_a_curve_paints_wish_and_offer_in_one(page: MarketPage, qtbot: Any) -> None:
    def steps(*sides: str) -> OrderView:
        made = [
            OrderStepView.model_validate(
                {"side": side, "quantity_wh": 300, "limit_micro": 100_000 + 90_000 * n}
            )
            for n, side in enumerate(sides)
        ]
        return OrderView(interval=1, side="buy", quantity_wh=300, limit_micro=1, state="placed",
                         steps=tuple(made))  # fmt: skip

    pictures = []
    for sides in (("buy", "sell"), ("buy",), ("sell",)):
        page.own.curve.set_order(steps(*sides), 80_000, 270_000)
        pictures.append(page.own.curve.grab().toImage())
    assert all(one != other for one, other in pairwise(pictures))


def test_actual_stands_beside_the_supplier_alone(page: MarketPage) -> None:
    model = page.trades.rows_model
    row = [str(model.data(model.index(0, column))) for column in range(model.columnCount())]
    assert [plain(cell) for cell in row] == [
        "14:00", "bought 0.48 kWh", "11.5", "−6.93", "−12.96", "+6.03", "", "",
    ]  # fmt: skip


def test_the_day_says_what_was_saved(stage: Any, page: MarketPage) -> None:
    assert plain(page.settled.day.text()) == "Saved 1.55 EUR today"
    worse = DayView(date="2026-06-18", bill_micro=400_000, supplier_only_micro=310_000)
    stage.bridge.publish("day", worse)
    assert plain(page.settled.day.text()) == "Cost 0.09 EUR more today than the supplier alone"
    even = DayView(date="2026-06-18", bill_micro=310_000, supplier_only_micro=310_000)
    stage.bridge.publish("day", even)
    assert page.settled.day.text() == "Today the same as with the supplier alone"
    stage.bridge.publish("day", DayView(date="2026-06-18"))
    assert page.settled.day.text() == ""


def test_parts_are_shown_on_demand_and_sum_up(page: MarketPage) -> None:
    model = page.trades.rows_model
    for row, trade in enumerate(model.rows):
        choose(page.trades, row)
        parts = market_words.parts_of(trade)
        assert sum(part.micro for part in parts) == trade.total_micro
        shown = [plain(money.text()) for _, money in page.parts.lines if not money.isHidden()]
        wanted = [*(part.micro for part in parts), trade.total_micro, trade.supplier_only_micro]
        assert shown == [plain(str(words.cents(micro, signed=True))) for micro in wanted]


def test_why_an_interval_was_worse_is_said(page: MarketPage) -> None:
    rows = page.trades.rows_model.rows
    worse = next(n for n, trade in enumerate(rows) if trade.saved_micro < 0)
    choose(page.trades, worse)
    assert plain(page.parts.saved.text()) == "0.20 ct worse than the supplier alone"
    assert "because of 17 Wh" in page.parts.sentence.text()
    assert "Broken promise" in texts(page.parts)


def test_an_estimate_is_called_one(page: MarketPage) -> None:
    rows = page.trades.rows_model.rows
    estimated = next(n for n, trade in enumerate(rows) if trade.is_estimated)
    model = page.trades.rows_model
    last = model.index(estimated, model.columnCount() - 1)
    assert model.data(last) == "estimated"
    assert str(model.data(last, Qt.ItemDataRole.AccessibleTextRole)).startswith("estimated, ")
    choose(page.trades, estimated)
    assert page.parts.state.text() == "estimated"


def test_a_limit_of_the_grid_is_said_when_it_binds(stage: Any, page: MarketPage) -> None:
    assert page.limit.isHidden()
    market = low_market()
    stage.bridge.publish("market", market)
    assert "The grid was the limit: 2.6 kWh" in plain(page.limit.text())
    assert page.limit.ink == "warning"
    book = market.last_cleared
    assert book is not None
    roomy = book.model_copy(update={"limit_wh": 9_000})
    stage.bridge.publish("market", market.model_copy(update={"last_cleared": roomy}))
    assert "less was traded" in page.limit.text()
    assert page.limit.ink == "muted"


def test_a_wider_book_can_be_looked_at(stage: Any, page: MarketPage, qtbot: Any) -> None:
    assert not any(button.isVisible() for button in page.reaches)
    stage.bridge.publish("market", low_market())
    assert [button.isVisible() for button in page.reaches] == [True, True, False]
    qtbot.mouseClick(page.reaches[1], Qt.MouseButton.LeftButton)
    assert page.limit.isHidden()
    stage.bridge.publish("market", FakeFeed().market())
    assert page.reaches[0].isChecked()


def test_the_switch_waits_for_the_chain(stage: Any, page: MarketPage, qtbot: Any) -> None:
    asked: list[tuple[str, object]] = []
    page.sign_asked.disconnect()
    page.sign_asked.connect(lambda title, intent: asked.append((title, intent)))
    qtbot.keyClick(page.no_fuss, Qt.Key.Key_Space)
    assert asked == [("Take the middle price", NoFuss(no_fuss=True))]
    assert not page.no_fuss.isChecked()
    market = FakeFeed().market()
    assert market.account is not None
    account = market.account.model_copy(update={"no_fuss": True})
    stage.bridge.publish("market", market.model_copy(update={"account": account}))
    assert page.no_fuss.isChecked()
    qtbot.mouseClick(page.no_fuss, Qt.MouseButton.LeftButton)
    assert asked[1] == ("Give up the middle price", NoFuss(no_fuss=False))
    assert page.no_fuss.isChecked()


def test_a_low_account_says_what_to_do(stage: Any, page: MarketPage) -> None:
    assert page.low.isHidden()
    stage.bridge.publish("market", low_market())
    assert page.low.isVisible()
    assert "deposit credits" in page.low.text.text()
    asked: list[bool] = []
    page.deposit_asked.disconnect()
    page.deposit_asked.connect(lambda: asked.append(True))
    page.low.button.click()
    assert asked == [True]


def test_missing_intervals_are_said(stage: Any, page: MarketPage) -> None:
    market = FakeFeed().market().model_copy(update={"incomplete": "Some may be missing."})
    stage.bridge.publish("market", market)
    assert page.settled.incomplete.isVisible()
    assert page.settled.incomplete.text() == "Some may be missing."


@pytest.mark.parametrize("width", [1024, 1280, 1920])
def test_no_column_is_cut_off(make_stage: Callable[..., Any], qtbot: Any, width: int) -> None:
    stage = make_stage("light", (width, 900))
    feed = FakeFeed()
    stage.live(feed.state())
    stage.bridge.publish("community", feed.community())
    stage.window.show()
    market, community = stage.window.pages["market"], stage.window.pages["community"]
    for name, tables in (
        ("market", (market.orders, market.trades)),
        ("community", (community.deals.table, community.offers.table, community.services.table)),
    ):
        stage.window.open_page(name)
        qtbot.wait(10)
        for table in tables:
            columns = range(table.rows_model.columnCount())
            wide = sum(table.columnWidth(n) for n in columns if not table.isColumnHidden(n))
            assert wide <= table.viewport().width(), table.accessibleName()


def test_without_an_account_there_is_no_switch(stage: Any, page: MarketPage) -> None:
    stage.bridge.publish("market", FakeFeed().market().model_copy(update={"account": None}))
    assert page.no_fuss.isHidden()
    unread = MarketAccountView.model_validate(
        {"available": {"value": None, "mark": "unverified"},
         "escrowed": {"value": None, "mark": "unverified"}}
    )  # fmt: skip
    stage.bridge.publish("market", FakeFeed().market().model_copy(update={"account": unread}))
    assert page.no_fuss.isVisible()
