from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from bft_lab import first_header, hash_of, run
from light_lab import ClientLab, MemoryStore, states

from peerwatt.chain.clients.evidence import EvidenceRecord, unpack_record
from peerwatt.chain.consensus.header import header_from_rlp
from peerwatt.chain.encoding import EncodingFault
from peerwatt.chain.status import EndpointState, Evidence, SyncState
from peerwatt.history import History

FIRST = first_header()
OURS = [FIRST, *run(FIRST, 30)]
THEIRS = [*OURS[:20], *run(OURS[19], 15, gas_used=3)]

pytestmark = pytest.mark.allow_log("Stopped|127.0.0.1")


@pytest.fixture
async def lab() -> AsyncIterator[ClientLab]:
    async with AsyncExitStack() as stack:
        yield ClientLab(stack)


def test_a_record_survives_packing() -> None:
    found = Evidence(20, b"ours", b"theirs", "127.0.0.1:1")
    for decision in ("", "ours", "theirs"):
        record = EvidenceRecord(b"r" * 32, found, decision)  # type: ignore[arg-type]
        assert unpack_record(record.pack()) == record
    with pytest.raises(EncodingFault):
        unpack_record(record.pack()[:-1])


async def test_a_stop_survives_a_restart_on_disk(lab: ClientLab, tmp_path: Path) -> None:
    lab.clock.advance(THEIRS[-1].timestamp)
    honest = await lab.add(OURS)
    await lab.add(THEIRS)
    history = History.open(tmp_path / "history.db")
    client = lab.connect(FIRST, store=history.headers)
    assert (await client.sync()).state is SyncState.STOPPED
    await client.close()
    history.close()

    history = History.open(tmp_path / "history.db")
    again = lab.connect(FIRST, endpoints=[honest], store=history.headers)
    status = await again.sync()
    assert status.state is SyncState.STOPPED
    assert "at height 20" in status.sentence
    assert again.evidence is not None
    pair = [header_from_rlp(r) for r in (again.evidence.ours_rlp, again.evidence.theirs_rlp)]
    assert {hash_of(header) for header in pair} == {hash_of(OURS[20]), hash_of(THEIRS[20])}
    history.close()


async def test_another_trust_root_is_not_stopped_by_it(lab: ClientLab) -> None:
    store = MemoryStore()
    store.put_evidence([EvidenceRecord(b"x" * 32, Evidence(1, b"", b"", "")).pack()])
    await lab.add(OURS)
    client = lab.connect(FIRST, store=store)
    assert (await client.sync()).state is SyncState.VERIFIED


async def stopped(lab: ClientLab, store: MemoryStore) -> None:
    lab.clock.advance(THEIRS[-1].timestamp)
    await lab.add(OURS)
    await lab.add(THEIRS)
    client = lab.connect(FIRST, store=store)
    assert (await client.sync()).state is SyncState.STOPPED
    await client.close()


@pytest.mark.parametrize("follow_other", [False, True])
async def test_the_owner_decides_and_the_client_goes_on(lab: ClientLab, follow_other: bool) -> None:
    store = MemoryStore()
    await stopped(lab, store)
    client = lab.connect(FIRST, store=store)
    first = (await client.sync()).sentence
    assert "ask your community" in first
    held = client.block(20)
    assert held is not None
    is_ours = held.block_hash == hash_of(OURS[20])
    assert await client.resolve_evidence(follow_other=follow_other) is not None
    for _ in range(3):
        lab.clock.advance(lab.clock.now_s() + 40)
        status = await client.sync()
    chosen = OURS if is_ours != follow_other else THEIRS
    assert client.evidence is None
    assert status.head == chosen[-1].number
    assert client.pinned(20).block_hash == hash_of(chosen[20])
    wrong = states(client)[1 if chosen is OURS else 0]
    assert wrong is not EndpointState.FOLLOWING
    # The decision holds after a restart.
    await client.close()
    again = lab.connect(FIRST, store=store)
    assert (await again.sync()).state is not SyncState.STOPPED
    assert again.pinned(20).block_hash == hash_of(chosen[20])


async def test_nothing_to_resolve(lab: ClientLab) -> None:
    await lab.add(OURS)
    client = lab.connect(FIRST, store=MemoryStore())
    assert await client.resolve_evidence() is None
    assert (await client.sync()).head == 30
