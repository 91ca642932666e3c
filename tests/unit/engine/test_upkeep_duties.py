"""Fees, late readings and certificates: when they are due and what the proven state asks for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

from peerwatt.chain.bindings.artefact import load_artefact
from peerwatt.chain.bindings.certificates import HourRecord
from peerwatt.chain.bindings.community import NAMES
from peerwatt.chain.bindings.meter import MeterRow
from peerwatt.chain.bindings.settlement import SettlementRecord
from peerwatt.config.clock import DrivenClock
from peerwatt.engine.upkeep_duties import (
    AllDuties,
    UpkeepDuties,
    UpkeepTimes,
    can_issue,
    needs_bill,
    needs_claim,
    needs_true_up,
)
from peerwatt.market.keeper import Duty, DutyKind
from peerwatt.model.supply import GRACE_S, PERIOD_S, Account
from peerwatt.model.verified import Proven

ALL = (*NAMES, "Supply", "Certificates")
AT = {name: "0x" + f"{number:02x}" * 20 for number, name in enumerate(ALL, 0xA0)}
ANNA, BEN = "0x" + "0a" * 20, "0x" + "0b" * 20
DAY = 20_000
START_S = DAY * 86_400.0
HOUR = DAY * 24
FIRST = HOUR * 4
DUE_S, CLOSE_S = 3_600.0, 10_800.0


class State:
    """Words of the contracts, as a proven reading returns them; zero where nothing is set."""

    def __init__(self) -> None:
        self.words: dict[tuple[str, int], int] = {}

    def put(self, contract: str, value: int, name: str, *keys: int | str, member: int = 0) -> None:
        slot = load_artefact(contract).layout.of(name, *keys, member=member)
        self.words[AT[contract], slot] = value

    async def read(self, slots: Mapping[str, Sequence[int]], block: int | None = None) -> Any:
        found = {
            at: SimpleNamespace(slots={slot: self.words.get((at, slot), 0) for slot in wanted})
            for at, wanted in slots.items()
        }
        return Proven(found, 7, 0)


def upkeep(state: State, contracts: Sequence[str] = ALL) -> UpkeepDuties:
    named = {name: AT[name] for name in contracts}
    return UpkeepDuties(cast(Any, state), named, UpkeepTimes(DUE_S, CLOSE_S), START_S)


def kinds(duties: Sequence[Duty]) -> list[DutyKind]:
    return sorted({duty.kind for duty in duties}, key=list(DutyKind).index)


def test_each_duty_falls_due_once_at_the_same_time_for_all_keepers() -> None:
    one = upkeep(State())
    found = list(one.fall_due((ANNA, BEN), START_S))
    assert kinds(found) == [DutyKind.BILL]
    assert [duty.subject for duty in found] == [ANNA, BEN]
    assert list(one.fall_due((ANNA,), START_S)) == []
    found = list(one.fall_due((ANNA,), START_S + 3_600 + DUE_S + 900))
    assert [(duty.kind, duty.first_interval, duty.count) for duty in found] == [
        (DutyKind.ISSUE, FIRST, 4)
    ]
    found = list(one.fall_due((ANNA,), START_S + 86_400 + DUE_S))
    assert kinds(found) == [DutyKind.TRUE_UP, DutyKind.BILL, DutyKind.ISSUE, DutyKind.CLAIM]
    assert next(duty.count for duty in found if duty.kind is DutyKind.TRUE_UP) == 96
    plain = list(upkeep(State(), NAMES).fall_due((ANNA,), START_S + 2 * 86_400))
    assert kinds(plain) == [DutyKind.TRUE_UP]


def test_a_bill_is_sent_only_where_it_changes_something() -> None:
    now_s = float(100 * PERIOD_S)
    paid = Account(1, 0, 0, 101, 0, "", 0, False)
    assert needs_bill(Account(0, 0, 0, 0, 0, "", 0, False), 9, now_s) is None
    assert needs_bill(paid, 9, now_s) is None
    assert needs_bill(replace(paid, unbilled_period=100), 0, now_s) is True
    due = replace(paid, due_micro=500, unpaid_since_s=int(now_s))
    assert needs_bill(due, 0, now_s) is None
    assert needs_bill(due, 1, now_s) is True
    assert needs_bill(due, 0, now_s + GRACE_S) is True
    assert needs_bill(replace(due, is_suspended=True), 0, now_s + GRACE_S) is None
    assert needs_bill(replace(paid, is_suspended=True), 0, now_s) is True


def record(interval: int, *, estimated: bool = False, final: bool = True) -> SettlementRecord:
    return SettlementRecord(interval, 0, 0, 0, estimated, True, False, final)


def test_estimates_give_way_once_signed_readings_are_there() -> None:
    rows: dict[int, MeterRow | None] = {1: MeterRow(1, 5, 0), 2: MeterRow(2, 5, 0, True)}
    assert needs_true_up(rows, {1: record(1), 2: None}) is None
    assert needs_true_up(rows, {1: record(1), 2: record(2, estimated=True)}) is False
    assert needs_true_up(rows, {1: record(1, estimated=True), 2: record(2)}) is True


def test_certificates_need_a_signed_and_final_hour_and_are_claimed_once() -> None:
    rows: dict[int, MeterRow | None] = {1: MeterRow(1, 5, 0)}
    assert can_issue(rows, {1: record(1)})
    assert not can_issue(rows, {1: record(1, final=False)})
    assert not can_issue({1: MeterRow(1, 5, 0, True)}, {1: record(1)})
    assert not can_issue({1: None}, {1: None})
    issued = HourRecord(0, 0, 0, 40, 40, 0, 0, False)
    assert needs_claim(None) is None
    assert needs_claim(issued) is True
    assert needs_claim(replace(issued, is_claimed=True)) is None
    assert needs_claim(replace(issued, local_wh=0)) is None


def hour(state: State, member: str) -> None:
    """All four intervals signed with 100 Wh of import, settled and final."""
    last = FIRST + 3
    state.put("Meter", last << 128 | last << 160 | FIRST << 192, "last", 0, member)
    place = HOUR % 192
    lanes = sum(100 << (64 * lane + 32) for lane in range(4))
    state.put("Meter", lanes, "rows", 0, member, member=place)
    state.put("Settlement", 1 << 255 | FIRST << 16 | last << 48 | last << 80, "state", member)


def duty(kind: DutyKind, member: str, count: int = 4) -> Duty:
    return Duty(kind, member, FIRST, count, START_S, 100_000)


async def test_the_proven_words_decide_what_is_sent() -> None:
    state = State()
    one, now_s = upkeep(state), START_S + 2 * 3_600
    hour(state, ANNA)
    wanted = [duty(DutyKind.ISSUE, ANNA), duty(DutyKind.ISSUE, BEN), duty(DutyKind.CLAIM, ANNA)]
    assert await one.undone(wanted, now_s) == ([wanted[0]], [wanted[1]])
    assert await one.undone(wanted, now_s + 86_400) == ([], [])
    state.put("Registry", int(BEN, 16), "production_meter_of", ANNA)
    assert await one.undone(wanted[:1], now_s) == ([], wanted[:1])
    state.put("Certificates", 1 << 255 | 40 << 96, "records", ANNA, HOUR)
    assert await one.undone(wanted, now_s) == ([wanted[2]], [wanted[1]])
    late = [duty(DutyKind.TRUE_UP, ANNA)]
    assert await one.undone(late, now_s) == ([], [])
    state.put("Settlement", 1 << 192, "records", ANNA, member=HOUR % 192)
    assert await one.undone(late, now_s) == (late, [])
    bill = [duty(DutyKind.BILL, ANNA)]
    assert await one.undone(bill, now_s) == ([], [])
    state.put("Supply", 1, "subscriptions", ANNA)
    assert await one.undone(bill, now_s) == (bill, [])


async def test_calls_go_to_the_contracts_that_ask_for_them() -> None:
    market: Any = SimpleNamespace(members=(ANNA,), calls=lambda duties: [], fall_due=lambda _: ())
    both = AllDuties(market, upkeep(State()), DrivenClock(START_S))
    assert kinds(list(both.fall_due(START_S))) == [DutyKind.BILL]
    every = [duty(DutyKind.ISSUE, ANNA), duty(DutyKind.BILL, BEN), duty(DutyKind.ISSUE, BEN)]
    calls = both.calls([*every, duty(DutyKind.TRUE_UP, ANNA, 96), duty(DutyKind.CLAIM, ANNA)])
    named = {
        (AT[contract], load_artefact(contract).selector(name)): name
        for contract, names in (
            ("Supply", ("bill",)),
            ("Settlement", ("true_up",)),
            ("Certificates", ("issue", "claim")),
        )
        for name in names
    }
    assert [named[call.to, call.data[:4]] for call, _ in calls] == [
        "bill", "true_up", "issue", "claim",
    ]  # fmt: skip
    assert calls[2][1] == [every[0], every[2]]
    assert calls[2][0].data == load_artefact("Certificates").calldata("issue", [ANNA, BEN], HOUR)
