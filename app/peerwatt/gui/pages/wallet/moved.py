"""What was moved: every transaction with its state, its label, and what can be done about it."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from PySide6.QtCore import Qt, Signal, SignalInstance
from PySide6.QtWidgets import QHBoxLayout, QMenu, QWidget

from peerwatt.api.messages import WalletView
from peerwatt.api.wallet_messages import TransactionView

from ... import words
from ...context import Context
from ...theme import UNIT
from ...wallet.dialog import Note
from ...widgets.base import Button, Card
from ...widgets.states import Empty
from ...widgets.table import Column, RowMenu, Table
from ...widgets.wallet_proofs import offer_transaction_proofs
from ..base import stack, switch

Span = tuple[float | None, float | None]


class MovedCard(Card):
    """The table of transactions."""

    speed_asked = Signal(object)
    cancel_asked = Signal(object)
    label_asked = Signal(object)
    """Each with a TransactionView."""
    csv_asked = Signal(object)
    """With a (start, end) in Unix seconds; ``None`` where open."""

    def __init__(self, context: Context) -> None:
        super().__init__(context.theme, self.tr("What was moved"))
        self._context = context
        theme = context.theme
        self.csv = Button(theme, self.tr("Save as table…"), "quiet", "file")
        self.csv.clicked.connect(self._open_spans)
        self.head.addWidget(self.csv)
        self.table = Table[TransactionView](theme, self.tr("What was moved"), self._columns())
        self.table.add_menu(self._entries)
        offer_transaction_proofs(context.bridge, self.table)
        self.empty = Empty(theme, "wallet", self.tr("Nothing was moved yet."))
        self.stack = stack(self.table, self.empty)
        self.stuck = Note(theme)
        self.faster = Button(theme, self.tr("Speed up"), "soft")
        self.cancel = Button(theme, self.tr("Cancel it"), "quiet")
        self.faster.clicked.connect(lambda: self._about_stuck(self.speed_asked))
        self.cancel.clicked.connect(lambda: self._about_stuck(self.cancel_asked))
        self._stuck: TransactionView | None = None
        self.help = QWidget()
        row = QHBoxLayout(self.help)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(UNIT)
        row.addWidget(self.stuck, 1)
        row.addWidget(self.faster)
        row.addWidget(self.cancel)
        self.help.hide()
        self.body.addWidget(self.help)
        self.body.addWidget(self.stack, 1)
        self.setMinimumHeight(340)

    def set_wallet(self, wallet: WalletView) -> None:
        """Show the transactions, newest first."""
        newest_first = sorted(wallet.transactions, key=lambda entry: -entry.time_s)
        self.table.set_rows(newest_first)
        switch(self.stack, bool(newest_first))
        self.table.setToolTip(wallet.incomplete)
        stuck = [entry for entry in newest_first if entry.is_stuck and entry.can_replace]
        # The oldest one first: what was sent later waits for it.
        self._stuck = stuck[-1] if stuck else None
        self.help.setVisible(self._stuck is not None)
        if self._stuck is not None:
            waits = self.tr("“{0}” waits for its block.").format(self._stuck.what)
            self.stuck.say(self._stuck.sentence or waits, "warning")

    def _about_stuck(self, signal: SignalInstance) -> None:
        if self._stuck is not None:
            signal.emit(self._stuck)

    # --- rows -----------------------------------------------------------------------------------

    def _entries(self, entry: TransactionView) -> RowMenu:
        made = []
        if entry.can_replace:
            made.append((self.tr("Speed up…"), lambda: self.speed_asked.emit(entry)))
            made.append((self.tr("Cancel it…"), lambda: self.cancel_asked.emit(entry)))
        made.append((self.tr("Label…"), lambda: self.label_asked.emit(entry)))
        return made

    def _columns(self) -> tuple[Column[TransactionView], ...]:
        who = {"owner": self.tr("you"), "agent": self.tr("the house"), "other": self.tr("others")}

        def amount(entry: TransactionView) -> str:
            if entry.amount_micro is None:
                return ""
            return words.money(entry.amount_micro, "", signed=True).number

        def when(entry: TransactionView) -> str:
            clock = self._context.bridge.site_clock
            return words.day_and_clock(entry.time_s, clock.zone, clock.now_s())

        def what(entry: TransactionView) -> str:
            return f"{entry.label} · {entry.what}" if entry.label else entry.what

        def tip(entry: TransactionView) -> str:
            parts = (what(entry), entry.sentence, entry.counterparty, entry.transaction_hash)
            return "\n".join(part for part in parts if part)

        return (
            Column(self.tr("When"), when),
            Column(self.tr("What"), what, stretch=True, least=180, tip=tip),
            Column(
                self.tr("By"), lambda entry: who[entry.by], token=lambda _: "muted", optional=True
            ),
            Column(self.tr("Amount"), amount, right=True),
            Column(
                self.tr("State"),
                self._state,
                icon=lambda entry: (words.MARK_ICONS[entry.mark], words.MARK_TOKENS[entry.mark]),
                token=_state_token,
                tip=self._state_tip,
            ),
        )

    def _state(self, entry: TransactionView) -> str:
        if entry.state == "in block" and entry.block_number is not None:
            return self.tr("block {0}").format(words.grouped(entry.block_number))
        return words.transaction_state(entry.state)

    def _state_tip(self, entry: TransactionView) -> str:
        parts = [words.transaction_state(entry.state), words.mark_word(entry.mark)]
        if entry.block_number is not None:
            parts.insert(1, self.tr("block {0}").format(words.grouped(entry.block_number)))
        return ", ".join(parts)

    # --- as a file ------------------------------------------------------------------------------

    def spans(self) -> list[tuple[str, Span]]:
        """Return the stretches of time that can be saved, in words."""
        clock = self._context.bridge.site_clock
        year = datetime.fromtimestamp(clock.now_s(), clock.zone).year
        return [
            (self.tr("This year"), (_new_year_s(year, clock.zone), None)),
            (
                self.tr("Last year"),
                (_new_year_s(year - 1, clock.zone), _new_year_s(year, clock.zone)),
            ),
            (self.tr("Everything"), (None, None)),
        ]

    def _open_spans(self) -> None:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for text, span in self.spans():
            action = menu.addAction(text)
            action.triggered.connect(lambda _=False, span=span: self.csv_asked.emit(span))
        menu.popup(self.csv.mapToGlobal(self.csv.rect().bottomLeft()))


def _state_token(entry: TransactionView) -> str:
    if entry.state == "failed":
        return "fault"
    return "warning" if entry.is_stuck else "muted"


def _new_year_s(year: int, zone: ZoneInfo) -> float:
    return datetime(year, 1, 1, tzinfo=zone).timestamp()
