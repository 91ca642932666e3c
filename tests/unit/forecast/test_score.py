"""Scores against their definitions, merged over days, and the best method by them."""

from __future__ import annotations

import numpy as np
import pytest

from peerwatt.forecast.horizons import LEVELS, Quantiles
from peerwatt.forecast.score import BANDS, best_method, crps, pinball, score, together


def test_pinball_and_crps_by_hand() -> None:
    values = np.array([[0.0, 0.0], [10.0, 10.0]])
    loss = pinball(values, np.array([4.0, 12.0]), (0.25, 0.75))
    assert loss == pytest.approx([0.25 * 8, (0.25 * 6 + 0.75 * 2) / 2])
    point = np.full((len(LEVELS), 3), 5.0)
    assert crps(point, np.array([5.0, 8.0, 1.0])) == pytest.approx(7 / 3)


def test_crps_prefers_the_true_spread() -> None:
    dice = np.random.default_rng(1)
    truth = dice.uniform(0, 1, 4_000)
    levels = np.array(LEVELS)[:, None]
    right, narrow, wide = (0.5 + (levels - 0.5) * w for w in (1.0, 0.3, 3.0))
    found = [crps(np.repeat(q, 4_000, axis=1), truth) for q in (right, narrow, wide)]
    assert found[0] < min(found[1:])
    assert found[0] == pytest.approx(1 / 6, abs=0.02)


def quantiles(steps: int, offset: float) -> Quantiles:
    median = np.full(steps, 100.0 + offset)
    values = np.array([median + 200 * (level - 0.5) for level in LEVELS])
    return Quantiles(values, median, {"yesterday": np.full(steps, 160.0), "usual": median})


def test_stages_methods_bias_and_missing() -> None:
    truth = np.full(60, 100.0)
    truth[[5, 6]] = np.nan
    scores = score("load", quantiles(96, 10.0), truth)
    by = {(s.method, s.stage): s for s in scores}
    assert {s.stage for s in scores} == {"1 h", "6 h", "24 h"}
    assert by[BANDS, "6 h"].count == 18
    assert by[BANDS, "24 h"].count == 36
    assert by[BANDS, "1 h"].bias_w == pytest.approx(10)
    assert by["yesterday", "1 h"].crps_w == by["yesterday", "1 h"].mae_w == pytest.approx(60)
    assert by[BANDS, "1 h"].coverage == (0, 0, 0, 1, 1, 1, 1)
    assert by[BANDS, "1 h"].skill(by["yesterday", "1 h"]) == pytest.approx(1 - 10 / 60)
    assert best_method(scores, "load", "1 h") in (BANDS, "usual")
    assert best_method(scores, "pv", "1 h") is None


def test_pv_is_judged_in_the_light() -> None:
    dark = Quantiles(np.zeros((len(LEVELS), 8)), np.zeros(8), {})
    truth = np.array([0, 0, 0, 30.0, 0, 0, 0, 0])
    assert sum(s.count for s in score("pv", dark, truth)) == 1
    assert score("pv", dark, np.zeros(8)) == ()


def test_days_weigh_by_their_intervals() -> None:
    one = score("load", quantiles(4, 0.0), np.full(4, 100.0))
    two = score("load", quantiles(4, 30.0), np.full(2, 100.0))
    merged = {s.method: s for s in together([*one, *two])}
    assert merged[BANDS].count == 6
    assert merged[BANDS].mae_w == pytest.approx(10)
    assert merged[BANDS].coverage[3] == pytest.approx(1)
