"""Follows the chain and keeps the proven picture of our house on it up to date."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import TypeVar

from peerwatt.chain.bindings.community import Community, HouseSnapshot, InBook, View, rules_of
from peerwatt.chain.ports import VerifiedChain
from peerwatt.chain.reading.reader import ProvenReader
from peerwatt.chain.status import SyncState
from peerwatt.history.facade import History
from peerwatt.history.records import ClearedPrice, NoticeLevel
from peerwatt.model.market import Clearing, MarketRules, SettledInterval
from peerwatt.model.ports import Clock
from peerwatt.model.units import INTERVALS_PER_DAY, interval_at
from peerwatt.model.verified import ChainFault, Proven, Unproven

from .disk import Disk
from .outcomes import OutcomeScan
from .owner_wallet.holdings import Holding, read_holdings
from .picture import ChainPicture, CommunityFacts
from .sent import followed

log = logging.getLogger(__name__)
T = TypeVar("T")
K = TypeVar("K")

LOOK_BACK = 8
"""Past intervals whose clearings are looked for in every picture."""
LOOK_AHEAD = 8
"""Coming intervals whose orders of ours are read."""

KEPT_DAYS = 8
"""Days of settled intervals and prices that are held in memory at start."""

KEPT_REQUESTS = 6
"""Newest requests of the DSO that are read each time."""

NO_MEMBER = "Your account is not an active member of the community; ask it to admit you."

Say = Callable[[NoticeLevel, str, str], None]


class ChainService:
    """One round per :meth:`step`; what is not proven is not in the picture."""

    def __init__(
        self,
        client: VerifiedChain,
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
        self.fault = ""
        """Why the picture does not follow the verified block; empty while it does."""
        self.settled: dict[int, SettledInterval] = {}
        """What past intervals came to, from final blocks."""
        self.clearings: dict[int, Clearing] = {}
        """Of the own zone's book, by interval."""
        self.all_clearings: dict[InBook, Clearing] = {}
        """Of every book that our orders may name, with their fills, by (reach, interval)."""
        self.outcomes = OutcomeScan(community, self.reader, owner, history, disk)
        self._owner = owner
        self._agent = agent
        self._history = history
        self._disk = disk
        self._clock = clock
        self._say = say
        self._state: SyncState | None = None
        self._accounts: tuple[str, ...] = ()
        """Accounts of the wallet, which every picture reads."""
        self._block_hash = b""
        """Hash of the block of the picture."""
        self._open_clearings: set[InBook] = set()
        """Those whose result was read from a block that may still be replaced."""
        self._no_member_told = False

    @property
    def owner(self) -> str:
        """Address of the member."""
        return self._owner

    @property
    def agent(self) -> str | None:
        """Address of the house's own key."""
        return self._agent

    @property
    def final_number(self) -> int | None:
        """Number of the newest block that cannot be replaced any more."""
        return self.client.final_number

    async def load(self) -> None:
        """Take up what earlier runs had proven and stored.

        Prices that know no marginal fills are shown, but proven anew for the intervals that
        every picture looks back on: an order's share must never follow from half a clearing.
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
        for reach, clearing in await self._disk.run(self._history.clearings.recent, since):
            self.all_clearings[reach, clearing.interval] = clearing
            if reach == 0:
                self.clearings[clearing.interval] = clearing
        await self.outcomes.load()

    async def step(self) -> bool:
        """Follow the chain one round; return whether there is a new picture. Never raises."""
        status = await self.client.sync()
        self._tell(status.state, status.sentence)
        head = self.client.head
        if head is None or status.state in {SyncState.STOPPED, SyncState.STARTING}:
            return False
        if self.picture is not None and self._block_hash == head.block_hash:
            return False
        try:
            await self._learn_rules()
            changed = await self._refresh()
        except ChainFault as fault:
            # One of the reasons is a block that left the chain: the next round reads anew.
            log.info("The picture of the chain is not renewed: %s", fault)
            self.fault = str(fault)
            return self._drop_replaced()
        self.fault = ""
        return changed

    async def watch(self, accounts: Iterable[str]) -> None:
        """Read these accounts of the wallet from now on, at once at the picture's own block."""
        self._accounts = tuple(accounts)
        before, block_hash = self.picture, self._block_hash
        if before is None:
            return
        try:
            holdings = await self._holdings(before.block_number)
        except ChainFault as fault:
            log.info("The accounts are read with the next block: %s", fault)
            return
        if self.picture is not None and self._block_hash == block_hash:
            self.picture = replace(self.picture, holdings=holdings)

    async def _holdings(self, block: int) -> Mapping[str, Holding]:
        return await read_holdings(self.reader, self.community.credit, self._accounts, block)

    async def resolve(self, *, follow_other: bool) -> bool:
        """Go on after evidence as the owner decided; return whether there was any.

        What was read from the given-up block on is forgotten. Raises ChainFault where the
        network's rules leave no choice.
        """
        found = await self.client.resolve_evidence(follow_other=follow_other)
        if found is not None and follow_other:
            before = self.client.block(found.height - 1)
            since = interval_at(before.header.timestamp) - 1 if before else 0
            self.clearings = {i: c for i, c in self.clearings.items() if i < since}
            kept = {key: c for key, c in self.all_clearings.items() if key[1] < since}
            self.all_clearings = kept
            for store in (self._history.prices, self._history.clearings):
                await self._disk.run(store.forget, since)
            self.settled |= await self.outcomes.forget(found.height, self.settled)
            self.picture, self._block_hash = None, b""
        return found is not None

    def _drop_replaced(self) -> bool:
        """Forget the picture when its block is not in the chain any more; return whether it was."""
        if self.picture is None:
            return False
        now = self.client.block(self.picture.block_number)
        if now is None or now.block_hash == self._block_hash:
            return False
        self.picture, self._block_hash = None, b""
        return True

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
        """Prove all contracts' code and read the rules of our zone's market, once."""
        if self.facts is not None:
            return
        await self.community.check_code(self.reader)
        now_s = self._clock.now_s()
        member = (await self._view(View(self._owner, now_s))).value.member
        if not member.is_active and not self._no_member_told:
            self._no_member_told = True
            self._say(NoticeLevel.WARNING, "market", NO_MEMBER)
        if not member.zone:
            raise Unproven(NO_MEMBER)
        try:
            rules = await self.community.market.rules(self.reader, member.zone, interval_at(now_s))
        except ValueError as fault:
            raise Unproven(str(fault)) from None
        self.facts = CommunityFacts(rules.value, member)

    async def _view(self, view: View, block: int | None = None) -> Proven[HouseSnapshot]:
        return await self.community.snapshot(self.reader, view, block)

    def _is_final(self, block: int) -> bool:
        final = self.final_number
        return final is not None and block <= final

    async def _refresh(self) -> bool:
        facts = self.facts
        if facts is None:
            return False
        # The reader pins the same block: nothing is awaited before it does.
        pinned = self.client.pinned()
        proven = await self._view(self._wanted(facts))
        holdings = await self._holdings(proven.block_number)
        if self.client.pinned(proven.block_number).block_hash != pinned.block_hash:
            raise Unproven("The block that was read left the chain.")
        house = proven.value
        rules = rules_of(facts.rules, house.terms)
        self.facts = CommunityFacts(rules, house.member, house.newest, house.former)
        before, picture = self.picture, replace(_picture(proven), holdings=holdings)
        self.picture, self._block_hash = picture, pinned.block_hash
        await self._keep(house.clearings, self._is_final(proven.block_number))
        await self._settle(facts)
        came = await self._follow_outcomes(facts)
        await self._transactions()
        return came or before is None or before != picture

    def _wanted(self, facts: CommunityFacts) -> View:
        now_s = self._clock.now_s()
        current = interval_at(now_s)
        known = self.picture
        count = max(known.requests, default=-1) + 2 if known else KEPT_REQUESTS
        cleared = [i for i in range(current - 2, current + 2) if i in self.clearings]
        shown = dict.fromkeys([*cleared[-1:], current + 1, current + 2])
        reaches, supply = facts.rules.reaches, known.supply if known else None
        return View(
            owner=self._owner,
            time_s=now_s,
            tick_count=facts.rules.ladder.count,
            zone_books=books_of(facts.rules),
            agent=self._agent,
            orders=tuple(order_intervals(now_s)),
            books=tuple((reach, i) for reach in reaches for i in shown),
            clearings=tuple(
                key
                for reach in reaches
                for i in range(current - LOOK_BACK, current + 2)
                if (key := (reach, i)) not in self.all_clearings or key in self._open_clearings
            ),
            requests=tuple(range(max(count - KEPT_REQUESTS, 0), count)),
            offer=supply.offer.number if supply and supply.offer else 0,
        )

    async def _keep(self, found: Mapping[InBook, Clearing | None], is_final: bool) -> None:
        """Take up clearings; store them, once their block is final."""
        cleared = _take(found, self.all_clearings, self._open_clearings, is_final)
        for reach, interval in found:
            if reach == 0:
                self.clearings.pop(interval, None)
        self.clearings |= {i: clearing for (reach, i), clearing in cleared.items() if reach == 0}
        picture = self.picture
        if picture is not None:
            since = interval_at(self._clock.now_s()) - LOOK_BACK
            recent = {key: c for key, c in self.all_clearings.items() if key[1] >= since}
            self.picture = replace(picture, clearings=MappingProxyType(recent))
        if not is_final or not cleared:
            return
        prices = [
            ClearedPrice(i, c.price_micro, c.volume_wh)
            for (reach, i), c in cleared.items()
            if reach == 0
        ]
        await self._disk.run(self._history.prices.put, prices)
        whole = [(reach, clearing) for (reach, _), clearing in cleared.items()]
        await self._disk.run(self._history.clearings.put, whole)

    async def _settle(self, facts: CommunityFacts) -> None:
        """Read clearings that were not final anew, at the block that is final by now."""
        final = self.final_number
        if final is None or not self._open_clearings:
            return
        wanted = tuple(sorted(self._open_clearings))
        books = books_of(facts.rules)
        view = View(self._owner, self._clock.now_s(), zone_books=books, clearings=wanted)
        try:
            house = (await self._view(view, final)).value
        except ChainFault as fault:
            log.info("Results are not known to be final yet: %s", fault)
            return
        # What is not there at an older block a newer one may have.
        await self._keep(_present(house.clearings), True)

    async def _follow_outcomes(self, facts: CommunityFacts) -> bool:
        try:
            came = await self.outcomes.step(facts.rules.zone, self.clearings)
        except ChainFault as fault:
            log.info("Settled intervals are looked for again later: %s", fault)
            return False
        self.settled |= came
        return bool(came)

    async def _transactions(self) -> None:
        """Look what became of the agent's transactions."""
        for sent in await self._disk.run(self._history.transactions.open):
            receipt = await self.reader.receipt(sent.transaction_hash)
            changed = followed(sent, receipt, self.final_number)
            if changed != sent:
                await self._disk.run(self._history.transactions.put, changed)


def order_intervals(now_s: float) -> range:
    """Return the intervals whose orders of ours are read: those that may hold credits."""
    current = interval_at(now_s)
    return range(current - LOOK_BACK, current + LOOK_AHEAD)


def books_of(rules: MarketRules) -> tuple[int, ...]:
    """Return the numbers of the books that orders may name, by reach."""
    return tuple(rules.book_at(reach).book for reach in rules.reaches)


def _picture(proven: Proven[HouseSnapshot]) -> ChainPicture:
    house = proven.value
    progress = house.progress
    return ChainPicture(
        block_number=proven.block_number,
        block_time_s=proven.block_time_s,
        credit_micro=house.balance_micro,
        escrowed_micro=house.account.escrow_micro,
        available_micro=house.account.available_micro,
        no_fuss=house.account.no_fuss,
        has_lien=house.account.has_lien,
        total_supply_micro=house.total_supply_micro,
        grant=house.agent,
        used_today=house.used,
        trade_scope=house.trade_scope,
        flexibility_scope=house.flexibility_scope,
        metered_until=house.meter.signed.interval,
        settled_until=progress.settled_interval if progress else 0,
        final_until=progress.final_interval if progress else 0,
        supply=house.supply,
        books=house.books,
        orders=MappingProxyType({i: p.order for i, p in _present(house.orders).items()}),
        clearings=MappingProxyType(_present(house.clearings)),
        requests=MappingProxyType(_present(house.requests)),
        offers=MappingProxyType(_present(house.offers)),
    )


def _take(
    found: Mapping[K, T | None], known: dict[K, T], still_open: set[K], is_final: bool
) -> dict[K, T]:
    """Take results up and return them; one that a replaced block had and this has not is dropped.

    Those read from a block that is not final stay open: they are read again.
    """
    for key, value in found.items():
        if value is None:
            known.pop(key, None)
            still_open.discard(key)
        else:
            known[key] = value
            (still_open.discard if is_final else still_open.add)(key)
    return _present(found)


def _present(found: Mapping[K, T | None]) -> dict[K, T]:
    return {key: value for key, value in found.items() if value is not None}
