"""Messages about the community: where energy came from, certificates, deals, offers, services."""

from __future__ import annotations

from typing import Literal

from .base import Message, TrustMark


class MixView(Message):
    """Where the energy of one hour or one day came from, Wh; the parts sum to what was used."""

    start_s: int
    own_wh: int = 0
    """Own sun, used at once or through the battery."""
    neighbours_green_wh: int = 0
    """From neighbours, with certificates."""
    neighbours_other_wh: int = 0
    """From neighbours, without a certificate (out of batteries, or not metered)."""
    deals_wh: int = 0
    """From neighbours that were chosen by direct deals."""
    supplier_wh: int = 0
    mark: TrustMark = TrustMark.PENDING


class CertificatesView(Message):
    """Certificates of origin, 1 for each Wh of metered green production."""

    issued_wh: int = 0
    """For what this house produced."""
    used_wh: int = 0
    """Burned for what this house used, own and bought."""
    passed_on_wh: int = 0
    """Of this house's, those that went with energy to somebody else."""
    since_s: int | None = None
    has_production_meter: bool = True
    """Whether a production meter is known to the community; without one nothing is issued."""
    mark: TrustMark = TrustMark.PENDING


class DealView(Message):
    """One standing agreement with a chosen neighbour."""

    deal_id: str
    role: Literal["seller", "buyer"]
    """What this house is in it."""
    partner: str
    """Address of the other one."""
    kind: Literal["share", "per interval"]
    amount: int
    """1/10000 of the seller's surplus, or Wh in each interval."""
    need_share: int = 10_000
    """1/10000 of the buyer's need that it may cover."""
    price_micro: int
    """Per kWh; 0 is a gift."""
    start_s: int
    end_s: int
    rank: int = 0
    state: Literal["coming", "running", "ended"]
    delivered_wh: int = 0
    """Since it began, as far as it is known here."""
    delivered_today_wh: int = 0
    paid_micro: int = 0
    """For all of it: + received, - paid."""
    mark: TrustMark = TrustMark.PENDING


class OfferView(Message):
    """What a supplier asks and pays."""

    offer: int
    supplier: str
    """Its address."""
    name: str = ""
    retail_micro: int
    feed_in_micro: int
    monthly_fee_micro: int
    warn_below_micro: int = 0
    is_open: bool = True
    """Whether it can be chosen."""
    is_chosen: bool = False
    is_next: bool = False
    """Whether it counts from the next period on."""
    mark: TrustMark = TrustMark.PENDING


class ServiceView(Message):
    """Something of the community that is paid by use, such as a charging point."""

    service: int
    name: str
    unit: str
    price_micro: int
    """For one unit."""
    provider: str
    is_open: bool = True
    mark: TrustMark = TrustMark.PENDING


class CommunityView(Message):
    """The community as our house sees it; ``None`` stands for a contract that it does not have."""

    hours: tuple[MixView, ...] = ()
    """Hours of the last days that are finally settled, oldest first."""
    days: tuple[MixView, ...] = ()
    """The same by local day."""
    certificates: CertificatesView | None = None
    deals: tuple[DealView, ...] | None = None
    offers: tuple[OfferView, ...] | None = None
    services: tuple[ServiceView, ...] | None = None
    sentence: str = ""
    """What is to be known of all this, mostly empty."""
