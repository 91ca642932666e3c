"""A roof is found from what it made: direction, halves, shade and the inverter's limit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from peerwatt.forecast.geometry import Roof, default_roof, learn_roof
from peerwatt.forecast.growth import NO_GROWTH, find_growth
from peerwatt.forecast.place import learn_place
from peerwatt.forecast.series import Series
from peerwatt.forecast.site import Site
from peerwatt.forecast.sky import Sky, clear_sky

FREE = np.ones((24, 18))
ROOF = Roof(35.0, 220.0, False, 7_000.0, 8_000.0, False, FREE)


def sky_of(series: Series, site: Site) -> Sky:
    return clear_sky(
        series.first_interval, len(series), site.latitude_deg, site.longitude_deg, site.altitude_m
    )


@pytest.mark.parametrize(("tilt", "azimuth"), [(35.0, 220.0), (20.0, 120.0), (60.0, 180.0)])
def test_tilt_and_direction(
    house: Callable[..., Series], zurich: Site, tilt: float, azimuth: float
) -> None:
    roof = replace(ROOF, tilt_deg=tilt, azimuth_deg=azimuth)
    series = house(28, roof=roof)
    sky = sky_of(series, zurich)
    found = learn_roof(sky, series.pv_w, zurich.latitude_deg, None)
    assert found.tilt_deg == pytest.approx(tilt, abs=10)
    assert found.azimuth_deg == pytest.approx(azimuth, abs=20)
    assert found.clear_w(sky).sum() == pytest.approx(roof.clear_w(sky).sum(), rel=0.15)


def test_two_halves(house: Callable[..., Series], zurich: Site) -> None:
    roof = replace(ROOF, tilt_deg=45.0, azimuth_deg=90.0, opposed=True)
    series = house(28, roof=roof)
    found = learn_roof(sky_of(series, zurich), series.pv_w, zurich.latitude_deg, None)
    assert found.opposed
    assert found.azimuth_deg % 180 == pytest.approx(90, abs=20)


def test_a_tree_in_the_morning(house: Callable[..., Series], zurich: Site) -> None:
    shade = FREE.copy()
    shade[4:7, 1:6] = 0.3
    shady, free = (house(28, roof=replace(ROOF, shade=s)) for s in (shade, FREE))
    sky = sky_of(shady, zurich)
    morning = (sky.azimuth_deg > 72) & (sky.azimuth_deg < 92) & (sky.elevation_deg > 10)
    with_tree = learn_roof(sky, shady.pv_w, zurich.latitude_deg, None).clear_w(sky)
    without = learn_roof(sky, free.pv_w, zurich.latitude_deg, None).clear_w(sky)
    assert with_tree[morning].sum() < 0.6 * without[morning].sum()
    noon = sky.elevation_deg > 45
    assert with_tree[noon].sum() == pytest.approx(without[noon].sum(), rel=0.12)


def test_a_small_inverter_cuts(house: Callable[..., Series], zurich: Site) -> None:
    series = house(28, roof=replace(ROOF, limit_w=3_500.0))
    found = learn_roof(sky_of(series, zurich), series.pv_w, zurich.latitude_deg, None)
    # The clouds of this house scale what was cut; without them the flat top is plain.
    bare = np.minimum(house(28).pv_w, 3_500.0)
    clipped = learn_roof(sky_of(series, zurich), bare, zurich.latitude_deg, None)
    assert clipped.clipped
    assert clipped.limit_w == pytest.approx(3_500, rel=0.02)
    assert clipped.clear_w(sky_of(series, zurich)).max() <= clipped.limit_w
    assert found.limit_w >= series.pv_w.max()


def test_night_is_dark_and_little_light_gives_the_default(
    house: Callable[..., Series], zurich: Site
) -> None:
    series = house(2)
    sky = sky_of(series, zurich)
    for roof in (ROOF, default_roof(47.0, 9_000.0), default_roof(-30.0, None)):
        assert not roof.clear_w(sky)[sky.elevation_deg < -1].any()
    none = learn_roof(sky, np.full(len(series), np.nan), 47.0, 9_000.0)
    assert (none.scale_w, none.limit_w) == pytest.approx((7_650, 9_000))
    dark = learn_roof(sky, np.zeros(len(series)), 47.0, None)
    assert not dark.clear_w(sky).any()
    dawn = np.full(len(series), np.nan)
    bright = np.flatnonzero(sky.elevation_deg > 20)[:3]
    dawn[bright] = default_roof(47.0, 3_000.0).clear_w(sky)[bright]
    guess = learn_roof(sky, dawn, 47.0, None)
    assert guess.clear_w(sky)[bright] == pytest.approx(dawn[bright], rel=0.01)


@pytest.mark.parametrize("first", [1_745_020_800 // 900, 1_734_220_800 // 900])
def test_a_place_from_its_light(house: Callable[..., Series], zurich: Site, first: int) -> None:
    found = learn_place(house(28, first=first))
    assert found is not None
    assert found.longitude_deg == pytest.approx(zurich.longitude_deg, abs=4)
    assert found.latitude_deg == pytest.approx(zurich.latitude_deg, abs=7)
    # A series by the wall's clock gives a place as far east as its clock is ahead.
    moved = house(28, first=first)
    ahead = learn_place(replace(moved, first_interval=first + 4))
    assert ahead is not None
    assert ahead.longitude_deg == pytest.approx(found.longitude_deg - 15, abs=2)


def test_no_place_without_light() -> None:
    assert learn_place(Series(0, np.ones(960), np.zeros(960))) is None
    assert learn_place(Series(0, np.empty(0), np.empty(0))) is None


def test_new_panels_are_noticed(house: Callable[..., Series], zurich: Site) -> None:
    series = house(60)
    sky = sky_of(series, zurich)
    assert find_growth(series.pv_w, sky.ghi, series.first_interval) == NO_GROWTH
    grown = series.pv_w.copy()
    grown[40 * 96 :] *= 1.8
    found = find_growth(grown, sky.ghi, series.first_interval)
    since = (found.interval - series.first_interval) / 96
    assert 40 <= since <= 44
    assert found.factor == pytest.approx(1.8, rel=0.15)
    even = found.applied(grown, series.first_interval)
    assert even[: 40 * 96].max() == pytest.approx(even[40 * 96 :].max(), rel=0.2)
