"""The grid operator: asks for less import at evening and morning peaks, awards, verifies, pays."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from peerwatt.chain.bindings.community import Community
from peerwatt.chain.bindings.wants import Reader, fetch
from peerwatt.model.flexibility import Direction, FlexOffer, FlexRequest
from peerwatt.model.units import interval_at, interval_start_s
from peerwatt.model.verified import ChainFault

from .account import StreetAccount

log = logging.getLogger(__name__)

VERIFY_AFTER_S = 45
EVERY_INTERVALS = 16
"""A new request every four hours."""

QUIET_HOURS = {20, 21, 22, 23, 0, 1, 2, 3, 4}
"""UTC hours in which nothing is asked for: the grid is idle at night."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What the operator asks for, relative to the interval in which it asks."""

    ask_after_s: float = 600.0
    window_in_intervals: int = 2
    interval_count: int = 2
    quantity_wh: int = 4_000
    max_price_micro: int = 400_000
    penalty_micro: int = 100_000
    offers_open_s: float = 600.0


@dataclass(slots=True)
class _Open:
    request: FlexRequest
    awarded: dict[str, int] | None = None
    verified: bool = False
    closed: bool = False


class GridOperator:
    """Posts requests on its own schedule and sees each through to its payment."""

    def __init__(
        self,
        account: StreetAccount,
        contracts: Community,
        reader: Reader,
        zone: int,
        first_interval: int,
        wish: Wish | None = None,
    ) -> None:
        self.requests = 0
        self._account = account
        self._contracts = contracts
        self._reader = reader
        self._zone = zone
        self._next = first_interval
        self._wish = wish or Wish()
        self._open: list[_Open] = []

    async def step(self, now_s: float) -> None:
        """Do what is due; faults of the chain only delay it."""
        if now_s >= interval_start_s(self._next) + self._wish.ask_after_s:
            self._next += EVERY_INTERVALS
            if int(now_s // 3600 % 24) not in QUIET_HOURS:
                await self._ask(interval_at(now_s), now_s)
        for item in self._open:
            try:
                await self._go_on(item, now_s)
            except ChainFault as fault:
                log.info("The grid operator waits: %s", fault)
        self._open = [item for item in self._open if not item.closed]

    async def _ask(self, current: int, now_s: float) -> None:
        wish, flexibility = self._wish, self._contracts.flexibility
        request = FlexRequest(
            request_id=self.requests,
            zone=self._zone,
            direction=Direction.REDUCE,
            first_interval=current + wish.window_in_intervals,
            interval_count=wish.interval_count,
            quantity_wh=wish.quantity_wh,
            max_price_micro_per_kwh=wish.max_price_micro,
            penalty_micro_per_kwh=wish.penalty_micro,
            offer_deadline_s=int(now_s + wish.offers_open_s),
        )
        if await self._account.send(flexibility.address, flexibility.request(request)):
            self.requests += 1
            self._open.append(_Open(request))

    async def _go_on(self, item: _Open, now_s: float) -> None:
        request = item.request
        end = interval_start_s(request.first_interval + request.interval_count)
        if item.awarded is None:
            if now_s > request.offer_deadline_s + 15:
                await self._award(item)
        elif not item.verified and now_s >= end + VERIFY_AFTER_S:
            await self._verify(item)
        elif item.verified:
            await self._close(item)

    async def _award(self, item: _Open) -> None:
        """Take the cheapest offers until the quantity is covered."""
        flexibility = self._contracts.flexibility
        found = await flexibility.offers(self._reader, item.request.request_id)
        item.awarded = cheapest_cover(found.value, item.request.quantity_wh)
        if item.awarded:
            data = flexibility.award(item.request.request_id, item.awarded)
            await self._account.send(flexibility.address, data)
        else:
            item.verified = True

    async def _verify(self, item: _Open) -> None:
        flexibility = self._contracts.flexibility
        for member in item.awarded or {}:
            data = flexibility.verify(item.request.request_id, member)
            await self._account.send(flexibility.address, data)
        item.verified = True

    async def _close(self, item: _Open) -> None:
        """Return the rest of the escrow, once all awards are proven to be verified."""
        flexibility = self._contracts.flexibility
        request_id = item.request.request_id
        found = (await fetch(self._reader, flexibility.request_at(request_id))).value
        if found is not None and found.awards == found.verified_awards:
            await self._account.send(flexibility.address, flexibility.close(request_id))
            item.closed = True


def cheapest_cover(offers: tuple[FlexOffer, ...], quantity_wh: int) -> dict[str, int]:
    """Return member -> awarded Wh: cheapest first, the earliest first among equals."""
    awarded: dict[str, int] = {}
    missing = quantity_wh
    for offer in sorted(offers, key=lambda o: o.price_micro_per_kwh):
        if missing <= 0:
            break
        awarded[offer.member] = min(offer.quantity_wh, missing)
        missing -= awarded[offer.member]
    return awarded
