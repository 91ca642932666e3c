"""Decides what order the house places for an interval, and says why in one sentence.

The limit price is what the energy is worth to the house otherwise (the plan's marginal value
without neighbours: tariff, battery, later need), less a margin, and always between feed-in and
retail, so no trade can be worse than the supplier alone.
"""

from __future__ import annotations

from dataclasses import dataclass

from peerwatt.model.market import MarketRules, Order, Side, Tariff
from peerwatt.model.plan import IntervalForecast, Plan, PlanStep
from peerwatt.model.units import interval_start_s

MAX_ORDER_WH = 1_000_000
"""The contract's cap of one order."""


@dataclass(frozen=True, slots=True)
class TradeTerms:
    """The owner's limits and those the contract holds the agent's key to."""

    enabled: bool = True
    min_order_wh: int = 20
    margin_micro_per_kwh: int = 5_000
    """Least gain against the alternative that makes a trade worth its while."""
    min_price_micro: int = 0
    max_price_micro: int = 2**32 - 1
    """Price band of the agent's key."""
    budget_micro: int | None = None
    """What the key may still escrow today; ``None`` where it is not limited."""
    sales_wh: int | None = None
    """What the key may still offer for sale today; ``None`` where it is not limited."""


@dataclass(frozen=True, slots=True)
class TradeDecision:
    """An order, or none; always with the reason."""

    order: Order | None
    reason: str


@dataclass(frozen=True, slots=True)
class TradingAgent:
    """Pure: the same inputs give the same order."""

    rules: MarketRules
    tariff: Tariff
    terms: TradeTerms = TradeTerms()

    def decide(
        self,
        interval: int,
        plan: Plan | None,
        forecast: IntervalForecast | None,
        now_s: float,
    ) -> TradeDecision:
        """Return the order for ``interval``, or none, with a sentence why."""
        if not self.terms.enabled:
            return TradeDecision(None, "Trading is paused.")
        if now_s >= gate_closes_s(self.rules, interval):
            return TradeDecision(None, "The gate of this interval has closed.")
        step = None if plan is None else plan.step(interval)
        if step is None:
            return TradeDecision(None, "There is no plan for this interval yet.")
        quantity = abs(step.grid_wh)
        if quantity < self.terms.min_order_wh:
            return TradeDecision(None, f"The house will be in balance within {quantity} Wh.")
        quantity = min(quantity, MAX_ORDER_WH)
        unsure = f" (give or take {forecast.sigma_wh} Wh)" if forecast is not None else ""
        if step.grid_wh > 0:
            return self._buy(interval, quantity, step, unsure)
        return self._sell(interval, quantity, step, unsure)

    def _buy(self, interval: int, quantity: int, step: PlanStep, unsure: str) -> TradeDecision:
        value = min(_value(step), self.tariff.retail_micro_per_kwh)
        limit = min(value - self.terms.margin_micro_per_kwh, self.terms.max_price_micro)
        tick = self._tick(Side.BUY, limit)
        if tick is None:
            return TradeDecision(
                None, f"Energy is worth only {_ct(value)} here: buying would gain nothing."
            )
        price = self.rules.ladder.price_micro(tick)
        budget = self.terms.budget_micro
        if budget is not None and quantity * price > budget * 1000:
            quantity = max(budget * 1000 // price, 0)
            if quantity < self.terms.min_order_wh:
                return TradeDecision(None, "The agent's limit for today is used up.")
        reason = (
            f"The house will lack {quantity} Wh{unsure}, worth {_ct(value)} a kWh otherwise: "
            f"buy at up to {_ct(price)}."
        )
        return TradeDecision(Order(interval, Side.BUY, tick, quantity), reason)

    def _sell(self, interval: int, quantity: int, step: PlanStep, unsure: str) -> TradeDecision:
        value = max(_value(step), self.tariff.feed_in_micro_per_kwh)
        limit = max(value + self.terms.margin_micro_per_kwh, self.terms.min_price_micro)
        tick = self._tick(Side.SELL, limit)
        if tick is None:
            return TradeDecision(
                None, f"The surplus is worth {_ct(value)} a kWh here: selling would gain nothing."
            )
        if self.terms.sales_wh is not None and quantity > self.terms.sales_wh:
            quantity = self.terms.sales_wh
            if quantity < self.terms.min_order_wh:
                return TradeDecision(None, "The agent's sales for today are used up.")
        price = self.rules.ladder.price_micro(tick)
        reason = (
            f"The house will have {quantity} Wh to spare{unsure}, worth {_ct(value)} a kWh "
            f"otherwise: sell from {_ct(price)}."
        )
        return TradeDecision(Order(interval, Side.SELL, tick, quantity), reason)

    def _tick(self, side: Side, limit_micro: int) -> int | None:
        """Return the tick nearest to a limit on its safe side; ``None`` when none is allowed."""
        ladder = self.rules.ladder
        if side is Side.BUY:
            tick = ladder.tick_at_or_below(limit_micro)
            safe = ladder.price_micro(tick) <= limit_micro
        else:
            tick = ladder.tick_at_or_above(limit_micro)
            safe = ladder.price_micro(tick) >= limit_micro
        price = ladder.price_micro(tick)
        low = max(self.tariff.feed_in_micro_per_kwh, self.terms.min_price_micro)
        high = min(self.tariff.retail_micro_per_kwh, self.terms.max_price_micro)
        return tick if safe and low <= price <= high else None


def gate_closes_s(rules: MarketRules, interval: int) -> int:
    """Return the Unix second from which an interval takes no more orders."""
    return interval_start_s(interval) - rules.gate_closure_s


def _value(step: PlanStep) -> int:
    value = step.value_micro_per_kwh
    return step.price_micro_per_kwh if value is None else value


def _ct(micro: int) -> str:
    return f"{micro / 10_000:.1f} ct"
