"""Proof files of every kind of consensus, made by real clients from small chains sealed here."""

from __future__ import annotations

import json
import sys
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import aura_lab
import clique_lab
from bft_lab import first_header, hash_of, run
from chain_lab import (
    CHAIN_ID,
    KEYS,
    VALIDATORS,
    Endpoint,
    World,
    address_of,
    list_root,
    make_keys,
    receipt,
)

from peerwatt.chain.bundles.make import make_bundle
from peerwatt.chain.bundles.values import AccountValue, SlotValue
from peerwatt.chain.clients.opening import open_chain
from peerwatt.chain.consensus.header import Header, header_to_json
from peerwatt.chain.consensus.qbft import QbftRules
from peerwatt.chain.consensus.schedule import Transition
from peerwatt.chain.consensus.validator_contract import ValidatorContract
from peerwatt.chain.networks import Network
from peerwatt.chain.ports import VerifiedChain
from peerwatt.chain.proofs.bloom import bloom_of
from peerwatt.chain.proofs.receipts import encode_receipt, receipt_from_json
from peerwatt.chain.reading.reader import ProvenReader
from peerwatt.config.clock import DrivenClock

WHO = "0x" + "07" * 20
BALANCE = 9_876
SLOT, WORD = 3, 1234
ACCOUNTS = {bytes([n]) * 20: (n, n, {}) for n in range(1, 6)} | {
    bytes.fromhex(WHO[2:]): (2, BALANCE, {SLOT: WORD, 4: 5})
}
WORLD = World(ACCOUNTS)
VALUES = [AccountValue("Balance", WHO), SlotValue("A word", WHO, SLOT)]
Answers = Mapping[str, Callable[..., Any]]


@dataclass(frozen=True)
class Made:
    """A file, the network that it is of, and the time at which it was made."""

    document: dict[str, Any]
    network: Network
    now_s: float


class Node(Endpoint):
    """Serves headers in whatever form their chain has."""

    def serve(self, blocks: Sequence[dict[str, Any]], answers: Answers) -> Node:
        self.blocks, self.more = blocks, answers
        return self

    def eth_blockNumber(self) -> str:
        return hex(len(self.blocks) - 1)

    def eth_getBlockByNumber(self, number: str, full: bool) -> dict[str, Any] | None:
        at = int(number, 16)
        empty = {"transactions": [], "uncles": []}
        return self.blocks[at] | empty if at < len(self.blocks) else None


@asynccontextmanager
async def opened(
    network: Network, clock: DrivenClock, blocks: Sequence[dict[str, Any]], answers: Answers
) -> AsyncIterator[VerifiedChain]:
    """A client that followed a chain to its head."""
    node = Node([], world=WORLD, answers=dict(answers)).serve(blocks, answers)
    async with node:
        client = open_chain(replace(network, endpoints=(node.url,)), clock, timeout_s=2.0)
        try:
            await client.sync()
            yield client
        finally:
            await client.close()


async def made(
    network: Network,
    now_s: float,
    blocks: Sequence[dict[str, Any]],
    answers: Answers = {},  # noqa: B006
) -> Made:
    async with opened(network, DrivenClock(now_s), blocks, answers) as client:
        document = await make_bundle(ProvenReader(client), VALUES)
        return Made(json.loads(json.dumps(document)), network, now_s)


def _network(consensus: str, rules: Any, trusted_hash: bytes, **more: Any) -> Network:
    return Network(
        name="lab", chain_id=CHAIN_ID, rules=rules, genesis_hash=trusted_hash, endpoints=(),
        block_period_s=5, consensus=consensus, title="The lab", **{"validators": (), **more},
    )  # fmt: skip


# -- Clique --------------------------------------------------------------------------------------


def clique_chain(length: int = 20) -> list[Any]:
    states = [clique_lab.start()]
    return states + clique_lab.grow(states[0], length, state_root=WORLD.root)


def clique_network(states: Sequence[Any]) -> Network:
    return _network("clique", clique_lab.RULES, states[0].block_hash)


async def clique() -> Made:
    states = clique_chain()
    now_s = float(states[-1].header.timestamp)
    return await made(clique_network(states), now_s, [header_to_json(s.header) for s in states])


# -- AuRa ----------------------------------------------------------------------------------------

SIGNAL_AT = 4


def aura_chain() -> tuple[list[Any], dict[str, Any]]:
    """Twelve blocks; the fourth signals a new set."""
    rules = aura_lab.WITH_CONTRACT
    states = [aura_lab.start(rules)]
    answer: dict[str, Any] = {}
    for number in range(1, 13):
        parent, receipts = states[-1], None
        changes: dict[str, Any] = {
            "state_root": WORLD.root, "receipts_root": states[0].header.receipts_root
        }  # fmt: skip
        if number == SIGNAL_AT:
            log = aura_lab.change_log(parent, aura_lab.NEW_SET)
            answer = receipt(1, [(aura_lab.CONTRACT, list(log.topics), log.data)])
            receipts = [receipt_from_json(answer)]
            changes["receipts_root"] = list_root([encode_receipt(receipts[0])])
            changes["logs_bloom"] = bloom_of((aura_lab.CONTRACT, *log.topics))
        header = aura_lab.child(parent, **changes)
        states.append(rules.verify(parent, header, aura_lab.NOW_S, receipts))
    return states, answer


async def aura() -> Made:
    states, signal = aura_chain()
    network = _network(
        "aura", aura_lab.WITH_CONTRACT, states[0].block_hash, validators=aura_lab.SET
    )
    blocks = [aura_lab.as_json(state.header, "nethermind") for state in states]
    answers = {"eth_getBlockReceipts": lambda at: [signal] if int(at, 16) == SIGNAL_AT else []}
    return await made(network, float(states[-1].header.timestamp), blocks, answers)


# -- validators held by a contract ---------------------------------------------------------------

HOLDER = b"\x77" * 20
CONTRACT = ValidatorContract(HOLDER, slot=3)
GROWN = sorted([*KEYS, *make_keys(8, salt=6)], key=address_of)
HELD_RULES = QbftRules(contract=CONTRACT)
CHANGE_AT = 20


def held_world(members: Sequence[bytes]) -> World:
    listed = [int.from_bytes(member, "big") for member in reversed(members)]
    slots = {CONTRACT.slot: len(listed)}
    slots |= dict(zip(CONTRACT.element_slots(len(listed)), listed, strict=True))
    return World(ACCOUNTS | {HOLDER: (1, 0, slots)})


SMALL, LARGE = held_world(VALIDATORS), held_world([address_of(key) for key in GROWN])


def held_chain(length: int = 40) -> list[Header]:
    """Four validators up to block 20, whose state names twelve."""
    chain = [first_header(validators=())]
    chain[0] = replace(chain[0], state_root=SMALL.root)
    chain += run(chain[-1], CHANGE_AT - 1, KEYS, listed=(), state_root=SMALL.root)
    chain += run(chain[-1], 1, KEYS, listed=(), state_root=LARGE.root)
    return chain + run(chain[-1], length - CHANGE_AT, GROWN, listed=(), state_root=LARGE.root)


def held_proof(address: str, slots: list[str], block: str) -> Any:
    world = LARGE if int(block, 16) >= CHANGE_AT else SMALL
    return world.proof(bytes.fromhex(address[2:]), [int(slot, 16) for slot in slots])


async def held() -> Made:
    chain = held_chain()
    network = _network("qbft", HELD_RULES, hash_of(chain[0]))
    blocks = [header_to_json(header) for header in chain]
    return await made(network, float(chain[-1].timestamp), blocks, {"eth_getProof": held_proof})


async def moved() -> Made:
    """Validators by votes in headers up to block 9, by the contract from block 10 on."""
    rules = QbftRules(transitions=(Transition(10, contract=CONTRACT),))
    chain = [replace(first_header(), state_root=SMALL.root)]
    chain += run(chain[-1], 9, KEYS, state_root=SMALL.root)
    chain += run(chain[-1], 15, KEYS, listed=(), state_root=SMALL.root)
    network = _network("qbft", rules, hash_of(chain[0]), validators=VALIDATORS)
    blocks = [header_to_json(header) for header in chain]

    def proof(address: str, slots: list[str], block: str) -> Any:
        return SMALL.proof(bytes.fromhex(address[2:]), [int(slot, 16) for slot in slots])

    return await made(network, float(chain[-1].timestamp), blocks, {"eth_getProof": proof})


# -- proof of stake ------------------------------------------------------------------------------

CHECKPOINT, NOW_SLOT = 16, 180


async def beacon() -> Made:
    """Three sync committees after the checkpoint."""
    folder = str(Path(__file__).parent / "beacon")
    if folder not in sys.path:
        sys.path.append(folder)
    import client_lab

    class Stated(client_lab.Chain):
        """Its execution blocks have a state of ours."""

        def state_root(self, number: int) -> bytes:
            return WORLD.root

    chain = Stated(client_lab.ALL_FROM_START)
    async with AsyncExitStack() as stack:
        lab = client_lab.Lab(stack)
        await lab.beacon(chain)
        peer = await lab.execution(chain)
        peer.world = WORLD
        client = lab.connect(CHECKPOINT)
        client.network = replace(client.network, genesis_hash=b"", title="The lab")
        for _ in range(3):
            await client.sync()
        document = await make_bundle(ProvenReader(client), VALUES)
        return Made(json.loads(json.dumps(document)), client.network, lab.clock.now_s())


KINDS: dict[str, Callable[[], Any]] = {
    "clique": clique, "aura": aura, "contract": held, "moved": moved, "beacon": beacon,
}  # fmt: skip
