"""A driven clock moves only when told to, and wakes sleepers in order of time."""

from __future__ import annotations

import asyncio

from hypothesis import given
from hypothesis import strategies as st

from peerwatt.config.clock import DrivenClock, SystemClock


async def settle() -> None:
    """Let tasks that became ready run."""
    for _ in range(5):
        await asyncio.sleep(0)


async def test_sleepers_wake_when_their_time_has_come() -> None:
    clock = DrivenClock(100.0)
    woken: list[float] = []

    async def sleeper(time_s: float) -> None:
        await clock.sleep_until(time_s)
        woken.append(time_s)

    tasks = [asyncio.create_task(sleeper(t)) for t in (130.0, 110.0, 120.0)]
    await settle()
    assert woken == []
    clock.advance(109.9)
    await settle()
    assert woken == []
    clock.advance(120.0)
    await settle()
    assert woken == [110.0, 120.0]
    clock.advance(500.0)
    await asyncio.gather(*tasks)
    assert woken == [110.0, 120.0, 130.0]


async def test_the_past_is_reached_at_once() -> None:
    clock = DrivenClock(100.0)
    await asyncio.wait_for(clock.sleep_until(100.0), 1)
    await asyncio.wait_for(clock.sleep_until(-5.0), 1)


async def test_a_cancelled_sleeper_does_not_stop_the_others() -> None:
    clock = DrivenClock(0.0)
    first = asyncio.create_task(clock.sleep_until(5.0))
    second = asyncio.create_task(clock.sleep_until(5.0))
    await settle()
    first.cancel()
    await settle()
    clock.advance(5.0)
    await asyncio.wait_for(second, 1)
    assert first.cancelled()


@given(steps=st.lists(st.floats(-1000, 1000), max_size=20))
def test_time_never_goes_back(steps: list[float]) -> None:
    clock = DrivenClock(0.0)
    seen = [clock.now_s()]
    for step in steps:
        clock.advance(step)
        seen.append(clock.now_s())
    assert seen == sorted(seen)
    assert seen[-1] == max([0.0, *steps])


async def test_the_system_clock_reaches_its_time() -> None:
    clock = SystemClock()
    target = clock.now_s() + 0.01
    await clock.sleep_until(target)
    assert clock.now_s() >= target
