"""One amount of credits with its mark."""

from __future__ import annotations

from peerwatt.api.base import ChainValue, TrustMark

from ... import words
from ...theme import Theme
from ...widgets.base import Card, Figure
from ...widgets.marks import MarkLine

UNREAD = ChainValue(value=None, mark=TrustMark.UNVERIFIED)


class BalanceCard(Card):
    """One amount with its mark."""

    def __init__(self, theme: Theme, title: str, tip: str, size: int = 44) -> None:
        super().__init__(theme, title)
        self.title.setToolTip(tip)
        self.figure = Figure(theme, title, size)
        self.mark = MarkLine(theme)
        self.body.addStretch(1)
        self.body.addWidget(self.figure)
        self.body.addStretch(1)
        self.body.addWidget(self.mark)
        self.setMinimumHeight(160)

    def set_value(self, value: ChainValue, currency: str, now_s: float) -> None:
        """Show an amount as far as it is proven."""
        token = "text" if value.mark == TrustMark.VERIFIED else "muted"
        self.figure.set(words.money(value.value, currency), ink=token)
        self.mark.set_value(value, now_s)
