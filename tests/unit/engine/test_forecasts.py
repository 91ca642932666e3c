"""Forecasts in the engine: from the first minute, learned beside the loop, judged each day."""

from __future__ import annotations

import asyncio
import io
import json
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from peerwatt.config.clock import DrivenClock
from peerwatt.config.settings import SiteSettings, WeatherSettings
from peerwatt.engine.disk import Disk
from peerwatt.engine.forecasts import ForecastService
from peerwatt.engine.forecasts import service as service_module
from peerwatt.engine.forecasts.past import Past
from peerwatt.engine.forecasts.service import bands_of
from peerwatt.engine.forecasts.training import (
    TrainingFault,
    packed,
    train_beside,
    train_child,
)
from peerwatt.engine.forecasts.weather import WeatherSource
from peerwatt.engine.views.forecast import forecast_view
from peerwatt.forecast.series import Series
from peerwatt.forecast.site import Site
from peerwatt.forecast.stored import from_json
from peerwatt.history.facade import History
from peerwatt.history.records import NoticeLevel
from peerwatt.model.plan import IntervalEnergy, IntervalForecast
from peerwatt.model.readings import (
    DeviceHealth,
    DeviceInfo,
    DeviceKind,
    Health,
    InverterReading,
    MeterReading,
)
from peerwatt.model.snapshot import Snapshot
from peerwatt.model.units import INTERVALS_PER_DAY, interval_start_s

FIRST = 1_944_480  # a UTC midnight in June 2025
SITE = Site(47.39, 8.05, 8_000.0, "Europe/Zurich")


def snapshot(now_s: float, home_w: float = 600.0, pv_w: float = 2_000.0) -> Snapshot:
    readings = {
        "meter": MeterReading("meter", now_s, home_w - pv_w, 1, 1),
        "inverter": InverterReading("inverter", now_s, pv_w, pv_w, rated_power_w=8_000.0),
    }
    kinds = {"meter": DeviceKind.METER, "inverter": DeviceKind.INVERTER}
    return Snapshot(
        now_s,
        1,
        readings,
        {d: DeviceHealth(d, Health.FRESH) for d in readings},
        {d: DeviceInfo(d, kind, "test") for d, kind in kinds.items()},
    )


def energy(interval: int) -> IntervalEnergy:
    """A house that uses 100 Wh at night and 200 Wh by day, with a bell of sun."""
    slot = interval % INTERVALS_PER_DAY
    sun = max(0.0, np.sin((slot - 16) / 64 * np.pi)) if 16 < slot < 80 else 0.0
    home = 200 if 24 <= slot < 88 else 100
    pv = round(1_200 * sun)
    net = home - pv
    return IntervalEnergy(interval, max(net, 0), max(-net, 0), pv, home, 0, 0, 0)


class Engine:
    """A forecast service with its history on disk."""

    def __init__(self, folder: Path, settings: SiteSettings | None = None) -> None:
        self.clock = DrivenClock(float(interval_start_s(FIRST)))
        self.history = History.open(folder / "history.sqlite")
        self.disk = Disk()
        self.said: list[str] = []
        self.settings = settings or SiteSettings()
        self.service = self.fresh()

    def fresh(self) -> ForecastService:
        return ForecastService(self.settings, self.history, self.disk, self.clock, self._say)

    def _say(self, _level: NoticeLevel, _source: str, sentence: str) -> None:
        self.said.append(sentence)

    async def at(self, interval: int) -> None:
        self.clock.advance(float(interval_start_s(interval)))
        await self.service.refresh(snapshot(self.clock.now_s()), -1_400.0, wait=True)

    def close(self) -> None:
        self.disk.close()
        self.history.close()


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    made = Engine(tmp_path)
    yield made
    made.close()


@pytest.fixture
def learned(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Training in this process instead of a child, to be quick; counts what it learned from."""
    counts: list[int] = []

    async def here(history: Series, site: Site | None, weather: object = ()) -> object:
        counts.append(int(np.isfinite(history.load_w).sum()))
        target = io.BytesIO()
        train_child(io.BytesIO(packed(history, site)), target)
        return from_json(target.getvalue().decode())

    monkeypatch.setattr(service_module, "train_beside", here)
    return counts


async def test_there_are_forecasts_before_anything_was_learned(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def never(*_: object) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(service_module, "train_beside", never)
    now = snapshot(engine.clock.now_s())
    await engine.service.refresh(now, -1_400.0, wait=False)
    bands = engine.service.bands
    assert bands is not None
    assert bands.first_interval == FIRST
    assert len(bands) == 192
    assert bands.load_mean_w[0] == pytest.approx(600, rel=0.2)
    assert forecast_view(engine.service).learned_s is None
    await engine.service.close()


async def test_learned_anew_as_the_house_gets_known_and_once_a_day(
    engine: Engine, learned: list[int]
) -> None:
    for ahead in range(0, 2 * INTERVALS_PER_DAY + 1, 12):
        engine.service.past.take(energy(FIRST + i) for i in range(max(ahead - 12, 0), ahead))
        await engine.at(FIRST + ahead)
    assert learned[0] == 0
    assert learned == sorted(learned)
    assert len(learned) <= 5
    assert learned[-1] >= INTERVALS_PER_DAY - 12


async def test_what_was_learned_survives_a_restart(engine: Engine, learned: list[int]) -> None:
    engine.service.past.take(energy(FIRST - i) for i in range(1, 3 * INTERVALS_PER_DAY))
    await engine.at(FIRST)
    before = engine.service.bands
    again = engine.fresh()
    await again.load()
    assert again.forecaster is not None
    assert again.trained_s == engine.clock.now_s()
    again.past.take(energy(FIRST - i) for i in range(1, 3 * INTERVALS_PER_DAY))
    await again.refresh(snapshot(engine.clock.now_s()), -1_400.0, wait=True)
    assert len(learned) == 1
    assert before is not None
    assert again.bands is not None
    assert np.allclose(before.load_w, again.bands.load_w)


async def test_forecasts_are_judged_against_what_happened_and_kept(
    engine: Engine, learned: list[int]
) -> None:
    engine.service.past.take(energy(FIRST - i) for i in range(1, 4 * INTERVALS_PER_DAY))
    for ahead in range(0, 2 * INTERVALS_PER_DAY + 1, 4):
        engine.service.past.take(energy(FIRST + i) for i in range(max(ahead - 4, 0), ahead))
        await engine.at(FIRST + ahead)
    stored = engine.history.forecasts.scores("2025-01-01")
    assert {(s.quantity, s.stage) for s in stored} >= {
        ("pv", "1 h"), ("pv", "24 h"), ("load", "1 h"), ("load", "24 h"),
    }  # fmt: skip
    assert {s.day for s in stored} == {"2025-06-16"}
    bands = next(s for s in stored if (s.quantity, s.stage, s.method) == ("load", "1 h", "bands"))
    assert bands.count > 90
    assert bands.mae_w < 150  # between 400 and 800 W, always the same
    assert len(bands.coverage) == 7
    rows = forecast_view(engine.service).scores
    assert any(row.quantity == "load" and row.stage == "6 h" for row in rows)
    assert all(row.best_error_w <= row.error_w for row in rows)


async def test_training_in_a_child_leaves_the_loop_free() -> None:
    history = Past()
    history.take(energy(FIRST - i) for i in range(1, 20 * INTERVALS_PER_DAY))
    series = history.series(FIRST)
    gaps: list[float] = []
    task = asyncio.create_task(train_beside(series, SITE))
    while not task.done():
        begun = time.perf_counter()
        await asyncio.sleep(0.002)
        gaps.append(time.perf_counter() - begun)
    made = await task
    bands = made.predict(series, 96)
    assert bands.load_mean_w[40] == pytest.approx(800, rel=0.25)
    assert len(gaps) > 20
    print(f"longest gap of the loop: {max(gaps) * 1000:.1f} ms over {sum(gaps):.1f} s")


async def test_a_child_that_breaks_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    from peerwatt.engine.forecasts import training

    monkeypatch.setattr(training, "packed", lambda *_: b'{"count": -1, "first_interval": 0}\n')
    with pytest.raises(TrainingFault, match=r"^Training failed: "):
        await train_beside(Series(0, np.empty(0), np.empty(0)), None)


async def test_a_weather_file_that_is_wrong_is_told_once(tmp_path: Path) -> None:
    said: list[str] = []
    path = tmp_path / "weather.json"
    clock = DrivenClock(float(interval_start_s(FIRST)))
    source = WeatherSource(
        WeatherSettings(file=path), clock, lambda _level, _who, sentence: said.append(sentence)
    )
    assert await source.latest() is None
    assert await source.latest() is None
    assert said == [f"The weather file {path} cannot be read; check its path."]
    hours = [f"2025-06-{16 + h // 24:02d}T{h % 24:02d}:00" for h in range(48)]
    document = {
        "utc_offset_seconds": 0,
        "hourly": {"time": hours, "temperature_2m": [20.0] * 48},
        "hourly_units": {"temperature_2m": "°C", "time": "iso8601"},
    }
    path.write_text(json.dumps(document))
    found = await source.latest()
    assert found is not None
    assert found.at("temperature_c", FIRST, 4) == pytest.approx([20.0] * 4)
    assert source.sentence == ""
    clock.advance(clock.now_s() + 3 * 86_400)
    assert await source.latest() is None  # too old


def test_simple_forecasts_become_bands() -> None:
    bands = bands_of(
        (
            IntervalForecast(FIRST, 0, 100, 20),
            IntervalForecast(FIRST + 1, 500, 90, 40),
        )
    )
    assert bands.first_interval == FIRST
    low, high = bands.at(0.1), bands.at(0.9)
    assert np.all(low[1] < high[1])
    assert high[0][0] == 0  # no light
    again = bands.to_forecasts()
    assert [f.load_wh for f in again] == pytest.approx([100, 90], abs=2)
    assert again[1].sigma_wh == pytest.approx(40, rel=0.3)


def test_the_past_keeps_gaps_as_gaps() -> None:
    past = Past()
    past.take([energy(FIRST - 5), energy(FIRST - 2)])
    series = past.series(FIRST)
    assert len(series) == 5
    assert np.isnan(series.load_w).tolist() == [False, True, True, False, True]
    filled = past.series(FIRST, now_w=(450.0, -3.0))
    assert (filled.load_w[-1], filled.pv_w[-1]) == (450.0, 0.0)
    empty = Past().series(FIRST)
    assert (len(empty), empty.end) == (0, FIRST)
    assert past.recent(FIRST - 3) == [energy(FIRST - 2)]
    assert replace(energy(1), ev_wh=0) == energy(1)
