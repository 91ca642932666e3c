"""Follows what each interval came to: settled, made final, served by deals, trued up.

Every final block is ruled out by its verified bloom or read as a whole, so no event of ours can be
left out. What an interval was told by which event is stored; its outcome is the sum of its parts.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from peerwatt.chain.bindings.community import Community
from peerwatt.chain.bindings.settlement import deal_micro, final_rows, settled_rows
from peerwatt.chain.bindings.wants import fetch
from peerwatt.chain.bundles.values import EventValue
from peerwatt.chain.encoding import address_bytes, to_hex
from peerwatt.chain.reading.blocks import EventLog
from peerwatt.chain.reading.events import LogFilter
from peerwatt.chain.reading.reader import ProvenReader
from peerwatt.history.facade import History
from peerwatt.history.records import PartKind, SettledPart
from peerwatt.model.market import Clearing, SettledInterval

from .disk import Disk
from .owner_wallet.nonce_search import oldest_kept

log = logging.getLogger(__name__)

CHUNK_BLOCKS = 64
"""Blocks looked through at once; the reader keeps as many proven bodies."""
CHUNKS_A_STEP = 4
SAVE_EVERY_BLOCKS = 64
"""Progress without news is written so often; a block read twice changes nothing."""
EVENTS = ("Settled", "Finalised", "TruedUp", "DealServed")
WORDS = {
    PartKind.SETTLED: "Settled",
    PartKind.FINAL: "Made final",
    PartKind.DEAL: "A direct deal served",
    PartKind.TRUE_UP: "Estimate replaced by signed readings",
}


class OutcomeScan:
    """Reads the member's events out of final blocks; goes on where an earlier run stopped."""

    def __init__(
        self, community: Community, reader: ProvenReader, member: str, history: History, disk: Disk
    ) -> None:
        self.gap: tuple[int, int] | None = None
        """Blocks that were kept no more when they were looked for: outcomes may be missing."""
        self._settlement = community.settlement
        self._market = community.market
        self._reader = reader
        self._member = member
        self._history = history
        self._disk = disk
        self._next = 0
        self._saved = 0
        artefact = self._settlement.artefact
        topics = {name: artefact.topic(name) for name in EVENTS}
        own = address_bytes(member).rjust(32, b"\0")
        at = (address_bytes(self._settlement.address),)
        self._filters = (
            LogFilter(at, (tuple(topics.values()), (own,))),
            LogFilter(at, ((topics["DealServed"],), (), (own,))),
        )

    async def load(self) -> None:
        """Take up how far earlier runs came."""
        self._next = self._saved = await self._disk.run(self._history.outcomes.next_block)

    async def step(
        self, zone: int, clearings: Mapping[int, Clearing]
    ) -> dict[int, SettledInterval]:
        """Look through the next final blocks; return the outcomes that are new or changed.

        ``zone`` is the book whose price is shown, ``clearings`` those of it that are known.
        Raises ChainFault; what was found before is stored, and the rest is looked for again.
        """
        final = self._reader.client.final_number
        if final is None:
            return {}
        self._skip_lost(final)
        changed: dict[int, SettledInterval] = {}
        for _ in range(CHUNKS_A_STEP):
            if self._next > final:
                break
            last = min(self._next + CHUNK_BLOCKS - 1, final)
            changed |= await self._chunk(last, zone, clearings)
        return changed

    def _skip_lost(self, final: int) -> None:
        oldest = oldest_kept(self._reader.client) or 0
        if self._next < oldest <= final:
            if self._next > 0:
                self.gap = (self.gap[0] if self.gap else self._next, oldest - 1)
                log.info("Blocks %s to %s are kept no more.", self._next, oldest - 1)
            self._next = oldest

    async def _chunk(
        self, last: int, zone: int, clearings: Mapping[int, Clearing]
    ) -> dict[int, SettledInterval]:
        """Take up what blocks up to ``last`` tell. Progress is noted when all of it is stored."""
        events: dict[tuple[int, int], EventLog] = {}
        done = last
        for wanted in self._filters:
            search = await self._reader.search(wanted, self._next, last)
            done = min(done, search.complete_to)
            events |= {(one.block_number, one.log_index): one for one in search.events}
        found = [
            part
            for (block, _), event in sorted(events.items())
            if block <= done
            for part in self._parts(event)
        ]
        changed: dict[int, SettledInterval] = {}
        if found:
            await self._disk.run(self._history.outcomes.put, found)
            intervals = {part.interval for part in found}
            prices = await self._prices(intervals, zone, clearings)
            changed = await self._fold(intervals, prices)
        self._next = done + 1
        if found or self._next - self._saved >= SAVE_EVERY_BLOCKS:
            await self._disk.run(self._history.outcomes.advance, self._next)
            self._saved = self._next
        return changed

    def _parts(self, event: EventLog) -> list[SettledPart]:
        decoded = self._settlement.artefact.decode_event(event.log)
        if decoded is None:
            return []
        return parts_of(decoded[0], decoded[1], event, self._member)

    async def _prices(
        self, intervals: Iterable[int], zone: int, clearings: Mapping[int, Clearing]
    ) -> dict[int, int]:
        known = {i: clearings[i].price_micro for i in intervals if i in clearings}
        missing = sorted(set(intervals) - set(known))
        if missing:
            found = (await fetch(self._reader, self._market.clearings(zone, missing))).value
            known |= {i: one.price_micro for i, one in found.items() if one is not None}
        return known

    async def _fold(
        self, intervals: Iterable[int], prices: Mapping[int, int]
    ) -> dict[int, SettledInterval]:
        """Return and store the outcomes of intervals from all their parts."""
        parts = await self._disk.run(self._history.outcomes.of, sorted(intervals))
        found = {
            interval: outcome
            for interval, told in parts.items()
            if (outcome := outcome_of(told, prices.get(interval, 0))) is not None
        }
        await self._disk.run(self._history.settlements.put, list(found.values()))
        return found

    async def evidence(self, interval: int) -> list[EventValue]:
        """Return the events that told an interval's outcome, as far as their blocks are kept."""
        parts = (await self._disk.run(self._history.outcomes.of, [interval]))[interval]
        oldest = oldest_kept(self._reader.client) or 0
        return [
            EventValue(WORDS[part.kind], part.transaction_hash, part.log_index, "Settlement")
            for part in parts
            if part.block_number >= oldest
        ]

    async def forget(
        self, first_block: int, settled: dict[int, SettledInterval]
    ) -> dict[int, SettledInterval]:
        """Forget what given-up blocks told; take out of ``settled`` what is settled no more.

        Returns the outcomes as what is left of their parts tells them.
        """
        intervals = await self._disk.run(self._history.outcomes.forget, first_block)
        prices = {i: settled[i].price_micro for i in intervals if i in settled}
        left = await self._fold(intervals, prices)
        gone = [interval for interval in intervals if interval not in left]
        await self._disk.run(self._history.settlements.drop, gone)
        for interval in gone:
            settled.pop(interval, None)
        self._next = min(self._next, first_block)
        self._saved = min(self._saved, first_block)
        return left


def parts_of(
    name: str, values: Mapping[str, Any], event: EventLog, member: str
) -> list[SettledPart]:
    """Return what one decoded event of the settlement says of a member's intervals."""

    def part(
        interval: int, kind: PartKind, *, estimated: bool = False, **numbers: int
    ) -> SettledPart:
        return SettledPart(
            interval,
            kind,
            event.block_number,
            event.log_index,
            to_hex(event.transaction_hash),
            is_estimated=estimated,
            **numbers,
        )

    if name == "Settled":
        return [
            part(
                row.interval,
                PartKind.SETTLED,
                import_wh=row.import_wh,
                export_wh=row.export_wh,
                bought_wh=row.bought_wh,
                sold_wh=row.sold_wh,
                trade_micro=row.trade_micro,
                supplier_micro=row.supplier_micro,
                charge_micro=row.charge_micro,
                estimated=row.is_estimated,
            )
            for row in settled_rows(values["first"], values["rows"]).values()
        ]
    if name == "Finalised":
        rows = final_rows(values["first"], values["count"], values["accuracies"], values["shared"])
        return [
            part(
                row.interval,
                PartKind.FINAL,
                accuracy_micro=row.accuracy_micro,
                mid_market_micro=row.mid_market_micro,
            )
            for row in rows.values()
            if row.accuracy_micro or row.mid_market_micro
        ]
    if name == "DealServed":
        return [part(values["interval"], PartKind.DEAL, deal_micro=deal_micro(values, member))]
    if name == "TruedUp":
        return [
            part(
                values["interval"],
                PartKind.TRUE_UP,
                import_wh=values["import_wh"],
                export_wh=values["export_wh"],
                supplier_micro=values["supplier_micro"],
            )
        ]
    return []


def outcome_of(parts: Sequence[SettledPart], price_micro: int) -> SettledInterval | None:
    """Return an interval's outcome from all its parts; ``None`` before it is settled."""
    settled = next((one for one in parts if one.kind is PartKind.SETTLED), None)
    if settled is None:
        return None
    trued = [one for one in parts if one.kind is PartKind.TRUE_UP]
    readings = trued[-1] if trued else settled
    return SettledInterval(
        interval=settled.interval,
        import_wh=readings.import_wh,
        export_wh=readings.export_wh,
        bought_wh=settled.bought_wh,
        sold_wh=settled.sold_wh,
        price_micro=price_micro,
        trade_micro=settled.trade_micro,
        supplier_micro=settled.supplier_micro + sum(one.supplier_micro for one in trued),
        charge_micro=settled.charge_micro,
        accuracy_micro=sum(one.accuracy_micro for one in parts),
        mid_market_micro=sum(one.mid_market_micro for one in parts),
        deal_micro=sum(one.deal_micro for one in parts),
        is_estimated=settled.is_estimated and not trued,
    )
