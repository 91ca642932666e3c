"""Proof of stake as a site names it: settings, checkpoint, committees in the site's folder."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from beacon_lab import config_for, to_hex
from chain_lab import CHAIN_ID
from client_lab import ALL_FROM_START, CHAIN, NOW, Lab
from light_lab import MemoryStore

from peerwatt.chain.clients.beacon.client import BeaconClient
from peerwatt.chain.clients.opening import open_chain
from peerwatt.chain.consensus.beacon.rules import BeaconRules
from peerwatt.chain.networks import load_network
from peerwatt.chain.ports import VerifiedChain
from peerwatt.chain.status import Evidence, SyncState
from peerwatt.config.settings import SiteSettings
from peerwatt.engine.views.chain_status import chain_view
from peerwatt.model.verified import Unproven


def site(lab: Lab, **changes: Any) -> SiteSettings:
    """A site's settings, read from the JSON that an owner writes."""
    config = config_for(ALL_FROM_START)
    consensus = {
        "genesis_validators_root": to_hex(config.genesis_validators_root),
        "genesis_time": config.genesis_time_s,
        "seconds_per_slot": config.seconds_per_slot,
        "preset": {
            "slots_per_epoch": config.slots_per_epoch,
            "epochs_per_period": config.epochs_per_period,
            "committee_size": config.committee_size,
        },
        "forks": {
            fork.name.lower(): {"epoch": epoch, "version": to_hex(version)}
            for fork, (epoch, version) in config.forks.items()
        },
        **changes.pop("consensus", {}),
    }
    chain = {
        "network": "ethereum",
        "chain_id": CHAIN_ID,
        "block_period_s": config.seconds_per_slot,
        "endpoints": [peer.url for peer in lab.executions],
        "beacon_endpoints": [peer.url for peer in lab.beacons],
        "checkpoint": to_hex(CHAIN.block(16).root),
        "consensus": consensus,
        **changes,
    }
    return SiteSettings.model_validate_json(json.dumps({"chain": chain}))


def opened(lab: Lab, settings: SiteSettings, **options: Any) -> VerifiedChain:
    client = open_chain(load_network(settings.chain), lab.clock, timeout_s=5.0, **options)
    lab.stack.push_async_callback(client.close)
    return client


async def test_a_site_is_followed_and_its_committees_are_kept(lab: Lab, tmp_path: Path) -> None:
    await lab.beacon()
    await lab.execution()
    folder, store = tmp_path / "committees", MemoryStore()
    client = opened(lab, site(lab), store=store, committees=folder)
    status = await client.sync()
    assert (status.state, status.head, status.final) == (SyncState.VERIFIED, NOW - 1, 160)
    assert list(folder.glob("*.points"))
    view = chain_view(client)
    assert [(e.url.endswith("(beacon)"), e.head is None) for e in view.endpoints] == [
        (False, False),
        (True, True),
    ]
    assert view.trust_root == f"checkpoint {to_hex(CHAIN.block(16).root)}"
    assert "final once two thirds of the stake" in view.finality
    assert (view.final, view.validators, view.title) == (160, 32, "Ethereum")


async def test_without_a_checkpoint_the_owner_is_asked_for_one(lab: Lab) -> None:
    await lab.beacon()
    await lab.execution()
    client = opened(lab, site(lab, checkpoint=""))
    view = chain_view(client)
    assert (view.state, view.trust_root) == ("expired", "")
    assert view.sentence.startswith("A checkpoint is needed: enter the root")


@pytest.mark.parametrize("accepted", [False, True])
async def test_an_old_checkpoint_needs_the_owners_word(lab: Lab, accepted: bool) -> None:
    await lab.beacon()
    await lab.execution()
    settings = site(lab, consensus={"accepts_old_checkpoint": True} if accepted else {})
    network = load_network(settings.chain)
    assert isinstance(network.rules, BeaconRules)
    # Ten minutes instead of two weeks: the lab's chain is no older.
    config = replace(network.rules.config, checkpoint_max_age_s=600)
    client = open_chain(replace(network, rules=BeaconRules(config)), lab.clock, timeout_s=5.0)
    lab.stack.push_async_callback(client.close)
    status = await client.sync()
    assert status.state is (SyncState.VERIFIED if accepted else SyncState.EXPIRED)
    assert ("enter a newer one" in status.sentence) is not accepted


def stopped(client: VerifiedChain) -> BeaconClient:
    assert isinstance(client, BeaconClient)
    client.evidence = Evidence(64, b"\xc0", b"\xc0", "127.0.0.1:1")
    return client


async def test_a_stop_is_resolved_by_a_new_checkpoint_only(lab: Lab) -> None:
    await lab.beacon()
    await lab.execution()
    client = opened(lab, site(lab))
    assert await client.resolve_evidence() is None
    stopped(client)
    with pytest.raises(Unproven, match="new checkpoint"):
        await client.resolve_evidence(follow_other=True)
    view = chain_view(client)
    assert view.found is not None
    assert (view.state, view.found.can_resolve, view.found.ours_hash) == ("stopped", False, "")
    assert "site.json" in view.found.todo
    assert view.evidence == view.found.sentence
