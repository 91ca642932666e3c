from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import replace
from typing import Any

import pytest
from chain_lab import (
    CHAIN_ID,
    KEYS,
    PERIOD_S,
    START_S,
    Endpoint,
    World,
    address_of,
    block_hash,
    child,
    genesis,
    make_chain,
    make_keys,
    network,
    seal,
    to_json,
)

from peerwatt.chain.clients.bft.light_client import LightClient, TransactionRefused
from peerwatt.chain.consensus.header import Header, header_from_rlp
from peerwatt.chain.reading.reader import ProvenReader
from peerwatt.chain.status import EndpointState, Evidence, SyncState
from peerwatt.config.clock import DrivenClock
from peerwatt.model.verified import EndpointAway, Unproven

CHAIN = make_chain(40)
NOW_S = CHAIN[-1].timestamp


class MemoryStore:
    def __init__(self) -> None:
        self.records: list[bytes] = []

    def load(self) -> list[bytes]:
        return list(self.records)

    def append(self, rlps: Sequence[bytes]) -> None:
        self.records += rlps


class Lab:
    """Endpoints and a client on a driven clock."""

    def __init__(self, stack: AsyncExitStack) -> None:
        self.stack = stack
        self.clock = DrivenClock(NOW_S)
        self.endpoints: list[Endpoint] = []
        self.client: LightClient | None = None

    async def add(self, chain: Sequence[Header] = CHAIN, **options: Any) -> Endpoint:
        endpoint = Endpoint(list(chain), **options)
        await self.stack.enter_async_context(endpoint)
        self.endpoints.append(endpoint)
        return endpoint

    def connect(self, *more: str, **options: Any) -> LightClient:
        urls = [endpoint.url for endpoint in self.endpoints]
        net = network(*urls, *more)
        self.client = LightClient(net, self.clock, timeout_s=1.5, **options)
        self.stack.push_async_callback(self.client.close)
        return self.client


@pytest.fixture
async def lab() -> AsyncIterator[Lab]:
    async with AsyncExitStack() as stack:
        yield Lab(stack)


def states(client: LightClient) -> list[EndpointState]:
    return [endpoint.state for endpoint in client.status.endpoints]


async def test_two_endpoints_are_followed_to_the_head(lab: Lab) -> None:
    first, second = await lab.add(), await lab.add()
    client = lab.connect()
    assert client.status.state is SyncState.STARTING
    status = await client.sync()
    assert (status.state, status.head, status.headers_verified) == (SyncState.VERIFIED, 40, 40)
    assert (status.validators, status.rejected, status.head_time_s) == (4, 0, NOW_S)
    assert states(client) == [EndpointState.FOLLOWING] * 2
    assert client.block(17) is not None

    first.calls.clear()
    second.calls.clear()
    await client.sync()
    assert first.calls == second.calls == ["eth_blockNumber"]

    for endpoint in (first, second):
        endpoint.chain.append(seal(child(endpoint.chain[-1])))
    lab.clock.advance(NOW_S + PERIOD_S)
    assert (await client.sync()).head == 41


async def test_many_headers_take_several_batches(lab: Lab) -> None:
    chain = make_chain(600)
    lab.clock.advance(chain[-1].timestamp)
    await lab.add(chain)
    status = await lab.connect().sync()
    assert (status.head, status.headers_verified) == (600, 600)
    assert "Only one endpoint" in status.sentence


@pytest.mark.allow_log("takes no connection")
async def test_an_endpoint_that_is_down_at_the_start_is_a_state(lab: Lab) -> None:
    late = Endpoint(list(CHAIN))
    await late.__aenter__()
    port = late.port
    await late.__aexit__()
    await lab.add()
    client = lab.connect(late.url)
    status = await client.sync()
    assert (status.state, status.head) == (SyncState.VERIFIED, 40)
    assert states(client) == [EndpointState.FOLLOWING, EndpointState.AWAY]
    assert "takes no connection" in status.endpoints[1].sentence
    await lab.add(port=port)
    await client.sync()  # too early to ask again
    assert states(client)[1] is EndpointState.AWAY
    lab.clock.advance(NOW_S + 2)
    await client.sync()
    assert states(client)[1] is EndpointState.FOLLOWING


@pytest.mark.allow_log("takes no connection")
async def test_lost_and_regained_are_logged_once_each(
    lab: Lab, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    endpoint = await lab.add()
    client = lab.connect()
    await client.sync()
    await endpoint.__aexit__()
    for step in range(1, 4):
        lab.clock.advance(NOW_S + 40 * step)
        assert (await client.sync()).state is SyncState.AWAY
    with pytest.raises(EndpointAway):
        await ProvenReader(client).account("0x" + "00" * 20)
    await endpoint.__aenter__()
    for _ in range(2):
        lab.clock.advance(lab.clock.now_s() + 40)
        await client.sync()
    lines = [r.getMessage() for r in caplog.records if r.name.startswith("peerwatt")]
    assert len(lines) == 2
    assert "takes no connection" in lines[0]
    assert "is back" in lines[1]


async def test_an_old_head_is_stale(lab: Lab) -> None:
    await lab.add()
    client = lab.connect()
    await client.sync()
    lab.clock.advance(NOW_S + 3 * PERIOD_S)
    assert client.status.state is SyncState.VERIFIED
    lab.clock.advance(NOW_S + 3 * PERIOD_S + 1)
    assert client.status.state is SyncState.STALE
    assert "16 s old" in client.status.sentence


async def test_an_endpoint_behind_is_told_so(lab: Lab) -> None:
    await lab.add()
    await lab.add(CHAIN[:30])
    client = lab.connect()
    await client.sync()
    assert states(client) == [EndpointState.FOLLOWING, EndpointState.BEHIND]
    assert client.status.endpoints[1].sentence == "11 blocks behind"


async def test_announced_blocks_that_are_not_served(lab: Lab) -> None:
    await lab.add()
    await lab.add(answers={"eth_blockNumber": lambda: "0xffffff"})
    client = lab.connect()
    status = await client.sync()
    assert status.head == 40
    assert states(client) == [EndpointState.FOLLOWING, EndpointState.BEHIND]
    assert "does not serve it" in status.endpoints[1].sentence


async def test_a_header_from_the_future_waits(lab: Lab) -> None:
    await lab.add()
    client = lab.connect()
    lab.clock = DrivenClock(NOW_S - 30)
    client.clock = lab.clock
    status = await client.sync()
    assert (status.head, status.rejected) == (37, 0)
    assert status.state is SyncState.VERIFIED
    assert "check this machine's clock" in status.endpoints[0].sentence
    lab.clock.advance(NOW_S)
    assert (await client.sync()).head == 40


# -- lies --------------------------------------------------------------------------------------


def tampered(number: int, change: Callable[[dict[str, Any]], dict[str, Any] | None]) -> Any:
    def answer(wanted: str, full: bool) -> dict[str, Any] | None:
        block = to_json(CHAIN[int(wanted, 16)])
        return change(block) if int(wanted, 16) == number else block

    return answer


LIES: list[Callable[[dict[str, Any]], Any]] = [
    lambda block: block | {"stateRoot": "0x" + "11" * 32},
    lambda block: block | {"timestamp": "0x1"},
    lambda block: block | {"number": "0x9999"},
    lambda block: block | {"extraData": block["extraData"][:-2] + "07"},
    lambda block: block | {"extraData": "0x"},
    lambda block: block | {"extraData": "0x" + "c1" * 9000},
    lambda block: {**block, "logsBloom": "0x00"},
    lambda block: [],
    lambda block: "0x",
    lambda block: {},
]


@pytest.mark.allow_log("127.0.0.1")
@pytest.mark.parametrize("change", LIES)
async def test_no_forged_header_is_followed(
    lab: Lab, change: Callable[[dict[str, Any]], Any]
) -> None:
    await lab.add(answers={"eth_getBlockByNumber": tampered(25, change)})
    client = lab.connect()
    status = await client.sync()
    assert (status.head, status.rejected) == (24, 1)
    assert states(client) == [EndpointState.CONTRADICTS]
    assert status.state is SyncState.AWAY
    honest = await lab.add()
    assert honest.port


@pytest.mark.allow_log("127.0.0.1")
async def test_an_honest_endpoint_is_enough(lab: Lab) -> None:
    await lab.add(answers={"eth_getBlockByNumber": tampered(25, lambda b: b | {"gasUsed": "0x1"})})
    await lab.add()
    client = lab.connect()
    status = await client.sync()
    assert (status.state, status.head, status.rejected) == (SyncState.VERIFIED, 40, 1)
    assert states(client) == [EndpointState.CONTRADICTS, EndpointState.FOLLOWING]


@pytest.mark.allow_log("127.0.0.1")
async def test_a_forged_head_beside_the_true_one_contradicts(lab: Lab) -> None:
    await lab.add()
    await lab.add(answers={"eth_getBlockByNumber": tampered(40, lambda b: b | {"gasUsed": "0x1"})})
    client = lab.connect()
    status = await client.sync()
    assert states(client) == [EndpointState.FOLLOWING, EndpointState.CONTRADICTS]
    assert client.evidence is None
    assert status.state is SyncState.VERIFIED


@pytest.mark.allow_log("127.0.0.1")
@pytest.mark.parametrize("lie", ["chain id", "genesis"])
async def test_another_chain_is_not_followed(lab: Lab, lie: str) -> None:
    other = [genesis(timestamp=START_S - 1)]
    answers = {"eth_chainId": lambda: "0x1"} if lie == "chain id" else {}
    await lab.add(CHAIN if lie == "chain id" else other, answers=answers)
    client = lab.connect()
    status = await client.sync()
    assert (status.head, status.state) == (None, SyncState.AWAY)
    assert states(client) == [EndpointState.CONTRADICTS]
    assert str(CHAIN_ID) in status.endpoints[0].sentence or "another chain" in (
        status.endpoints[0].sentence
    )


def fork(at: int, length: int) -> list[Header]:
    """A second valid branch: validators sealed other blocks from a height on."""
    chain = CHAIN[:at]
    for i in range(length):
        chain.append(seal(child(chain[-1], gas_used=1 + i)))
    return chain


@pytest.mark.allow_log("Stopped|127.0.0.1")
@pytest.mark.parametrize(("at", "length"), [(40, 1), (12, 29), (12, 10), (33, 30), (1, 40)])
async def test_two_valid_branches_are_evidence_and_stop(lab: Lab, at: int, length: int) -> None:
    lab.clock.advance(NOW_S + 1000)
    await lab.add()
    await lab.add(fork(at, length))
    seen: list[Evidence] = []
    client = lab.connect(on_evidence=seen.append)
    status = await client.sync()
    assert status.state is SyncState.STOPPED
    assert f"height {at}" in status.sentence
    assert client.evidence is not None
    assert seen == [client.evidence]
    ours, theirs = (header_from_rlp(r) for r in (seen[0].ours_rlp, seen[0].theirs_rlp))
    assert ours.number == theirs.number == at
    assert block_hash(ours) != block_hash(theirs)
    with pytest.raises(Unproven, match="Stopped"):
        await ProvenReader(client).account("0x" + "00" * 20)
    assert (await client.sync()).state is SyncState.STOPPED


@pytest.mark.allow_log("127.0.0.1")
async def test_a_branch_without_quorum_is_no_evidence(lab: Lab) -> None:
    branch = [*CHAIN[:20], seal(child(CHAIN[19], gas_used=1), KEYS[:2])]
    branch += [seal(child(branch[-1]), KEYS[:2])]
    await lab.add()
    await lab.add([*branch, *CHAIN[len(branch) :]])
    await lab.add([*CHAIN[:39], seal(child(CHAIN[38], gas_used=1), make_keys(4, salt=5))])
    client = lab.connect()
    status = await client.sync()
    assert (status.state, status.head, client.evidence) == (SyncState.VERIFIED, 40, None)


async def test_seals_may_differ_between_endpoints(lab: Lab) -> None:
    # Each node keeps the seals it collected; the block hash does not cover them.
    resealed = [CHAIN[0]] + [seal(replace(header), KEYS[1:]) for header in CHAIN[1:]]
    await lab.add()
    await lab.add(resealed)
    client = lab.connect()
    status = await client.sync()
    assert (status.state, status.rejected) == (SyncState.VERIFIED, 0)
    assert states(client) == [EndpointState.FOLLOWING] * 2


@pytest.mark.allow_log("127.0.0.1")
@pytest.mark.parametrize(
    "options",
    [
        {"raw": b"220 smtp ready\r\n"},
        {"raw": b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nnull"},
        {"delay_s": 30},
        {"status": 503},
        {"answers": {"eth_chainId": lambda: None}},
        {"answers": {"eth_blockNumber": lambda: "9"}},
        {"answers": {"eth_blockNumber": lambda: {"a": []}}},
    ],
)
async def test_no_endpoint_can_stop_or_delay_the_others(lab: Lab, options: dict[str, Any]) -> None:
    await lab.add(**options)
    await lab.add()
    client = lab.connect()
    before = time.monotonic()
    status = await client.sync()
    assert time.monotonic() - before < 2
    assert (status.state, status.head) == (SyncState.VERIFIED, 40)
    assert states(client)[1] is EndpointState.FOLLOWING
    assert states(client)[0] in (EndpointState.AWAY, EndpointState.CONTRADICTS)


# -- restart -----------------------------------------------------------------------------------


async def test_a_restart_goes_on_where_it_was(lab: Lab) -> None:
    store = MemoryStore()
    endpoint = await lab.add()
    client = lab.connect(store=store)
    await client.sync()
    await client.close()
    assert len(store.records) == 41
    endpoint.calls.clear()
    again = lab.connect(store=store)
    status = await again.sync()
    assert (status.head, status.headers_verified) == (40, 0)
    assert endpoint.calls.count("eth_getBlockByNumber") <= 2


@pytest.mark.allow_log("damaged")
async def test_a_damaged_or_foreign_store_is_not_used(lab: Lab) -> None:
    store = MemoryStore()
    await lab.add()
    client = lab.connect(store=store)
    await client.sync()
    await client.close()
    whole = list(store.records)
    for records, reused in (
        ([*whole[:20], whole[20][:-1], *whole[21:]], 20),
        ([*whole[:20], *whole[22:]], 19),
        ([bytes(32) + record[32:] for record in whole], 0),
        ([*whole, b""], 0),
    ):
        store.records = list(records)
        again = lab.connect(store=store)
        status = await again.sync()
        assert status.head == 40
        assert status.headers_verified == (0 if reused else 40)
        await again.close()


# -- reading and sending -----------------------------------------------------------------------

WORLD = World({address_of(key): (3, 77, {1: 5, 9: 2**255}) for key in KEYS})
ADDRESS = "0x" + address_of(KEYS[0]).hex()
RICH = [*CHAIN, seal(child(CHAIN[-1], state_root=WORLD.root, timestamp=NOW_S))]
RICH[-1] = seal(child(CHAIN[-1], state_root=WORLD.root))


def forged(address: str, slots: list[str], block: str) -> dict[str, Any]:
    answer = WORLD.proof(bytes.fromhex(address[2:]), [int(slot, 16) for slot in slots])
    return answer | {"balance": "0xffffff"}


@pytest.mark.allow_log("127.0.0.1")
async def test_a_forged_proof_is_refused_and_another_endpoint_asked(lab: Lab) -> None:
    lab.clock.advance(NOW_S + PERIOD_S)
    liar = await lab.add(RICH, world=WORLD, answers={"eth_getProof": forged})
    honest = await lab.add(RICH, world=WORLD)
    client = lab.connect()
    await client.sync()
    reader = ProvenReader(client)
    found = await reader.read({ADDRESS: [1, 9, 2, 1]})
    assert found.value[ADDRESS].account.balance_wei == 77
    assert found.value[ADDRESS].slots == {1: 5, 9: 2**255, 2: 0}
    assert (found.block_number, found.block_time_s) == (41, NOW_S + PERIOD_S)
    assert (client.counters.proofs_verified, client.counters.rejected) == (4, 1)
    assert states(client)[0] is EndpointState.CONTRADICTS
    assert liar.calls.count("eth_getProof") == honest.calls.count("eth_getProof") == 1
    with pytest.raises(Unproven, match="not among"):
        await reader.account(ADDRESS, block=99)


@pytest.mark.allow_log("127.0.0.1")
async def test_when_all_lie_nothing_is_believed(lab: Lab) -> None:
    lab.clock.advance(NOW_S + PERIOD_S)
    for _ in range(2):
        await lab.add(RICH, world=WORLD, answers={"eth_getProof": forged})
    client = lab.connect()
    await client.sync()
    with pytest.raises(Unproven, match="differs"):
        await ProvenReader(client).account(ADDRESS)
    assert client.status.state is SyncState.AWAY


@pytest.mark.allow_log("another hash")
async def test_sends_go_to_all_endpoints_and_the_hash_is_our_own(lab: Lab) -> None:
    taken: list[str] = []
    true = "0x56570de287d73cd1cb6092bb8fdee6173974955fdef345ae579ee9f475ea7432"

    def taking(answer: str) -> Callable[[str], str]:
        def take(raw: str) -> str:
            taken.append(raw)
            return answer

        return take

    for answer in ("0x" + "ee" * 32, true.upper().replace("0X", "0x")):
        await lab.add(answers={"eth_sendRawTransaction": taking(answer)})
    client = lab.connect()
    await client.sync()
    assert await client.broadcast("0x1234") == true
    assert taken == ["0x1234"] * 2
    assert states(client) == [EndpointState.CONTRADICTS, EndpointState.FOLLOWING]


async def test_a_refused_send_says_why(lab: Lab) -> None:
    await lab.add()
    client = lab.connect()
    with pytest.raises(EndpointAway):
        await client.broadcast("0x12")
    await client.sync()
    with pytest.raises(TransactionRefused, match="no method eth_sendRawTransaction"):
        await client.broadcast("0x12")


async def test_no_endpoint_is_wrong_use() -> None:
    with pytest.raises(ValueError, match="at least one"):
        LightClient(network(), DrivenClock(NOW_S))


# -- lag, disagreement, staleness --------------------------------------------------------------


async def test_each_endpoint_tells_its_age_and_lag(lab: Lab) -> None:
    await lab.add()
    await lab.add(CHAIN[:30])
    client = lab.connect()
    lab.clock.advance(NOW_S + 4)
    first, second = (await client.sync()).endpoints
    assert (first.head_age_s, first.blocks_behind, first.answered_s) == (4, 0, NOW_S + 4)
    assert (second.head_age_s, second.blocks_behind) == (4 + 11 * PERIOD_S, 11)
    assert second.state is EndpointState.BEHIND


async def test_when_all_are_stale_the_chain_is(lab: Lab) -> None:
    for _ in range(2):
        await lab.add()
    client = lab.connect()
    await client.sync()
    lab.clock.advance(NOW_S + 16)
    status = await client.sync()
    assert status.state is SyncState.STALE
    assert [e.sentence for e in status.endpoints] == ["its newest block is 16 s old"] * 2
    assert (status.final, status.finality) == (40, "immediate")


@pytest.mark.allow_log("127.0.0.1")
async def test_disagreement_is_said_while_the_proven_chain_goes_on(lab: Lab) -> None:
    await lab.add()
    await lab.add(answers={"eth_getBlockByNumber": tampered(25, lambda b: b | {"gasUsed": "0x1"})})
    client = lab.connect()
    await client.sync()
    client.refuse(client.endpoints[1], Unproven("It lied."))
    status = client.status
    assert status.state is SyncState.VERIFIED
    assert "Contradicted by 127.0.0.1" in status.sentence


async def test_a_client_that_falls_back_says_how_far(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    endpoint = await lab.add(CHAIN[:11])
    client = lab.connect()
    assert (await client.sync()).state is SyncState.STALE
    monkeypatch.setattr("peerwatt.chain.clients.bft.light_client.MAX_PER_ROUND", 4)
    endpoint.chain = list(CHAIN)
    status = await client.sync()
    assert (status.state, status.head) == (SyncState.BEHIND, 14)
    assert status.sentence == "Verified up to block 14; 26 newer ones are being checked."
    for _ in range(7):
        status = await client.sync()
    assert (status.state, status.head) == (SyncState.VERIFIED, 40)


async def test_a_head_that_nobody_serves_does_not_keep_the_client_starting(lab: Lab) -> None:
    await lab.add(answers={"eth_blockNumber": lambda: "0xffffffffffffffff"})
    await lab.add()
    status = await lab.connect().sync()
    assert (status.state, status.head) == (SyncState.VERIFIED, 40)


@pytest.mark.allow_log("127.0.0.1")
async def test_one_header_told_two_ways_is_no_evidence(lab: Lab) -> None:
    forged = {"left": 3}

    def wavering(wanted: str, full: bool) -> dict[str, Any]:
        block = to_json(CHAIN[int(wanted, 16)])
        if int(wanted, 16) == 40 and forged["left"]:
            forged["left"] -= 1
            block |= {"gasUsed": "0x1"}
        return block

    await lab.add()
    await lab.add(answers={"eth_getBlockByNumber": wavering})
    client = lab.connect()
    for step in range(3):
        lab.clock.advance(NOW_S + 2 * step)
        status = await client.sync()
    assert (status.state, client.evidence) == (SyncState.VERIFIED, None)
