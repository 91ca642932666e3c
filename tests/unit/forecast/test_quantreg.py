"""Quantile regression against known quantiles, priors and rows it has not seen."""

from __future__ import annotations

import numpy as np
import pytest

from peerwatt.forecast.quantreg import Problem, solve, solve_with_unseen

MEDIAN = (0.5,)


def problem(rows: int, strength: float = 1e-3, prior: float = 0.0) -> tuple[Problem, np.ndarray]:
    dice = np.random.default_rng(5)
    x = np.column_stack([np.ones(rows), dice.uniform(0, 1, rows)])
    # Skewed noise whose width grows: median and mean differ, quantiles are not parallel.
    y = 1 + 2 * x[:, 1] + (0.2 + x[:, 1]) * dice.exponential(1, rows)
    return Problem(x, y, np.ones(rows), np.full((1, 2), prior), strength, 0), x


@pytest.mark.parametrize("level", [0.05, 0.25, 0.5, 0.9, 0.95])
def test_quantiles_of_skewed_noise(level: float) -> None:
    given, x = problem(8_000)
    found = solve(given, (level,))[0]
    below = given.target <= x @ found
    assert below.mean() == pytest.approx(level, abs=0.01)
    assert below[x[:, 1] > 0.5].mean() == pytest.approx(level, abs=0.02)
    noise = -np.log(1 - level)
    assert found == pytest.approx([1 + 0.2 * noise, 2 + noise], rel=0.06, abs=0.15)


def test_all_levels_at_once_are_the_same() -> None:
    one, _ = problem(500)
    levels = (0.1, 0.5, 0.8)
    many = Problem(one.features, one.target, one.weight, np.zeros((3, 2)), one.strength, 0)
    for level, found in zip(levels, solve(many, levels), strict=True):
        assert found == pytest.approx(solve(one, (level,))[0], abs=1e-6)


def test_without_rows_the_prior_stays() -> None:
    given = Problem(np.empty((0, 2)), np.empty(0), np.empty(0), np.array([[3.0, -1.0]]), 10.0, 0)
    assert solve(given, (0.9,))[0] == pytest.approx([3.0, -1.0])


def test_few_rows_move_the_prior_a_little() -> None:
    weak, _ = problem(40, strength=1.0, prior=5.0)
    strong, _ = problem(40, strength=1_000.0, prior=5.0)
    assert (
        np.abs(solve(strong, MEDIAN)[0] - 5).max() < 0.5 < np.abs(solve(weak, MEDIAN)[0] - 5).max()
    )


def test_zero_weights_and_constant_targets_stay_finite() -> None:
    nothing = Problem(np.ones((10, 1)), np.ones(10), np.zeros(10), np.zeros((1, 1)), 1.0, 0)
    assert np.isfinite(solve(nothing, MEDIAN)).all()
    constant = Problem(
        np.ones((200, 1)), np.full(200, 7.0), np.ones(200), np.zeros((1, 1)), 1e-6, 0
    )
    assert solve(constant, MEDIAN)[0] == pytest.approx([7.0], abs=0.01)


def test_unseen_rows_do_not_know_their_own_fold() -> None:
    given, x = problem(400)
    folds = np.repeat(np.arange(4), 100)
    target = given.target.copy()
    target[folds == 2] += 50
    moved = Problem(x, target, given.weight, given.priors, given.strength, 0)
    coefficients, unseen = solve_with_unseen(moved, folds)
    without = Problem(*(a[folds != 2] for a in (x, target, given.weight)), given.priors, 1e-3, 0)
    alone = x[folds == 2] @ solve(without, MEDIAN)[0]
    assert np.abs(unseen[folds == 2] - alone).mean() < 0.2
    assert coefficients == pytest.approx(solve(moved, MEDIAN)[0], abs=0.1)
