"""Recomputes a day's bill from signed readings and proven contract state, interval by interval."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from peerwatt.chain.bindings.community import Community, View
from peerwatt.chain.clients.opening import open_chain
from peerwatt.chain.networks import load_network
from peerwatt.chain.ports import VerifiedChain
from peerwatt.chain.reading.reader import ProvenReader
from peerwatt.config.clock import DrivenClock, SystemClock
from peerwatt.config.paths import SitePaths
from peerwatt.config.settings import SiteSettings, load_settings
from peerwatt.history.facade import History
from peerwatt.market.settlement_view import Bill, audit_fault, day_bill
from peerwatt.model.market import SettledInterval, Tariff
from peerwatt.model.units import interval_at
from peerwatt.model.verified import ChainFault, EndpointAway

ROUNDS = 200
"""Rounds of syncing before the audit gives up; each takes thousands of headers."""


class AuditFault(Exception):
    """The audit cannot be made; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Audit:
    """A day's bill, recomputed; ``faults`` names the first interval that does not hold."""

    day: str
    block_number: int
    bill: Bill
    faults: tuple[str, ...]


def run_audit(site: str, day: str) -> Audit:
    """Prove and recompute one local day. Raises AuditFault."""
    try:
        wanted = date.fromisoformat(day)
    except ValueError:
        raise AuditFault(f"{day} is no day; write it like 2025-06-17") from None
    paths = SitePaths.named(site)
    settings = load_settings(paths.settings)
    if settings.wallet.owner_address is None:
        raise AuditFault(f"the site {site} has no account on a chain yet")
    try:
        return asyncio.run(_audit(paths, settings, settings.wallet.owner_address, wanted))
    except ChainFault as fault:
        raise AuditFault(str(fault)) from None


async def _audit(paths: SitePaths, settings: SiteSettings, owner: str, day: date) -> Audit:
    clock = SystemClock() if settings.clock == "system" else _stopped_clock(paths)
    client = open_chain(load_network(settings.chain), clock)
    community = Community(client.network.contracts)
    try:
        await _follow(client)
        first, end = _intervals(settings, day)
        view = View(owner, clock.now_s(), 0, settled=tuple(range(first, end)))
        proven = await community.snapshot(ProvenReader(client), view)
    finally:
        await client.close()
    settled: list[SettledInterval] = [s for s in proven.value.settled.values() if s is not None]
    member = proven.value.member
    tariff = Tariff(member.retail_micro_per_kwh, member.feed_in_micro_per_kwh)
    faults = tuple(fault for one in settled if (fault := audit_fault(one, tariff)) is not None)
    return Audit(day.isoformat(), proven.block_number, day_bill(settled, tariff), faults)


def _stopped_clock(paths: SitePaths) -> DrivenClock:
    """Return a simulated site's time, where it was last."""
    history = History.open(paths.history)
    try:
        last = history.power.last()
    finally:
        history.close()
    return DrivenClock(last.time_s if last else 0.0)


async def _follow(client: VerifiedChain) -> None:
    """Verify the whole chain from its trust root up to the newest block."""
    before = -1
    for _ in range(ROUNDS):
        status = await client.sync()
        if status.head is None or (before >= 0 and status.head == before):
            break
        before = status.head
    if client.head is None:
        raise EndpointAway("no endpoint of the chain answers; start the chain or the demo first")


def _intervals(settings: SiteSettings, day: date) -> tuple[int, int]:
    zone = ZoneInfo(settings.location.timezone)
    start = datetime(day.year, day.month, day.day, tzinfo=zone)
    end = start + timedelta(days=1)
    return interval_at(start.timestamp()), interval_at(end.timestamp())
