"""Every page shows every state without a fault, and says what it should."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from gui_feed import NOON_S, FakeFeed, empty_state, missing_state
from PySide6.QtCore import QPointF, Qt
from PySide6.QtWidgets import QLabel

from peerwatt.api.base import TrustMark
from peerwatt.api.messages import (
    DeclineRequest,
    NoticesView,
    OverrideView,
    PauseMarket,
    PlanView,
    SetBattery,
    SetCar,
    SiteState,
    UndoAction,
)
from peerwatt.gui.widgets.base import Figure
from peerwatt.gui.widgets.marks import MarkLine

PAGES = ("home", "market", "flexibility", "wallet", "devices", "community", "settings", "log")
STATES: dict[str, Callable[[], SiteState]] = {
    "full": lambda: FakeFeed().state(),
    "real-time": lambda: FakeFeed(simulated=False).state(),
    "event": lambda: FakeFeed(event=True).state(),
    "plain": lambda: FakeFeed(battery=False, car=False).state(),
    "stale": lambda: FakeFeed(stale=("grid", "pv", "battery", "ev")).state(),
    "unproven": lambda: FakeFeed(mark=TrustMark.UNVERIFIED).state(),
    "contradicted": lambda: FakeFeed(mark=TrustMark.CONTRADICTED).state(),
    "empty": empty_state,
    "missing": missing_state,
}


def texts(widget: Any) -> str:
    """Return all that a widget says."""
    parts = [label.text() for label in widget.findChildren(QLabel) if not label.isHidden()]
    parts += [figure.text for figure in widget.findChildren(Figure)]
    return "\n".join(parts).replace("\u00a0", " ").replace("\u202f", " ")


@pytest.mark.parametrize("look", ["light", "dark"])
@pytest.mark.parametrize("state", STATES)
def test_every_page_renders_every_state(
    make_stage: Callable[..., Any], qtbot: Any, state: str, look: str
) -> None:
    stage = make_stage(look)
    stage.live(STATES[state]())
    stage.window.show()
    for name in PAGES:
        stage.window.open_page(name)
        qtbot.wait(1)
        picture = stage.window.grab().toImage()
        assert picture.width() == 1280
        rows = range(60, 500, 9)
        seen = {picture.pixel(x, y) for x in range(80, 1270, 7) for y in rows}
        assert len(seen) > 8, f"{name} is blank"


@pytest.mark.parametrize("size", [(1024, 768), (1280, 800), (1920, 1080)])
def test_nothing_overflows_sideways(
    make_stage: Callable[..., Any], qtbot: Any, size: tuple[int, int]
) -> None:
    stage = make_stage("light", size)
    stage.live(FakeFeed().state())
    stage.window.show()
    for name in PAGES:
        stage.window.open_page(name)
        qtbot.wait(10)
        page = stage.window.pages[name]
        assert page.widget().minimumSizeHint().width() <= page.viewport().width(), name


def test_home_needs_no_scrolling_at_1280(stage: Any, qtbot: Any) -> None:
    qtbot.wait(100)
    page = stage.window.pages["home"]
    assert page.verticalScrollBar().maximum() == 0


def test_home_says_the_figures(stage: Any) -> None:
    said = texts(stage.window.pages["home"])
    assert "earned 1.24 EUR" in said
    assert "with the supplier alone: cost 0.31 EUR" in said
    assert "at 14.2 ct/kWh on average" in said
    assert "68 %" in said
    assert "charging, full in" in said
    assert "The car starts charging" in said


def test_the_flow_picture_says_itself(stage: Any) -> None:
    picture = stage.window.pages["home"].picture
    said = picture.accessibleDescription().replace("\u00a0", " ")
    assert "Sun: 5.9 kW, from the sun" in said
    assert "to neighbours" in said
    assert "Car: 3.7 kW, charging" in said
    assert said.endswith("Home: 367 W in use.")


def test_old_values_are_said_to_be_old(make_stage: Callable[..., Any]) -> None:
    stage = make_stage()
    stage.live(FakeFeed(stale=("grid", "ev")).state())
    said = stage.window.pages["home"].picture.described()
    assert said.count("old value") == 3  # the neighbours' part is part of the grid's value
    assert "too old, 2 min ago" in texts(stage.window.pages["devices"])
    assert "has not answered for 95 s" in texts(stage.window.pages["devices"])


def test_dots_move_only_while_seen(stage: Any, qtbot: Any) -> None:
    picture = stage.window.pages["home"].picture
    qtbot.waitUntil(lambda: picture.animating, timeout=1000)
    stage.window.open_page("market")
    assert not picture.animating
    stage.window.open_page("home")
    assert picture.animating
    stage.choices.update(reduced_motion=True)
    assert not picture.animating


def test_no_battery_and_no_car_are_left_out(make_stage: Callable[..., Any]) -> None:
    stage = make_stage()
    stage.live(FakeFeed(battery=False, car=False).state())
    said = texts(stage.window.pages["home"])
    assert "Sun today" in said
    assert "24.3 kWh" in said
    described = stage.window.pages["home"].picture.described()
    assert "Battery" not in described
    assert "Car" not in described


def test_nothing_connected_has_a_sentence_and_a_button(make_stage: Callable[..., Any]) -> None:
    stage = make_stage()
    stage.live(empty_state())
    stage.window.show()
    home = stage.window.pages["home"]
    assert home.no_devices.isVisible()
    assert "No device is connected yet" in home.no_devices.text.text()
    assert home.no_devices.button.text() == "Open the folder"


def test_wallet_shows_each_mark(stage: Any) -> None:
    stage.window.open_page("wallet")
    page = stage.window.pages["wallet"]
    said = texts(page)
    assert "48.31 EUR" in said
    assert "of 10.00 EUR" in said
    assert "of 20.0 kWh" in said
    marks = [mark.sentence for mark in page.findChildren(MarkLine)]
    assert marks.count("verified, block 1\u202f204, 3 s ago") == 4


def test_nothing_unproven_is_called_verified(make_stage: Callable[..., Any], qtbot: Any) -> None:
    stage = make_stage()
    stage.live(FakeFeed(mark=TrustMark.UNVERIFIED).state())
    stage.window.show()
    stage.window.open_page("wallet")
    qtbot.wait(10)
    page = stage.window.pages["wallet"]
    for mark in page.findChildren(MarkLine):
        assert mark.sentence.startswith("not verified yet")


def test_market_reads_the_clearing(stage: Any) -> None:
    page = stage.window.pages["market"]
    assert "change hands at 17.6" in page.ladder.plot.accessibleDescription()
    assert "17.6 ct/kWh" in texts(page)
    assert "Orders for 14:45 are taken for another 7:00" in texts(page)
    rows = page.orders.rows_model
    assert rows.rowCount() == 7
    said = [str(rows.data(rows.index(1, column))) for column in range(rows.columnCount())]
    assert said[:2] == ["14:30", "sell"]
    assert "The car needs it before 07:00." in said


def test_pause_sends_the_command(stage: Any, qtbot: Any) -> None:
    page = stage.window.pages["market"]
    stage.window.open_page("market")
    qtbot.mouseClick(page.pause, Qt.MouseButton.LeftButton)
    assert stage.sent == [PauseMarket(paused=True)]
    market = FakeFeed().market().model_copy(update={"paused": True})
    stage.bridge.publish("market", market)
    assert page.pause.text() == "Resume trading"
    qtbot.mouseClick(page.pause, Qt.MouseButton.LeftButton)
    assert stage.sent[-1] == PauseMarket(paused=False)


def test_undo_sends_the_action(stage: Any, qtbot: Any) -> None:
    row = stage.window.pages["home"].next_up.rows[0]
    assert row.undo.text() == "Not tonight"
    qtbot.mouseClick(row.undo, Qt.MouseButton.LeftButton)
    assert stage.sent == [UndoAction(action_id="car-1")]
    assert not row.undo.isEnabled()
    stage.bridge.refused.emit("The car has left.")
    assert row.undo.isEnabled()


def test_what_cannot_be_undone_has_no_button(stage: Any) -> None:
    assert stage.window.pages["home"].next_up.rows[1].undo.isHidden()


def test_never_more_than_three_actions(stage: Any) -> None:
    action = FakeFeed().plan().actions[0]
    stage.bridge.publish("plan", PlanView(made_s=NOON_S, actions=(action,) * 9))
    assert len(stage.window.pages["home"].next_up.rows) == 3


def test_a_request_can_be_chosen_and_declined(stage: Any, qtbot: Any) -> None:
    page = stage.window.pages["flexibility"]
    stage.window.open_page("flexibility")
    assert page.main_card.title.text().startswith("Use less, 14:15")
    assert page.decline.isHidden()
    qtbot.mouseClick(page.rows[0].area, Qt.MouseButton.LeftButton)
    assert page.main_card.title.text().startswith("Use less, 18:00")
    qtbot.mouseClick(page.decline, Qt.MouseButton.LeftButton)
    assert stage.sent == [DeclineRequest(request_id=5)]


def test_devices_come_and_go(stage: Any) -> None:
    page = stage.window.pages["devices"]
    assert set(page.cards) == {"meter", "inverter", "battery", "charger"}
    stage.bridge.publish("devices", FakeFeed(car=False).devices())
    assert set(page.cards) == {"meter", "inverter", "battery"}
    assert "Only read, never written to." in texts(page)


def test_the_owner_overrides_the_car(stage: Any, qtbot: Any) -> None:
    stage.window.open_page("devices")
    row = stage.window.pages["devices"].cards["charger"].override
    assert row.buttons["auto"].isChecked()
    assert row.buttons["hold"].isHidden()
    qtbot.mouseClick(row.buttons["pause"], Qt.MouseButton.LeftButton)
    assert stage.sent == [SetCar(mode="pause")]
    stage.bridge.publish("overrides", OverrideView(car="pause", car_until_s=NOON_S + 3600))
    assert row.until.text() == "until 15:35"
    stage.bridge.publish("overrides", OverrideView())
    qtbot.mouseClick(row.buttons["now"], Qt.MouseButton.LeftButton)
    stage.bridge.refused.emit("No car is plugged in.")
    assert row.buttons["auto"].isChecked()


def test_the_owner_overrides_the_battery(stage: Any, qtbot: Any) -> None:
    stage.window.open_page("devices")
    row = stage.window.pages["devices"].cards["battery"].override
    qtbot.mouseClick(row.buttons["hold"], Qt.MouseButton.LeftButton)
    qtbot.mouseClick(row.buttons["auto"], Qt.MouseButton.LeftButton)
    assert stage.sent == [SetBattery(mode="hold"), SetBattery(mode="auto")]
    assert stage.window.pages["devices"].cards["meter"].override.isHidden()


def test_the_log_is_newest_first(stage: Any) -> None:
    table = stage.window.pages["log"].table.rows_model
    assert [row.notice_id for row in table.rows] == sorted(
        (row.notice_id for row in table.rows), reverse=True
    )
    stage.bridge.publish("notices", NoticesView())
    assert table.rowCount() == 0


def test_hover_reads_all_series(stage: Any, qtbot: Any) -> None:
    plot = stage.window.pages["home"].day_plot
    qtbot.waitUntil(lambda: plot._picture is not None, timeout=2000)
    title, rows = plot.reading(NOON_S - 3600)
    assert title == "13:35"
    assert {name for _, name, _ in rows} >= {"Sun", "Home", "Car"}
    title, rows = plot.reading(NOON_S + 3600)
    assert title == "15:35, planned"
    assert rows[-1][1] == "Price"
    plot._hover(QPointF(NOON_S - 3600, 0.0))
    assert plot._readout.isVisible()
    plot._hover(None)
    assert not plot._readout.isVisible()


def test_the_day_can_be_copied_as_data(stage: Any, qtbot: Any) -> None:
    plot = stage.window.pages["home"].day_plot
    qtbot.waitUntil(lambda: plot._picture is not None, timeout=2000)
    lines = plot.as_text().splitlines()
    assert lines[0].split("\t") == [
        "time", "grid_w", "pv_w", "battery_w", "ev_w", "home_w", "soc_pct",
    ]  # fmt: skip
    assert len(lines) > 300
    plot.plot.copy_image()
    menu = plot.plot.plot_menu()
    assert [action.text() for action in menu.actions()] == [
        "Copy as image", "Copy as data", "Show everything",
    ]  # fmt: skip


def test_zoom_stays_until_reset(stage: Any, qtbot: Any) -> None:
    day = stage.window.pages["home"].day_plot
    qtbot.waitUntil(lambda: day._picture is not None, timeout=2000)
    whole = day.plot.box.viewRange()[0]
    qtbot.keyClick(day.plot, Qt.Key.Key_Plus)
    near = day.plot.box.viewRange()[0]
    assert near[1] - near[0] < 0.9 * (whole[1] - whole[0])
    day.refresh()
    qtbot.wait(60)
    assert day.plot.box.viewRange()[0] == pytest.approx(near)
    qtbot.keyClick(day.plot, Qt.Key.Key_Home)
    qtbot.waitUntil(lambda: abs(day.plot.box.viewRange()[0][0] - whole[0]) < 300, timeout=1000)
