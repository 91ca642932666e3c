"""Bands and scenarios: calibrated, reproducible, and hanging together in time."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from peerwatt.forecast.bands import Bands, Correlation
from peerwatt.forecast.horizons import LEVELS


def bands(steps: int = 48, time: float = 12.0, nugget: float = 0.2) -> Bands:
    levels = np.array(LEVELS)[:, None]
    size = np.linspace(1_000, 3_000, steps)
    correlation = Correlation(nugget, time)
    return Bands(500, LEVELS, levels * size, 200 + levels * 100 * np.ones(steps), correlation,
                 correlation)  # fmt: skip


def test_scenarios_follow_the_quantiles_and_each_other() -> None:
    made = bands()
    drawn = made.scenarios(400, seed=3)
    assert sum(s.weight for s in drawn) == pytest.approx(1)
    pv = np.array([s.pv_w for s in drawn])
    for level in (0.1, 0.5, 0.9):
        below = (pv <= made.at(level)[0]).mean()
        assert below == pytest.approx(level, abs=0.03)
    ranks = (pv - pv.mean(axis=0)) / pv.std(axis=0)
    near = (ranks[:, :-1] * ranks[:, 1:]).mean()
    far = (ranks[:, :-24] * ranks[:, 24:]).mean()
    assert near == pytest.approx(0.8 * np.exp(-1 / 12), abs=0.06)
    assert far == pytest.approx(0.8 * np.exp(-2), abs=0.08)


def test_few_scenarios_span_the_energy_that_is_missing() -> None:
    made = bands(time=100.0)
    energies = [float((s.load_w - s.pv_w).sum()) for s in made.scenarios(5, seed=1)]
    assert energies == sorted(energies)
    half = float((made.at(0.25)[0] - made.at(0.75)[0]).sum())
    assert energies[-1] - energies[0] > -0.8 * half


def test_the_same_seed_gives_the_same() -> None:
    one, two, other = (bands().scenarios(3, seed=s) for s in (9, 9, 10))
    np.testing.assert_array_equal([s.load_w for s in one], [s.load_w for s in two])
    assert not np.array_equal([s.load_w for s in one], [s.load_w for s in other])
    with pytest.raises(ValueError, match="at least 1"):
        bands().scenarios(0, seed=1)


def test_means_and_energies_for_the_plan() -> None:
    made = bands()
    assert made.pv_mean_w == pytest.approx(0.5 * np.linspace(1_000, 3_000, 48))
    rows = made.to_forecasts()
    assert [r.interval for r in rows] == list(range(500, 548))
    assert rows[0].pv_wh == 125
    assert rows[0].load_wh == round((200 + 50) / 4)
    assert rows[-1].sigma_wh > rows[0].sigma_wh > 50


@settings(max_examples=25)
@given(
    seed=st.integers(0, 1_000),
    steps=st.integers(1, 20),
    nugget=st.floats(0, 1),
    time=st.floats(1e-6, 1e6),
    count=st.integers(1, 6),
)
def test_always_finite_never_negative(
    seed: int, steps: int, nugget: float, time: float, count: int
) -> None:
    dice = np.random.default_rng(seed)
    table = np.sort(
        dice.exponential(500, (len(LEVELS), steps)) * dice.integers(0, 2, steps), axis=0
    )
    made = Bands(0, LEVELS, table, table, Correlation(nugget, time), Correlation(nugget, time))
    for one in made.scenarios(count, seed):
        for values in (one.pv_w, one.load_w):
            assert values.shape == (steps,)
            assert np.isfinite(values).all()
            assert (values >= 0).all()
    low, high = made.at(0.0)[0], made.at(1.0)[0]
    assert (low <= table[0]).all()
    assert (high >= table[-1]).all()
    assert all(row.sigma_wh >= 1 for row in made.to_forecasts())
