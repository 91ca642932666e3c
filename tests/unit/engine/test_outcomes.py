"""What intervals came to: read from proven events, summed from their parts, nothing told twice."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from eth_abi.abi import encode

from peerwatt.chain.bindings.market import Market
from peerwatt.chain.bindings.settlement import Settlement
from peerwatt.chain.encoding import address_bytes
from peerwatt.chain.proofs.receipts import LogEntry
from peerwatt.chain.reading.blocks import EventLog
from peerwatt.chain.reading.events import EventSearch, Gap, LogFilter
from peerwatt.engine.disk import Disk
from peerwatt.engine.outcomes import OutcomeScan
from peerwatt.history.facade import History
from peerwatt.model.market import Clearing, SettledInterval
from peerwatt.model.verified import EndpointAway

ME, OTHER = "0x" + "22" * 20, "0x" + "55" * 20
SETTLEMENT, MARKET = Settlement("0x" + "33" * 20), Market("0x" + "44" * 20)
FIRST = 1_944_636
PRICES = {i: Clearing(i, 187_500, 900) for i in range(FIRST - 9, FIRST + 9)}


def event(name: str, block: int, topics: list[object], data: list[object], index: int = 0) -> Any:
    entry = next(e for e in SETTLEMENT.artefact.abi if e.get("name") == name)
    indexed = [item["type"] for item in entry["inputs"] if item["indexed"]]
    plain = [item["type"] for item in entry["inputs"] if not item["indexed"]]
    words = tuple(encode([kind], [value]) for kind, value in zip(indexed, topics, strict=True))
    log = LogEntry(
        address_bytes(SETTLEMENT.address),
        (SETTLEMENT.artefact.topic(name), *words),
        encode(plain, data),
    )
    return EventLog(log, block, b"\1" * 32, 0, bytes([block]) * 32, 0, index)


def row(imported: int, bought: int, trade: int, supplier: int, charge: int, estimated: int) -> int:
    word = bought | (trade % 2**64) << 42 | charge << 106 | estimated << 185
    return word | imported << 186 | (supplier % 2**50) << 206


class Reader:
    """A chain whose events the test sets; the search itself is tested with the reader."""

    def __init__(self) -> None:
        self.events: list[EventLog] = []
        self.blocks = set(range(200))
        self.bad: int | None = None
        self.searched: list[tuple[int, int]] = []
        self.final = 10
        self.client = SimpleNamespace(
            head=SimpleNamespace(header=SimpleNamespace(number=199)),
            block=lambda number: number if number in self.blocks else None,
        )

    async def search(self, wanted: LogFilter, first: int, last: int) -> EventSearch:
        self.searched.append((first, last))
        found = [e for e in self.events if first <= e.block_number <= last and wanted.takes(e.log)]
        gaps = ()
        if self.bad is not None and first <= self.bad <= last:
            gaps = (Gap(self.bad, self.bad, "no endpoint"),)
        return EventSearch(tuple(found), first, last, gaps)

    async def read(self, *_: object) -> Any:
        raise EndpointAway("away")


class Rig:
    def __init__(self, folder: Path) -> None:
        self.history, self.disk, self.reader = History.open(folder / "h.sqlite"), Disk(), Reader()
        self.start()

    def start(self) -> None:
        community: Any = SimpleNamespace(settlement=SETTLEMENT, market=MARKET)
        reader: Any = self.reader
        self.scan = OutcomeScan(community, reader, ME, self.history, self.disk)

    async def to(self, final: int) -> dict[int, SettledInterval]:
        vars(self.reader.client)["final_number"] = final
        return await self.scan.step(1, PRICES)

    def stored(self, interval: int = FIRST) -> SettledInterval | None:
        return self.history.settlements.get(interval)


@pytest.fixture
def rig(tmp_path: Path) -> Any:
    made = Rig(tmp_path)
    yield made
    made.disk.close()
    made.history.close()


def settled(block: int, *rows: int, member: str = ME, index: int = 0) -> EventLog:
    return event("Settled", block, [member], [FIRST, list(rows)], index)


PLAIN = row(1089, 1074, -201_375, -4_500, 0, 0)


async def test_an_outcome_is_the_sum_of_what_events_tell(rig: Rig) -> None:
    rig.reader.events = [
        settled(3, row(1089, 1074, -201_375, -4_500, 20, 1), PLAIN),
        settled(3, PLAIN, member=OTHER, index=1),
        event("DealServed", 4, [OTHER, ME], [FIRST, 500, 100_000, 7, -40, 150]),
        event("DealServed", 4, [ME, OTHER], [FIRST, 300, 100_000, 7, -24, 90], 1),
        event("Finalised", 5, [ME], [FIRST, 2, [(-357) % 2**64], [1 | 50 << 8 | 11 << 40]]),
        event("TruedUp", 6, [ME], [FIRST, 1_000, 3, 26_700]),
    ]
    assert set(await rig.to(4)) == {FIRST, FIRST + 1}
    early = rig.stored()
    assert early is not None
    assert early.is_estimated
    assert early.deal_micro == (150 - 50_000 - 7) + (30_000 - 24)
    assert set(await rig.to(6)) == {FIRST, FIRST + 1}
    late = rig.stored()
    assert late is not None
    assert (late.import_wh, late.export_wh, late.bought_wh) == (1_000, 3, 1_074)
    assert (late.price_micro, late.charge_micro, late.accuracy_micro) == (187_500, -20, -357)
    assert (late.supplier_micro, late.is_estimated) == (-4_500 + 26_700, False)
    second = rig.stored(FIRST + 1)
    assert second is not None
    assert (second.accuracy_micro, second.mid_market_micro) == (0, 11)


async def test_a_restart_goes_on_and_reading_twice_changes_nothing(rig: Rig) -> None:
    rig.reader.events = [
        settled(3, PLAIN),
        event("DealServed", 5, [ME, OTHER], [FIRST, 300, 100_000, 7, -24, 90]),
    ]
    await rig.to(5)
    known = rig.stored()
    rig.start()
    await rig.scan.load()
    assert await rig.to(8) == {}
    assert rig.reader.searched[-1] == (6, 8)
    rig.history.outcomes.advance(0)
    rig.start()
    await rig.scan.load()
    assert (await rig.to(8))[FIRST] == known == rig.stored()


async def test_nothing_is_passed_over_where_a_block_cannot_be_proven(rig: Rig) -> None:
    rig.reader.events = [settled(7, PLAIN)]
    rig.reader.bad = 5
    assert await rig.to(9) == {}
    rig.reader.bad = None
    assert set(await rig.to(9)) == {FIRST}
    assert rig.reader.searched[-1] == (5, 9)


async def test_an_unknown_price_is_waited_for(rig: Rig) -> None:
    rig.reader.events = [settled(3, PLAIN)]
    vars(rig.reader.client)["final_number"] = 4
    with pytest.raises(EndpointAway):
        await rig.scan.step(1, {})
    assert rig.stored() is None
    assert set(await rig.to(4)) == {FIRST}


async def test_blocks_that_are_kept_no_more_are_said(rig: Rig) -> None:
    await rig.to(5)
    rig.reader.blocks = set(range(150, 200))
    assert rig.scan.gap is None
    await rig.to(160)
    assert rig.scan.gap == (6, 149)


async def test_given_up_blocks_take_their_part_with_them(rig: Rig) -> None:
    other = event("Settled", 9, [ME], [FIRST + 1, [PLAIN]])
    rig.reader.events = [
        settled(3, PLAIN),
        event("DealServed", 8, [ME, OTHER], [FIRST, 300, 100_000, 7, -24, 90]),
        other,
    ]
    shown = await rig.to(9)
    left = await rig.scan.forget(8, shown)
    assert set(shown) == {FIRST}
    assert left[FIRST].deal_micro == 0
    assert left[FIRST].price_micro == 187_500
    assert rig.stored(FIRST + 1) is None
    rig.reader.events = [settled(3, PLAIN)]
    assert await rig.to(9) == {}
    assert rig.reader.searched[-1] == (8, 9)


async def test_evidence_names_the_events_whose_blocks_are_kept(rig: Rig) -> None:
    rig.reader.events = [
        settled(3, PLAIN),
        event("Finalised", 5, [ME], [FIRST, 1, [9], []], 2),
    ]
    await rig.to(5)
    found = await rig.scan.evidence(FIRST)
    assert [(one.label, one.log_index, one.contract) for one in found] == [
        ("Settled", 0, "Settlement"),
        ("Made final", 2, "Settlement"),
    ]
    rig.reader.blocks = set(range(5, 200))
    assert len(await rig.scan.evidence(FIRST)) == 1
