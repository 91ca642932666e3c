"""Quantiles of the coming intervals, and scenarios whose errors hang together in time."""

from __future__ import annotations

from dataclasses import dataclass, replace
from statistics import NormalDist

import numpy as np

from peerwatt.model.plan import IntervalForecast
from peerwatt.model.units import INTERVAL_S

from .series import Array

POOL = 12
"""Paths drawn for each scenario that is kept."""

WH_PER_W = INTERVAL_S / 3600
_NORMAL = NormalDist()


@dataclass(frozen=True, slots=True)
class Correlation:
    """How the errors of steps hang together: (1 - nugget) exp(-distance / time)."""

    nugget: float
    """Part of an interval's error that says nothing of the next one's."""
    time: float
    """Intervals over which the rest fades to 1/e."""


@dataclass(frozen=True, slots=True)
class Scenario:
    """One way things may go: mean powers, W, of each step, and how likely it is."""

    pv_w: Array
    load_w: Array
    weight: float


@dataclass(frozen=True, slots=True)
class Bands:
    """Forecasts of consecutive intervals from ``first_interval`` on, W.

    ``pv_w`` and ``load_w`` are [level, step]; each column rises. The level 0.5 is the median,
    the forecast with the least mean absolute error; the mean is what energies add up to.
    """

    first_interval: int
    levels: tuple[float, ...]
    pv_w: Array
    load_w: Array
    pv_correlation: Correlation = Correlation(0.4, 40.0)
    load_correlation: Correlation = Correlation(0.4, 13.0)

    def __len__(self) -> int:
        return int(self.pv_w.shape[1])

    @property
    def pv_mean_w(self) -> Array:
        """Expected PV of each step."""
        return _mean(self.levels, self.pv_w)

    @property
    def load_mean_w(self) -> Array:
        """Expected load of each step."""
        return _mean(self.levels, self.load_w)

    def at(self, level: float) -> tuple[Array, Array]:
        """Return (PV, load) at any level between 0 and 1, by interpolation."""
        where = np.full(len(self), level)
        return _quantile(self.levels, self.pv_w, where), _quantile(self.levels, self.load_w, where)

    def after(self, steps: int) -> Bands:
        """Return the bands without the first ``steps``."""
        first = self.first_interval + steps
        return replace(
            self, first_interval=first, pv_w=self.pv_w[:, steps:], load_w=self.load_w[:, steps:]
        )

    def scenarios(self, count: int, seed: int) -> list[Scenario]:
        """Return ``count`` scenarios, equally likely, the same for the same ``seed``.

        Paths are drawn with the errors' correlation in time; of as many equal groups, ordered
        by the energy that is missing in the end, the middle one of each is kept: few scenarios
        still span what may happen. Raises ValueError for a count below 1.
        """
        if count < 1:
            raise ValueError(f"scenarios: count is {count}; ask for at least 1")
        dice = np.random.default_rng(seed)
        size = POOL * count + 1
        pv = _paths(self.levels, self.pv_w, self.pv_correlation, size, dice)
        load = _paths(self.levels, self.load_w, self.load_correlation, size, dice)
        order = np.argsort((load - pv).sum(axis=1), kind="stable")
        kept = [group[len(group) // 2] for group in np.array_split(order, count)]
        return [Scenario(pv[path], load[path], 1.0 / count) for path in kept]

    def to_forecasts(self) -> tuple[IntervalForecast, ...]:
        """Return expected energies with a symmetric band: what the model's plan reads."""
        low, high = self.levels.index(0.1), self.levels.index(0.9)
        width = 2 * _NORMAL.inv_cdf(0.9)
        pv, load = self.pv_w[high] - self.pv_w[low], self.load_w[high] - self.load_w[low]
        sigma = np.hypot(pv, load) / width
        rows = zip(self.pv_mean_w, self.load_mean_w, sigma, strict=True)
        return tuple(
            IntervalForecast(
                self.first_interval + step,
                round(float(sun) * WH_PER_W),
                round(float(use) * WH_PER_W),
                max(round(float(spread) * WH_PER_W), 1),
            )
            for step, (sun, use, spread) in enumerate(rows)
        )


def _weights(levels: tuple[float, ...]) -> Array:
    """Return the part of all probability that stands at each level."""
    edges = np.concatenate([[0.0], (np.array(levels[1:]) + np.array(levels[:-1])) / 2, [1.0]])
    return np.diff(edges)


def _mean(levels: tuple[float, ...], values: Array) -> Array:
    return np.asarray(np.einsum("l,ls->s", _weights(levels), values))


def _quantile(levels: tuple[float, ...], values: Array, where: Array) -> Array:
    """Return [step] the quantile at each step's own level; tails go on half as far again."""
    low = values[0] - (values[1] - values[0]) * 0.5
    high = values[-1] + (values[-1] - values[-2]) * 0.5
    table = np.vstack([np.maximum(low, 0.0), values, high])
    marks = np.array([0.0, *levels, 1.0])
    above = np.clip(np.searchsorted(marks, where, side="right"), 1, len(marks) - 1)
    share = (where - marks[above - 1]) / (marks[above] - marks[above - 1])
    step = np.arange(values.shape[1])
    return np.asarray(table[above - 1, step] * (1 - share) + table[above, step] * share)


def _paths(
    levels: tuple[float, ...], values: Array, correlation: Correlation, size: int,
    dice: np.random.Generator,
) -> Array:  # fmt: skip
    """Return [path, step]: a Gaussian copula with the errors' correlation, through the quantiles.

    Each second path mirrors the one before: the pool is symmetric about the median.
    """
    steps = values.shape[1]
    half = -(-size // 2)
    keep = float(np.exp(-1.0 / max(correlation.time, 1e-6)))
    lasting = np.empty((half, steps))
    fresh = dice.standard_normal((half, steps))
    lasting[:, 0] = dice.standard_normal(half)
    for step in range(1, steps):
        lasting[:, step] = keep * lasting[:, step - 1] + np.sqrt(1 - keep**2) * fresh[:, step]
    noise = dice.standard_normal((half, steps))
    normal = np.sqrt(1 - correlation.nugget) * lasting + np.sqrt(correlation.nugget) * noise
    both = np.vstack([normal, -normal])[:size]
    ranks = _normal_cdf(both)
    return np.array([_quantile(levels, values, rank) for rank in ranks])


_GRID = np.linspace(-5.0, 5.0, 2001)
_CDF = np.array([_NORMAL.cdf(float(x)) for x in _GRID])


def _normal_cdf(values: Array) -> Array:
    return np.asarray(np.interp(values, _GRID, _CDF))
