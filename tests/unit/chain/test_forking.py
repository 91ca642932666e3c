"""The client of chains that may fork: heaviest branch, reorganisations, what is settled, lies."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import replace
from itertools import pairwise
from typing import Any

import clique_lab as lab_chain
import pytest
from chain_lab import CHAIN_ID, Endpoint, make_keys
from clique_lab import EPOCH, KEYS, NOW_S, PERIOD_S, RULES, allowed, child, grow, start
from hypothesis import given, settings
from hypothesis import strategies as st
from light_lab import MemoryStore

from peerwatt.chain.clients.forking.branches import BATCH
from peerwatt.chain.clients.forking.client import ForkingClient
from peerwatt.chain.clients.forking.tree import ForkTree
from peerwatt.chain.consensus.clique import CliqueState
from peerwatt.chain.consensus.header import header_from_rlp, header_to_json
from peerwatt.chain.networks import Network
from peerwatt.chain.status import EndpointState, Evidence, SyncState
from peerwatt.config.clock import DrivenClock
from peerwatt.model.verified import Unproven

ROOT = start()


def grow_late(parent: CliqueState, length: int) -> list[CliqueState]:
    """Blocks out of turn where that is possible: a lighter chain."""
    states: list[CliqueState] = []
    for _ in range(length):
        parent = RULES.verify(parent, child(parent, allowed(parent)[-1]), NOW_S)
        states.append(parent)
    return states


LIGHT = [ROOT, *grow_late(ROOT, 30)]
"""Every block out of turn."""
HEAVY = [ROOT, *grow(ROOT, 30)]
"""Every block in turn."""


class Node(Endpoint):
    """Serves Clique headers."""

    def eth_getBlockByNumber(self, number: str, full: bool) -> dict[str, Any] | None:
        at = int(number, 16)
        if at >= len(self.chain):
            return None
        return header_to_json(self.chain[at]) | {"transactions": [], "uncles": []}

    def show(self, states: Sequence[CliqueState]) -> None:
        self.chain = [state.header for state in states]


class Lab:
    """Nodes and a client on a driven clock."""

    def __init__(self, stack: AsyncExitStack) -> None:
        self.stack = stack
        self.clock = DrivenClock(NOW_S)
        self.nodes: list[Node] = []

    async def add(self, states: Sequence[CliqueState], **options: Any) -> Node:
        node = Node([state.header for state in states], **options)
        await self.stack.enter_async_context(node)
        self.nodes.append(node)
        self.now(max((states[-1], HEAVY[-1]), key=lambda s: s.header.timestamp))
        return node

    def now(self, state: CliqueState) -> None:
        """Set the clock to a block's time."""
        self.clock = DrivenClock(state.header.timestamp)

    def connect(self, *, trusted: CliqueState = ROOT, **options: Any) -> ForkingClient:
        network = Network(
            name="lab",
            chain_id=CHAIN_ID,
            rules=RULES,
            genesis_hash=trusted.block_hash,
            validators=(),
            endpoints=tuple(node.url for node in self.nodes),
            block_period_s=PERIOD_S,
            consensus="clique",
            trusted_number=trusted.header.number,
        )
        client = ForkingClient(network, self.clock, timeout_s=1.0, **options)
        self.stack.push_async_callback(client.close)
        return client


@pytest.fixture
async def lab() -> AsyncIterator[Lab]:
    async with AsyncExitStack() as stack:
        yield Lab(stack)


def states(client: ForkingClient) -> list[EndpointState]:
    return [endpoint.state for endpoint in client.status.endpoints]


async def test_two_endpoints_are_followed_and_what_is_settled_is_told(lab: Lab) -> None:
    for _ in range(2):
        await lab.add(HEAVY)
    client = lab.connect()
    assert client.status.state is SyncState.STARTING
    with pytest.raises(Unproven, match="No block is verified yet"):
        client.pinned()
    status = await client.sync()
    assert (status.state, status.head, status.final) == (SyncState.VERIFIED, 30, 28)
    assert (status.finality, status.validators, status.headers_verified) == ("probabilistic", 3, 30)
    assert status.sentence == (
        "Verified up to block 30, settled up to 28; newer ones may be replaced."
    )
    assert states(client) == [EndpointState.FOLLOWING] * 2
    assert client.pinned(12).block_hash == HEAVY[12].block_hash
    with pytest.raises(Unproven, match="not among the verified"):
        client.pinned(31)
    for node in lab.nodes:
        node.calls.clear()
    await client.sync()
    assert [node.calls for node in lab.nodes] == [["eth_blockNumber", "eth_getBlockByNumber"]] * 2


async def test_a_heavier_branch_replaces_the_newest_blocks(
    lab: Lab, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    base = LIGHT[:11]
    old, new = [*base, *grow_late(base[-1], 1)], [*base, *grow(base[-1], 1)]
    node = await lab.add(old)
    client = lab.connect()
    await client.sync()
    pinned = client.pinned()
    assert pinned.block_hash == old[-1].block_hash
    assert pinned.block_hash != new[-1].block_hash

    node.show(new)
    status = await client.sync()
    assert (status.head, status.final) == (11, 9)
    assert client.head is not None
    assert client.head.block_hash == new[-1].block_hash
    assert "Blocks 11 to 11 were replaced" in caplog.text
    with pytest.raises(Unproven, match="Block 11 left the chain"):
        client.pinned(11)
    assert client.pinned(11).block_hash == new[-1].block_hash
    assert client.pinned(10).block_hash == base[-1].block_hash


async def test_a_lighter_branch_is_told_and_not_followed(lab: Lab) -> None:
    base = HEAVY[:20]
    lighter = [*base, *grow_late(base[-1], 1)]
    heavier = HEAVY[:21]
    await lab.add(heavier)
    await lab.add(lighter)
    client = lab.connect()
    status = await client.sync()
    assert client.head is not None
    assert client.head.block_hash == heavier[-1].block_hash
    assert states(client) == [EndpointState.FOLLOWING] * 2
    assert "lighter branch: its block 20" in status.endpoints[1].sentence
    assert (status.rejected, client.evidence) == (0, None)
    # Its branch grows heavier: then it is followed.
    lab.nodes[1].show([*lighter, *grow(lighter[-1], 2)])
    lab.nodes[0].show(heavier)
    status = await client.sync()
    assert (status.head, status.final, status.rejected) == (22, 20, 0)
    assert states(client) == [EndpointState.BEHIND, EndpointState.FOLLOWING]
    assert "lighter branch: its block 20 is not the settled one" in status.endpoints[0].sentence


@pytest.mark.allow_log("Stopped")
async def test_a_heavier_branch_below_what_is_settled_is_evidence_and_stops(lab: Lab) -> None:
    await lab.add(LIGHT)
    await lab.add(LIGHT)
    seen: list[Evidence] = []
    client = lab.connect(on_evidence=seen.append)
    assert (await client.sync()).final == 28
    lab.nodes[1].show(HEAVY)
    status = await client.sync()
    assert status.state is SyncState.STOPPED
    assert "replaces block 1, on which most validators had built" in status.sentence
    assert seen == [client.evidence]
    ours, theirs = (header_from_rlp(rlp) for rlp in (seen[0].ours_rlp, seen[0].theirs_rlp))
    assert (ours, theirs) == (LIGHT[1].header, HEAVY[1].header)
    with pytest.raises(Unproven, match="Stopped"):
        client.pinned()
    assert (await client.sync()).state is SyncState.STOPPED


@pytest.mark.allow_log("Stopped|127.0.0.1|replaced")
@pytest.mark.parametrize("follow_other", [False, True])
async def test_the_stop_survives_a_restart_until_the_owner_decides(
    lab: Lab, follow_other: bool
) -> None:
    store = MemoryStore()
    await lab.add(LIGHT)
    await lab.add(LIGHT)
    client = lab.connect(store=store)
    await client.sync()
    lab.nodes[1].show(HEAVY)
    assert (await client.sync()).state is SyncState.STOPPED
    await client.close()

    again = lab.connect(store=store)
    assert (await again.sync()).state is SyncState.STOPPED
    assert again.rivals == (LIGHT[1].block_hash, HEAVY[1].block_hash)
    assert await again.resolve_evidence(follow_other=follow_other) is not None
    assert (again.evidence, again.rivals) == (None, None)
    chosen, wrong = (HEAVY, 0) if follow_other else (LIGHT, 1)
    for client in (again, lab.connect(store=store)):
        status = await client.sync()
        assert (status.head, client.pinned(1).block_hash) == (30, chosen[1].block_hash)
        assert status.state is SyncState.VERIFIED
        assert states(client)[wrong] is EndpointState.CONTRADICTS
        assert "you decided against" in status.endpoints[wrong].sentence
        await client.close()


async def test_a_lighter_branch_below_what_is_settled_is_a_lag(lab: Lab) -> None:
    await lab.add(HEAVY)
    await lab.add(LIGHT)
    client = lab.connect()
    status = await client.sync()
    assert (status.state, status.head, status.rejected) == (SyncState.VERIFIED, 30, 0)
    assert states(client) == [EndpointState.FOLLOWING, EndpointState.BEHIND]
    assert "its block 1 is not the settled one" in status.endpoints[1].sentence
    assert client.evidence is None


def tampered(
    number: int, change: Callable[[dict[str, Any]], Any]
) -> Callable[[str, bool], dict[str, Any] | None]:
    def answer(wanted: str, full: bool) -> Any:
        at = int(wanted, 16)
        block = header_to_json(HEAVY[at].header) if at < len(HEAVY) else None
        return change(block) if block is not None and at == number else block

    return answer


LIES: list[Callable[[dict[str, Any]], Any]] = [
    lambda block: block | {"stateRoot": "0x" + "11" * 32},
    lambda block: block | {"timestamp": "0x1"},
    lambda block: block | {"number": "0x9999"},
    lambda block: block | {"difficulty": "0x1"},
    lambda block: block | {"extraData": block["extraData"][:-2] + "07"},
    lambda block: block | {"extraData": "0x"},
    lambda block: block | {"withdrawalsRoot": "0x" + "00" * 32},
    lambda block: [],
    lambda block: {},
]


@pytest.mark.allow_log("127.0.0.1")
@pytest.mark.parametrize("change", LIES)
@pytest.mark.parametrize("number", [17, 30])
async def test_no_forged_header_is_followed(
    lab: Lab, number: int, change: Callable[[dict[str, Any]], Any]
) -> None:
    await lab.add(HEAVY, answers={"eth_getBlockByNumber": tampered(number, change)})
    client = lab.connect()
    status = await client.sync()
    assert (status.head, status.rejected) == (number - 1, 1)
    assert states(client) == [EndpointState.CONTRADICTS]
    assert status.state is SyncState.AWAY


@pytest.mark.allow_log("127.0.0.1")
async def test_an_honest_endpoint_beside_a_liar_is_enough(lab: Lab) -> None:
    await lab.add(HEAVY, answers={"eth_getBlockByNumber": tampered(25, LIES[0])})
    await lab.add(HEAVY)
    client = lab.connect()
    status = await client.sync()
    assert (status.state, status.head) == (SyncState.VERIFIED, 30)
    assert states(client) == [EndpointState.CONTRADICTS, EndpointState.FOLLOWING]
    assert "Contradicted by" in status.sentence


@pytest.mark.allow_log("127.0.0.1")
@pytest.mark.parametrize("lie", ["chain id", "genesis"])
async def test_another_chain_is_not_followed(lab: Lab, lie: str) -> None:
    other = start(make_keys(3, salt=55))
    answers = {"eth_chainId": lambda: "0x1"} if lie == "chain id" else {}
    await lab.add(HEAVY if lie == "chain id" else [other], answers=answers)
    client = lab.connect()
    status = await client.sync()
    assert (status.state, status.head) == (SyncState.AWAY, None)
    assert states(client) == [EndpointState.CONTRADICTS]


async def test_a_signer_that_is_away_is_told(lab: Lab) -> None:
    two = [*HEAVY[:10]]
    for _ in range(12):
        two += grow(two[-1], 1, KEYS[:2])
    await lab.add(two)
    client = lab.connect()
    status = await client.sync()
    assert "2 of 3 validators sealed the last 9 blocks." in status.sentence
    assert status.final == len(two) - 3


async def test_lag_and_age_are_states(lab: Lab) -> None:
    await lab.add(HEAVY)
    await lab.add(HEAVY[:20])
    client = lab.connect()
    await client.sync()
    assert states(client) == [EndpointState.FOLLOWING, EndpointState.BEHIND]
    assert client.status.endpoints[1].blocks_behind == 11
    lab.clock.advance(lab.clock.now_s() + 3 * PERIOD_S + 1)
    status = client.status
    assert status.state is SyncState.STALE
    assert "16 s old" in status.sentence


async def test_announced_blocks_that_are_not_served_are_a_lag(lab: Lab) -> None:
    await lab.add(HEAVY, answers={"eth_blockNumber": lambda: "0xffff"})
    client = lab.connect()
    status = await client.sync()
    assert status.head == 30
    assert states(client) == [EndpointState.BEHIND]
    assert "does not serve it" in status.endpoints[0].sentence


async def test_a_header_from_the_future_waits(lab: Lab) -> None:
    await lab.add(HEAVY)
    lab.now(HEAVY[20])
    client = lab.connect()
    status = await client.sync()
    assert (status.head, status.rejected) == (23, 0)
    assert "check this machine's clock" in status.endpoints[0].sentence
    lab.clock.advance(HEAVY[-1].header.timestamp)
    assert (await client.sync()).head == 30


async def test_only_settled_blocks_are_stored_and_the_next_run_goes_on_there(lab: Lab) -> None:
    store = MemoryStore()
    node = await lab.add(HEAVY)
    client = lab.connect(store=store)
    await client.sync()
    await client.close()
    kept = [RULES.unpack(record[32:]) for record in store.records]
    assert [state.header.number for state in kept] == list(range(29))

    again = lab.connect(store=store)
    node.calls.clear()
    status = await again.sync()
    assert (status.head, status.final, status.headers_verified) == (30, 28, 2)


async def test_a_long_chain_is_taken_in_batches_and_little_is_kept(lab: Lab) -> None:
    chain = [ROOT, *grow(ROOT, 1500)]
    await lab.add(chain)
    client = lab.connect()
    status = await client.sync()
    assert (status.head, status.final, status.headers_verified) == (1500, 1498, 1500)
    assert client._tree is not None
    assert len(client._tree) <= 4
    assert client.block(1500 - 1100) is None
    assert client.block(1500 - 900) is not None


async def test_a_later_epoch_block_may_be_the_trusted_one(lab: Lab) -> None:
    chain = [ROOT, *grow(ROOT, EPOCH + 10)]
    await lab.add(chain)
    client = lab.connect(trusted=chain[EPOCH])
    status = await client.sync()
    assert (status.head, status.final, status.headers_verified) == (EPOCH + 10, EPOCH + 8, 10)
    assert client.block(EPOCH - 1) is None


async def test_a_chain_that_changes_between_two_questions_is_no_lie(lab: Lab) -> None:
    """The endpoint shows another branch for the second batch; the next round takes it."""
    chain = [ROOT, *grow(ROOT, 200)]
    other = [*chain[:40], *grow_late(chain[39], 161)]
    node = await lab.add(chain)
    served = node.eth_getBlockByNumber

    def switching(number: str, full: bool) -> Any:
        if int(number, 16) == BATCH + 1 and node.chain == [s.header for s in chain]:
            node.show(other)
        return served(number, full)

    node.answers["eth_getBlockByNumber"] = switching
    client = lab.connect()
    status = await client.sync()
    assert states(client) == [EndpointState.BEHIND]
    assert "asked again" in status.endpoints[0].sentence
    assert status.rejected == 0


# -- the tree -----------------------------------------------------------------------------------


@settings(max_examples=60)
@given(st.lists(st.tuples(st.integers(0, 7), st.integers(0, 1)), min_size=1, max_size=40))
def test_the_head_is_always_the_heaviest_block_above_the_root(moves: list[tuple[int, int]]) -> None:
    tree = ForkTree(RULES, ROOT)
    known: list[CliqueState] = [ROOT]
    for back, choice in moves:
        parent = known[max(0, len(known) - 1 - back)]
        if tree.find(parent.block_hash) is None:
            continue
        keys = allowed(parent)
        made = RULES.verify(parent, child(parent, keys[min(choice, len(keys) - 1)]), NOW_S)
        if tree.find(made.block_hash) is not None:
            continue
        known.append(made)
        tree.add(made)
        tree.prefer(made)
        tree.settle()
        alive = [s for s in known if tree.find(s.block_hash) is not None]
        assert tree.head is max(alive, key=RULES.weight)
        chain = list(tree.newest_first())
        assert chain[-1] is tree.root
        assert all(a.header.parent_hash == b.block_hash for a, b in pairwise(chain))
        assert all(tree.at(s.header.number) is s for s in chain)


def test_a_root_that_is_too_deep_moves_on_without_being_settled(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("peerwatt.chain.clients.forking.tree.MAX_DEPTH", 5)
    rules = replace(RULES)
    monkeypatch.setattr(lab_chain.CliqueRules, "settles", lambda *_: False)
    tree = ForkTree(rules, ROOT)
    for state in HEAVY[1:9]:
        tree.add(state)
        tree.prefer(state)
        passed, settled = tree.settle()
    assert (tree.root.header.number, tree.head.header.number) == (3, 8)
    assert [item.header.number for item in passed] == [3]
    assert settled is None
