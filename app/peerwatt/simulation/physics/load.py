"""What the people in a house switch on: a seeded, exactly integrable appliance load.

Each local day is a set of rectangles (start, duration, power) drawn from (seed, day). Their sum
is piecewise constant, so the energy between any two moments is exact and a load can be asked
for at any resolution.
"""

from __future__ import annotations

import random
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from .spec import LoadSpec
from .weather import ambient_c

MINUTE = 60.0
HOUR = 3600.0
Run = tuple[float, float, float]
"""Start (s after local midnight), duration (s), power (W)."""


@dataclass(frozen=True, slots=True)
class DayLoad:
    """One local day: where the power changes, the power from there, the energy up to there."""

    start_s: float
    end_s: float
    times_s: list[float]
    powers_w: list[float]
    energies_ws: list[float]

    def energy_ws(self, time_s: float) -> float:
        """Return the energy since the day's start, W s."""
        index = bisect_right(self.times_s, time_s) - 1
        return self.energies_ws[index] + self.powers_w[index] * (time_s - self.times_s[index])


class LoadModel:
    """The load of one household."""

    def __init__(self, spec: LoadSpec, seed: int, timezone: str = "Europe/Zurich") -> None:
        self._spec = spec
        self._seed = seed
        self._zone = ZoneInfo(timezone)
        self._day: DayLoad | None = None

    def mean_power_w(self, from_s: float, to_s: float) -> float:
        """Return the mean power between two moments, W."""
        total_ws, at_s = 0.0, from_s
        while at_s < to_s:
            day = self._day_of(at_s)
            until_s = min(to_s, day.end_s)
            total_ws += day.energy_ws(until_s) - day.energy_ws(at_s)
            at_s = until_s
        return total_ws / (to_s - from_s)

    def _day_of(self, time_s: float) -> DayLoad:
        day = self._day
        if day is None or not day.start_s <= time_s < day.end_s:
            day = self._day = self._build(time_s)
        return day

    def _build(self, time_s: float) -> DayLoad:
        """Draw the local day that holds ``time_s``."""
        local = datetime.fromtimestamp(time_s, self._zone)
        midnight = local.replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
        following = (midnight.replace(tzinfo=None) + timedelta(days=1)).replace(tzinfo=self._zone)
        start_s, end_s = midnight.timestamp(), following.timestamp()
        rng = random.Random(f"load:{self._seed}:{midnight.date().toordinal()}")
        runs = list(day_runs(self._spec, rng, midnight.weekday(), ambient_c(start_s + 12 * HOUR)))
        return _integrate(runs, start_s, end_s, self._spec.scale)


def _integrate(runs: list[Run], start_s: float, end_s: float, scale: float) -> DayLoad:
    """Sum the rectangles; what runs past midnight is cut off."""
    changes: dict[float, float] = {start_s: 0.0}
    for begin, duration, power in runs:
        first = min(max(start_s + begin, start_s), end_s)
        last = min(first + duration, end_s)
        changes[first] = changes.get(first, 0.0) + power * scale
        changes[last] = changes.get(last, 0.0) - power * scale
    times = sorted(changes)
    powers, energies, power, energy, previous = [], [], 0.0, 0.0, start_s
    for time_s in times:
        energy += power * (time_s - previous)
        power = max(0.0, power + changes[time_s])
        powers.append(power)
        energies.append(energy)
        previous = time_s
    return DayLoad(start_s, end_s, times, powers, energies)


def day_runs(spec: LoadSpec, rng: random.Random, weekday: int, air_c: float) -> Iterator[Run]:
    """Yield the runs of all appliances on one local day (Monday is weekday 0)."""
    day_s = 25 * HOUR
    weekend = weekday >= 5
    at_home = weekend or rng.random() < spec.works_from_home
    wake = rng.gauss(8.0 if weekend else 6.5, 0.4) * HOUR
    leave = rng.gauss(7.7, 0.3) * HOUR
    back = rng.gauss(17.3, 0.6) * HOUR
    sleep = min(rng.gauss(22.7, 0.4), 23.8) * HOUR
    yield 0.0, day_s, spec.base_w
    yield from _fridge(rng, day_s)
    yield from _small_things(rng, day_s)
    yield from _living(spec, rng, wake, sleep if at_home else leave)
    if not at_home:
        yield from _living(spec, rng, back, sleep)
    yield from _kitchen(spec, rng, wake, at_home)
    yield from _laundry(spec, rng, wake if at_home else back)
    if spec.boiler_w:
        yield rng.gauss(1.5, 0.3) * HOUR, rng.gauss(16, 3) * spec.persons * MINUTE, spec.boiler_w
    if spec.heat_pump_w and air_c < 15.0:
        yield from _heating(spec, rng, (15.0 - air_c) / 25.0)


def _fridge(rng: random.Random, day_s: float) -> Iterator[Run]:
    """Compressor cycles of about 45 minutes, a third of the time on."""
    at = rng.uniform(-45, 0) * MINUTE
    while at < day_s:
        period = rng.gauss(45, 4) * MINUTE
        yield max(at, 0.0), 0.35 * period, 85.0
        at += period


def _small_things(rng: random.Random, day_s: float) -> Iterator[Run]:
    """Chargers, pumps and what else flickers: a new level every five minutes."""
    at = 0.0
    while at < day_s:
        yield at, 5 * MINUTE, rng.expovariate(1 / 25.0)
        at += 5 * MINUTE


def _living(spec: LoadSpec, rng: random.Random, begin: float, end: float) -> Iterator[Run]:
    """Light, screens and computers while somebody is awake at home."""
    if end <= begin:
        return
    yield begin, end - begin, 40.0 + 35.0 * spec.persons * rng.uniform(0.7, 1.3)
    evening = max(begin, 18 * HOUR)
    if end > evening:
        yield evening, end - evening, rng.uniform(120, 260)


def _kitchen(spec: LoadSpec, rng: random.Random, wake: float, at_home: bool) -> Iterator[Run]:
    """Breakfast, lunch where somebody is at home, dinner, dishes."""
    yield wake + rng.uniform(5, 20) * MINUTE, 3 * MINUTE, 2_000.0
    yield wake + rng.uniform(10, 30) * MINUTE, 6 * MINUTE, 900.0
    if at_home:
        yield rng.gauss(12.0, 0.3) * HOUR, rng.gauss(22, 4) * MINUTE, 1_500.0
    dinner = rng.gauss(18.6, 0.5) * HOUR
    for plate in range(1 + spec.persons // 3):
        yield dinner + plate * 4 * MINUTE, rng.gauss(26, 5) * MINUTE, rng.uniform(900, 1_500)
    if rng.random() < 0.4:
        yield dinner, rng.gauss(12, 2) * MINUTE, 2_300.0
        yield dinner + 14 * MINUTE, rng.gauss(25, 5) * MINUTE, 800.0
    if rng.random() < 0.25 * spec.persons:
        dishes = dinner + rng.uniform(45, 100) * MINUTE
        yield dishes, 17 * MINUTE, 2_000.0
        yield dishes + 17 * MINUTE, 50 * MINUTE, 70.0
        yield dishes + 67 * MINUTE, 11 * MINUTE, 2_000.0


def _laundry(spec: LoadSpec, rng: random.Random, free: float) -> Iterator[Run]:
    """A washing machine, and often a heat-pump dryer after it."""
    if rng.random() > 0.14 * spec.persons:
        return
    start = free + rng.uniform(0.3, 2.5) * HOUR
    yield start, rng.gauss(16, 3) * MINUTE, 2_050.0
    yield start + 18 * MINUTE, 55 * MINUTE, 140.0
    yield start + 73 * MINUTE, 9 * MINUTE, 420.0
    if rng.random() < 0.6:
        yield start + 95 * MINUTE, rng.gauss(85, 12) * MINUTE, 620.0


def _heating(spec: LoadSpec, rng: random.Random, share: float) -> Iterator[Run]:
    """A heat pump that runs for a share of each hour or so."""
    at = rng.uniform(0, 30) * MINUTE
    while at < 24 * HOUR:
        period = rng.gauss(70, 8) * MINUTE
        yield at, period * min(1.0, share), spec.heat_pump_w
        at += period
