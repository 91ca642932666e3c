"""Forecasts by persistence: what was at this time yesterday, bent towards what is now.

Works from the first minute. Without any history the home goes on as it is, and the sun follows
the clear-sky curve of the site, scaled by what the inverter makes now (or half its rating before
the first light). Each past interval then improves it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from peerwatt.model.plan import IntervalEnergy, IntervalForecast
from peerwatt.model.units import INTERVAL_S, INTERVALS_PER_DAY, interval_at

from .site import Site
from .sun import clear_sky_w_per_m2, interval_shape, sun_elevation_rad

DAYS = 7
"""Days back that the same time of day is averaged over."""

DAY_WEIGHT = 0.7
"""Weight of each day against the one after it."""

LOAD_MEMORY = 3.0
"""Intervals over which the present load's deviation fades to 1/e."""

SUN_MEMORY = 10.0
"""Intervals over which the present clear-sky index fades towards that of past days."""

RECENT = 4
DIM_W_PER_M2 = 40.0
"""Below this a clear-sky index says nothing (low sun, shading of the horizon)."""

DEFAULT_LOAD_W = 300.0
DEFAULT_CLEARNESS = 0.5
"""Part of the rating that is expected at 1000 W/m2 before anything was measured."""


@dataclass(frozen=True, slots=True)
class Now:
    """The present: powers, W, or ``None`` where not known."""

    time_s: float
    home_w: float | None = None
    pv_w: float | None = None


def forecast(
    history: Sequence[IntervalEnergy], now: Now, site: Site, count: int
) -> tuple[IntervalForecast, ...]:
    """Return forecasts of ``count`` intervals, the first being the one that holds ``now``.

    ``history`` holds past intervals in any order, gaps allowed; intervals from the present one
    on are ignored. A few milliseconds for a week of history.
    """
    first = interval_at(now.time_s)
    past = {e.interval: e for e in history if e.interval < first}
    load = _Load.learn(past, now, first)
    sun = _Sun.learn(past, now, site, first)
    near, far = _errors(past, first)
    forecasts = []
    for ahead in range(count):
        interval = first + ahead
        load_wh, pv_wh = load.at(interval, ahead), sun.at(interval, ahead)
        fade = math.exp(-ahead / SUN_MEMORY)
        if near is None or far is None:
            sigma = 0.3 * (load_wh + pv_wh) + 20.0
        else:
            sigma = near * fade + far * (1 - fade)
        forecasts.append(
            IntervalForecast(interval, round(pv_wh), round(load_wh), max(round(sigma), 1))
        )
    return tuple(forecasts)


@dataclass(frozen=True, slots=True)
class _Load:
    """Same time on past days, plus the present deviation from it, which fades."""

    past: Mapping[int, IntervalEnergy]
    level_wh: float
    """Present load as energy of an interval."""
    mean_wh: float
    """Mean of the last day; used where no past day knows the time of day."""
    deviation_wh: float

    @classmethod
    def learn(cls, past: Mapping[int, IntervalEnergy], now: Now, first: int) -> _Load:
        """Learn from intervals before ``first`` (Wh each) and the present power."""
        recent = [past[i].home_wh for i in range(first - RECENT, first) if i in past]
        last_day = [past[i].home_wh for i in range(first - INTERVALS_PER_DAY, first) if i in past]
        now_wh = None if now.home_w is None else max(now.home_w, 0.0) * INTERVAL_S / 3600
        if recent:
            # The instant counts as one more interval: a kettle must not become the evening.
            samples = [*recent, now_wh] if now_wh is not None else recent
            level = sum(samples) / len(samples)
        else:
            level = DEFAULT_LOAD_W * INTERVAL_S / 3600 if now_wh is None else now_wh
        mean = sum(last_day) / len(last_day) if last_day else level
        usual = [u for i in range(first - RECENT, first) if (u := _usual_load(past, i)) is not None]
        deviation = level - sum(usual) / len(usual) if usual and recent else 0.0
        return cls(past, level, mean, deviation)

    def at(self, interval: int, ahead: int) -> float:
        """Return the expected load of an interval, Wh."""
        fade = math.exp(-ahead / LOAD_MEMORY)
        usual = _usual_load(self.past, interval)
        if usual is None:
            # No day to go by: what is now, drifting to the mean of what was seen.
            slow = math.exp(-ahead / (4 * LOAD_MEMORY))
            return self.level_wh * slow + self.mean_wh * (1 - slow)
        return max(usual + self.deviation_wh * fade, 0.0)


def _usual_load(past: Mapping[int, IntervalEnergy], interval: int) -> float | None:
    return _same_time(past, interval, lambda entry: float(entry.home_wh))


def _same_time(
    past: Mapping[int, IntervalEnergy], interval: int, value: Callable[[IntervalEnergy], float]
) -> float | None:
    """Return a value at this time of day, recent days counting more; ``None`` if never seen."""
    total = weights = 0.0
    for day in range(1, DAYS + 1):
        entry = past.get(interval - day * INTERVALS_PER_DAY)
        if entry is not None:
            weight = DAY_WEIGHT**day
            total += weight * value(entry)
            weights += weight
    return total / weights if weights else None


@dataclass(frozen=True, slots=True)
class _Sun:
    """Energy per unit of clear-sky irradiance ("gain"): now, and on past days at each time."""

    past: Mapping[int, IntervalEnergy]
    site: Site
    recent_gain: float | None
    usual_gain: float
    """Over all that was seen; else from the rating."""
    limit_wh: float

    @classmethod
    def learn(cls, past: Mapping[int, IntervalEnergy], now: Now, site: Site, first: int) -> _Sun:
        """Learn Wh per W/m² of clear sky from the bright intervals before ``first``."""
        shape = {i: interval_shape(i, site.latitude_deg, site.longitude_deg) for i in past}
        bright = {i for i, s in shape.items() if s >= DIM_W_PER_M2}
        rated_wh = None if site.pv_rated_w is None else site.pv_rated_w * INTERVAL_S / 3600
        total = sum(shape[i] for i in bright)
        recent_gain = cls._recent(past, shape, now, site, first)
        if total > 0:
            usual = sum(past[i].pv_wh for i in bright) / total
        elif recent_gain is not None:
            usual = recent_gain
        else:
            usual = 0.0 if rated_wh is None else rated_wh * DEFAULT_CLEARNESS / 1000.0
        most = max((e.pv_wh for e in past.values()), default=0)
        limit = rated_wh if rated_wh is not None else max(most * 1.25, usual * 1100.0)
        return cls(past, site, recent_gain, usual, limit)

    @staticmethod
    def _recent(
        past: Mapping[int, IntervalEnergy], shape: Mapping[int, float], now: Now, site: Site,
        first: int,
    ) -> float | None:  # fmt: skip
        """Return the gain of the last hour and the present instant; ``None`` in the dark."""
        seen = [i for i in range(first - RECENT, first) if i in past]
        energy = float(sum(past[i].pv_wh for i in seen))
        light = sum(shape[i] for i in seen)
        elevation = sun_elevation_rad(now.time_s, site.latitude_deg, site.longitude_deg)
        here = clear_sky_w_per_m2(elevation)
        if now.pv_w is not None:
            energy += max(now.pv_w, 0.0) * INTERVAL_S / 3600
            light += here
        samples = len(seen) + (now.pv_w is not None)
        if samples == 0 or light / samples < DIM_W_PER_M2:
            return None
        return energy / light

    def at(self, interval: int, ahead: int) -> float:
        """Return the expected PV energy of an interval, Wh."""
        shape = interval_shape(interval, self.site.latitude_deg, self.site.longitude_deg)
        if shape <= 0.0:
            return 0.0
        usual = _same_time(self.past, interval, lambda entry: float(entry.pv_wh))
        if usual is None:
            usual = self.usual_gain * shape
        if self.recent_gain is None:
            return min(usual, self.limit_wh)
        fade = math.exp(-ahead / SUN_MEMORY)
        return min(self.recent_gain * shape * fade + usual * (1 - fade), self.limit_wh)


def _errors(past: Mapping[int, IntervalEnergy], first: int) -> tuple[float | None, float | None]:
    """Return (near, far): RMS change of net load to the next interval, and to the next day."""
    net = {
        i: past[i].home_wh - past[i].pv_wh
        for i in range(first - 2 * INTERVALS_PER_DAY, first)
        if i in past
    }
    near = _rms([net[i] - net[i - 1] for i in net if i - 1 in net])
    far = _rms([net[i] - net[i - INTERVALS_PER_DAY] for i in net if i - INTERVALS_PER_DAY in net])
    if near is None:
        return None, None
    return near, (2 * near if far is None else max(far, near))


def _rms(errors: Sequence[int]) -> float | None:
    if len(errors) < RECENT:
        return None
    return math.sqrt(sum(e * e for e in errors) / len(errors))
