"""Duties beside the market's own: suppliers' fees, late readings put in place, certificates.

Like clearing and settling they are open to anyone and cost the member nothing but gas.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from peerwatt.chain.bindings.certificates import Certificates, HourRecord
from peerwatt.chain.bindings.market import Market
from peerwatt.chain.bindings.meter import PRODUCTION, Meter, MeterRow
from peerwatt.chain.bindings.registry import Registry
from peerwatt.chain.bindings.settlement import Settlement, SettlementRecord
from peerwatt.chain.bindings.supply import Supply
from peerwatt.chain.bindings.wants import Want, fetch_all
from peerwatt.chain.reading.reader import ProvenReader
from peerwatt.market.keeper import Duty, DutyKind
from peerwatt.model.ports import Clock
from peerwatt.model.supply import GRACE_S, PERIOD_S, Account
from peerwatt.model.units import INTERVAL_S

from .keeping import Call
from .keeping_duties import CommunityDuties

DAY_S = 86_400
HOUR_S = 3_600
CERTIFY_AFTER_S = 900.0
"""After the contracts allow it: a community commonly has an operator who does it in large parts."""
BILL_GAS, TRUE_UP_GAS, CERTIFICATE_GAS = 600_000, 2_500_000, 250_000
TOGETHER = 32
"""Members in one call of the certificates (the contract's limit)."""
KINDS = (DutyKind.BILL, DutyKind.TRUE_UP, DutyKind.ISSUE, DutyKind.CLAIM)


@dataclass(frozen=True, slots=True)
class UpkeepTimes:
    """When duties fall due, seconds; the same for all keepers of a community."""

    final_after_s: float
    """From the end of an hour until its settlement is final."""
    close_after_s: float | None = None
    """From the end of an hour until its certificates are closed; ``None``: there are none."""


class UpkeepDuties:
    """What is due of these kinds, what the proven state shows undone and the calls for it."""

    def __init__(
        self,
        reader: ProvenReader,
        contracts: Mapping[str, str],
        times: UpkeepTimes,
        now_s: float,
    ) -> None:
        self._reader = reader
        self._registry = Registry(contracts["Registry"])
        self._market = Market(contracts["Market"])
        self._meter = Meter(contracts["Meter"])
        self._settlement = Settlement(contracts["Settlement"])
        self._supply = Supply(contracts["Supply"]) if "Supply" in contracts else None
        at = contracts.get("Certificates")
        self._certificates = Certificates(at) if at and times.close_after_s is not None else None
        self._times = times
        self._next_bill = int(now_s // DAY_S)
        self._next_true_up = int(now_s // DAY_S)
        self._next_issue = self._next_claim = int(now_s // HOUR_S)

    # -- the calendar ------------------------------------------------------------------------

    def fall_due(self, members: Sequence[str], now_s: float) -> Iterator[Duty]:
        """Yield what has fallen due since the last call."""
        final_s = self._times.final_after_s
        issue_s, claim_s = final_s + CERTIFY_AFTER_S, self._close_s + CERTIFY_AFTER_S
        while self._supply is not None and (due_s := float(self._next_bill * DAY_S)) <= now_s:
            yield from _each(members, DutyKind.BILL, self._next_bill, DAY_S, due_s, BILL_GAS)
            self._next_bill += 1
        while (due_s := (self._next_true_up + 1) * DAY_S + final_s) <= now_s:
            day = self._next_true_up
            yield from _each(members, DutyKind.TRUE_UP, day, DAY_S, due_s, TRUE_UP_GAS)
            self._next_true_up += 1
        if self._certificates is None:
            return
        while (due_s := (self._next_issue + 1) * HOUR_S + issue_s) <= now_s:
            hour = self._next_issue
            yield from _each(members, DutyKind.ISSUE, hour, HOUR_S, due_s, CERTIFICATE_GAS)
            self._next_issue += 1
        while (due_s := (self._next_claim + 1) * HOUR_S + claim_s) <= now_s:
            hour = self._next_claim
            yield from _each(members, DutyKind.CLAIM, hour, HOUR_S, due_s, CERTIFICATE_GAS)
            self._next_claim += 1

    # -- the proven state --------------------------------------------------------------------

    async def undone(self, duties: Sequence[Duty], now_s: float) -> tuple[list[Duty], list[Duty]]:
        """Return (can be done now, not yet). Raises ChainFault."""
        wants: dict[str, Want[Any]] = {}
        for number, duty in enumerate(duties):
            wants |= {f"{number}/{name}": want for name, want in self._wants(duty).items()}
        if not wants:
            return [], []
        found = (await fetch_all(self._reader, wants)).value
        ready: list[Duty] = []
        not_yet: list[Duty] = []
        for number, duty in enumerate(duties):
            state = self._state(duty, found, f"{number}/", now_s)
            if state is not None:
                (ready if state else not_yet).append(duty)
        return ready, not_yet

    def _wants(self, duty: Duty) -> dict[str, Want[Any]]:
        member, first, count = duty.subject, duty.first_interval, duty.count
        if duty.kind is DutyKind.BILL and self._supply is not None:
            return {
                "account": self._supply.account(member),
                "held": self._market.account(member),
            }
        certificates = self._certificates
        if duty.kind in (DutyKind.ISSUE, DutyKind.CLAIM) and certificates is None:
            return {}
        wants: dict[str, Want[Any]] = {}
        if duty.kind in (DutyKind.TRUE_UP, DutyKind.ISSUE):
            wants["rows"] = self._meter.rows(member, first, count)
            for interval in range(first, first + count):
                wants[f"record {interval}"] = self._settlement.record(member, interval)
        if certificates is not None and duty.kind is not DutyKind.TRUE_UP:
            wants["certificate"] = certificates.record(member, first * INTERVAL_S // HOUR_S)
        if duty.kind is DutyKind.ISSUE:
            wants["plant"] = self._registry.production_meter(member)
            wants["made"] = self._meter.rows(member, first, count, PRODUCTION)
        return wants

    def _state(self, duty: Duty, found: Mapping[str, Any], at: str, now_s: float) -> bool | None:
        """Return whether a duty can be done now; ``None`` where there is nothing to do."""
        if duty.kind is DutyKind.BILL:
            return needs_bill(found[f"{at}account"], found[f"{at}held"].available_micro, now_s)
        if duty.kind is DutyKind.CLAIM:
            return needs_claim(found[f"{at}certificate"])
        span = range(duty.first_interval, duty.first_interval + duty.count)
        rows: Mapping[int, MeterRow | None] = found[f"{at}rows"]
        records = {i: found[f"{at}record {i}"] for i in span}
        if duty.kind is DutyKind.TRUE_UP:
            return needs_true_up(rows, records)
        end_s = (span[-1] + 1) * INTERVAL_S
        if found[f"{at}certificate"] is not None or now_s >= end_s + self._close_s:
            return None
        if int(found[f"{at}plant"], 16) and not all_signed(found[f"{at}made"]):
            return False
        return can_issue(rows, records)

    @property
    def _close_s(self) -> float:
        return self._times.close_after_s or 0.0

    # -- the calls ---------------------------------------------------------------------------

    def calls(self, duties: Sequence[Duty]) -> list[tuple[Call, list[Duty]]]:
        """Return the calls that do duties; certificates of one hour go together."""
        made: list[tuple[Call, list[Duty]]] = []
        hours: dict[tuple[DutyKind, int], list[Duty]] = {}
        for duty in duties:
            if duty.kind is DutyKind.BILL and self._supply is not None:
                data = self._supply.bill(duty.subject)
                call = Call(self._supply.address, data, duty.gas, "A supplier's fee billed")
                made.append((call, [duty]))
            elif duty.kind is DutyKind.TRUE_UP:
                data = self._settlement.true_up(duty.subject, duty.first_interval, duty.count)
                what = "Late readings put in place of estimates"
                made.append((Call(self._settlement.address, data, duty.gas, what), [duty]))
            else:
                hours.setdefault((duty.kind, duty.first_interval), []).append(duty)
        for (kind, first), every in hours.items():
            for start in range(0, len(every), TOGETHER):
                made.append(self._certified(kind, first, every[start : start + TOGETHER]))
        return made

    def _certified(self, kind: DutyKind, first: int, duties: list[Duty]) -> tuple[Call, list[Duty]]:
        assert self._certificates is not None
        members, hour = [duty.subject for duty in duties], first * INTERVAL_S // HOUR_S
        issues = kind is DutyKind.ISSUE
        make = self._certificates.issue if issues else self._certificates.claim
        what = "An hour's certificates issued" if issues else "An hour's certificates claimed"
        gas = 100_000 + sum(duty.gas for duty in duties)
        return Call(self._certificates.address, make(members, hour), gas, what), duties


def _each(
    members: Sequence[str], kind: DutyKind, number: int, length_s: int, due_s: float, gas: int
) -> Iterator[Duty]:
    count = length_s // INTERVAL_S
    for member in members:
        yield Duty(kind, member, number * count, count, due_s, gas)


def needs_bill(account: Account, available_micro: int, now_s: float) -> bool | None:
    """Whether a bill changes anything: a period has begun, something can be paid, grace is over."""
    if not account.offer and not account.next_offer:
        return None
    if account.due_micro == 0:
        begun = account.unbilled_period <= now_s // PERIOD_S
        return True if begun or account.is_suspended else None
    over = now_s >= account.unpaid_since_s + GRACE_S
    return True if available_micro > 0 or (over and not account.is_suspended) else None


def needs_true_up(
    rows: Mapping[int, MeterRow | None], records: Mapping[int, SettlementRecord | None]
) -> bool | None:
    """Whether a signed row is there for an interval that was settled on an estimate."""
    estimated = [i for i, record in records.items() if record is not None and record.is_estimated]
    late = [row for i in estimated if (row := rows[i]) is not None and not row.is_estimated]
    return bool(late) if estimated else None


def all_signed(rows: Mapping[int, MeterRow | None]) -> bool:
    """Whether meters have signed all of these intervals."""
    return all(row is not None and not row.is_estimated for row in rows.values())


def can_issue(
    rows: Mapping[int, MeterRow | None], records: Mapping[int, SettlementRecord | None]
) -> bool:
    """Whether all of an hour is signed and finally settled."""
    return all_signed(rows) and all(one is not None and one.is_final for one in records.values())


def needs_claim(record: HourRecord | None) -> bool | None:
    """Whether a closed hour has something left to burn for a member."""
    is_open = record is not None and not record.is_claimed and record.local_wh > 0
    return True if is_open else None


class AllDuties:
    """Implements the keeping service's :class:`~.keeping.DutySource` for both kinds of duties."""

    def __init__(self, market: CommunityDuties, upkeep: UpkeepDuties, clock: Clock) -> None:
        self._market = market
        self._upkeep = upkeep
        self._clock = clock

    def fall_due(self, now_s: float) -> Iterator[Duty]:
        """Yield what has fallen due since the last call; nothing before the members are read."""
        yield from self._market.fall_due(now_s)
        if members := self._market.members:
            yield from self._upkeep.fall_due(members, now_s)

    async def keepers(self) -> Sequence[str]:
        """Return the active members, who take turns. Raises ChainFault."""
        return await self._market.keepers()

    async def undone(self, duties: Sequence[Duty]) -> tuple[list[Duty], list[Duty]]:
        """Return (can be done now, not yet). Raises ChainFault."""
        theirs, ours = _parted(duties)
        ready, not_yet = await self._market.undone(theirs) if theirs else ([], [])
        more, later = await self._upkeep.undone(ours, self._clock.now_s()) if ours else ([], [])
        return [*ready, *more], [*not_yet, *later]

    def calls(self, duties: Sequence[Duty]) -> list[tuple[Call, list[Duty]]]:
        """Return the calls that do duties, those of the market first."""
        theirs, ours = _parted(duties)
        return [*self._market.calls(theirs), *self._upkeep.calls(ours)]


def _parted(duties: Sequence[Duty]) -> tuple[list[Duty], list[Duty]]:
    ours = [duty for duty in duties if duty.kind in KINDS]
    return [duty for duty in duties if duty.kind not in KINDS], ours
