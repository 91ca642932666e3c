"""A slow or failing solver never holds the house: cycles go on, the old plan stays, aged."""

from __future__ import annotations

import asyncio
import threading
import time
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

from peerwatt.config.clock import DrivenClock
from peerwatt.config.settings import SiteSettings
from peerwatt.engine.disk import Disk
from peerwatt.engine.dynamic_prices import DynamicPrices
from peerwatt.engine.forecasts import ForecastService
from peerwatt.engine.foresight import Foresight
from peerwatt.engine.house import HouseEngine
from peerwatt.engine.notices import NoticeBoard
from peerwatt.engine.overrides import Overrides
from peerwatt.engine.planning import Known, Occasion, PlanKeeper, Planning, Prospect
from peerwatt.engine.planning import keeper as keeper_module
from peerwatt.engine.publisher import Publisher
from peerwatt.engine.visits import Visits
from peerwatt.forecast.bands import Bands
from peerwatt.forecast.horizons import LEVELS
from peerwatt.history.facade import History
from peerwatt.history.records import NoticeLevel
from peerwatt.model.market import Tariff
from peerwatt.model.readings import DeviceHealth, DeviceInfo, DeviceKind, Health, MeterReading
from peerwatt.model.snapshot import Snapshot
from peerwatt.model.units import interval_start_s
from peerwatt.planner.inputs import PlanResult

FIRST = 1_944_456
NOTHING = Occasion()
START_S = float(interval_start_s(FIRST)) + 60


def snapshot(now_s: float) -> Snapshot:
    return Snapshot(
        now_s,
        1,
        {"meter": MeterReading("meter", now_s, 400.0, 1, 1)},
        {"meter": DeviceHealth("meter", Health.FRESH)},
        {"meter": DeviceInfo("meter", DeviceKind.METER, "test")},
    )


def bands(first: int = FIRST, load_w: float = 400.0) -> Bands:
    steps = 48
    load = np.full((len(LEVELS), steps), load_w) + np.linspace(-100, 100, len(LEVELS))[:, None]
    return Bands(first, LEVELS, np.zeros((len(LEVELS), steps)), load)


async def known() -> Known:
    return Known(bands(), Tariff(300_000, 80_000), overrides=Overrides())


class SlowPlanning(Planning):
    """A solver that does not come back before it is told to."""

    def __init__(self) -> None:
        super().__init__(SiteSettings())
        self.go = threading.Event()
        self.begun = threading.Event()
        self.fails = False

    def _make(self, *given: object) -> Prospect:  # type: ignore[override]
        self.begun.set()
        assert self.go.wait(20)
        if self.fails:
            raise RuntimeError("the solver broke")
        return super()._make(*given)  # type: ignore[arg-type]


class House:
    """A keeper with its clock and what it said."""

    def __init__(self) -> None:
        self.clock = DrivenClock(START_S)
        self.planning = SlowPlanning()
        self.said: list[str] = []
        self.keeper = PlanKeeper(self.planning, self.clock, self._say)

    def _say(self, _level: NoticeLevel, _source: str, sentence: str) -> None:
        self.said.append(sentence)

    async def step(self, occasion: Occasion = NOTHING, wait: bool = False) -> bool:
        now = snapshot(self.clock.now_s())
        if not self.keeper.due(now, occasion, 400.0):
            return False
        await self.keeper.step(now, occasion, known, wait)
        return True

    async def settle(self) -> None:
        assert self.keeper._task is not None
        await self.keeper._task


@pytest.fixture
def house() -> House:
    return House()


async def test_cycles_go_on_while_the_solver_does_not_come_back(house: House) -> None:
    late: list[float] = []
    for _ in range(40):
        begun = time.monotonic()
        await house.step()
        late.append(time.monotonic() - begun)
        await asyncio.sleep(0.001)
    assert house.planning.begun.is_set()
    assert house.keeper.busy
    assert house.keeper.prospect is None
    assert sorted(late)[len(late) // 2] < 0.05  # the solver still stands
    house.planning.go.set()
    await house.settle()
    assert house.keeper.prospect is not None
    assert house.keeper.plans == 1


async def test_a_solver_that_hangs_leaves_the_old_plan_and_its_age_is_told(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.planning.go.set()
    await house.step(wait=True)
    first = house.keeper.prospect
    assert first is not None
    assert house.keeper.sentence == ""
    house.planning.go.clear()
    house.clock.advance(START_S + 1_500)
    await house.step()
    monkeypatch.setattr(keeper_module, "SLOW_S", -1.0)
    await asyncio.sleep(0)
    assert house.keeper.prospect is first
    assert house.keeper.sentence == ("The planner takes long. The plan of 25 min ago is followed.")
    # The control still finds a step for the interval that runs: the plan reaches two days.
    assert first.plan.step(FIRST + 1) is not None
    house.planning.go.set()
    await house.settle()


@pytest.mark.allow_log("No plan could be made")
async def test_a_solver_that_fails_leaves_the_old_plan_and_is_asked_again(house: House) -> None:
    house.planning.go.set()
    await house.step(wait=True)
    first = house.keeper.prospect
    house.planning.fails = True
    house.clock.advance(START_S + 600)
    await house.step(wait=True)
    assert house.keeper.prospect is first
    assert "The plan of 10 min ago is followed." in house.keeper.sentence
    assert house.said == ["The planner failed; see the log."]
    house.planning.fails = False
    assert not await house.step(wait=True)  # not in each cycle
    house.clock.advance(START_S + 910)
    await house.step(wait=True)
    assert house.keeper.prospect is not first
    assert house.keeper.sentence == ""


async def test_events_have_a_plan_made_at_once(house: House) -> None:
    house.planning.go.set()
    assert await house.step(wait=True)
    assert not await house.step(wait=True)
    for occasion in (
        Occasion(cars=("charger",)),
        Occasion(promises=(4,)),
        Occasion(prices=7),
        Occasion(import_limit_w=4_200.0),
    ):
        assert await house.step(occasion, wait=True)
        assert house.keeper.occasion == occasion
        assert not await house.step(occasion, wait=True)
    house.keeper.ask()
    assert await house.step(occasion, wait=True)


async def test_a_house_that_does_otherwise_than_forecast_is_planned_anew(house: House) -> None:
    house.planning.go.set()
    await house.step(wait=True)
    now_s = START_S + 130
    assert not house.keeper.due(snapshot(now_s), Occasion(), 700.0)
    assert house.keeper.due(snapshot(now_s), Occasion(), 4_000.0)
    assert not house.keeper.due(snapshot(START_S + 60), Occasion(), 4_000.0)  # too soon again
    assert not house.keeper.due(snapshot(now_s), Occasion(), None)


async def test_overrides_are_priced_after_the_plan_is_in_force(house: House) -> None:
    house.planning.go.set()
    await house.step()
    await house.settle()
    assert house.keeper.prospect is not None
    assert house.keeper.prospect.override_costs == {}  # neither battery nor car: nothing to hold
    plain = house.keeper.prospect.result
    assert isinstance(plain, PlanResult)
    assert replace(plain, cost_micro=0) != plain


class Control:
    """Stands for devices that answer at once; counts its cycles."""

    def __init__(self, clock: DrivenClock) -> None:
        self._clock = clock
        self.snapshot: Snapshot | None = None
        self.rest_w = 400.0
        self.cycles = 0

    async def cycle(self, *_: object) -> Snapshot:
        self.cycles += 1
        self.snapshot = snapshot(self._clock.now_s())
        return self.snapshot

    def net_import_since(self, _interval: int) -> int | None:
        return None


async def test_the_engine_keeps_its_pace_while_a_solver_hangs(tmp_path: Path) -> None:
    """The whole loop of the house with a solver that never comes back: cycles and services run."""
    clock = DrivenClock(START_S)
    settings = SiteSettings(cycle_s=0.02)
    history, disk = History.open(tmp_path / "history.sqlite"), Disk()
    publisher = Publisher()
    board = NoticeBoard(history, disk, publisher, clock)
    planning, rounds = SlowPlanning(), []
    forecasts = ForecastService(settings, history, disk, clock, board.say)
    forecasts.bands = bands()
    foresight = Foresight(
        forecasts,
        planning,
        PlanKeeper(planning, clock, board.say),
        DynamicPrices(settings.tariff, clock, board.say),
        Visits(history, disk, "UTC"),
    )

    async def refreshed(*_: object) -> None:
        rounds.append(time.monotonic())

    sections = SimpleNamespace(publish_live=lambda _: None, refresh=refreshed)
    chain = SimpleNamespace(
        facts=SimpleNamespace(tariff=Tariff(300_000, 80_000)), clearings={}, picture=None,
        step=nothing_new,
    )  # fmt: skip
    wallet = SimpleNamespace(step=nothing_new)
    control: Any = Control(clock)
    house = HouseEngine(
        settings, clock, history, disk, publisher, board, control, foresight,
        cast(Any, chain), None, None, None, cast(Any, wallet), cast(Any, sections),
    )  # fmt: skip
    house.speed = 1.0
    running = asyncio.create_task(house.run())
    await asyncio.to_thread(planning.begun.wait, 10)
    cycles, seen = control.cycles, len(rounds)
    await asyncio.sleep(0.6)  # real time: the pace itself is what is tested
    assert foresight.keeper.busy
    assert control.cycles - cycles >= 10
    assert len(rounds) - seen >= 10
    assert house.prospect is None
    planning.go.set()
    assert foresight.keeper._task is not None
    await foresight.keeper._task
    assert house.prospect is not None
    house.stopping.set()
    await running
    await foresight.close()
    await board.flush()
    disk.close()
    history.close()


async def nothing_new() -> bool:
    return False
