"""Regression over all horizons: trained at some steps ahead, interpolated between them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from peerwatt.model.units import INTERVALS_PER_DAY

from .quantreg import Problem, solve, solve_with_unseen
from .series import Array, Integers

LEVELS = (0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95)

KNOTS = (0, 1, 2, 3, 5, 8, 12, 17, 23, 35, 53, 71, 95, 96, 143, 191)
"""Steps ahead (0: the interval that begins now) at which coefficients are learned."""

MAX_STEPS = 7 * INTERVALS_PER_DAY
"""Farther ahead the same weekday of last week is not known yet."""

FEW_KNOTS = (0, 1, 3, 8, 23, 53, 95, 96, 191)
"""Those of them that are learned from a short history; the others lie between."""

SHORT = 60 * INTERVALS_PER_DAY
MAX_ROWS, MAX_ROWS_SHORT = 8_000, 1_500
FOLDS = 5
FOLD_INTERVALS = 5 * INTERVALS_PER_DAY
"""Rows of the same days lie in the same fold: neighbours share their weather and guests."""

FORGET_INTERVALS = 180.0 * INTERVALS_PER_DAY
SPREAD_ROWS = 1_000
"""At least so many rows, evenly chosen, tell the error's size: it has few features."""

MIN_ROWS = 60
"""With fewer known intervals the prior alone is used."""

SPREAD_STRENGTH = 40.0
PREFER_REGRESSION = 0.98
"""A simpler method is chosen only if its error is below this part of the regression's."""


@dataclass(frozen=True, slots=True)
class Rows:
    """What is known at some origins about some targets, one row each; W where not said."""

    base_w: Array
    unit_w: Array
    """Errors and features are relative to it; a row whose unit is 0 is forecast as 0."""
    features: Array
    regime: Array
    """Features of the error's size."""
    weight: Array
    methods: dict[str, Array]
    """Forecasts of simple methods."""

    def level(self, median_w: Array) -> Array:
        """Return a forecast relative to the unit."""
        return np.asarray(median_w / np.maximum(self.unit_w, 1e-9))


class Frame(Protocol):
    """A measured series prepared for a regression."""

    @property
    def target_w(self) -> Array:
        """What was measured, by position; NaN where missing."""
        ...

    @property
    def constant(self) -> int:
        """The feature that is one in every row; among those of spread it is the first."""
        ...

    @property
    def memory(self) -> int:
        """Intervals that must lie before an origin to learn from it."""
        ...

    def rows(self, origins: Integers, targets: Integers) -> Rows:
        """Return what is known before position ``origins`` about positions ``targets``."""
        ...

    def prior(self, step: int) -> Array:
        """Return the coefficients to start from, ``step`` intervals ahead."""
        ...

    def strength(self, step: int) -> float:
        """Return how many rows the prior is worth."""
        ...

    def spread_features(self, rows: Rows, median_w: Array) -> Array:
        """Return what the size of errors depends on, one row each."""
        ...

    def spread_prior(self, level: float, step: int) -> Array:
        """Return coefficients of the error's quantile to start from."""
        ...


@dataclass(frozen=True, slots=True)
class HorizonModel:
    """Coefficients by knot, and how each method did on days it had not seen."""

    coefficients: Array
    """[knot, feature]."""
    spread: Array
    """[knot, level, regime feature]."""
    methods: tuple[str, ...]
    """The method used at each knot."""
    errors_w: dict[str, tuple[float, ...]]
    """Method -> its mean absolute error at each knot, W; NaN where it was not measured."""
    correlation: tuple[float, float]
    """Nugget and fading time (intervals) of the correlation between errors of two steps."""


@dataclass(frozen=True, slots=True)
class Quantiles:
    """Quantiles [level, step] of the coming steps, W."""

    values_w: Array
    median_w: Array
    methods_w: dict[str, Array]


REGRESSION = "regression"


def train_frame(frame: Frame, correlation: tuple[float, float]) -> HorizonModel:
    """Learn from all of a frame; with too little of it the priors stay.

    ``correlation`` is what is assumed of the errors' correlation until it can be measured.
    """
    short = len(frame.target_w) < SHORT
    steps = FEW_KNOTS if short else KNOTS
    fits = [_train_knot(frame, step, MAX_ROWS_SHORT if short else MAX_ROWS) for step in steps]
    nearest = [int(np.argmin([abs(knot - step) for step in steps])) for knot in KNOTS]
    names = sorted({name for fit in fits for name in fit.errors})
    measured = all(len(fit.scores) for fit in fits)
    return HorizonModel(
        coefficients=_at_knots(steps, np.array([fit.coefficients for fit in fits])),
        spread=_at_knots(steps, np.array([fit.spread for fit in fits])),
        methods=tuple(fits[place].method for place in nearest),
        errors_w={
            name: tuple(fits[place].errors.get(name, float("nan")) for place in nearest)
            for name in names
        },
        correlation=_correlation(steps, fits) if measured else correlation,
    )


def _at_knots(steps: tuple[int, ...], tables: Array) -> Array:
    """Return the tables at all knots: those between two learned steps lie between theirs."""
    flat = tables.reshape(len(steps), -1)
    found = np.array([np.interp(KNOTS, steps, column) for column in flat.T])
    return np.asarray(found.T.reshape(len(KNOTS), *tables.shape[1:]))


@dataclass(frozen=True, slots=True)
class _Fit:
    coefficients: Array
    spread: Array
    method: str
    errors: dict[str, float]
    origins: Integers
    scores: Array
    """Residuals of days not seen, over the local spread: for the correlation of errors."""


def _train_knot(frame: Frame, step: int, max_rows: int) -> _Fit:
    target = frame.target_w
    origins = np.arange(frame.memory, len(target) - step, dtype=np.int64)
    origins = origins[np.isfinite(target[origins + step])]
    rows = frame.rows(origins, origins + step)
    lit = rows.unit_w > 0
    stride = max(int(np.count_nonzero(lit)) // max_rows + 1, 1)
    chosen = np.flatnonzero(lit)[::stride]
    prior = frame.prior(step)
    priors = np.array([frame.spread_prior(level, step) for level in LEVELS])
    if len(chosen) < MIN_ROWS:
        return _Fit(prior, priors, REGRESSION, {}, origins[:0], np.empty(0))
    rows, origins = pick(rows, chosen), origins[chosen]
    truth = target[origins + step]
    weight = rows.weight * np.exp((origins - origins[-1]) / FORGET_INTERVALS)
    relative = (truth - rows.base_w) / rows.unit_w
    problem = Problem(
        rows.features, relative, weight, prior[None], frame.strength(step), frame.constant
    )
    folds = (origins // FOLD_INTERVALS) % FOLDS
    coefficients, unseen = solve_with_unseen(problem, folds)
    forecasts = {REGRESSION: np.maximum(rows.base_w + rows.unit_w * unseen, 0.0), **rows.methods}
    errors = {name: float(np.abs(made - truth).mean()) for name, made in forecasts.items()}
    method = _best(errors)
    spread, scores = _train_spread(frame, rows, forecasts[method], truth, weight, priors)
    return _Fit(coefficients, spread, method, errors, origins, scores)


def _best(errors: dict[str, float]) -> str:
    simple = min((name for name in errors if name != REGRESSION), key=errors.__getitem__)
    worse = errors[simple] < PREFER_REGRESSION * errors[REGRESSION]
    return simple if worse else REGRESSION


def _train_spread(
    frame: Frame, rows: Rows, median_w: Array, truth_w: Array, weight: Array, priors: Array
) -> tuple[Array, Array]:
    features = frame.spread_features(rows, median_w)
    error = (truth_w - median_w) / rows.unit_w
    even = weight / np.maximum(rows.weight, 1e-9)
    every = slice(None, None, max(len(error) // SPREAD_ROWS, 1))
    problem = Problem(
        features[every], error[every], even[every], priors, SPREAD_STRENGTH, constant=0
    )
    spread = solve(problem, LEVELS)
    width = np.maximum(features @ (spread[-2] - spread[1]), 1e-3)
    return spread, error / width


def _correlation(steps: tuple[int, ...], fits: list[_Fit]) -> tuple[float, float]:
    """Fit (1 - nugget) exp(-distance / time) to the errors of two steps from one origin."""
    pairs = []
    for i, one in enumerate(fits):
        for j in range(i + 1, len(fits)):
            both, a, b = np.intersect1d(one.origins, fits[j].origins, return_indices=True)
            if len(both) < MIN_ROWS:
                continue
            found = np.corrcoef(_ranked(one.scores[a]), _ranked(fits[j].scores[b]))[0, 1]
            pairs.append((steps[j] - steps[i], float(found)))
    if not pairs:
        return 0.2, 8.0
    distance, measured = np.array(pairs).T

    def misfit(candidate: tuple[float, float]) -> float:
        assumed = (1 - candidate[0]) * np.exp(-distance / candidate[1])
        return float(((assumed - measured) ** 2 / (1 + distance)).sum())

    nuggets, times = np.linspace(0.0, 0.9, 19), np.geomspace(1, 96, 24)
    return min(((float(n), float(t)) for n in nuggets for t in times), key=misfit)


def _ranked(values: Array) -> Array:
    return np.asarray(np.argsort(np.argsort(values)), dtype=np.float64)


def pick(rows: Rows, chosen: Integers) -> Rows:
    """Return some of the rows."""
    return Rows(
        rows.base_w[chosen],
        rows.unit_w[chosen],
        rows.features[chosen],
        rows.regime[chosen],
        rows.weight[chosen],
        {name: made[chosen] for name, made in rows.methods.items()},
    )


def predict(model: HorizonModel, frame: Frame, count: int) -> Quantiles:
    """Return the quantiles of the ``count`` steps after the frame's last position.

    Raises ValueError if ``count`` is not between 1 and ``MAX_STEPS``.
    """
    if not 1 <= count <= MAX_STEPS:
        raise ValueError(f"predict: count is {count}; ask for 1 to {MAX_STEPS} steps")
    origin = len(frame.target_w)
    steps = np.arange(count, dtype=np.int64)
    rows = frame.rows(np.full(count, origin, dtype=np.int64), origin + steps)
    low, high, share = _between(steps)

    def mix(table: Array) -> Array:
        return np.asarray(table[low] * (1 - share)[:, None] + table[high] * share[:, None])

    relative = (rows.features * mix(model.coefficients)).sum(axis=1)
    regression = np.maximum(rows.base_w + rows.unit_w * relative, 0.0)
    methods = {REGRESSION: regression, **rows.methods}
    median = sum(
        np.where(low == knot, 1 - share, 0.0) * methods[name]
        + np.where(high == knot, share, 0.0) * methods[name]
        for knot, name in enumerate(model.methods)
    )
    features = frame.spread_features(rows, median)
    values = np.array(
        [
            median + rows.unit_w * (features * mix(model.spread[:, level])).sum(axis=1)
            for level in range(len(LEVELS))
        ]
    )
    return Quantiles(ordered(values, np.asarray(median)), np.asarray(median), methods)


def ordered(values: Array, median: Array) -> Array:
    """Return quantiles that do not cross: the median stays, the others give way outwards."""
    middle = LEVELS.index(0.5)
    values[middle] = median
    values[middle:] = np.maximum.accumulate(values[middle:], axis=0)
    values[: middle + 1] = np.minimum.accumulate(values[middle::-1], axis=0)[::-1]
    return np.maximum(values, 0.0)


def _between(steps: Integers) -> tuple[Integers, Integers, Array]:
    """Return the knots below and above each step, and the share of the upper one."""
    knots = np.array(KNOTS)
    high = np.minimum(np.searchsorted(knots, steps), len(knots) - 1)
    low = np.where(knots[high] == steps, high, np.maximum(high - 1, 0))
    low = np.where(steps >= knots[-1], high, low)
    gap = np.maximum(knots[high] - knots[low], 1)
    return low, high, np.asarray(np.where(low == high, 0.0, (steps - knots[low]) / gap))
