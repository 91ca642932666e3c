"""What trading teaches: past prices, and how far own forecasts held; both survive a restart."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from peerwatt.engine.disk import Disk
from peerwatt.engine.experience import SURE_AFTER, WAITS, Experience
from peerwatt.history.facade import History
from peerwatt.market.agent import TradingAgent
from peerwatt.market.record import START
from peerwatt.model.market import (
    Clearing,
    MarketRules,
    PriceLadder,
    SettledInterval,
    Side,
    Tariff,
)
from peerwatt.model.plan import IntervalForecast, PlanStep

NOW = 1_944_641
LADDER = PriceLadder(60_000, 1_000, 256)
RULES = MarketRules(LADDER, 1, 180)
AGENT = TradingAgent(RULES, Tariff(300_000, 80_000))


def cleared(interval: int, volume_wh: int = 900) -> Clearing:
    return Clearing(interval, 150_000, volume_wh, 100, 80, 5, 9, 1, 1)


def step(interval: int) -> PlanStep:
    return PlanStep(interval, 0, 600, 0, 0, 600, None, 300_000, "because")


@pytest.fixture
def history(tmp_path: Path) -> Any:
    made = History.open(tmp_path / "history.sqlite")
    yield made
    made.close()


async def test_past_prices_are_learned_once_and_capped_ones_never(history: History) -> None:
    disk, known = Disk(), {(0, NOW - 96 * day): cleared(NOW - 96 * day) for day in range(1, 5)}
    experience = Experience(history, disk)
    assert experience.outlook(LADDER, (0,), NOW) == {}
    known[0, NOW - 1] = cleared(NOW - 1)
    for _ in range(2):
        experience.see(LADDER, known, [(0, NOW - 96)], NOW)
    found = experience.outlook(LADDER, (0, 1), NOW)
    assert found[0].auctions == 3
    assert found[1].auctions == 0
    experience.see(LADDER, known, [], NOW - 1 + SURE_AFTER)
    assert experience.outlook(LADDER, (0,), NOW)[0].auctions == 4
    assert experience.outlook(PriceLadder(0, 1_000, 256), (0,), NOW) == {}
    disk.close()


async def test_the_record_of_own_forecasts_survives_a_restart(history: History) -> None:
    disk = Disk()
    experience = Experience(history, disk)
    await experience.load()
    for day in range(20):
        interval = NOW + 96 * day
        experience.expect(step(interval), IntervalForecast(interval, 0, 600, 100))
        one = SettledInterval(interval, 600, 0, 400, 0, 150_000, -60_000, -60_000)
        clearing = Clearing(interval, 150_000, 900, 0, 0, 1, 1, 1, 1)
        await experience.learn(AGENT, {interval: one}, {(0, interval): clearing}, interval + 2)
    learned = experience.record.chances(Side.BUY, NOW)
    assert learned.certain > START.certain
    assert experience.record.stake_micro(NOW + 96 * 20) > 4_000
    again = Experience(history, disk)
    await again.load()
    assert again.record.chances(Side.BUY, NOW) == learned
    assert again.record.stake_micro(NOW + 96 * 20) == experience.record.stake_micro(NOW + 96 * 20)
    for damaged in ({"tallies": [["x"]], "gained_micro": "?"}, {"tallies": [[]]}, "?", None):
        history.meta.set("market.experience", {"record": damaged})
        await again.load()
        assert again.record.chances(Side.BUY, NOW) == START
    disk.close()


async def test_what_is_never_metered_is_not_waited_for(history: History) -> None:
    disk = Disk()
    experience = Experience(history, disk)
    experience.expect(step(NOW), None)
    await experience.learn(AGENT, {}, {}, NOW + WAITS + 1)
    one = SettledInterval(NOW, 600, 0, 400, 0, 150_000, -60_000, -60_000)
    await experience.learn(AGENT, {NOW: one}, {(0, NOW): cleared(NOW)}, NOW + WAITS + 1)
    assert experience.record.chances(Side.BUY, NOW) == START
    disk.close()
