"""Where the sun stands and how strong a clear sky is: enough to shape a PV forecast."""

from __future__ import annotations

import math
from functools import lru_cache

from peerwatt.model.units import INTERVAL_S, interval_start_s


def sun_elevation_rad(time_s: float, latitude_deg: float, longitude_deg: float) -> float:
    """Return the elevation of the sun above the horizon, radians (negative at night).

    Astronomical Almanac's low-precision formulas (Michalsky, Solar Energy 40(3), 1988): better
    than 0.1 degrees until 2050, without refraction.
    """
    days = time_s / 86_400.0 + 2_440_587.5 - 2_451_545.0
    mean_longitude = math.radians((280.460 + 0.9856474 * days) % 360.0)
    anomaly = math.radians((357.528 + 0.9856003 * days) % 360.0)
    ecliptic = mean_longitude + math.radians(
        1.915 * math.sin(anomaly) + 0.020 * math.sin(2 * anomaly)
    )
    obliquity = math.radians(23.439 - 0.0000004 * days)
    declination = math.asin(math.sin(obliquity) * math.sin(ecliptic))
    ascension = math.atan2(math.cos(obliquity) * math.sin(ecliptic), math.cos(ecliptic))
    sidereal_h = 6.697375 + 0.0657098242 * days + (time_s % 86_400.0) / 3600.0
    hour_angle = math.radians((15.0 * sidereal_h + longitude_deg) % 360.0) - ascension
    latitude = math.radians(latitude_deg)
    return math.asin(
        math.sin(declination) * math.sin(latitude)
        + math.cos(declination) * math.cos(latitude) * math.cos(hour_angle)
    )


def clear_sky_w_per_m2(elevation_rad: float) -> float:
    """Return global horizontal irradiance under a clear sky, W/m2.

    Haurwitz, Journal of Meteorology 2, 1945: 1098 cos z exp(-0.057 / cos z).
    """
    sine = math.sin(elevation_rad)
    if sine <= 0.0:
        return 0.0
    return 1098.0 * sine * math.exp(-0.057 / sine)


@lru_cache(maxsize=8192)
def interval_shape(interval: int, latitude_deg: float, longitude_deg: float) -> float:
    """Return the mean clear-sky irradiance of an interval, W/m2, from three instants."""
    start = interval_start_s(interval)
    return (
        sum(
            clear_sky_w_per_m2(
                sun_elevation_rad(start + share * INTERVAL_S, latitude_deg, longitude_deg)
            )
            for share in (1 / 6, 3 / 6, 5 / 6)
        )
        / 3
    )
