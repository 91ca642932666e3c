"""Recomputes a day's bill from signed readings and proven contract state, interval by interval.

The figures come out of the same file and the same stand-alone verifier that anybody else can use:
what cannot be exported and checked by a stranger is not called proven here either.
"""

from __future__ import annotations

import asyncio
import importlib.util
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from peerwatt.chain.clients.opening import open_chain
from peerwatt.chain.networks import load_network
from peerwatt.chain.ports import VerifiedChain
from peerwatt.chain.reading.reader import ProvenReader
from peerwatt.config.clock import DrivenClock, SystemClock
from peerwatt.config.paths import SitePaths
from peerwatt.config.resources import resource
from peerwatt.config.settings import SiteSettings, load_settings
from peerwatt.history.facade import History
from peerwatt.market.audit import IntervalAudit, why_worse
from peerwatt.market.settlement_view import Bill, interval_bill
from peerwatt.model.market import SettledInterval, Tariff
from peerwatt.model.units import interval_at, interval_start_s
from peerwatt.model.verified import ChainFault, EndpointAway

from .audit_export import DayWanted, export_day

ROUNDS = 200
"""Rounds of syncing before the audit gives up; each takes thousands of headers."""


class AuditFault(Exception):
    """The audit cannot be made; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Audit:
    """A day's bill, recomputed; ``faults`` names the first figure that does not hold."""

    day: str
    block_number: int
    bill: Bill
    intervals: tuple[IntervalAudit, ...]
    faults: tuple[str, ...]
    document: Mapping[str, Any]
    """What a stranger needs to check it."""

    @property
    def worse(self) -> tuple[str, ...]:
        """Intervals in which the house came off worse than with the supplier alone, and why."""
        return tuple(one.worse for one in self.intervals if one.worse is not None)


def run_audit(site: str, day: str, export: Path | None = None) -> Audit:
    """Prove and recompute one local day; write its file where asked. Raises AuditFault."""
    try:
        wanted = date.fromisoformat(day)
    except ValueError:
        raise AuditFault(f"{day} is no day; write it like 2025-06-17") from None
    paths = SitePaths.named(site)
    settings = load_settings(paths.settings)
    if settings.wallet.owner_address is None:
        raise AuditFault(f"the site {site} has no account on a chain yet")
    try:
        audit = asyncio.run(_audit(paths, settings, settings.wallet.owner_address, wanted))
    except ChainFault as fault:
        raise AuditFault(str(fault)) from None
    if export is not None:
        _write(export, {**audit.document, "day": audit.day})
    return audit


def _write(path: Path, document: Mapping[str, Any]) -> None:
    try:
        path.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    except OSError as fault:
        raise AuditFault(f"{path} cannot be written: {fault}") from None


async def _audit(paths: SitePaths, settings: SiteSettings, owner: str, day: date) -> Audit:
    clock = SystemClock() if settings.clock == "system" else _stopped_clock(paths)
    client = open_chain(load_network(settings.chain), clock)
    try:
        await _follow(client)
        first, end = _intervals(settings, day)
        document = await export_day(ProvenReader(client), DayWanted(owner, first, end - first))
    finally:
        await client.close()
    return await asyncio.to_thread(audit_document, day.isoformat(), document)


def audit_document(day: str, document: Mapping[str, Any]) -> Audit:
    """Return the audit of an exported day, checked by the stand-alone verifier; takes seconds."""
    verifier = load_verifier()
    validators = [verifier.raw(one) for one in document["chain"]["validators"]]
    try:
        proven = verifier.Day(document, validators)
        found = sorted(proven.replay().items())
        terms = [Tariff(*proven.terms(interval)) for interval, _ in found]
    except verifier.Differs as fault:
        return Audit(day, document["block"], Bill(), (), (str(fault),), document)
    rows = [
        _interval(_settled(interval, figures), tariff)
        for (interval, figures), tariff in zip(found, terms, strict=True)
    ]
    bill = Bill()
    for one, tariff in zip(rows, terms, strict=True):
        bill = bill.plus(interval_bill(one.settled, tariff))
    billed = {**document, "bill": [_billed(one) for one in rows]}
    try:
        proven.doc = billed
        proven.check()
    except verifier.Differs as fault:
        return Audit(day, document["block"], bill, tuple(rows), (str(fault),), billed)
    return Audit(day, document["block"], bill, tuple(rows), (), billed)


def _settled(interval: int, figures: Mapping[str, int]) -> SettledInterval:
    """Return an interval out of the verifier's figures; the supplier's part is after all deals."""
    return SettledInterval(
        interval,
        figures["import"],
        figures["export"],
        figures["bought"],
        figures["sold"],
        0,
        figures["trade"],
        figures["supplier"],
        charge_micro=-figures["charge"],
        accuracy_micro=figures["accuracy"],
        mid_market_micro=figures["mid"],
        deal_micro=figures["deal"],
        is_estimated=bool(figures["estimated"]),
    )


def _interval(settled: SettledInterval, tariff: Tariff) -> IntervalAudit:
    bill = interval_bill(settled, tariff)
    worse = why_worse(settled, tariff)
    return IntervalAudit(settled, bill.bill_micro, bill.supplier_only_micro, None, worse)


def _billed(one: IntervalAudit) -> list[int]:
    """Return an interval as the file's bill has it: Wh, then micro-units."""
    settled = one.settled
    return [
        settled.import_wh,
        settled.export_wh,
        settled.bought_wh,
        settled.sold_wh,
        one.actual_micro,
        one.supplier_only_micro,
    ]


@cache
def load_verifier() -> Any:
    """Return the stand-alone verifier, a resource that is a program of its own."""
    spec = importlib.util.spec_from_file_location(
        "peerwatt_audit", resource("verifier", "peerwatt_audit.py")
    )
    if spec is None or spec.loader is None:
        raise AuditFault("the verifier is missing from this installation; install it again")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def audit_lines(audit: Audit, timezone: str) -> list[str]:
    """Return an audit as lines of text, one for each interval in local time, then the sums."""
    bill, zone = audit.bill, ZoneInfo(timezone)
    head = "time      import  export  bought    sold         cost     supplier        saved"
    rows = [_row(one, zone) for one in audit.intervals]
    return [
        f"{audit.day}: {bill.intervals} intervals, proven at block {audit.block_number}",
        *([f"{head} (Wh, micro-units)", *rows] if rows else []),
        f"imported {bill.import_wh} Wh, exported {bill.export_wh} Wh, "
        f"bought {bill.bought_wh} Wh, sold {bill.sold_wh} Wh",
        f"cost {bill.bill_micro} micro, with the supplier alone {bill.supplier_only_micro} micro, "
        f"saved {bill.saved_micro} micro",
        *(audit.worse or ("no interval cost more than with the supplier alone",)),
        *audit.faults,
        "the bill does not hold" if audit.faults else "every interval holds",
    ]


def _row(one: IntervalAudit, zone: ZoneInfo) -> str:
    settled = one.settled
    at = datetime.fromtimestamp(interval_start_s(settled.interval), zone)
    energy: Sequence[int] = (
        settled.import_wh, settled.export_wh, settled.bought_wh, settled.sold_wh,
    )  # fmt: skip
    money = (one.actual_micro, one.supplier_only_micro, one.saved_micro)
    mark = " estimated" if settled.is_estimated else ""
    return (
        f"{at:%H:%M} " + "".join(f"{wh:8d}" for wh in energy)
        + "".join(f"{micro:13d}" for micro in money) + mark
    )  # fmt: skip


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
