"""The metering operator and the keeper: readings go to the chain, intervals are closed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TypeVar

from peerwatt.chain.bindings.certificates import Certificates
from peerwatt.chain.bindings.community import Community
from peerwatt.chain.bindings.meter import MAX_BATCHES, SignedBatch
from peerwatt.model.market import MarketRules
from peerwatt.simulation.smart_meter import MeterDomain, SmartMeter

from .account import StreetAccount
from .schedule import (
    CERTIFY_AFTER_DUE_S,
    CLAIM_AFTER_CLOSE_S,
    CLEAR_AFTER_GATE_S,
    FINALISE_AFTER_DUE_S,
    METER_AFTER_S,
    Due,
    after_end_s,
)

T = TypeVar("T")

GAS = 30_000_000
MAX_MEMBERS = 32
"""Members in one call that finalises or certifies."""


@dataclass(frozen=True, slots=True)
class Metered:
    """A member with its meters."""

    member: str
    grid: SmartMeter
    production: SmartMeter | None = None


@dataclass(frozen=True, slots=True)
class Times:
    """What the community's contracts wait for, seconds."""

    readings_due_s: int
    """How long an interval's readings are awaited."""
    certificates_close_s: int
    """How long after its end an hour's certificates are issued."""


class MeteringOperator:
    """Carries what the smart meters signed to the chain, once for each interval.

    The same transaction settles the members; production goes to the meter contract alone.
    """

    def __init__(
        self,
        account: StreetAccount,
        contracts: Community,
        metered: Sequence[Metered],
        first_interval: int,
    ) -> None:
        self._account = account
        self._contracts = contracts
        self._metered = metered
        self._domain = MeterDomain(account.chain_id, contracts.meter.address)
        self._due = Due(first_interval, after_end_s(METER_AFTER_S))

    async def step(self, now_s: float) -> None:
        """Submit the readings that are due."""
        settlement, meter = self._contracts.settlement, self._contracts.meter
        for interval in self._due.take(now_s):
            production = ((one.member, one.production) for one in self._metered)
            for batches in in_parts(self._signed(production, interval), MAX_BATCHES):
                await self._account.send(meter.address, meter.submit_production(batches), gas=GAS)
            grid = ((one.member, one.grid) for one in self._metered)
            for batches in in_parts(self._signed(grid, interval), MAX_BATCHES):
                await self._account.send(settlement.address, settlement.settle(batches), gas=GAS)

    def _signed(
        self, meters: Iterable[tuple[str, SmartMeter | None]], interval: int
    ) -> Iterator[SignedBatch]:
        for member, meter in meters:
            batch = meter.batch(self._domain, member, interval, 1) if meter else None
            if batch is not None:
                yield batch


class Keeper:
    """Clears each interval after its gate and closes its books once all are metered.

    Anyone may do so; members' engines take turns at the same duties.
    """

    def __init__(
        self,
        account: StreetAccount,
        contracts: Community,
        members: Sequence[str],
        first_interval: int,
        rules: MarketRules,
        times: Times,
    ) -> None:
        self._account = account
        self._contracts = contracts
        self._members = list(members)
        self._books = [book.book for book in rules.books]
        self._clear = Due(first_interval, CLEAR_AFTER_GATE_S - rules.gate_closure_s)
        closed_s = times.readings_due_s + FINALISE_AFTER_DUE_S
        self._finalise = Due(first_interval, after_end_s(closed_s))
        issued_s = times.readings_due_s + CERTIFY_AFTER_DUE_S
        self._certify = Due(first_interval, after_end_s(issued_s))
        claimed_s = times.certificates_close_s + CLAIM_AFTER_CLOSE_S
        self._claim = Due(first_interval, after_end_s(claimed_s))

    async def step(self, now_s: float) -> None:
        """Clear, finalise and certify what is due."""
        market, settlement = self._contracts.market, self._contracts.settlement
        for interval in self._clear.take(now_s):
            for book in self._books:
                await self._account.send(market.address, market.clear(book, interval))
        for _ in self._finalise.take(now_s):
            for members in self._in_parts():
                data = settlement.finalise(members, 1)
                await self._account.send(settlement.address, data, gas=GAS)
        await self._certificates(now_s)

    async def _certificates(self, now_s: float) -> None:
        certificates = Certificates(self._contracts.addresses["Certificates"])
        for due, call in (
            (self._certify, certificates.issue),
            (self._claim, certificates.claim),
        ):
            for interval in due.take(now_s):
                if interval % 4 != 3:
                    continue
                for members in self._in_parts():
                    data = call(members, interval // 4)
                    await self._account.send(certificates.address, data, gas=GAS)

    def _in_parts(self) -> Iterator[Sequence[str]]:
        return in_parts(self._members, MAX_MEMBERS)


def in_parts(items: Iterable[T], size: int) -> Iterator[Sequence[T]]:
    """Yield items in order, at most ``size`` at a time."""
    left = iter(items)
    while part := tuple(islice(left, size)):
        yield part
