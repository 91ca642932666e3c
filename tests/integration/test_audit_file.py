"""A day's bill as a file: exported from the chain, checked by a bare interpreter, tampered with."""

from __future__ import annotations

import copy
import json
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest
import sha3
from tests.integration.market_lab import DUE_S, MarketLab, market_lab, packed, signed_deal

from peerwatt.chain.bindings.artefact import load_artefact
from peerwatt.chain.clients.bft.light_client import LightClient
from peerwatt.chain.networks import load_network
from peerwatt.chain.reading.reader import ProvenReader
from peerwatt.config.resources import resource
from peerwatt.config.settings import ChainSettings
from peerwatt.engine.audit import Audit, audit_document, audit_lines, load_verifier
from peerwatt.engine.audit_export import DayWanted, export_day
from peerwatt.model.units import interval_at
from peerwatt.model.verified import Unproven

COUNT = 6
Json = dict[str, Any]
v = load_verifier()


async def lived(lab: MarketLab) -> int:
    """Two homes trade in both books over four intervals, all deviate; returns the first one."""
    first = interval_at(lab.clock.now_s()) + 2
    for side, tick in ((0, 20), (1, 10)):
        steps = ((side, tick, 500, 0), (side, tick, 100, 1))
        words = [packed(first + k, *steps) for k in range(4)]
        await lab.call(lab.members[side], "Market", "place", words)
    await lab.block()
    for book in (1, 9):
        for k in range(4):
            await lab.call(lab.carrier, "Market", "clear", book, first + k)
    await lab.block((first + 4) * 900)
    rows = [(10, 0), (600, 0), (700, 3), (10, 500), (0, 900), (40, 0)]
    for piece, at in ((rows[:3], first - 1), (rows[3:], first + 2)):
        batches = [meter.batch(at, piece) for meter in lab.meters]
        await lab.call(lab.carrier, "Settlement", "settle", batches)
        await lab.block((first + 5) * 900)
    members = [one.address for one in lab.members]
    await lab.call(lab.carrier, "Settlement", "finalise", members, 96)
    await lab.block((first + 5) * 900 + DUE_S + 5)
    return first - 1


@asynccontextmanager
async def reading(lab: MarketLab) -> AsyncIterator[ProvenReader]:
    network = load_network(ChainSettings.model_validate(lab.chain()))
    client = LightClient(network, lab.clock)
    await client.sync()
    try:
        yield ProvenReader(client)
    finally:
        await client.close()


def check(document: Json) -> Any:
    validators = [v.raw(one) for one in document["chain"]["validators"]]
    return v.Day(document, validators).check()


MALFORMED = (ValueError, LookupError, TypeError, AttributeError, ArithmeticError)
"""What ``main`` catches beside ``Differs``."""


def is_refused(document: Json) -> bool:
    try:
        check(document)
    except (v.Differs, *MALFORMED):
        return True
    return False


@pytest.fixture(scope="module")
def documents(tmp_path_factory: pytest.TempPathFactory) -> list[Json]:
    """The files of a buyer, a seller and a home that only uses the supplier."""
    import asyncio

    async def make() -> list[Json]:
        async with market_lab(tmp_path_factory.mktemp("audit"), 3) as lab:
            first = await lived(lab)
            async with reading(lab) as reader:
                made = [
                    await export_day(reader, DayWanted(one.address, first, COUNT))
                    for one in lab.members
                ]
            audits = [audit_document("2025-06-15", one) for one in made]
            assert not any(one.faults for one in audits)
            return [dict(one.document) for one in audits]

    return asyncio.run(make())


def test_the_files_hold_and_a_bare_interpreter_says_so(
    documents: list[Json], tmp_path: Path
) -> None:
    for document in documents:
        (sums, guessed, waiting, _) = check(document)
        assert sums[:2] == [1360, 1403]
        assert (guessed, waiting) == (0, 0)
    assert sum(check(one)[0][2] for one in documents) == 2400
    path = tmp_path / "bill.json"
    path.write_text(json.dumps(documents[0]))
    script = str(resource("verifier", "peerwatt_audit.py"))
    done = subprocess.run(
        [sys.executable, "-I", "-S", script, str(path)],
        capture_output=True, text=True, cwd=tmp_path, env={}, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert "bought 2400 Wh" in done.stdout
    others = ",".join("0x" + "11" * 20 for _ in range(4))
    done = subprocess.run(
        [sys.executable, "-I", "-S", script, str(path), "--validators", others],
        capture_output=True, text=True, cwd=tmp_path, env={}, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert "is not sealed by the validators" in done.stdout


def leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], Any]]:
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for key, inner in items:
        if isinstance(inner, dict | list):
            yield from leaves(inner, (*path, key))
        else:
            yield (*path, key), inner


def changed(value: Any) -> Any:
    """The value changed by one, or in its last digit."""
    if isinstance(value, int):
        return value + 1
    last = "0" if value[-1] != "0" else "1"
    return value[:-1] + last


NOT_READ = {("format",), ("version",)}
"""Names of the form of the file; nothing is computed from them."""


class Watched(dict[bytes, Any]):
    """Nodes of tries, and which of them were read."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.read: set[bytes] = set()

    def __getitem__(self, key: bytes) -> Any:
        self.read.add(key)
        return super().__getitem__(key)


def unread_nodes(document: Json) -> set[tuple[Any, ...]]:
    """Nodes that no figure follows from: proofs of words that turned out not to be needed."""
    day = v.Day(document, [v.raw(one) for one in document["chain"]["validators"]])
    day.nodes = Watched(day.nodes)
    day.check()
    day.word("Registry", "member_words", day.me)
    return {
        ("nodes", place)
        for place, node in enumerate(document["nodes"])
        if v.keccak(v.raw(node)) not in day.nodes.read
    }


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Other people's Keccak, which the verifier's own is tested against, and no work twice."""
    monkeypatch.setattr(v, "keccak", lambda data: sha3.keccak_256(data).digest())
    monkeypatch.setattr(v, "signer", lru_cache(None)(v.signer))


def test_every_field_changed_by_one_is_found(documents: list[Json], quick: None) -> None:
    document = documents[0]
    unread = unread_nodes(document)
    assert len(unread) < len(document["nodes"]) // 5
    tried = 0
    for path, value in leaves(document):
        if path in NOT_READ | unread:
            continue
        lie = copy.deepcopy(document)
        place = lie
        for key in path[:-1]:
            place = place[key]
        place[path[-1]] = changed(value)
        assert is_refused(lie), f"{path} was changed and nobody noticed"
        tried += 1
    assert tried > 100


def test_nothing_can_be_left_out(documents: list[Json], quick: None) -> None:
    unread = unread_nodes(documents[1])
    for name in ("headers", "nodes", "events", "batches", "bill"):
        for place in range(len(documents[1][name])):
            if (name, place) in unread:
                continue
            lie = copy.deepcopy(documents[1])
            del lie[name][place]
            assert is_refused(lie), f"{name} {place} was left out and nobody noticed"


def test_another_members_file_is_not_mine(documents: list[Json]) -> None:
    lie = {**documents[0], "member": documents[1]["member"]}
    with pytest.raises(v.Differs):
        check(lie)


def test_the_first_differing_wh_is_named(documents: list[Json], quick: None) -> None:
    for column, name in enumerate(v.SHOWN):
        lie = copy.deepcopy(documents[0])
        expected = lie["bill"][2][column]
        lie["bill"][2][column] += 1
        lie["bill"][4][0] += 7
        interval = lie["first"] + 2
        said = f"^interval {interval}: {name} is {expected + 1}, expected {expected}$"
        with pytest.raises(v.Differs, match=said):
            check(lie)


def test_the_slots_are_those_of_the_contracts() -> None:
    for contract, slots in v.SLOTS.items():
        layout = load_artefact(contract).layout
        assert slots == {name: layout.slot(name) for name in slots}
    topics = {load_artefact("Settlement").topic(name): name for name in v.EVENTS.values()}
    assert topics == v.EVENTS


async def test_what_is_not_settled_is_said(tmp_path: Path) -> None:
    async with market_lab(tmp_path, 1) as lab, reading(lab) as reader:
        first = interval_at(lab.clock.now_s())
        with pytest.raises(Unproven, match="Nothing of that day is settled yet"):
            await export_day(reader, DayWanted(lab.members[0].address, first, COUNT))


def test_the_house_sees_each_interval_beside_the_supplier(documents: list[Json]) -> None:
    audit = audit_document("2025-06-15", documents[0])
    lines = audit_lines(audit, "Europe/Zurich")
    assert lines[-1] == "every interval holds"
    assert len([line for line in lines if line[:5].count(":") == 1]) == COUNT
    assert audit.bill.intervals == COUNT
    assert audit.bill.saved_micro == sum(one.saved_micro for one in audit.intervals)
    # It bought far more than it used, so it is told in which intervals that cost it what.
    assert [line.split(":")[0] for line in audit.worse] == [
        f"interval {one.settled.interval}" for one in audit.intervals if one.saved_micro < 0
    ]
    assert any("bought but not used" in line for line in audit.worse)
    assert any("penalty" in line for line in audit.worse)
    assert not any("nothing explains" in line for line in audit.worse)


def test_a_file_that_does_not_hold_is_said_not_shown(documents: list[Json]) -> None:
    lie = copy.deepcopy(documents[0])
    lie["batches"][0]["rows"] = changed(lie["batches"][0]["rows"])
    audit = audit_document("2025-06-15", lie)
    assert len(audit.faults) == 1
    assert audit_lines(audit, "UTC")[-1] == "the bill does not hold"


async def lived_otherwise(lab: MarketLab) -> int:
    """A deal, "no fuss" in a thin market, a silent meter and its late readings."""
    first = interval_at(lab.clock.now_s()) + 2
    await lab.call(lab.carrier, "Deals", "sign", *signed_deal(lab, first, first + COUNT))
    for home in lab.members[:3]:
        await lab.call(home, "Market", "set_no_fuss", True)
    await lab.block()
    await lab.block((first + COUNT) * 900 + 1)
    rows = [[(0, 700 + k) for k in range(COUNT)], [(500, 0)] * COUNT, [(90, 0)] * COUNT]
    batches = [lab.meters[i].batch(first, rows[i]) for i in range(3)]
    await lab.call(lab.carrier, "Settlement", "settle", batches)
    await lab.block()
    await lab.call(lab.carrier, "Deals", "serve", lab.members[0].address, COUNT)
    await lab.block()
    end_s = (first + COUNT) * 900 + DUE_S + 5
    silent = lab.members[3].address
    lab.clock.advance(end_s)
    await lab.call(lab.carrier, "Meter", "estimate", silent, first, COUNT)
    await lab.block()
    await lab.call(lab.carrier, "Settlement", "settle_known", silent, COUNT)
    await lab.block()
    members = [one.address for one in lab.members]
    await lab.call(lab.carrier, "Settlement", "finalise", members, 96)
    await lab.block()
    late = lab.meters[3].batch(first, [(40 + k, 3 * k) for k in range(COUNT - 2)])
    await lab.call(lab.carrier, "Meter", "submit", [late])
    await lab.block()
    await lab.call(lab.carrier, "Settlement", "true_up", silent, first, COUNT)
    await lab.block()
    return first


async def test_deals_estimates_and_what_was_shared_hold_too(tmp_path: Path, quick: None) -> None:
    async with market_lab(tmp_path, 4) as lab:
        first = await lived_otherwise(lab)
        async with reading(lab) as reader:
            files = [
                await export_day(reader, DayWanted(one.address, first, COUNT))
                for one in lab.members
            ]
    seller, buyer, third, silent = (audit_document("2025-06-15", one) for one in files)
    for audit in (seller, buyer, third, silent):
        assert audit.faults == ()
        assert audit.bill.intervals == COUNT
    # Deals and sharing count while readings are awaited: an hour, so not for the first two.
    assert [one.settled.deal_micro > 0 for one in seller.intervals] == [False] * 2 + [True] * 4
    assert [one.settled.deal_micro < 0 for one in buyer.intervals] == [False] * 2 + [True] * 4
    for audit in (seller, buyer, third):
        assert all(one.settled.mid_market_micro > 0 for one in audit.intervals[2:])
        assert all(one.saved_micro > 0 for one in audit.intervals[2:])
        assert audit.worse == ()
    assert [one.settled.is_estimated for one in silent.intervals] == [False] * 4 + [True] * 2
    assert silent.intervals[3].settled.import_wh == 43
    check_hidden_events(seller)


def check_hidden_events(audit: Audit) -> None:
    """An event left out, be it a deal in one's favour, shows in the proven rest."""
    for place in range(len(audit.document["events"])):
        lie = copy.deepcopy(dict(audit.document))
        del lie["events"][place]
        assert is_refused(lie), f"event {place} was left out and nobody noticed"
