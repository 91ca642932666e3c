"""Market: who wants and who offers, at which price, and what that meant for this house."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QButtonGroup

from peerwatt.api.market_messages import LadderView, MarketView
from peerwatt.api.messages import DayView, PauseMarket
from peerwatt.api.proof_messages import (
    BookProof,
    ClearingProof,
    OrderProof,
    ProofOf,
    SettledProof,
)
from peerwatt.api.wallet_messages import NoFuss
from peerwatt.model.units import interval_start_s

from ... import market_words, words
from ...context import Context
from ...plots.market import LadderPlot, PricePlot
from ...widgets.base import Button, Card, Figure, Text
from ...widgets.choice import ChoiceButton
from ...widgets.marks import MarkLine
from ...widgets.proof_menu import offer_proof, offer_row_proofs
from ...widgets.states import Banner, Empty
from ...widgets.switch import Switch
from ..base import Page, across, stack, switch
from .own import OrdersCard, OwnOrderCard
from .settled import PartsCard, SettledCard


class MarketPage(Page):
    """The book as curves, the price so far, my orders, my trades."""

    deposit_asked = Signal()
    sign_asked = Signal(str, object)
    """A title, and the WalletIntent that the owner is to sign."""

    def __init__(self, context: Context) -> None:
        super().__init__(context, "market", self.tr("Market"))
        bridge = context.bridge
        self._market = MarketView()
        self._day: DayView | None = None
        self._currency = "EUR"
        self._reach = 0
        self._head()
        self._ladder_card()
        self._price_card()
        theme = context.theme
        self.own = OwnOrderCard(theme, self._at)
        self.orders_card = OrdersCard(theme, self._at)
        self.orders = self.orders_card.table
        self.orders_card.chosen_changed = self._show_order
        self.settled = SettledCard(theme, self._at)
        self.trades = self.settled.table
        self.parts = PartsCard(theme, self._at)
        self.settled.chosen_changed = self.parts.set_trade
        self._lay_out()
        self._offer_proofs()
        bridge.market.connect(self.set_market)
        bridge.clock.connect(lambda _: self._say())
        bridge.wallet.connect(self._wallet)
        bridge.day.connect(self._set_day)

    # --- the parts ------------------------------------------------------------------------------

    def _head(self) -> None:
        theme = self.theme
        self.no_fuss = Switch(theme, self.tr("No fuss"))
        self.no_fuss.setToolTip(
            self.tr(
                "Where the market is thin, share the middle price with other such members "
                "(the mid-market rate) instead of being left with the supplier."
            )
        )
        self.no_fuss.setAccessibleDescription(self.no_fuss.toolTip())
        self.no_fuss.asked.connect(self._ask_no_fuss)
        self.no_fuss.hide()
        self.pause = Button(theme, self.tr("Pause trading"), "soft", "pause")
        self.pause.clicked.connect(self._toggle)
        self.headline.addWidget(self.no_fuss)
        self.headline.addWidget(self.pause)
        self.low = Banner(theme)
        self.low.button.clicked.connect(self.deposit_asked)

    def _ladder_card(self) -> None:
        theme = self.theme
        self.ladder_card = Card(theme, self.tr("Who wants, who offers"))
        self.reaches: list[ChoiceButton] = []
        self._group = QButtonGroup(self)
        for reach, word in enumerate((self.tr("Your zone"), self.tr("Wider"), self.tr("Widest"))):
            button = ChoiceButton(theme, word)
            button.setChecked(reach == 0)
            button.hide()
            button.clicked.connect(lambda _=False, reach=reach: self._choose_reach(reach))
            self._group.addButton(button)
            self.reaches.append(button)
            self.ladder_card.head.addWidget(button)
        self.ladder = LadderPlot(theme)
        self.limit = Text(theme, "", size=12, wrap=True)
        self.limit.hide()
        self.ladder_mark = MarkLine(theme)
        self.ladder_empty = Empty(theme, "market", self.tr("No orders yet for the next interval."))
        self.ladder_stack = stack(self.ladder, self.ladder_empty)
        self.ladder_card.body.addWidget(self.ladder_stack, 1)
        self.ladder_card.body.addWidget(self.limit)
        self.ladder_card.body.addWidget(self.ladder_mark)

    def _price_card(self) -> None:
        theme = self.theme
        self.price_card = Card(theme, self.tr("Neighbours' price"))
        self.price_card.title.setToolTip(
            self.tr("The uniform clearing price of the last interval: everybody pays the same.")
        )
        self.price = Figure(theme, self.tr("Neighbours' price"), 44)
        self.price_note = Text(theme, "", size=12, ink="muted", elide=True)
        self.history = PricePlot(theme, self.bridge.site_clock)
        self.history_empty = Empty(theme, "clock", self.tr("No interval has been cleared yet."))
        self.history_stack = stack(self.history, self.history_empty)
        self.price_card.body.addWidget(self.price)
        self.price_card.body.addWidget(self.price_note)
        self.price_card.body.addWidget(self.history_stack, 1)

    def _lay_out(self) -> None:
        for card in (self.ladder_card, self.price_card):
            card.setMinimumHeight(390)
        for card in (self.own, self.orders_card):
            card.setMinimumHeight(340)
        for card in (self.settled, self.parts):
            card.setMinimumHeight(390)
        self.column.addWidget(self.low)
        self.column.addLayout(across(7, self.ladder_card, 5, self.price_card), 5)
        self.column.addLayout(across(7, self.orders_card, 5, self.own), 4)
        self.column.addLayout(across(7, self.settled, 5, self.parts), 4)

    def _offer_proofs(self) -> None:
        """Let everything proven on this page be saved with its proof."""
        bridge = self.bridge

        def book() -> list[ProofOf]:
            ladder = self._shown(self._market)
            return [BookProof(interval=ladder.interval, reach=ladder.reach)] if ladder else []

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
        self.orders_card.set_orders(market.orders)
        self.settled.set_trades(market.trades, market.incomplete)
        self._show_account(market)
        if market.paused:
            self.pause.show_as(self.tr("Resume trading"), "play")
        else:
            self.pause.show_as(self.tr("Pause trading"), "pause")
        self._say()

    def _wallet(self, wallet: object) -> None:
        self._currency = getattr(wallet, "currency", self._currency)
        if self._day is not None:
            self.settled.set_day(self._day, self._currency)

    def _set_day(self, day: DayView) -> None:
        self._day = day
        self.settled.set_day(day, self._currency)

    def _show_order(self, order: object) -> None:
        market = self._market
        chosen = self.orders_card.chosen
        self.own.set_order(chosen, market.feed_in_micro, market.retail_micro)

    def _show_account(self, market: MarketView) -> None:
        account = market.account
        self.no_fuss.setVisible(account is not None)
        self.no_fuss.setChecked(account is not None and account.no_fuss)
        if account is not None and account.is_low:
            said = account.sentence or self.tr("Your account with the market runs low.")
            self.low.say(said, self.tr("Deposit"), glyph="plus")
        else:
            self.low.hide()

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
        wider = max((ladder.reach for ladder in market.wider), default=0)
        for reach, button in enumerate(self.reaches):
            button.setVisible(reach <= wider and wider > 0)
        if self._reach > wider:
            self._reach = 0
            self.reaches[0].setChecked(True)
        ladder = self._shown(market)
        self.ladder.set_ladder(ladder, market.feed_in_micro, market.retail_micro)
        filled = ladder is not None and bool(ladder.levels)
        switch(self.ladder_stack, filled)
        self.ladder_mark.setVisible(ladder is not None and filled)
        self.ladder_card.note.set(
            self.tr("ct/kWh upwards, kWh to the right") if filled and not wider else ""
        )
        limit, binds = market_words.limit_sentence(ladder)
        self.limit.set(limit, "warning" if binds else "muted")
        self.limit.setVisible(bool(limit))
        if ladder is None:
            return
        where = [self.tr("for {0}").format(self._at(ladder.interval)), words.mark_word(ladder.mark)]
        if ladder.block_number is not None:
            where.append(self.tr("block {0}").format(words.grouped(ladder.block_number)))
        self.ladder_mark.set(ladder.mark, ", ".join(where))

    def _shown(self, market: MarketView) -> LadderView | None:
        """Return the book that fills first: the open one, else the last that cleared."""
        if self._reach:
            books = [one for one in market.wider if one.reach == self._reach]
        else:
            books = [one for one in (market.ladder, market.last_cleared) if one is not None]
        for ladder in books:
            if any(lv.demand_wh or lv.supply_wh for lv in ladder.levels):
                return ladder
        return books[0] if books else None

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

    # --- what is asked for ----------------------------------------------------------------------

    def _choose_reach(self, reach: int) -> None:
        self._reach = reach
        self._show_ladder(self._market)

    def _ask_no_fuss(self, wanted: bool) -> None:
        title = self.tr("Take the middle price") if wanted else self.tr("Give up the middle price")
        self.sign_asked.emit(title, NoFuss(no_fuss=wanted))

    def _toggle(self) -> None:
        self.bridge.send(PauseMarket(paused=not self._market.paused))

    def _at(self, interval: int) -> str:
        clock = self.bridge.site_clock
        return words.day_and_clock(interval_start_s(interval), clock.zone, clock.now_s())
