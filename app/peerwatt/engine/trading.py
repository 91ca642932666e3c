"""Places the house's orders: one decision an interval, through the idempotent desk."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass

from peerwatt.config.settings import SiteSettings
from peerwatt.history.facade import History
from peerwatt.history.records import NoticeLevel
from peerwatt.market.agent import TradeDecision, TradeTerms, TradingAgent
from peerwatt.market.desk import OrderDesk
from peerwatt.model.market import Order, OrderIntent, OrderState
from peerwatt.model.plan import IntervalForecast
from peerwatt.model.ports import Clock, PolicyRefusal
from peerwatt.model.units import MICRO, interval_at
from peerwatt.model.verified import ChainFault

from .agent_state import why_no_trade
from .ahead import Batch, batch
from .chain_service import ChainService
from .disk import Disk
from .experience import Experience
from .gas import Gas, GasNow
from .picture import ChainPicture, CommunityFacts
from .planning import Prospect
from .sender import AgentSender

log = logging.getLogger(__name__)
Say = Callable[[NoticeLevel, str, str], None]

SHOWN_INTERVALS = 40
LOW = (
    "Your account with the market has only {:.2f} left for orders and fees: "
    "deposit credits on the wallet page."
)


STANDING = (OrderState.INTENDED, OrderState.SENT, OrderState.PLACED)
"""States of orders that are in the market or on their way."""


@dataclass(slots=True)
class TradingFigures:
    """Counted where it happens."""

    orders: int = 0


class TradingService:
    """Decides once per interval and keeps the desk going; faults of the chain only delay it."""

    def __init__(
        self,
        settings: SiteSettings,
        chain: ChainService,
        sender: AgentSender,
        owner: str,
        history: History,
        disk: Disk,
        clock: Clock,
        say: Say,
        gas: Gas,
    ) -> None:
        self.figures = TradingFigures()
        self.intents: list[OrderIntent] = []
        self.sentence = ""
        self._settings = settings.trading
        self._market = settings.market
        self._wear_micro = settings.battery.wear_micro_per_kwh
        self._experience = Experience(history, disk)
        self._is_low = False
        self._chain = chain
        self._sender = sender
        self._owner = owner
        self._history = history
        self._disk = disk
        self._clock = clock
        self._say = say
        self._gas = gas
        self._refusal = ""
        """Why orders were not signed, told once."""
        self._is_stale = False
        """Whether the plan's grounds have changed since an order was decided."""
        self._desk: OrderDesk | None = None
        self._decided: int | None = None
        self._occasion: object = None
        self._last_block = -1

    async def load(self) -> None:
        """Take up the intents of earlier runs: what was signed keeps its nonce and bytes."""
        pending = await self._disk.run(self._history.outbox.pending, self._owner)
        self._sender.recover(pending)
        await self._reload()
        await self._experience.load()
        await self._gas.load()
        self._decided = max((i.order.interval for i in self.intents), default=None)

    async def step(self, prospect: Prospect | None, paused: bool, occasion: object = None) -> bool:
        """Decide what is due and move pending orders on; return whether anything changed.

        ``occasion`` stands for what the plan was made upon (promises, a car that came or left);
        when it changes, an order whose gate is still open is decided anew.
        """
        if occasion != self._occasion:
            self._is_stale = self._occasion is not None
            self._occasion, self._decided = occasion, None
        facts, picture = self._chain.facts, self._chain.picture
        if facts is None or picture is None:
            self.sentence = "Waiting for the chain to be verified."
            return False
        self._warn_when_low(picture)
        await self._learn(facts, picture)
        decided = False
        if hindrance := why_no_trade(picture):
            # Whatever the key would send now, the contract refuses; what it has placed stands.
            self.sentence, self._decided = hindrance, None
        else:
            decided = await self._decide(facts, picture, prospect, paused)
        moved = await self._move(facts, picture.block_number, decided)
        if decided or moved:
            await self._reload()
        return decided or moved

    async def _decide(
        self,
        facts: CommunityFacts,
        picture: ChainPicture,
        prospect: Prospect | None,
        paused: bool,
    ) -> bool:
        interval = self._due()
        if interval is None or prospect is None:
            return False
        try:
            gas = await self._gas.now()
        except (ChainFault, PolicyRefusal) as fault:
            self.sentence = f"Trading waits for the chain's fees: {fault}"
            return False
        if gas.hindrance:
            self.sentence = gas.hindrance
            return False
        await self._resend()
        if (step := prospect.plan.step(interval)) is not None:
            self._experience.expect(step, _forecast(prospect, interval))
        made = self._batch(facts, picture, prospect, interval, gas, paused=paused)
        self._decided, self._is_stale = interval, False
        self.sentence = made.sentence
        desk = self._on_desk(facts)
        return any([await desk.intend(order, reason) for order, reason in made.orders])

    def _batch(
        self,
        facts: CommunityFacts,
        picture: ChainPicture,
        prospect: Prospect,
        interval: int,
        gas: GasNow,
        *,
        paused: bool,
    ) -> Batch:
        """Return the orders to send now: one where that is free, else those that share a fee."""
        rules, terms = facts.rules, self._terms(picture, paused)

        def decide(one: int, within: TradeTerms) -> TradeDecision:
            return TradingAgent(rules, facts.tariff, within).decide(
                one,
                prospect.plan,
                _forecast(prospect, one),
                self._clock.now_s(),
                market=self._experience.outlook(rules.ladder, rules.reaches, one),
                battery=prospect.plan_input.battery,
                wear_micro=self._wear_micro,
                record=self._experience.record,
            )

        if gas.fee is None:
            decision = decide(interval, terms)
            order = decision.order or self._withdrawal(interval)
            return Batch(((order, decision.reason),) if order else (), decision.reason)
        held = {i.order.interval: i.order for i in self.intents if i.state in STANDING}
        return batch(
            decide,
            interval,
            terms,
            rules,
            gas.fee,
            self._gas.left_micro,
            self._clock.now_s(),
            held,
            is_stale=self._is_stale,
        )

    async def _learn(self, facts: CommunityFacts, picture: ChainPicture) -> None:
        """Take up what auctions and signed readings have shown since the last round."""
        current, chain = interval_at(self._clock.now_s()), self._chain
        limited = [key for key, book in picture.books.items() if book.limit_wh is not None]
        self._experience.see(facts.rules.ladder, chain.all_clearings, limited, current)
        agent = TradingAgent(facts.rules, facts.tariff)
        await self._experience.learn(agent, chain.settled, chain.all_clearings, current)

    def _warn_when_low(self, picture: ChainPicture) -> None:
        """Tell the owner once when the account with the market runs low."""
        low = picture.available_micro < self._market.warn_below_micro
        if low and not self._is_low:
            self._say(NoticeLevel.WARNING, "market", LOW.format(picture.available_micro / MICRO))
        self._is_low = low

    async def _resend(self) -> None:
        """Once an interval: a transaction that got lost would hold up all that follow it."""
        try:
            await self._sender.resend()
        except ChainFault as fault:
            log.info("Nothing can be sent now: %s", fault)

    def _withdrawal(self, interval: int) -> Order | None:
        """Return what takes back an order no longer wanted; ``None`` where there is none."""
        held = next((i.order for i in self.intents if i.order.interval == interval), None)
        if held is None or held.is_withdrawal:
            return None
        return Order(interval)

    def _due(self) -> int | None:
        """Return the interval to decide on now: the next one, once its lead time has begun."""
        now_s = self._clock.now_s()
        interval = interval_at(now_s + self._settings.lead_s)
        if interval <= interval_at(now_s) or interval == self._decided:
            return None
        return interval

    def _terms(self, picture: ChainPicture, paused: bool) -> TradeTerms:
        grant = picture.grant
        if grant is None or not picture.may_trade:
            return TradeTerms(enabled=False)
        used = picture.used_today
        left = grant.daily_limit_micro - used.spent_micro
        return TradeTerms(
            enabled=self._settings.enabled and not paused,
            min_order_wh=self._settings.min_order_wh,
            min_price_micro=grant.min_price_micro,
            max_price_micro=grant.max_price_micro,
            budget_micro=min(left, picture.available_micro),
            max_reach=self._market.max_reach,
            sales_wh=max(grant.daily_sales_wh - used.sold_wh, 0),
        )

    def _on_desk(self, facts: CommunityFacts) -> OrderDesk:
        if self._desk is None:
            self._desk = OrderDesk(
                self._owner, facts.rules, self._history.outbox, self._sender, self._clock
            )
        return self._desk

    async def _move(self, facts: CommunityFacts, block: int, decided: bool) -> bool:
        """Run the desk when there is news: a new order, or a block that may hold an old one."""
        pending = any(i.state in {OrderState.INTENDED, OrderState.SENT} for i in self.intents)
        if not decided and (not pending or block == self._last_block):
            return False
        self._last_block = block
        try:
            changed = await self._on_desk(facts).step()
        except ChainFault as fault:
            log.info("Orders wait: %s", fault)
            self._last_block = -1
            return False
        except PolicyRefusal as fault:
            if str(fault) != self._refusal:
                self._say(NoticeLevel.FAULT, "market", f"An order was not signed: {fault}")
            self._refusal = str(fault)
            return False
        self._refusal = ""
        for intent in changed:
            self._tell(intent)
        return bool(changed)

    def _tell(self, intent: OrderIntent) -> None:
        if intent.state is OrderState.PLACED and not intent.order.is_withdrawal:
            self.figures.orders += 1
        elif intent.state is OrderState.REFUSED:
            self._say(NoticeLevel.WARNING, "market", intent.reason)
        elif intent.state is OrderState.EXPIRED:
            self._say(
                NoticeLevel.WARNING,
                "market",
                "An order did not reach the market before its gate closed; nothing was paid.",
            )

    async def _reload(self) -> None:
        since = interval_at(self._clock.now_s()) - SHOWN_INTERVALS
        self.intents = list(await self._disk.run(self._history.outbox.recent, self._owner, since))


def _forecast(prospect: Prospect, interval: int) -> IntervalForecast | None:
    return next((f for f in prospect.forecasts if f.interval == interval), None)
