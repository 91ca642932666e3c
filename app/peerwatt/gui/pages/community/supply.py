"""The supplier: how the house stands with it, what that means, and what to do."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QWidget

from peerwatt.api.market_messages import MarketAccountView, MarketView, SupplyView

from ... import words
from ...context import Context
from ...theme import UNIT
from ...widgets.base import Button, Card, Figure, Pill, Text
from ...widgets.marks import MarkLine
from ...widgets.states import Empty
from ..base import stack, switch


class SupplyCard(Card):
    """State, prepaid account, fee; nothing is ever switched off."""

    deposit_asked = Signal()

    def __init__(self, context: Context) -> None:
        super().__init__(context.theme, self.tr("Your supplier"))
        theme = context.theme
        self._context = context
        self.state = Pill(theme)
        self.head.addWidget(self.state)
        self.meaning = Text(theme, "", wrap=True)
        self.action = Text(theme, "", bold=True, wrap=True)
        self.available = Figure(theme, self.tr("Prepaid, available"), 28)
        self.escrowed = Figure(theme, self.tr("Set aside for orders"), 28)
        self.mark = MarkLine(theme)
        self.facts = Text(theme, "", size=12, ink="muted", wrap=True)
        self.never = Text(
            theme,
            self.tr("This program never switches anything off: your power stays on in any state."),
            size=12,
            ink="muted",
            wrap=True,
        )
        self.deposit = Button(theme, self.tr("Deposit"), "primary", "plus")
        self.deposit.clicked.connect(self.deposit_asked)
        self.empty = Empty(
            theme,
            "power",
            self.tr(
                "Here stands your account with the community's supplier: what is prepaid, the "
                "monthly fee, and what to do when it runs low. Your community runs no supplier "
                "of its own yet."
            ),
        )
        self._lay_out()

    def _lay_out(self) -> None:
        filled = QWidget()
        self.holder = stack(filled, self.empty)
        column = QGridLayout(filled)
        column.setContentsMargins(0, 0, 0, 0)
        column.setHorizontalSpacing(UNIT * 3)
        column.setVerticalSpacing(UNIT)
        theme = self.theme
        column.addWidget(self.meaning, 0, 0, 1, 2)
        column.addWidget(self.action, 1, 0, 1, 2)
        column.addWidget(Text(theme, self.tr("Prepaid, available"), size=12, ink="muted"), 2, 0)
        column.addWidget(Text(theme, self.tr("Set aside for orders"), size=12, ink="muted"), 2, 1)
        column.addWidget(self.available, 3, 0)
        column.addWidget(self.escrowed, 3, 1)
        column.addWidget(self.mark, 4, 0, 1, 2)
        column.addWidget(self.facts, 5, 0, 1, 2)
        buttons = QHBoxLayout()
        buttons.addWidget(self.deposit)
        buttons.addStretch(1)
        column.addLayout(buttons, 6, 0, 1, 2)
        column.setRowStretch(7, 1)
        column.addWidget(self.never, 8, 0, 1, 2)
        self.body.addWidget(self.holder, 1)

    def set_market(self, market: MarketView, currency: str, now_s: float) -> None:
        """Show the standing with the supplier."""
        supply, account = market.supply, market.account
        switch(self.holder, supply is not None)
        self.state.setVisible(supply is not None)
        if supply is None:
            return
        self._set_state(supply, account, now_s)
        self.available.set(words.money(account.available.value if account else None, currency))
        self.escrowed.set(words.money(account.escrowed.value if account else None, currency))
        self.mark.setVisible(account is not None)
        if account is not None:
            self.mark.set_value(account.available, now_s)
        self.facts.set(" · ".join(self._facts(supply, market, currency)))
        self.facts.setToolTip(supply.supplier or "")
        self.facts.setVisible(bool(self.facts.text()))

    def _set_state(
        self, supply: SupplyView, account: MarketAccountView | None, now_s: float
    ) -> None:
        low = supply.state == "active" and self._is_low(supply, account)
        word, ink = {
            "none": (self.tr("no offer chosen"), "muted"),
            "active": (self.tr("active"), "good"),
            "grace": (self._grace(supply, now_s), "warning"),
            "suspended": (self.tr("suspended"), "warning"),
        }[supply.state]
        if low:
            word, ink = self.tr("balance is low"), "warning"
        self.state.set(word, ink)
        self.state.setAccessibleName(self.tr("State: {0}").format(word))
        self.meaning.set(supply.meaning)
        self.meaning.setVisible(bool(supply.meaning))
        action = supply.action or (account.sentence if account and low else "")
        self.action.set(action, "text" if supply.state == "active" else "warning")
        self.action.setVisible(bool(action))

    def _grace(self, supply: SupplyView, now_s: float) -> str:
        if supply.until_s is None:
            return self.tr("payment is due")
        left = words.duration(supply.until_s - now_s)
        return self.tr("payment is due, {0} left").format(left)

    @staticmethod
    def _is_low(supply: SupplyView, account: MarketAccountView | None) -> bool:
        if account is None:
            return False
        least, held = supply.warn_below_micro, account.available.value
        return account.is_low or (least is not None and held is not None and held < least)

    def _facts(self, supply: SupplyView, market: MarketView, currency: str) -> list[str]:
        facts = []
        if supply.supplier:
            facts.append(self.tr("supplier {0}").format(words.short_hash(supply.supplier)))
        if supply.monthly_fee_micro is not None:
            fee = words.money(supply.monthly_fee_micro, currency)
            facts.append(self.tr("{0} a month").format(fee))
        if market.retail_micro:
            facts.append(
                self.tr("asks {0}, pays {1}").format(
                    words.price(market.retail_micro), words.price(market.feed_in_micro)
                )
            )
        if supply.due_micro:
            due = words.money(supply.due_micro, currency)
            facts.append(self.tr("{0} are due").format(due))
        if supply.next_offer:
            said = self.tr("offer {0} from the next period on")
            facts.append(said.format(supply.next_offer))
        return facts
