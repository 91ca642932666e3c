"""How the figures are checked, and who is asked for them: the card on the wallet's page."""

from __future__ import annotations

from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from peerwatt.api.messages import ChainView, EndpointView

from .. import words
from ..context import Context
from ..theme import UNIT, Theme
from .base import Button, Card, Figure, Icon, Pill, Text
from .chain_dialog import ChainDialog
from .chain_words import (
    ENDPOINT_ICONS,
    ENDPOINT_TOKENS,
    chain_caveat,
    chain_said,
    chain_token,
    endpoint_line,
    state_word,
)

SHOWN = 4
"""Endpoints on the card; the dialog lists all."""


class EndpointRow(QWidget):
    """One endpoint: who, in which state, how far, how old."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.icon = Icon(theme, "pending", "muted", 18)
        self.name = Text(theme, "", size=12, elide=True)
        self.line = Text(theme, "", size=12, ink="muted")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(6)
        row.addWidget(self.icon)
        row.addWidget(self.name, 1)
        row.addWidget(self.line)

    def show_endpoint(self, point: EndpointView, now_s: float) -> None:
        """Show one endpoint."""
        token = ENDPOINT_TOKENS[point.state]
        self.icon.set(ENDPOINT_ICONS[point.state], token)
        self.name.set(point.url)
        said = endpoint_line(point, now_s)
        self.line.set(said, "muted" if point.state in ("following", "away") else token)
        self.setToolTip(point.sentence or said)
        self.setAccessibleName(f"{point.url}: {said}. {point.sentence}".strip())


class ChainCard(Card):
    """What was checked, whether it is up to date, and each endpoint that is asked."""

    def __init__(self, context: Context) -> None:
        super().__init__(context.theme, self.tr("How it is checked"))
        self._context = context
        self._chain: ChainView | None = None
        theme = context.theme
        self.pill = Pill(theme)
        self.head.addWidget(self.pill)
        self.blocks = Figure(theme, self.tr("Blocks checked"), 28)
        self.proofs = Figure(theme, self.tr("Proofs checked"), 28)
        self.sentence = Text(theme, "", ink="muted", wrap=True)
        self.rows = [EndpointRow(theme) for _ in range(SHOWN)]
        self.more = Text(theme, "", size=12, ink="muted")
        self.details = Button(theme, self.tr("Details"), "soft", "info")
        self.details.clicked.connect(self.open_details)
        pair = QHBoxLayout()
        for word, figure in ((self.tr("blocks"), self.blocks), (self.tr("proofs"), self.proofs)):
            column = QVBoxLayout()
            column.setSpacing(2)
            column.addWidget(Text(theme, word, size=12, ink="muted"))
            column.addWidget(figure)
            pair.addLayout(column, 1)
        self.body.addLayout(pair)
        self.body.addSpacing(UNIT // 2)
        self.body.addWidget(self.sentence)
        for row in self.rows:
            row.hide()
            self.body.addWidget(row)
        self.body.addStretch(1)
        foot = QHBoxLayout()
        foot.addWidget(self.more, 1)
        foot.addWidget(self.details)
        self.body.addLayout(foot)
        context.bridge.chain.connect(self.set_chain)
        context.bridge.clock.connect(lambda _: self._age())

    def set_chain(self, chain: ChainView) -> None:
        """Show what the light client has checked."""
        self._chain = chain
        self.blocks.set(words.Quantity(words.grouped(chain.headers_verified), ""))
        self.proofs.set(words.Quantity(words.grouped(chain.proofs_verified), ""))
        ink = chain_token(chain)
        believed = chain.state == "verified" and not chain.reading
        self.pill.set(state_word(chain), "good" if believed else "muted" if ink == "faint" else ink)
        for number, row in enumerate(self.rows):
            row.setVisible(number < len(chain.endpoints))
            if number < len(chain.endpoints):
                row.show_endpoint(chain.endpoints[number], self._now_s)
        hidden = len(chain.endpoints) - SHOWN
        self.more.set(self.tr("and {0} more").format(hidden) if hidden > 0 else "")
        self.details.setVisible(bool(chain.consensus))
        self._age()

    def open_details(self) -> ChainDialog:
        """Open the dialog with everything about the chain."""
        dialog = ChainDialog(self._context, self.window())
        dialog.show()
        return dialog

    @property
    def _now_s(self) -> float:
        return self._context.bridge.site_clock.now_s()

    def _age(self) -> None:
        chain = self._chain
        if chain is None or not self.isVisible():
            return
        said = [chain_said(chain, self._now_s), chain_caveat(chain)]
        if chain.rejected:
            refused = self.tr("{0} answers did not match and were refused.")
            said.append(refused.format(words.grouped(chain.rejected)))
        self.sentence.set(_sentences(said))

    def showEvent(self, event: object) -> None:
        """Bring the ages up to date."""
        self._age()


def _sentences(parts: list[str]) -> str:
    """Join phrases into sentences, each with a capital and a full stop."""
    said = [part.strip() for part in parts if part.strip()]
    whole = (part[0].upper() + part[1:] for part in said)
    return " ".join(part if part.endswith((".", "!", "?")) else f"{part}." for part in whole)
