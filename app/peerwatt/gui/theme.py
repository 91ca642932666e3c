"""Colours, type and spacing come from one place, so that light and dark stay in step."""

from __future__ import annotations

import json
from dataclasses import dataclass, fields
from functools import cache
from typing import Literal

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontDatabase, QFontMetrics, QPalette
from PySide6.QtWidgets import QApplication

from peerwatt.config.resources import resource

ThemeChoice = Literal["system", "light", "dark"]
SIZES_PX = (12, 14, 16, 20, 28, 44)
"""The only type sizes of the program."""
UNIT = 8
"""Step of the spacing grid, px."""
GAP = 24
"""Between cards, px."""
PAD = 20
"""Inside a card, px."""
RADIUS = 12
TARGET = 32
"""Smallest side of anything that can be clicked, px."""
THINGS = ("sun", "grid", "battery", "home", "car", "neighbours")


@dataclass(frozen=True, slots=True)
class Tokens:
    """Named colours of one theme, hex; ``shadow`` is the opacity of a card's shadow."""

    name: str
    ground: str
    card: str
    raised: str
    hover: str
    line: str
    axis: str
    text: str
    muted: str
    faint: str
    accent: str
    accent_soft: str
    on_accent: str
    focus: str
    sun: str
    grid: str
    battery: str
    home: str
    car: str
    neighbours: str
    good: str
    warning: str
    fault: str
    verified: str
    event: str
    event_fill: str
    on_event: str
    price_low: str
    price_high: str
    shadow: float

    def colour(self, token: str, alpha: float = 1.0) -> QColor:
        """Return a colour by its token, with an opacity of 0 to 1."""
        colour = QColor(str(getattr(self, token)))
        colour.setAlphaF(alpha)
        return colour


def load_tokens(name: str) -> Tokens:
    """Read a theme. Raises FileNotFoundError or TypeError when the install is broken."""
    values = json.loads(resource("themes", f"{name}.json").read_text(encoding="utf-8"))
    return Tokens(**{field.name: values[field.name] for field in fields(Tokens)})


@cache
def font_family() -> str:
    """Load the bundled typeface once and return its family; the system's where it is missing."""
    families: list[str] = []
    for weight in ("Regular", "SemiBold"):
        try:
            path = resource("fonts", f"Inter-{weight}.ttf")
        except FileNotFoundError:
            continue
        number = QFontDatabase.addApplicationFont(str(path))
        families += QFontDatabase.applicationFontFamilies(number)
    # The static semibold registers as its own family on some systems; the plain one has both.
    return min(families, key=len) if families else QApplication.font().family()


@cache
def font(size_px: int = 14, bold: bool = False, figures: bool = True) -> QFont:
    """Return the typeface at one of :data:`SIZES_PX`; with figures of equal width."""
    made = QFont(font_family())
    made.setPixelSize(size_px)
    made.setWeight(QFont.Weight.DemiBold if bold else QFont.Weight.Normal)
    # Said in both cases: what is left unsaid is taken from the application's font.
    made.setFeature(QFont.Tag("tnum"), int(figures))
    if size_px >= 28:
        made.setLetterSpacing(QFont.SpacingType.PercentageSpacing, 98.0)
    return made


@cache
def metrics(size_px: int = 14, bold: bool = False) -> QFontMetrics:
    """Return the metrics of :func:`font`."""
    return QFontMetrics(font(size_px, bold))


class Theme(QObject):
    """The theme in force; follows the system's light or dark unless the owner chose one."""

    changed = Signal()

    def __init__(self, choice: ThemeChoice = "system", parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._choice = choice
        self._tokens = load_tokens(self._wanted())
        QApplication.styleHints().colorSchemeChanged.connect(self._refresh)

    @property
    def tokens(self) -> Tokens:
        """The colours in force."""
        return self._tokens

    @property
    def choice(self) -> ThemeChoice:
        """What the owner chose."""
        return self._choice

    @property
    def dark(self) -> bool:
        """Whether the dark theme is in force."""
        return self._tokens.name == "dark"

    def choose(self, choice: ThemeChoice) -> None:
        """Switch to a theme; ``system`` follows the system."""
        self._choice = choice
        self._refresh()

    def apply(self, app: QApplication) -> None:
        """Give the application its font, palette and the style of its plain widgets."""
        app.setStyle("Fusion")
        app.setFont(font(14))
        app.setPalette(palette(self._tokens))
        app.setStyleSheet(style_sheet(self._tokens))

    def _wanted(self) -> str:
        if self._choice != "system":
            return self._choice
        scheme = QApplication.styleHints().colorScheme()
        return "dark" if scheme == Qt.ColorScheme.Dark else "light"

    def _refresh(self) -> None:
        wanted = self._wanted()
        if wanted == self._tokens.name:
            return
        self._tokens = load_tokens(wanted)
        app = QApplication.instance()
        if isinstance(app, QApplication):
            self.apply(app)
        self.changed.emit()


def palette(tokens: Tokens) -> QPalette:
    """Return the palette of plain Qt widgets."""
    made = QPalette()
    role = QPalette.ColorRole
    for where, token in (
        (role.Window, "ground"),
        (role.Base, "card"),
        (role.AlternateBase, "raised"),
        (role.Button, "card"),
        (role.WindowText, "text"),
        (role.Text, "text"),
        (role.ButtonText, "text"),
        (role.ToolTipBase, "raised"),
        (role.ToolTipText, "text"),
        (role.PlaceholderText, "muted"),
        (role.Highlight, "accent_soft"),
        (role.HighlightedText, "text"),
        (role.Link, "accent"),
    ):
        made.setColor(where, tokens.colour(token))
    made.setColor(QPalette.ColorGroup.Disabled, role.Text, tokens.colour("faint"))
    return made


def style_sheet(tokens: Tokens) -> str:
    """Return the style of what Qt paints itself: scroll bars, tables, menus, tool tips."""
    return f"""
    QToolTip {{ background: {tokens.raised}; color: {tokens.text};
        border: 1px solid {tokens.line}; padding: 6px 8px; }}
    QMenu {{ background: {tokens.card}; color: {tokens.text}; border: 1px solid {tokens.line};
        padding: 6px; }}
    QMenu::item {{ padding: 8px 20px; border-radius: 6px; }}
    QMenu::item:selected {{ background: {tokens.hover}; }}
    QScrollArea, QScrollArea > QWidget > QWidget#plain {{ background: transparent; border: 0; }}
    QScrollBar:vertical {{ background: transparent; width: 10px; margin: 2px; }}
    QScrollBar::handle:vertical {{ background: {tokens.line}; border-radius: 3px;
        min-height: 32px; }}
    QScrollBar::handle:vertical:hover {{ background: {tokens.axis}; }}
    QScrollBar:horizontal {{ background: transparent; height: 10px; margin: 2px; }}
    QScrollBar::handle:horizontal {{ background: {tokens.line}; border-radius: 3px;
        min-width: 32px; }}
    QScrollBar::add-line, QScrollBar::sub-line, QScrollBar::add-page, QScrollBar::sub-page
        {{ background: transparent; height: 0; width: 0; }}
    QTableView {{ background: transparent; border: 0; color: {tokens.text}; outline: 0;
        selection-background-color: {tokens.hover}; selection-color: {tokens.text}; }}
    QTableView::item {{ border: 0; border-bottom: 1px solid {tokens.line}; padding: 0 8px; }}
    QTableView::item:selected {{ background: {tokens.hover}; }}
    QTableView:focus {{ border: 2px solid {tokens.focus}; border-radius: 8px; }}
    QHeaderView {{ background: transparent; }}
    QHeaderView::section {{ background: transparent; color: {tokens.muted}; border: 0;
        border-bottom: 1px solid {tokens.line}; padding: 0 11px 6px 11px; font-size: 12px; }}
    """
