"""The home's use: what it was at such times, bent towards what it is now."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from statistics import NormalDist

import numpy as np

from peerwatt.model.units import INTERVALS_PER_DAY

from . import lags
from .calendar import local_intervals, slot_of_day, weekday
from .horizons import Rows
from .series import Array, Integers, Series

DAY = INTERVALS_PER_DAY
WEEK = 7 * DAY

DEFAULT_W = 300.0
DEFAULT_WORTH = 8.0
"""Intervals of measurement that weigh as much as the default level."""

USUAL_DAY = (
    0.55, 0.48, 0.45, 0.44, 0.45, 0.52, 0.80, 1.05, 1.10, 1.05, 1.05, 1.15,
    1.30, 1.15, 1.00, 0.95, 1.00, 1.25, 1.60, 1.75, 1.60, 1.35, 1.05, 0.75,
)  # fmt: skip
"""Use of a household by local hour, mean about 1: the shape until its own is known."""

WEEKS = (7, 14, 21, 28)
HARMONICS = 2
WINDOWS = ((4, 8), (8, 16), (16, 32), (0, DAY), (DAY, 2 * DAY), (0, WEEK))
DEVIATIONS = ((0, 1), (0, 4), (4, 16))
BEND_MEMORY = 8.0
"""Intervals over which the present deviation fades to 1/e before that was learned."""

HEATED_BELOW_C, COOLED_ABOVE_C = 15.0, 22.0


@dataclass(frozen=True, slots=True)
class _Past:
    """The same time on past days, at all positions, at least so many days back."""

    base: Array
    days: Array
    """[method, position]."""
    yesterday: Array
    week: Array
    same_weekday: Array


DAY_VIEWS = 11
"""Ways in which past days are looked at; see ``_make_past``."""

MAIN = 4 + len(WINDOWS) + DAY_VIEWS + 2 * len(DEVIATIONS) + 2
"""Features that count double on weekends: last values, levels, days, bends and ratios."""

BEND = 4 + len(WINDOWS) + DAY_VIEWS + 3
"""The last hour's deviation from the last week, among them."""


class LoadFrame:
    """A measured load with what is known of its past at each position."""

    def __init__(
        self, series: Series, timezone: str | None, count: int, future_c: Array | None = None
    ) -> None:
        """``count`` positions after the last one can be targets; ``future_c`` is their air."""
        self.target_w = series.load_w
        self.memory = 4
        self.constant = 2 * MAIN
        self._length = len(series) + count
        first = series.first_interval
        intervals = np.arange(first, first + self._length, dtype=np.int64)
        local = local_intervals(intervals, timezone)
        self._slot, self._weekday = slot_of_day(local), weekday(local)
        self._place = local - (int(local.min()) if len(local) else 0)
        """Position on a grid of local time, on which every day has 96 quarter-hours."""
        self._grid = np.full(int(self._place.max()) + 1 if len(local) else 0, np.nan)
        self._grid[self._place[: len(series)]] = series.load_w
        self._past: dict[int, _Past] = {}
        self._temperature = _heating(series.temperature_c, future_c, self._length)
        usual = np.array(USUAL_DAY)[self._slot // 4]
        self._prior_w = usual * _level(series.load_w, usual[: len(series)])
        self.scale_w = max(float(self._prior_w.mean()) if self._length else DEFAULT_W, 1.0)

    @cached_property
    def _now(self) -> _Now:
        return _Now(self.target_w, self.past(1))

    def past(self, least: int) -> _Past:
        """Return what is known from ``least`` and more days back."""
        found = self._past.get(least)
        if found is None:
            found = self._past[least] = self._make_past(least)
        return found

    def _make_past(self, least: int) -> _Past:
        length, place = len(self._grid), self._place
        stack = lags.days_back(self._grid, range(least, 29), length)
        weeks = tuple(day for day in WEEKS if day >= least)
        same = lags.days_back(self._grid, weeks, length)
        gentle = lags.smoothed(self._grid, 2, 2)
        same_gentle = lags.days_back(gentle, weeks, length)
        late = lags.days_back(lags.smoothed(self._grid, 3, 0), (least,), length)[0]
        week, same_weekday = lags.mean(stack[:7]), lags.mean(same)
        known = np.isfinite(stack[:7]).sum(axis=0)[place]
        measured = lags.mean(np.array([week, lags.filled(same_weekday, week)]))[place]
        share = np.clip(known / 3, 0, 1)
        base = lags.filled(measured, 0.0) * share + self._prior_w * (1 - share)
        second = stack[1] if len(stack) > 1 else stack[0]
        methods = [
            stack[0], second, same[0], same[1] if len(same) > 1 else same[0], week,
            lags.mean(stack), lags.median(stack[:7]), lags.median(same), lags.mean(same_gentle),
            late, same_gentle[0],
        ]  # fmt: skip
        days = np.array([lags.filled(one[place], base) for one in methods])
        return _Past(base, days, days[0], days[4], lags.filled(same_weekday[place], base))

    def rows(self, origins: Integers, targets: Integers) -> Rows:
        """Return the rows; see ``Frame``."""
        least = (targets - origins) // DAY + 1
        parts = {int(one): self.past(int(one)) for one in np.unique(least)}
        base = np.empty(len(origins))
        days = np.empty((DAY_VIEWS, len(origins)))
        same = np.empty(len(origins))
        for one, past in parts.items():
            here = least == one
            base[here], days[:, here] = past.base[targets[here]], past.days[:, targets[here]]
            same[here] = past.same_weekday[targets[here]]
        now = self._now
        recent = [*now.last(origins), *(now.level(origins, *window) for window in WINDOWS)]
        bends = [bend for window in DEVIATIONS for bend in now.bends(origins, *window)]
        ratios = [base * (now.ratio(origins, window) - 1) for window in (4, DAY)]
        weekend = (self._weekday[targets] >= 5).astype(np.float64)
        main = np.column_stack([*(v - base for v in (*recent, *days)), *bends, *ratios])
        main /= self.scale_w
        regime = self._regime(targets, weekend)
        features = np.column_stack(
            [main, main * weekend[:, None], regime, self._temperature[targets]]
        )
        fade = np.exp(-(targets - origins) / BEND_MEMORY)
        methods = {
            "usual": base,
            "yesterday": days[0],
            "week": days[4],
            "same weekday": same,
            "bent": np.maximum(base + bends[3] * fade, 0.0),
        }
        unit = np.full(len(origins), self.scale_w)
        return Rows(base, unit, features, regime, np.ones(len(origins)), methods)

    def _regime(self, targets: Integers, weekend: Array) -> Array:
        angle = 2 * np.pi * self._slot[targets] / DAY
        waves = [f(k * angle) for k in range(1, HARMONICS + 1) for f in (np.sin, np.cos)]
        plain = [np.ones(len(targets)), *waves]
        return np.column_stack([*plain, *(wave * weekend for wave in plain)])

    def prior(self, step: int) -> Array:
        """Return the present deviation fading, and the last day's level."""
        coefficients = np.zeros(2 * MAIN + 2 * (1 + 2 * HARMONICS) + 2)
        coefficients[BEND] = 0.8 * math.exp(-step / BEND_MEMORY)
        coefficients[MAIN - 1] = 0.2
        return coefficients

    def strength(self, step: int) -> float:
        """Return the prior's worth: what is far ahead depends on less."""
        return 100.0 + 400.0 * min(step / 24, 1.0)

    def spread_features(self, rows: Rows, median_w: Array) -> Array:
        """Return the level and the time of day."""
        return np.column_stack([rows.regime, np.sqrt(median_w / self.scale_w) - 1])

    def spread_prior(self, level: float, step: int) -> Array:
        """Return the default width: it grows over the first hours; use is skewed upwards."""
        z = NormalDist().inv_cdf(level)
        width = 0.45 - 0.2 * math.exp(-step / BEND_MEMORY)
        coefficients = np.zeros(2 * (1 + 2 * HARMONICS) + 1)
        coefficients[0] = z * width * (1.2 if z > 0 else 0.8)
        coefficients[-1] = coefficients[0]
        return coefficients


class _Now:
    """Levels over the last intervals, and how far they are from the usual."""

    def __init__(self, load_w: Array, past: _Past) -> None:
        length = len(load_w)
        base = past.base[:length]
        self._values = lags.filled(load_w, base)
        self._sum = lags.running_sum(self._values)
        week, same = past.week[:length], past.same_weekday[:length]
        self._usual = [lags.running_sum(same), lags.running_sum(week)]

    def last(self, origins: Integers) -> list[Array]:
        """Return the last four intervals."""
        return [self.level(origins, back, back + 1) for back in range(4)]

    def level(self, origins: Integers, near: int, far: int) -> Array:
        """Return the mean of the intervals ``far`` to ``near`` before the origins."""
        return _window(self._sum, origins, near, far)

    def bends(self, origins: Integers, near: int, far: int) -> list[Array]:
        """Return the level less that of the same weekday and that of the last week."""
        level = self.level(origins, near, far)
        return [level - _window(usual, origins, near, far) for usual in self._usual]

    def ratio(self, origins: Integers, far: int) -> Array:
        """Return the level over that of the last week, within a factor of three."""
        usual = _window(self._usual[1 if far < DAY else 0], origins, 0, far)
        return np.clip(self.level(origins, 0, far) / np.maximum(usual, 1.0), 1 / 3, 3.0)


def _window(sums: Array, origins: Integers, near: int, far: int) -> Array:
    end = np.maximum(origins - near, 1)
    begin = np.maximum(np.minimum(origins - far, end - 1), 0)
    if len(sums) == 1:
        return np.zeros(len(origins))
    return np.asarray((sums[end] - sums[begin]) / (end - begin))


def _level(load_w: Array, shape: Array) -> float:
    """Return the mean load of a usual day that fits what was measured."""
    known = np.isfinite(load_w)
    return float(
        (load_w[known].sum() + DEFAULT_W * DEFAULT_WORTH) / (shape[known].sum() + DEFAULT_WORTH)
    )


def _heating(past_c: Array | None, future_c: Array | None, length: int) -> Array:
    """Return [position, 2]: degrees of heating and cooling more than in the last week; else 0."""
    nothing = np.zeros((length, 2))
    if past_c is None or np.isfinite(past_c).sum() < DAY:
        return nothing
    air = np.full(length, np.nan)
    air[: len(past_c)] = past_c
    if future_c is not None:
        count = min(len(future_c), length - len(past_c))
        air[len(past_c) : len(past_c) + count] = future_c[:count]
    known = np.flatnonzero(np.isfinite(air))
    air = np.interp(np.arange(length), known, air[known])
    sums = lags.running_sum(air)
    here = np.arange(1, length + 1)
    begin = np.maximum(here - DAY, 0)
    slow = (sums[here] - sums[begin]) / (here - begin)
    columns = []
    for degrees in (np.maximum(HEATED_BELOW_C - slow, 0), np.maximum(slow - COOLED_ABOVE_C, 0)):
        week = lags.mean(lags.days_back(degrees, range(1, 8), length))
        columns.append((degrees - lags.filled(week, degrees)) / 10.0)
    return np.column_stack(columns)
