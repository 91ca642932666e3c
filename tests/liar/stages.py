"""Short chains of the other kinds of consensus, each with a client that is to be lied to."""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from importlib import import_module
from pathlib import Path
from typing import Any

from peerwatt.chain.clients.opening import open_chain
from peerwatt.chain.consensus.header import header_from_rlp, header_to_json
from peerwatt.chain.networks import Network, SyncPlan
from peerwatt.chain.ports import VerifiedChain
from peerwatt.config.clock import DrivenClock
from peerwatt.devnet.codec import keccak256

from .sealed_chain import ibft2_chain, ibft2_hash

LABS = Path(__file__).parents[1] / "unit" / "chain"
Json = dict[str, Any]
Method = Callable[..., Any]


@dataclass
class Stage:
    """A chain at rest that an endpoint may lie about."""

    name: str
    network: Network
    now_s: float
    blocks: list[Json]
    """By number."""
    forged: int
    """Number of a block that the client asks for and that a lie may alter."""
    answers: Mapping[str, Method] = field(default_factory=dict)
    has_state: bool = True
    head_hash: bytes = b""

    @property
    def head(self) -> int:
        """Number of the newest block."""
        return len(self.blocks) - 1

    async def ask(self, method: str, *params: Any) -> Any:
        """Return the honest answer. Raises KeyError for a method that the node does not have."""
        if method in self.answers:
            return self.answers[method](*params)
        if method == "eth_chainId":
            return hex(self.network.chain_id)
        if method == "eth_blockNumber":
            return hex(self.head)
        if method == "eth_getBlockByNumber":
            at = int(params[0], 16)
            return self.blocks[at] if at <= self.head else None
        if method == "eth_sendRawTransaction":
            return "0x" + keccak256(bytes.fromhex(params[0][2:])).hex()
        raise KeyError(method)

    def connect(self, urls: tuple[str, ...], clock: DrivenClock, timeout_s: float) -> VerifiedChain:
        """Return a client that follows these endpoints."""
        return open_chain(replace(self.network, endpoints=urls), clock, timeout_s=timeout_s)


def _lab(name: str) -> Any:
    for folder in (LABS, LABS / "beacon"):
        if str(folder) not in sys.path:
            sys.path.append(str(folder))
    return import_module(name)


def _blocks(headers: list[Any]) -> list[Json]:
    return [header_to_json(item) | {"transactions": [], "uncles": []} for item in headers]


def _proof(world: Any) -> Method:
    def proof(address: str, slots: list[str], block: str) -> Any:
        del block
        return world.proof(bytes.fromhex(address[2:]), [int(slot, 16) for slot in slots])

    return proof


def clique() -> Stage:
    """Twenty blocks of three signers in turn."""
    lab = _lab("way_lab")
    states = lab.clique_chain()
    return Stage(
        "Clique", lab.clique_network(states), states[-1].header.timestamp,
        _blocks([state.header for state in states]), 17, {"eth_getProof": _proof(lab.WORLD)},
        head_hash=states[-1].block_hash,
    )  # fmt: skip


def aura() -> Stage:
    """Twelve blocks; the fourth signals a new set by an event."""
    lab = _lab("way_lab")
    states, signal = lab.aura_chain()
    rules = lab.aura_lab.WITH_CONTRACT
    network = lab._network("aura", rules, states[0].block_hash, validators=lab.aura_lab.SET)
    blocks = [
        lab.aura_lab.as_json(state.header, "nethermind") | {"transactions": []} for state in states
    ]
    answers = {
        "eth_getProof": _proof(lab.WORLD),
        "eth_getBlockReceipts": lambda at: [signal] if int(at, 16) == lab.SIGNAL_AT else [],
    }
    return Stage(
        "AuRa", network, states[-1].header.timestamp, blocks, 9, answers,
        head_hash=states[-1].block_hash,
    )  # fmt: skip


def held() -> Stage:
    """Forty blocks whose validators a contract holds; they change in the middle."""
    lab = _lab("way_lab")
    chain = lab.held_chain()
    network = lab._network("qbft", lab.HELD_RULES, lab.hash_of(chain[0]))
    return Stage(
        "validators held by a contract", network, chain[-1].timestamp, _blocks(chain), 30,
        {"eth_getProof": lab.held_proof}, head_hash=lab.hash_of(chain[-1]),
    )  # fmt: skip


def skipping() -> Stage:
    """Sixty blocks that are skipped to the last one; those behind it follow by their hashes."""
    lab = _lab("way_lab")
    first = replace(lab.first_header(), state_root=lab.WORLD.root)
    chain = [first, *lab.run(first, 60, state_root=lab.WORLD.root)]
    network = lab._network("qbft", lab.QbftRules(), lab.hash_of(first))
    network = replace(network, sync=SyncPlan("skipping", 10**6, 16))
    return Stage(
        "skipping", network, chain[-1].timestamp, _blocks(chain), 50,
        {"eth_getProof": _proof(lab.WORLD)}, head_hash=lab.hash_of(chain[-1]),
    )  # fmt: skip


def ibft2() -> Stage:
    """Eight blocks of IBFT 2.0, written byte by byte."""
    chain = ibft2_chain()
    network = Network(
        "lab", 20211, chain.rules, ibft2_hash(chain.raws[0]), (), (), 5, consensus="ibft2"
    )
    headers = [header_from_rlp(raw) for raw in chain.raws]
    return Stage(
        "IBFT 2.0", network, headers[-1].timestamp, _blocks(headers), 6, has_state=False,
        head_hash=ibft2_hash(chain.raws[-1]),
    )  # fmt: skip


@dataclass
class BeaconStage(Stage):
    """Proof of stake: execution blocks to be lied about, beside an honest beacon endpoint."""

    chain: Any = None
    peer: Any = None
    """The honest beacon endpoint."""

    def connect(self, urls: tuple[str, ...], clock: DrivenClock, timeout_s: float) -> VerifiedChain:
        """Return a client of these endpoints and of the honest beacon endpoint."""
        return self.connect_to((self.peer.url,), urls, clock, timeout_s)

    def connect_to(
        self, beacons: tuple[str, ...], urls: tuple[str, ...], clock: DrivenClock, timeout_s: float
    ) -> VerifiedChain:
        """Return a client of beacon endpoints and of JSON-RPC endpoints."""
        peers, lab = _lab("beacon_peer"), _lab("way_lab")
        root = self.chain.block(lab.CHECKPOINT).root
        network = peers.network(root, list(beacons), list(urls))
        return open_chain(network, clock, timeout_s=timeout_s)


async def beacon(stack: AsyncExitStack) -> BeaconStage:
    """A small beacon chain; its honest endpoint runs until the stack is closed."""
    lab, peers, beacon_lab = _lab("way_lab"), _lab("beacon_peer"), _lab("beacon_lab")

    class Stated(beacon_lab.Chain):  # type: ignore[misc, name-defined]
        """Its execution blocks have a state that can be proven."""

        def state_root(self, number: int) -> bytes:
            del number
            return bytes(lab.WORLD.root)

    chain = Stated(dict.fromkeys(beacon_lab.NAMES[:6], 0))
    clock = DrivenClock(peers.time_of(lab.NOW_SLOT))
    headers = [chain.execution(number) for number in range(lab.NOW_SLOT)]
    blocks = [peers.to_json(header) for header in headers]
    known = {
        beacon_lab.to_hex(beacon_lab.execution_hash(header)): block
        for header, block in zip(headers, blocks, strict=True)
    }
    peer = peers.BeaconPeer(chain, clock)
    await stack.enter_async_context(peer)
    answers = {"eth_getBlockByHash": lambda digest, full: known.get(digest),
               "eth_getProof": _proof(lab.WORLD)}  # fmt: skip
    return BeaconStage(
        "proof of stake", peers.network(None, [], []), clock.now_s(), blocks, len(blocks) - 1,
        answers, head_hash=beacon_lab.execution_hash(headers[-1]), chain=chain, peer=peer,
    )  # fmt: skip


STAGES: dict[str, Callable[[AsyncExitStack], Stage | Awaitable[Stage]]] = {
    "clique": lambda _: clique(),
    "aura": lambda _: aura(),
    "contract": lambda _: held(),
    "skipping": lambda _: skipping(),
    "ibft2": lambda _: ibft2(),
    "beacon": beacon,
}


async def set_up(name: str, stack: AsyncExitStack) -> Stage:
    """Return a stage by name; what it needs runs until the stack is closed."""
    made = STAGES[name](stack)
    return made if isinstance(made, Stage) else await made
