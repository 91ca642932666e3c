"""What an interval cost, beside what the supplier alone would have charged for it.

Integers only, with the contract's rounding: who pays rounds up, who receives rounds down.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import astuple, dataclass

from peerwatt.model.market import SettledInterval, Tariff
from peerwatt.model.units import cost_down_micro, cost_up_micro


@dataclass(frozen=True, slots=True)
class Bill:
    """Cost of one or many intervals, micro-units; + is paid, - is earned."""

    intervals: int = 0
    import_wh: int = 0
    export_wh: int = 0
    bought_wh: int = 0
    sold_wh: int = 0
    paid_micro: int = 0
    """To neighbours, for energy bought."""
    received_micro: int = 0
    """From neighbours, for energy sold."""
    bill_micro: int = 0
    supplier_only_micro: int = 0
    charge_micro: int = 0
    """Use of system for what neighbours delivered; + paid."""
    accuracy_micro: int = 0
    """Penalties (+) less rewards (-) for keeping to what was traded."""
    other_micro: int = 0
    """Direct deals and mid-market rate, against the tariff; + paid."""

    @property
    def saved_micro(self) -> int:
        """What trading saved against the supplier alone."""
        return self.supplier_only_micro - self.bill_micro

    @property
    def mean_trade_price_micro(self) -> int | None:
        """Mean price of all energy traded, micro per kWh; ``None`` without trades."""
        energy = self.bought_wh + self.sold_wh
        if energy == 0:
            return None
        return (self.paid_micro + self.received_micro) * 1000 // energy

    def plus(self, other: Bill) -> Bill:
        """Return the sum of two bills."""
        own, others = astuple(self), astuple(other)
        return Bill(*(mine + theirs for mine, theirs in zip(own, others, strict=True)))


def supplier_only_micro(import_wh: int, export_wh: int, tariff: Tariff) -> int:
    """Return the cost of metered energy at the supplier's tariff alone, micro-units.

    Both registers at their own price, as a supplier reads them: import rounded up, export down.
    """
    return cost_up_micro(import_wh, tariff.retail_micro_per_kwh) - cost_down_micro(
        export_wh, tariff.feed_in_micro_per_kwh
    )


def supplier_micro(deviation_wh: int, tariff: Tariff) -> int:
    """Return what a member receives (+) or pays (-) for metered - traded energy.

    The rule of the settlement contract: retail rounded up, feed-in rounded down.
    """
    if deviation_wh > 0:
        return -cost_up_micro(deviation_wh, tariff.retail_micro_per_kwh)
    return cost_down_micro(-deviation_wh, tariff.feed_in_micro_per_kwh)


def interval_bill(settled: SettledInterval, tariff: Tariff) -> Bill:
    """Return the bill of one settled interval."""
    return Bill(
        intervals=1,
        import_wh=settled.import_wh,
        export_wh=settled.export_wh,
        bought_wh=settled.bought_wh,
        sold_wh=settled.sold_wh,
        paid_micro=max(-settled.trade_micro, 0),
        received_micro=max(settled.trade_micro, 0),
        bill_micro=-settled.total_micro,
        supplier_only_micro=supplier_only_micro(settled.import_wh, settled.export_wh, tariff),
        charge_micro=-settled.charge_micro,
        accuracy_micro=-settled.accuracy_micro,
        other_micro=-settled.deal_micro - settled.mid_market_micro,
    )


def day_bill(settled: Iterable[SettledInterval], tariff: Tariff) -> Bill:
    """Return the sum over intervals."""
    total = Bill()
    for interval in settled:
        total = total.plus(interval_bill(interval, tariff))
    return total
