"""Where a house stands, from when its panels begin and end their day."""

from __future__ import annotations

import math

import numpy as np

from peerwatt.model.units import INTERVAL_S, INTERVALS_PER_DAY

from .series import Array, Series
from .site import Site
from .sun import sun_elevation_rad

MIN_DAYS = 2
LIGHT_PART = 0.003
"""Part of the greatest power that counts as light."""

FIRST_LIGHT_DEG = 3.0
"""Elevation at which panels usually begin to make power."""

LATITUDES_DEG = np.arange(-60.0, 66.0, 1.0)
USUAL_LATITUDE_DEG = 47.0
LATITUDE_WORTH = 0.002
"""How much a degree away from the usual latitude weighs, in (hours of day length)²."""


def learn_place(series: Series) -> Site | None:
    """Return where the sun rises and sets as the panels say; ``None`` with too little light.

    The longitude belongs to the clock of the series: one in local time gives a place shifted
    by the zone's offset, at which the sun stands the same. The latitude is rough (a few degrees).
    """
    days = _light_days(series)
    if len(days) < MIN_DAYS:
        return None
    begins, ends = days.T
    noon = float(np.median((begins + ends) / 2 % INTERVALS_PER_DAY))
    middle = (begins + ends) / 2
    lengths_h = (ends - begins) / 4
    longitude = _longitude(noon, float(np.median(middle)))
    declination = np.array([_declination(float(noon_at) * INTERVAL_S) for noon_at in middle])
    best = min(LATITUDES_DEG, key=lambda lat: _misfit(float(lat), declination, lengths_h))
    return Site(float(best), longitude)


def _light_days(series: Series) -> Array:
    """Return [day, (first, last)]: the intervals, as positions in time, that had light."""
    pv = series.pv_w
    known = pv[np.isfinite(pv)]
    if not len(known) or known.max() <= 0:
        return np.empty((0, 2))
    lit = np.flatnonzero(np.nan_to_num(pv) > LIGHT_PART * known.max())
    # Nights part the days, whatever the clock says.
    parts = np.split(lit, np.flatnonzero(np.diff(lit) > 12) + 1)
    whole = [
        (part[0], part[-1] + 1.0)
        for part in parts
        if len(part) >= 12
        and part[0] >= 12
        and part[-1] < len(pv) - 12
        and np.isfinite(pv[part[0] - 12 : part[-1] + 13]).all()
    ]
    return np.array(whole, dtype=np.float64).reshape(-1, 2) + series.first_interval


def _longitude(noon_slot: float, middle_interval: float) -> float:
    """Return the longitude at which the sun is highest at that slot of the clock's day."""
    day = middle_interval // INTERVALS_PER_DAY
    slots = np.arange(0, INTERVALS_PER_DAY, 0.25)
    heights = [
        sun_elevation_rad((day * INTERVALS_PER_DAY + s) * INTERVAL_S, 0.0, 0.0) for s in slots
    ]
    at_zero = float(slots[int(np.argmax(heights))])
    turn = (at_zero - noon_slot) * 360 / INTERVALS_PER_DAY
    return float((turn + 180) % 360 - 180)


def _misfit(latitude: float, declination: Array, lengths_h: Array) -> float:
    """Return the mean squared error of the day's length, and a little for being unusual."""
    # Bright days tell the light's length; dull ones begin late.
    error = lengths_h - _day_lengths_h(latitude, declination)
    weighed = np.where(error > 0, error**2 * 3, error**2)
    return float(weighed.mean()) + LATITUDE_WORTH * (abs(latitude) - USUAL_LATITUDE_DEG) ** 2


def _day_lengths_h(latitude: float, declination: Array) -> Array:
    """Return the hours that the sun is above first light."""
    phi = math.radians(latitude)
    least = math.sin(math.radians(FIRST_LIGHT_DEG))
    cosine = (least - math.sin(phi) * np.sin(declination)) / (math.cos(phi) * np.cos(declination))
    return np.asarray(24 / math.pi * np.arccos(np.clip(cosine, -1.0, 1.0)))


def _declination(time_s: float) -> float:
    """Return the sun's declination, rad: its height at the pole."""
    return sun_elevation_rad(time_s, 90.0, 0.0)
