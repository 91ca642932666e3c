"""The palette: legible, and told apart by everybody."""

from __future__ import annotations

import pytest
from colours import VISIONS, contrast, worst_pair
from PySide6.QtGui import QFontInfo

from peerwatt.config.resources import resource
from peerwatt.gui.icons import pixmap
from peerwatt.gui.theme import SIZES_PX, THINGS, Theme, font, font_family, load_tokens

LOOKS = ("light", "dark")
SURFACES = ("ground", "card", "raised")
TEXTS = ("text", "muted", "faint", "accent", "good", "warning", "fault", "verified", "event")


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("surface", SURFACES)
def test_text_is_legible(look: str, surface: str) -> None:
    tokens = load_tokens(look)
    for name in TEXTS:
        assert contrast(getattr(tokens, name), getattr(tokens, surface)) >= 4.5, (name, surface)


@pytest.mark.parametrize("look", LOOKS)
def test_words_on_filled_grounds_are_legible(look: str) -> None:
    tokens = load_tokens(look)
    for ink, ground in (
        ("on_accent", "accent"),
        ("accent", "accent_soft"),
        ("on_event", "event_fill"),
        ("text", "hover"),
        ("card", "text"),
    ):
        assert contrast(getattr(tokens, ink), getattr(tokens, ground)) >= 4.5, (ink, ground)


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("surface", ["ground", "card"])
def test_things_stand_out(look: str, surface: str) -> None:
    tokens = load_tokens(look)
    for name in (*THINGS, "axis", "focus"):
        assert contrast(getattr(tokens, name), getattr(tokens, surface)) >= 3.0, name


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("vision", VISIONS)
def test_things_are_told_apart(look: str, vision: str) -> None:
    tokens = load_tokens(look)
    assert worst_pair([getattr(tokens, name) for name in THINGS], vision) >= 32.0


def test_the_check_itself_can_fail() -> None:
    assert worst_pair(["#3a7d44", "#8a6d3b"], "deutan") < 32.0
    assert contrast("#ff9800", "#ffffff") < 3.0


def test_type_is_the_bundled_one_with_even_figures(qapp: object) -> None:
    assert font_family() == "Inter"
    for size in SIZES_PX:
        assert QFontInfo(font(size)).family() == "Inter"
    assert resource("fonts", "OFL.txt").read_text().startswith("Copyright")
    from peerwatt.gui.theme import metrics

    assert metrics(44, True).horizontalAdvance("1111") == metrics(44, True).horizontalAdvance(
        "8888"
    )


def test_the_theme_switches_and_says_so(qapp: object, qtbot: object) -> None:
    theme = Theme("light")
    with qtbot.waitSignal(theme.changed, timeout=500):
        theme.choose("dark")
    assert theme.dark
    with qtbot.assertNotEmitted(theme.changed):
        theme.choose("dark")


def test_every_icon_draws(qapp: object) -> None:
    names = sorted(path.stem for path in resource("icons").glob("*.svg"))
    assert {"home", "market", "flexibility", "wallet", "devices", "verified"} <= set(names)
    for name in names:
        image = pixmap(name, "#112233", 24).toImage()
        assert any(image.pixelColor(x, y).alpha() for x in range(24) for y in range(24)), name
