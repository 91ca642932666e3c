"""A neighbour: reads its own meter over its socket and trades by the same agent as everyone."""

from __future__ import annotations

import logging

from peerwatt.chain.bindings.community import Community
from peerwatt.market.agent import TradeTerms, TradingAgent
from peerwatt.model.market import MarketRules, Side
from peerwatt.model.plan import Plan, PlanStep
from peerwatt.model.ports import DeviceAway, DeviceFault, Driver
from peerwatt.model.readings import MeterReading

from .community import Household
from .schedule import ORDERS_BEFORE_S, Due

log = logging.getLogger(__name__)


class Neighbour:
    """Persistence is its forecast: the next interval will be like the one just measured."""

    def __init__(
        self,
        household: Household,
        contracts: Community,
        rules: MarketRules,
        meter: Driver,
        terms: TradeTerms,
        first_interval: int,
    ) -> None:
        self.household = household
        self.orders = 0
        self._contracts = contracts
        self._meter = meter
        self._agent = TradingAgent(rules, household.tariff, terms)
        self._due = Due(first_interval, -ORDERS_BEFORE_S)
        self._registers: tuple[int, int] | None = None

    async def step(self, now_s: float) -> None:
        """Place the order that is due, if any."""
        for interval in self._due.take(now_s):
            net_wh = await self._measured_net_wh()
            if net_wh is not None:
                await self._trade(interval, net_wh, now_s)

    async def look(self) -> None:
        """Take a first look at the meter."""
        await self._measured_net_wh()

    async def _measured_net_wh(self) -> int | None:
        """Return net import (import - export) since the last look, Wh; ``None`` when not known."""
        try:
            readings = await self._meter.poll()
        except (DeviceAway, DeviceFault) as fault:
            log.info("%s: %s", self.household.owner.address, fault)
            return None
        found = [r for r in readings if isinstance(r, MeterReading)]
        if not found or found[0].import_wh is None:
            return None
        # A register that never counted reads as "not accumulated": nothing was exported.
        now = (found[0].import_wh, found[0].export_wh or 0)
        before, self._registers = self._registers, now
        if before is None:
            return None
        return (now[0] - before[0]) - (now[1] - before[1])

    async def _trade(self, interval: int, net_wh: int, now_s: float) -> None:
        tariff = self.household.tariff
        price = tariff.retail_micro_per_kwh if net_wh > 0 else tariff.feed_in_micro_per_kwh
        step = PlanStep(interval, 0, 0, 0, 0, net_wh, None, price, "as the last interval")
        decision = self._agent.decide(interval, Plan(now_s, (step,)), None, now_s)
        if decision.order is None:
            return
        market = self._contracts.market
        if await self.household.owner.send(market.address, market.place([decision.order])):
            self.orders += 1
            side = "buys" if decision.order.side is Side.BUY else "sells"
            log.debug("%s %s: %s", self.household.owner.address, side, decision.reason)

    async def close(self) -> None:
        """Close the connection to the meter."""
        await self._meter.close()


def neighbour_terms(index: int) -> TradeTerms:
    """Return the habits of a neighbour: how much it wants to gain before it trades."""
    margins = (12_000, 35_000, 60_000, 22_000, 48_000, 8_000, 70_000)
    return TradeTerms(margin_micro_per_kwh=margins[index % len(margins)], min_order_wh=10)
