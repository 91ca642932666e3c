"""A car that leaves and returns on a seeded timetable and charges in between."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from .spec import CarSpec

HOUR = 3600.0
FLOOR_PCT = 8.0
"""Nobody drives below this: a longer trip charges on the road."""
TAPER_FROM_PCT = 94.0
TAPER_FLOOR = 0.12


@dataclass(frozen=True, slots=True)
class Trip:
    """One absence: Unix seconds of leaving and returning, energy used in between."""

    leave_s: float
    return_s: float
    energy_wh: float


class Timetable:
    """The trips of one car; each local day is drawn on its own from (seed, day)."""

    def __init__(self, spec: CarSpec, seed: int, timezone: str) -> None:
        self._spec = spec
        self._seed = seed
        self._zone = ZoneInfo(timezone)
        self._days: dict[int, tuple[float, float, tuple[Trip, ...]]] = {}
        self._current: tuple[float, float, tuple[Trip, ...]] = (0.0, 0.0, ())

    def trip_at(self, time_s: float) -> Trip | None:
        """Return the trip under way at a moment, if any."""
        if not self._current[0] <= time_s < self._current[1]:
            self._current = self._build(time_s)
        for trip in self._current[2]:
            if trip.leave_s <= time_s < trip.return_s:
                return trip
        return None

    def trips_of_day(self, time_s: float) -> tuple[Trip, ...]:
        """Return all trips of the local day that holds a moment."""
        return self._build(time_s)[2]

    def _build(self, time_s: float) -> tuple[float, float, tuple[Trip, ...]]:
        midnight = datetime.fromtimestamp(time_s, self._zone).replace(
            hour=0, minute=0, second=0, microsecond=0, fold=0
        )
        following = (midnight.replace(tzinfo=None) + timedelta(days=1)).replace(tzinfo=self._zone)
        start_s = midnight.timestamp()
        rng = random.Random(f"car:{self._seed}:{midnight.date().toordinal()}")
        trips = tuple(
            Trip(start_s + leave * HOUR, start_s + back * HOUR, km * self._spec.wh_per_km)
            for leave, back, km in self._draw(rng, midnight.weekday())
        )
        return start_s, following.timestamp(), trips

    def _draw(self, rng: random.Random, weekday: int) -> list[tuple[float, float, float]]:
        """Return (leave h, return h, km) of one day; all trips end before local midnight."""
        spec, trips = self._spec, []
        if weekday in spec.commute_days:
            leave, back = rng.gauss(7.4, 0.3), rng.gauss(17.2, 0.5)
            trips.append((leave, back, spec.commute_km * rng.uniform(0.95, 1.3)))
            if rng.random() < 0.2:
                leave = back + rng.uniform(1.2, 2.0)
                trips.append((leave, leave + rng.uniform(0.7, 1.6), rng.uniform(6, 18)))
        elif rng.random() < spec.errand_probability:
            leave = rng.uniform(9.5, 14.0)
            trips.append((leave, leave + rng.uniform(0.8, 3.5), rng.uniform(10, 60)))
        return trips


class Car:
    """State of one car."""

    def __init__(self, spec: CarSpec, seed: int, timezone: str = "Europe/Zurich") -> None:
        self.spec = spec
        self.timetable = Timetable(spec, seed, timezone)
        self.energy_wh = spec.capacity_wh * spec.initial_soc_pct / 100.0
        self.driven_wh = 0.0
        self._trip: Trip | None = None

    @property
    def plugged(self) -> bool:
        """Return whether the car is at home; its owner always plugs it in."""
        return self._trip is None

    @property
    def soc_pct(self) -> float:
        """Return the state of charge of the usable battery, 0 to 100 %."""
        return 100.0 * (self.energy_wh / self.spec.capacity_wh)

    @property
    def full(self) -> bool:
        """Return whether the car has ended charging by itself."""
        return self.energy_wh >= self.spec.capacity_wh - 0.5

    def move(self, time_s: float) -> None:
        """Leave or return as the timetable says."""
        trip = self.timetable.trip_at(time_s)
        if self._trip is not None and trip != self._trip:
            floor_wh = self.spec.capacity_wh * FLOOR_PCT / 100.0
            used_wh = min(self._trip.energy_wh, max(0.0, self.energy_wh - floor_wh))
            self.energy_wh -= used_wh
            self.driven_wh += used_wh
        self._trip = trip

    def charge(self, offered_w: float, dt_s: float) -> float:
        """Take what the car accepts of an offer for one step and return it, W at the plug."""
        if offered_w <= 0.0 or not self.plugged or self.full:
            return 0.0
        spec, hours = self.spec, dt_s / 3600.0
        power_w = offered_w
        if self.soc_pct > TAPER_FROM_PCT:
            rest = (100.0 - self.soc_pct) / (100.0 - TAPER_FROM_PCT)
            power_w *= max(TAPER_FLOOR, rest)
        power_w = min(power_w, (spec.capacity_wh - self.energy_wh) / hours / spec.efficiency)
        energy = self.energy_wh + power_w * hours * spec.efficiency
        self.energy_wh = min(energy, spec.capacity_wh)
        return power_w
