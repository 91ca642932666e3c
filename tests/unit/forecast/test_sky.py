"""The sky against pvlib's own high-level interface, and what clouds leave of it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from pvlib.irradiance import get_total_irradiance
from pvlib.location import Location

from peerwatt.forecast.sky import clear_sky, cloudy, on_planes

FIRST = 1_750_377_600 // 900  # 20 June 2025
PLACE = (47.39, 8.05, 400.0)


def test_against_pvlib_location() -> None:
    sky = clear_sky(FIRST + 17, 192, *PLACE)
    when = pd.to_datetime((np.arange(FIRST + 17, FIRST + 209)) * 900 + 450, unit="s", utc=True)
    place = Location(PLACE[0], PLACE[1], altitude=PLACE[2])
    sun = place.get_solarposition(when)
    light = place.get_clearsky(when, linke_turbidity=3.0)
    up = sun["apparent_elevation"].to_numpy() > 0
    assert sky.elevation_deg[up] == pytest.approx(
        sun["apparent_elevation"].to_numpy()[up], abs=0.05
    )
    assert sky.azimuth_deg == pytest.approx(sun["azimuth"].to_numpy(), abs=0.05)
    assert sky.ghi == pytest.approx(light["ghi"].to_numpy(), rel=0.05, abs=8.0)
    theirs = get_total_irradiance(
        30, 200, sun["apparent_zenith"], sun["azimuth"], light["dni"], light["ghi"], light["dhi"],
        albedo=0.2,
    )["poa_global"].to_numpy()  # fmt: skip
    ours = on_planes(sky, np.array([30.0]), np.array([200.0]))[0]
    assert ours[up] == pytest.approx(theirs[up], rel=0.05, abs=8.0)


def test_memory_gives_the_same_for_any_cut() -> None:
    whole = clear_sky(FIRST, 2_000, *PLACE)
    for begin, count in ((0, 1), (767, 3), (1_500, 500)):
        part = clear_sky(FIRST + begin, count, *PLACE)
        np.testing.assert_array_equal(part.ghi, whole.ghi[begin : begin + count])
    assert len(clear_sky(FIRST, 0, *PLACE).ghi) == 0


def test_clouds_take_the_beam_first() -> None:
    sky = clear_sky(FIRST, 96, *PLACE)
    clear, half, dark = (cloudy(sky, np.full(96, part)) for part in (1.0, 0.5, 0.0))
    assert clear.dni == pytest.approx(sky.dni, abs=1e-6)
    assert clear.dhi == pytest.approx(sky.dhi, abs=1e-6)
    noon = int(np.argmax(sky.ghi))
    assert half.ghi[noon] == pytest.approx(sky.ghi[noon] / 2)
    assert half.dni[noon] < 0.35 * sky.dni[noon]
    assert half.dhi[noon] > sky.dhi[noon]
    assert not dark.ghi.any()
    assert not dark.dni.any()
