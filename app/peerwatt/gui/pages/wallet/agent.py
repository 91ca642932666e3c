"""The house's own key: its limits, what it used of them today, and how to stop it at once."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout

from peerwatt.api.messages import AgentView

from ... import words
from ...context import Context
from ...theme import UNIT, Theme
from ...widgets.base import Bar, Button, Card, Figure, Icon, Pill, Text
from ...widgets.marks import MarkLine

NEARLY = 0.9
"""Share of a limit from which its bar warns."""


class Used(QVBoxLayout):
    """A figure of today and the limit that holds it."""

    def __init__(self, theme: Theme, name: str) -> None:
        super().__init__()
        self.setSpacing(4)
        self.figure = Figure(theme, name, 28)
        self.limit = Text(theme, "", size=12, ink="muted", elide=True)
        self.bar = Bar(theme, name)
        self.addWidget(Text(theme, name, size=12, ink="muted"))
        self.addWidget(self.figure)
        self.addWidget(self.bar)
        self.addWidget(self.limit)

    def set(self, used: words.Quantity, share: float | None, limit: str) -> None:
        """Show how much of a limit is used."""
        self.figure.set(used)
        self.limit.set(limit)
        self.bar.set(share, "warning" if (share or 0) > NEARLY else "accent")


class AgentCard(Card):
    """The key that trades on its own, within limits that the contract enforces."""

    pause_asked = Signal(bool)
    """True to pause it, False to let it go on."""
    revoke_asked = Signal()
    limits_asked = Signal()

    def __init__(self, context: Context) -> None:
        super().__init__(context.theme, self.tr("The house's own key"))
        self._context = context
        theme = context.theme
        self.state = Pill(theme)
        self.head.addWidget(self.state)
        self.spent = Used(theme, self.tr("Spent today"))
        self.sold = Used(theme, self.tr("Offered for sale today"))
        self.facts = Text(theme, "", size=12, ink="muted", wrap=True)
        self.mark = MarkLine(theme)
        self.pause = Button(theme, self.tr("Pause"), "soft", "pause")
        self.limits = Button(theme, self.tr("Change limits"), "quiet")
        self.revoke = Button(theme, self.tr("Revoke"), "quiet")
        self._paused = False
        self.pause.clicked.connect(lambda: self.pause_asked.emit(not self._paused))
        self.limits.clicked.connect(self.limits_asked)
        self.revoke.clicked.connect(self.revoke_asked)
        self._lay_out(theme)

    def _lay_out(self, theme: Theme) -> None:
        row = QHBoxLayout()
        row.setSpacing(UNIT)
        row.addWidget(Icon(theme, "key", "accent", 24))
        sentence = self.tr("It may only trade, and only within these limits.")
        row.addWidget(Text(theme, sentence, ink="muted", wrap=True), 1)
        used = QHBoxLayout()
        used.setSpacing(UNIT * 3)
        used.addLayout(self.spent, 1)
        used.addLayout(self.sold, 1)
        buttons = QHBoxLayout()
        buttons.setSpacing(UNIT)
        for button in (self.pause, self.limits, self.revoke):
            buttons.addWidget(button)
        buttons.addStretch(1)
        self.body.addLayout(row)
        self.body.addSpacing(UNIT)
        self.body.addLayout(used)
        self.body.addSpacing(UNIT)
        self.body.addWidget(self.facts)
        self.body.addWidget(self.mark)
        self.body.addStretch(1)
        self.body.addLayout(buttons)

    def set_agent(self, agent: AgentView, currency: str, now_s: float) -> None:
        """Show the key's limits as the contract holds them."""
        self._set_used(agent, currency)
        self.facts.set(" · ".join(self._facts(agent)))
        self.facts.setToolTip(agent.address or "")
        self.mark.set_value(agent.daily_limit, now_s)
        self._set_state(agent)

    def _set_used(self, agent: AgentView, currency: str) -> None:
        spent, limit = agent.spent_today.value, agent.daily_limit.value
        known = self.tr("of {0}").format(words.money(limit, currency)) if limit else ""
        share = (spent or 0) / limit if limit else None
        unknown = self.tr("no limit known yet")
        self.spent.set(words.money(spent, currency), share, known or unknown)
        sold, most = agent.sold_today_wh, agent.daily_sales_wh
        known = self.tr("of {0}").format(words.energy(most)) if most else ""
        share = (sold or 0) / most if most else None
        self.sold.set(words.energy(sold), share, known or unknown)

    def _facts(self, agent: AgentView) -> list[str]:
        zone = self._context.bridge.site_clock.zone
        facts = []
        if agent.min_price_micro is not None and agent.max_price_micro is not None:
            low, high = words.price(agent.min_price_micro).number, agent.max_price_micro
            facts.append(self.tr("between {0} and {1}").format(low, words.price(high)))
        if agent.expires_s:
            facts.append(self.tr("until {0}").format(words.day(agent.expires_s, zone)))
        if agent.may_trade:
            facts.append(self.tr("may trade"))
        if agent.may_offer:
            facts.append(self.tr("may answer the grid operator"))
        if agent.stored_in:
            facts.append(self.tr("kept in {0}").format(agent.stored_in))
        facts.append(words.short_hash(agent.address))
        return facts

    def _set_state(self, agent: AgentView) -> None:
        said = {
            "active": (self.tr("active"), "good"),
            "paused": (self.tr("paused"), "warning"),
            "expired": (self.tr("expired"), "warning"),
            "revoked": (self.tr("revoked"), "muted"),
            "none": (self.tr("not authorised"), "muted"),
        }
        self.state.set(*said[agent.state])
        self.state.setAccessibleName(self.tr("State: {0}").format(said[agent.state][0]))
        self._paused = agent.state == "paused"
        self.pause.setVisible(agent.state in {"active", "paused"})
        if self._paused:
            self.pause.show_as(self.tr("Resume"), "play")
        else:
            self.pause.show_as(self.tr("Pause"), "pause")
        self.revoke.setVisible(agent.state in {"active", "paused", "expired"})
        self.limits.setVisible(agent.address is not None)
        held = agent.state in {"active", "paused", "expired"}
        self.limits.show_as(self.tr("Change limits") if held else self.tr("Authorise"))
