"""Follows the chain and keeps the proven picture of our house on it up to date."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import TypeVar

from peerwatt.chain.bindings.community import Community, HouseSnapshot, View
from peerwatt.chain.light_client import LightClient
from peerwatt.chain.reader import ProvenReader
from peerwatt.chain.status import SyncState
from peerwatt.history.facade import History
from peerwatt.history.records import ClearedPrice, NoticeLevel, TransactionState
from peerwatt.model.market import Clearing, SettledInterval
from peerwatt.model.ports import Clock
from peerwatt.model.units import INTERVALS_PER_DAY, interval_at
from peerwatt.model.verified import ChainFault, Proven

from .disk import Disk
from .picture import ChainPicture, CommunityFacts

log = logging.getLogger(__name__)
T = TypeVar("T")
K = TypeVar("K")

LOOK_BACK = 8
"""Past intervals whose clearing and settlement are looked for in every picture."""

KEPT_DAYS = 8
"""Days of settled intervals and prices that are held in memory at start."""

KEPT_REQUESTS = 6
"""Newest requests of the DSO that are read each time."""

Say = Callable[[NoticeLevel, str, str], None]


class ChainService:
    """One round per :meth:`step`; what is not proven is not in the picture."""

    def __init__(
        self,
        client: LightClient,
        community: Community,
        owner: str,
        agent: str | None,
        history: History,
        disk: Disk,
        clock: Clock,
        say: Say,
    ) -> None:
        self.client = client
        self.community = community
        self.reader = ProvenReader(client)
        self.facts: CommunityFacts | None = None
        self.picture: ChainPicture | None = None
        self.settled: dict[int, SettledInterval] = {}
        self.clearings: dict[int, Clearing] = {}
        self._owner = owner
        self._agent = agent
        self._history = history
        self._disk = disk
        self._clock = clock
        self._say = say
        self._state: SyncState | None = None

    async def load(self) -> None:
        """Take up what earlier runs had proven and stored.

        Stored prices know no marginal fills, so those of the intervals that every picture looks
        back on are proven anew: an order's share must never follow from half a clearing.
        """
        current = interval_at(self._clock.now_s())
        since = current - INTERVALS_PER_DAY * KEPT_DAYS
        for one in await self._disk.run(self._history.settlements.recent, since):
            self.settled[one.interval] = one
        for price in await self._disk.run(self._history.prices.recent, since):
            if price.interval < current - LOOK_BACK:
                self.clearings[price.interval] = Clearing(
                    price.interval, price.price_micro, price.volume_wh
                )

    async def step(self) -> bool:
        """Follow the chain one round; return whether there is a new picture. Never raises."""
        status = await self.client.sync()
        self._tell(status.state, status.sentence)
        head = self.client.head
        if head is None or status.state in {SyncState.STOPPED, SyncState.STARTING}:
            return False
        if self.picture is not None and self.picture.block_number >= head.header.number:
            return False
        try:
            await self._learn_rules()
            return await self._refresh()
        except ChainFault as fault:
            log.info("The picture of the chain is kept as it is: %s", fault)
            return False

    def _tell(self, state: SyncState, sentence: str) -> None:
        if state is self._state:
            return
        before, self._state = self._state, state
        levels = {
            SyncState.STOPPED: NoticeLevel.FAULT,
            SyncState.AWAY: NoticeLevel.WARNING,
            SyncState.STALE: NoticeLevel.WARNING,
        }
        if state in levels:
            self._say(levels[state], "chain", sentence)
        elif state is SyncState.VERIFIED and before is not None:
            self._say(NoticeLevel.GOOD, "chain", "The chain is verified again.")

    async def _learn_rules(self) -> None:
        """Read the market's rules from its proven code, once."""
        if self.facts is not None:
            return
        await self.community.check_code(self.reader)
        rules = (await self.community.market.rules(self.reader)).value
        member = (await self._view(View(self._owner, self._clock.now_s(), 0))).value.member
        self.facts = CommunityFacts(rules, member)
        if not member.is_active:
            self._say(
                NoticeLevel.WARNING,
                "market",
                "Your account is not an active member of the community; ask it to admit you.",
            )

    async def _view(self, view: View) -> Proven[HouseSnapshot]:
        return await self.community.snapshot(self.reader, view)

    async def _refresh(self) -> bool:
        facts = self.facts
        if facts is None:
            return False
        proven = await self._view(self._wanted(facts))
        house = proven.value
        self.facts = CommunityFacts(facts.rules, house.member)
        before, picture = self.picture, _picture(proven, facts)
        self.picture = picture
        await self._keep(house)
        await self._transactions()
        return before is None or before != picture

    def _wanted(self, facts: CommunityFacts) -> View:
        now_s = self._clock.now_s()
        current = interval_at(now_s)
        past = range(current - LOOK_BACK, current + 1)
        known = self.picture
        count = max(known.requests, default=-1) + 2 if known else KEPT_REQUESTS
        cleared = [i for i in range(current - 2, current + 2) if i in self.clearings]
        return View(
            owner=self._owner,
            time_s=now_s,
            tick_count=facts.rules.ladder.count,
            agent=self._agent,
            orders=tuple(range(current - LOOK_BACK, current + 4)),
            books=tuple(dict.fromkeys([*cleared[-1:], current + 1, current + 2])),
            clearings=tuple(i for i in (*past, current + 1) if i not in self.clearings),
            settled=tuple(i for i in past if i not in self.settled and i < current),
            requests=tuple(range(max(count - KEPT_REQUESTS, 0), count)),
        )

    async def _keep(self, house: HouseSnapshot) -> None:
        """Store what is final: prices and settled intervals."""
        cleared = _present(house.clearings)
        settled = _present(house.settled)
        self.clearings.update(cleared)
        self.settled.update(settled)
        picture = self.picture
        if picture is not None:
            recent = {i: c for i, c in self.clearings.items() if i >= min(house.orders, default=0)}
            self.picture = _with_clearings(picture, recent)
        if cleared:
            prices = [
                ClearedPrice(c.interval, c.price_micro, c.volume_wh) for c in cleared.values()
            ]
            await self._disk.run(self._history.prices.put, prices)
        if settled:
            await self._disk.run(self._history.settlements.put, list(settled.values()))

    async def _transactions(self) -> None:
        """Look what became of the transactions that were sent."""
        for sent in await self._disk.run(self._history.transactions.open):
            receipt = await self.reader.receipt(sent.transaction_hash)
            if receipt is None:
                continue
            state = TransactionState.FINAL if receipt.value.succeeded else TransactionState.FAILED
            changed = replace(sent, state=state, block_number=receipt.block_number)
            await self._disk.run(self._history.transactions.put, changed)


def _picture(proven: Proven[HouseSnapshot], facts: CommunityFacts) -> ChainPicture:
    house = proven.value
    return ChainPicture(
        block_number=proven.block_number,
        block_time_s=proven.block_time_s,
        credit_micro=house.balance_micro,
        escrowed_micro=house.escrowed_micro(facts.rules),
        total_supply_micro=house.total_supply_micro,
        grant=house.agent,
        used_today=house.used,
        trade_scope=house.trade_scope,
        flexibility_scope=house.flexibility_scope,
        metered_until=house.meter.interval,
        books=house.books,
        orders=MappingProxyType({i: p.order for i, p in _present(house.orders).items()}),
        clearings=MappingProxyType(_present(house.clearings)),
        requests=MappingProxyType(_present(house.requests)),
        offers=MappingProxyType(_present(house.offers)),
    )


def _with_clearings(picture: ChainPicture, clearings: Mapping[int, Clearing]) -> ChainPicture:
    return replace(picture, clearings=MappingProxyType(dict(clearings)))


def _present(found: Mapping[K, T | None]) -> dict[K, T]:
    return {key: value for key, value in found.items() if value is not None}
