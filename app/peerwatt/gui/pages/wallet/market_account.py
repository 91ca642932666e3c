"""The account with the market: what is available, what orders have set aside, in and out."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout

from peerwatt.api.base import ChainValue, TrustMark
from peerwatt.api.market_messages import MarketAccountView

from ... import words
from ...theme import UNIT, Theme
from ...widgets.base import Button, Card, Figure, Text
from ...widgets.marks import MarkLine
from .balances import UNREAD


class MarketAccountCard(Card):
    """One account, two amounts."""

    deposit_asked = Signal()
    withdraw_asked = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme, self.tr("With the market"))
        self.title.setToolTip(
            self.tr("Orders, fees and deals are paid out of it; it is yours to withdraw.")
        )
        self.figure = Figure(theme, self.tr("Available with the market"), 44)
        self.escrowed = Text(theme, "", size=12, ink="muted", elide=True)
        self.escrowed.setToolTip(
            self.tr("Held in escrow by the market until the interval is settled.")
        )
        self.mark = MarkLine(theme)
        self.deposit = Button(theme, self.tr("Deposit"), "soft", "plus")
        self.withdraw = Button(theme, self.tr("Withdraw"), "quiet")
        self.deposit.clicked.connect(self.deposit_asked)
        self.withdraw.clicked.connect(self.withdraw_asked)
        buttons = QHBoxLayout()
        buttons.setSpacing(UNIT)
        buttons.addWidget(self.deposit)
        buttons.addWidget(self.withdraw)
        buttons.addStretch(1)
        self.body.addStretch(1)
        self.body.addWidget(self.figure)
        self.body.addWidget(self.escrowed)
        self.body.addStretch(1)
        self.body.addWidget(self.mark)
        self.body.addLayout(buttons)
        self.setMinimumHeight(160)

    def set_account(
        self, account: MarketAccountView | None, escrowed: ChainValue, currency: str, now_s: float
    ) -> None:
        """Show the account as far as it is proven; ``escrowed`` is known without it, too."""
        available = account.available if account else UNREAD
        ink = "text" if available.mark == TrustMark.VERIFIED else "muted"
        if account is not None and account.is_low:
            ink = "warning"
        self.figure.set(words.money(available.value, currency), ink=ink)
        held = account.escrowed.value if account else escrowed.value
        parts = [self.tr("{0} set aside for orders").format(words.money(held, currency))]
        if account is not None and account.has_lien:
            parts.append(self.tr("a part of what you sell repays your loan"))
        self.escrowed.set(", ".join(parts))
        self.mark.set_value(available if account else escrowed, now_s)
        self.withdraw.setEnabled(bool(available.value))
