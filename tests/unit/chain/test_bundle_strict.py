"""What a proof file may not say: wrong types, bits of no width, names that are no names."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest
from eth_abi.abi import encode
from test_bundle import NOW_S, made

from peerwatt.chain.bindings.artefact import CONTRACTS, load_artefact
from peerwatt.chain.bindings.layout import LayoutFault
from peerwatt.chain.bundles.values import BundleRefused, Derivation, event_text
from peerwatt.chain.bundles.verify import verify_bundle
from peerwatt.chain.networks import NetworkFault, network_from
from peerwatt.chain.proofs.receipts import LogEntry

CHANGES: list[tuple[tuple[Any, ...], Any]] = [
    *((("values", 0, "bits"), bits) for bits in (
        [0, False, 256], [0, 0, False], [0, 257, False], [-1, 256, False], [256, 1, False],
        [0, 256, 0], [0, 256.0, False], [True, 255, False], [0, 256], [], None, [2**300, 1, False],
    )),
    *((("version",), version) for version in (True, 1.0, "1", 2**300)),
    *((("accounts", 0, "proof", 0), place) for place in (False, 0.0, "0", None, -1)),
    *((("values", 0, "derivation", "contract"), name) for name in ("x" * 5000, "\x1b[31m", 7)),
    *((("values", 0, "derivation", "keys", 0), key) for key in (True, -1, 2**256, None, 0.5)),
    *((("values", 0, "derivation", "member"), member) for member in (True, -1, 2**256)),
    *((("values", 0, "derivation", "base_slot"), slot) for slot in (True, -1, 2**4096)),
    *((("values", 0, "label"), label) for label in ("\ud800", "a\nb", "x" * 201, None)),
    *((("values", 0, "value"), value) for value in (True, 1.5, "7", None, 2**300)),
    *((("network", "name"), name) for name in (None, 7, "\x1b[2J", "x" * 300)),
    *((("network", "title"), title) for title in (None, 7, "\x1b[2J", "x" * 300)),
    *((("network", "consensus", "max_drift_s"), n) for n in (True, 2**2000, 1.5, -1, "15")),
    *((("network", "consensus", "base_fee"), word) for word in ([], {}, 7)),
    *((("network", "consensus", "transitions"), word) for word in ({}, 7, [7], [None])),
]  # fmt: skip


@pytest.mark.parametrize(("path", "value"), CHANGES, ids=repr)
async def test_a_file_of_other_types_is_refused(
    tmp_path: Path, path: tuple[Any, ...], value: Any
) -> None:
    document, _ = await made(tmp_path)
    changed = copy.deepcopy(document)
    place: Any = changed
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    with pytest.raises(BundleRefused) as caught:
        verify_bundle(changed, now_s=NOW_S)
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 400


@pytest.mark.parametrize("name", ["../Credit", "src/../Credit", "x" * 5000, "credit", ".", "\0"])
def test_only_our_contracts_have_names(name: str) -> None:
    with pytest.raises(LayoutFault, match="no contract named"):
        load_artefact(name)
    assert not Derivation(name, "balanceOf", 0).is_known()
    assert event_text(name, LogEntry(bytes(20), (), b""))[1] is False


def test_every_contract_that_is_shipped_is_known() -> None:
    assert {load_artefact(name).name for name in CONTRACTS} == CONTRACTS


@pytest.mark.parametrize("data", [b"", b"\xff", b"\xff" * 32, encode(["uint256"], [7]) + b"\1"])
def test_a_log_that_only_looks_like_ours_is_shown_as_it_is(data: bytes) -> None:
    topics = (load_artefact("Credit").topic("Transfer"), bytes(32), b"\xff" * 32)
    for some in (topics, topics[:1], topics[:2], (*topics, topics[0])):
        text, _ = event_text("Credit", LogEntry(bytes(20), some, data))
        assert text


@pytest.mark.parametrize(
    "changes",
    [
        {"kind": "clique", "period_s": True},
        {"kind": "clique", "period_s": float("inf")},
        {"kind": "clique", "epoch_length": "30000"},
        {"kind": "clique", "london_block": [1]},
        {"kind": "aura", "max_step_drift": float("inf")},
        {"kind": "aura", "step_duration_s": True},
        {"kind": "aura", "validator_lists": [1]},
        {"kind": "aura", "validator_lists": {"1_0": ["0x" + "11" * 20]}},
        {"kind": "aura", "anchor": 0},
        {"kind": "aura", "validator_contract": 7},
    ],
    ids=repr,
)
def test_numbers_of_a_description_are_numbers(changes: dict[str, Any]) -> None:
    described = {
        "title": "t", "chain_id": 1, "block_period_s": 5, "consensus": changes,
        "trust_root": {"hash": "0x" + "11" * 32, "validators": ["0x" + "22" * 20]},
        "endpoints": [], "contracts": {},
    }  # fmt: skip
    plain = described | {"consensus": {"kind": changes["kind"]}}
    assert network_from("n", plain).consensus == changes["kind"]
    with pytest.raises(NetworkFault):
        network_from("n", described)
