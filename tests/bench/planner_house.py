"""The house of the planner's benchmark: its problems on measured or made load and sun."""

from __future__ import annotations

import csv
import datetime as dt
import gzip
import math
import os
import random
from pathlib import Path
from typing import Any

STEPS, DAY = 192, 96
LOAD_KWH_YEAR, PV_KWH_YEAR = 4500.0, 6000.0
STARTS = {"summer": dt.datetime(2019, 7, 1), "winter": dt.datetime(2019, 1, 7)}
BATTERY = {
    "capacity_kwh": 10.0,
    "soc_min_kwh": 0.5,
    "soc_max_kwh": 10.0,
    "charge_max_kw": 5.0,
    "discharge_max_kw": 5.0,
    "charge_efficiency": 0.95,
    "discharge_efficiency": 0.95,
}


def year() -> tuple[list[dt.datetime], list[float], list[float]]:
    """Return times, sun and load of a year, kW by quarter-hour, scaled to one house."""
    folder = os.environ.get("PEERWATT_HOUSEHOLD")
    times, pv, load = _measured(Path(folder)) if folder else _made()
    pv_scale, load_scale = PV_KWH_YEAR * 4 / sum(pv), LOAD_KWH_YEAR * 4 / sum(load)
    return times, [x * pv_scale for x in pv], [x * load_scale for x in load]


def _measured(folder: Path) -> tuple[list[dt.datetime], list[float], list[float]]:
    times, pv, load = [], [], []
    with gzip.open(folder / "site_a_2019_15min.csv.gz", "rt") as file:
        for row in csv.DictReader(file):
            times.append(dt.datetime.fromisoformat(row["Timestamp"]))
            pv.append(float(row["Generation_kW"]))
            load.append(float(row["Overall_Consumption_Calc_kW"]))
    return times, pv, load


def _made() -> tuple[list[dt.datetime], list[float], list[float]]:
    """Return a made year: sun by season with cloudy days, load with evening peaks."""
    dice = random.Random(1)
    start = dt.datetime(2019, 1, 1)
    times = [start + dt.timedelta(minutes=15 * k) for k in range(365 * DAY)]
    pv, load, cloud = [], [], 1.0
    for k, time in enumerate(times):
        cloud = dice.uniform(0.2, 1.0) if k % DAY == 0 else cloud
        season = 1 - 0.7 * math.cos(2 * math.pi * (k / DAY - 172 + 182) / 365)
        hour = time.hour + time.minute / 60
        pv.append(max(math.sin((hour - 6) / 12 * math.pi), 0.0) * season * cloud)
        load.append(0.3 + dice.random() * 0.3 + (0.8 if 17 <= hour < 21 else 0.0))
    return times, pv, load


def import_price(time: dt.datetime) -> float:
    """Return the price of a kWh, EUR: dear in the evening, cheap at night."""
    if 17 <= time.hour < 20:
        return 0.42
    return 0.22 if time.hour >= 22 or time.hour < 6 else 0.30


def sessions(start: dt.datetime, days: int) -> list[tuple[int, int, float]]:
    """Return (first step, departure, kWh): each evening at 18:00, longer at weekends."""
    found = []
    for day in range(days):
        weekend = (start + dt.timedelta(days=day)).weekday() >= 5
        end = day * DAY + (18 if weekend else 7) * 4
        found.append((max(day * DAY - 24, 0), end, 5.0 if weekend else 10.0))
    return found


def problems(season: str, count: int, car_sessions: int) -> list[dict[str, Any]]:
    """Return problems spread over four weeks, with the last day repeated as their forecast."""
    house = Month(season)
    return [
        house.problem(
            number * 65 % (26 * DAY), 1.0 + 8.0 * (number * 0.37 % 1), [0.0] * 28, car_sessions
        )
        for number in range(count)
    ]


class Month:
    """Four weeks of the house, from which a problem can be asked for any step."""

    def __init__(self, season: str) -> None:
        times, self._pv, self._load = year()
        self._start = STARTS[season]
        self._first = times.index(self._start)
        self.stays = sessions(self._start, 28)

    def problem(
        self, k: int, soc_kwh: float, charged_kwh: list[float], car_sessions: int
    ) -> dict[str, Any]:
        """Return the problem that begins at step ``k``, in the state that was reached."""
        at = self._first + k
        open_stays = [
            {"from_step": max(a - k, 0), "until_step": b - k, "need_kwh": kwh - done}
            for (a, b, kwh), done in zip(self.stays, charged_kwh, strict=True)
            if b > k and a < k + STEPS and kwh - done > 1e-6
        ]
        clock = [self._start + dt.timedelta(minutes=15 * (k + step)) for step in range(STEPS)]
        return {
            "version": 1, "now": clock[0].isoformat(), "step_minutes": 15, "steps": STEPS,
            "battery": {**BATTERY, "soc_kwh": soc_kwh},
            "ev": {"max_kw": 11.0, "min_kw": 4.14, "phases": 3,
                   "sessions": open_stays[:car_sessions]},
            "grid": {"import_max_kw": 17.0, "export_max_kw": 17.0},
            "forecast": {"pv_kw": self._pv[at - DAY : at] * 2,
                         "load_kw": self._load[at - DAY : at] * 2},
            "tariff": {"import_eur_kwh": [import_price(t) for t in clock],
                       "export_eur_kwh": [0.08] * STEPS},
            "terminal": {"eur_per_kwh_stored": 0.209},
        }  # fmt: skip
