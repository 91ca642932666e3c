"""A surprise enters the forecast of the running interval and fades; smaller errors do not."""

from __future__ import annotations

import numpy as np
import pytest

from peerwatt.engine.forecasts.present import at_present, is_surprise
from peerwatt.forecast.bands import Bands, Correlation
from peerwatt.forecast.horizons import LEVELS

LAST = Correlation(0.2, 10.0)


def bands() -> Bands:
    levels = np.array(LEVELS)[:, None]
    sun = np.where(np.arange(40) < 20, 1_000.0, 0.0)
    return Bands(7, LEVELS, sun * (0.5 + levels), (400 + 200 * levels) * np.ones(40), LAST, LAST)


def test_a_surprise_fades_as_errors_do() -> None:
    made = bands()
    seen = at_present(made, 3_500.0, 1_000.0)
    more = seen.load_mean_w - made.load_mean_w
    assert more[0] == pytest.approx(3_000.0)
    assert more[1] == pytest.approx(0.8 * 3_000.0 * np.exp(-0.1))
    assert more[30] < 130.0
    np.testing.assert_allclose(seen.pv_w, made.pv_w)


def test_a_cloud_takes_a_share_of_the_sun_and_nothing_from_the_night() -> None:
    made = bands()
    seen = at_present(made, 500.0, 50.0)
    assert seen.pv_mean_w[0] == pytest.approx(50.0)
    assert 200.0 < seen.pv_mean_w[1] < 400.0
    assert seen.pv_w.min() >= 0.0
    brighter = at_present(made, 500.0, 4_000.0)
    assert 2_000.0 < brighter.pv_mean_w[1] < 3_000.0
    assert not brighter.pv_w[:, 20:].any()
    np.testing.assert_allclose(seen.load_w, made.load_w)


@pytest.mark.parametrize(("home", "sun"), [(700.0, 900.0), (None, 5_000.0), (1_200.0, None)])
def test_what_is_no_surprise_changes_nothing(home: float | None, sun: float | None) -> None:
    made = bands()
    assert at_present(made, home, sun) is made


def test_a_surprise_is_large_in_watts_and_in_sigmas() -> None:
    assert is_surprise(-900.0, 100.0)
    assert not is_surprise(700.0, 10.0)
    assert not is_surprise(2_000.0, 900.0)
