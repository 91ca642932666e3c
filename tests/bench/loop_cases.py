"""What the client's work holds of the engine's loop, case by case, in CPU time of its callbacks.

The servers run on a loop of their own, on another thread, which is not measured.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
import threading
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import AsyncExitStack, contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any, TypeVar

from peerwatt.chain.calls import Request
from peerwatt.chain.calls.caller import VerifiedCaller
from peerwatt.chain.clients.opening import open_chain
from peerwatt.chain.encoding import address_bytes
from peerwatt.chain.networks import Network
from peerwatt.chain.ports import VerifiedChain
from peerwatt.chain.reading.events import LogFilter
from peerwatt.chain.reading.reader import ProvenReader
from peerwatt.config.clock import DrivenClock
from peerwatt.devnet import RpcServer

from .figures import Figure
from .loop_time import Held, watched

T = TypeVar("T")
LIMIT_MS = 20.0
LABS = Path(__file__).parents[1] / "unit" / "chain"
BODIES = 256
SLOTS = 60
CLIQUE_BLOCKS = 3000
MAX_ROUNDS = 40


class Beside:
    """A loop on a thread of its own."""

    def __enter__(self) -> Beside:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Do something there; return its result."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()


def _labs() -> None:
    """Make the small chains importable that stand beside the tests."""
    for folder in (LABS, LABS / "beacon"):
        if str(folder) not in sys.path:
            sys.path.append(str(folder))


def _measured(work: Callable[[], Awaitable[object]]) -> Held:
    with watched() as held:
        asyncio.run(_awaited(work))
    return held


async def _awaited(work: Callable[[], Awaitable[object]]) -> None:
    await work()


async def _followed(client: VerifiedChain, head: int, rounds: int = 1) -> None:
    """Synchronise until a head is reached, then some rounds more."""
    for _ in range(MAX_ROUNDS):
        if (await client.sync()).head == head:
            break
    else:
        raise RuntimeError(f"the client did not follow: {client.status}")
    for _ in range(rounds):
        await client.sync()


def clique_case() -> Held:
    """Follow a Clique chain from its start."""
    _labs()
    lab, node_lab = import_module("clique_lab"), import_module("chain_lab")
    from peerwatt.chain.consensus.header import header_to_json

    states = [lab.start()]
    states += lab.grow(states[0], CLIQUE_BLOCKS)
    blocks = [header_to_json(s.header) | {"transactions": [], "uncles": []} for s in states]

    def block(number: str, full: bool) -> Any:
        del full
        at = int(number, 16)
        return blocks[at] if at < len(blocks) else None

    with (
        Beside() as beside,
        _served(
            beside, node_lab.Endpoint([states[-1].header], answers={"eth_getBlockByNumber": block})
        ) as url,
    ):
        network = Network(
            "bench", node_lab.CHAIN_ID, lab.RULES, states[0].block_hash, (), (url,), lab.PERIOD_S,
            consensus="clique",
        )  # fmt: skip

        async def work() -> None:
            client = open_chain(network, DrivenClock(states[-1].header.timestamp))
            await _followed(client, CLIQUE_BLOCKS)
            await client.close()

        return _measured(work)


def beacon_case() -> Held:
    """Follow a small beacon chain; link execution headers of full size behind its head."""
    from peerwatt.chain.clients.beacon import client as _  # noqa: F401 -- loaded at the start

    _labs()
    peers, lab = import_module("beacon_peer"), import_module("beacon_lab")
    slot, checkpoint = 620, 560
    chain, clock = lab.Chain(dict.fromkeys(lab.NAMES[:6], 0)), DrivenClock(peers.time_of(620))
    known = {
        lab.to_hex(lab.execution_hash(header)): peers.to_json(header) | _busy(header.number)
        for header in map(chain.execution, range(slot))
    }
    by_number = [known[key] for key in known]
    answers = {
        "eth_getBlockByHash": lambda digest, full: known.get(digest),
        "eth_getBlockByNumber": lambda number, full: by_number[int(number, 16)],
    }
    execution = peers.ExecutionPeer([], answers=answers, lab=chain, clock=clock)
    beacon = peers.BeaconPeer(chain, clock)
    with Beside() as beside, _served(beside, beacon) as at, _served(beside, execution) as url:
        network = peers.network(chain.block(checkpoint).root, [at], [url])

        async def work() -> None:
            client = open_chain(network, clock)
            await _followed(client, slot - 1, rounds=6)
            await client.close()

        return _measured(work)


def _busy(number: int) -> dict[str, object]:
    """What else stands in a block of Ethereum: hashes of transactions, and withdrawals."""
    digit = f"{number:064x}"
    withdrawal = {"index": hex(number), "validatorIndex": hex(7), "address": "0x" + digit[:40]}
    return {
        "transactions": ["0x" + digit] * 200,
        "withdrawals": [withdrawal | {"amount": hex(17_000_000)}] * 16,
    }


@contextmanager
def _served(beside: Beside, peer: Any) -> Any:
    beside.run(peer.__aenter__())
    try:
        yield peer.url
    finally:
        beside.run(peer.__aexit__())


def devnet_cases() -> dict[str, Held]:
    """Read through proofs from the embedded chain: calls, a picture, complete events."""
    from tests.liar import scene as liar

    found: dict[str, Held] = {}
    with tempfile.TemporaryDirectory() as folder, Beside() as beside:
        stack = AsyncExitStack()
        node, credit, clock = beside.run(_town(stack, Path(folder)))
        server = RpcServer(node)
        beside.run(server.start())
        network = Network(
            "bench", liar.CHAIN_ID, liar.Scene(node, {}, credit, credit).rules,
            node.store.block(0).hash, (), (server.url,), liar.PERIOD_S,
        )  # fmt: skip
        head = node.head.number
        holders = ["0x" + number.to_bytes(20, "big").hex() for number in range(1, SLOTS + 1)]
        slots = [credit.artefact.layout.of("balanceOf", holder) for holder in holders]
        data = credit.artefact.calldata("balanceOf", holders[3])
        client = open_chain(network, clock)

        async def picture(reader: ProvenReader) -> None:
            for block in range(head - 8, head):
                read = (await reader.read({credit.address: slots}, block)).value
                assert len(read[credit.address].slots) == SLOTS

        async def call(reader: ProvenReader) -> None:
            caller = VerifiedCaller(reader)
            for block in range(head - 5, head):
                await caller.call(Request(address_bytes(credit.address), data), block)
            caller.close()

        async def events(reader: ProvenReader) -> None:
            wanted = LogFilter((address_bytes(credit.address),))
            search = await reader.search(wanted, head - BODIES + 1, head)
            assert search.is_complete
            assert len(search.events) >= BODIES

        async def both(work: Callable[[ProvenReader], Awaitable[None]]) -> None:
            client = open_chain(network, clock)
            await client.sync()
            with watched() as held:
                await asyncio.create_task(_plain(work(ProvenReader(client))))
            await client.close()
            found[work.__name__] = held

        for work in (picture, call, events):
            asyncio.run(both(work))
        del client
        beside.run(server.close())
        beside.run(stack.aclose())
    return found


async def _plain(work: Awaitable[None]) -> None:
    await work


async def _town(stack: AsyncExitStack, folder: Path) -> tuple[Any, Any, DrivenClock]:
    """A chain with a contract whose events stand in each of the newest 256 blocks."""
    from tests.liar.keys import VALIDATOR_KEYS
    from tests.liar.scene import BOSS, PEOPLE, PERIOD_S, START_S, _Builder

    from peerwatt.chain.bindings.credit import Credit
    from peerwatt.devnet import DevNode, GenesisAccount

    clock = DrivenClock(START_S)
    alloc = {address_bytes(who.address): GenesisAccount(balance_wei=10**18) for who in PEOPLE}
    node = DevNode(
        folder / "bench.sqlite", clock, VALIDATOR_KEYS, genesis_alloc=alloc, block_period_s=PERIOD_S
    )
    await stack.enter_async_context(node)
    builder = _Builder(node, clock)
    credit = Credit(await builder.deploy(Credit.deployment("Credit", "CR", BOSS.address)))
    for number in range(BODIES + 4):
        for more in range(4):
            to = 1 + (number * 4 + more) % (2 * SLOTS)
            holder = "0x" + to.to_bytes(20, "big").hex()
            await builder.send(BOSS, credit.address, credit.mint(holder, 1000))
        await builder.seal()
    return node, credit, clock


def figure(name: str, held: Held) -> Figure:
    """Return the longest callback beside the limit."""
    beside = f"of {len(held.times_ms)} callbacks 99 % below {held.below_ms(0.99):.1f} ms"
    worst = held.worst_ms
    return Figure(f"loop held: {name}", worst, "ms", beside, "<= 20 ms", worst <= LIMIT_MS)


def loop_figures() -> list[Figure]:
    """Return a figure for each case."""
    names = {"picture": f"picture of {SLOTS} slots", "call": "verified call",
             "events": f"events of {BODIES} blocks"}  # fmt: skip
    return [
        figure("beacon client", beacon_case()),
        figure("forking client", clique_case()),
        *(figure(names[name], held) for name, held in devnet_cases().items()),
    ]
