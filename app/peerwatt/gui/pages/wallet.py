"""Wallet: every balance with its proof, the agent's limits, and what was moved."""

from __future__ import annotations

from PySide6.QtWidgets import QHBoxLayout

from peerwatt.api.messages import (
    AgentView,
    ChainValue,
    ChainView,
    TransactionView,
    TrustMark,
    WalletView,
)

from .. import words
from ..context import Context
from ..theme import UNIT, Theme
from ..widgets.base import Bar, Card, Figure, Icon, Text
from ..widgets.marks import MarkLine
from ..widgets.states import Empty
from ..widgets.table import Column, Table
from .base import Page, across, down, stack, switch

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
        self.setMinimumHeight(176)

    def set_value(self, value: ChainValue, currency: str, now_s: float) -> None:
        """Show an amount as far as it is proven."""
        token = "text" if value.mark == TrustMark.VERIFIED else "muted"
        self.figure.set(words.money(value.value, currency), ink=token)
        self.mark.set_value(value, now_s)


class AgentCard(Card):
    """The key that trades on its own, and how much of its limit is used today."""

    def __init__(self, context: Context) -> None:
        super().__init__(context.theme, self.tr("The house's own key"))
        self._context = context
        theme = context.theme
        self.note.set("")
        self.spent = Figure(theme, self.tr("Spent today"), 28)
        self.limit = Text(theme, "", ink="muted", elide=True)
        self.bar = Bar(theme, self.tr("Used of today's limit"))
        self.facts = Text(theme, "", size=12, ink="muted", wrap=True)
        self.mark = MarkLine(theme)
        row = QHBoxLayout()
        row.setSpacing(UNIT)
        row.addWidget(Icon(theme, "key", "accent", 24))
        row.addWidget(
            Text(theme, self.tr("It may only trade, and only within these limits."), ink="muted"),
            1,
        )
        self.body.addLayout(row)
        self.body.addStretch(1)
        self.body.addLayout(across(self.spent, 1, self.limit, gap=UNIT))
        self.body.addWidget(self.bar)
        self.body.addStretch(1)
        self.body.addWidget(self.facts)
        self.body.addWidget(self.mark)

    def set_agent(self, agent: AgentView, currency: str, now_s: float) -> None:
        """Show the key's limits as the contract holds them."""
        zone = self._context.bridge.site_clock.zone
        spent, limit = agent.spent_today.value, agent.daily_limit.value
        self.spent.set(words.money(spent, currency))
        if limit:
            self.limit.set(self.tr("of {0} today").format(words.money(limit, currency)))
            share = (spent or 0) / limit
            self.bar.set(share, "warning" if share > 0.9 else "accent")
        else:
            self.limit.set(self.tr("no limit known yet"))
            self.bar.set(None)
        facts = []
        if agent.min_price_micro is not None and agent.max_price_micro is not None:
            facts.append(
                self.tr("between {0} and {1}").format(
                    words.price(agent.min_price_micro).number, words.price(agent.max_price_micro)
                )
            )
        if agent.expires_s:
            facts.append(self.tr("until {0}").format(words.day(agent.expires_s, zone)))
        if agent.stored_in:
            facts.append(self.tr("kept in {0}").format(agent.stored_in))
        facts.append(words.short_hash(agent.address))
        self.facts.set(" · ".join(facts))
        self.facts.setToolTip(agent.address or "")
        self.mark.set_value(agent.daily_limit, now_s)


class ChainCard(Card):
    """How the figures on this page are checked, and who is asked for them."""

    def __init__(self, context: Context) -> None:
        super().__init__(context.theme, self.tr("How it is checked"))
        self._context = context
        theme = context.theme
        self.blocks = Figure(theme, self.tr("Blocks checked"), 28)
        self.proofs = Figure(theme, self.tr("Proofs checked"), 28)
        self.sentence = Text(theme, "", ink="muted", wrap=True)
        self.endpoints = Text(theme, "", size=12, ink="muted", wrap=True)
        pair = across(
            1,
            down(Text(theme, self.tr("blocks"), size=12, ink="muted"), self.blocks, gap=2),
            1,
            down(Text(theme, self.tr("proofs"), size=12, ink="muted"), self.proofs, gap=2),
        )
        self.body.addLayout(pair)
        self.body.addSpacing(UNIT)
        self.body.addWidget(self.sentence)
        self.body.addWidget(self.endpoints)
        self.body.addStretch(1)
        context.bridge.chain.connect(self.set_chain)

    def set_chain(self, chain: ChainView) -> None:
        """Show what the light client has checked."""
        self.blocks.set(words.Quantity(words.grouped(chain.headers_verified), ""))
        self.proofs.set(words.Quantity(words.grouped(chain.proofs_verified), ""))
        said = chain.sentence or self.tr("This house checks every block and every figure itself.")
        if chain.rejected:
            refused = self.tr("{0} answers did not match and were refused.")
            said = refused.format(words.grouped(chain.rejected))
        self.sentence.set(said)
        states = {
            "following": self.tr("following"),
            "behind": self.tr("behind"),
            "away": self.tr("away"),
            "contradicts": self.tr("contradicts the others"),
        }
        lines = [f"{point.url}: {states[point.state]}" for point in chain.endpoints]
        self.endpoints.set("\n".join(lines))
        self.endpoints.setVisible(bool(lines))


class WalletPage(Page):
    """Balances, the agent's limits, transactions."""

    def __init__(self, context: Context) -> None:
        super().__init__(context, "wallet", self.tr("Wallet"))
        theme, bridge = context.theme, context.bridge
        self._wallet: WalletView | None = None
        self.credit = BalanceCard(
            theme,
            self.tr("Yours"),
            self.tr("Credits of the owner's account, redeemable at par with the community."),
        )
        self.escrowed = BalanceCard(
            theme,
            self.tr("Set aside for orders"),
            self.tr("Held in escrow by the market until the interval is settled."),
        )
        self.supply = BalanceCard(
            theme,
            self.tr("All credits of the community"),
            self.tr("Total supply: it may only change when the treasury takes or pays money."),
        )
        self.agent = AgentCard(context)
        self.table = Table[TransactionView](theme, self.tr("What was moved"), self._columns())
        self.table_empty = Empty(theme, "wallet", self.tr("Nothing was moved yet."))
        self.table_stack = stack(self.table, self.table_empty)
        self.table_card = Card(theme, self.tr("What was moved"))
        self.table_card.body.addWidget(self.table_stack, 1)
        self.column.addLayout(across(1, self.credit, 1, self.escrowed, 1, self.supply))
        self.table_card.setMinimumHeight(320)
        self.agent.setMinimumHeight(250)
        self.checked = ChainCard(context)
        side = down(self.agent, 1, self.checked)
        self.column.addLayout(across(7, self.table_card, 5, side), 1)
        for card in (self.credit, self.escrowed, self.supply):
            card.set_value(UNREAD, "EUR", 0)
        bridge.wallet.connect(self.set_wallet)
        bridge.clock.connect(lambda _: self._age())

    def set_wallet(self, wallet: WalletView) -> None:
        """Show balances and transactions."""
        self._wallet = wallet
        self.sentence.set(
            wallet.sentence
            or (
                self.tr("Account {0}").format(words.short_hash(wallet.owner_address))
                if wallet.owner_address
                else self.tr("No account yet")
            )
        )
        self.sentence.setToolTip(wallet.owner_address or "")
        newest_first = sorted(wallet.transactions, key=lambda entry: -entry.time_s)
        self.table.set_rows(newest_first)
        switch(self.table_stack, bool(newest_first))
        self._age()

    def _age(self) -> None:
        wallet = self._wallet
        if wallet is None or not self.isVisible():
            return
        for card, value in (
            (self.credit, wallet.credit),
            (self.escrowed, wallet.escrowed),
            (self.supply, wallet.total_supply),
        ):
            card.set_value(value, wallet.currency, self.now_s)
        self.agent.set_agent(wallet.agent, wallet.currency, self.now_s)

    def showEvent(self, event: object) -> None:
        """Bring the ages up to date."""
        self._age()

    def _columns(self) -> tuple[Column[TransactionView], ...]:
        states = {
            "sent": self.tr("on its way"),
            "in block": self.tr("in a block"),
            "final": self.tr("final"),
            "failed": self.tr("failed"),
        }
        who = {"owner": self.tr("you"), "agent": self.tr("the house"), "other": self.tr("others")}

        def amount(entry: TransactionView) -> str:
            if entry.amount_micro is None:
                return ""
            return words.money(entry.amount_micro, "", signed=True).number

        def state(entry: TransactionView) -> str:
            if entry.block_number is None:
                return states[entry.state]
            return self.tr("block {0}").format(words.grouped(entry.block_number))

        def when(entry: TransactionView) -> str:
            clock = self.bridge.site_clock
            return words.day_and_clock(entry.time_s, clock.zone, clock.now_s())

        return (
            Column(self.tr("When"), when),
            Column(
                self.tr("What"),
                lambda entry: entry.what,
                stretch=True,
                least=180,
                tip=lambda entry: f"{entry.what}\n{entry.transaction_hash}",
            ),
            Column(
                self.tr("By"), lambda entry: who[entry.by], token=lambda _: "muted", optional=True
            ),
            Column(self.tr("Amount"), amount, right=True),
            Column(
                self.tr("Proof"),
                state,
                icon=lambda entry: (words.MARK_ICONS[entry.mark], words.MARK_TOKENS[entry.mark]),
                token=lambda entry: "fault" if entry.state == "failed" else "muted",
                tip=lambda entry: f"{states[entry.state]}, {words.mark_word(entry.mark)}",
            ),
        )
