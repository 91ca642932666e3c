"""My orders: a list, and the chosen one as a curve with its reason and its result."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QModelIndex

from peerwatt.api.market_messages import OrderView

from ... import market_words, words
from ...plots.order import OrderCurve
from ...theme import Theme
from ...widgets.base import Card, Text
from ...widgets.states import Empty
from ...widgets.table import Column, Table
from ..base import stack, switch

At = Callable[[int], str]
"""Interval -> when it begins, in words."""


class OwnOrderCard(Card):
    """One order: for when, how much at which price, how far it reaches, why, what came of it."""

    def __init__(self, theme: Theme, at: At) -> None:
        super().__init__(theme, self.tr("My order"))
        self._at = at
        self.curve = OrderCurve(theme)
        self.steps = Text(theme, "", size=12, ink="muted", wrap=True)
        self.why = Text(theme, "", wrap=True)
        self.result = Text(theme, "", bold=True, wrap=True)
        self.empty = Empty(
            theme,
            "market",
            self.tr("Your next order shows here, as a curve: how much at which price, and why."),
        )
        self.stack = stack(self.curve, self.empty)
        self.body.addWidget(self.stack, 1)
        for text in (self.result, self.steps, self.why):
            self.body.addWidget(text)

    def set_order(self, order: OrderView | None, feed_in_micro: int, retail_micro: int) -> None:
        """Show an order, or that there is none."""
        self.curve.set_order(order, feed_in_micro, retail_micro)
        switch(self.stack, order is not None)
        if order is None:
            said = ("", "", "", "")
        else:
            when = self.tr("for {0}, {1}").format(
                self._at(order.interval), market_words.order_state(order)
            )
            steps = "\n".join(
                market_words.step_sentence(step) for step in market_words.steps_of(order)
            )
            said = (when, steps, order.reason, market_words.result_sentence(order))
        self.note.set(said[0])
        for text, sentence in zip((self.steps, self.why, self.result), said[1:], strict=True):
            text.set(sentence)
            text.setVisible(bool(sentence))


class OrdersCard(Card):
    """All orders, newest first; the keyboard or a click chooses the one that is drawn."""

    def __init__(self, theme: Theme, at: At) -> None:
        super().__init__(theme, self.tr("My orders"))
        self._at = at
        self._chosen: int | None = None
        self.chosen_changed: Callable[[OrderView | None], None] = lambda _: None
        self.table = Table[OrderView](theme, self.tr("My orders"), self._columns())
        self.table.selectionModel().currentRowChanged.connect(self._choose)
        self.empty = Empty(
            theme, "market", self.tr("No order yet: the house places them on its own.")
        )
        self.stack = stack(self.table, self.empty)
        self.body.addWidget(self.stack, 1)

    @property
    def chosen(self) -> OrderView | None:
        """The order that is drawn: the one that was chosen, else the newest."""
        rows = self.table.rows_model.rows
        found = next((order for order in rows if order.interval == self._chosen), None)
        return found or (rows[0] if rows else None)

    def set_orders(self, orders: Sequence[OrderView]) -> None:
        """Show orders."""
        rows = sorted(orders, key=lambda order: -order.interval)
        self.table.set_rows(rows)
        switch(self.stack, bool(rows))
        self.chosen_changed(self.chosen)

    def _choose(self, index: QModelIndex) -> None:
        rows = self.table.rows_model.rows
        if index.isValid() and index.row() < len(rows):
            self._chosen = rows[index.row()].interval
            self.chosen_changed(self.chosen)

    def _columns(self) -> tuple[Column[OrderView], ...]:
        buy, sell = self.tr("buy"), self.tr("sell")

        def filled(order: OrderView) -> str:
            if order.filled_wh is None:
                return market_words.order_state(order)
            if order.filled_wh == 0:
                return self.tr("nothing")
            return self.tr("{0} at {1} ct").format(
                words.energy(order.filled_wh), words.price(order.price_micro).number
            )

        return (
            Column(self.tr("For"), lambda o: self._at(o.interval)),
            Column(self.tr("What"), lambda o: buy if o.side == "buy" else sell),
            Column(
                self.tr("Amount"),
                lambda o: str(words.energy(o.quantity_wh)),
                right=True,
                optional=True,
            ),
            Column(
                self.tr("Limit, ct"),
                lambda o: words.price(o.limit_micro).number,
                right=True,
                optional=True,
            ),
            Column(
                self.tr("Result"),
                filled,
                icon=lambda o: (words.MARK_ICONS[o.mark], words.MARK_TOKENS[o.mark]),
                token=lambda o: "fault" if o.state == "refused" else "text",
                tip=lambda o: f"{market_words.order_state(o)}, {words.mark_word(o.mark)}",
            ),
            Column(
                self.tr("Why"),
                lambda o: o.reason,
                token=lambda _: "muted",
                stretch=True,
                least=40,
            ),
        )
