"""The client beside endpoints that fail, lie or follow another history, over real sockets."""

from __future__ import annotations

from typing import Any

import pytest
from beacon_lab import execution_hash, to_hex
from beacon_peer import Branch, ExecutionPeer
from client_lab import (
    AWAY,
    BEHIND,
    CHAIN,
    CONTRADICTS,
    FOLLOWING,
    NOW,
    Lab,
    states,
)
from light_lab import MemoryStore

from peerwatt.chain.consensus.header import header_from_rlp
from peerwatt.chain.status import Evidence, SyncState
from peerwatt.model.verified import EndpointAway, Unproven

# -- lies and failures -------------------------------------------------------------------------


def other_committee(kind: str, answer: dict[str, Any]) -> None:
    data = answer["data"]
    if kind == "bootstrap":
        data["current_sync_committee"]["pubkeys"].reverse()
    else:
        data["sync_aggregate"]["sync_committee_signature"] = to_hex(b"\xc0" + bytes(95))


def forged_signature(kind: str, answer: dict[str, Any]) -> None:
    if kind != "bootstrap":
        slot = int(answer["data"]["signature_slot"])
        forged = CHAIN.aggregate(bytes(32), slot)
        answer["data"]["sync_aggregate"] = forged


def forged_state(kind: str, answer: dict[str, Any]) -> None:
    name = "header" if kind == "bootstrap" else "attested_header"
    answer["data"][name]["execution"]["state_root"] = to_hex(bytes(32))


def truncated_branch(kind: str, answer: dict[str, Any]) -> None:
    for value in answer["data"].values():
        if isinstance(value, list):
            value.pop()
    for name in ("header", "attested_header"):
        if name in answer["data"]:
            answer["data"][name]["execution_branch"].pop()


def wrong_version(kind: str, answer: dict[str, Any]) -> None:
    answer["version"] = "capella"


def unknown_version(kind: str, answer: dict[str, Any]) -> None:
    answer["version"] = "phase9"


def no_version(kind: str, answer: dict[str, Any]) -> None:
    del answer["version"]


def other_finalized(kind: str, answer: dict[str, Any]) -> None:
    if "finalized_header" in answer["data"]:
        answer["data"]["finalized_header"] = CHAIN.block(24).light_header("fulu")
    elif kind == "optimistic_update":
        answer["data"]["attested_header"]["beacon"]["state_root"] = to_hex(bytes(32))
    else:
        answer["data"]["header"]["beacon"]["slot"] = "17"


LIES = [
    other_committee, forged_signature, forged_state, truncated_branch, wrong_version,
    unknown_version, no_version, other_finalized,
]  # fmt: skip


@pytest.mark.allow_log("127.0.0.1")
@pytest.mark.parametrize("lie", LIES)
async def test_a_liar_beside_an_honest_endpoint(lab: Lab, lie: Any) -> None:
    liar, _ = await lab.beacon(), await lab.beacon()
    liar.lie = lie
    await lab.execution()
    client = lab.connect()
    status = await client.sync()
    assert (status.state, status.head) == (SyncState.VERIFIED, NOW - 1)
    assert states(client)[1:] == [CONTRADICTS, FOLLOWING]
    assert liar.url.removeprefix("http://") in status.sentence
    assert status.rejected == 1


@pytest.mark.allow_log("127.0.0.1")
@pytest.mark.parametrize("lie", LIES)
async def test_a_liar_alone_gets_nothing_believed(lab: Lab, lie: Any) -> None:
    liar = await lab.beacon()
    liar.lie = lie
    await lab.execution()
    client = lab.connect()
    status = await client.sync()
    assert status.state is SyncState.AWAY
    assert status.head is None
    with pytest.raises(Unproven):
        client.pinned()


@pytest.mark.allow_log("127.0.0.1")
@pytest.mark.parametrize(
    "fault", ["slow", "endless", "closed", "garbage", "html", "deep", "error", "missing"]
)
async def test_a_failing_endpoint_holds_nobody_up(lab: Lab, fault: str) -> None:
    broken, _ = await lab.beacon(), await lab.beacon()
    bodies = {"garbage": b"\xff\xfe\x00", "html": b"<html>", "deep": b"[" * 90_000}
    if fault == "slow":
        broken.delay_s = 3600
    elif fault == "endless":
        broken.is_endless = True
    elif fault == "missing":
        broken.missing |= {"bootstrap", "updates", "finality_update", "optimistic_update"}
    elif fault == "closed":
        broken.raw = b""
    else:
        body = bodies.get(fault, b"{}")
        status = b"502 Bad" if fault == "error" else b"200 OK"
        broken.raw = b"HTTP/1.1 %s\r\nContent-Length: %d\r\n\r\n" % (status, len(body)) + body
    await lab.execution()
    client = lab.connect()
    status = await client.sync()
    assert (status.state, status.head, status.rejected) == (SyncState.VERIFIED, NOW - 1, 0)
    assert states(client)[1:] == [BEHIND if fault == "missing" else AWAY, FOLLOWING]
    assert client.status.endpoints[1].sentence


async def test_too_few_signers_move_nothing(lab: Lab) -> None:
    beacon = await lab.beacon()
    await lab.execution()
    client = lab.connect()
    await client.sync()
    # More than half, less than two thirds: the head moves, finality does not.
    beacon.participants = 20
    lab.go(NOW + 10)
    status = await client.sync()
    assert (status.head, status.final) == (NOW + 9, 160)


@pytest.mark.allow_log("Only 16 of 32 members")
async def test_a_minority_moves_no_head(lab: Lab) -> None:
    beacon = await lab.beacon()
    await lab.execution()
    client = lab.connect()
    await client.sync()
    beacon.participants = 16
    lab.go(NOW + 10)
    status = await client.sync()
    assert status.head == NOW - 1
    assert "Only 16 of 32 members" in status.endpoints[1].sentence


async def test_a_stale_endpoint_is_told_and_another_one_helps(lab: Lab) -> None:
    stale = await lab.beacon()
    stale.lag_slots = 15
    await lab.execution()
    alone = await lab.connect().sync()
    assert alone.state is SyncState.STALE
    assert "was due" in alone.sentence
    await lab.beacon()
    client = lab.connect()
    status = await client.sync()
    assert (status.state, status.head) == (SyncState.VERIFIED, NOW - 1)
    assert states(client) == [FOLLOWING, BEHIND, FOLLOWING]
    assert status.endpoints[1].sentence == "its newest header is 16 slots old"


@pytest.mark.allow_log("does not serve the update of sync committee period")
async def test_a_beacon_endpoint_that_stopped_periods_ago_is_behind(lab: Lab) -> None:
    stale = await lab.beacon()
    await lab.execution()
    stale.lag_slots = 1000
    lab.go(1180)
    client = lab.connect(checkpoint=16)
    status = await client.sync()
    assert status.state is not SyncState.VERIFIED
    assert states(client)[1] is BEHIND


@pytest.mark.allow_log("check this machine's clock")
async def test_a_clock_that_is_late_is_told(lab: Lab) -> None:
    beacon = await lab.beacon()
    await lab.execution()
    beacon.lag_slots = -10
    status = await lab.connect().sync()
    assert "check this machine's clock" in status.endpoints[1].sentence
    assert status.rejected == 0


# -- histories against each other --------------------------------------------------------------


@pytest.mark.allow_log("Stopped: the validators")
async def test_two_finalized_blocks_at_one_slot_stop_the_client(lab: Lab) -> None:
    told: list[Evidence] = []
    await lab.beacon()
    twin = Branch(CHAIN, 150)
    await lab.beacon(twin)
    await lab.execution()
    kept = {"on_evidence": told.append, "store": MemoryStore()}
    client = lab.connect(options=kept)
    status = await client.sync()
    assert status.state is SyncState.STOPPED
    assert "height 160" in status.sentence
    assert [evidence.height for evidence in told] == [160]
    with pytest.raises(Unproven, match="Stopped"):
        client.pinned()
    lab.go(NOW + 1)
    assert (await client.sync()).state is SyncState.STOPPED
    again = lab.connect(options=kept)
    assert (await again.sync()).sentence == status.sentence
    # Another checkpoint is another root of trust.
    lab.beacons[1].chain = CHAIN
    assert (await lab.connect(checkpoint=168, options=kept).sync()).state is not SyncState.STOPPED


async def test_a_reorganisation_above_finality_is_followed(lab: Lab) -> None:
    beacon, execution = await lab.beacon(), await lab.execution()
    client = lab.connect()
    await client.sync()
    before = client.pinned(NOW - 1).block_hash
    beacon.chain = execution.lab = Branch(CHAIN, NOW - 5)
    lab.go(NOW + 2)
    status = await client.sync()
    assert (status.state, status.head) == (SyncState.VERIFIED, NOW + 1)
    assert client.pinned(NOW - 1).block_hash != before
    assert client.pinned(NOW - 6).block_hash == execution_hash(CHAIN.execution(NOW - 6))
    for number in range(NOW - 20, NOW + 2):
        parent = client.pinned(number - 1).block_hash
        assert client.pinned(number).header.parent_hash == parent


@pytest.mark.allow_log("Stopped: the validators")
async def test_a_head_that_leaves_out_a_final_block_stops_the_client(lab: Lab) -> None:
    beacon, execution = await lab.beacon(), await lab.execution()
    client = lab.connect()
    await client.sync()
    assert client.final_number == 160
    # More than half of the committee attest to it, but not the two thirds of finality.
    beacon.chain = execution.lab = Branch(CHAIN, 155)
    beacon.participants = 20
    lab.go(NOW + 2)
    status = await client.sync()
    assert status.state is SyncState.STOPPED
    assert client.evidence is not None
    ours, theirs = map(header_from_rlp, (client.evidence.ours_rlp, client.evidence.theirs_rlp))
    assert execution_hash(ours) == execution_hash(CHAIN.execution(155))
    assert (theirs.number, theirs.extra_data) == (155, b"branch")


# -- execution endpoints -----------------------------------------------------------------------


async def test_an_execution_endpoint_that_is_behind_is_told(lab: Lab) -> None:
    await lab.beacon()
    late = await lab.execution()
    late.lag_blocks = 10
    alone = lab.connect()
    status = await alone.sync()
    assert (status.state, status.head) == (SyncState.BEHIND, None)
    await lab.execution()
    client = lab.connect()
    status = await client.sync()
    assert (status.state, status.head) == (SyncState.VERIFIED, NOW - 1)
    assert states(client) == [BEHIND, FOLLOWING, FOLLOWING]
    assert "does not have the block" in status.endpoints[0].sentence


@pytest.mark.allow_log("does not hash to")
async def test_a_forged_execution_block_is_refused(lab: Lab) -> None:
    await lab.beacon()
    liar = await lab.execution()
    forged = Branch(CHAIN, 100)
    liar.answers["eth_getBlockByHash"] = lambda block_hash, full: (
        liar.eth_getBlockByNumber(hex(NOW - 1), full)
        | {"stateRoot": to_hex(forged.block(120).root)}
    )
    await lab.execution()
    client = lab.connect()
    status = await client.sync()
    assert (status.state, status.head) == (SyncState.VERIFIED, NOW - 1)
    assert states(client)[:2] == [CONTRADICTS, FOLLOWING]


async def test_ancestors_that_do_not_link_are_not_taken(lab: Lab) -> None:
    await lab.beacon()
    other = await lab.execution()
    branch = ExecutionPeer([], lab=Branch(CHAIN, 100), clock=lab.clock)
    other.answers["eth_getBlockByNumber"] = branch.eth_getBlockByNumber
    client = lab.connect()
    status = await client.sync()
    assert status.head == NOW - 1
    assert client.block(NOW - 2) is None
    assert states(client)[0] is BEHIND


@pytest.mark.allow_log("It serves chain 1 instead")
async def test_an_endpoint_of_another_chain_is_refused(lab: Lab) -> None:
    await lab.beacon()
    other = await lab.execution()
    other.answers["eth_chainId"] = lambda: "0x1"
    client = lab.connect()
    status = await client.sync()
    assert status.state is SyncState.AWAY
    assert states(client)[0] is CONTRADICTS
    with pytest.raises(EndpointAway):
        client.serving(0)
