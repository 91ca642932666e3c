"""A roof's tilt, direction, shading and clipping, learned from what it made."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .series import Array
from .sky import Sky, on_planes

CLEAR_LEVEL = 0.85
"""Quantile of what is made, over what a clear sky would give, that counts as clear."""

LIT_DEG = 5.0
MIN_LIT = 40
"""Lit intervals below which the plane is not learned."""

DEFAULT_TILT_DEG = 20.0
STC_W_PER_M2 = 1000.0
DEFAULT_PERFORMANCE = 0.85
"""Of the rating at 1000 W/m2: heat, wiring and inverter."""

AZIMUTH_BIN_DEG, ELEVATION_BIN_DEG = 15.0, 5.0
SHADE_WORTH = 12.0
"""Clear intervals that weigh as much as the assumption of no shade."""

SHADE_RANGE = (0.05, 1.6)
MIN_CLIPPED = 24
CLIP_BAND = 0.985
MAX_POINTS = 4_000


@dataclass(frozen=True, slots=True)
class Roof:
    """What turns a clear sky into power."""

    tilt_deg: float
    azimuth_deg: float
    """Clockwise from north; where the panels face, or one half of them."""
    opposed: bool
    """Half of the panels face the other way (east and west)."""
    scale_w: float
    """Power per 1000 W/m2 on the plane."""
    limit_w: float
    """The inverter's maximum, or what was never exceeded."""
    clipped: bool
    """Whether the limit was seen to cut the power."""
    shade: Array
    """[azimuth bin, elevation bin]: part of the light that reaches the panels."""

    def light(self, sky: Sky) -> Array:
        """Return the irradiance on the panels under that sky, unshaded, W/m2."""
        return _light(sky, self.tilt_deg, self.azimuth_deg, self.opposed)

    def clear_w(self, sky: Sky) -> Array:
        """Return the power under that sky, shaded and clipped, W."""
        return self.power_w(sky, self.light(sky))

    def power_w(self, sky: Sky, light: Array) -> Array:
        """Return the power, W, from the irradiance on the panels, W/m2."""
        raw = self.scale_w / STC_W_PER_M2 * light * _shade_at(self.shade, sky)
        return np.asarray(np.clip(np.where(sky.elevation_deg > -1.0, raw, 0.0), 0.0, self.limit_w))


def default_roof(latitude_deg: float, rated_w: float | None, seen_w: float = 0.0) -> Roof:
    """Return what is assumed before anything was learned: facing the equator."""
    rated = max(seen_w, 0.0) if rated_w is None else rated_w
    return Roof(
        DEFAULT_TILT_DEG, 180.0 if latitude_deg >= 0 else 0.0, False,
        rated * DEFAULT_PERFORMANCE, rated, False, _no_shade(),
    )  # fmt: skip


def learn_roof(sky: Sky, pv_w: Array, latitude_deg: float, rated_w: float | None) -> Roof:
    """Return the roof that explains the clear hours of a series best (NaN where missing)."""
    lit = np.flatnonzero(np.isfinite(pv_w) & (sky.elevation_deg > LIT_DEG))
    seen = float(np.nanmax(pv_w)) if np.isfinite(pv_w).any() else 0.0
    if len(lit) < MIN_LIT or seen <= 0.0:
        return _first_guess(sky, pv_w, latitude_deg, rated_w)
    made, above = pv_w[lit], sky.part(lit)
    limit, clipped = _limit(made, rated_w)
    free = np.flatnonzero(made < CLIP_BAND * limit) if clipped else np.arange(len(made))
    if len(free) < MIN_LIT:
        free = np.arange(len(made))
    stride = max(len(free) // MAX_POINTS, 1)
    free = free[::stride]
    tilt, azimuth, opposed = _best_plane(above.part(free), made[free], latitude_deg)
    light = _light(above, tilt, azimuth, opposed)
    scale = _scale(made[free], light[free])
    if rated_w is None and not clipped:
        limit = max(limit, scale * STC_W_PER_M2)  # the brightest season may be still to come
    shade = _learn_shade(above.part(free), made[free] / np.maximum(scale * light[free], 1e-9))
    return Roof(tilt, azimuth, opposed, scale * STC_W_PER_M2, limit, clipped, shade)


def _first_guess(sky: Sky, pv_w: Array, latitude_deg: float, rated_w: float | None) -> Roof:
    """Scale the default roof to the brightest that was seen."""
    roof = default_roof(latitude_deg, rated_w)
    if rated_w is not None:
        return roof
    known = np.isfinite(pv_w) & (sky.elevation_deg > LIT_DEG)
    if not known.any():
        return roof
    light = _light(sky, roof.tilt_deg, roof.azimuth_deg, False)
    scale = float((pv_w[known] / light[known]).max()) * STC_W_PER_M2
    return Roof(roof.tilt_deg, roof.azimuth_deg, False, scale, 1.1 * scale, False, roof.shade)


def _light(sky: Sky, tilt_deg: float, azimuth_deg: float, opposed: bool) -> Array:
    facing = [azimuth_deg, azimuth_deg + 180.0] if opposed else [azimuth_deg]
    planes = on_planes(sky, np.full(len(facing), tilt_deg), np.array(facing))
    return np.asarray(planes.mean(axis=0))


def _limit(made: Array, rated_w: float | None) -> tuple[float, bool]:
    """Return the greatest power and whether many intervals stand just at it."""
    top = float(np.quantile(made, 0.999))
    near = int(np.count_nonzero(made >= CLIP_BAND * top))
    below = int(np.count_nonzero((made >= (2 * CLIP_BAND - 1) * top) & (made < CLIP_BAND * top)))
    if near >= MIN_CLIPPED and near > 4 * max(below, 1):
        return top * 1.005, True
    highest = 1.05 * float(made.max())
    return (highest if rated_w is None else max(min(rated_w, 2 * highest), highest)), False


def _best_plane(sky: Sky, made: Array, latitude_deg: float) -> tuple[float, float, bool]:
    """Search coarsely, then finely around the best; panels facing both ways are tried too."""
    middle = 180.0 if latitude_deg >= 0 else 0.0
    tilts, turns = np.arange(0.0, 61.0, 15.0), np.arange(-120.0, 121.0, 30.0)
    grid = [(t, middle + a, False) for t in tilts for a in turns if t > 0 or a == 0]
    grid += [(t, middle + a, True) for t in tilts[1:] for a in (-120.0, -90.0, -60.0)]
    best = min(grid, key=lambda plane: _misfit(sky, made, *plane))
    for step in (5.0,):
        around = [
            (min(max(best[0] + dt, 0.0), 90.0), best[1] + da, best[2])
            for dt in (-2 * step, -step, 0.0, step, 2 * step)
            for da in (-2 * step, 0.0, 2 * step)
        ]
        best = min(around, key=lambda plane: _misfit(sky, made, *plane))
    return float(best[0]), float(best[1] % 360.0), bool(best[2])


def _misfit(sky: Sky, made: Array, tilt: float, azimuth: float, opposed: bool) -> float:
    """Return the pinball loss of the clear power at its best scale, W."""
    light = _light(sky, tilt, azimuth, opposed)
    error = made - _scale(made, light) * light
    return float(np.where(error > 0, CLEAR_LEVEL * error, (CLEAR_LEVEL - 1) * error).mean())


def _scale(made: Array, light: Array) -> float:
    """Return the W per W/m2 that minimise the pinball loss: a weighted quantile of the ratio."""
    ratio = made / np.maximum(light, 1e-9)
    order = np.argsort(ratio)
    weight = np.cumsum(light[order])
    return float(ratio[order][np.searchsorted(weight, CLEAR_LEVEL * weight[-1])])


def _no_shade() -> Array:
    return np.ones((round(360 / AZIMUTH_BIN_DEG), round(90 / ELEVATION_BIN_DEG)))


def _learn_shade(sky: Sky, ratio: Array) -> Array:
    """Return the upper quantile of made over expected where the sun stood, near 1 if rarely."""
    shade = _no_shade()
    column, row = (np.floor(c).astype(int) for c in _bins(sky))
    column %= shade.shape[0]
    row = np.clip(row, 0, shade.shape[1] - 1)
    cell = column * shade.shape[1] + row
    order = np.lexsort((ratio, cell))
    cells, begins, counts = np.unique(cell[order], return_index=True, return_counts=True)
    ordered = ratio[order]
    for one, begin, count in zip(cells, begins, counts, strict=True):
        high = float(np.quantile(ordered[begin : begin + count], CLEAR_LEVEL))
        mixed = (high * count + SHADE_WORTH) / (count + SHADE_WORTH)
        shade[one // shade.shape[1], one % shade.shape[1]] = mixed
    return np.clip(shade, *SHADE_RANGE)


def _bins(sky: Sky) -> tuple[Array, Array]:
    return sky.azimuth_deg / AZIMUTH_BIN_DEG, np.maximum(sky.elevation_deg, 0) / ELEVATION_BIN_DEG


def _shade_at(shade: Array, sky: Sky) -> Array:
    """Interpolate between the middles of the bins."""
    across, up = _bins(sky)
    across, up = across - 0.5, np.clip(up - 0.5, 0, shade.shape[1] - 1.001)
    left, below = np.floor(across).astype(int), np.floor(up).astype(int)
    a, b = across - left, up - below
    turn = shade.shape[0]
    near = shade[left % turn, below] * (1 - b) + shade[left % turn, below + 1] * b
    far = shade[(left + 1) % turn, below] * (1 - b) + shade[(left + 1) % turn, below + 1] * b
    return np.asarray(near * (1 - a) + far * a)
