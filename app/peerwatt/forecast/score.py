"""How forecasts did against what happened: errors, bias, CRPS and coverage of each method."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from .horizons import LEVELS, Quantiles
from .series import Array

BANDS = "bands"
"""Name of the quantile forecast among the methods."""

STAGES = (("1 h", 0, 4), ("6 h", 4, 24), ("24 h", 24, 96), ("48 h", 96, 192))
"""Name, and the steps ahead from and before which it counts."""


@dataclass(frozen=True, slots=True)
class Score:
    """One method over some intervals that have happened; W where not said."""

    quantity: str
    """``pv`` or ``load``."""
    method: str
    stage: str
    """How far ahead; see ``STAGES``."""
    count: int
    mae_w: float
    bias_w: float
    """Forecast less measured: above zero, too much was expected."""
    crps_w: float
    """Continuous ranked probability score; of a method without quantiles the MAE."""
    coverage: tuple[float, ...] = ()
    """Part of what happened at or below each of ``LEVELS``; empty without quantiles."""

    def skill(self, reference: Score) -> float:
        """Return how much smaller the MAE is than a reference's, 1 at best."""
        return 1 - self.mae_w / reference.mae_w if reference.mae_w > 0 else 0.0


def pinball(values: Array, truth: Array, levels: Sequence[float] = LEVELS) -> Array:
    """Return [level] the mean pinball loss of quantiles [level, step]."""
    error = truth - values
    tau = np.array(levels)[:, None]
    return np.asarray(np.maximum(tau * error, (tau - 1) * error).mean(axis=1))


def crps(values: Array, truth: Array, levels: Sequence[float] = LEVELS) -> float:
    """Return the mean CRPS, approximated by twice the pinball loss over all levels.

    Gneiting and Ranjan, Journal of Business and Economic Statistics 29(3), 2011; the levels
    stand for the probability around them.
    """
    marks = np.array(levels)
    edges = np.concatenate([[0.0], (marks[1:] + marks[:-1]) / 2, [1.0]])
    return float(2 * (np.diff(edges) * pinball(values, truth, levels)).sum())


def score(quantity: str, made: Quantiles, truth_w: Array) -> tuple[Score, ...]:
    """Return the scores of one forecast by method and stage.

    ``truth_w`` is what was measured in its steps, NaN where missing or still to come; PV is
    judged where the bands or the meter saw light. Stages without a measurement are left out.
    """
    truth = np.full(made.values_w.shape[1], np.nan)
    truth[: len(truth_w)] = truth_w[: len(truth)]
    judged = np.isfinite(truth)
    if quantity == "pv":
        judged &= (np.nan_to_num(truth) > 0) | (made.values_w[-1] > 0)
    step = np.arange(len(truth))
    found = []
    for stage, begin, end in STAGES:
        here = judged & (step >= begin) & (step < end)
        if not here.any():
            continue
        real, values = truth[here], made.values_w[:, here]
        coverage = tuple(float(part) for part in (real <= values).mean(axis=1))
        errors = _errors(made.median_w[here], real)
        found.append(
            Score(quantity, BANDS, stage, len(real), *errors, crps(values, real), coverage)
        )
        for method, forecast in sorted(made.methods_w.items()):
            errors = _errors(forecast[here], real)
            found.append(Score(quantity, method, stage, len(real), *errors, errors[0]))
    return tuple(found)


def _errors(forecast: Array, truth: Array) -> tuple[float, float]:
    error = forecast - truth
    return float(np.abs(error).mean()), float(error.mean())


def together(scores: Iterable[Score]) -> tuple[Score, ...]:
    """Return one score for each quantity, method and stage, weighted by their intervals."""
    groups: dict[tuple[str, str, str], list[Score]] = {}
    for one in scores:
        groups.setdefault((one.quantity, one.method, one.stage), []).append(one)
    return tuple(_merged(group) for _, group in sorted(groups.items()))


def _merged(group: list[Score]) -> Score:
    total = sum(one.count for one in group)

    def mean(values: Iterable[float]) -> float:
        return math.fsum(v * one.count for v, one in zip(values, group, strict=True)) / total

    width = min(len(one.coverage) for one in group)
    return Score(
        group[0].quantity, group[0].method, group[0].stage, total,
        mean(one.mae_w for one in group),
        mean(one.bias_w for one in group),
        mean(one.crps_w for one in group),
        tuple(mean(one.coverage[level] for one in group) for level in range(width)),
    )  # fmt: skip


def best_method(scores: Iterable[Score], quantity: str, stage: str) -> str | None:
    """Return the method with the least CRPS; ``None`` where nothing was scored."""
    fitting = [s for s in scores if (s.quantity, s.stage) == (quantity, stage)]
    return min(fitting, key=lambda s: (s.crps_w, s.method)).method if fitting else None
