"""What the engine takes up of the chain: after a restart, and while blocks may be replaced."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from peerwatt.chain.bindings.community import HouseSnapshot, View
from peerwatt.chain.bindings.market import Account, Market
from peerwatt.chain.bindings.meter import MeterRegister, MeterState
from peerwatt.chain.bindings.registry import Member, Used
from peerwatt.chain.bindings.settlement import Settlement
from peerwatt.chain.status import Evidence, SyncState
from peerwatt.config.clock import DrivenClock
from peerwatt.engine.chain_service import LOOK_BACK, ChainService
from peerwatt.engine.disk import Disk
from peerwatt.engine.picture import CommunityFacts
from peerwatt.history.facade import History
from peerwatt.history.records import ClearedPrice
from peerwatt.model.market import Clearing, MarketRules, PriceLadder, SettledInterval
from peerwatt.model.units import interval_start_s
from peerwatt.model.verified import Proven, Unproven

NOW = 2_000_000
ME = "0x" + "22" * 20


async def test_recent_clearings_are_proven_anew(tmp_path: Path) -> None:
    """A stored price has no marginal fill: a share taken from it would be a guess."""
    history, disk = History.open(tmp_path / "history.sqlite"), Disk()
    intervals = (NOW - LOOK_BACK - 1, NOW - LOOK_BACK, NOW)
    history.prices.put([ClearedPrice(interval, 190_000, 700) for interval in intervals])
    whole = Clearing(NOW - 1, 180_000, 700, 140, 140, 7, 10, 1, 1)
    history.clearings.put([(0, whole), (1, replace(whole, volume_wh=9))])
    nothing: Any = Contracts(Chain())
    clock = DrivenClock(float(interval_start_s(NOW)))
    service = ChainService(nothing, nothing, ME, None, history, disk, clock, lambda *_: None)
    await service.load()
    assert set(service.clearings) == {NOW - LOOK_BACK - 1, NOW - 1}
    assert service.clearings[NOW - 1] == whole
    assert service.all_clearings[1, NOW - 1].volume_wh == 9
    disk.close()
    history.close()


MEMBER = Member(1, True, 300_000, 80_000, "0x0", "0x0")
FACTS = CommunityFacts(MarketRules(PriceLadder(60_000, 1_000, 8), 1, 180), MEMBER)


def block(number: int, branch: bytes = b"a") -> Any:
    time_s = interval_start_s(NOW) + 5 * number
    header = SimpleNamespace(number=number, timestamp=time_s)
    return SimpleNamespace(header=header, block_hash=branch + b"%d" % number)


class Chain:
    """A client whose newest blocks the test replaces."""

    def __init__(self) -> None:
        self.blocks = {n: block(n) for n in range(11)}
        self.final_number = 8
        self.state = SyncState.VERIFIED
        self.evidence: Evidence | None = None

    async def sync(self) -> Any:
        return SimpleNamespace(state=self.state, sentence="so it is")

    @property
    def head(self) -> Any:
        return self.blocks[max(self.blocks)]

    def block(self, number: int) -> Any:
        return self.blocks.get(number)

    def pinned(self, number: int | None = None) -> Any:
        return self.head if number is None else self.blocks[number]

    async def resolve_evidence(self, *, follow_other: bool = False) -> Evidence | None:
        found, self.evidence = self.evidence, None
        if found is not None and follow_other:
            self.blocks = {n: b for n, b in self.blocks.items() if n < found.height}
        return found


ACCOUNT = Account(7_000_000, 1_000_000, 1, no_fuss=False, has_lien=False)


class Outcomes:
    """What intervals came to, as the test says it; one block is final at a time."""

    def __init__(self, chain: Chain) -> None:
        self.chain = chain
        self.told: dict[int, tuple[int, SettledInterval]] = {}
        self.gap = None
        self.forgotten: list[int] = []

    async def step(self, zone: int, clearings: object) -> dict[int, SettledInterval]:
        final = self.chain.final_number
        return {i: one for i, (block, one) in self.told.items() if block <= final}

    async def forget(self, first_block: int, settled: Any) -> dict[int, SettledInterval]:
        self.forgotten.append(first_block)
        return {}


class Contracts:
    """Results by the block in which they stand; answers for any block."""

    def __init__(self, chain: Chain) -> None:
        self.chain = chain
        self.credit: Any = SimpleNamespace(address="0x" + "11" * 20)
        self.settlement, self.market = Settlement("0x" + "33" * 20), Market("0x" + "44" * 20)
        self.results: dict[int, tuple[int, int]] = {}
        """Interval -> (block, price)."""
        self.asked: list[View] = []
        self.fault = ""

    async def snapshot(
        self, _: object, view: View, number: int | None = None
    ) -> Proven[HouseSnapshot]:
        if self.fault:
            raise Unproven(self.fault)
        at = self.chain.pinned(number)
        self.asked.append(view)

        def price(interval: int) -> int | None:
            found = self.results.get(interval)
            return found[1] if found and found[0] <= at.header.number else None

        cleared = {(reach, i): price(i) for reach, i in view.clearings}
        house = HouseSnapshot(
            *(1, ACCOUNT, 2, MEMBER, MEMBER, MEMBER, None, Used(0, 0), 1, 2, 0),
            *(MeterState(MeterRegister(0, 0, 0), 0, 0, False), None, None, {}, {}, {}),
            clearings={
                key: None if p is None else Clearing(key[1], p, 5) for key, p in cleared.items()
            },
            requests={},
            offers={},
        )
        return Proven(house, at.header.number, at.header.timestamp)


class Rig:
    def __init__(self, folder: Path) -> None:
        self.history, self.disk = History.open(folder / "history.sqlite"), Disk()
        self.chain = Chain()
        self.contracts = Contracts(self.chain)
        self.clock = DrivenClock(float(interval_start_s(NOW)) + 60)
        self.said: list[str] = []
        chain: Any = self.chain
        contracts: Any = self.contracts
        self.service = ChainService(
            *(chain, contracts, ME, None, self.history, self.disk, self.clock),
            lambda *words: self.said.append(words[-1]),
        )
        self.service.facts = FACTS
        self.outcomes = Outcomes(self.chain)
        self.service.outcomes = cast(Any, self.outcomes)

    def stored(self) -> dict[int, int]:
        return {p.interval: p.price_micro for p in self.history.prices.recent(0)}

    def close(self) -> None:
        self.disk.close()
        self.history.close()


@pytest.fixture
def rig(tmp_path: Path) -> Any:
    made = Rig(tmp_path)
    yield made
    made.close()


async def test_what_may_still_be_replaced_is_shown_but_not_stored(rig: Rig) -> None:
    rig.contracts.results[NOW - 2] = (10, 170_000)
    rig.outcomes.told[NOW - 2] = (10, SettledInterval(NOW - 2, 0, 0, 5, 0, 170_000, 0, 0))
    assert await rig.service.step()
    assert rig.service.clearings[NOW - 2].price_micro == 170_000
    assert rig.service.settled == {}
    assert rig.stored() == {}
    assert not await rig.service.step()
    rig.chain.blocks[11], rig.chain.final_number = block(11), 10
    await rig.service.step()
    assert rig.stored() == {NOW - 2: 170_000}
    assert rig.service.settled[NOW - 2].price_micro == 170_000
    rig.chain.blocks[12] = block(12)
    await rig.service.step()
    assert (0, NOW - 2) not in rig.contracts.asked[-1].clearings
    assert rig.history.clearings.recent(0) == [(0, Clearing(NOW - 2, 170_000, 5))]


async def test_a_replaced_result_is_read_anew(rig: Rig) -> None:
    rig.contracts.results[NOW - 2] = (9, 170_000)
    rig.contracts.results[NOW - 3] = (10, 160_000)
    await rig.service.step()
    # The branch that takes their place clears one at another price and the other not at all.
    rig.chain.blocks |= {9: block(9, b"b"), 10: block(10, b"b")}
    rig.contracts.results = {NOW - 2: (10, 180_000)}
    assert await rig.service.step()
    assert {i: c.price_micro for i, c in rig.service.clearings.items()} == {NOW - 2: 180_000}


async def test_a_picture_of_a_replaced_block_is_dropped_when_it_cannot_be_renewed(
    rig: Rig,
) -> None:
    await rig.service.step()
    assert rig.service.picture is not None
    rig.chain.blocks[10] = block(10, b"b")
    rig.contracts.fault = "Block 10 left the chain."
    assert await rig.service.step()
    assert (rig.service.picture, rig.service.fault) == (None, "Block 10 left the chain.")
    rig.contracts.fault = ""
    assert await rig.service.step()
    assert rig.service.picture is not None
    assert rig.service.fault == ""


async def test_a_picture_that_is_only_old_is_kept(rig: Rig) -> None:
    await rig.service.step()
    rig.chain.blocks[11] = block(11)
    rig.contracts.fault = "No endpoint has the block."
    assert not await rig.service.step()
    assert rig.service.picture is not None
    assert rig.service.picture.block_number == 10


async def test_following_the_other_block_forgets_what_was_read_since(rig: Rig) -> None:
    rig.chain.final_number = 10
    rig.contracts.results = {NOW - 2: (3, 170_000), NOW: (9, 150_000)}
    await rig.service.step()
    assert set(rig.service.clearings) == {NOW - 2, NOW}
    rig.chain.state, rig.chain.evidence = SyncState.STOPPED, Evidence(9, b"", b"", "x")
    assert not await rig.service.step()
    assert await rig.service.resolve(follow_other=True)
    assert rig.service.picture is None
    assert set(rig.service.clearings) == set(rig.stored()) == {NOW - 2}
    assert rig.outcomes.forgotten == [9]
    assert not await rig.service.resolve(follow_other=True)
