"""Homes made from one measured site: what each used, made and stored, and what it expected.

The measured year (15-minute averages of load and PV of a Swiss site, 2019) is varied so that the
homes differ, and each variation is seeded and stated here: the load is scaled to 2.5 to 6 MWh a
year, moved by up to two hours and by whole days, and multiplied by noise; PV is scaled to 4 to 10
MWh a year and moved by up to an hour (roofs to the east or west). Batteries follow the plainest
rule, own use first, and know nothing of the market.
"""

from __future__ import annotations

import csv
import gzip
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

DATA = Path(__file__).parents[3] / "shared/data/household/site_a_2019_15min.csv.gz"
DAY = 96
HOMES = 32
WITH_PV = 14
WITH_BATTERY = 7
"""Of those with PV."""

EFFICIENCY = 0.95
"""Of a battery, each way."""

NOISE = 0.35
"""Standard deviation of the logarithm of the load's noise."""


@dataclass(frozen=True, slots=True)
class Homes:
    """Energy of all homes, Wh; rows are intervals, columns homes. Positive nets are imports."""

    load_wh: Any
    pv_wh: Any
    metered_wh: Any
    """Net at the meter, after the battery."""
    expected_wh: Any
    """The same as each home expected it two intervals ahead."""
    sigma_wh: Any
    """Its own estimate of how far off that is."""


def measured() -> tuple[Any, Any]:
    """Return load and PV of the site, kWh an interval, over the year."""
    with gzip.open(DATA, "rt", encoding="utf-8") as file:
        rows = [(float(r["Overall_Consumption_Calc_kW"]), float(r["Generation_kW"]))
                for r in csv.DictReader(file)]  # fmt: skip
    table = np.array(rows) / 4
    return np.maximum(table[:, 0], 0), np.maximum(table[:, 1], 0)


def make_homes(first_day: int, days: int, seed: int = 4) -> Homes:
    """Return the homes over ``days`` days from ``first_day`` of the year."""
    load_kwh, pv_kwh = measured()
    source = np.random.default_rng(seed)
    warm = 28 * DAY
    span = np.arange(first_day * DAY - warm, (first_day + days) * DAY)
    load = np.empty((len(span), HOMES))
    pv = np.zeros((len(span), HOMES))
    for home in range(HOMES):
        days_off = 7 * int(source.integers(-2, 3))
        moved = span + int(source.integers(-8, 9)) + days_off * DAY
        scale = source.uniform(2_500, 6_000) / load_kwh.sum()
        noise = np.exp(source.normal(-(NOISE**2) / 2, NOISE, len(span)))
        load[:, home] = 1e3 * scale * load_kwh[moved % len(load_kwh)] * noise
        roof = source.uniform(4_000, 10_000) / pv_kwh.sum()
        turned = span + int(source.integers(-4, 5))
        if home < WITH_PV:
            pv[:, home] = 1e3 * roof * pv_kwh[turned % len(pv_kwh)]
    load, pv = np.rint(load), np.rint(pv)
    capacity = np.zeros(HOMES)
    capacity[:WITH_BATTERY] = source.uniform(5_000, 12_000, WITH_BATTERY)
    metered, content = run_batteries(load - pv, capacity)
    expected = expect(load, pv, content, capacity)
    sigma = own_error(metered - expected)
    cut = slice(warm, None)
    return Homes(load[cut], pv[cut], metered[cut], expected[cut], sigma[cut])


def step_battery(net: Any, content: Any, capacity: Any) -> tuple[Any, Any]:
    """One interval of own use first: return the net at the meter and the new content."""
    power = capacity / 2 / 4
    charged = np.minimum(np.minimum(-net, power), (capacity - content) / EFFICIENCY)
    charged = np.floor(np.maximum(charged, 0))
    given = np.floor(np.maximum(np.minimum(np.minimum(net, power), content * EFFICIENCY), 0))
    return net + charged - given, content + charged * EFFICIENCY - given / EFFICIENCY


def run_batteries(net: Any, capacity: Any) -> tuple[Any, Any]:
    """Return the metered nets and what the batteries held before each interval."""
    metered, content = np.empty_like(net), np.empty_like(net)
    held = capacity / 2
    for row in range(len(net)):
        content[row] = held
        metered[row], held = step_battery(net[row], held, capacity)
    return metered, content


def expect(load: Any, pv: Any, content: Any, capacity: Any) -> Any:
    """Persistence, made before the gate of the interval, so from what was known two before it.

    Load: half the last week's mean of this time of day, half the last measurement scaled by how
    that mean changes. PV: the last measurement scaled as the last five days' mean changes.
    """
    expected = np.zeros_like(load)
    for row in range(7 * DAY + 2, len(load)):
        known = row - 2
        days = row - DAY * np.arange(1, 8)
        usual, before = load[days].mean(axis=0), load[days - 2].mean(axis=0)
        ratio = np.clip(usual / np.maximum(before, 1), 0.5, 2)
        used = (usual + load[known] * ratio) / 2
        sun, sun_before = pv[days[:5]].mean(axis=0), pv[days[:5] - 2].mean(axis=0)
        rise = np.clip(sun / np.maximum(sun_before, 1), 0, 3)
        made = np.where(sun_before > 5, pv[known] * rise, sun)
        held = content[known]
        for _ in range(2):  # the running interval, then the one that is traded
            net, held = step_battery(used - made, held, capacity)
        expected[row] = np.rint(net)
    return expected


def own_error(error: Any) -> Any:
    """Root mean square of each home's own errors at this hour over about ten days, known ones."""
    keep = 1 - 1 / 40
    squares = np.full((24, error.shape[1]), 150.0**2)
    found = np.empty_like(error)
    for row in range(len(error)):
        found[row] = np.sqrt(squares[row % DAY // 4])
        if row >= 7 * DAY + 4:
            hour = (row - 2) % DAY // 4
            squares[hour] = keep * squares[hour] + (1 - keep) * error[row - 2] ** 2
    return np.rint(found)
