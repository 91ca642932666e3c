"""A fitting part of the liar's catalogue, told to the clients of every other kind of consensus."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import AsyncExitStack
from typing import Any

import pytest
import pytest_asyncio
from tests.liar.lie import Lie
from tests.liar.stage_lies import BEACON_LIES, CHAIN_AND_STATE, PLAIN_LIES, SEND_LIES, STATE_LIES
from tests.liar.stage_trial import try_beacon, try_on_stage, try_sending
from tests.liar.stages import STAGES, BeaconStage, Stage, set_up
from tests.liar.trial import Trial

from peerwatt.chain.status import EndpointState

pytestmark = [
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.allow_log(r"^peerwatt\.chain\."),
]
_stages: dict[str, Stage] = {}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stack() -> AsyncIterator[AsyncExitStack]:
    async with AsyncExitStack() as held:
        yield held
    _stages.clear()


async def stage_of(name: str, stack: AsyncExitStack) -> Stage:
    if name not in _stages:
        _stages[name] = await set_up(name, stack)
    return _stages[name]


async def tell(
    stage: Any, lies: Sequence[Lie], attempt: Callable[[Any, Lie], Coroutine[Any, Any, Trial]]
) -> list[Trial]:
    """Tell lies one after the other; none may be believed, crash or block."""
    told = [await attempt(stage, lie) for lie in lies]
    faults = {trial.lie.name: trial.faults for trial in told if trial.faults}
    assert faults == {}
    assert not any(trial.accepted or trial.crashed for trial in told)
    return told


@pytest.mark.parametrize("name", STAGES)
async def test_lies_about_blocks_and_state_are_told_from_the_truth(
    stack: AsyncExitStack, name: str
) -> None:
    stage = await stage_of(name, stack)
    lies = [lie for lie in CHAIN_AND_STATE if stage.has_state or lie not in STATE_LIES]
    told = {trial.lie.name: trial for trial in await tell(stage, lies, try_on_stage)}
    # The lies are noticed, not only without effect.
    noticed = {lie for lie, t in told.items() if {s.state for s in t.seen} != {_FOLLOWING}}
    assert {"forged stateRoot", "wrong chain id"} <= noticed
    assert {"forged balance", "proof as text"} <= noticed or not stage.has_state


_FOLLOWING = EndpointState.FOLLOWING


@pytest.mark.parametrize("name", ["clique", "beacon"])
async def test_garbage_and_slow_answers_do_no_harm(stack: AsyncExitStack, name: str) -> None:
    await tell(await stage_of(name, stack), PLAIN_LIES, try_on_stage)


async def test_beacon_endpoints_that_send_garbage_do_no_harm(stack: AsyncExitStack) -> None:
    stage = await stage_of("beacon", stack)
    assert isinstance(stage, BeaconStage)
    await tell(stage, BEACON_LIES, try_beacon)


@pytest.mark.parametrize("name", ["clique", "contract", "beacon"])
async def test_whoever_lies_about_sending_stops_no_transaction(
    stack: AsyncExitStack, name: str
) -> None:
    await tell(await stage_of(name, stack), SEND_LIES, try_sending)
