"""Cutting a day to pixels keeps its energy and its gaps."""

from __future__ import annotations

import time

import numpy as np
import pytest
from gui_feed import NOON_S, history, powers
from hypothesis import given
from hypothesis import strategies as st

from peerwatt.api.messages import FlowView, PowerHistory
from peerwatt.gui.plots.base import area_path, runs
from peerwatt.gui.plots.day import Scene, compose, stacked
from peerwatt.gui.series import NAMES, PowerSeries, Samples, cut


def samples(times: list[float], grid: list[float], hold_s: float = 2.5) -> Samples:
    values = np.full((len(NAMES), len(times)), np.nan)
    values[0] = grid
    return Samples(np.array(times), values, np.empty(0), np.empty(0), hold_s)


@given(
    st.lists(st.floats(-20_000, 20_000), min_size=1, max_size=200),
    st.integers(1, 50),
)
def test_means_keep_the_sum(grid: list[float], count: int) -> None:
    times = [float(second) for second in range(len(grid))]
    buckets = cut(samples(times, grid), 0.0, float(len(grid)), count)
    at = np.searchsorted(times, buckets.start_s + buckets.step_s * np.arange(count + 1))
    sizes = np.diff(at)
    filled = sizes > 0
    total = float(np.sum(buckets.row("grid")[filled] * sizes[filled]))
    assert total == pytest.approx(sum(grid), abs=1e-6 * max(1.0, float(np.sum(np.abs(grid)))))


@given(st.integers(1, 400), st.integers(1, 97))
def test_no_bucket_is_outside_what_was_measured(count: int, length: int) -> None:
    rng = np.random.default_rng(length)
    grid = list(rng.uniform(-5, 5, length))
    buckets = cut(samples([float(t) for t in range(length)], grid), -10.0, length + 10.0, count)
    known = buckets.row("grid")[~np.isnan(buckets.row("grid"))]
    assert np.all(known >= min(grid) - 1e-9)
    assert np.all(known <= max(grid) + 1e-9)


def test_a_gap_stays_a_gap() -> None:
    buckets = cut(samples([0, 1, 2, 20, 21], [1, 1, 1, 2, 2]), 0.0, 22.0, 22)
    row = buckets.row("grid")
    assert list(row[:5]) == [1, 1, 1, 1, 1]
    assert np.all(np.isnan(row[5:20]))
    assert list(row[20:]) == [2, 2]


def test_a_missing_value_is_no_zero() -> None:
    buckets = cut(samples([0, 1, 2], [5.0, np.nan, 7.0]), 0.0, 3.0, 1)
    assert buckets.row("grid")[0] == 6.0
    assert np.isnan(buckets.row("pv")[0])


def test_an_empty_span_is_refused() -> None:
    with pytest.raises(ValueError, match="bucket"):
        cut(samples([], []), 5.0, 5.0, 10)


def test_live_samples_follow_the_history() -> None:
    series = PowerSeries()
    series.append(FlowView(time_s=NOON_S - 5, grid_w=1.0))
    series.append(FlowView(time_s=NOON_S + 5, grid_w=2.0))
    series.load(history(NOON_S - 3600, NOON_S, 60))
    last = series.samples()
    assert last.times_s[-1] == NOON_S + 5
    assert np.all(np.diff(last.times_s) > 0)
    series.append(FlowView(time_s=NOON_S + 5, grid_w=9.0))
    assert len(series) == last.times_s.size


def test_a_day_of_seconds_does_not_grow_for_ever() -> None:
    series = PowerSeries()
    for second in range(0, 3 * 86_400, 20):
        series.append(FlowView(time_s=float(second), grid_w=1.0))
    assert len(series) <= (26 * 3600) / 20 + 4096 + 1


def test_a_view_taken_before_is_not_changed_by_appending() -> None:
    series = PowerSeries()
    for second in range(5000):
        series.append(FlowView(time_s=float(second), grid_w=float(second)))
    before = series.samples()
    copy = before.values.copy()
    for second in range(5000, 100_000, 7):
        series.append(FlowView(time_s=float(second), grid_w=-1.0))
    assert np.array_equal(before.values, copy, equal_nan=True)


def test_the_strip_knows_prices_cleared_since() -> None:
    first = int(NOON_S // 900)
    old = PowerHistory(start_s=NOON_S - 3600, step_s=900, grid_w=(1.0,) * 4, pv_w=(), battery_w=(),
                       ev_w=(), home_w=(), soc_pct=(), price_micro=(100_000,) * 4)  # fmt: skip
    series = PowerSeries()
    series.load(old)
    scene = Scene(series.samples(), NOON_S - 7200, NOON_S + 3600, NOON_S + 1800, 100,
                  prices=((first, 200_000, 1),), cheap_micro=100_000,
                  dear_micro=300_000)  # fmt: skip
    shades = {int(start_s // 900): share for start_s, _, share in compose(scene).shades}
    assert shades[first - 1] == 0.0
    assert shades[first] == 0.5
    assert shades[first + 1] == 1.0  # not cleared: bought from the supplier


def test_a_clock_set_back_starts_anew() -> None:
    series = PowerSeries()
    series.append(FlowView(time_s=NOON_S, grid_w=1.0))
    series.clear()
    series.append(FlowView(time_s=NOON_S - 86_400, grid_w=2.0))
    assert list(series.samples().times_s) == [NOON_S - 86_400]


def test_history_without_values_is_taken() -> None:
    series = PowerSeries()
    empty = PowerHistory(start_s=0, step_s=60, grid_w=(), pv_w=(), battery_w=(), ev_w=(),
                         home_w=(), soc_pct=())  # fmt: skip
    series.load(empty)
    assert len(series) == 0


def test_sources_and_uses_balance() -> None:
    x = np.arange(NOON_S - 86_400, NOON_S, 300.0)
    at = [powers(t) for t in x]
    rows = {
        name: np.array([p[name] for p in at]) for name in ("pv", "battery", "grid", "home", "ev")
    }
    stack = stacked(x, rows)
    assert stack.top_w == pytest.approx(stack.bottom_w, rel=1e-6)
    assert [thing for thing, _ in stack.areas] == [
        "sun", "battery", "grid", "home", "car", "battery", "grid",
    ]  # fmt: skip


def test_runs_and_areas_leave_gaps_out() -> None:
    known = np.array([True, True, False, False, True, True, True])
    assert runs(known) == [(0, 2), (4, 7)]
    high = np.where(known, 1.0, np.nan)
    path = area_path(np.arange(7.0), np.where(known, 0.0, np.nan), high)
    assert not path.contains(path.boundingRect().center().__class__(2.5, 0.5))
    assert path.contains(path.boundingRect().center().__class__(5.0, 0.5))


def test_a_day_of_seconds_is_cut_quickly() -> None:
    series = PowerSeries()
    series.load(history(NOON_S - 86_400, NOON_S, 1))
    scene = Scene(series.samples(), NOON_S - 86_400, NOON_S, NOON_S, 1200)
    compose(scene)
    started = time.perf_counter()
    compose(scene)
    assert time.perf_counter() - started < 0.5
