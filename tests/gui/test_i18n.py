"""Every sentence can be translated, and other languages fit."""

from __future__ import annotations

import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from gui_feed import FakeFeed
from PySide6.QtCore import Qt, QTranslator

import peerwatt.gui
from peerwatt.config.resources import resource

Entries = set[tuple[str, str]]


def entries(path: Path) -> Entries:
    found: Entries = set()
    for context in ET.parse(path).getroot().findall("context"):
        name = context.findtext("name") or ""
        found |= {
            (name, message.findtext("source") or "") for message in context.findall("message")
        }
    return found


def test_no_sentence_lacks_an_entry(tmp_path: Path) -> None:
    """Renew with: pyside6-lupdate app/peerwatt/gui -ts resources/i18n/peerwatt_en.ts."""
    tool = shutil.which("pyside6-lupdate", path=str(Path(sys.executable).parent))
    if tool is None:
        pytest.skip("pyside6-lupdate is not installed beside this Python")
    sources = sorted(Path(peerwatt.gui.__file__).parent.rglob("*.py"))
    fresh = tmp_path / "peerwatt_en.ts"
    command = [tool, *map(str, sources), "-ts", str(fresh), "-locations", "none"]
    subprocess.run(command, check=True, capture_output=True)
    kept = entries(resource("i18n", "peerwatt_en.ts"))
    assert entries(fresh) - kept == set()
    assert kept - entries(fresh) == set()


class Pseudo(QTranslator):
    """A language in which everything is 40 % longer."""

    def translate(self, context: str, source: str, *_: object) -> str:
        return f"{source}{'·' * (len(source) * 2 // 5)}"


@pytest.fixture
def pseudo(qapp: Any) -> Iterator[None]:
    language = Pseudo()
    qapp.installTranslator(language)
    yield
    qapp.removeTranslator(language)


def test_long_words_fit(pseudo: None, make_stage: Callable[..., Any], qtbot: Any) -> None:
    stage = make_stage()
    stage.live(FakeFeed(event=True).state())
    stage.window.show()
    for name, page in stage.window.pages.items():
        stage.window.open_page(name)
        qtbot.wait(5)
        stage.window.grab()
        assert page.widget().minimumSizeHint().width() <= page.viewport().width(), name
    assert stage.window.pages["home"].flow_card.title.text().endswith("·")


def test_a_language_from_right_to_left_renders(
    make_stage: Callable[..., Any], qapp: Any, qtbot: Any
) -> None:
    qapp.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
    try:
        stage = make_stage()
        stage.live(FakeFeed().state())
        stage.window.show()
        qtbot.wait(5)
        assert stage.window.rail.x() > stage.window.width() / 2
        for name in stage.window.pages:
            stage.window.open_page(name)
            stage.window.grab()
    finally:
        qapp.setLayoutDirection(Qt.LayoutDirection.LeftToRight)
