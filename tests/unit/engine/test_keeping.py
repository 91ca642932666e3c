"""The keeper's service: quiet when it is not its turn, patient when the chain is away."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise

import pytest

from peerwatt.config.clock import DrivenClock
from peerwatt.engine.keeping import Call, KeepingService
from peerwatt.market.keeper import Duty, DutyKind, KeeperTerms, turn_order
from peerwatt.model.ports import PolicyRefusal
from peerwatt.model.verified import EndpointAway

ME, OTHER = "0x" + "0a" * 20, "0x" + "0b" * 20
START_S = 1_000_000.0
STEP_S = 20.0
GAS = 100_000


class Contracts:
    """What is undone, as the proven state would show it."""

    def __init__(self, keepers: Sequence[str] = (ME,)) -> None:
        self.members = keepers
        self.due: list[Duty] = []
        self.ready: set[int] = set()
        self.waiting: set[int] = set()
        self.looks = 0
        self.away = False

    def fall_due(self, now_s: float) -> Iterable[Duty]:
        found, self.due = self.due, []
        return found

    async def keepers(self) -> Sequence[str]:
        if self.away:
            raise EndpointAway("No endpoint answered.")
        return self.members

    async def undone(self, duties: Sequence[Duty]) -> tuple[list[Duty], list[Duty]]:
        self.looks += 1
        ready = [duty for duty in duties if duty.first_interval in self.ready]
        return ready, [duty for duty in duties if duty.first_interval in self.waiting]

    def calls(self, duties: Sequence[Duty]) -> list[tuple[Call, list[Duty]]]:
        return [(Call("0xc", b"\x01", duty.gas, "a duty"), [duty]) for duty in duties]


class Sender:
    def __init__(self) -> None:
        self.sent: list[str] = []
        self.refuses = False

    async def call(self, to: str, data: bytes, *, gas: int, what: str) -> str:
        if self.refuses:
            raise PolicyRefusal("The agent may not call 0x01 of 0xc.")
        self.sent.append(to)
        return "0x"


class Lab:
    def __init__(self, keepers: Sequence[str] = (ME,), terms: KeeperTerms | None = None) -> None:
        self.clock = DrivenClock(START_S)
        self.contracts, self.sender = Contracts(keepers), Sender()
        self.service = KeepingService(
            ME, self.contracts, self.sender, self.clock, terms or KeeperTerms(STEP_S)
        )

    def fall_due(self, *intervals: int, ready: bool = True) -> None:
        now_s = self.clock.now_s()
        self.contracts.due = [Duty(DutyKind.CLEAR, "1", i, 1, now_s, GAS) for i in intervals]
        (self.contracts.ready if ready else self.contracts.waiting).update(intervals)

    async def after(self, seconds: float) -> bool:
        self.clock.advance(self.clock.now_s() + seconds)
        return await self.service.step()


async def test_nothing_due_reads_nothing() -> None:
    lab = Lab()
    assert not await lab.service.step()
    assert lab.contracts.looks == 0


async def test_what_is_due_is_done_once_and_looked_at_again_when_it_stays_undone() -> None:
    lab = Lab()
    lab.fall_due(7)
    assert await lab.service.step()
    assert not await lab.after(STEP_S)
    assert len(lab.sender.sent) == 1
    assert await lab.after(3 * STEP_S)  # the transaction was lost
    lab.contracts.ready.clear()
    assert not await lab.after(10 * STEP_S)  # proven done
    looks = lab.contracts.looks
    assert not await lab.after(10 * STEP_S)
    assert lab.contracts.looks == looks
    assert lab.service.figures.calls == len(lab.sender.sent) == 2
    assert lab.service.figures.duties[DutyKind.CLEAR] == 2


async def test_the_second_in_turn_waits_and_looks_only_then() -> None:
    lab = Lab((ME, OTHER))
    theirs = [
        i
        for i in range(40)
        if turn_order(Duty(DutyKind.CLEAR, "1", i, 1, START_S, GAS), (ME, OTHER))[0] == OTHER
    ]
    lab.fall_due(*theirs[:3])
    assert not await lab.service.step()
    assert lab.contracts.looks == 0
    lab.contracts.ready = {theirs[0]}  # the other one did two of them and went away
    assert await lab.after(STEP_S)
    assert (len(lab.sender.sent), lab.contracts.looks) == (1, 1)


async def test_what_cannot_be_done_yet_is_tried_again_less_and_less_often() -> None:
    lab = Lab()
    lab.fall_due(7, ready=False)
    looks = [START_S]
    await lab.service.step()
    for _ in range(100):
        seen = lab.contracts.looks
        await lab.after(STEP_S)
        if lab.contracts.looks > seen:
            looks.append(lab.clock.now_s())
    steps = [(b - a) / STEP_S for a, b in pairwise(looks)]
    assert steps == [1, 2, 4, 8, 16, 32, 32]
    lab.contracts.waiting, lab.contracts.ready = set(), {7}
    assert await lab.after(32 * STEP_S)


async def test_a_chain_that_is_away_only_delays() -> None:
    lab = Lab()
    lab.fall_due(7)
    lab.contracts.away = True
    assert not await lab.service.step()
    assert lab.service.sentence == "No endpoint answered."
    lab.contracts.away = False
    assert await lab.after(1)
    assert lab.service.sentence == ""


@pytest.mark.allow_log("A duty of the community was not signed")
async def test_a_refusal_of_the_policy_is_told() -> None:
    lab = Lab()
    lab.fall_due(7)
    lab.sender.refuses = True
    assert not await lab.service.step()
    assert "may not call" in lab.service.sentence


async def test_fees_beyond_what_the_owner_spends_leave_duties_to_others() -> None:
    lab = Lab(terms=KeeperTerms(STEP_S, gas_price_wei=2, fee_left_wei=5 * GAS))
    lab.fall_due(1, 2, 3, 4)
    assert await lab.service.step()
    assert len(lab.sender.sent) == 2
    assert not await lab.after(STEP_S)
    assert lab.service.sentence.startswith("Duties left to other houses")
    lab.service.afford(gas_price_wei=0, fee_left_wei=0)
    assert await lab.after(STEP_S)
    assert len(lab.sender.sent) == 4


async def test_duties_of_last_week_are_let_go() -> None:
    lab = Lab()
    lab.fall_due(7, ready=False)
    await lab.service.step()
    assert not await lab.after(8 * 86_400)
    assert lab.contracts.looks == 1
