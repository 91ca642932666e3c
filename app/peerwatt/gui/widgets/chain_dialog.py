"""Everything about the chain: network, trust, finality, counts, endpoints, what was found."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QPalette, QResizeEvent
from PySide6.QtWidgets import QDialog, QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from peerwatt.api.messages import ChainView, EndpointView

from .. import words
from ..context import Context
from ..theme import GAP, UNIT
from .base import Button, Icon, Text
from .chain_evidence import EvidencePanel
from .chain_words import (
    ENDPOINT_ICONS,
    ENDPOINT_TOKENS,
    blocks_behind,
    chain_caveat,
    chain_said,
    chain_token,
    consensus_word,
    endpoint_said,
    endpoint_word,
)
from .table import ROW_PX, Column, Table

WIDTH_PX = 760
HEAD_PX = 30
TALLEST = 6
"""Endpoints from which the table scrolls."""
STATE_ICONS = {"good": "verified", "warning": "warning", "fault": "fault", "faint": "pending"}


class ChainDialog(QDialog):
    """Follows the chain's section while it is open."""

    def __init__(self, context: Context, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self._chain: ChainView | None = None
        theme = context.theme
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(self.tr("How the chain is checked"))
        self.setAccessibleName(self.windowTitle())
        self.setMinimumWidth(WIDTH_PX)
        self.icon = Icon(theme, "pending", "muted", 24)
        self.state = Text(theme, "", size=16, bold=True, wrap=True)
        self.caveat = Text(theme, "", ink="muted", wrap=True)
        self.evidence = EvidencePanel(theme)
        self.evidence.decided.connect(context.bridge.send)
        self.facts: dict[str, Text] = {}
        self.said = Text(theme, "", size=12, ink="muted", wrap=True)
        self.table = Table[EndpointView](theme, self.tr("Endpoints"), self._columns())
        self.close_button = Button(theme, self.tr("Close"), "primary")
        self.close_button.clicked.connect(self.accept)
        self._lay_out()
        context.bridge.chain.connect(self.set_chain)
        context.bridge.clock.connect(self._age)
        theme.changed.connect(self._tint)
        self._tint()
        latest = context.bridge.latest.get("chain")
        if isinstance(latest, ChainView):
            self.set_chain(latest)
        self.close_button.setFocus()

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(GAP + 4, GAP, GAP + 4, GAP)
        column.setSpacing(UNIT * 2)
        head = QHBoxLayout()
        head.setSpacing(12)
        head.addWidget(self.icon, 0, Qt.AlignmentFlag.AlignTop)
        said = QVBoxLayout()
        said.setSpacing(4)
        said.addWidget(self.state)
        said.addWidget(self.caveat)
        head.addLayout(said, 1)
        column.addLayout(head)
        column.addWidget(self.evidence)
        column.addLayout(self._fact_grid())
        column.addWidget(Text(self._context.theme, self.tr("Asked for it"), bold=True))
        column.addWidget(self.table)
        column.addWidget(self.said)
        row = QHBoxLayout()
        row.addStretch(1)
        row.addWidget(self.close_button)
        column.addStretch(1)
        column.addLayout(row)

    def _fact_grid(self) -> QGridLayout:
        theme = self._context.theme
        grid = QGridLayout()
        grid.setHorizontalSpacing(UNIT * 3)
        grid.setVerticalSpacing(6)
        grid.setColumnStretch(1, 1)
        for row, (name, title) in enumerate(
            (
                ("network", self.tr("Network")),
                ("consensus", self.tr("How blocks come about")),
                ("trust", self.tr("Everything rests on")),
                ("final", self.tr("When a block is final")),
                ("counts", self.tr("Checked since the start")),
                ("refused", self.tr("Refused")),
            )
        ):
            value = Text(theme, "", size=12 if name == "trust" else 14, wrap=True)
            value.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            self.facts[name] = value
            top = Qt.AlignmentFlag.AlignTop
            grid.addWidget(Text(theme, title, ink="muted"), row, 0, top)
            grid.addWidget(value, row, 1, top)
        return grid

    def set_chain(self, chain: ChainView) -> None:
        """Show the light client as it is now."""
        self._chain = chain
        ink = chain_token(chain)
        self.icon.set(STATE_ICONS[ink], "verified" if ink == "good" else ink)
        self.evidence.show_evidence(chain.found)
        self.facts["network"].set(
            self.tr("{0}, number {1}").format(chain.title or chain.network, chain.chain_id)
        )
        self.facts["consensus"].set(
            self.tr("{0}; {1} of them").format(consensus_word(chain), chain.validators)
        )
        self.facts["trust"].set(chain.trust_root or self.tr("nothing yet"))
        final = [chain.finality]
        if chain.final is not None:
            final.append(self.tr("now up to block {0}").format(words.grouped(chain.final)))
        self.facts["final"].set("; ".join(part for part in final if part))
        self.facts["counts"].set(
            self.tr("{0} blocks, {1} proofs").format(
                words.grouped(chain.headers_verified), words.grouped(chain.proofs_verified)
            )
        )
        refused = self.tr("{0} answers that did not hold").format(words.grouped(chain.rejected))
        self.facts["refused"].set(refused if chain.rejected else self.tr("nothing"))
        self.table.set_rows(chain.endpoints)
        self.table.setFixedHeight(HEAD_PX + ROW_PX * min(max(len(chain.endpoints), 1), TALLEST))
        said = "\n".join(filter(None, map(endpoint_said, chain.endpoints)))
        self.said.set(said)
        self.said.setVisible(bool(said))
        self._age()
        self._fit()

    def _fit(self) -> None:
        """Grow to what the wrapped texts need at this width."""
        layout = self.layout()
        if layout is not None:
            self.setMinimumHeight(layout.totalHeightForWidth(max(self.width(), WIDTH_PX)))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep room for the wrapped texts."""
        super().resizeEvent(event)
        self._fit()

    def _age(self, _: object = None) -> None:
        if self._chain is None:
            return
        said = chain_said(self._chain, self._context.bridge.site_clock.now_s())
        if self._chain.found is not None:
            said = self.tr("Stopped: two blocks stand against each other")
        self.state.set(said[0].upper() + said[1:])
        self.caveat.set(chain_caveat(self._chain))
        self.caveat.setVisible(bool(self.caveat.text()))

    def _tint(self) -> None:
        colours = self.palette()
        ground = self._context.theme.tokens.colour("card")
        colours.setColor(QPalette.ColorRole.Window, ground)
        self.setPalette(colours)

    def _columns(self) -> tuple[Column[EndpointView], ...]:
        def age(point: EndpointView) -> str:
            return words.NOTHING if point.head_age_s is None else words.ago(point.head_age_s)

        def block(point: EndpointView) -> str:
            return words.NOTHING if point.head is None else words.grouped(point.head)

        return (
            Column(self.tr("Endpoint"), lambda p: p.url, stretch=True, least=150),
            Column(
                self.tr("State"),
                endpoint_word,
                icon=lambda p: (ENDPOINT_ICONS[p.state], ENDPOINT_TOKENS[p.state]),
                tip=lambda p: p.sentence or endpoint_word(p),
            ),
            Column(self.tr("Block"), block, right=True),
            Column(self.tr("Blocks behind"), blocks_behind, right=True),
            Column(self.tr("Newest block"), age, right=True),
        )
