"""Proof files of networks without listed validators: what leads to a block, and how final it is."""

from __future__ import annotations

import copy
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from typing import Any

import pytest
import pytest_asyncio
import way_lab
from chain_lab import EMPTY_ROOT
from hypothesis import given, settings
from hypothesis import strategies as st

from peerwatt.chain.bundles.make import make_bundle
from peerwatt.chain.bundles.path import describe
from peerwatt.chain.bundles.values import AccountValue, BundleRefused
from peerwatt.chain.bundles.verify import bundle_json, bundle_lines, verify_bundle
from peerwatt.chain.bundles.ways import forking, way
from peerwatt.chain.consensus.header import header_from_rlp, header_to_json
from peerwatt.chain.encoding import hex_data
from peerwatt.chain.networks import network_from
from peerwatt.chain.reading.reader import ProvenReader
from peerwatt.config.clock import DrivenClock
from peerwatt.model.verified import ChainFault, Unproven

pytestmark = pytest.mark.asyncio(loop_scope="module")
_files: dict[str, way_lab.Made] = {}


async def file_of(kind: str) -> way_lab.Made:
    if kind not in _files:
        _files[kind] = await way_lab.KINDS[kind]()
    return _files[kind]


@pytest_asyncio.fixture(scope="module", loop_scope="module", params=list(way_lab.KINDS))
async def made(request: pytest.FixtureRequest) -> AsyncIterator[way_lab.Made]:
    yield await file_of(request.param)


async def test_a_file_shows_its_values_and_says_what_it_rests_on(made: way_lab.Made) -> None:
    found = verify_bundle(made.document, now_s=made.now_s, site=made.network)
    assert [item.value for item in found.values] == [way_lab.BALANCE, way_lab.WORD]
    assert found.root.known_as == "The lab"
    assert found.consensus == made.network.consensus
    lines = bundle_lines(found)
    assert any(line.startswith("Finality: ") for line in lines)
    assert json.dumps(bundle_json(found))
    alone = verify_bundle(made.document, now_s=made.now_s)
    assert alone.root.known_as is None
    assert "only the file says so" in alone.assumptions[0]
    other = replace(made.network, chain_id=7)
    with pytest.raises(BundleRefused, match="another trust root"):
        verify_bundle(made.document, now_s=made.now_s, site=other)


async def test_a_network_is_described_as_it_is_read(made: way_lab.Made) -> None:
    described = describe(made.network)
    again = network_from("lab", json.loads(json.dumps(described)))
    assert describe(again) == described


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("clique", "Settled, not final (probabilistic): 3 of 3 validators sealed block 18"),
        ("aura", "Settled, not final (after a majority of validators): "),
        ("contract", "sealed by a quorum of the validators; such a block is never replaced"),
        ("beacon", "is final: the validators finalized block"),
    ],
)
async def test_finality_is_told_as_it_is(kind: str, words: str) -> None:
    made = await file_of(kind)
    found = verify_bundle(made.document, now_s=made.now_s)
    assert words in found.finality
    if kind in ("clique", "aura"):
        assert any("No chain heavier" in sentence for sentence in found.assumptions)
    if kind == "beacon":
        assert any("fewer than two thirds signed" in sentence for sentence in found.assumptions)
        assert "beacon block of slot 16" in "\n".join(bundle_lines(found))


# -- nothing altered holds -----------------------------------------------------------------------

NAMES = {"label", "unit", "title", "name", "endpoints", "bits", "block_period_s"}
"""What a file may call things by, and how it reads a word, which changes nothing of these."""


def leaves(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    if isinstance(value, dict | list):
        items = value.items() if isinstance(value, dict) else enumerate(value)
        return [leaf for key, part in items for leaf in leaves(part, (*path, key))]
    return [path]


def changed(document: dict[str, Any], path: tuple[Any, ...], at: int, digit: str) -> Any:
    made = copy.deepcopy(document)
    place: Any = made
    for key in path[:-1]:
        place = place[key]
    old = place[path[-1]]
    if isinstance(old, bool):
        place[path[-1]] = not old
    elif isinstance(old, int):
        place[path[-1]] = old + 1 + at % 5
    elif old is None:
        place[path[-1]] = digit
    else:
        cut = at % max(1, len(old))
        place[path[-1]] = old[:cut] + digit + old[cut + 1 :]
        if str(place[path[-1]]).lower() == str(old).lower():
            return None
    return made


@settings(max_examples=100, deadline=None)
@given(
    kind=st.sampled_from(list(way_lab.KINDS)), data=st.data(), at=st.integers(0, 10**6),
    digit=st.sampled_from("0123456789abcdefx"),
)  # fmt: skip
async def test_no_altered_file_holds(kind: str, data: st.DataObject, at: int, digit: str) -> None:
    made = await file_of(kind)
    paths = [path for path in leaves(made.document) if not NAMES & set(path)]
    path = data.draw(st.sampled_from(paths))
    altered = changed(made.document, path, at, digit)
    if altered is not None and not is_same_parent(made, altered, path):
        with pytest.raises(BundleRefused):
            verify_bundle(altered, now_s=made.now_s, site=made.network)


def is_same_parent(made: Any, altered: dict[str, Any], path: tuple[Any, ...]) -> bool:
    """Whether a parent shown for its state is still the same block.

    It is believed by its child's hash of it, and QBFT's hash covers neither round nor seals.
    """
    if path[:2] != ("way", "sets") or path[-1] != "header":
        return False
    try:
        before, after = (
            made.network.rules.hash(header_from_rlp(hex_data(d["way"]["sets"][path[2]]["header"])))
            for d in (made.document, altered)
        )
    except ChainFault:
        return False
    return before == after


def without(document: dict[str, Any], *path: Any) -> dict[str, Any]:
    made = copy.deepcopy(document)
    place: Any = made
    for key in path[:-1]:
        place = place[key]
    del place[path[-1]]
    return made


def with_more(document: dict[str, Any], name: str, item: Any) -> dict[str, Any]:
    made = copy.deepcopy(document)
    made["way"][name].append(item)
    return made


async def test_left_out_and_surplus_parts_are_refused(made: way_lab.Made) -> None:
    document = made.document
    bad = [without(document, "way"), document | {"way": document["way"] | {"more": 1}}]
    bad += [document | {"way": junk} for junk in (None, [], 7, {})]
    for name, value in document["way"].items():
        bad.append(without(document, "way", name))
        bad += [document | {"way": document["way"] | {name: junk}} for junk in (None, 7, {}, "x")]
        if isinstance(value, list):
            bad += [without(document, "way", name, index) for index in range(len(value))]
            bad += [with_more(document, name, junk) for junk in (None, {}, [], 7)]
            bad += [with_more(document, name, item) for item in value[:2]]
    if made.network.consensus != "ethereum":  # There the oldest headers may be left out.
        bad += [without(document, "headers", at) for at in range(len(document["headers"]) - 3)]
    for made_up in bad:
        with pytest.raises(BundleRefused):
            verify_bundle(made_up, now_s=made.now_s)


async def test_a_file_from_the_future_waits(made: way_lab.Made) -> None:
    with pytest.raises(BundleRefused, match="future"):
        verify_bundle(made.document, now_s=made.now_s - 1000)


# -- Clique and AuRa -----------------------------------------------------------------------------


async def test_a_block_that_too_few_built_on_is_said_to_be_unsettled() -> None:
    states = way_lab.clique_chain(9)
    network = way_lab.clique_network(states)
    blocks = [header_to_json(state.header) for state in states]
    clock = DrivenClock(states[-1].header.timestamp)
    async with way_lab.opened(network, clock, blocks, {}) as client:
        reader = ProvenReader(client)
        newest = await make_bundle(reader, [AccountValue("Balance", way_lab.WHO)], 9)
        found = verify_bundle(newest, now_s=clock.now_s(), site=client.network)
        assert found.finality.startswith("Not settled: only 1 of 3 validators sealed block 9")
        assert any("may well be replaced" in sentence for sentence in found.assumptions)
        old = await make_bundle(reader, [AccountValue("Balance", way_lab.WHO)], 2)
        assert "3 of 3" in verify_bundle(old, now_s=clock.now_s()).finality


async def test_a_way_that_is_too_long_is_told_with_what_to_do(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(forking, "MAX_HEADERS", 5)
    with pytest.raises(BundleRefused, match="enter a later trusted block"):
        await way_lab.clique()
    monkeypatch.setattr(way, "MAX_HEADERS", 5)
    made = await file_of("clique")
    with pytest.raises(BundleRefused, match="more than 5 headers"):
        verify_bundle(made.document, now_s=made.now_s)


async def test_an_aura_file_shows_the_receipts_that_change_the_set() -> None:
    made = await file_of("aura")
    shown = made.document["way"]["receipts"]
    assert [record["block"] for record in shown] == [way_lab.SIGNAL_AT]
    empty = made.document | {"way": {"receipts": [{"block": way_lab.SIGNAL_AT, "raw": []}]}}
    with pytest.raises(BundleRefused, match="receipts root"):
        verify_bundle(empty, now_s=made.now_s)


# -- contract and beacon -------------------------------------------------------------------------


async def test_a_set_is_shown_at_few_blocks_only() -> None:
    made = await file_of("contract")
    blocks = [record["block"] for record in made.document["way"]["sets"]]
    # On either side of each gap, and where the set changes.
    assert blocks == [0, 19, 20, 21, 39]
    assert len(made.document["headers"]) == 4


async def test_a_block_that_is_not_final_gets_no_file_under_proof_of_stake(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    real: Callable[..., Any] = way_lab.make_bundle

    async def newest(reader: ProvenReader, values: Any) -> Any:
        return await real(reader, values, reader.client.head.header.number)  # type: ignore[union-attr]

    monkeypatch.setattr(way_lab, "make_bundle", newest)
    with pytest.raises(Unproven, match="not final yet"):
        await way_lab.beacon()


async def test_the_age_of_a_checkpoint_is_told() -> None:
    made = await file_of("beacon")
    found = verify_bundle(made.document, now_s=made.now_s + 10**9)
    assert found.root_age_days == pytest.approx(1022 / 86_400 * 0.9, rel=0.2)
    assert way_lab.WORLD.root != EMPTY_ROOT
