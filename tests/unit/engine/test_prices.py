"""Tariffs of every shape, dynamic prices from documents, appliances and the car's visits."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from peerwatt.config.clock import DrivenClock
from peerwatt.config.settings import Appliance, PriceTier, PriceZone, TariffSettings
from peerwatt.engine.disk import Disk
from peerwatt.engine.dynamic_prices import DynamicPrices, PriceFault, read_prices
from peerwatt.engine.forecasts.past import Past
from peerwatt.engine.month import month_so_far
from peerwatt.engine.planning.prices import (
    market_curve,
    priced_steps,
    shape_of,
    zone_price_micro,
)
from peerwatt.engine.planning.runs import runs_of
from peerwatt.engine.visits import Visits
from peerwatt.forecast.prices import PriceForecast
from peerwatt.history.facade import History
from peerwatt.model.market import Tariff
from peerwatt.model.plan import IntervalEnergy, IntervalForecast
from peerwatt.model.readings import ChargerReading, ChargerStatus, DeviceHealth, Health
from peerwatt.model.snapshot import Snapshot
from peerwatt.model.units import interval_start_s

FIRST = 1_944_480  # 2025-06-16 00:00 UTC, a Monday
ZURICH = ZoneInfo("Europe/Zurich")
FLAT = Tariff(300_000, 80_000)
NIGHT = PriceZone(
    from_local="22:00", until_local="06:00", weekdays=(4,), import_micro_per_kwh=150_000
)
DAY = PriceZone(from_local="17:00", until_local="20:00", import_micro_per_kwh=400_000)


def forecasts(count: int = 8) -> tuple[IntervalForecast, ...]:
    return tuple(IntervalForecast(FIRST + i, 0, 100, 10) for i in range(count))


@pytest.mark.parametrize(
    ("local", "price"),
    [
        ("2025-06-20T21:59", None),
        ("2025-06-20T22:00", 150_000),  # Friday evening
        ("2025-06-21T05:59", 150_000),  # still the night that began on Friday
        ("2025-06-21T06:00", None),
        ("2025-06-21T22:30", None),
        ("2025-06-18T17:00", 400_000),
        ("2025-06-18T20:00", None),
    ],
)
def test_a_zone_belongs_to_the_day_on_which_it_begins(local: str, price: int | None) -> None:
    assert zone_price_micro((NIGHT, DAY), datetime.fromisoformat(local)) == price


def test_dynamic_prices_go_before_zones_and_zones_before_the_flat_price() -> None:
    settings = TariffSettings(
        zones=(PriceZone(from_local="02:15", until_local="02:45", import_micro_per_kwh=1),)
    )
    steps = priced_steps(forecasts(4), FLAT, settings, {FIRST: 123_456}, "Europe/Zurich")
    assert [s.import_price_micro for s in steps] == [123_456, 1, 1, 300_000]
    assert {s.export_price_micro for s in steps} == {80_000}


def test_tiers_and_the_charge_on_peaks_count_what_the_month_has_used() -> None:
    settings = TariffSettings(
        tiers=(PriceTier(above_kwh=200, add_micro_per_kwh=50_000),),
        capacity_micro_per_kw=2_000_000,
        co2_g_per_kwh=350,
        co2_micro_per_kg=100_000,
    )
    steps = priced_steps(forecasts(4), FLAT, settings, {}, "UTC")
    shape = shape_of(settings, (), steps, imported_kwh=150, peak_kw=3.0)
    assert (shape.tiers[0].from_kwh, shape.tiers[0].add) == (50, 0.05)
    assert shape.capacity is not None
    assert (shape.capacity.price_per_kw, shape.capacity.peak_so_far_kw) == (2.0, 3.0)
    assert shape.co2_g_per_kwh is not None
    assert shape.co2_g_per_kwh.tolist() == [350] * 4
    assert shape.co2_price_per_kg == 0.1


def test_the_month_so_far_is_the_local_one() -> None:
    past = Past()
    june = int(datetime(2025, 6, 1, tzinfo=ZURICH).timestamp()) // 900
    rows = [(june - 1, 5_000), (june, 1_000), (june + 1, 250)]
    past.take(IntervalEnergy(at, wh, 0, 0, wh, 0, 0, 0) for at, wh in rows)
    month = month_so_far(past, float(interval_start_s(FIRST)), "Europe/Zurich")
    assert (month.imported_kwh, month.peak_kw) == (1.25, 4.0)


def test_the_market_is_a_curve_within_the_tariff() -> None:
    steps = priced_steps(forecasts(3), FLAT, TariffSettings(), {}, "UTC")
    seen = PriceForecast(FIRST + 1, 0.8, (50_000, 60_000, 150_000, 350_000, 400_000), 1_000, (), ())
    low, high = market_curve((seen,), steps)
    assert low.price.tolist() == [0, 0.08, 0]
    assert high.price.tolist() == [0, 0.3, 0]
    assert low.kwh.tolist() == [0, 0.25, 0]
    assert market_curve((), steps) == ()


def test_an_appliance_runs_in_its_next_window_that_fits() -> None:
    dishes = Appliance(
        name="Dishes", power_w=1_200, minutes=90, from_local="10:00", until_local="16:00"
    )
    noon = int(datetime(2025, 6, 16, 12, tzinfo=ZURICH).timestamp()) // 900
    (run,) = runs_of((dishes,), noon, 192, "Europe/Zurich")
    assert (run.first, run.until, len(run.profile_kw)) == (0, 16, 6)
    (later,) = runs_of((dishes,), noon + 12, 192, "Europe/Zurich")  # an hour left: tomorrow
    assert (later.first, later.until) == (76, 100)
    sunday = dishes.model_copy(update={"weekdays": (6,)})
    assert runs_of((sunday,), noon, 192, "Europe/Zurich") == ()


DOCUMENTS = {
    "own": [
        {"start": "2025-06-16T00:00:00Z", "price": 0.25},
        {"start": "2025-06-16T03:00:00+02:00", "price": -0.05},
    ],
    "per MWh with milliseconds": {
        "data": [
            {"start_timestamp": 1_750_032_000_000, "marketprice": 250.0},
            {"start_timestamp": 1_750_035_600_000, "marketprice": -50.0},
        ]
    },
    "two lists": {"unix_seconds": [1_750_032_000, 1_750_035_600], "price": [250, -50]},
    "with total": {
        "prices": [
            {"startsAt": "2025-06-16T02:00:00+02:00", "total": 0.25},
            {"startsAt": "2025-06-16T03:00:00+02:00", "total": -0.05},
        ]
    },
}


@pytest.mark.parametrize("name", sorted(DOCUMENTS))
async def test_dynamic_prices_of_several_formats(name: str, tmp_path: Path) -> None:
    path = tmp_path / "prices.json"
    path.write_text(json.dumps(DOCUMENTS[name]))
    settings = TariffSettings(
        dynamic_file=path, dynamic_factor=1.2, dynamic_add_micro_per_kwh=100_000
    )
    prices = DynamicPrices(settings, DrivenClock(1_750_032_000.0), lambda *_: None)
    await prices.refresh()
    assert [prices.by_interval.get(FIRST + i) for i in range(-1, 9)] == [
        None, *[400_000] * 4, *[40_000] * 4, None,
    ]  # fmt: skip
    assert prices.version == 1


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"<html>", "its format is not known"),
        (b"[]", "it holds no prices"),
        (b'[{"start": 0, "price": 250}]', "its unit must be wrong"),
        (b'[{"start": "2025-06-16T00:00:00", "price": 0.2}]', "no offset from UTC"),
        (b'[{"start": 0, "price": NaN}]', "its unit must be wrong"),
        (b"[1]", "its format is not known"),
    ],
)
def test_a_document_without_prices_is_one_sentence(content: bytes, says: str) -> None:
    with pytest.raises(PriceFault, match=says):
        read_prices(content)


async def test_a_source_that_fails_is_told_once_and_the_old_prices_stay(tmp_path: Path) -> None:
    said: list[str] = []
    path, clock = tmp_path / "prices.json", DrivenClock(1_750_032_000.0)
    settings = TariffSettings(dynamic_file=path)
    prices = DynamicPrices(settings, clock, lambda _level, _who, text: said.append(text))
    path.write_text(json.dumps(DOCUMENTS["own"]))
    await prices.refresh()
    before = prices.by_interval
    path.unlink()
    for _ in range(3):
        clock.advance(clock.now_s() + 2_000)
        await prices.refresh()
    assert prices.by_interval == before
    assert len(said) == 1
    assert said[0].startswith("The dynamic prices cannot be read: ")


def visit(now_s: float, present: bool, register_wh: int) -> Snapshot:
    status = ChargerStatus.CHARGING if present else ChargerStatus.AVAILABLE
    reading = ChargerReading("charger", now_s, 0.0, register_wh, status)
    health = {"charger": DeviceHealth("charger", Health.FRESH)}
    return Snapshot(now_s, 1, {"charger": reading}, health, {})


async def test_visits_are_kept_and_habits_learned(tmp_path: Path) -> None:
    history, disk = History.open(tmp_path / "history.sqlite"), Disk()
    visits = Visits(history, disk, "Europe/Zurich")
    await visits.load()
    evening = datetime(2025, 6, 16, 18, tzinfo=ZURICH).timestamp()
    assert not await visits.seen(visit(evening, True, 1_000))
    assert not await visits.seen(visit(evening + 40_000, True, 9_000))
    assert await visits.seen(visit(evening + 46_800, False, 9_000))
    again = Visits(history, disk, "Europe/Zurich")
    await again.load()
    assert again.habits is not None
    (sample,) = again.habits.samples
    assert (sample.arrival_h, sample.energy_wh) == (18.0, 8_000.0)
    assert np.isclose(sample.departure_h, 18 + 40_000 / 3_600)
    disk.close()
    history.close()
