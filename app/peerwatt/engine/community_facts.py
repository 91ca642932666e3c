"""What the community's other contracts say, proven once in a quarter of an hour.

Suppliers' offers, services, direct deals, certificates, and what each finally settled interval
left to the supplier: all at one final block. What cannot change any more is read once.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from peerwatt.chain.bindings.certificates import HourPool, HourRecord
from peerwatt.chain.bindings.services import Service
from peerwatt.chain.bindings.wants import Want, fetch, fetch_all, together
from peerwatt.chain.encoding import address_bytes, to_hex
from peerwatt.chain.reading.events import LogFilter
from peerwatt.history.facade import History
from peerwatt.history.records import PartKind
from peerwatt.model.deals import RANKS, DealTerms
from peerwatt.model.market import SettledInterval
from peerwatt.model.ports import Clock
from peerwatt.model.supply import Offer
from peerwatt.model.units import INTERVAL_S, INTERVALS_PER_DAY, interval_at
from peerwatt.model.verified import ChainFault

from .chain_service import ChainService
from .disk import Disk

log = logging.getLogger(__name__)

DAYS = 7
"""The settlement keeps its records for 8 days."""
RETRY_S = 60
MAX_LISTED = 64
"""Newest offers and services that are read; sellers among whom a buyer's deals are looked for."""
INTERVALS_A_STEP = 192
HOURS_A_STEP = 26
BLOCKS_A_STEP = 64

Wanted = dict[str, Want[Any]]


@dataclass(frozen=True, slots=True)
class Delivery:
    """What one event DealServed tells."""

    interval: int
    seller: str
    buyer: str
    quantity_wh: int
    price_micro: int
    """Per kWh."""
    charge_micro: int
    """Use of system, paid by the buyer."""


@dataclass(frozen=True, slots=True)
class CommunityRead:
    """All of it at one block; ``None`` where the community has no such contract."""

    block_number: int
    offers: tuple[tuple[Offer, bool], ...] | None = None
    """With whether each is open."""
    services: tuple[Service, ...] | None = None
    deals: Mapping[str, DealTerms] | None = None
    """Ours by identity (0x, 32 bytes)."""
    certificates: Mapping[int, tuple[HourRecord | None, HourPool]] | None = None
    """By hour (Unix seconds // 3600)."""
    has_production_meter: bool = False
    rests: Mapping[int, int] = field(default_factory=dict)
    """Interval -> Wh left to the supplier: + it delivered, - it took; of final intervals."""
    produced: Mapping[int, int] = field(default_factory=dict)
    """Interval -> Wh of own sun by the house's own meters, where measured."""
    deliveries: tuple[Delivery, ...] = ()
    undelivered: frozenset[int] = frozenset()
    """Intervals in which deals were served by events that are not read (yet)."""
    left_out: tuple[str, ...] = ()
    """Sentences: what there is more of than is read."""


class CommunityReader:
    """Reads through the engine's chain service. :meth:`step` may be called in every round."""

    def __init__(self, chain: ChainService, history: History, disk: Disk, clock: Clock) -> None:
        self.facts: CommunityRead | None = None
        self._chain = chain
        self._history = history
        self._disk = disk
        self._clock = clock
        self._due_s = 0.0
        self._rests: dict[int, tuple[SettledInterval, int]] = {}
        """With the outcome as it was then: signed readings in place of an estimate change both."""
        self._claimed: dict[int, tuple[HourRecord | None, HourPool]] = {}
        self._served: dict[int, tuple[Delivery, ...]] = {}
        """By block."""

    async def step(self) -> bool:
        """Read what is due; return whether there is news. Never raises."""
        now_s = self._clock.now_s()
        picture = self._chain.picture
        if picture is None or self._chain.facts is None or now_s < self._due_s:
            return False
        try:
            self.facts = await self._read(picture.final_until)
        except ChainFault as fault:
            log.info("The community's contracts are read again later: %s", fault)
            self._due_s = now_s + RETRY_S
            return False
        self._due_s = now_s + INTERVAL_S
        return True

    def forget(self) -> None:
        """Drop everything: blocks that it was read from were given up."""
        self.facts, self._due_s = None, 0.0
        self._rests, self._claimed, self._served = {}, {}, {}

    async def _read(self, final_until: int) -> CommunityRead:
        chain, community = self._chain, self._chain.community
        since = interval_at(self._clock.now_s()) - INTERVALS_PER_DAY * DAYS
        final = sorted(i for i in chain.settled if since <= i <= final_until)
        hours = sorted({i // 4 for i in final})
        found = await fetch_all(chain.reader, self._wants(final, hours), chain.final_number)
        value, block = found.value, found.block_number
        left_out: list[str] = []
        self._rests = {i: self._rests[i] for i in final if i in self._rests} | {
            i: (chain.settled[i], one.rest_wh)
            for i, one in value["rests"].items()
            if one is not None and one.is_final and i in chain.settled
        }
        served, missing = await self._deliveries(final)
        energies = await self._disk.run(self._history.energy.recent_intervals, since)
        return CommunityRead(
            block,
            offers=await self._offers(value, block, left_out),
            services=await self._services(value, block, left_out),
            deals=await self._deals(value, block, left_out) if community.deals else None,
            certificates=self._certificates(value, hours),
            has_production_meter=int(value["production"], 16) != 0,
            rests={i: rest_wh for i, (_, rest_wh) in sorted(self._rests.items())},
            produced={one.interval: one.pv_wh for one in energies},
            deliveries=served,
            undelivered=missing,
            left_out=tuple(left_out),
        )

    def _wants(self, final: Sequence[int], hours: Sequence[int]) -> Wanted:
        community, owner = self._chain.community, self._chain.owner
        new = [i for i in final if not self._is_known(i)][-INTERVALS_A_STEP:]
        records = {i: community.settlement.record(owner, i) for i in new}
        wants: Wanted = {
            "rests": together(records, community.settlement.address),
            "production": community.registry.production_meter(owner),
            "members": community.registry.member_count(),
        }
        if community.supply is not None:
            wants["offers"] = community.supply.offer_count()
        if community.services is not None:
            wants["services"] = community.services.service_count()
        if (deals := community.deals) is not None:
            wants["needs"] = deals.needs(owner)
            slots = {rank: deals.in_slot(owner, rank) for rank in range(RANKS)}
            wants["slots"] = together(slots, deals.address)
        if (certificates := community.certificates) is not None:
            still = [hour for hour in hours if hour not in self._claimed][-HOURS_A_STEP:]
            held = {hour: certificates.record(owner, hour) for hour in still}
            pools = {hour: certificates.pool(hour) for hour in still}
            wants["held"] = together(held, certificates.address)
            wants["pools"] = together(pools, certificates.address)
        return wants

    def _is_known(self, interval: int) -> bool:
        known = self._rests.get(interval)
        return known is not None and known[0] == self._chain.settled[interval]

    def _certificates(
        self, value: Mapping[str, Any], hours: Sequence[int]
    ) -> dict[int, tuple[HourRecord | None, HourPool]] | None:
        if "held" not in value:
            return None
        found = {hour: (one, value["pools"][hour]) for hour, one in value["held"].items()}
        self._claimed |= {
            hour: pair for hour, pair in found.items() if pair[0] is not None and pair[0].is_claimed
        }
        self._claimed = {hour: self._claimed[hour] for hour in hours if hour in self._claimed}
        return self._claimed | found

    async def _offers(
        self, value: Mapping[str, Any], block: int, left_out: list[str]
    ) -> tuple[tuple[Offer, bool], ...] | None:
        supply = self._chain.community.supply
        if supply is None:
            return None
        count = value["offers"]
        numbers = range(max(count - MAX_LISTED, 0) + 1, count + 1)
        _say_left_out(left_out, "offers", count)
        wants: Wanted = {
            "offers": together({n: supply.offer(n) for n in numbers}, supply.address),
            "open": together({n: supply.is_open(n) for n in numbers}, supply.address),
        }
        found = (await fetch_all(self._chain.reader, wants, block)).value if numbers else {}
        offers = found.get("offers", {})
        return tuple((one, found["open"][n]) for n, one in offers.items() if one is not None)

    async def _services(
        self, value: Mapping[str, Any], block: int, left_out: list[str]
    ) -> tuple[Service, ...] | None:
        services = self._chain.community.services
        if services is None:
            return None
        count = value["services"]
        numbers = range(max(count - MAX_LISTED, 0), count)
        _say_left_out(left_out, "services", count)
        if not numbers:
            return ()
        wanted = together({n: services.service(n) for n in numbers}, services.address)
        found = (await fetch(self._chain.reader, wanted, block)).value
        return tuple(one for one in found.values() if one is not None)

    # -- deals -------------------------------------------------------------------------------

    async def _deals(
        self, value: Mapping[str, Any], block: int, left_out: list[str]
    ) -> dict[str, DealTerms]:
        """Return ours: as seller by our slots, as buyer, where there is one, by everybody's."""
        deals, owner = self._chain.community.deals, self._chain.owner
        if deals is None:
            return {}
        ids = {id_ for id_ in value["slots"].values() if id_}
        if value["needs"]:
            for seller in await self._sellers(value["members"], block, left_out):
                slots = {rank: deals.in_slot(seller, rank) for rank in range(RANKS)}
                wanted = together(slots, deals.address)
                held = (await fetch(self._chain.reader, wanted, block)).value
                ids |= {id_ for id_ in held.values() if id_}
        if not ids:
            return {}
        wants = together({to_hex(id_): deals.deal(id_) for id_ in sorted(ids)}, deals.address)
        found = (await fetch(self._chain.reader, wants, block)).value
        own = owner.lower()
        return {
            id_: terms
            for id_, terms in found.items()
            if terms is not None and own in (terms.seller.lower(), terms.buyer.lower())
        }

    async def _sellers(self, count: int, block: int, left_out: list[str]) -> list[str]:
        registry = self._chain.community.registry
        if count > MAX_LISTED:
            left_out.append(f"Deals were looked for with the first {MAX_LISTED} members only.")
        numbered = {i: registry.member_at(i) for i in range(min(count, MAX_LISTED))}
        found = await fetch(self._chain.reader, together(numbered, registry.address), block)
        return [one for one in found.value.values() if one.lower() != self._chain.owner.lower()]

    async def _deliveries(
        self, intervals: Sequence[int]
    ) -> tuple[tuple[Delivery, ...], frozenset[int]]:
        """Return what deals delivered, and the intervals of which that is not known."""
        parts = await self._disk.run(self._history.outcomes.of, intervals)
        told = {
            i: {part.block_number for part in found if part.kind is PartKind.DEAL}
            for i, found in parts.items()
        }
        blocks = set().union(*told.values())
        self._served = {block: one for block, one in self._served.items() if block in blocks}
        for block in sorted(blocks - set(self._served))[-BLOCKS_A_STEP:]:
            await self._look_into(block)
        known = set(self._served)
        wanted = set(told)
        served = [one for found in self._served.values() for one in found if one.interval in wanted]
        missing = frozenset(i for i, found in told.items() if not found <= known)
        return tuple(sorted(served, key=lambda one: one.interval)), missing

    async def _look_into(self, block: int) -> None:
        settlement, owner = self._chain.community.settlement, self._chain.owner
        topic = settlement.artefact.topic("DealServed")
        at = (address_bytes(settlement.address),)
        own = (address_bytes(owner).rjust(32, b"\0"),)
        found: list[Delivery] = []
        for topics in (((topic,), own), ((topic,), (), own)):
            search = await self._chain.reader.search(LogFilter(at, topics), block, block)
            if not search.is_complete:
                return
            for event in search.events:
                decoded = settlement.artefact.decode_event(event.log)
                if decoded is not None:
                    found.append(delivery_of(decoded[1]))
        self._served[block] = tuple(found)


def delivery_of(values: Mapping[str, Any]) -> Delivery:
    """Return what a decoded event DealServed tells."""
    return Delivery(
        values["interval"],
        str(values["seller"]),
        str(values["buyer"]),
        values["quantity_wh"],
        values["price"],
        values["charge"],
    )


def _say_left_out(left_out: list[str], what: str, count: int) -> None:
    if count > MAX_LISTED:
        left_out.append(f"The newest {MAX_LISTED} of {count} {what} are listed.")
