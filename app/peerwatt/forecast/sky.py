"""The sun's place and a clear sky's light, by pvlib, on the grid of intervals."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from peerwatt.model.units import INTERVAL_S, INTERVALS_PER_DAY

from .series import Array, Integers

LINKE_TURBIDITY = 3.0
"""A clear mid-European day (Ineichen and Perez, Solar Energy 73(3), 2002)."""

PRESSURE_HPA, AIR_C, DELTA_T_S, REFRACTION_DEG = 1013.25, 12.0, 69.0, 0.5667
ALBEDO = 0.2
EQUINOX_DAY = 80
"""Day of the year: the distance to the sun matters little to how light is split."""

BLOCK = 8 * INTERVALS_PER_DAY
"""Intervals computed, and remembered, at once."""


@dataclass(frozen=True, slots=True)
class Sky:
    """The sun and its light at the middle of intervals."""

    elevation_deg: Array
    """Above the horizon, refraction included."""
    azimuth_deg: Array
    """Clockwise from north."""
    ghi: Array
    """Global horizontal irradiance of a clear sky, W/m2."""
    dni: Array
    dhi: Array

    def part(self, chosen: Integers) -> Sky:
        """Return some of the intervals."""
        fields = (self.elevation_deg, self.azimuth_deg, self.ghi, self.dni, self.dhi)
        return Sky(*(field[chosen] for field in fields))


def clear_sky(
    first_interval: int, count: int, latitude_deg: float, longitude_deg: float, altitude_m: float
) -> Sky:
    """Return the sky of ``count`` intervals; what was asked for before comes from memory."""
    if count <= 0:
        return Sky(*np.empty((5, 0)))
    blocks = range(first_interval // BLOCK, (first_interval + count - 1) // BLOCK + 1)
    place = (round(latitude_deg, 4), round(longitude_deg, 4), round(altitude_m))
    whole = np.concatenate([_block(block, *place) for block in blocks], axis=1)
    begin = first_interval - blocks[0] * BLOCK
    return Sky(*whole[:, begin : begin + count])


@lru_cache(maxsize=128)
def _block(block: int, latitude_deg: float, longitude_deg: float, altitude_m: float) -> Array:
    intervals = np.arange(block * BLOCK, (block + 1) * BLOCK)
    return compute(intervals, latitude_deg, longitude_deg, altitude_m)


def compute(
    intervals: Integers, latitude_deg: float, longitude_deg: float, altitude_m: float
) -> Array:
    """Return [elevation, azimuth, ghi, dni, dhi] of intervals (NREL SPA; Ineichen and Perez)."""
    pv = _pvlib()
    seconds = intervals * float(INTERVAL_S) + INTERVAL_S / 2
    place = (latitude_deg, longitude_deg, altitude_m)
    found = pv.spa.solar_position(
        seconds, *place, PRESSURE_HPA, AIR_C, DELTA_T_S, REFRACTION_DEG, numthreads=1
    )
    zenith, elevation, azimuth = found[0], found[2], found[4]  # the first three: refracted
    relative = pv.atmosphere.get_relative_airmass(zenith)
    airmass = pv.atmosphere.get_absolute_airmass(relative, pv.atmosphere.alt2pres(altitude_m))
    with np.errstate(all="ignore"):  # at night pvlib divides by zero and then hides it
        light = pv.clearsky.ineichen(zenith, airmass, LINKE_TURBIDITY, altitude_m)
    parts = [np.nan_to_num(light[name]) for name in ("ghi", "dni", "dhi")]
    return np.array([elevation, azimuth, *parts])


def _pvlib() -> Any:
    """Late: it takes more than a second, and pandas with it."""
    import pvlib

    return pvlib


def on_planes(sky: Sky, tilt_deg: Array, azimuth_deg: Array) -> Array:
    """Return the irradiance on planes, W/m2, [plane, interval] (isotropic diffuse light)."""
    irradiance = _pvlib().irradiance
    tilt, facing = np.atleast_1d(tilt_deg)[:, None], np.atleast_1d(azimuth_deg)[:, None]
    zenith = 90.0 - sky.elevation_deg
    beam = irradiance.aoi_projection(tilt, facing, zenith, sky.azimuth_deg)
    diffuse = irradiance.isotropic(tilt, sky.dhi)
    ground = irradiance.get_ground_diffuse(tilt, sky.ghi, ALBEDO)
    return np.asarray(sky.dni * np.maximum(beam, 0.0) + diffuse + ground)


def cloudy(sky: Sky, part: Array) -> Sky:
    """Return the sky with a part of the clear global light.

    A dull sky is split into beam and diffuse light by Erbs' correlation (Solar Energy 28(4),
    1982), a clear one as the clear model does, those between in proportion.
    """
    irradiance = _pvlib().irradiance
    ghi, zenith = sky.ghi * part, 90.0 - sky.elevation_deg
    dull = irradiance.erbs(ghi, zenith, EQUINOX_DAY)["dhi"]
    clearness = np.clip((part - 0.5) / 0.5, 0.0, 1.0)
    dhi = np.clip(clearness * sky.dhi * part + (1 - clearness) * dull, 0.0, ghi)
    beam = np.divide(ghi - dhi, sky.ghi - sky.dhi, out=np.zeros_like(ghi), where=sky.ghi > sky.dhi)
    return Sky(sky.elevation_deg, sky.azimuth_deg, ghi, sky.dni * beam, dhi)
