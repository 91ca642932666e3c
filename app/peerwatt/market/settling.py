"""The whole settlement of an interval in plain Python, the arithmetic of contract Settlement.

Used to recompute bills, by the audit, and as the model that tests hold the contract against.
Energy Wh, money micro-units (+ received, - paid), prices micro-units per kWh.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from peerwatt.model.market import Tariff
from peerwatt.model.units import cost_down_micro, cost_up_micro

from .accuracy import AccuracyRules, Deviation, ZoneSums, accuracy_micro, zone_sums


@dataclass(frozen=True, slots=True)
class SettlingRules:
    """Parameters of the community's settlement."""

    accuracy: AccuracyRules
    thin_wh: int
    """A zone's book that moves less in an interval is thin."""
    mid_micro: int
    """Price at which members who chose "no fuss" share there."""


@dataclass(frozen=True, slots=True)
class Metered:
    """One member's interval as settlement finds it."""

    import_wh: int
    export_wh: int
    bought_wh: int
    sold_wh: int
    tariff: Tariff
    deal_bought_wh: int = 0
    deal_sold_wh: int = 0
    no_fuss: bool = False
    is_late: bool = False
    """Settled after the readings were due, or estimated."""

    @property
    def rest_wh(self) -> int:
        """D: what trade and deals left to the supplier, + short, - long."""
        traded = self.bought_wh - self.sold_wh + self.deal_bought_wh - self.deal_sold_wh
        return self.import_wh - self.export_wh - traded

    def deviation(self, h: int) -> Deviation:
        """What counts for accuracy, with the member's record."""
        return Deviation(self.rest_wh, self.bought_wh + self.sold_wh, h, self.is_late)

    @property
    def shares(self) -> bool:
        """Whether the member is counted where the market is thin."""
        return self.no_fuss and not self.is_late


@dataclass(frozen=True, slots=True)
class Final:
    """What finalising an interval brings a member."""

    accuracy_micro: int = 0
    balance_micro: int = 0
    """Part of sharing that the imbalance account pays (+) or gets (-)."""
    supplier_micro: int = 0
    """Part of sharing that the supplier gives back (+) or takes back (-)."""
    shared_wh: int = 0

    @property
    def mid_market_micro(self) -> int:
        """What sharing brought against the supplier's tariff."""
        return self.balance_micro + self.supplier_micro


def supplier_micro(rest_wh: int, tariff: Tariff) -> int:
    """Return what a member receives (+) or pays (-) for a rest at its supplier's tariff."""
    if rest_wh > 0:
        return -cost_up_micro(rest_wh, tariff.retail_micro_per_kwh)
    return cost_down_micro(-rest_wh, tariff.feed_in_micro_per_kwh)


def may_share(tariff: Tariff, mid_micro: int) -> bool:
    """Whether the mid-market price lies within a member's tariff, so that nobody loses by it."""
    return tariff.feed_in_micro_per_kwh <= mid_micro <= tariff.retail_micro_per_kwh


def thin_sums(members: Mapping[str, Metered], mid_micro: int) -> tuple[int, int]:
    """Return need and surplus, Wh, of a zone's members who chose "no fuss"."""
    rests = [
        one.rest_wh for one in members.values() if one.shares and may_share(one.tariff, mid_micro)
    ]
    return sum(max(rest, 0) for rest in rests), sum(max(-rest, 0) for rest in rests)


def shared_wh(rest_wh: int, need_wh: int, surplus_wh: int) -> int:
    """Return a member's part of what is shared: who takes rounded up, who gives rounded down."""
    both = min(need_wh, surplus_wh)
    if both == 0:
        return 0
    if rest_wh > 0:
        return -(-rest_wh * both // need_wh)
    return -rest_wh * both // surplus_wh


def mid_market(rest_wh: int, shared: int, tariff: Tariff, mid_micro: int) -> tuple[int, int]:
    """Return what sharing brings from the imbalance account and from the supplier."""
    left = rest_wh - shared if rest_wh > 0 else rest_wh + shared
    # The supplier's part is settled anew on what is left of the rest.
    back = supplier_micro(left, tariff) - supplier_micro(rest_wh, tariff)
    if rest_wh > 0:
        return -cost_up_micro(shared, mid_micro), back
    return cost_down_micro(shared, mid_micro), back


def finalise_zone(
    members: Mapping[str, Metered],
    records: Mapping[str, int],
    price_micro: int,
    volume_wh: int,
    rules: SettlingRules,
) -> dict[str, Final]:
    """Finalise one interval of one zone.

    ``members`` are all of the zone, ``records`` their H when they were settled, ``price_micro``
    and ``volume_wh`` the zone's own book (0 where nothing was traded).
    """
    deviations = {name: one.deviation(records[name]) for name, one in members.items()}
    sums: ZoneSums = zone_sums(deviations.values())
    need, surplus = thin_sums(members, rules.mid_micro)
    if volume_wh >= rules.thin_wh:
        need = surplus = 0
    found = {}
    for name, one in members.items():
        accuracy = accuracy_micro(deviations[name], sums, price_micro, rules.accuracy)
        shared = balance = supplier = 0
        if one.shares and may_share(one.tariff, rules.mid_micro):
            shared = shared_wh(one.rest_wh, need, surplus)
        if shared:
            balance, supplier = mid_market(one.rest_wh, shared, one.tariff, rules.mid_micro)
        found[name] = Final(accuracy, balance, supplier, shared)
    return found
