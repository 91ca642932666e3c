"""Forecasts of sun and use for the coming intervals, with their error bands."""

from .persistence import Now, forecast
from .site import Site
from .sun import clear_sky_w_per_m2, sun_elevation_rad

__all__ = ["Now", "Site", "clear_sky_w_per_m2", "forecast", "sun_elevation_rad"]
