"""A direct deal of the street: a neighbour with sun gives a part of what is left to our house."""

from __future__ import annotations

from peerwatt.chain.bindings.community import Community
from peerwatt.chain.bindings.deals import DealSignature, typed_deal
from peerwatt.model.deals import DealKind, DealTerms
from peerwatt.model.units import INTERVALS_PER_DAY

from .account import StreetAccount
from .schedule import SERVE_AFTER_S, Due, after_end_s

DAYS = 90
SHARE = 2_500
"""Of what the seller has left, 1/10000."""
NEED_SHARE = 5_000
PRICE_MICRO = 120_000
"""Per kWh; between what the supplier pays and what it asks."""


async def sign_deal(
    contracts: Community, seller: StreetAccount, buyer: StreetAccount, first_interval: int
) -> None:
    """Let both sign the deal, and the seller carry it to the chain."""
    deals = contracts.deals
    if deals is None:
        return
    end = first_interval + DAYS * INTERVALS_PER_DAY
    terms = DealTerms(
        seller.address,
        buyer.address,
        DealKind.SHARE,
        SHARE,
        NEED_SHARE,
        PRICE_MICRO,
        first_interval,
        end,
    )
    typed = typed_deal(deals.address, seller.chain_id, terms)
    signed = [DealSignature(*one.sign_typed(typed)) for one in (seller, buyer)]
    await seller.send(deals.address, deals.sign(terms, *signed))


class DealServer:
    """Serves a seller's deals after each interval, while its readings may still come."""

    def __init__(
        self, account: StreetAccount, contracts: Community, seller: str, first_interval: int
    ) -> None:
        self._account = account
        self._deals = contracts.deals
        self._seller = seller
        self._due = Due(first_interval, after_end_s(SERVE_AFTER_S))

    async def step(self, now_s: float) -> None:
        """Serve what is due; an interval whose readings are late comes with the next."""
        due = self._due.take(now_s)
        if due and self._deals is not None:
            data = self._deals.serve(self._seller, INTERVALS_PER_DAY)
            await self._account.send(self._deals.address, data)
