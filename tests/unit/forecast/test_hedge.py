"""What is kept ready: room below limits always, scenarios where the sun does not fill."""

from __future__ import annotations

import numpy as np
import pytest

from peerwatt.forecast.bands import Bands
from peerwatt.forecast.hedge import SIGMAS, SUNNY_SIGMAS, hedge, peak_ahead, sigma_w
from peerwatt.forecast.horizons import LEVELS

PRICE = np.where(np.arange(48) < 8, 0.42, np.where(np.arange(48) < 16, 0.22, 0.30))


def bands(sun_w: float) -> Bands:
    levels = np.array(LEVELS)[:, None]
    load = (300 + 200 * levels) * np.ones(48)
    return Bands(900, LEVELS, sun_w * (0.5 + levels) * np.ones(48), load)


def test_a_dark_day_gets_scenarios_that_keep_more_for_the_peak_ahead() -> None:
    made = bands(100.0)
    kept = hedge(made, PRICE, 9_000.0, count=4, seed=3)
    plain = made.scenarios(4, 3)
    assert len(kept.scenarios) == 4
    np.testing.assert_allclose(kept.sigma_w, SIGMAS * sigma_w(made))
    for one, other in zip(kept.scenarios, plain, strict=True):
        more = one.load_w - other.load_w
        assert np.all(more[:8] > 50)
        assert not more[8:].any()
        np.testing.assert_array_equal(one.pv_w, other.pv_w)


def test_a_day_that_fills_the_battery_gets_more_room_and_no_scenarios() -> None:
    made = bands(3_000.0)
    kept = hedge(made, PRICE, 9_000.0)
    assert kept.scenarios == ()
    np.testing.assert_allclose(kept.sigma_w, SUNNY_SIGMAS * sigma_w(made))
    assert hedge(made, PRICE, 900_000.0).scenarios
    assert hedge(bands(100.0), PRICE, 9_000.0, count=0).scenarios == ()


def test_a_peak_is_ahead_only_before_the_next_cheap_hour() -> None:
    assert peak_ahead(PRICE).tolist() == [1.0] * 8 + [0.0] * 40
    assert not peak_ahead(PRICE[8:]).any()
    assert not peak_ahead(np.full(5, 0.3)).any()


def test_bands_without_their_first_steps() -> None:
    made = bands(500.0)
    rest = made.after(5)
    assert rest.first_interval == 905
    assert len(rest) == 43
    np.testing.assert_array_equal(rest.pv_mean_w, made.pv_mean_w[5:])
    assert sigma_w(rest) == pytest.approx(sigma_w(made)[5:])
