"""The community's section: where energy came from, certificates, deals, offers, services."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from zoneinfo import ZoneInfo

from peerwatt.api.base import TrustMark
from peerwatt.api.community_messages import (
    CertificatesView,
    CommunityView,
    DealView,
    MixView,
    OfferView,
    ServiceView,
)
from peerwatt.chain.status import ChainStatus
from peerwatt.engine.community_facts import CommunityRead, Delivery
from peerwatt.engine.picture import ChainPicture
from peerwatt.market.mix import IntervalFacts, Mix, hour_facts, hour_mix
from peerwatt.model.deals import DealKind, DealTerms
from peerwatt.model.market import SettledInterval
from peerwatt.model.units import interval_at, interval_start_s

from .chain_value import chain_value

HOUR_S = 3600
HOURS_SHOWN = 48
DAY_HOURS = 24
NOT_READ = "The community's contracts are not read yet."
UNCERTIFIED = (0, 1)
"""A pool out of which nothing is green."""


@dataclass(frozen=True, slots=True)
class CommunityState:
    """What the community's section is made of."""

    now_s: float
    zone: ZoneInfo
    owner: str
    facts: CommunityRead | None = None
    settled: Mapping[int, SettledInterval] | None = None
    picture: ChainPicture | None = None
    status: ChainStatus | None = None
    no_chain: str = ""
    """What is said where the site has no chain."""


def community_view(state: CommunityState) -> CommunityView:
    """Return the community's section."""
    facts = state.facts
    if facts is None:
        return CommunityView(sentence=state.no_chain or NOT_READ)
    mark = chain_value(0, state.picture, state.status).mark
    hours = [_hour_view(hour, facts, state.settled or {}, mark) for hour in _hours(facts)]
    return CommunityView(
        hours=tuple(hours[-HOURS_SHOWN:]),
        days=_days(hours, state.zone, mark),
        certificates=_certificates(facts, mark),
        deals=_deals(facts, state, mark),
        offers=_offers(facts, state.picture, mark),
        services=_services(facts, mark),
        sentence=_sentence(facts),
    )


def _sentence(facts: CommunityRead) -> str:
    absent = [
        name
        for name, found in (
            ("suppliers' offers", facts.offers),
            ("services", facts.services),
            ("direct deals", facts.deals),
            ("certificates", facts.certificates),
        )
        if found is None
    ]
    said = [f"This community has no contract for {', '.join(absent)}."] if absent else []
    return " ".join([*said, *facts.left_out])


# -- the mix ---------------------------------------------------------------------------------


def _hours(facts: CommunityRead) -> list[int]:
    return sorted({interval // 4 for interval in facts.rests})


def _hour_view(
    hour: int, facts: CommunityRead, settled: Mapping[int, SettledInterval], mark: TrustMark
) -> MixView:
    """Return an hour's mix; one of which a part is missing or may change is pending."""
    intervals = [i for i in range(4 * hour, 4 * hour + 4) if i in facts.rests and i in settled]
    summed = hour_facts(_interval_facts(i, facts, settled[i]) for i in intervals)
    record, pool = (facts.certificates or {}).get(hour, (None, None))
    certified = record is not None and record.is_claimed and pool is not None
    shares = (pool.shared_wh, pool.wanted_wh) if certified and pool else UNCERTIFIED
    mix = hour_mix(summed, *shares)
    awaits = facts.certificates is not None and not certified and summed.local_wh > 0
    whole = len(intervals) == 4 and not any(_is_open(i, facts, settled[i]) for i in intervals)
    return _mix_view(hour * HOUR_S, mix, mark if whole and not awaits else _pending(mark))


def _interval_facts(interval: int, facts: CommunityRead, settled: SettledInterval) -> IntervalFacts:
    served = [one for one in facts.deliveries if one.interval == interval]
    net_wh = settled.import_wh - settled.export_wh
    deals_wh = sum(one.quantity_wh for one in served) if net_wh > 0 else 0
    return IntervalFacts(
        settled.import_wh,
        settled.export_wh,
        facts.produced.get(interval, 0),
        facts.rests[interval],
        deals_wh,
    )


def _is_open(interval: int, facts: CommunityRead, settled: SettledInterval) -> bool:
    unmeasured = interval not in facts.produced
    return settled.is_estimated or unmeasured or interval in facts.undelivered


def _pending(mark: TrustMark) -> TrustMark:
    return TrustMark.PENDING if mark is TrustMark.VERIFIED else mark


def _mix_view(start_s: int, mix: Mix, mark: TrustMark) -> MixView:
    return MixView(
        start_s=start_s,
        own_wh=mix.own_wh,
        neighbours_green_wh=mix.neighbours_green_wh,
        neighbours_other_wh=mix.neighbours_other_wh,
        deals_wh=mix.deals_wh,
        supplier_wh=mix.supplier_wh,
        mark=mark,
    )


def _days(hours: list[MixView], zone: ZoneInfo, mark: TrustMark) -> tuple[MixView, ...]:
    """Sum hours by local day; a day is as good as its worst hour."""
    by_day: dict[int, list[MixView]] = {}
    for view in hours:
        local = datetime.fromtimestamp(view.start_s, zone)
        midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
        by_day.setdefault(int(midnight.timestamp()), []).append(view)
    days = []
    for start_s, views in sorted(by_day.items()):
        total = sum((_mix(view) for view in views), Mix())
        whole = all(view.mark is mark for view in views)
        days.append(_mix_view(start_s, total, mark if whole else _pending(mark)))
    return tuple(days)


def _mix(view: MixView) -> Mix:
    return Mix(
        view.own_wh,
        view.neighbours_green_wh,
        view.neighbours_other_wh,
        view.deals_wh,
        view.supplier_wh,
    )


# -- certificates, offers, services ----------------------------------------------------------


def _certificates(facts: CommunityRead, mark: TrustMark) -> CertificatesView | None:
    """Return the sums of the last day's hours that were issued."""
    if facts.certificates is None:
        return None
    hours = sorted(facts.certificates)[-DAY_HOURS:]
    issued = {h: one for h in hours if (one := facts.certificates[h][0]) is not None}
    return CertificatesView(
        issued_wh=sum(one.produced_wh for one in issued.values()),
        used_wh=sum(one.own_wh + one.claimed_wh for one in issued.values()),
        passed_on_wh=sum(one.shared_wh for one in issued.values()),
        since_s=min(issued) * HOUR_S if issued else None,
        has_production_meter=facts.has_production_meter,
        mark=mark,
    )


def _offers(
    facts: CommunityRead, picture: ChainPicture | None, mark: TrustMark
) -> tuple[OfferView, ...] | None:
    if facts.offers is None:
        return None
    standing = picture.supply if picture else None
    chosen = standing.subscription.offer if standing else 0
    following = standing.subscription.next_offer if standing else 0
    return tuple(
        OfferView(
            offer=one.number,
            supplier=one.supplier,
            retail_micro=one.retail_micro_per_kwh,
            feed_in_micro=one.feed_in_micro_per_kwh,
            monthly_fee_micro=one.monthly_fee_micro,
            warn_below_micro=one.warn_below_micro,
            is_open=is_open,
            is_chosen=one.number == chosen,
            is_next=one.number == following,
            mark=mark,
        )
        for one, is_open in facts.offers
    )


def _services(facts: CommunityRead, mark: TrustMark) -> tuple[ServiceView, ...] | None:
    if facts.services is None:
        return None
    return tuple(
        ServiceView(
            service=one.service_id,
            name=one.name,
            unit=one.unit,
            price_micro=one.price_micro,
            provider=one.provider,
            is_open=one.is_open,
            mark=mark,
        )
        for one in facts.services
    )


# -- deals -----------------------------------------------------------------------------------


def _deals(
    facts: CommunityRead, state: CommunityState, mark: TrustMark
) -> tuple[DealView, ...] | None:
    if facts.deals is None:
        return None
    return tuple(
        _deal_view(deal_id, terms, facts, state, mark) for deal_id, terms in facts.deals.items()
    )


def _deal_view(
    deal_id: str, terms: DealTerms, facts: CommunityRead, state: CommunityState, mark: TrustMark
) -> DealView:
    sells = terms.seller.lower() == state.owner.lower()
    served = [one for one in facts.deliveries if _is_of(one, terms)]
    local = datetime.fromtimestamp(state.now_s, state.zone)
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    today = interval_at(midnight.timestamp())
    role: Literal["seller", "buyer"] = "seller" if sells else "buyer"
    paid = sum(_cost_micro(one) + (0 if sells else one.charge_micro) for one in served)
    return DealView(
        deal_id=deal_id,
        role=role,
        partner=terms.buyer if sells else terms.seller,
        kind="share" if terms.kind is DealKind.SHARE else "per interval",
        amount=terms.amount,
        need_share=terms.need_share,
        price_micro=terms.price_micro,
        start_s=interval_start_s(terms.start),
        end_s=interval_start_s(terms.end),
        rank=terms.rank,
        state=_state_of(terms, state.now_s),
        delivered_wh=sum(one.quantity_wh for one in served),
        delivered_today_wh=sum(one.quantity_wh for one in served if one.interval >= today),
        paid_micro=paid if sells else -paid,
        mark=mark,
    )


def _is_of(one: Delivery, terms: DealTerms) -> bool:
    """Whether an event tells of a deal: it names no identity, but both sides and the price."""
    same = one.seller.lower() == terms.seller.lower() and one.buyer.lower() == terms.buyer.lower()
    return same and one.price_micro == terms.price_micro and terms.start <= one.interval < terms.end


def _cost_micro(one: Delivery) -> int:
    return -(-one.quantity_wh * one.price_micro // 1000)


def _state_of(terms: DealTerms, now_s: float) -> Literal["coming", "running", "ended"]:
    now = interval_at(now_s)
    if now < terms.start:
        return "coming"
    return "running" if now < terms.end else "ended"
