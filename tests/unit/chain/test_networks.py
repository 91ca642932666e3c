from __future__ import annotations

import json
from typing import Any

import pytest
from chain_lab import VALIDATORS, make_chain, network

from peerwatt.chain.clients.bft.light_client import LightClient
from peerwatt.chain.clients.opening import open_chain
from peerwatt.chain.consensus.bft_rules import BftRules
from peerwatt.chain.consensus.validator_contract import ValidatorContract
from peerwatt.chain.networks import (
    NetworkFault,
    SyncPlan,
    described_network,
    load_network,
    network_from,
)
from peerwatt.config.clock import DrivenClock
from peerwatt.config.resources import resource
from peerwatt.config.settings import ChainSettings

ROOT = "0x" + "11" * 32
SET = ["0x" + address.hex() for address in VALIDATORS]
CONTRACT = "0x" + "77" * 20
GOOD: dict[str, Any] = {
    "title": "Lab",
    "chain_id": 7,
    "block_period_s": 2,
    "consensus": {"kind": "qbft"},
    "trust_root": {"block": 0, "hash": ROOT, "validators": SET},
    "endpoints": ["http://127.0.0.1:1"],
    "contracts": {},
}
SHIPPED = sorted(
    path.name.removesuffix(".json")
    for path in resource("networks").iterdir()
    if path.name.endswith(".json")
)


def test_all_networks_are_shipped() -> None:
    assert {"devnet", "community", "energy-web", "ethereum"} <= set(SHIPPED)


@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_network_lacks_nothing_but_what_its_owner_must_give(name: str) -> None:
    kind = described_network(name)["consensus"]["kind"]
    given: dict[str, Any] = {"network": name, "endpoints": ["http://127.0.0.1:1"]}
    if kind == "ethereum":
        given |= {"checkpoint": ROOT, "beacon_endpoints": ["http://127.0.0.1:2"]}
    else:
        given |= {"genesis_hash": ROOT, "validators": SET}
        with pytest.raises(NetworkFault, match="trust root"):
            load_network(ChainSettings(network=name))
    net = load_network(ChainSettings.model_validate(given))
    assert net.consensus == net.rules.name == kind
    assert net.rules.finality
    assert net.title


def test_a_network_can_be_written_down_and_read_again() -> None:
    text = json.dumps(
        GOOD
        | {
            "consensus": {
                "kind": "qbft",
                "epoch_length": 100,
                "period_s": 2,
                "base_fee": "eip1559",
                "tally": "overlap",
                "validator_contract": {"address": CONTRACT, "slot": 4, "layout": "vyper"},
                "transitions": [
                    {"block": 5, "selection": "blockheader", "validators": SET, "period_s": 1},
                    {
                        "block": 9,
                        "selection": "contract",
                        "validator_contract": {"address": CONTRACT, "slot": 0},
                    },
                ],
            },
            "trust_root": {"block": 90, "hash": ROOT},
            "sync": {"mode": "skipping", "trusting_period_s": 60},
        }
    )
    net = network_from("lab", json.loads(text))
    rules = net.rules
    assert isinstance(rules, BftRules)
    assert rules.contract == ValidatorContract(b"\x77" * 20, 4, "vyper")
    assert rules.transitions[0].validators == VALIDATORS
    assert [rules.contract_at(n) is None for n in (4, 5, 8, 9)] == [False, True, True, False]
    assert (net.trusted_number, net.validators) == (90, ())
    assert net.sync == SyncPlan("skipping", 60, 4096)


def consensus(**fields: Any) -> dict[str, Any]:
    return {"consensus": {"kind": "qbft", **fields}}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"colour": "red"}, "field colour is unknown"),
        ({"consensus": {"kind": "dpos"}}, "'dpos' is not known"),
        (consensus(epoch=3), "field consensus.epoch is unknown"),
        (consensus(epoch_length=0), "consensus.epoch_length must be at least 1"),
        (consensus(epoch_length="3"), "consensus.epoch_length must be a whole number"),
        (consensus(base_fee="free"), "consensus.base_fee must be one of any, zero, eip1559"),
        (consensus(validator_contract={"slot": 0}), "validator_contract.address must be an addr"),
        (consensus(validator_contract={"address": CONTRACT}), "slot must be a whole number"),
        (consensus(transitions=[{"validators": SET}]), "transitions.block must be a whole"),
        (consensus(transitions=[{"block": 3, "selection": "contract"}]), "contract is missing"),
        (consensus(transitions=[{"block": 3, "selection": "blockheader"}]), "no validators"),
        (consensus(transitions=[{"block": 3, "validators": [SET[0]] * 2}]), "twice"),
        (consensus(transitions=[{"block": 3, "at": 1}]), "transitions.at is unknown"),
        ({"trust_root": {"block": 0, "hash": ROOT, "set": []}}, "trust_root.set is unknown"),
        ({"trust_root": {"block": -1, "hash": ROOT}}, "trust_root.block must be"),
        ({"trust_root": {"hash": "0x12"}}, "trust root"),
        ({"sync": {"mode": "leaping"}}, "sync.mode must be one of"),
        ({"chain_id": "7"}, "chain_id must be a whole number"),
        ({"endpoints": "http://x"}, "endpoints must be a list"),
        ({"contracts": {"Credit": "0x1"}}, "the contract Credit is malformed"),
        (
            {"consensus": {"kind": "ibft2", "validator_contract": {"address": CONTRACT}}},
            "belongs to QBFT only",
        ),
        ({"consensus": {"kind": "ethereum"}}, "trust_root must be null"),
        ({"consensus": {"kind": "clique", "signers": []}}, "consensus.signers is unknown"),
        ({"consensus": {"kind": "aura", "steps": 5}}, "consensus.steps is unknown"),
    ],
)
def test_what_is_wrong_is_named(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(NetworkFault, match=words):
        network_from("lab", GOOD | changes)


@pytest.mark.parametrize("name", sorted(GOOD))
def test_a_missing_field_is_named(name: str) -> None:
    with pytest.raises(NetworkFault, match=f"field {name} is missing"):
        network_from("lab", {key: value for key, value in GOOD.items() if key != name})


@pytest.mark.parametrize("name", ["../devnet", "", "a/b"])
def test_a_name_is_no_path(name: str) -> None:
    with pytest.raises(NetworkFault, match="no network named"):
        described_network(name)


@pytest.mark.parametrize("kind", ["qbft", "ibft2"])
async def test_final_blocks_are_followed_by_the_light_client(kind: str) -> None:
    net = network_from("lab", GOOD | {"consensus": {"kind": kind}})
    client = open_chain(net, DrivenClock(0))
    assert isinstance(client, LightClient)
    await client.close()


@pytest.mark.parametrize("kind", ["clique", "aura", "ethereum"])
async def test_other_rules_have_their_own_clients(kind: str) -> None:
    described = GOOD | {"consensus": {"kind": kind}}
    if kind == "ethereum":
        shipped = described_network("ethereum")["consensus"]
        more = {"checkpoint": ROOT, "beacon_endpoints": ["http://127.0.0.1:2"]}
        described |= {"consensus": {**shipped, **more}, "trust_root": None}
    client = open_chain(network_from("lab", described), DrivenClock(0))
    assert not isinstance(client, LightClient)
    assert client.head is None
    assert client.status.consensus == kind
    await client.close()


def test_the_light_client_takes_no_other_rules() -> None:
    net = network_from("lab", GOOD | {"consensus": {"kind": "clique"}})
    with pytest.raises(NetworkFault, match="not sealed by QBFT"):
        LightClient(net, DrivenClock(0))
    assert network("http://127.0.0.1:1", first=make_chain(0)[0]).consensus == "qbft"
