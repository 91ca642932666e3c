"""Audits one interval: recomputes it from readings, order and clearing, beside the supplier alone.

The first figure that differs is named with what was expected. Where the house came off worse than
with its supplier alone, the reason is named with its share of the difference.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from peerwatt.model.market import Clearing, MarketRules, Order, SettledInterval, Tariff

from .ladder import Fill, fill
from .settlement_view import supplier_micro, supplier_only_micro

ROUNDING_MICRO = 5
"""Most that rounding can cost: two purchases, two charges and the rest, each rounded up once."""


@dataclass(frozen=True, slots=True)
class IntervalAudit:
    """One interval beside the supplier alone; money in micro-units, + is paid."""

    settled: SettledInterval
    actual_micro: int
    supplier_only_micro: int
    fault: str | None
    """What does not hold; ``None`` where everything does."""
    worse: str | None
    """Why it cost more than the supplier alone; ``None`` where it did not."""

    @property
    def saved_micro(self) -> int:
        """What trading saved (+) or cost (-) against the supplier alone."""
        return self.supplier_only_micro - self.actual_micro


def audit_interval(
    settled: SettledInterval,
    order: Order | None,
    clearings: Mapping[int, Clearing],
    rules: MarketRules,
    tariff: Tariff,
) -> IntervalAudit:
    """Return the audit of one interval; ``clearings`` holds the results of the books by reach."""
    only = supplier_only_micro(settled.import_wh, settled.export_wh, tariff)
    return IntervalAudit(
        settled,
        -settled.total_micro,
        only,
        first_difference(settled, order, clearings, rules, tariff),
        why_worse(settled, tariff),
    )


def first_difference(
    settled: SettledInterval,
    order: Order | None,
    clearings: Mapping[int, Clearing],
    rules: MarketRules,
    tariff: Tariff,
) -> str | None:
    """Return the first figure of a settled interval that does not follow, or ``None``.

    What deals changed of the supplier's part counts as the deals', not as the supplier's.
    """
    traded = Fill() if order is None else fill(order, clearings, rules)
    net_wh = settled.import_wh - settled.export_wh
    rest_wh = net_wh - (settled.bought_wh - settled.sold_wh)
    figures = (
        ("bought", "Wh", settled.bought_wh, traded.bought_wh),
        ("sold", "Wh", settled.sold_wh, traded.sold_wh),
        ("trade", "micro", settled.trade_micro, traded.trade_micro),
        ("charge", "micro", settled.charge_micro, traded.charge_micro),
        ("supplier", "micro", settled.supplier_micro, supplier_micro(rest_wh, tariff)),
    )
    for name, unit, found, expected in figures:
        if found != expected:
            return (
                f"interval {settled.interval}: {name} is {found} {unit}, recomputed {expected} "
                f"{unit}"
            )
    return None


def why_worse(settled: SettledInterval, tariff: Tariff) -> str | None:
    """Return why an interval cost more than the supplier alone, or ``None`` if it did not."""
    excess = -settled.total_micro - supplier_only_micro(
        settled.import_wh, settled.export_wh, tariff
    )
    if excess <= 0:
        return None
    parts: list[str] = []
    left = excess
    for amount, words in (
        (-settled.accuracy_micro, "penalty for deviating from what was traded"),
        (-settled.deal_micro, "direct deals at their own price"),
        (-settled.mid_market_micro, "mid-market rate"),
    ):
        if amount > 0:
            parts.append(f"{amount} {words}")
            left -= amount
    parts += _over_traded(settled, left)
    said = ", ".join(parts) or f"nothing explains {left}"
    return f"interval {settled.interval}: {excess} micro more than with the supplier alone: {said}"


def _over_traded(settled: SettledInterval, left: int) -> list[str]:
    """Explain what is left: rounding, or energy traded that was not used or not there."""
    if left <= 0:
        return []
    if left <= ROUNDING_MICRO:
        return [f"{left} rounding"]
    net_wh = settled.import_wh - settled.export_wh
    too_much_bought = settled.bought_wh - max(net_wh, 0)
    too_much_sold = settled.sold_wh - max(-net_wh, 0)
    if too_much_bought > 0:
        return [f"{left} for {too_much_bought} Wh bought but not used, fed in instead"]
    if too_much_sold > 0:
        return [f"{left} for {too_much_sold} Wh sold but not there, drawn from the supplier"]
    return []
