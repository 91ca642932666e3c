"""A weather source makes PV better when it is good, and is not believed when it is not."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from peerwatt.forecast.horizons import LEVELS
from peerwatt.forecast.house import train
from peerwatt.forecast.series import Array, Series
from peerwatt.forecast.site import Site
from peerwatt.forecast.sky import clear_sky
from peerwatt.forecast.weather.blend import USUAL_WEIGHT, source_power_w
from peerwatt.forecast.weather.forecast import WeatherForecast

DAY, MIDDLE = 96, LEVELS.index(0.5)
LEARN, END = 45, 59


@pytest.fixture(scope="module")
def series(house: Callable[..., Series]) -> Series:
    return house(END + 1, seed=8)


def told(series: Series, position: int, quality: float, seed: int = 0) -> WeatherForecast:
    """Return a PV forecast: the truth, mixed with that of another day."""
    truth = series.pv_w[position : position + DAY]
    other = series.pv_w[position - (7 + seed % 5) * DAY :][:DAY]
    values = quality * truth + (1 - quality) * other
    return WeatherForecast("test", series.first_interval + position, {"pv_w": values})


def error(series: Series, made: Array, position: int) -> float:
    return float(np.abs(made - series.pv_w[position : position + DAY]).mean())


@pytest.mark.parametrize(("quality", "better"), [(0.9, True), (0.0, False)])
def test_trust_is_learned(series: Series, zurich: Site, quality: float, better: bool) -> None:
    history = series.part(0, LEARN * DAY)
    past = tuple(told(series, p, quality, p) for p in range(20 * DAY, (LEARN - 1) * DAY, 70))
    plain, taught = train(history, zurich), train(history, zurich, past)
    errors = np.zeros((2, 0))
    for position in range(LEARN * DAY, (END - 1) * DAY, 37):
        seen, weather = series.part(0, position), told(series, position, quality, position)
        made = [plain.predict(seen, DAY), taught.predict(seen, DAY, weather)]
        column = [[error(series, b.pv_w[MIDDLE], position)] for b in made]
        errors = np.append(errors, column, axis=1)
    without, blended = errors.mean(axis=1)
    if better:
        assert blended < 0.5 * without
        assert taught.skill.weight[2] > 0.7
        assert taught.skill.width[2] < 0.6
    else:
        assert blended < 1.1 * without
        assert taught.skill.weight[2] < USUAL_WEIGHT[2] - 0.3


def test_irradiance_and_clouds_go_through_the_roof(series: Series, zurich: Site) -> None:
    forecaster = train(series, zurich)
    sky = clear_sky(series.end, DAY, zurich.latitude_deg, zurich.longitude_deg, 400.0)
    clear = forecaster.roof.clear_w(sky)

    def power(quantity: str, values: Array, period: int = 4) -> Array:
        weather = WeatherForecast("test", series.end, {quantity: values}, period)
        return source_power_w(weather, sky, forecaster.roof, series.end)

    hourly = sky.ghi.reshape(-1, 4).mean(axis=1).repeat(4)
    assert power("ghi_w_m2", hourly) == pytest.approx(clear, abs=30)
    assert power("cloud_pct", np.zeros(DAY)) == pytest.approx(clear, abs=1)
    overcast = power("cloud_pct", np.full(DAY, 100.0))
    assert overcast.sum() == pytest.approx(0.27 * clear.sum(), rel=0.2)
    assert np.isnan(power("temperature_c", np.zeros(DAY))).all()


def test_a_source_that_says_little_changes_little(series: Series, zurich: Site) -> None:
    forecaster, position = train(series, zurich), 50 * DAY
    seen = series.part(0, position)
    own = forecaster.predict(seen, DAY)
    half = WeatherForecast("test", seen.end, {"pv_w": np.full(40, 500.0)})
    made = forecaster.predict(seen, DAY, half)
    np.testing.assert_array_equal(made.pv_w[:, 40:], own.pv_w[:, 40:])
    assert (np.diff(made.pv_w, axis=0) >= 0).all()
    assert np.isfinite(made.pv_w).all()
    dark = own.pv_w[-1] == 0
    assert not made.pv_w[:, dark].any()
    np.testing.assert_array_equal(made.load_w, own.load_w)
