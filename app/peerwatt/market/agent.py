"""Decides what order the house places for an interval, and says why in one sentence.

What the energy is worth otherwise (:mod:`.worth`) becomes a curve within the owner's limits
(:mod:`.strategy`), learnt prices shade it (:mod:`.learning`), and the chain's fee may speak against
it (:mod:`.fees`). Limits lie between feed-in and retail, so no trade is worse than the supplier.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from peerwatt.model.market import Clearing, MarketRules, Order, Side, Tariff
from peerwatt.model.plan import BatteryState, IntervalForecast, Plan, PlanStep
from peerwatt.model.units import interval_start_s

from .fees import FeeQuote
from .ladder import step_share
from .learning import BookOutlook
from .record import TradeRecord
from .strategy import Bid, TradeTerms, bids
from .worth import NORMAL, Alternatives, Kind, Part, forecast_parts, shiftable_parts

__all__ = ["TradeDecision", "TradeTerms", "TradingAgent", "gate_closes_s"]

NO_OUTLOOK: Mapping[int, BookOutlook] = {}
OWN_TERMS = TradeTerms()
WEAR_MICRO_PER_KWH = 30_000
"""Wear of a kWh drawn from the battery where the caller does not say."""


@dataclass(frozen=True, slots=True)
class TradeDecision:
    """An order, or none; always with the reason."""

    order: Order | None
    reason: str
    gain_micro: float = 0.0
    """What the order may be expected to gain, before fees."""


@dataclass(frozen=True, slots=True)
class TradingAgent:
    """Pure: the same inputs give the same order."""

    rules: MarketRules
    tariff: Tariff
    terms: TradeTerms = OWN_TERMS

    def decide(
        self,
        interval: int,
        plan: Plan | None,
        forecast: IntervalForecast | None,
        now_s: float,
        *,
        market: Mapping[int, BookOutlook] = NO_OUTLOOK,
        battery: BatteryState | None = None,
        wear_micro: int = WEAR_MICRO_PER_KWH,
        record: TradeRecord | None = None,
        fee: FeeQuote | None = None,
    ) -> TradeDecision:
        """Return the order for ``interval``, or none, with a sentence why.

        ``market`` holds what is expected of each reach's book, ``battery`` allows orders beyond
        the plan, ``record`` tells how far such forecasts held, ``fee`` is that of sending this
        order alone (batches: :func:`.fees.weigh`).
        """
        if not self.terms.enabled:
            return TradeDecision(None, "Trading is paused.")
        if now_s >= gate_closes_s(self.rules, interval):
            return TradeDecision(None, "The gate of this interval has closed.")
        step = None if plan is None else plan.step(interval)
        if plan is None or step is None:
            return TradeDecision(None, "There is no plan for this interval yet.")
        sigma_wh = 0 if forecast is None else forecast.sigma_wh
        other = Alternatives.of(step, self.tariff, self.terms.broken_micro_per_kwh)
        side = Side.BUY if step.grid_wh > 0 else Side.SELL
        chances = NORMAL if record is None else record.chances(side, interval)
        parts = forecast_parts(step.grid_wh, sigma_wh, other, chances)
        if battery is not None:
            parts += shiftable_parts(plan, interval, battery, wear_micro)
        terms = self.terms if record is None else self._within(record.stake_micro(interval))
        made = bids(parts, self.rules, self.tariff, terms, market)
        if not made:
            return TradeDecision(None, self._why_none(step, parts, sigma_wh))
        gain = sum(bid.gain_micro for bid in made)
        if fee is not None and gain <= fee.cost_micro(1):
            return TradeDecision(None, _fee_sentence(gain, fee), gain)
        order = Order(interval, tuple(bid.step for bid in made))
        return TradeDecision(order, _sentence(step, made, sigma_wh), gain)

    def learn(
        self,
        record: TradeRecord,
        step: PlanStep,
        forecast: IntervalForecast | None,
        metered_wh: int,
        clearings: Mapping[int, Clearing],
    ) -> TradeRecord:
        """Return the record after an interval was metered (net import) and cleared (by reach).

        It looks at the orders that full trust in the forecast would have placed.
        """
        sigma_wh = 0 if forecast is None else forecast.sigma_wh
        parts = forecast_parts(step.grid_wh, sigma_wh, Alternatives.of(step, self.tariff))
        bold = replace(self.terms, budget_micro=None, sales_wh=None, risk_micro=None, shade_pct=0)
        filled = {Kind.CERTAIN: 0, Kind.UNCERTAIN: 0}
        for bid in bids(parts, self.rules, self.tariff, bold, NO_OUTLOOK):
            clearing = clearings.get(bid.step.reach)
            if clearing is not None:
                filled[bid.part.kind] += step_share(bid.step, clearing)
        side = Side.BUY if step.grid_wh > 0 else Side.SELL
        certain, rest = filled[Kind.CERTAIN], filled[Kind.UNCERTAIN]
        return record.after(step.interval, side, certain, rest, metered_wh)

    def _within(self, stake_micro: int) -> TradeTerms:
        """Return the terms, with no more at risk than a stake."""
        risk = self.terms.risk_micro
        return replace(
            self.terms, risk_micro=stake_micro if risk is None else min(risk, stake_micro)
        )

    def _why_none(self, step: PlanStep, parts: tuple[Part, ...], sigma_wh: int) -> str:
        least = self.terms.min_order_wh
        if abs(step.grid_wh) < least and all(p.quantity_wh < least for p in parts):
            return f"The house will be in balance within {abs(step.grid_wh)} Wh."
        large = [part for part in parts if part.quantity_wh >= least]
        if not large:
            return (
                f"The forecast is unsure by {sigma_wh} Wh: too little is certain enough to trade."
            )
        part = large[0]
        buys = part.side is Side.BUY
        if self._limits_bind(part):
            used = "limit" if buys else "sales"
            return f"The agent's {used} for today {'is' if buys else 'are'} used up."
        if buys:
            return f"Energy is worth only {_ct(part.value_micro)} here: buying would gain nothing."
        worth = _ct(part.value_micro)
        return f"The surplus is worth {worth} a kWh here: selling would gain nothing."

    def _limits_bind(self, part: Part) -> bool:
        """Whether without the day's limits there would be an order."""
        free = replace(self.terms, budget_micro=None, sales_wh=None, risk_micro=None)
        return bool(bids((part,), self.rules, self.tariff, free, NO_OUTLOOK))


def gate_closes_s(rules: MarketRules, interval: int) -> int:
    """Return the Unix second from which an interval takes no more orders."""
    return interval_start_s(interval) - rules.gate_closure_s


def _sentence(step: PlanStep, made: tuple[Bid, ...], sigma_wh: int) -> str:
    """Say what is expected, what it is worth otherwise and what is therefore asked for."""
    unsure = f" (give or take {sigma_wh} Wh)" if sigma_wh else ""
    size = abs(step.grid_wh)
    first = made[0]
    if first.part.kind is Kind.SHIFTABLE:
        why = "The battery could shift more than planned"
    elif step.grid_wh > 0:
        why = f"The house will lack {size} Wh{unsure}"
    else:
        why = f"The house will have {size} Wh to spare{unsure}"
    wishes = " and ".join(_wish(bid, first) for bid in made)
    learnt = max((bid.shaded_by for bid in made), default=0)
    seen = f", as the last {learnt} auctions of this hour suggest" if learnt else ""
    return f"{why}, worth {_ct(first.part.value_micro)} a kWh otherwise: {wishes}{seen}."


def _wish(bid: Bid, first: Bid) -> str:
    verb, at = ("buy", "at up to") if bid.step.side is Side.BUY else ("sell", "from")
    more = " more" if bid is not first and bid.step.side is first.step.side else ""
    through = " through the battery" if bid.part.kind is Kind.SHIFTABLE else ""
    doubt = " if need be" if bid.part.kind is Kind.UNCERTAIN and bid is not first else ""
    where = "" if bid.step.reach == 0 else " beyond the own zone"
    return (
        f"{verb} {bid.step.quantity_wh} Wh{more}{through}{doubt}{where} {at} {_ct(bid.price_micro)}"
    )


def _fee_sentence(gain: float, fee: FeeQuote) -> str:
    cost = fee.cost_micro(1)
    return f"Stays out: the fee of {_ct(cost)} is more than the {_ct(gain)} a trade would gain."


def _ct(micro: float) -> str:
    return f"{micro / 10_000:.1f} ct"
