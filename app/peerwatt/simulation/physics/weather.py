"""Sun and clouds over the street: what a PV array yields at any moment.

pvlib gives the clear sky (Ineichen and Perez 2002) and its transposition to the array's plane
(Hay and Davies 1980), once per day and array on a grid of five minutes. Importing pvlib takes
seconds, so it happens at the first question or in :meth:`Weather.prepare`, off the loop.
"""

from __future__ import annotations

import math
from importlib import import_module
from typing import TYPE_CHECKING, Any

from peerwatt.config.settings import Location

from .clouds import DAY_S, Clouds
from .spec import PvSpec

if TYPE_CHECKING:
    from collections.abc import Sequence

GRID_S = 300
ALTITUDE_M = 400.0
SYSTEM_EFFICIENCY = 0.86
"""Soiling, mismatch, wiring and inverter together (PVWatts default losses of 14 %)."""
TEMPERATURE_COEFFICIENT = -0.0037
"""Power of crystalline silicon per kelvin of cell temperature above 25 degrees."""
CELL_RISE_K_M2_PER_W = 0.028


class Weather:
    """Seeded weather of one place; the same for all houses but for the clouds' travel time."""

    def __init__(self, seed: int, location: Location | None = None) -> None:
        self.location = location or Location()
        self.clouds = Clouds(seed)
        self._sky: dict[int, Any] = {}
        self._arrays: dict[tuple[int, float, float], list[float]] = {}

    def prepare(self, time_s: float, arrays: Sequence[PvSpec]) -> None:
        """Import pvlib and compute the day of ``time_s``. Blocks for seconds the first time."""
        for array in arrays:
            self.clear_power_w(array, time_s)

    def pv_power_w(self, array: PvSpec, time_s: float, lag_s: float = 0.0) -> float:
        """Return what the array could deliver at the AC terminals, W, under the clouds."""
        clear_w = self.clear_power_w(array, time_s)
        return clear_w * self.clouds.factor(time_s - lag_s) if clear_w > 0.0 else 0.0

    def clear_power_w(self, array: PvSpec, time_s: float) -> float:
        """Return what the array could deliver under a clear sky, W."""
        day = int(time_s // DAY_S)
        key = (day, array.tilt_deg, array.azimuth_deg)
        grid = self._arrays.get(key) or self._build_array(key)
        position = (time_s - day * DAY_S) / GRID_S
        index = int(position)
        low = grid[index]
        return array.kwp * (low + (grid[index + 1] - low) * (position - index))

    def _build_array(self, key: tuple[int, float, float]) -> list[float]:
        """Compute one day of one orientation, W per kWp, and forget days gone by."""
        irradiance: Any = import_module("pvlib.irradiance")
        day, tilt_deg, azimuth_deg = key
        sky = self._sky.get(day) or self._build_sky(day)
        position, clear, extra = sky
        plane = irradiance.get_total_irradiance(
            tilt_deg,
            azimuth_deg,
            position["apparent_zenith"],
            position["azimuth"],
            clear["dni"],
            clear["ghi"],
            clear["dhi"],
            dni_extra=extra,
            model="haydavies",
        )["poa_global"]
        self._arrays = {k: g for k, g in self._arrays.items() if abs(k[0] - day) <= 1}
        self._arrays[key] = [
            module_power_w(float(poa), ambient_c(day * DAY_S + i * GRID_S))
            for i, poa in enumerate(plane.fillna(0.0))
        ]
        return self._arrays[key]

    def _build_sky(self, day: int) -> Any:
        """Compute the sun's position and the clear sky of one UTC day."""
        pandas: Any = import_module("pandas")
        irradiance: Any = import_module("pvlib.irradiance")
        place = import_module("pvlib.location").Location(
            self.location.latitude_deg, self.location.longitude_deg, altitude=ALTITUDE_M
        )
        start = pandas.Timestamp(day * DAY_S, unit="s", tz="UTC")
        times = pandas.date_range(start, periods=DAY_S // GRID_S + 1, freq=f"{GRID_S}s")
        position = place.get_solarposition(times)
        clear = place.get_clearsky(times, model="ineichen", solar_position=position)
        extra = irradiance.get_extra_radiation(times)
        self._sky = {d: s for d, s in self._sky.items() if abs(d - day) <= 1}
        self._sky[day] = (position, clear, extra)
        return self._sky[day]


def module_power_w(irradiance_w_m2: float, air_c: float) -> float:
    """Return the AC power of 1 kWp at an irradiance in its plane and an air temperature."""
    cell_c = air_c + CELL_RISE_K_M2_PER_W * irradiance_w_m2
    thermal = 1.0 + TEMPERATURE_COEFFICIENT * (cell_c - 25.0)
    return max(0.0, irradiance_w_m2 * thermal * SYSTEM_EFFICIENCY)


def ambient_c(time_s: float) -> float:
    """Return the air temperature of a typical Swiss lowland day, degrees Celsius."""
    year = math.cos(2 * math.pi * ((time_s / DAY_S - 19) % 365.25) / 365.25)
    hour = math.cos(2 * math.pi * ((time_s % DAY_S) / DAY_S - 14 / 24))
    return 10.0 - 9.5 * year + (3.5 - 1.5 * year) * hour
