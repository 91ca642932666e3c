"""How good the forecasts are: one short line, and a table on hover."""

from __future__ import annotations

from html import escape

from PySide6.QtCore import QCoreApplication, QEvent
from PySide6.QtGui import QHelpEvent
from PySide6.QtWidgets import QToolTip, QWidget

from peerwatt.api.messages import ForecastScoreView, ForecastView

from .. import words
from ..theme import Theme
from .base import Text

translate = QCoreApplication.translate

SHOWN_STAGE = "6 h"
"""How far ahead the short line looks."""


class ForecastNote(Text):
    """Says by how much forecasts were off; empty until the first were judged."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, "", size=12, ink="muted", elide=True)
        self._table = ""
        if parent is not None:
            self.setParent(parent)

    def set_forecast(self, view: ForecastView) -> None:
        """Show the scores of the last two weeks."""
        shown = [row for row in view.scores if row.stage == SHOWN_STAGE]
        self.set(short(shown))
        self._table = table(view)
        self.setAccessibleDescription(" ".join(sentences(view)))

    def event(self, event: QEvent) -> bool:
        """Show the table on hover, whether or not the line fits."""
        if isinstance(event, QHelpEvent):
            QToolTip.showText(event.globalPos(), self._table, self)
            return True
        return super().event(event)


def short(rows: list[ForecastScoreView]) -> str:
    """Return one line on the forecasts some hours ahead; empty without scores."""
    if not rows:
        return ""
    parts = [f"{_name(row.quantity)} ±\u00a0{words.power(row.error_w)}" for row in rows]
    return translate("ForecastNote", "forecast: {0}").format(", ".join(parts))


def sentences(view: ForecastView) -> list[str]:
    """Return what forecasts rest on, in words."""
    found = []
    if view.learned_s is None:
        found.append(translate("ForecastNote", "Forecasts still come from rules of thumb."))
    elif view.learned_days < 1:
        found.append(translate("ForecastNote", "Forecasts begin to learn this house."))
    else:
        days = words.number(view.learned_days, 0)
        found.append(
            translate("ForecastNote", "Forecasts were learned from {0} days of this house.").format(
                days
            )
        )
    if view.weather:
        found.append(view.weather)
    return found


def table(view: ForecastView) -> str:
    """Return the tool tip: each quantity and how far ahead, error and bias."""
    head = " ".join(escape(line) for line in sentences(view))
    if not view.scores:
        return head
    names = (
        translate("ForecastNote", "Forecast"),
        translate("ForecastNote", "ahead"),
        translate("ForecastNote", "off by"),
        translate("ForecastNote", "on average"),
    )
    rows = "".join(
        "<tr>"
        + "".join(f"<td style='padding-right:10px'>{escape(cell)}</td>" for cell in cells)
        + "</tr>"
        for cells in (names, *(_cells(row) for row in view.scores))
    )
    return f"<p>{head}</p><table>{rows}</table>"


def _cells(row: ForecastScoreView) -> tuple[str, str, str, str]:
    much = (
        translate("ForecastNote", "too much")
        if row.bias_w > 0
        else translate("ForecastNote", "too little")
    )
    bias = f"{words.power(abs(row.bias_w))} {much}"
    return _name(row.quantity), row.stage, str(words.power(row.error_w)), bias


def _name(quantity: str) -> str:
    return (
        translate("ForecastNote", "sun") if quantity == "pv" else translate("ForecastNote", "home")
    )
