"""Market: who wants and who offers, at which price, and what that meant for this house."""

from __future__ import annotations

from peerwatt.api.messages import LadderView, MarketView, OrderView, PauseMarket, TradeView
from peerwatt.api.proof_messages import (
    BookProof,
    ClearingProof,
    OrderProof,
    ProofOf,
    SettledProof,
)
from peerwatt.model.units import interval_start_s

from .. import words
from ..context import Context
from ..plots.market import LadderPlot, PricePlot
from ..widgets.base import Button, Card, Figure, Text
from ..widgets.marks import MarkLine
from ..widgets.proof_menu import offer_proof, offer_row_proofs
from ..widgets.states import Empty
from ..widgets.table import Column, Table
from .base import Page, across, stack, switch


class MarketPage(Page):
    """The book as curves, the price so far, my orders, my trades."""

    def __init__(self, context: Context) -> None:
        super().__init__(context, "market", self.tr("Market"))
        theme, bridge = context.theme, context.bridge
        self._market = MarketView()
        self._currency = "EUR"
        self.pause = Button(theme, self.tr("Pause trading"), "soft", "pause")
        self.pause.clicked.connect(self._toggle)
        self.headline.addWidget(self.pause)
        self.ladder_card = Card(theme, self.tr("Who wants, who offers"))
        self.ladder = LadderPlot(theme)
        self.ladder_mark = MarkLine(theme)
        self.ladder_empty = Empty(theme, "market", self.tr("No orders yet for the next interval."))
        self.ladder_stack = stack(self.ladder, self.ladder_empty)
        self.ladder_card.body.addWidget(self.ladder_stack, 1)
        self.ladder_card.body.addWidget(self.ladder_mark)
        self.price_card = Card(theme, self.tr("Neighbours' price"))
        self.price_card.title.setToolTip(
            self.tr("The uniform clearing price of the last interval: everybody pays the same.")
        )
        self.price = Figure(theme, self.tr("Neighbours' price"), 44)
        self.price_note = Text(theme, "", size=12, ink="muted", elide=True)
        self.history = PricePlot(theme, bridge.site_clock)
        self.history_empty = Empty(theme, "clock", self.tr("No interval has been cleared yet."))
        self.history_stack = stack(self.history, self.history_empty)
        self.price_card.body.addWidget(self.price)
        self.price_card.body.addWidget(self.price_note)
        self.price_card.body.addWidget(self.history_stack, 1)
        self.orders = Table[OrderView](theme, self.tr("My orders"), self._order_columns())
        self.orders_empty = Empty(
            theme, "market", self.tr("No order yet: the house places them on its own.")
        )
        self.orders_card = Card(theme, self.tr("My orders"))
        self.orders_stack = stack(self.orders, self.orders_empty)
        self.orders_card.body.addWidget(self.orders_stack, 1)
        self.trades = Table[TradeView](theme, self.tr("My trades"), self._trade_columns())
        self.trades_empty = Empty(theme, "neighbours", self.tr("No interval has been settled yet."))
        self.trades_card = Card(theme, self.tr("My trades"))
        self.trades_stack = stack(self.trades, self.trades_empty)
        self.trades_card.body.addWidget(self.trades_stack, 1)
        for card in (self.ladder_card, self.price_card):
            card.setMinimumHeight(330)
        for card in (self.orders_card, self.trades_card):
            card.setMinimumHeight(240)
        self.column.addLayout(across(7, self.ladder_card, 5, self.price_card), 5)
        self.column.addLayout(across(7, self.orders_card, 5, self.trades_card), 4)
        self._offer_proofs()
        bridge.market.connect(self.set_market)
        bridge.clock.connect(lambda _: self._say())
        bridge.wallet.connect(self._wallet)

    def _offer_proofs(self) -> None:
        """Let everything proven on this page be saved with its proof."""
        bridge = self.bridge

        def book() -> list[ProofOf]:
            ladder = self._shown(self._market)
            return [BookProof(interval=ladder.interval)] if ladder else []

        offer_proof(self.ladder_mark, bridge, book)
        offer_row_proofs(
            self.orders,
            bridge,
            lambda o: [OrderProof(interval=o.interval), ClearingProof(interval=o.interval)],
            lambda o: o.mark,
        )
        offer_row_proofs(
            self.trades, bridge, lambda t: [SettledProof(interval=t.interval)], lambda t: t.mark
        )

    # --- what is shown --------------------------------------------------------------------------

    def set_market(self, market: MarketView) -> None:
        """Show the market as the engine sees it."""
        self._market = market
        self._show_ladder(market)
        self._show_price(market)
        newest_first = sorted(market.orders, key=lambda order: -order.interval)
        self.orders.set_rows(newest_first)
        switch(self.orders_stack, bool(newest_first))
        trades = sorted(market.trades, key=lambda trade: -trade.interval)
        self.trades.set_rows(trades)
        switch(self.trades_stack, bool(trades))
        if market.paused:
            self.pause.show_as(self.tr("Resume trading"), "play")
        else:
            self.pause.show_as(self.tr("Pause trading"), "pause")
        self._say()

    def _wallet(self, wallet: object) -> None:
        self._currency = getattr(wallet, "currency", self._currency)

    def _say(self) -> None:
        market = self._market
        if market.paused:
            self.sentence.set(self.tr("Trading is paused; orders already placed stand."))
        elif market.sentence:
            self.sentence.set(market.sentence)
        elif market.open_interval is not None:
            closes_s = interval_start_s(market.open_interval) - market.gate_closure_s
            self.sentence.set(
                self.tr("Orders for {0} are taken for another {1}").format(
                    self._at(market.open_interval), words.countdown(closes_s - self.now_s)
                )
            )
        else:
            self.sentence.set("")

    def _show_ladder(self, market: MarketView) -> None:
        ladder = self._shown(market)
        self.ladder.set_ladder(ladder, market.feed_in_micro, market.retail_micro)
        filled = ladder is not None and bool(ladder.levels)
        switch(self.ladder_stack, filled)
        self.ladder_mark.setVisible(ladder is not None and filled)
        self.ladder_card.note.set(self.tr("ct/kWh upwards, kWh to the right") if filled else "")
        if ladder is None:
            return
        where = [self.tr("for {0}").format(self._at(ladder.interval)), words.mark_word(ladder.mark)]
        if ladder.block_number is not None:
            where.append(self.tr("block {0}").format(words.grouped(ladder.block_number)))
        self.ladder_mark.set(ladder.mark, ", ".join(where))

    @staticmethod
    def _shown(market: MarketView) -> LadderView | None:
        """Return the book that fills first: the open one, else the last that cleared."""
        for ladder in (market.ladder, market.last_cleared):
            if ladder is not None and any(lv.demand_wh or lv.supply_wh for lv in ladder.levels):
                return ladder
        return market.ladder or market.last_cleared

    def _show_price(self, market: MarketView) -> None:
        last = market.last_cleared
        micro = last.clearing_price_micro if last else None
        if micro is None and market.price_history:
            micro = market.price_history[-1][1]
        self.price.set(words.price(micro))
        self.price_note.set(
            self.tr("supplier asks {0}, pays {1}").format(
                words.price(market.retail_micro), words.price(market.feed_in_micro)
            )
            if market.retail_micro
            else ""
        )
        self.history.set_history(market.price_history, market.feed_in_micro, market.retail_micro)
        switch(self.history_stack, bool(market.price_history))

    # --- columns --------------------------------------------------------------------------------

    def _order_columns(self) -> tuple[Column[OrderView], ...]:
        buy, sell = self.tr("buy"), self.tr("sell")
        states = {
            "intended": self.tr("being prepared"),
            "sent": self.tr("sent"),
            "placed": self.tr("placed"),
            "refused": self.tr("refused"),
            "expired": self.tr("too late"),
            "cleared": self.tr("cleared"),
            "settled": self.tr("settled"),
        }

        def filled(order: OrderView) -> str:
            if order.filled_wh is None:
                return states[order.state]
            return self.tr("{0} at {1} ct").format(
                words.energy(order.filled_wh), words.price(order.price_micro).number
            )

        return (
            Column(self.tr("For"), lambda o: self._at(o.interval)),
            Column(self.tr("What"), lambda o: buy if o.side == "buy" else sell),
            Column(self.tr("Amount"), lambda o: str(words.energy(o.quantity_wh)), right=True),
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
                tip=lambda o: f"{states[o.state]}, {words.mark_word(o.mark)}",
            ),
            Column(
                self.tr("Why"),
                lambda o: o.reason,
                token=lambda _: "muted",
                stretch=True,
                least=170,
            ),
        )

    def _trade_columns(self) -> tuple[Column[TradeView], ...]:
        def saved(trade: TradeView) -> str:
            # Signs of the bill: received (+) or paid (-), for both ways of settling.
            gain = trade.trade_micro + trade.supplier_micro - trade.supplier_only_micro
            return words.money(gain, self._currency, signed=True).number

        def traded(trade: TradeView) -> str:
            if trade.sold_wh:
                return self.tr("sold {0}").format(words.energy(trade.sold_wh))
            if trade.bought_wh:
                return self.tr("bought {0}").format(words.energy(trade.bought_wh))
            return self.tr("nothing")

        return (
            Column(self.tr("At"), lambda t: self._at(t.interval)),
            Column(self.tr("Traded"), traded, stretch=True, least=100),
            Column(
                self.tr("Price, ct"),
                lambda t: words.price(t.price_micro or None).number,
                right=True,
            ),
            Column(
                self.tr("Money"),
                lambda t: words.money(t.trade_micro, self._currency, signed=True).number,
                right=True,
            ),
            Column(self.tr("Better by"), saved, right=True, optional=True),
            Column(
                "",
                lambda _: "",
                icon=lambda t: (words.MARK_ICONS[t.mark], words.MARK_TOKENS[t.mark]),
                tip=lambda t: words.mark_word(t.mark),
            ),
        )

    def _at(self, interval: int) -> str:
        clock = self.bridge.site_clock
        return words.day_and_clock(interval_start_s(interval), clock.zone, clock.now_s())

    def _toggle(self) -> None:
        self.bridge.send(PauseMarket(paused=not self._market.paused))
