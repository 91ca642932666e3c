"""The sun's power: a clear sky over the learned roof, and how clear it was and is."""

from __future__ import annotations

import itertools
import math
from statistics import NormalDist

import numpy as np

from peerwatt.model.units import INTERVALS_PER_DAY

from . import lags
from .horizons import Rows
from .series import Array, Integers

DAY = INTERVALS_PER_DAY

USUAL_CLEARNESS = 0.55
WINDOWS = (28 * DAY, 7 * DAY, DAY, 32, 16, 8, 4, 2, 1)
"""Intervals over which the clearness is taken; each leans on the one before it."""

LEAN = (2.0, 2.0, 1.0, 0.5, 0.3, 0.2, 0.1, 0.1, 0.1)
"""Clear intervals' worth of the wider window in each."""

LAG_DAYS = 7
LAG_LEAN = 1.0
DIM = 0.02
"""Part of the brightest clear interval below which nothing is learned."""

FADE = 16.0
"""Intervals over which the present clearness fades to 1/e before that was learned."""

MAX_INDEX = 1.5

MAIN = len(WINDOWS) - 1 + LAG_DAYS + LAG_DAYS - 1 + 1
"""Features of clearness: steps between windows, days at this time, whole days, their mean."""


class SunFrame:
    """Measured PV beside what a clear sky would give at each position."""

    def __init__(self, pv_w: Array, clear_w: Array, west: Array) -> None:
        """``clear_w`` goes on beyond ``pv_w``: those positions can be targets.

        ``west`` is where the sun stands: -1 in the east, 1 in the west.
        """
        self.target_w = pv_w
        self.memory = 8
        self.constant = MAIN
        self._clear = clear_w
        top = float(clear_w.max()) if len(clear_w) else 0.0
        self._top = max(top, 1.0)
        known = np.isfinite(pv_w)
        measured = clear_w[: len(pv_w)]
        self._light = lags.running_sum(np.where(known, measured, 0.0) / self._top)
        bounded = np.minimum(lags.filled(pv_w, 0.0), MAX_INDEX * measured)
        self._made = lags.running_sum(bounded / self._top)
        self._west = west

    def clearness(self, begin: Integers, end: Integers, lean: Array | float, worth: float) -> Array:
        """Return made over clear from ``begin`` to before ``end``, leaning on another value."""
        end = np.clip(end, 0, len(self._made) - 1)
        begin = np.clip(begin, 0, end)
        made, light = self._made[end] - self._made[begin], self._light[end] - self._light[begin]
        return np.asarray((made + worth * lean) / (light + worth))

    def rows(self, origins: Integers, targets: Integers) -> Rows:
        """Return the rows; see ``Frame``."""
        index: Array | float = USUAL_CLEARNESS
        chain = []
        for window, worth in zip(WINDOWS, LEAN, strict=True):
            index = self.clearness(origins - window, origins, index, worth)
            chain.append(index)
        base = 0.5 * (chain[0] + chain[1])
        least = (targets - origins) // DAY
        at_time = [self._at_time(targets, least + day, base) for day in range(LAG_DAYS)]
        days = [
            self.clearness(origins - DAY * (day + 1), origins - DAY * day, base, 2.0)
            for day in range(1, LAG_DAYS)
        ]
        steps = [after - before for before, after in itertools.pairwise(chain)]
        rough = self._roughness(origins, chain[-1])
        west = self._west[targets]
        clear = self._clear[targets]
        dim = clear < DIM * self._top
        main = [
            *steps, *(one - base for one in at_time), *(one - base for one in days),
            np.mean(at_time, axis=0) - base,
        ]  # fmt: skip
        regime = np.column_stack([np.ones(len(origins)), west, west**2, base - 0.5, rough])
        features = np.column_stack([*main, regime])
        weight = np.where(dim, 0.0, clear / self._top)
        yesterday = self._same_time(targets, least + 1)
        week = lags.mean(np.array([self._same_time(targets, least + d) for d in range(1, 8)]))
        methods = {
            "usual": base * clear,
            "yesterday": lags.filled(yesterday, base * clear),
            "week": lags.filled(week, base * clear),
            "clearness of now": chain[5] * clear,
            "clearness of the day": chain[2] * clear,
        }
        return Rows(base * clear, clear, features, regime, weight, methods)

    def _same_time(self, targets: Integers, back: Integers) -> Array:
        """Return what was made at the same time, NaN where not known."""
        where = targets - DAY * back
        inside = (where >= 0) & (where < len(self.target_w))
        if not len(self.target_w):
            return np.full(len(targets), np.nan)
        return np.where(inside, self.target_w[np.where(inside, where, 0)], np.nan)

    def _at_time(self, targets: Integers, back: Integers, lean: Array) -> Array:
        """Return the clearness two hours around the same time, ``back`` + 1 days before."""
        middle = targets - DAY * (back + 1)
        return self.clearness(middle - 5, middle + 4, lean, LAG_LEAN)

    def _roughness(self, origins: Integers, lean: Array) -> Array:
        """Return the mean change of the clearness between intervals over two hours."""
        made = [self.clearness(origins - k - 1, origins - k, lean, 0.1) for k in range(8)]
        return np.asarray(np.abs(np.diff(np.array(made), axis=0)).mean(axis=0))

    def prior(self, step: int) -> Array:
        """Return the present clearness fading towards that of the last days."""
        chain = len(WINDOWS) - 1
        coefficients = np.zeros(MAIN + 5)
        near, far = math.exp(-step / FADE), math.exp(-step / DAY)
        coefficients[:chain] = [0.3, 0.3 * far, near, near, near, near, 0.6 * near, 0.4 * near]
        return coefficients

    def strength(self, step: int) -> float:
        """Return the prior's worth: a month has few kinds of weather."""
        return 200.0 + 300.0 * min(step / 24, 1.0)

    def spread_features(self, rows: Rows, median_w: Array) -> Array:
        """Return how clear it will be: neither a clear nor a dull sky varies like a mixed one."""
        index = np.clip(rows.level(median_w), 0.0, 1.2)
        west = rows.regime[:, 1]
        return np.column_stack(
            [np.ones(len(index)), index, index**2, index**3, west**2, rows.regime[:, 4]]
        )

    def spread_prior(self, level: float, step: int) -> Array:
        """Return a width that is greatest in the middle of the range."""
        z = NormalDist().inv_cdf(level)
        width = 0.35 - 0.25 * math.exp(-(step + 1) / FADE)
        return np.array([0.1, 0.9, -0.9, 0.0, 0.0, 0.0]) * z * 4 * width
