"""What the community has to choose from: neighbours, suppliers' offers, services."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout

from peerwatt.api.community_messages import DealView, OfferView, ServiceView
from peerwatt.api.wallet_messages import ChooseOffer, EndDeal

from ... import words
from ...context import Context
from ...theme import Theme
from ...widgets.base import Button, Card, Text
from ...widgets.states import Empty
from ...widgets.table import Column, Table
from ..base import stack, switch

WHOLE = 10_000
"""Shares are in 1/10000."""


class DealsCard(Card):
    """Standing agreements with chosen neighbours, and what each delivered."""

    sign_asked = Signal(str, object)

    def __init__(self, context: Context) -> None:
        super().__init__(context.theme, self.tr("Chosen neighbours"))
        theme = context.theme
        self._clock = context.bridge.site_clock
        self._currency = "EUR"
        self.title.setToolTip(self.tr("Direct deals, signed by both sides, served first."))
        self.table = Table[DealView](theme, self.tr("Chosen neighbours"), self._columns())
        self.table.selectionModel().currentRowChanged.connect(lambda *_: self._look())
        self.end = Button(theme, self.tr("End this deal…"), "quiet")
        self.end.clicked.connect(self._end)
        self.empty = Empty(theme, "neighbours", "")
        self.holder = stack(self.table, self.empty)
        self.body.addWidget(self.holder, 1)
        row = QHBoxLayout()
        row.addWidget(self.end)
        row.addStretch(1)
        self.body.addLayout(row)
        self.set_deals((), "EUR")

    def set_deals(self, deals: Sequence[DealView] | None, currency: str) -> None:
        """Show deals, those that run first."""
        self._currency = currency
        order = {"running": 0, "coming": 1, "ended": 2}
        rows = sorted(deals or (), key=lambda deal: (order[deal.state], deal.rank, deal.start_s))
        self.table.set_rows(rows)
        switch(self.holder, bool(rows))
        self.empty.set(
            self.tr(
                "Here stand your agreements with neighbours whom you chose: how much, at which "
                "price, and what each delivered. None is known to this house."
            )
            if deals is None
            else self.tr(
                "Choose whom you buy from: a share of a neighbour's surplus or a fixed amount, at "
                "your own price or as a gift. To begin, agree on the terms; both of you then sign "
                "them in the wallet, under “Sign typed data…”."
            )
        )
        self._look()

    def _look(self) -> None:
        deal = self._chosen()
        self.end.setVisible(bool(self.table.rows_model.rows))
        self.end.setEnabled(deal is not None and deal.state != "ended")

    def _chosen(self) -> DealView | None:
        row, rows = self.table.currentIndex().row(), self.table.rows_model.rows
        return rows[row] if 0 <= row < len(rows) else None

    def _end(self) -> None:
        if (deal := self._chosen()) is not None:
            self.sign_asked.emit(self.tr("End a deal"), EndDeal(deal_id=deal.deal_id))

    def _columns(self) -> tuple[Column[DealView], ...]:
        def terms(deal: DealView) -> str:
            if deal.kind == "share":
                share = words.percent(100 * deal.amount / WHOLE)
                amount = self.tr("{0} of surplus").format(share)
            else:
                amount = self.tr("{0} / 15 min").format(words.energy(deal.amount))
            said = self.tr("buy {0}") if deal.role == "buyer" else self.tr("sell {0}")
            return said.format(amount)

        def ink(deal: DealView) -> str:
            return "muted" if deal.state == "ended" else "text"

        def price(deal: DealView) -> str:
            return words.price(deal.price_micro).number if deal.price_micro else self.tr("gift")

        def state(deal: DealView) -> str:
            said = {
                "coming": self.tr("from {0}").format(words.date(deal.start_s, self._clock.zone)),
                "running": self.tr("until {0}").format(words.date(deal.end_s, self._clock.zone)),
                "ended": self.tr("ended"),
            }
            return said[deal.state]

        return (
            Column(
                self.tr("With"),
                lambda d: words.short_hash(d.partner),
                tip=lambda d: d.partner,
            ),
            Column(self.tr("What"), terms, token=ink, stretch=True, least=110),
            Column(self.tr("Price, ct"), price, right=True),
            Column(self.tr("Runs"), state, token=ink, optional=True),
            Column(
                self.tr("Delivered"),
                lambda d: str(words.energy(d.delivered_wh)),
                right=True,
                icon=lambda d: (words.MARK_ICONS[d.mark], words.MARK_TOKENS[d.mark]),
                tip=lambda d: self.tr("{0} today; {1} in all; {2}").format(
                    words.energy(d.delivered_today_wh),
                    words.money(d.paid_micro, self._currency, signed=True),
                    words.mark_word(d.mark),
                ),
            ),
        )


class OffersCard(Card):
    """What suppliers ask and pay; another one can be had from the next period on."""

    sign_asked = Signal(str, object)

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme, self.tr("Suppliers' offers"))
        self._currency = "EUR"
        self.table = Table[OfferView](theme, self.tr("Suppliers' offers"), self._columns())
        self.table.selectionModel().currentRowChanged.connect(lambda *_: self._look())
        self.choose = Button(theme, self.tr("Choose this offer…"), "soft")
        self.choose.clicked.connect(self._choose)
        self.when = Text(theme, self.tr("It counts from the next period on."), size=12, ink="muted")
        self.empty = Empty(theme, "power", "")
        self.holder = stack(self.table, self.empty)
        self.body.addWidget(self.holder, 1)
        row = QHBoxLayout()
        row.addWidget(self.choose)
        row.addWidget(self.when)
        row.addStretch(1)
        self.body.addLayout(row)
        self.set_offers((), "EUR")

    def set_offers(self, offers: Sequence[OfferView] | None, currency: str) -> None:
        """Show offers that can be had, and the own one, cheapest first."""
        self._currency = currency
        shown = [one for one in offers or () if one.is_open or one.is_chosen or one.is_next]
        rows = sorted(shown, key=lambda one: (one.retail_micro, one.monthly_fee_micro))
        self.table.set_rows(rows)
        switch(self.holder, bool(rows))
        self.empty.set(
            self.tr(
                "Here suppliers compete for you. No offer is known to this house; until you "
                "choose one, your tariff stays as it is."
            )
            if offers is None
            else self.tr(
                "Here suppliers compete for you: what a kWh costs, what yours earns, the monthly "
                "fee. None has published an offer yet."
            )
        )
        self._look()

    def _look(self) -> None:
        offer = self._chosen()
        filled = bool(self.table.rows_model.rows)
        self.choose.setVisible(filled)
        self.when.setVisible(filled)
        can = offer is not None and offer.is_open and not offer.is_next
        self.choose.setEnabled(can and offer is not None and not offer.is_chosen)

    def _chosen(self) -> OfferView | None:
        row, rows = self.table.currentIndex().row(), self.table.rows_model.rows
        return rows[row] if 0 <= row < len(rows) else None

    def _choose(self) -> None:
        if (offer := self._chosen()) is not None:
            self.sign_asked.emit(self.tr("Choose a supplier"), ChooseOffer(offer=offer.offer))

    def _columns(self) -> tuple[Column[OfferView], ...]:
        def state(offer: OfferView) -> str:
            if offer.is_next:
                return self.tr("from the next period on")
            if offer.is_chosen:
                return self.tr("yours")
            return self.tr("open")

        return (
            Column(
                self.tr("Supplier"),
                lambda o: o.name or words.short_hash(o.supplier),
                tip=lambda o: o.supplier,
                stretch=True,
                least=90,
            ),
            Column(self.tr("Asks, ct"), lambda o: words.price(o.retail_micro).number, right=True),
            Column(self.tr("Pays, ct"), lambda o: words.price(o.feed_in_micro).number, right=True),
            Column(
                self.tr("A month"),
                lambda o: str(words.money(o.monthly_fee_micro, self._currency)),
                right=True,
            ),
            Column(
                "",
                state,
                icon=lambda o: (words.MARK_ICONS[o.mark], words.MARK_TOKENS[o.mark]),
                token=lambda o: "good" if o.is_chosen else "muted",
                tip=lambda o: f"{state(o)}, {words.mark_word(o.mark)}",
            ),
        )


class ServicesCard(Card):
    """What the community shares and is paid by use."""

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme, self.tr("Shared by the community"))
        self._currency = "EUR"
        self.table = Table[ServiceView](theme, self.tr("Shared by the community"), self._columns())
        self.empty = Empty(
            theme,
            "charger",
            self.tr(
                "Charging points, a shared battery: what the community adds shows here with its "
                "price, and is paid with the same credits."
            ),
        )
        self.holder = stack(self.table, self.empty)
        self.body.addWidget(self.holder, 1)

    def set_services(self, services: Sequence[ServiceView] | None, currency: str) -> None:
        """Show services."""
        self._currency = currency
        rows = sorted(services or (), key=lambda one: (not one.is_open, one.name))
        self.table.set_rows(rows)
        switch(self.holder, bool(rows))

    def _columns(self) -> tuple[Column[ServiceView], ...]:
        return (
            Column(
                self.tr("What"),
                lambda s: s.name,
                icon=lambda s: (words.MARK_ICONS[s.mark], words.MARK_TOKENS[s.mark]),
                token=lambda s: "text" if s.is_open else "muted",
                tip=lambda s: f"{s.name}, {s.provider}, {words.mark_word(s.mark)}",
                stretch=True,
                least=80,
            ),
            Column(
                self.tr("Price"),
                lambda s: str(words.money(s.price_micro, self._currency)),
                right=True,
            ),
            Column(self.tr("For"), lambda s: s.unit, token=lambda _: "muted"),
            Column(
                "",
                lambda s: self.tr("open") if s.is_open else self.tr("closed"),
                token=lambda _: "muted",
                optional=True,
            ),
        )
