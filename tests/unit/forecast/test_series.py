"""Series: gaps, outages and spikes become missing; nothing else changes."""

from __future__ import annotations

import numpy as np
import pytest

from peerwatt.forecast.series import Series, series_of
from peerwatt.model.plan import IntervalEnergy


def test_outages_spikes_and_nonsense_become_missing() -> None:
    load = np.full(2_000, 400.0)
    load[100:110], load[200:202], load[300], load[301] = 0.0, 0.0, 1e9, -5.0
    pv = np.zeros(2_000)
    pv[50], pv[51] = -3.0, np.inf
    clean = Series(7, load, pv).cleaned()
    assert np.isnan(clean.load_w[100:110]).all()
    assert (clean.load_w[200:202] == 0).all()
    assert np.isnan(clean.load_w[300:302]).all()
    assert np.isfinite(clean.load_w[302:]).all()
    assert clean.pv_w[50] == 0
    assert np.isnan(clean.pv_w[51])


def test_stored_energies_in_any_order_with_gaps() -> None:
    rows = [IntervalEnergy(i, 0, 0, 100, 50, 0, 0, 0) for i in (12, 10)]
    made = series_of(rows)
    assert (made.first_interval, made.end, len(made)) == (10, 13, 3)
    np.testing.assert_array_equal(made.load_w, [200, np.nan, 200])
    np.testing.assert_array_equal(made.pv_w, [400, np.nan, 400])
    assert len(series_of([])) == 0


def test_parts_know_where_they_begin() -> None:
    whole = Series(100, np.arange(10.0), np.arange(10.0), np.arange(10.0))
    part = whole.last(4)
    assert part.first_interval == 106
    assert part.temperature_c is not None
    assert list(part.temperature_c) == [6, 7, 8, 9]
    assert len(whole.last(50)) == 10


def test_arrays_of_different_lengths_are_refused() -> None:
    with pytest.raises(ValueError, match=r"differ in length \[2, 3\]"):
        Series(0, np.zeros(3), np.zeros(2))
