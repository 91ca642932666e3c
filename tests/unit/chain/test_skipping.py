from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import replace
from typing import Any

import pytest
from bft_lab import first_header, run, sealed_child
from chain_lab import KEYS, VALIDATORS, address_of, make_keys, to_json
from light_lab import ClientLab, MemoryStore, states

from peerwatt.chain.consensus.bft import Vote
from peerwatt.chain.consensus.header import Header
from peerwatt.chain.endpoints.transport import JsonRpc
from peerwatt.chain.networks import SyncPlan
from peerwatt.chain.status import EndpointState, SyncState
from peerwatt.model.verified import Unproven

DAY_S = 86_400
PLAN = SyncPlan("skipping", 7 * DAY_S, skip_from_blocks=50)
FIRST = first_header()


def changing(steps: int, blocks: int) -> list[Header]:
    """A chain that replaces all its validators: one comes and one goes, then a calm stretch."""
    pool = sorted([*KEYS, *make_keys(steps, salt=4)], key=address_of)
    newcomers = [key for key in pool if key not in KEYS]
    members, chain = list(KEYS), [FIRST]
    for key in newcomers:
        leaving = next(member for member in members if member in KEYS)
        for target, add in ((key, True), (leaving, False)):
            vote = Vote(address_of(target), add)
            chain += run(chain[-1], len(members) // 2 + 1, members, vote=vote)
            members = [m for m in pool if m in members or m is key]
        members.remove(leaving)
        chain += run(chain[-1], blocks, members)
    return chain


CALM = [FIRST, *run(FIRST, 200)]
CHANGING = changing(4, 30)


@pytest.fixture
async def lab() -> AsyncIterator[ClientLab]:
    async with AsyncExitStack() as stack:
        yield ClientLab(stack)


async def test_a_calm_stretch_is_one_jump(lab: ClientLab) -> None:
    endpoint = await lab.add(CALM)
    client = lab.connect(FIRST, sync=PLAN)
    status = await client.sync()
    assert (status.state, status.head, status.headers_verified) == (SyncState.VERIFIED, 200, 200)
    # The blocks behind the target are linked by hash, so readers and events find them.
    assert client.block(1) is not None
    assert client.block(150) is not None
    # Greeted, jumped, 199 fetched backwards.
    assert endpoint.calls.count("eth_getBlockByNumber") == 1 + 1 + 199
    endpoint.chain += run(CALM[-1], 3)
    lab.clock.advance(endpoint.chain[-1].timestamp)
    assert (await client.sync()).head == 203


async def test_replaced_validators_are_bisected_to(lab: ClientLab) -> None:
    await lab.add(CHANGING)
    client = lab.connect(FIRST, sync=PLAN)
    status = await client.sync()
    assert (status.state, status.head) == (SyncState.VERIFIED, CHANGING[-1].number)
    assert not set(VALIDATORS) & set(client._tip.validators)
    assert status.rejected == 0


async def test_skipping_and_walking_agree(lab: ClientLab) -> None:
    await lab.add(CHANGING)
    skipped, walked = lab.connect(FIRST, sync=PLAN), lab.connect(FIRST)
    await skipped.sync()
    await walked.sync()
    for number in (1, 60, CHANGING[-1].number):
        assert skipped.pinned(number).block_hash == walked.pinned(number).block_hash
    assert skipped._tip.validators == walked._tip.validators


async def test_a_skip_survives_a_restart(lab: ClientLab) -> None:
    endpoint = await lab.add(CALM)
    store = MemoryStore()
    client = lab.connect(FIRST, sync=PLAN, store=store)
    await client.sync()
    await client.close()
    endpoint.calls.clear()
    again = lab.connect(FIRST, sync=PLAN, store=store)
    status = await again.sync()
    assert (status.head, status.headers_verified) == (200, 0)
    assert again.block(2) is not None


async def test_a_short_gap_is_walked(lab: ClientLab) -> None:
    await lab.add(CALM[:40])
    client = lab.connect(FIRST, sync=PLAN)
    await client.sync()
    assert client._tip.votes == ()  # known from the tally, not from a jump


async def test_a_later_block_is_a_trust_root(lab: ClientLab) -> None:
    await lab.add(CALM)
    client = lab.connect(CALM[180])
    status = await client.sync()
    assert (status.state, status.head, status.headers_verified) == (SyncState.VERIFIED, 200, 20)
    with pytest.raises(Unproven):
        client.pinned(179)


async def test_an_endpoint_without_the_trusted_block_is_behind(lab: ClientLab) -> None:
    await lab.add(CALM)
    await lab.add(CALM[:100])
    client = lab.connect(CALM[180])
    assert (await client.sync()).state is SyncState.VERIFIED
    assert states(client) == [EndpointState.FOLLOWING, EndpointState.BEHIND]


async def test_past_the_trusting_period_the_owner_is_asked(lab: ClientLab) -> None:
    await lab.add(CALM)
    lab.clock.advance(FIRST.timestamp + 7 * DAY_S + 1)
    client = lab.connect(FIRST, sync=PLAN)
    status = await client.sync()
    assert (status.state, status.head) == (SyncState.EXPIRED, 0)
    assert "enter them as the new trust root" in status.sentence
    # A new root given by the owner is a new start.
    fresh = lab.connect(CALM[190], sync=PLAN)
    assert (await fresh.sync()).head == 200


def lying(chain: list[Header], number: int, **changes: Any) -> Any:
    def answer(wanted: str, full: bool) -> dict[str, Any]:
        header = chain[int(wanted, 16)]
        return to_json(replace(header, **changes) if header.number == number else header)

    return answer


@pytest.mark.allow_log("127.0.0.1")
@pytest.mark.parametrize("number", [200, 199, 73])
async def test_a_forged_target_or_parent_is_refused(lab: ClientLab, number: int) -> None:
    forged = {"eth_getBlockByNumber": lying(CALM, number, state_root=b"\x11" * 32)}
    await lab.add(CALM, answers=forged)
    await lab.add(CALM)
    client = lab.connect(FIRST, sync=PLAN)
    status = await client.sync()
    assert (status.state, status.head, status.rejected) == (SyncState.VERIFIED, 200, 1)
    assert states(client) == [EndpointState.CONTRADICTS, EndpointState.FOLLOWING]


@pytest.mark.allow_log("127.0.0.1")
async def test_a_chain_of_strangers_is_not_jumped_to(lab: ClientLab) -> None:
    strangers = make_keys(4, salt=8)
    parent = replace(CALM[199], gas_used=1)
    await lab.add([*CALM[:200], sealed_child(parent, strangers)])
    await lab.add(CALM[:190])
    client = lab.connect(FIRST, sync=PLAN)
    status = await client.sync()
    assert (status.rejected, status.head, client.evidence) == (1, 189, None)
    assert states(client) == [EndpointState.CONTRADICTS, EndpointState.FOLLOWING]


@pytest.mark.allow_log("Stopped|127.0.0.1")
async def test_a_branch_below_what_is_kept_is_evidence(
    lab: ClientLab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("peerwatt.chain.clients.bft.skipping.RING_BLOCKS", 64)
    other = [*CALM[:100], *run(CALM[99], 101, gas_used=7)]
    await lab.add(CALM)
    await lab.add(other)
    client = lab.connect(FIRST, sync=PLAN)
    status = await client.sync()
    assert status.state is SyncState.STOPPED
    assert client.evidence is not None
    assert client.evidence.height == 200 - 63


async def test_batches_are_bounded(lab: ClientLab, monkeypatch: pytest.MonkeyPatch) -> None:
    sizes: list[int] = []
    batch = JsonRpc.batch

    async def watched(rpc: JsonRpc, calls: Any) -> list[object]:
        sizes.append(len(calls))
        return await batch(rpc, calls)

    monkeypatch.setattr(JsonRpc, "batch", watched)
    await lab.add(CALM)
    await lab.connect(FIRST, sync=PLAN).sync()
    assert max(sizes) <= 128
