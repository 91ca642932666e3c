"""Recorded objects of Ethereum mainnet: two weeks of 2023, 512 members, Capella."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from beacon_lab import to_hex
from beacon_peer import Peer

from peerwatt.chain.clients.beacon.follower import BeaconFollower
from peerwatt.chain.clients.beacon.store import CommitteeKeys, FolderCommitteeStore
from peerwatt.chain.consensus.beacon.committee_points import (
    decompress,
    pack_points,
    unpack_points,
)
from peerwatt.chain.consensus.beacon.config import BeaconConfig
from peerwatt.chain.consensus.beacon.parsing import (
    bootstrap_from_json,
    finality_update_from_json,
    optimistic_update_from_json,
    update_from_json,
)
from peerwatt.chain.consensus.beacon.rules import BeaconRules
from peerwatt.chain.consensus.beacon.sync_protocol import UpdateRefused, initialize, process
from peerwatt.chain.consensus.header import header_from_json, plain_hash
from peerwatt.chain.networks import load_network
from peerwatt.chain.status import Counters
from peerwatt.config.clock import DrivenClock
from peerwatt.config.settings import ChainSettings

DATA = Path(__file__).parents[5] / "shared" / "data" / "mainnet"
pytestmark = pytest.mark.skipif(
    not DATA.is_dir(), reason="the recorded mainnet objects are not on this machine"
)
CHECKPOINT = "0x5afc212a7924789b2bc86acad3ab3a6ffb1f6e97253ea50bee7f4f51422c9275"
NOW_S = 1_692_137_220


def recorded(name: str) -> Any:
    return json.loads((DATA / f"{name}.json").read_text())


def mainnet(**changes: Any) -> BeaconConfig:
    """Return the chain as the shipped description has it."""
    settings = ChainSettings(network="ethereum", checkpoint=CHECKPOINT, **changes)
    rules = load_network(settings).rules
    assert isinstance(rules, BeaconRules)
    return rules.config


def test_bootstrap_updates_finality_and_head() -> None:
    config = mainnet()
    keys = CommitteeKeys(None)
    bootstrap = bootstrap_from_json(config, recorded("bootstrap"))
    assert config.checkpoint is not None
    store = initialize(config, config.checkpoint, bootstrap)
    slot = config.slot_at(NOW_S)
    for answer in recorded("updates"):
        update = update_from_json(config, answer)
        store = process(config, store, update, slot, keys.points)
    assert (config.period_at(store.finalized.slot), store.finalized.slot) == (867, 7_104_096)
    final = finality_update_from_json(config, recorded("finality"))
    store = process(config, store, final, slot, keys.points)
    assert store.finalized.slot == 7_109_344
    head = optimistic_update_from_json(config, recorded("optimistic"))
    store = process(config, store, head, slot, keys.points)
    assert store.optimistic.slot == 7_109_431
    assert store.optimistic.payload is not None
    assert store.optimistic.payload.block_number == 17_923_113
    assert head.aggregate.participants < 512


def test_every_signer_counts() -> None:
    """One bit more or less in the real aggregate and the signature does not hold."""
    config = mainnet()
    keys = CommitteeKeys(None)
    first = update_from_json(config, recorded("updates")[0])
    assert config.checkpoint is not None
    store = initialize(
        config, config.checkpoint, bootstrap_from_json(config, recorded("bootstrap"))
    )
    answer = recorded("updates")[0]
    bits = int.from_bytes(
        bytes.fromhex(answer["data"]["sync_aggregate"]["sync_committee_bits"][2:]), "little"
    )
    assert first.aggregate.participants == bits.bit_count() == 511
    for index in (0, 255, 511):
        altered = (bits ^ (1 << index)).to_bytes(64, "little")
        answer["data"]["sync_aggregate"]["sync_committee_bits"] = to_hex(altered)
        with pytest.raises(UpdateRefused, match="signature does not hold"):
            process(
                config,
                store,
                update_from_json(config, answer),
                config.slot_at(NOW_S),
                keys.points,
            )


def test_kept_points_are_those_of_the_committee(tmp_path: Path) -> None:
    committee = bootstrap_from_json(mainnet(), recorded("bootstrap")).committee
    ready = decompress(committee)
    assert ready.total.to_compressed_bytes() == committee.aggregate_pubkey
    folder = FolderCommitteeStore(tmp_path)
    folder.save(committee.root, pack_points(ready))
    packed = folder.load(committee.root)
    assert packed is not None
    assert len(packed) == 512 * 48
    again = unpack_points(committee, packed)
    assert again is not None
    assert again.points == ready.points


def test_the_recorded_execution_block_hashes_to_its_name() -> None:
    block = recorded("rpc_block")
    header = header_from_json(block)
    assert to_hex(plain_hash(header)) == block["hash"]
    state = BeaconRules(mainnet()).genesis(header, bytes.fromhex(block["hash"][2:]))
    assert state.header.number == int(block["number"], 16)


class Recorded(Peer):
    """Serves the recorded objects as a beacon endpoint would."""

    def answer(self, path: str) -> tuple[int, Any]:
        parts = urlsplit(path)
        kind, _, argument = parts.path.rpartition("light_client/")[2].partition("/")
        if kind == "bootstrap":
            return (200, recorded("bootstrap")) if argument == CHECKPOINT else (404, {})
        if kind == "updates":
            query = parse_qs(parts.query)
            first, count = int(query["start_period"][0]), int(query["count"][0])
            updates = recorded("updates")
            return 200, updates[max(first - 862, 0) :][:count]
        return 200, recorded(kind.removesuffix("_update"))


@pytest.fixture
async def peer() -> AsyncIterator[Recorded]:
    async with AsyncExitStack() as stack:
        server = Recorded()
        await stack.enter_async_context(server)
        yield server


async def test_mainnet_is_followed_over_http(peer: Recorded) -> None:
    config = mainnet(beacon_endpoints=(peer.url,))
    counters = Counters()
    follower = BeaconFollower(
        config, DrivenClock(NOW_S), counters, timeout_s=5, records=None, committees=None
    )
    await follower.advance()
    await follower.close()
    assert follower.store is not None
    assert follower.store.finalized.slot == 7_109_344
    assert follower.store.optimistic.slot == 7_109_431
    assert (counters.rejected, follower.is_behind) == (0, False)
