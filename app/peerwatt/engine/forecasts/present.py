"""What is drawn now inside the forecast of the running interval and of those that follow."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from peerwatt.forecast.bands import Bands, Correlation
from peerwatt.forecast.hedge import sigma_w
from peerwatt.forecast.series import Array

SURPRISE_SIGMA, SURPRISE_W = 2.5, 800.0
"""Home less sun this far from its forecast is an event: in sigmas, and at least in watts."""

BRIGHTEST = 3.0
"""Most that the sun may exceed its forecast by, as a factor of it."""


def is_surprise(off_w: float, sigma: float) -> bool:
    """Whether home less sun does clearly otherwise than forecast, W."""
    return abs(off_w) > max(SURPRISE_W, SURPRISE_SIGMA * sigma)


def at_present(bands: Bands, home_w: float | None, pv_w: float | None) -> Bands:
    """Return bands that begin with the present powers, where these are a surprise.

    The running interval takes the present error whole, later ones as much of it as errors last:
    watts of the home, but a share of the sun, which clouds take or leave.
    Smaller deviations are left: a reading is not a quarter-hour.
    """
    if home_w is None or not len(bands):
        return bands
    sun = bands.pv_mean_w[0] if pv_w is None else pv_w
    load_off, pv_off = home_w - bands.load_mean_w[0], sun - bands.pv_mean_w[0]
    if not is_surprise(float(load_off - pv_off), float(sigma_w(bands)[0])):
        return bands
    shading = 1.0
    if bands.pv_mean_w[0] > 0:
        shading = min(float(sun / bands.pv_mean_w[0]), BRIGHTEST)
    load = bands.load_w + load_off * _fading(bands.load_correlation, len(bands))
    part = 1.0 + (shading - 1.0) * _fading(bands.pv_correlation, len(bands))
    return replace(bands, load_w=np.maximum(load, 0.0), pv_w=bands.pv_w * part)


def _fading(correlation: Correlation, count: int) -> Array:
    """Return the part of the present error that each step is expected to have."""
    part = (1.0 - correlation.nugget) * np.exp(-np.arange(count) / max(correlation.time, 1e-6))
    part[0] = 1.0
    return np.asarray(part)
