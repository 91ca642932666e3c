"""Linear quantile regression with a prior, and its errors on days it has not seen."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .series import Array, Integers

ITERATIONS, FAR_ITERATIONS = 8, 20
"""For the median, and for other quantiles, which are approached more slowly."""

SHARPNESS = 0.03
"""Residuals below this part of the mean absolute one weigh alike: keeps the weights finite."""

MATRIX_WORK, VECTOR_WORK = 200_000, 9_000
"""Products below these sizes are done by one thread: OpenBLAS' threads, waiting for each other,
cost tenfold on a busy machine. Rows are multiplied in blocks that stay below."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Rows of features, targets and weights; priors and how many rows they are worth."""

    features: Array
    target: Array
    weight: Array
    priors: Array
    """[level, feature]."""
    strength: float
    """Weight of a prior, in rows of average features."""
    constant: int
    """The column that is one in every row."""


def solve(problem: Problem, levels: tuple[float, ...]) -> Array:
    """Return [level, feature]: coefficients whose prediction is that quantile (0.5: the median).

    Minimises the pinball loss by quadratics that lie above it (Hunter and Lange, Journal of
    Computational and Graphical Statistics 9(1), 2000), drawn to the priors. Finite for any
    finite input, also without rows.
    """
    return _Blocks.of(problem).iterate(np.array(levels), FAR_ITERATIONS).coefficients


def solve_with_unseen(problem: Problem, folds: Integers) -> tuple[Array, Array]:
    """Return the median's coefficients, and for each row its prediction without its own fold.

    The problem has one prior. The fold is taken out of the last step's normal equations; the
    row weights stay.
    """
    last = _Blocks.of(problem).iterate(np.array([0.5]), ITERATIONS)
    unseen = np.empty(len(problem.target))
    for fold in np.unique(folds):
        rows = folds == fold
        mine = _Blocks.of(
            Problem(problem.features[rows], problem.target[rows], problem.weight[rows],
                    problem.priors, 0.0, problem.constant)
        )  # fmt: skip
        less_gram, less_side = mine.normal(last.weight[:, rows])
        without = _solved(last.gram - less_gram, last.side - less_side)
        unseen[rows] = mine.predictions(without)[0]
    return last.coefficients[0], unseen


@dataclass(frozen=True, slots=True)
class _Step:
    """The last step of an iteration, by level."""

    coefficients: Array
    weight: Array
    """[level, row]."""
    gram: Array
    side: Array


@dataclass(frozen=True, slots=True)
class _Blocks:
    """A problem's features in blocks of rows, the last one filled up with zeros."""

    problem: Problem
    features: Array
    """[block, row, feature]."""
    ridge: Array
    """Weight of the prior for each feature, for rows of weight one."""
    sums: Array
    """Weighted sum of each feature."""

    @classmethod
    def of(cls, problem: Problem) -> _Blocks:
        """Cut a problem into blocks that one thread multiplies, and scale its prior to it."""
        rows, columns = problem.features.shape
        block = max(min(MATRIX_WORK // columns**2, VECTOR_WORK // columns), 8)
        count = max(-(-rows // block), 1)
        padded = np.zeros((count * block, columns))
        padded[:rows] = problem.features
        squares = np.einsum("ij,ij->j", padded, padded) / rows if rows else np.ones(columns)
        ridge = problem.strength * np.maximum(squares, 1e-6)
        sums = np.einsum("ij,i->j", problem.features, problem.weight)
        return cls(problem, padded.reshape(count, block, columns), ridge, sums)

    def predictions(self, coefficients: Array) -> Array:
        """Return [level, row]."""
        made = self.features @ coefficients.T
        return np.asarray(made.reshape(-1, len(coefficients)).T[:, : len(self.problem.target)])

    def normal(self, weight: Array) -> tuple[Array, Array]:
        """Return the normal equations of each level's row weights, without the prior."""
        levels, rows = weight.shape
        count, block, _ = self.features.shape
        weights, targets = np.zeros((2, levels, count * block))
        weights[:, :rows] = weight
        targets[:, :rows] = weight * self.problem.target
        shape = (levels, count, block)
        weighted = self.features * weights.reshape(shape)[..., None]
        gram = (weighted.swapaxes(-1, -2) @ self.features).sum(axis=1)
        side = (targets.reshape(shape)[:, :, None, :] @ self.features).sum(axis=(1, 2))
        return gram, side

    def iterate(self, levels: Array, iterations: int) -> _Step:
        """Return all levels' coefficients after so many reweighted least squares."""
        problem = self.problem
        coefficients = self.levelled(problem.priors, levels)
        corner = np.arange(self.features.shape[2])
        for _ in range(iterations):
            size = np.abs(problem.target - self.predictions(coefficients))
            floor = np.full(len(levels), 1e-9)
            if len(problem.target):
                floor = np.maximum(SHARPNESS * size.mean(axis=1), floor)
            weight = problem.weight * floor[:, None] / np.maximum(size, floor[:, None])
            gram, side = self.normal(weight)
            side += ((2 * levels - 1) * floor)[:, None] * self.sums
            usual = weight.mean(axis=1) if len(problem.target) else np.zeros(len(levels))
            ridge = self.ridge * np.where(usual > 0, usual, 1.0)[:, None]
            gram[:, corner, corner] += ridge
            side += ridge * problem.priors
            coefficients = _solved(gram, side)
        return _Step(self.levelled(coefficients, levels), weight, gram, side)

    def levelled(self, coefficients: Array, levels: Array) -> Array:
        """Return them with constants that leave the right part of the rows below.

        The quadratics come close to a far quantile only slowly; the constant is there at once.
        """
        problem = self.problem
        if not problem.weight.sum() > 0:
            return coefficients
        moved = coefficients.copy()
        trust = len(problem.target) / (len(problem.target) + problem.strength)
        residuals = problem.target - self.predictions(coefficients)
        for row in np.flatnonzero(levels != 0.5):
            order = np.argsort(residuals[row])
            below = np.cumsum(problem.weight[order])
            place = min(int(np.searchsorted(below, levels[row] * below[-1])), len(order) - 1)
            moved[row, problem.constant] += trust * residuals[row, order[place]]
        return moved


def _solved(gram: Array, side: Array) -> Array:
    return np.asarray(np.linalg.solve(gram, side[..., None])[..., 0], dtype=np.float64)
