"""One lie put to one client: what it did, step by step, and what is wrong with that."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import TypeVar

from peerwatt.chain.clients.bft.light_client import LightClient
from peerwatt.chain.reading.reader import ProvenReader
from peerwatt.chain.status import ChainStatus, EndpointState, EndpointStatus, SyncState
from peerwatt.config.clock import DrivenClock
from peerwatt.model.verified import ChainFault

from .front import HONEST, Front
from .lie import Lie, Verdict
from .probe import Question, questions, truth
from .scene import LENGTH, Scene

T = TypeVar("T")
PATIENCE = 10
"""A step may take so many timeouts of the client before it counts as blocked."""
MAX_WORDS = 300
"""Characters of a sentence about an endpoint: it stands in one line of the window."""
RETRY_S = 2.0
"""Later than the first pause that a client makes before it asks a liar again."""
SETTLING_ROUNDS = 4
_STATES = {
    Verdict.CONTRADICTS: {EndpointState.CONTRADICTS},
    Verdict.AWAY: {EndpointState.AWAY},
    Verdict.BEHIND: {EndpointState.BEHIND},
    Verdict.ANY: set(EndpointState),
    Verdict.IGNORED: {EndpointState.FOLLOWING},
    Verdict.STOPPED: set(EndpointState),
    Verdict.STALE: set(EndpointState),
    Verdict.UNSEEN: set(EndpointState),
}


@dataclass
class Trial:
    """What happened when a lie was told; ``faults`` is empty when all was as it must be."""

    lie: Lie
    beside: bool
    """Whether an honest endpoint was there too."""
    faults: list[str] = field(default_factory=list)
    accepted: int = 0
    crashed: int = 0
    refused: int = 0
    answered: int = 0
    slowest_s: float = 0.0
    seen: list[EndpointStatus] = field(default_factory=list)
    """The liar's status after each step."""
    stopped: bool = False
    """Whether the last question was refused."""

    @property
    def verdict(self) -> Verdict:
        """What must become of the endpoint here."""
        return self.lie.verdict if self.beside or not self.lie.alone else self.lie.alone

    @property
    def words(self) -> str:
        """The clearest thing that the client said about the liar."""
        wanted = _STATES[self.verdict]
        fitting = [s for s in self.seen if s.state in wanted and s.sentence]
        found = fitting or [s for s in self.seen if s.sentence]
        return f"{found[0].state}: {found[0].sentence}" if found else ""

    async def step(self, name: str, work: Callable[[], Awaitable[T]]) -> T | None:
        """Do one thing within the client's patience; exceptions other than its own are crashes."""
        began = time.perf_counter()
        try:
            async with asyncio.timeout(PATIENCE * self.lie.timeout_s):
                return await work()
        except ChainFault as fault:
            self.refused += 1
            if not str(fault).strip():
                self.faults.append(f"{name}: refused without a word")
            return None
        except TimeoutError:
            self.faults.append(f"{name}: blocked for more than {PATIENCE} timeouts")
            return None
        except Exception as crash:  # whatever it is, it is what this looks for
            self.crashed += 1
            self.faults.append(f"{name}: crashed with {type(crash).__name__}: {str(crash)[:120]}")
            return None
        finally:
            self.slowest_s = max(self.slowest_s, time.perf_counter() - began)


async def try_lie(scene: Scene, lie: Lie, *, beside: bool) -> Trial:
    """Tell a lie to a new client over real sockets, twice, and judge what it made of it."""
    trial = Trial(lie, beside)
    async with AsyncExitStack() as stack:
        fronts = [Front(scene, lie.deceive(scene), lie.timeout_s)]
        fronts += [Front(scene, HONEST)] if beside else []
        for front in fronts:
            await stack.enter_async_context(front)
        clock = DrivenClock(scene.now_s)
        network = scene.network(*(front.url for front in fronts))
        client = LightClient(network, clock, timeout_s=lie.timeout_s)
        stack.push_async_callback(client.close)
        asked = [item for item in questions(scene) if lie.group in item.groups]
        await _round(trial, scene, client, clock, asked)
        if beside or trial.verdict is Verdict.STOPPED:
            clock.advance(clock.now_s() + RETRY_S)
            await _round(trial, scene, client, clock, asked[:1])
        _judge(trial, scene, client)
    return trial


async def _round(
    trial: Trial, scene: Scene, client: LightClient, clock: DrivenClock, asked: list[Question]
) -> None:
    """Synchronise, then ask."""
    await _sync(trial, client)
    if trial.beside and trial.verdict is not Verdict.STOPPED:
        # A busy machine may delay the honest endpoint: it is asked again, as time goes on.
        for _ in range(SETTLING_ROUNDS):
            if client.status.endpoints[1].state is EndpointState.FOLLOWING:
                break
            clock.advance(clock.now_s() + RETRY_S)
            await _sync(trial, client)
    if trial.verdict is Verdict.UNSEEN:
        return  # its branch is as good as any
    reader = ProvenReader(client)
    at = client.head.header.number if client.head is not None else 0
    true = await truth(scene, min(at, LENGTH))
    for question in asked:
        await _put(trial, question, reader, at, true[question.name])
        _note(trial, client)


async def _put(
    trial: Trial, question: Question, reader: ProvenReader, at: int, true: tuple[object, ...]
) -> None:
    """Ask one question; any answer but a true one is a lie believed."""
    failed = trial.refused, len(trial.faults)
    trial.stopped = True
    found = await trial.step(question.name, lambda: question.ask(reader, at))
    if failed != (trial.refused, len(trial.faults)):
        return
    trial.stopped = False
    if found in true:
        trial.answered += 1
    else:
        trial.accepted += 1
        trial.faults.append(f"{question.name}: believed {str(found)[:200]}")


async def _sync(trial: Trial, client: LightClient) -> None:
    refused = trial.refused
    await trial.step("sync", client.sync)
    if trial.refused > refused:
        trial.faults.append("sync: raised instead of telling a state")
    _note(trial, client)


def _note(trial: Trial, client: LightClient) -> None:
    trial.seen.append(client.status.endpoints[0])


def _judge(trial: Trial, scene: Scene, client: LightClient) -> None:
    """Compare what happened with what must happen."""
    lie, status = trial.lie, client.status
    if not status.sentence:
        trial.faults.append("the client's state has no words")
    if trial.verdict is Verdict.STOPPED:
        _judge_evidence(trial, client)
        return
    if client.evidence is not None:
        trial.accepted += 1
        trial.faults.append("kept evidence although the validators did not cheat")
    if trial.verdict.is_about_state:
        _judge_words(trial)
    if trial.verdict is Verdict.STALE and (
        status.state is not SyncState.STALE or " s old" not in status.sentence
    ):
        trial.faults.append(f"an old head is {status.state}: {status.sentence}")
    head = client.head
    if (
        trial.verdict is not Verdict.UNSEEN
        and head is not None
        and (head.header.number > LENGTH or head.block_hash != scene.block(head.header.number).hash)
    ):
        trial.accepted += 1
        trial.faults.append(f"believed another block {status.head}")
    if trial.beside:
        _judge_beside(trial, status)
    elif lie.verdict is Verdict.IGNORED and trial.refused:
        trial.faults.append("refused what was true")


def _judge_words(trial: Trial) -> None:
    if any(len(s.sentence) > MAX_WORDS or not s.sentence.isprintable() for s in trial.seen):
        trial.faults.append("what it says of the endpoint is too long or cannot be printed")
    states, words = _STATES[trial.verdict], trial.lie.words
    if not any(s.state in states and re.search(words, s.sentence) for s in trial.seen):
        said = sorted({f"{s.state}: {s.sentence}" for s in trial.seen})
        trial.faults.append(f"expected {trial.verdict} with {words!r}; it said {said}")


def _judge_beside(trial: Trial, status: ChainStatus) -> None:
    """Beside an honest endpoint nothing may be lost."""
    if status.endpoints[1].state is not EndpointState.FOLLOWING:
        trial.faults.append(f"the honest endpoint is {status.endpoints[1].state}")
    if status.state is not SyncState.VERIFIED or status.head != LENGTH:
        trial.faults.append(f"the client is {status.state} at {status.head}: {status.sentence}")
    if trial.refused:
        trial.faults.append(f"{trial.refused} reads failed beside an honest endpoint")


def _judge_evidence(trial: Trial, client: LightClient) -> None:
    """Two different headers, both sealed by a quorum, at the height of the fork."""
    from peerwatt.devnet.header import BlockHeader, block_hash

    found = client.evidence
    if found is None:
        trial.faults.append("the validators cheated, and no evidence was kept")
        return
    ours, theirs = (BlockHeader.decode(raw) for raw in (found.ours_rlp, found.theirs_rlp))
    if not ours.number == theirs.number == found.height == trial.lie.height:
        trial.faults.append(f"evidence is about {found.height} instead of {trial.lie.height}")
    if block_hash(ours) == block_hash(theirs):
        trial.faults.append("the evidence is one header twice")
    if client.status.state is not SyncState.STOPPED or "Stopped" not in client.status.sentence:
        trial.faults.append(f"the client is {client.status.state} instead of stopped")
    if not trial.stopped:
        trial.faults.append("values were read after the client had to stop")
