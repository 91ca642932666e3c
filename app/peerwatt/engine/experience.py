"""What trading has taught: prices of past auctions, and how far own forecasts could be traded on.

Prices are proven clearings, kept by the history. What was expected of an interval waits until its
signed readings and clearings are there; the record of that is kept as one small value.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import cast

from peerwatt.chain.bindings.community import InBook
from peerwatt.history.facade import History
from peerwatt.history.owner import Json
from peerwatt.market.agent import TradingAgent
from peerwatt.market.learning import BookOutlook, PriceMemory
from peerwatt.market.record import TradeRecord
from peerwatt.market.settlement_view import interval_bill
from peerwatt.model.market import Clearing, PriceLadder, SettledInterval
from peerwatt.model.plan import IntervalForecast, PlanStep
from peerwatt.model.units import INTERVALS_PER_DAY

from .disk import Disk

RECORD = "market.experience"
WAITS = INTERVALS_PER_DAY * 3
"""Intervals after which readings that never came are not waited for."""
SURE_AFTER = 2
"""A clearing teaches once so many intervals have passed: its block is final by then."""


@dataclass(frozen=True, slots=True)
class Expected:
    """What was planned and forecast for an interval when its order was decided."""

    step: PlanStep
    forecast: IntervalForecast | None


class Experience:
    """Memory and record of one house; :meth:`learn` takes up what is new."""

    def __init__(self, history: History, disk: Disk) -> None:
        self.record = TradeRecord()
        self._history = history
        self._disk = disk
        self._memory: PriceMemory | None = None
        self._seen: set[InBook] = set()
        self._limited: set[InBook] = set()
        self._expected: dict[int, Expected] = {}
        self._booked = 0

    async def load(self) -> None:
        """Take up what earlier runs learned."""
        stored = await self._disk.run(self._history.meta.get, RECORD)
        if isinstance(stored, dict):
            self.record = _record_of(stored.get("record"))
            self._booked = _number(stored.get("booked"))

    def expect(self, step: PlanStep, forecast: IntervalForecast | None) -> None:
        """Remember what an interval's decision rested on."""
        self._expected[step.interval] = Expected(step, forecast)

    def outlook(
        self, ladder: PriceLadder, reaches: Iterable[int], interval: int
    ) -> dict[int, BookOutlook]:
        """Return what to expect of each reach's book in an interval."""
        memory = self._memory
        if memory is None or memory.ladder != ladder:
            return {}
        return {reach: memory.expect(interval, reach) for reach in reaches}

    def see(
        self,
        ladder: PriceLadder,
        clearings: Mapping[InBook, Clearing],
        limited: Iterable[InBook],
        current: int,
    ) -> None:
        """Take up clearings of the past; those of books that the grid capped teach nothing."""
        if self._memory is None or self._memory.ladder != ladder:
            self._memory, self._seen = PriceMemory(ladder), set()
        self._limited.update(limited)
        new: dict[int, list[Clearing]] = {}
        for key, clearing in clearings.items():
            if key in self._seen or key[1] > current - SURE_AFTER:
                continue
            self._seen.add(key)
            if key not in self._limited:
                new.setdefault(key[0], []).append(clearing)
        for reach, found in new.items():
            self._memory = self._memory.after(found, reach)
        self._limited = {key for key in self._limited if key[1] >= current - WAITS}

    async def learn(
        self,
        agent: TradingAgent,
        settled: Mapping[int, SettledInterval],
        clearings: Mapping[InBook, Clearing],
        current: int,
    ) -> None:
        """Compare what was expected with what signed readings say, and book what was gained."""
        due = sorted(i for i in self._expected if i in settled)
        fresh = sorted(i for i in settled if i > self._booked)
        for interval in due:
            known = self._expected.pop(interval)
            one = settled[interval]
            books = {reach: c for (reach, i), c in clearings.items() if i == interval}
            metered_wh = one.import_wh - one.export_wh
            self.record = agent.learn(self.record, known.step, known.forecast, metered_wh, books)
        for interval in fresh:
            one = settled[interval]
            if one.bought_wh or one.sold_wh:
                saved = interval_bill(one, agent.tariff).saved_micro
                self.record = self.record.booked(interval, saved)
            self._booked = interval
        self._expected = {i: e for i, e in self._expected.items() if i >= current - WAITS}
        if due or fresh:
            body: Json = {"record": self.record.to_json(), "booked": self._booked}
            await self._disk.run(self._history.meta.set, RECORD, body)


def _record_of(stored: Json) -> TradeRecord:
    """Return a stored record; one that cannot be read is begun anew."""
    try:
        return TradeRecord.from_json(cast(dict[str, Json], stored))
    except (KeyError, TypeError, ValueError, IndexError):
        return TradeRecord()


def _number(value: Json) -> int:
    return value if isinstance(value, int) else 0
