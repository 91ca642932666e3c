"""Nothing that can be reached is without a name, too small, or out of the keyboard's reach."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from gui_feed import FakeFeed, empty_state
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractButton, QApplication, QLabel, QWidget

from peerwatt.gui.dialogs import CloseDialog
from peerwatt.gui.theme import TARGET
from peerwatt.gui.widgets.base import Bar, Figure, Ring
from peerwatt.gui.widgets.flow import FlowPicture
from peerwatt.gui.widgets.legend import Legend

PAINTED = (Figure, Bar, Ring, FlowPicture, Legend)


def nameless(root: QWidget) -> list[str]:
    found = []
    for widget in (root, *root.findChildren(QWidget)):
        reachable = widget.focusPolicy() != Qt.FocusPolicy.NoFocus
        if (reachable or isinstance(widget, PAINTED)) and not _named(widget):
            found.append(f"{type(widget).__name__} in {type(widget.parent()).__name__}")
    return found


def _named(widget: QWidget) -> bool:
    text = getattr(widget, "text", None)
    said = text() if callable(text) and isinstance(widget, QAbstractButton | QLabel) else ""
    hidden_part = widget.objectName().startswith("qt_")  # scroll areas' own inner widgets
    return bool(widget.accessibleName() or said or hidden_part) or not widget.isVisibleTo(
        widget.window()
    )


@pytest.mark.parametrize("state", ["full", "empty", "event"])
def test_everything_has_a_name(make_stage: Callable[..., Any], qtbot: Any, state: str) -> None:
    stage = make_stage()
    stage.live(empty_state() if state == "empty" else FakeFeed(event=state == "event").state())
    stage.window.show()
    for name in stage.window.pages:
        stage.window.open_page(name)
        stage.window.grab()
        assert nameless(stage.window) == [], name


def test_the_check_can_fail(qtbot: Any) -> None:
    root = QWidget()
    qtbot.addWidget(root)
    child = QWidget(root)
    child.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    root.show()
    assert nameless(root) == ["QWidget in QWidget"]


def test_targets_are_large_enough(stage: Any, qtbot: Any) -> None:
    small = []
    for name in stage.window.pages:
        stage.window.open_page(name)
        qtbot.wait(5)
        for button in stage.window.findChildren(QAbstractButton):
            own = type(button).__module__.startswith("peerwatt")
            if own and button.isVisible() and min(button.width(), button.height()) < TARGET:
                small.append(f"{name}: {button.accessibleName()} {button.size()}")
    assert small == []


def test_tab_reaches_every_button(stage: Any, qtbot: Any) -> None:
    window = stage.window
    window.activateWindow()
    qtbot.waitUntil(lambda: QApplication.activeWindow() is window, timeout=1000)
    for name in ("home", "market", "flexibility", "settings"):
        window.open_page(name)
        window.grab()
        wanted = {
            button
            for button in window.findChildren(QAbstractButton)
            if button.isVisible()
            and button.isEnabled()
            and button.focusPolicy() & Qt.FocusPolicy.TabFocus
        }
        window.rail.buttons["home"].setFocus(Qt.FocusReason.TabFocusReason)
        seen: set[QWidget] = set()
        for _ in range(80):
            focused = QApplication.focusWidget()
            if focused is None or focused in seen:
                break
            seen.add(focused)
            qtbot.keyClick(focused, Qt.Key.Key_Tab)
        # An exclusive group is one stop: its chosen button; the arrows reach the others.
        missed = {b for b in wanted - seen if b.group() is None}
        assert not missed, [b.accessibleName() for b in missed]


def test_arrows_move_along_the_rail(stage: Any, qtbot: Any) -> None:
    window = stage.window
    window.activateWindow()
    qtbot.waitUntil(lambda: QApplication.activeWindow() is window, timeout=1000)
    window.rail.buttons["home"].setFocus(Qt.FocusReason.TabFocusReason)
    qtbot.keyClick(window.rail.buttons["home"], Qt.Key.Key_Down)
    assert QApplication.focusWidget() is window.rail.buttons["market"]


def test_focus_is_seen(stage: Any, qtbot: Any) -> None:
    window = stage.window
    window.activateWindow()
    qtbot.waitUntil(lambda: QApplication.activeWindow() is window, timeout=1000)
    button = window.rail.buttons["market"]
    before = button.grab().toImage()
    button.setFocus(Qt.FocusReason.TabFocusReason)
    assert button.grab().toImage() != before


def test_the_dialog_has_names(stage: Any, qtbot: Any) -> None:
    dialog = CloseDialog(stage.theme)
    qtbot.addWidget(dialog)
    dialog.show()
    assert nameless(dialog) == []
