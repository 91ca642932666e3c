"""Proof files: what is written verifies offline, and nothing that is altered does."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from chain_lab import (
    KEYS,
    VALIDATORS,
    address_of,
    child,
    genesis,
    make_keys,
    network,
    seal,
    to_json,
)
from devchain import TREASURY, dev_chain
from hypothesis import given, settings
from hypothesis import strategies as st

from peerwatt.chain.bundles.make import make_bundle, slots_bundle
from peerwatt.chain.bundles.path import find_way, follow_way
from peerwatt.chain.bundles.values import (
    AccountValue,
    BundleRefused,
    EventValue,
    storage_value,
)
from peerwatt.chain.bundles.verify import bundle_json, bundle_lines, verify_bundle
from peerwatt.chain.consensus.bft import Vote
from peerwatt.chain.consensus.header import Header, header_to_rlp
from peerwatt.chain.encoding import to_hex
from peerwatt.chain.networks import Network
from peerwatt.cli import main
from peerwatt.model.verified import Unproven

NOW_S = 1_750_100_000.0
_made: list[tuple[dict[str, Any], Network]] = []


async def made(folder: Path) -> tuple[dict[str, Any], Network]:
    """A file with a balance, an account and an event from a running chain, made once."""
    if not _made:
        async with dev_chain(folder) as chain:
            address, artefact = await chain.credit()
            mint = artefact.calldata("mint", TREASURY.address, 12_345_678)
            sent = await chain.send({"to": address, "data": mint})
            for _ in range(4):
                await chain.block(6)
            holder = TREASURY.address
            values = [
                storage_value("Balance", address, "Credit", "balanceOf", holder, unit="micro"),
                AccountValue("Transactions sent", TREASURY.address, "nonce", ""),
                EventValue("Issue", sent, 0, "Credit"),
            ]
            document = json.loads(json.dumps(await make_bundle(chain.reader, values)))
            known = network_with(chain.network, Credit=address)
            raw = await slots_bundle(chain.reader, address, [0, 1])
            assert len(verify_bundle(raw, now_s=NOW_S).values) == 2
            alone = await slots_bundle(chain.reader, TREASURY.address)
            assert verify_bundle(alone, now_s=NOW_S).values[0].value == 0
            with pytest.raises(BundleRefused, match="at least one"):
                await make_bundle(chain.reader, [])
            with pytest.raises(BundleRefused, match="no event 7"):
                await make_bundle(chain.reader, [EventValue("x", sent, 7)])
        _made.append((document, known))
    return _made[0]


def network_with(base: Network, **contracts: str) -> Network:
    from dataclasses import replace

    return replace(base, contracts=contracts, title="Our street")


async def test_a_file_shows_its_values_and_what_it_rests_on(tmp_path: Path) -> None:
    document, known = await made(tmp_path)
    found = verify_bundle(document, now_s=NOW_S, known=[known])
    values = {item.label: item for item in found.values}
    assert (values["Balance"].value, values["Balance"].unit) == (12_345_678, "micro")
    assert values["Balance"].source.startswith(f"Credit.balanceOf[{TREASURY.address}] of 0x")
    assert values["Transactions sent"].value == 2
    assert "12345678" in str(values["Issue"].value)
    assert all(item.is_named_here for item in found.values)
    assert found.root.known_as == "Our street"
    assert (found.root.block_number, found.skipped > 0) == (0, True)
    assert found.headers <= 4
    assert len(json.dumps(document)) < 40_000
    assert json.dumps(bundle_json(found))
    assert any("known here as Our street" in line for line in bundle_lines(found))


async def test_a_root_that_only_the_file_claims_is_said_to_be_so(tmp_path: Path) -> None:
    document, _ = await made(tmp_path)
    found = verify_bundle(document, now_s=NOW_S)
    assert found.root.known_as is None
    assert "only the file says so" in found.assumptions[0]
    assert [item.is_named_here for item in found.values] == [False, True, False]
    assert any("claimed by the file alone" in line for line in bundle_lines(found))
    other = network_with(network("http://127.0.0.1:1"))
    assert verify_bundle(document, now_s=NOW_S, known=[other]).root.known_as is None
    with pytest.raises(BundleRefused, match="another trust root"):
        verify_bundle(document, now_s=NOW_S, site=other)


def paths(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    if isinstance(value, dict | list):
        items = value.items() if isinstance(value, dict) else enumerate(value)
        return [leaf for key, inner in items for leaf in paths(inner, (*path, key))]
    return [path]


FREE = {"label", "unit", "title", "name", "endpoints"}
"""What a file may call things by; all else is proven or must fit."""
LOOSE = {"epoch_length", "max_drift_s", "period_s", "base_fee", "tally", "block_period_s"}
"""Parameters that another value may still suit; with a known network they must be equal."""


def altered(document: dict[str, Any], path: tuple[Any, ...], at: int, digit: str) -> Any:
    changed = copy.deepcopy(document)
    parent: Any = changed
    for key in path[:-1]:
        parent = parent[key]
    old = parent[path[-1]]
    if isinstance(old, bool):
        new: Any = not old
    elif isinstance(old, int):
        new = old + 1 + at % 7
    else:
        at = 2 + at % max(1, len(old) - 2)
        new = old[:at] + digit + old[at + 1 :]
    parent[path[-1]] = new
    return None if new == old else changed


@settings(max_examples=300, deadline=None)
@given(data=st.data(), at=st.integers(0, 100_000), digit=st.sampled_from("0123456789abcdefx"))
async def test_no_altered_file_holds(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject, at: int, digit: str
) -> None:
    document, known = await made(tmp_path_factory.mktemp("chain"))
    proven = [p for p in paths(document) if not FREE & set(p) and not LOOSE & set(p)]
    path = data.draw(st.sampled_from([p for p in proven if p[:2] != ("network", "contracts")]))
    changed = altered(document, path, at, digit)
    if changed is None:
        return
    if {"contract", "variable", "bits"} & set(path):  # a reading: claimed perhaps, never known
        try:
            found = verify_bundle(changed, now_s=NOW_S, known=[known])
        except BundleRefused:
            return
        assert not all(item.is_named_here for item in found.values)
        return
    if isinstance(changed_at(changed, path), str) and same_text(document, changed, path):
        return
    with pytest.raises(BundleRefused):
        verify_bundle(changed, now_s=NOW_S, site=known)


def changed_at(document: Any, path: tuple[Any, ...]) -> Any:
    for key in path:
        document = document[key]
    return document


def same_text(document: Any, changed: Any, path: tuple[Any, ...]) -> bool:
    """Whether only the case of hexadecimal digits differs."""
    return str(changed_at(document, path)).lower() == str(changed_at(changed, path)).lower()


async def test_left_out_surplus_and_foreign_parts_are_refused(tmp_path: Path) -> None:
    document, _ = await made(tmp_path)
    for name in document:
        with pytest.raises(BundleRefused):
            verify_bundle({k: v for k, v in document.items() if k != name}, now_s=NOW_S)
    for change in (
        {"nodes": [*document["nodes"], "0xc0"]},
        {"nodes": document["nodes"][:-1]},
        {"headers": document["headers"][:-1]},
        {"headers": document["headers"][1:]},
        {"headers": []},
        {"values": []},
        {"values": [None]},
        {"accounts": [1]},
        {"version": 2},
        {"format": "other"},
    ):
        with pytest.raises(BundleRefused):
            verify_bundle(document | change, now_s=NOW_S)
    for junk in (None, [], "x", 1, {"format": "peerwatt-proof", "version": 1}):
        with pytest.raises(BundleRefused):
            verify_bundle(junk, now_s=NOW_S)
    with pytest.raises(BundleRefused, match="in the future"):
        verify_bundle(document, now_s=0)


# -- the way over changes of the validators ----------------------------------------------------


class Held:
    """A client whose chain is a list of headers."""

    def __init__(self, headers: list[Header]) -> None:
        self.network = network("http://127.0.0.1:1")
        self.headers = headers
        self.asked: list[int] = []

    def block(self, number: int) -> Any:
        from types import SimpleNamespace

        self.asked.append(number)
        return SimpleNamespace(header=self.headers[number])


class HeldReader:
    def __init__(self, client: Held) -> None:
        self.client = client


def voted_chain(length: int, changes: dict[int, Any]) -> list[Header]:
    """A chain in which all vote for one key from each given height until it is in."""
    keys, headers, pending = list(KEYS), [genesis()], None
    votes: set[bytes] = set()
    for number in range(1, length + 1):
        pending = changes.get(number, pending)
        members = tuple(address_of(key) for key in keys)
        proposer = members[number % len(members)]
        vote = Vote(address_of(pending), add=True) if pending else None
        header = child(headers[-1], beneficiary=proposer)
        headers.append(seal(header, keys, validators=members, vote=vote))
        votes = votes | {proposer} if pending else set()
        if pending and len(votes) > len(members) // 2:
            keys, pending, votes = sorted([*keys, pending], key=address_of), None, set()
    return headers


async def test_the_way_over_changed_validators_stays_short() -> None:
    new = make_keys(2, salt=9)
    headers = voted_chain(300, {50: new[0], 200: new[1]})
    client = Held(headers)
    target = client.block(300)
    shown = await find_way(HeldReader(client), [target], NOW_S)  # type: ignore[arg-type]
    assert shown.headers[0] == header_to_rlp(headers[0])
    assert shown.headers[-1] == header_to_rlp(headers[300])
    assert (len(shown.headers), shown.extras) == (6, {})
    listed = [to_hex(raw) for raw in shown.headers]
    way = follow_way(client.network, {"headers": listed}, NOW_S)
    assert way.states[300].validator_count == len(VALIDATORS) + 2
    for dropped in range(1, len(listed) - 1):
        with pytest.raises(Unproven):
            follow_way(client.network, {"headers": listed[:dropped] + listed[dropped + 1 :]}, NOW_S)
    with pytest.raises(BundleRefused, match="more than"):
        follow_way(client.network, {"headers": listed, "way": {"sets": []}}, NOW_S)
    assert to_json(headers[1])["number"] == "0x1"


# -- the command -------------------------------------------------------------------------------


async def test_the_command_says_what_holds_and_what_does_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    document, _ = await made(tmp_path)
    file = tmp_path / "proof.json"
    file.write_text(json.dumps(document))
    assert main(["chain", "verify", str(file)]) == 0
    shown = capsys.readouterr().out
    assert "= 12345678; the file calls it 'Balance, micro'" in shown
    assert "claimed by the file alone" in shown
    assert main(["chain", "verify", str(file), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["values"][0]["value"] == 12_345_678
    document["values"][0]["value"] += 1
    file.write_text(json.dumps(document))
    assert main(["chain", "verify", str(file)]) == 1
    assert "proven is 12345678" in capsys.readouterr().err
    document["values"][0]["value"] -= 1
    file.write_text("{")
    assert main(["chain", "verify", str(file)]) == 1
    assert "no JSON" in capsys.readouterr().err
