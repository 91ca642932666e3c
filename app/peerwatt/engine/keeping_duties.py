"""The community's duties: when they fall due, what proven state shows undone, which calls do it.

Clearing falls due at each gate. Settling, estimating and finalising go by hours, each member for
itself, since the contracts keep a cursor for each: a call does all that is there up to now.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain

from peerwatt.chain.bindings.artefact import load_artefact
from peerwatt.chain.bindings.layout import bits
from peerwatt.chain.reading.reader import ProvenReader
from peerwatt.market.keeper import Duty, DutyKey, DutyKind
from peerwatt.model.ports import Clock
from peerwatt.model.units import INTERVAL_S

from .keeping import Call

ACTIVE_BIT = 169
DAY = 96
ESTIMATE_AFTER_S = 30.0
"""After the readings' deadline: the block's time may lag behind the keeper's clock."""
DEAL_RANKS = 8
NO_DEALS = 2**63
"""Stands for a seller whose deals are served to the end, as it has none."""
FINALISED_TOGETHER = 32
"""Members in one call of ``finalise`` (the contract's limit)."""


@dataclass(frozen=True, slots=True)
class DutyTimes:
    """When duties fall due, the same for all keepers of a community. Seconds."""

    gate_closure_s: int
    readings_due_s: int
    """How long signed readings are awaited after the end of an interval (the meter contract's)."""
    batch: int = 4
    """Intervals that are settled and finalised together."""
    clear_after_s: float = 15.0
    settle_after_s: float = 300.0
    """Whoever carries the readings commonly settles in the same call; keepers see to the rest."""
    serve_after_s: float = 900.0
    """After settling, so that every turn at it has come: a deal whose buyer is not settled late in
    the time for readings is passed over."""
    finalise_after_s: float = 300.0


@dataclass(frozen=True, slots=True)
class _Roll:
    """Members and books at one look."""

    members: tuple[str, ...]
    active: tuple[str, ...]
    books: tuple[int, ...]


class CommunityDuties:
    """Implements the keeping service's :class:`~.keeping.DutySource` on the proven contracts."""

    REFRESH_S = 3_600.0
    """How often members and books are read anew."""

    def __init__(
        self,
        reader: ProvenReader,
        contracts: Mapping[str, str],
        times: DutyTimes,
        clock: Clock,
        first_interval: int,
    ) -> None:
        """``first_interval`` is the first one that this run looks after."""
        self._reader = reader
        self._at = contracts
        self._times = times
        self._clock = clock
        self._next_clear = first_interval
        self._next_batch = first_interval // times.batch
        self._next_end = self._next_batch
        self._roll: _Roll | None = None
        self._roll_s = 0.0
        self._known: dict[str, int] = {}
        """Last known interval of members at the last look, for estimates."""

    # -- the calendar ------------------------------------------------------------------------

    def fall_due(self, now_s: float) -> Iterator[Duty]:
        """Yield what has fallen due since the last call; nothing before the roll is read."""
        roll = self._roll
        if roll is None:
            return
        yield from self._clearings(roll, now_s)
        yield from self._settlements(roll, now_s)
        yield from self._ends(roll, now_s)

    def _clearings(self, roll: _Roll, now_s: float) -> Iterator[Duty]:
        offset_s = self._times.clear_after_s - self._times.gate_closure_s
        while (due_s := self._next_clear * INTERVAL_S + offset_s) <= now_s:
            for book in roll.books:
                yield Duty(DutyKind.CLEAR, str(book), self._next_clear, 1, due_s, 400_000)
            self._next_clear += 1

    def _settlements(self, roll: _Roll, now_s: float) -> Iterator[Duty]:
        while (due_s := self._batch_end_s(self._next_batch) + self._times.settle_after_s) <= now_s:
            yield from self._each(roll, DutyKind.SETTLE, self._next_batch, due_s, 60_000)
            if "Deals" in self._at:
                serve_s = due_s + self._times.serve_after_s
                yield from self._each(roll, DutyKind.SERVE, self._next_batch, serve_s, 100_000)
            self._next_batch += 1

    def _ends(self, roll: _Roll, now_s: float) -> Iterator[Duty]:
        """What can only be done once no reading is awaited any more."""
        wait_s = self._times.readings_due_s + ESTIMATE_AFTER_S
        while (due_s := self._batch_end_s(self._next_end) + wait_s) <= now_s:
            final_s = due_s + self._times.finalise_after_s
            yield from self._each(roll, DutyKind.ESTIMATE, self._next_end, due_s, 100_000)
            yield from self._each(roll, DutyKind.FINALISE, self._next_end, final_s, 40_000)
            self._next_end += 1

    def _batch_end_s(self, batch: int) -> int:
        return (batch + 1) * self._times.batch * INTERVAL_S

    def _each(
        self, roll: _Roll, kind: DutyKind, batch: int, due_s: float, gas_each: int
    ) -> Iterator[Duty]:
        size = self._times.batch
        for member in roll.members:
            yield Duty(kind, member, batch * size, size, due_s, 100_000 + gas_each * size)

    # -- the proven state --------------------------------------------------------------------

    async def keepers(self) -> Sequence[str]:
        """Return the active members, who take turns. Raises ChainFault."""
        now_s = self._clock.now_s()
        if self._roll is None or now_s >= self._roll_s + self.REFRESH_S:
            self._roll = await self._read_roll()
            self._roll_s = now_s
        return self._roll.active

    @property
    def members(self) -> tuple[str, ...]:
        """All members at the last look; none before the first."""
        return self._roll.members if self._roll else ()

    async def _read_roll(self) -> _Roll:
        registry, market = load_artefact("Registry").layout, load_artefact("Market").layout
        places = self._at["Registry"], self._at["Market"]
        counts = (registry.slot("member_count"), market.slot("book_count"))
        found = await self._reader.read({places[0]: counts[:1], places[1]: counts[1:]})
        members = range(found.value[places[0]].slots[counts[0]])
        books = range(found.value[places[1]].slots[counts[1]])
        block = found.block_number
        names = [registry.of("member_at", i) for i in members]
        numbers = [market.of("book_at", i) for i in books]
        found = await self._reader.read({places[0]: names, places[1]: numbers}, block)
        listed = tuple(f"0x{found.value[places[0]].slots[slot]:040x}" for slot in names)
        words = {one: registry.of("member_words", one) for one in listed}
        states = (await self._reader.slots(places[0], words.values(), block)).value
        return _Roll(
            listed,
            tuple(one for one in listed if bits(states[words[one]], ACTIVE_BIT, 1)),
            tuple(found.value[places[1]].slots[slot] for slot in numbers),
        )

    async def undone(self, duties: Sequence[Duty]) -> tuple[list[Duty], list[Duty]]:
        """Return (can be done now, not yet) of what the proven state shows undone.

        Raises ChainFault.
        """
        market, settlement, meter = (
            load_artefact(name).layout for name in ("Market", "Settlement", "Meter")
        )
        clears = [duty for duty in duties if duty.kind is DutyKind.CLEAR]
        results = {
            duty.key: market.of("results", int(duty.subject), duty.first_interval)
            for duty in clears
        }
        members = {duty.subject for duty in duties if duty.kind is not DutyKind.CLEAR}
        states = {one: settlement.of("state", one) for one in members}
        cursors = {one: meter.of("last", 0, one) for one in members}
        sellers = {duty.subject for duty in duties if duty.kind is DutyKind.SERVE}
        deals = load_artefact("Deals").layout
        served = {one: deals.of("served", one) for one in sellers}
        slots = {
            one: [deals.of("slots", one, member=rank) for rank in range(DEAL_RANKS)]
            for one in sellers
        }
        wanted = {
            self._at["Market"]: list(results.values()),
            self._at["Settlement"]: list(states.values()),
            self._at["Meter"]: list(cursors.values()),
        }
        if sellers:
            wanted[self._at["Deals"]] = [*served.values(), *chain.from_iterable(slots.values())]
        found = (await self._reader.read({at: s for at, s in wanted.items() if s})).value
        progress = {
            one: _progress(
                found[self._at["Settlement"]].slots[states[one]],
                found[self._at["Meter"]].slots[cursors[one]],
            )
            for one in members
        }
        for one in sellers:
            words = found[self._at["Deals"]].slots
            has_deals = any(words[slot] for slot in slots[one])
            progress[one] = replace(
                progress[one], served=words[served[one]] if has_deals else NO_DEALS
            )
        self._known |= {one: at.known for one, at in progress.items()}
        done = {key: bool(found[self._at["Market"]].slots[slot]) for key, slot in results.items()}
        since = (self._clock.now_s() - self._times.readings_due_s) / INTERVAL_S
        still = [duty for duty in duties if not _is_too_late(duty, since)]
        return _sorted_out(still, done, progress)

    # -- the calls ---------------------------------------------------------------------------

    def calls(self, duties: Sequence[Duty]) -> list[tuple[Call, list[Duty]]]:
        """Return the calls that do duties, in the order in which the contracts need them."""
        made: list[tuple[Call, list[Duty]]] = []
        for duty in duties:
            if duty.kind is not DutyKind.FINALISE:
                made.append((self._call(duty), [duty]))
            if duty.kind is DutyKind.ESTIMATE:
                made.append((self._settle(duty), []))
        last = list({d.subject: d for d in duties if d.kind is DutyKind.FINALISE}.values())
        for start in range(0, len(last), FINALISED_TOGETHER):
            some = last[start : start + FINALISED_TOGETHER]
            members = [duty.subject for duty in some]
            data = load_artefact("Settlement").calldata("finalise", members, DAY)
            gas = sum(duty.gas for duty in some) + 200_000
            every = [d for d in duties if d.kind is DutyKind.FINALISE and d.subject in members]
            what = f"{len(members)} members' settlement made final"
            made.append((Call(self._at["Settlement"], data, gas, what), every))
        return made

    def _call(self, duty: Duty) -> Call:
        if duty.kind is DutyKind.CLEAR:
            data = load_artefact("Market").calldata("clear", int(duty.subject), duty.first_interval)
            what = f"Book {duty.subject} cleared"
            return Call(self._at["Market"], data, duty.gas, what)
        if duty.kind is DutyKind.ESTIMATE:
            known = self._known.get(duty.subject, -1)
            first = duty.first_interval if known < 0 else known + 1
            count = min(duty.first_interval + duty.count - first, DAY)
            data = load_artefact("Meter").calldata("estimate", duty.subject, first, count)
            gas = 100_000 + 100_000 * count
            return Call(self._at["Meter"], data, gas, "Missing readings estimated")
        if duty.kind is DutyKind.SERVE:
            data = load_artefact("Deals").calldata("serve", duty.subject, DAY)
            return Call(self._at["Deals"], data, duty.gas, "A member's deals served")
        return self._settle(duty)

    def _settle(self, duty: Duty) -> Call:
        data = load_artefact("Settlement").calldata("settle_known", duty.subject, DAY)
        return Call(self._at["Settlement"], data, duty.gas, "A member's hour settled")


@dataclass(frozen=True, slots=True)
class _Progress:
    """How far one member is, by the contracts' cursors; -1 where nothing has begun."""

    known: int
    settled: int
    final: int
    served: int = -1


def _is_too_late(duty: Duty, open_from: float) -> bool:
    """Whether a deal's energy stays with the supplier: its readings are no longer awaited."""
    return duty.kind is DutyKind.SERVE and duty.first_interval + duty.count <= open_from


def _progress(state: int, cursor: int) -> _Progress:
    return _Progress(
        bits(cursor, 160, 32) if cursor else -1,
        bits(state, 48, 32) if state else -1,
        bits(state, 80, 32) if state else -1,
    )


def _sorted_out(
    duties: Sequence[Duty], cleared: Mapping[DutyKey, bool], progress: Mapping[str, _Progress]
) -> tuple[list[Duty], list[Duty]]:
    ready: list[Duty] = []
    not_yet: list[Duty] = []
    for duty in duties:
        end = duty.first_interval + duty.count - 1
        if duty.kind is DutyKind.CLEAR:
            if not cleared[duty.key]:
                ready.append(duty)
            continue
        at = progress[duty.subject]
        if duty.kind is DutyKind.ESTIMATE:
            if at.known < end:
                ready.append(duty)
        elif duty.kind is DutyKind.SETTLE and at.settled < end:
            (ready if at.known > at.settled else not_yet).append(duty)
        elif duty.kind is DutyKind.SERVE and at.served < end:
            (ready if at.settled > at.served else not_yet).append(duty)
        elif duty.kind is DutyKind.FINALISE and at.final < end:
            (ready if at.settled > at.final else not_yet).append(duty)
    return ready, not_yet
