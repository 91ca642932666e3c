"""The frame: pages, states of the connection, the event line, and closing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from gui_feed import FakeFeed, empty_state
from PySide6.QtCore import Qt

from peerwatt.api.messages import Changed, FlexibilityView
from peerwatt.gui.bridge import Link, LinkView
from peerwatt.gui.context import Choices
from peerwatt.gui.dialogs import CloseDialog
from peerwatt.gui.prefs import Preferences, load_preferences, save_preferences
from peerwatt.gui.tray import Tray


def test_the_rail_opens_pages(stage: Any, qtbot: Any) -> None:
    for name, button in stage.window.rail.buttons.items():
        qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
        assert stage.window.stack.currentWidget() is stage.window.pages[name]
        assert button.isChecked()


def test_the_keyboard_opens_pages(stage: Any, qtbot: Any) -> None:
    stage.window.activateWindow()
    qtbot.keyClick(stage.window, Qt.Key.Key_4, Qt.KeyboardModifier.ControlModifier)
    assert stage.window.stack.currentWidget().name == "wallet"


def test_the_flow_picture_opens_pages(stage: Any, qtbot: Any) -> None:
    picture = stage.window.pages["home"].picture
    stage.window.grab()
    qtbot.mouseClick(picture._areas["neighbours"], Qt.MouseButton.LeftButton)
    assert stage.window.stack.currentWidget().name == "market"


def test_connecting_is_said(make_stage: Callable[..., Any]) -> None:
    window = make_stage().window
    window.show()
    assert window.banner.isVisible()
    assert window.banner.text.text() == "Connecting to the engine…"
    assert not window.banner.button.isVisible()


def test_engine_away_marks_everything_old(stage: Any, qtbot: Any) -> None:
    window = stage.window
    assert not window.banner.isVisible()
    stage.bridge.set_link(LinkView(Link.AWAY, "No engine answers; start it."))
    assert window.banner.isVisible()
    assert "what you see is from 14:35:00" in window.banner.text.text()
    assert window.banner.button.text() == "Start the engine"
    assert window.veil.isVisible()
    assert window.strip.engine.token == "warning"
    assert not window.pages["home"].picture.animating
    stage.live(FakeFeed().state())
    assert not window.banner.isVisible()
    assert not window.veil.isVisible()
    assert window.strip.engine.token == "good"


def test_an_engine_never_seen_says_so(make_stage: Callable[..., Any]) -> None:
    stage = make_stage()
    stage.window.show()
    stage.bridge.set_link(LinkView(Link.AWAY, "No engine runs for this house; start it."))
    assert stage.window.banner.text.text() == "No engine runs for this house; start it."
    assert not stage.window.veil.isVisible()


def test_the_event_line_counts_down(make_stage: Callable[..., Any], qtbot: Any) -> None:
    stage = make_stage()
    feed = FakeFeed(event=True)
    stage.live(feed.state())
    stage.window.show()
    strip = stage.window.strip
    assert strip.event_shown
    assert strip.event_line.left.text() == "40:00"
    feed.step(90)
    stage.bridge.publish("clock", feed.clock())
    assert strip.event_line.left.text() == "38:30"
    qtbot.mouseClick(strip.event_line.button, Qt.MouseButton.LeftButton)
    assert stage.window.stack.currentWidget().name == "flexibility"
    stage.bridge.publish("flexibility", FlexibilityView())
    assert not strip.event_shown


def test_the_strip_says_place_and_time(stage: Any) -> None:
    strip = stage.window.strip
    assert strip.place.text() == "Lindenweg 7"
    assert strip.time.text() == "Thu 18 June, 14:35"
    assert strip.simulated.text() == "simulated, 60× faster"
    assert strip.chain.toolTip() == "verified, block 1\u202f204, 3 s ago"


def test_a_chain_not_verified_is_not_good(make_stage: Callable[..., Any]) -> None:
    stage = make_stage()
    stage.live(empty_state())
    assert stage.window.strip.chain.token != "good"
    assert stage.window.strip.chain.toolTip() == "not verified yet"


def test_a_refusal_is_shown_and_goes(stage: Any) -> None:
    stage.bridge.refused.emit("The car has left.")
    assert stage.window.banner.text.text() == "The car has left."
    stage.bridge.changed.emit(Changed(sections=("plan",), sentence="The car waits tonight."))
    assert stage.window.banner.text.text() == "The car waits tonight."
    stage.window.set_link(stage.bridge.link)
    assert not stage.window.banner.isVisible()


@pytest.mark.parametrize(("answer", "signal"), [("keep", "left"), ("stop", "stop_asked")])
def test_closing_asks_once_and_remembers(stage: Any, qtbot: Any, answer: str, signal: str) -> None:
    asked: list[int] = []

    def ask() -> str:
        asked.append(1)
        return answer

    stage.window.ask_on_close = ask
    with qtbot.waitSignal(getattr(stage.window, signal), timeout=500):
        stage.window.close()
    assert asked == [1]
    assert stage.choices.values.on_close == answer


def test_cancel_keeps_the_window(stage: Any) -> None:
    stage.window.ask_on_close = lambda: "cancel"
    assert not stage.window.close()
    assert stage.window.isVisible()
    assert stage.choices.values.on_close == "ask"


def test_a_remembered_answer_is_not_asked_again(stage: Any, qtbot: Any) -> None:
    stage.choices.update(on_close="keep")
    stage.window.ask_on_close = lambda: pytest.fail("asked again")
    with qtbot.waitSignal(stage.window.left, timeout=500):
        stage.window.close()


def test_closing_hides_into_the_tray(stage: Any) -> None:
    stage.window._hide_on_close = True
    stage.choices.update(on_close="keep")
    stage.window.close()
    assert not stage.window.isVisible()
    tray = Tray(stage.bridge, stage.window)
    tray.open_window()
    assert stage.window.isVisible()


def test_the_tray_says_the_power(stage: Any) -> None:
    tray = Tray(stage.bridge, stage.window)
    stage.bridge.publish("flow", FakeFeed().flow())
    assert "Home uses 367\u00a0W" in tray.icon.toolTip()


def test_the_dialog_answers(stage: Any, qtbot: Any) -> None:
    dialog = CloseDialog(stage.theme)
    qtbot.addWidget(dialog)
    dialog.show()
    assert dialog.answer == "cancel"
    qtbot.mouseClick(dialog.stop, Qt.MouseButton.LeftButton)
    assert dialog.answer == "stop"


def test_choices_are_kept_on_disk(qapp: object) -> None:
    choices = Choices()
    choices.update(theme="dark", reduced_motion=True)
    assert load_preferences() == Preferences(theme="dark", reduced_motion=True)


def test_broken_choices_mean_defaults(peerwatt_home: Any) -> None:
    save_preferences(Preferences(theme="dark"))
    (peerwatt_home / "window.json").write_text("{not json")
    assert load_preferences() == Preferences()


def test_the_theme_changes_while_running(stage: Any, qtbot: Any) -> None:
    settings = stage.window.pages["settings"]
    stage.window.open_page("settings")
    light = stage.window.grab().toImage().pixelColor(640, 700)
    qtbot.mouseClick(settings.look.buttons["dark"], Qt.MouseButton.LeftButton)
    qtbot.wait(10)
    dark = stage.window.grab().toImage().pixelColor(640, 700)
    assert light.lightness() > 200
    assert dark.lightness() < 60
    for name in stage.window.pages:
        stage.window.open_page(name)
        stage.window.grab()


def test_the_rail_widens_with_the_window(make_stage: Callable[..., Any], qtbot: Any) -> None:
    stage = make_stage("light", (1700, 900))
    stage.window.show()
    qtbot.wait(10)
    assert stage.window.rail.width() == 200
    stage.window.resize(1200, 800)
    qtbot.wait(10)
    assert stage.window.rail.width() == 72
