"""The client over real sockets: from the checkpoint to the head, over restarts, by trust."""

from __future__ import annotations

from pathlib import Path

import pytest
from beacon_lab import SCHEDULE, Chain, execution_hash, to_hex
from beacon_peer import network
from client_lab import (
    BEHIND,
    CHAIN,
    FOLLOWING,
    NOW,
    Lab,
    states,
)
from light_lab import MemoryStore

from peerwatt.chain.clients.beacon import follower as beacon_follower
from peerwatt.chain.clients.beacon.client import BeaconClient
from peerwatt.chain.clients.beacon.store import FolderCommitteeStore
from peerwatt.chain.networks import NetworkFault
from peerwatt.chain.status import SyncState
from peerwatt.config.clock import DrivenClock


def files_in(folder: Path) -> list[Path]:
    return list(folder.iterdir())


async def test_from_the_checkpoint_to_the_head(lab: Lab) -> None:
    beacons = [await lab.beacon(), await lab.beacon()]
    for _ in range(2):
        await lab.execution()
    client = lab.connect()
    assert client.status.state is SyncState.STARTING
    status = await client.sync()
    assert status.sentence == f"Verified up to block {NOW - 1}."
    assert (status.state, status.head, status.final) == (SyncState.VERIFIED, NOW - 1, 160)
    assert status.finality == "finalized by the validators' checkpoint"
    assert (status.consensus, status.validators, status.rejected) == ("ethereum", 32, 0)
    assert states(client) == [FOLLOWING] * 4
    assert beacons[0].asked == [
        f"bootstrap/{to_hex(CHAIN.block(16).root)}",
        "updates?start_period=0&count=2",
        "finality_update",
        "optimistic_update",
    ]
    assert beacons[1].asked == ["finality_update", "optimistic_update"]

    assert client.pinned().block_hash == execution_hash(CHAIN.execution(NOW - 1))
    assert client.pinned().header.state_root == CHAIN.state_root(NOW - 1)
    assert client.block(NOW - 100) is not None
    assert [e.name for e in client.serving(NOW - 1)] == [e.name for e in client.endpoints]
    await client.sync()
    assert client.block(0) is not None

    lab.go(NOW + 1)
    assert (await client.sync()).head == NOW
    assert client.pinned(NOW).header.parent_hash == execution_hash(CHAIN.execution(NOW - 1))


async def test_nothing_is_asked_twice_in_a_slot(lab: Lab) -> None:
    beacon, execution = await lab.beacon(), await lab.execution()
    client = lab.connect(checkpoint=160)
    for _ in range(3):
        await client.sync()
    beacon.asked.clear()
    execution.calls.clear()
    await client.sync()
    assert beacon.asked == []
    assert execution.calls == ["eth_blockNumber"]


async def test_every_fork_is_passed(lab: Lab) -> None:
    chain = Chain(SCHEDULE)
    beacon = await lab.beacon(chain)
    await lab.execution(chain)
    lab.clock = beacon.clock
    client = lab.connect(checkpoint=16, schedule=SCHEDULE)
    for slot in (181, 217, 244, 271, 273, 300, 330):
        lab.go(slot)
        status = await client.sync()
        assert (status.state, status.head) == (SyncState.VERIFIED, slot - 1), status.sentence
    assert status.final == 312
    assert status.rejected == 0


async def test_before_capella_there_is_nothing_to_prove(lab: Lab) -> None:
    chain = Chain({"altair": 0, "bellatrix": 1})
    await lab.beacon(chain)
    await lab.execution(chain)
    client = lab.connect(schedule=chain.schedule)
    status = await client.sync()
    assert status.state is SyncState.BEHIND
    assert "names no execution block" in status.sentence


async def test_updates_are_fetched_in_pages(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(beacon_follower, "MAX_UPDATES", 2)
    beacon = await lab.beacon()
    await lab.execution()
    lab.go(64 * 6 + 50)
    assert (await lab.connect().sync()).state is SyncState.VERIFIED
    pages = [path for path in beacon.asked if path.startswith("updates")]
    assert pages == [f"updates?start_period={first}&count=2" for first in (0, 2, 4)]


async def test_a_server_may_give_less_than_was_asked(lab: Lab) -> None:
    beacon = await lab.beacon()
    beacon.max_updates = 1
    await lab.execution()
    lab.go(64 * 4 + 50)
    assert (await lab.connect().sync()).state is SyncState.VERIFIED


async def test_a_new_period_begins_without_a_gap(lab: Lab) -> None:
    await lab.beacon()
    await lab.execution()
    client = lab.connect(checkpoint=160)
    for slot in range(NOW, 64 * 4 + 30, 5):
        lab.go(slot)
        status = await client.sync()
        assert (status.state, status.head) == (SyncState.VERIFIED, slot - 1), status.sentence


async def test_after_a_long_pause_blocks_begin_anew(lab: Lab) -> None:
    await lab.beacon()
    await lab.execution()
    client = lab.connect()
    await client.sync()
    lab.go(NOW + 200)
    assert (await client.sync()).head == NOW + 199
    assert client.block(NOW - 1) is not None
    lab.go(NOW + 700)
    assert (await client.sync()).head == NOW + 699
    assert client.block(NOW - 1) is None
    for _ in range(16):
        await client.sync()
    assert client.block(0) is not None


# -- restarts ----------------------------------------------------------------------------------


async def test_a_restart_takes_up_where_it_was(lab: Lab, tmp_path: Path) -> None:
    beacon = await lab.beacon()
    await lab.execution()
    store, committees = MemoryStore(), FolderCommitteeStore(tmp_path / "committees")
    kept = {"store": store, "committees": committees}
    client = lab.connect(options=kept)
    await client.sync()
    lab.go(NOW + 1)
    await client.sync()
    await client.close()
    assert beacon.asked[-3:] == [
        "updates?start_period=2&count=1",
        "finality_update",
        "optimistic_update",
    ]
    assert len(store.records) == 2
    assert 1 <= len(files_in(tmp_path / "committees")) <= 4

    lab.go(NOW + 10)
    beacon.asked.clear()
    again = lab.connect(options=kept)
    assert (await again.sync()).state is SyncState.VERIFIED
    assert beacon.asked == ["finality_update", "optimistic_update"]
    # Only what changed is written: the committees are in the first record.
    assert len(store.records) == 3
    assert len(store.records[2]) < 1000 < len(store.records[1])
    await again.close()

    lab.go(NOW + 11)
    beacon.asked.clear()
    assert (await lab.connect(options=kept).sync()).state is SyncState.VERIFIED
    assert beacon.asked == ["finality_update", "optimistic_update"]

    beacon.asked.clear()
    other = lab.connect(checkpoint=24, options=kept)
    assert (await other.sync()).state is SyncState.VERIFIED
    assert beacon.asked[0].startswith("bootstrap"), "another checkpoint begins anew"


@pytest.mark.allow_log("keys of a sync committee are damaged")
async def test_a_kept_committee_that_was_tampered_with_is_noticed(lab: Lab, tmp_path: Path) -> None:
    await lab.beacon()
    await lab.execution()
    committees = FolderCommitteeStore(tmp_path)
    await lab.connect(options={"committees": committees}).sync()
    for file in files_in(tmp_path):
        data = bytearray(file.read_bytes())
        data[100] ^= 1
        file.write_bytes(data)
    client = lab.connect(options={"committees": committees})
    assert (await client.sync()).state is SyncState.VERIFIED


@pytest.mark.allow_log("stored state of the beacon chain is damaged")
async def test_a_damaged_store_begins_anew(lab: Lab) -> None:
    beacon = await lab.beacon()
    await lab.execution()
    store = MemoryStore()
    client = lab.connect(options={"store": store})
    await client.sync()
    await client.close()
    store.records[0] = store.records[0][:-1] + b"\x00"
    beacon.asked.clear()
    assert (await lab.connect(options={"store": store}).sync()).state is SyncState.VERIFIED
    assert beacon.asked[0].startswith("bootstrap")


# -- trust -------------------------------------------------------------------------------------


async def test_a_checkpoint_is_needed(lab: Lab) -> None:
    beacon = await lab.beacon()
    await lab.execution()
    status = await lab.connect(checkpoint=None).sync()
    assert status.state is SyncState.EXPIRED
    assert "checkpoint is needed" in status.sentence
    assert beacon.asked == []


async def test_an_old_checkpoint_is_refused_unless_the_owner_accepts_it(lab: Lab) -> None:
    await lab.beacon()
    await lab.execution()
    day_s = 86_400
    status = await lab.connect(checkpoint_max_age_s=600).sync()
    assert status.state is SyncState.EXPIRED
    assert "days old" in status.sentence
    assert status.head is None
    accepted = lab.connect(checkpoint_max_age_s=600, accepts_old_checkpoint=True)
    assert (await accepted.sync()).state is SyncState.VERIFIED
    assert (await lab.connect(checkpoint_max_age_s=day_s).sync()).state is SyncState.VERIFIED


async def test_what_was_kept_too_long_is_not_trusted_either(lab: Lab) -> None:
    await lab.beacon()
    await lab.execution()
    store = MemoryStore()
    client = lab.connect(options={"store": store})
    await client.sync()
    await client.close()
    lab.go(NOW + 200)
    status = await lab.connect(options={"store": store}, checkpoint_max_age_s=600).sync()
    assert status.state is SyncState.EXPIRED


@pytest.mark.allow_log("does not serve bootstrap")
async def test_a_checkpoint_nobody_serves_is_a_state(lab: Lab) -> None:
    beacon = await lab.beacon()
    beacon.missing.add("bootstrap")
    await lab.execution()
    client = lab.connect()
    status = await client.sync()
    assert states(client) == [FOLLOWING, BEHIND]
    assert "not the hash of an execution block" in status.endpoints[1].sentence
    assert status.state is SyncState.STARTING


def test_a_network_without_beacon_endpoints_is_refused() -> None:
    with pytest.raises(NetworkFault, match="beacon_endpoints"):
        BeaconClient(network(bytes(32), [], ["http://127.0.0.1:1"]), DrivenClock(0))
