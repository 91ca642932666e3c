"""What the intervals came to: actual beside the supplier alone, and the parts on demand."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtWidgets import QGridLayout, QWidget

from peerwatt.api.market_messages import TradeView
from peerwatt.api.messages import DayView

from ... import market_words, words
from ...theme import UNIT, Theme
from ...widgets.base import Card, Pill, Text
from ...widgets.states import Empty
from ...widgets.table import Column, Table
from ..base import stack, switch
from .own import At

ROWS = 8
"""Six parts at most, their sum, and the supplier alone."""


class PartsCard(Card):
    """One interval in its parts."""

    def __init__(self, theme: Theme, at: At) -> None:
        super().__init__(theme, self.tr("How it came about"))
        self._at = at
        self.state = Pill(theme)
        self.saved = Text(theme, "", size=16, bold=True, wrap=True)
        self.sentence = Text(theme, "", ink="muted", wrap=True)
        self.grid = QGridLayout()
        self.grid.setColumnStretch(0, 1)
        self.grid.setVerticalSpacing(6)
        self.lines: list[tuple[Text, Text]] = []
        for row in range(ROWS):
            name = Text(theme, "", ink="muted", elide=True)
            money = Text(theme, "", align=Qt.AlignmentFlag.AlignRight)
            self.grid.addWidget(name, row, 0)
            self.grid.addWidget(money, row, 1)
            self.lines.append((name, money))
        self.head.addWidget(self.state)
        filled = QWidget()
        self.holder = stack(
            filled,
            Empty(theme, "neighbours", self.tr("Choose an interval to see what it was made of.")),
        )
        inner = QGridLayout(filled)
        inner.setContentsMargins(0, 0, 0, 0)
        inner.setVerticalSpacing(UNIT)
        inner.addWidget(self.saved, 0, 0)
        inner.addLayout(self.grid, 1, 0)
        inner.addWidget(self.sentence, 2, 0)
        inner.setRowStretch(3, 1)
        self.body.addWidget(self.holder, 1)

    def set_trade(self, trade: TradeView | None) -> None:
        """Show an interval."""
        switch(self.holder, trade is not None)
        self.state.setVisible(trade is not None)
        if trade is None:
            self.note.set("")
            return
        self.note.set(self._at(trade.interval))
        self.state.set(
            market_words.settled_word(trade), "warning" if trade.is_estimated else "muted"
        )
        self.state.setAccessibleName(self.state.text())
        self._set_saved(trade)
        self._set_lines(trade)
        self.sentence.set(trade.sentence)
        self.sentence.setVisible(bool(trade.sentence))

    def _set_saved(self, trade: TradeView) -> None:
        amount = words.cents(abs(trade.saved_micro))
        if words.cents(trade.saved_micro, signed=True).number[0] not in "+−":
            self.saved.set(self.tr("The same as with the supplier alone"), "text")
        elif trade.saved_micro > 0:
            self.saved.set(self.tr("{0} better than the supplier alone").format(amount), "good")
        else:
            self.saved.set(self.tr("{0} worse than the supplier alone").format(amount), "warning")

    def _set_lines(self, trade: TradeView) -> None:
        rows = [
            *market_words.parts_of(trade),
            market_words.Part(self.tr("Together"), trade.total_micro, ""),
            market_words.Part(self.tr("The supplier alone"), trade.supplier_only_micro, ""),
        ]
        for number, (name, money) in enumerate(self.lines):
            shown = number < len(rows)
            for text in (name, money):
                text.setVisible(shown)
            if not shown:
                continue
            part = rows[number]
            said = str(words.cents(part.micro, signed=True))
            name.set(part.name, "muted" if part.meaning else "text")
            name.setToolTip(part.meaning)
            name.setAccessibleName(f"{part.name}: {said}")
            money.set(said)


class SettledCard(Card):
    """The intervals, newest first, with the day's sum."""

    def __init__(self, theme: Theme, at: At) -> None:
        super().__init__(theme, self.tr("What it came to"))
        self._at = at
        self._chosen: int | None = None
        self.chosen_changed: Callable[[TradeView | None], None] = lambda _: None
        self.day = Text(theme, "", bold=True)
        self.head.addWidget(self.day)
        self.note.set(self.tr("ct, + received, − paid"))
        self.table = Table[TradeView](theme, self.tr("Settled intervals"), self._columns())
        self.table.selectionModel().currentRowChanged.connect(self._choose)
        self.empty = Empty(theme, "neighbours", self.tr("No interval has been settled yet."))
        self.stack = stack(self.table, self.empty)
        self.incomplete = Text(theme, "", size=12, ink="warning", wrap=True)
        self.incomplete.hide()
        self.body.addWidget(self.stack, 1)
        self.body.addWidget(self.incomplete)

    @property
    def chosen(self) -> TradeView | None:
        """The interval whose parts show: the one that was chosen, else the newest."""
        rows = self.table.rows_model.rows
        found = next((trade for trade in rows if trade.interval == self._chosen), None)
        return found or (rows[0] if rows else None)

    def set_trades(self, trades: Sequence[TradeView], incomplete: str) -> None:
        """Show settled intervals."""
        rows = sorted(trades, key=lambda trade: -trade.interval)
        self.table.set_rows(rows)
        switch(self.stack, bool(rows))
        self.incomplete.set(incomplete)
        self.incomplete.setVisible(bool(incomplete))
        self.chosen_changed(self.chosen)

    def set_day(self, day: DayView, currency: str) -> None:
        """Show what the day came to."""
        self.day.set(market_words.day_saved(day, currency))

    def _choose(self, index: QModelIndex) -> None:
        rows = self.table.rows_model.rows
        if index.isValid() and index.row() < len(rows):
            self._chosen = rows[index.row()].interval
            self.chosen_changed(self.chosen)

    def _columns(self) -> tuple[Column[TradeView], ...]:
        def cents(micro: int) -> str:
            return words.cents(micro, signed=True).number

        def tip(trade: TradeView) -> str:
            parts = [market_words.settled_word(trade), words.mark_word(trade.mark)]
            return ", ".join(parts)

        return (
            Column(self.tr("At"), lambda t: self._at(t.interval)),
            Column(self.tr("Traded"), market_words.traded, stretch=True, least=92),
            Column(
                self.tr("Price, ct"),
                lambda t: words.price(t.price_micro or None).number,
                right=True,
                optional=True,
            ),
            Column(
                self.tr("Came to"),
                lambda t: cents(t.total_micro),
                right=True,
                tip=lambda _: self.tr("All parts together: + received, − paid"),
            ),
            Column(
                self.tr("Supplier"),
                lambda t: cents(t.supplier_only_micro),
                right=True,
                tip=lambda _: self.tr("What the supplier alone would have come to"),
            ),
            Column(
                self.tr("Saved"),
                lambda t: cents(t.saved_micro),
                right=True,
                token=lambda t: "warning" if t.saved_micro < 0 else "text",
                tip=lambda t: t.sentence or cents(t.saved_micro),
            ),
            Column(
                "",
                lambda _: "",
                icon=lambda t: (
                    ("clock", "warning")
                    if t.is_estimated
                    else (words.MARK_ICONS[t.mark], words.MARK_TOKENS[t.mark])
                ),
                tip=tip,
            ),
            Column(
                "",
                lambda t: self.tr("estimated") if t.is_estimated else "",
                token=lambda _: "warning",
                tip=tip,
                optional=True,
            ),
        )
