"""Community: the supplier, where energy came from, whom one chose, what there is to choose."""

from __future__ import annotations

from PySide6.QtCore import Signal

from peerwatt.api.community_messages import CommunityView
from peerwatt.api.market_messages import MarketView
from peerwatt.api.proof_messages import EscrowProof

from ...context import Context
from ...widgets.proof_menu import offer_proof
from ..base import Page, across
from .lists import DealsCard, OffersCard, ServicesCard
from .mix import CertificatesCard, MixCard
from .supply import SupplyCard


class CommunityPage(Page):
    """What belongs to the community rather than to one interval."""

    deposit_asked = Signal()
    sign_asked = Signal(str, object)
    """A title, and the WalletIntent that the owner is to sign."""

    def __init__(self, context: Context) -> None:
        super().__init__(context, "community", self.tr("Community"))
        theme, bridge = context.theme, context.bridge
        self._market = MarketView()
        self._community = CommunityView()
        self._currency = "EUR"
        self.supply = SupplyCard(context)
        self.mix = MixCard(context)
        self.deals = DealsCard(context)
        self.certificates = CertificatesCard(context)
        self.offers = OffersCard(theme)
        self.services = ServicesCard(theme)
        for large in (self.supply, self.mix):
            large.setMinimumHeight(370)
        for card in (self.deals, self.certificates, self.offers, self.services):
            card.setMinimumHeight(250)
        self.column.addLayout(across(7, self.mix, 5, self.supply), 5)
        self.column.addLayout(across(7, self.deals, 5, self.certificates), 4)
        self.column.addLayout(across(7, self.offers, 5, self.services), 4)
        self.supply.deposit_asked.connect(self.deposit_asked)
        self.deals.sign_asked.connect(self.sign_asked)
        self.offers.sign_asked.connect(self.sign_asked)
        offer_proof(self.supply.mark, bridge, lambda: [EscrowProof()])
        bridge.market.connect(self.set_market)
        bridge.community.connect(self.set_community)
        bridge.wallet.connect(self._wallet)
        bridge.clock.connect(lambda _: self._show_supply())
        self._show()

    def set_market(self, market: MarketView) -> None:
        """Show the account with the market and the standing with the supplier."""
        self._market = market
        self._show_supply()
        self._say()

    def set_community(self, community: CommunityView) -> None:
        """Show what the engine knows of the community."""
        self._community = community
        self._show()
        self._say()

    def _wallet(self, wallet: object) -> None:
        currency = getattr(wallet, "currency", self._currency)
        if currency != self._currency:
            self._currency = currency
            self._show()
            self._show_supply()

    def _show_supply(self) -> None:
        self.supply.set_market(self._market, self._currency, self.now_s)

    def _show(self) -> None:
        community = self._community
        self.mix.set_community(community)
        self.certificates.set_certificates(community.certificates)
        self.deals.set_deals(community.deals, self._currency)
        self.offers.set_offers(community.offers, self._currency)
        self.services.set_services(community.services, self._currency)

    def _say(self) -> None:
        keeping = self._market.keeping
        said = self._community.sentence or keeping.sentence
        self.sentence.set(said)
