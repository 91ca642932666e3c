"""Forecasts on a real site's year beside persistence, the seven-day mean and gradient boosting.

Rolling origins every 75 minutes after four weeks, so that each hour of the day is met; judged is
the 15-min mean one hour, six hours and 24 hours after the origin (the 4th, 24th and 96th interval),
by its mean absolute error against that of the day before. No weather input. Load is scaled to
4500 kWh a year, PV to 6000. Everybody learns only from what lies before the origin.
"""

from __future__ import annotations

import csv
import gzip
import os
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from peerwatt.forecast.calendar import local_intervals, slot_of_day, weekday
from peerwatt.forecast.horizons import LEVELS
from peerwatt.forecast.house import HouseForecaster, train
from peerwatt.forecast.series import Array, Integers, Series
from peerwatt.forecast.site import Site

from .figures import Figure, report
from .peers import ROOT, run_peer

DATA = ROOT.parent / "shared" / "data" / "household" / "site_a_2019_15min.csv.gz"
"""ehackdays/PV-Optimisation, data/A.csv, AEW Energie AG: attributed in the data's README."""

SITE = Site(47.39, 8.05, timezone="Europe/Zurich", altitude_m=400.0)
FIRST = int(datetime(2018, 12, 31, 22, 45, tzinfo=UTC).timestamp()) // 900
"""The stamps are the ends of the intervals, in local time; the first is 1 January 00:00."""

DAY = 96
WARM_UP = 28 * DAY
STRIDE = 5
RETRAIN, RETRAIN_REFERENCE = 7 * DAY, 28 * DAY
STEPS = (3, 23, 95)
NAMES = ("1 h", "6 h", "24 h")
YEAR_WH = {"load": 4_500_000.0, "pv": 6_000_000.0}
GOALS = {"load": (45.0, 25.0, 20.0), "pv": (45.0, 10.0, 8.0)}
HORIZON = 192


def read_year() -> Series:
    """Return the site's year as a house, W."""
    columns: dict[str, list[float]] = {"pv": [], "load": []}
    with gzip.open(DATA, "rt", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            columns["pv"].append(float(row["Generation_kW"]))
            columns["load"].append(float(row["Overall_Consumption_Calc_kW"]))
    scaled = {
        name: np.array(values) * YEAR_WH[name] / (sum(values) / 4)
        for name, values in columns.items()
    }
    return Series(FIRST, scaled["load"], scaled["pv"])


@dataclass(frozen=True, slots=True)
class Own:
    """The house's own forecasts over all origins."""

    quantiles: dict[str, Array]
    """Quantity -> [origin, level, step]."""
    train_s: float
    """A training pass on nearly the whole year."""
    short_train_s: float
    """A training pass on four weeks: the quickest of five."""
    predict_s: float
    """The 95th percentile of a forecast of 48 h."""


def seconds_of(work: Callable[[], object]) -> float:
    """Return how long something takes, s."""
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def run_own(year: Series, origins: Integers) -> Own:
    """Forecast from each origin as the engine would, learning anew each week."""
    steps = list(STEPS)
    made: dict[str, list[Array]] = {"load": [], "pv": []}
    forecaster: HouseForecaster | None = None
    train_s, seconds = 0.0, []
    train(year.part(0, WARM_UP), SITE)  # what is imported late is imported now
    short_train_s = min(seconds_of(lambda: train(year.part(0, WARM_UP), SITE)) for _ in range(5))
    learned = -RETRAIN
    for origin in origins:
        if forecaster is None or origin - learned >= RETRAIN:
            begun = time.perf_counter()
            forecaster = train(year.part(0, int(origin)), SITE)
            train_s, learned = time.perf_counter() - begun, int(origin)
        begun = time.perf_counter()
        bands = forecaster.predict(year.part(int(origin) - WARM_UP, int(origin)), HORIZON)
        seconds.append(time.perf_counter() - begun)
        made["load"].append(bands.load_w[:, steps])
        made["pv"].append(bands.pv_w[:, steps])
    whole = {name: np.array(rows) for name, rows in made.items()}
    return Own(whole, train_s, short_train_s, float(np.quantile(seconds, 0.95)))


def run_reference(year: Series, origins: Integers) -> dict[str, Array]:
    """Return gradient boosting's forecasts [origin, step] by quantity."""
    local = local_intervals(year.intervals, SITE.timezone)
    with tempfile.TemporaryDirectory() as folder:
        given, made = Path(folder) / "given.npz", Path(folder) / "made.npz"
        np.savez(
            given, origins=origins, steps=STEPS, retrain=RETRAIN_REFERENCE,
            slot=slot_of_day(local), weekday=weekday(local), names=["load", "pv"],
            load=year.load_w, pv=year.pv_w,
        )  # fmt: skip
        script = Path(__file__).with_name("forecast_reference.py")
        run_peer("forecast", script, str(given), str(made))
        found = np.load(made)
        return {name: found[name] for name in ("load", "pv")}


def skill_pct(forecast: Array, truth: Array, before: Array) -> float:
    """Return how much smaller the mean absolute error is than that of the day before, %."""
    return float(100 * (1 - np.abs(forecast - truth).mean() / np.abs(before - truth).mean()))


def skill_figures(year: Series, origins: Integers, own: Own) -> list[Figure]:
    reference = run_reference(year, origins)
    odd = (origins // (7 * DAY)) % 2 == 1
    figures = []
    for name, values in (("load", year.load_w), ("pv", year.pv_w)):
        for column, step in enumerate(STEPS):
            target = origins + step
            truth, before = values[target], values[target - DAY]
            week = np.mean([values[target - DAY * day] for day in range(1, 8)], axis=0)
            median = own.quantiles[name][:, LEVELS.index(0.5), column]
            mine = skill_pct(median, truth, before)
            halves = [skill_pct(median[h], truth[h], before[h]) for h in (odd, ~odd)]
            boosted = skill_pct(reference[name][:, column], truth, before)
            text = (
                f"boosting {boosted:.1f}, 7-day mean {skill_pct(week, truth, before):.1f},"
                f" day before 0 ({np.abs(before - truth).mean():.0f} W); odd weeks {halves[0]:.1f},"
                f" even {halves[1]:.1f}"
            )
            goal = GOALS[name][column]
            title = f"{name} {NAMES[column]}, skill in MAE"
            figures.append(Figure(title, mine, "%", text, f">= {goal:.0f} %", mine >= goal))
    return figures


def coverage_figures(year: Series, origins: Integers, own: Own) -> list[Figure]:
    """Compare how often what happened lay below each level with the level, by day for PV."""
    figures = []
    for name, values in (("load", year.load_w), ("pv", year.pv_w)):
        for column, step in enumerate(STEPS):
            truth, quantiles = values[origins + step], own.quantiles[name][:, :, column]
            judged = np.full(len(truth), True)
            if name == "pv":
                judged = (truth > 0) | (quantiles[:, -1] > 0)
            below = (truth[judged, None] <= quantiles[judged]).mean(axis=0)
            worst = float(100 * np.abs(below - np.array(LEVELS)).max())
            pairs = zip(LEVELS, below, strict=True)
            text = ", ".join(f"{100 * level:.0f}: {100 * part:.1f}" for level, part in pairs)
            figures.append(
                Figure(f"{name} {NAMES[column]}, calibration, worst level", worst, "points",
                       f"measured coverage {text}", "<= 5 points", worst <= 5)
            )  # fmt: skip
    return figures


def main() -> int:
    if not DATA.exists():
        print(f"bench forecast: {DATA} is missing; place the measured year there", file=sys.stderr)
        return 1
    year = read_year()
    origins = np.arange(WARM_UP, len(year) - DAY, STRIDE, dtype=np.int64)
    own = run_own(year, origins)
    figures = skill_figures(year, origins, own) + coverage_figures(year, origins, own)
    load = os.getloadavg()[0]
    figures += [
        Figure("training, the year", own.train_s, "s", f"machine's load {load:.1f}", "< 10 s",
               own.train_s < 10),
        Figure("training, four weeks", own.short_train_s, "s", "quickest of five; done daily there",
               "<= 0.3 s", own.short_train_s <= 0.3),
        Figure("forecast of 48 h, 95th percentile", 1000 * own.predict_s, "ms",
               f"{len(origins)} origins", "< 50 ms", own.predict_s < 0.05),
    ]  # fmt: skip
    return report("forecast", figures)


if __name__ == "__main__":
    sys.exit(main())
