"""The program that the kill test kills: a real order desk on its real outbox, one life a line.

Standard input gives lives as JSON lines; each is run in a forked process of its own, so that
SIGKILL ends a real process with an open database, and the next life starts from the disk alone.
``kill`` names the touch of disk or chain at which the life ends, such as ``put:3:after``.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import tempfile
from collections import Counter
from collections.abc import Awaitable, Sequence
from pathlib import Path
from typing import Any, TypeVar

from peerwatt.chain.bindings.artefact import load_artefact
from peerwatt.chain.bindings.flexibility import Flexibility
from peerwatt.chain.bindings.market import Market
from peerwatt.chain.clients.bft.light_client import LightClient
from peerwatt.chain.networks import load_network
from peerwatt.chain.reading.reader import ProvenReader
from peerwatt.config.clock import DrivenClock
from peerwatt.config.settings import ChainSettings
from peerwatt.engine.disk import Disk
from peerwatt.engine.sender import AgentSender
from peerwatt.history.facade import History
from peerwatt.market.desk import OrderDesk, OrderReceipt, SignedOrders
from peerwatt.model.market import MarketRules, Order, OrderIntent, OrderState, Side
from peerwatt.model.ports import OrderOutbox
from peerwatt.model.units import interval_at
from peerwatt.model.verified import ChainFault
from peerwatt.wallet.policy import AgentPolicy
from peerwatt.wallet.secret import SecretKey
from peerwatt.wallet.signer import LocalSigner

T = TypeVar("T")
DONE = frozenset({OrderState.PLACED, OrderState.REFUSED, OrderState.EXPIRED})
ROUNDS = 400
"""Rounds of a life, each a fiftieth of a second, before it gives up."""


class Wire:
    """Ends this process by SIGKILL before or after the n-th touch of a kind."""

    def __init__(self, at: str) -> None:
        self._at = at
        self._count: Counter[str] = Counter()

    def touch(self, kind: str) -> str:
        self._count[kind] += 1
        return f"{kind}:{self._count[kind]}"

    def here(self, place: str, when: str) -> None:
        if f"{place}:{when}" == self._at:
            os.kill(os.getpid(), signal.SIGKILL)

    async def around(self, kind: str, effect: Awaitable[T]) -> T:
        place = self.touch(kind)
        try:
            self.here(place, "before")
            result = await effect
        finally:
            self.here(place, "after")
        return result


class WiredOutbox:
    """The real outbox, with the wire around each write."""

    def __init__(self, outbox: OrderOutbox, wire: Wire) -> None:
        self._outbox = outbox
        self._wire = wire
        self.get = outbox.get
        self.pending = outbox.pending
        self.recent = outbox.recent

    def put(self, intent: OrderIntent) -> None:
        place = self._wire.touch("put")
        self._wire.here(place, "before")
        self._outbox.put(intent)
        self._wire.here(place, "after")


class WiredSender:
    """The real sender, with the wire around what it signs, sends and is told."""

    def __init__(self, sender: AgentSender, wire: Wire) -> None:
        self._sender = sender
        self._wire = wire
        self.nonce = sender.nonce
        self.order_on_chain = sender.order_on_chain

    async def sign(self, orders: Sequence[Order]) -> SignedOrders:
        return await self._wire.around("sign", self._sender.sign(orders))

    async def send(self, raw: str) -> None:
        await self._wire.around("send", self._sender.send(raw))

    async def receipt(self, transaction_hash: str) -> OrderReceipt | None:
        found = await self._sender.receipt(transaction_hash)
        if found is not None:  # the wire is around the news, not around each question for it
            place = self._wire.touch("receipt")
            self._wire.here(place, "after")
        return found


def sender_of(life: dict[str, Any], client: LightClient, history: History) -> AgentSender:
    """The sender as the engine builds it: policy, key, proven nonces."""
    contracts = client.network.contracts
    market, flexibility = Market(contracts["Market"]), Flexibility(contracts["Flexibility"])
    allowed = [(market.address, market.artefact.selector("place_for"))]
    policy = AgentPolicy.allowing(client.network.chain_id, allowed, max_gas=15_000_000)
    signer = LocalSigner(SecretKey(bytes.fromhex(life["key"])), policy)
    disk = Disk()

    async def note(sent: Any) -> None:
        await disk.run(history.transactions.put, sent)

    return AgentSender(
        life["member"], signer, client, ProvenReader(client), market, flexibility, client.clock,
        note,
    )  # fmt: skip


async def live(life: dict[str, Any]) -> int:
    """Take up what is on disk, intend what is wanted, go on until all of it is done."""
    history = History.open(Path(life["history"]))
    client = LightClient(
        load_network(ChainSettings.model_validate(life["chain"])),
        DrivenClock(life["now_s"]),
        history.headers,
    )
    wire = Wire(life["kill"])
    await client.sync()
    reader = ProvenReader(client)
    market = Market(client.network.contracts["Market"])
    now = interval_at(life["now_s"])
    rules: MarketRules = (await market.rules(reader, life["zone"], now)).value
    sender = sender_of(life, client, history)
    sender.recover(history.outbox.pending(life["member"]))
    desk = OrderDesk(
        life["member"], rules, WiredOutbox(history.outbox, wire), WiredSender(sender, wire),
        client.clock,
    )  # fmt: skip
    for row in life["orders"]:
        interval, side, tick, quantity_wh = row
        order = Order.single(interval, Side(side), tick, quantity_wh)
        await desk.intend(order, "wanted by the test")
    for _ in range(ROUNDS):
        await client.sync()
        try:
            await desk.step()
        except ChainFault as fault:
            print(f"# {fault}", file=sys.stderr)
        held = history.outbox.recent(life["member"], 0)
        if all(intent.state in DONE for intent in held):
            await client.close()
            history.close()
            return 0
        await asyncio.sleep(0.02)
    return 3


def warm_up() -> None:
    """Import and load once what every life needs; the forked ones share it."""
    import eth_abi.abi  # noqa: F401
    import httpx  # noqa: F401

    load_artefact("Market")
    key = SecretKey(b"\x01" * 32)
    fields = {"nonce": 0, "gasPrice": 0, "gas": 21_000, "value": 0, "data": b"", "chainId": 1}
    key.sign({**fields, "to": key.address})
    with tempfile.TemporaryDirectory() as folder:
        History.open(Path(folder) / "history.sqlite").close()


def main() -> None:
    """Fork one life for each line; answer with how it ended: 0 done, -9 killed."""
    warm_up()
    for line in sys.stdin:
        life = json.loads(line)
        child = os.fork()
        if child == 0:
            try:
                os._exit(asyncio.run(live(life)))
            except BaseException:
                import traceback

                traceback.print_exc()
                os._exit(4)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)


if __name__ == "__main__":
    main()
