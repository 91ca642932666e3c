"""One lie put to a client of another kind of consensus, beside an honest endpoint."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from typing import Any

from peerwatt.chain.ports import VerifiedChain
from peerwatt.chain.reading.reader import ProvenReader
from peerwatt.chain.status import EndpointState, SyncState
from peerwatt.config.clock import DrivenClock
from peerwatt.devnet.codec import keccak256

from .front import HONEST, Front
from .lie import Lie, Verdict
from .stages import BeaconStage, Stage
from .trial import MAX_WORDS, RETRY_S, SETTLING_ROUNDS, Trial

WHO, BALANCE, SLOT, WORD = "0x" + "07" * 20, 9_876, 3, 1234
"""What the stages' state holds."""
_SHOWN = {EndpointState.CONTRADICTS, EndpointState.AWAY, EndpointState.BEHIND}


async def try_on_stage(stage: Stage, lie: Lie) -> Trial:
    """Tell a lie over real sockets, and judge what the client made of it."""
    trial = Trial(lie, beside=True)
    async with AsyncExitStack() as stack:
        liar = Front(stage, lie.deceive(stage), lie.timeout_s)  # type: ignore[arg-type]
        honest = Front(stage, HONEST)
        for front in (liar, honest):
            await stack.enter_async_context(front)
        clock = DrivenClock(stage.now_s)
        client = stage.connect((liar.url, honest.url), clock, lie.timeout_s)
        stack.push_async_callback(client.close)
        await _follow(trial, stage, client, clock)
        if stage.has_state:
            await _read(trial, stage, client, clock)
        await trial.step("status", lambda: asyncio.sleep(0, client.status))
        _judge(trial, stage, client)
    return trial


async def _follow(trial: Trial, stage: Stage, client: VerifiedChain, clock: DrivenClock) -> None:
    """Synchronise until the honest endpoint is followed to its head, or patience ends."""
    for _ in range(SETTLING_ROUNDS):
        await trial.step("sync", client.sync)
        trial.seen.append(client.status.endpoints[0])
        head = client.head.header.number if client.head else -1
        if head == stage.head and client.status.endpoints[1].state is EndpointState.FOLLOWING:
            break
        clock.advance(clock.now_s() + RETRY_S)


async def _read(trial: Trial, stage: Stage, client: VerifiedChain, clock: DrivenClock) -> None:
    """Read an account and a word; whatever is not true is a lie believed."""

    async def read() -> tuple[int, int]:
        found = (await ProvenReader(client).read({WHO: [SLOT]}, stage.head)).value[WHO]
        return found.account.balance_wei, found.slots[SLOT]

    found = await trial.step("read", read)
    trial.seen.append(client.status.endpoints[0])
    if found is None:
        # A busy machine may have kept the honest endpoint from answering in time.
        clock.advance(clock.now_s() + RETRY_S)
        await _follow(trial, stage, client, clock)
        found = await trial.step("read again", read)
    if found is None:
        trial.faults.append("a read failed beside an honest endpoint")
    elif found != (BALANCE, WORD):
        trial.accepted += 1
        trial.faults.append(f"believed {found}")
    else:
        trial.answered += 1


def _judge(trial: Trial, stage: Stage, client: VerifiedChain) -> None:
    status, head = client.status, client.head
    if client.evidence is not None:
        trial.faults.append("kept evidence although nobody cheated")
    if head is None or (head.header.number, head.block_hash) != (stage.head, stage.head_hash):
        trial.faults.append(f"the client is at {status.head}: {status.sentence}")
    if status.state not in (SyncState.VERIFIED, SyncState.STALE):
        trial.faults.append(f"the client is {status.state}: {status.sentence}")
    if any(len(s.sentence) > MAX_WORDS or not s.sentence.isprintable() for s in trial.seen):
        trial.faults.append("what it says of the endpoint is too long or cannot be printed")
    shown = {seen.state for seen in trial.seen}
    if trial.lie.verdict is Verdict.CONTRADICTS and EndpointState.CONTRADICTS not in shown:
        trial.faults.append(f"the liar was never named one, but {sorted(shown)}")
    if trial.lie.verdict is Verdict.IGNORED and EndpointState.FOLLOWING not in shown:
        trial.faults.append(f"what is true was held against it: {trial.seen[-1].sentence}")
    if trial.lie.verdict is Verdict.AWAY and not shown & _SHOWN:
        trial.faults.append("that it does not answer was not told")


class BeaconFront(Front):
    """A beacon endpoint that lies on the socket or in the bytes of its answers."""

    async def _answer(self, head: bytes, reader: asyncio.StreamReader) -> Any:
        del reader
        assert isinstance(self.scene, BeaconStage)
        return self.scene.peer.answer(head.split(b" ")[1].decode())[1]


async def try_beacon(stage: BeaconStage, lie: Lie) -> Trial:
    """Tell a lie as a beacon endpoint beside an honest one."""
    trial = Trial(lie, beside=True)
    async with AsyncExitStack() as stack:
        liar = BeaconFront(stage, lie.deceive(stage), lie.timeout_s)  # type: ignore[arg-type]
        honest = Front(stage, HONEST)
        for front in (liar, honest):
            await stack.enter_async_context(front)
        clock = DrivenClock(stage.now_s)
        beacons = (liar.url, stage.peer.url)
        client = stage.connect_to(beacons, (honest.url,), clock, lie.timeout_s)
        stack.push_async_callback(client.close)
        for _ in range(SETTLING_ROUNDS):
            await trial.step("sync", client.sync)
            trial.seen.append(client.status.endpoints[1])
            if client.head is not None and client.head.header.number == stage.head:
                break
            clock.advance(clock.now_s() + RETRY_S)
        _judge(trial, stage, client)
    return trial


async def try_sending(stage: Stage, lie: Lie) -> Trial:
    """Send a transaction through a liar and an honest endpoint, which must get it."""
    trial = Trial(lie, beside=True)
    raw = bytes(range(100))
    async with AsyncExitStack() as stack:
        fronts = Front(stage, lie.deceive(stage)), Front(stage, HONEST)  # type: ignore[arg-type]
        for front in fronts:
            await stack.enter_async_context(front)
        urls = (fronts[0].url, fronts[1].url)
        client = stage.connect(urls, DrivenClock(stage.now_s), lie.timeout_s)
        stack.push_async_callback(client.close)
        await trial.step("sync", client.sync)
        sent = await trial.step("send", lambda: client.broadcast("0x" + raw.hex()))
        trial.seen.append(client.status.endpoints[0])
        if sent != "0x" + keccak256(raw).hex():
            trial.accepted += 1
            trial.faults.append(f"the transaction's hash is {sent}")
        if "eth_sendRawTransaction" not in fronts[1].calls:
            trial.faults.append("the honest endpoint was not given the transaction")
        is_named = client.status.endpoints[0].state is EndpointState.CONTRADICTS
        if is_named != (lie.verdict is Verdict.CONTRADICTS):
            trial.faults.append(f"the liar is {client.status.endpoints[0]}")
    return trial
