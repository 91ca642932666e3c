"""Where a home's energy came from, hour by hour: own sun, neighbours, deals, the supplier.

The certificates' rule of the contract Certificates, pure and in integers, and the report that is
made of it. Energy in Wh; netting is per interval, as settlement does it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class IntervalFacts:
    """One finally settled interval."""

    import_wh: int
    export_wh: int
    produced_wh: int
    """By the production meter; 0 without one."""
    rest_wh: int
    """What was left to the supplier: + it delivered, - it took."""
    deal_in_wh: int = 0
    """Bought by direct deals, a part of what the supplier did not deliver."""

    def without_production(self) -> IntervalFacts:
        """Return the same interval of a home without a production meter."""
        return replace(self, produced_wh=0)


@dataclass(frozen=True, slots=True)
class HourFacts:
    """An hour as its certificates see it."""

    produced_wh: int = 0
    own_wh: int = 0
    """Produced and not exported: burned by the home itself."""
    shared_wh: int = 0
    """Green export that the community bought."""
    local_wh: int = 0
    """Bought in the community and used."""
    deal_in_wh: int = 0
    """Of it, by direct deals."""
    import_wh: int = 0
    export_wh: int = 0
    """Both net of each interval."""


def hour_facts(intervals: Iterable[IntervalFacts]) -> HourFacts:
    """Sum the intervals of an hour."""
    total = HourFacts()
    for facts in intervals:
        net_import = max(facts.import_wh - facts.export_wh, 0)
        net_export = max(facts.export_wh - facts.import_wh, 0)
        green = min(facts.produced_wh, net_export)
        sold = net_export - min(max(-facts.rest_wh, 0), net_export)
        local = net_import - min(max(facts.rest_wh, 0), net_import)
        total = HourFacts(
            produced_wh=total.produced_wh + facts.produced_wh,
            own_wh=total.own_wh + facts.produced_wh - green,
            shared_wh=total.shared_wh + min(green, sold),
            local_wh=total.local_wh + local,
            deal_in_wh=total.deal_in_wh + min(facts.deal_in_wh, local),
            import_wh=total.import_wh + net_import,
            export_wh=total.export_wh + net_export,
        )
    return total


def part_wh(local_wh: int, shared_wh: int, wanted_wh: int) -> int:
    """Return a buyer's green part: all it bought, or pro rata where less was green (rounded down).

    ``shared_wh`` and ``wanted_wh`` are the hour's pool: all that sellers shared, all that buyers
    bought and used.
    """
    return local_wh if shared_wh >= wanted_wh else local_wh * shared_wh // wanted_wh


@dataclass(frozen=True, slots=True)
class Mix:
    """Where the energy of an hour, or of a longer time, came from; sums to ``consumed_wh``."""

    own_wh: int = 0
    neighbours_green_wh: int = 0
    neighbours_other_wh: int = 0
    """From neighbours without a certificate: out of batteries, or of unmetered production."""
    deals_wh: int = 0
    supplier_wh: int = 0

    @property
    def consumed_wh(self) -> int:
        """All of it."""
        local = self.neighbours_green_wh + self.neighbours_other_wh + self.deals_wh
        return self.own_wh + local + self.supplier_wh

    def share_pct(self, part_wh: int) -> float:
        """Return a part of the whole, percent; 0 where nothing was consumed."""
        return 100.0 * part_wh / self.consumed_wh if self.consumed_wh else 0.0

    def __add__(self, other: Mix) -> Mix:
        return Mix(
            self.own_wh + other.own_wh,
            self.neighbours_green_wh + other.neighbours_green_wh,
            self.neighbours_other_wh + other.neighbours_other_wh,
            self.deals_wh + other.deals_wh,
            self.supplier_wh + other.supplier_wh,
        )


def hour_mix(facts: HourFacts, pool_shared_wh: int, pool_wanted_wh: int) -> Mix:
    """Return the mix of one hour, given the hour's pool.

    A deal's energy stands by itself; of the rest the pool says how much was green.
    """
    by_market = facts.local_wh - facts.deal_in_wh
    green = part_wh(by_market, pool_shared_wh, pool_wanted_wh)
    return Mix(
        own_wh=facts.own_wh,
        neighbours_green_wh=green,
        neighbours_other_wh=by_market - green,
        deals_wh=facts.deal_in_wh,
        supplier_wh=facts.import_wh - facts.local_wh,
    )


@dataclass(frozen=True, slots=True)
class MixReport:
    """A time's mix, with its hours."""

    hours: Mapping[int, Mix]
    """Hour (Unix seconds // 3600) -> its mix."""
    total: Mix

    def lines(self) -> Sequence[str]:
        """Return the report in sentences, largest part first."""
        parts = {
            "own sun": self.total.own_wh,
            "neighbours' green energy": self.total.neighbours_green_wh,
            "other energy of neighbours": self.total.neighbours_other_wh,
            "direct deals": self.total.deals_wh,
            "the supplier": self.total.supplier_wh,
        }
        ordered = sorted(parts.items(), key=lambda part: (-part[1], part[0]))
        return [
            f"{self.total.share_pct(energy_wh):.0f} % ({energy_wh / 1000:.1f} kWh) from {name}"
            for name, energy_wh in ordered
            if energy_wh
        ]


def report(hours: Mapping[int, Mix]) -> MixReport:
    """Sum hours into a report."""
    return MixReport(dict(sorted(hours.items())), sum(hours.values(), Mix()))
