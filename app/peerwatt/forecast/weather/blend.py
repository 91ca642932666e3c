"""Blends the house's own PV forecast with a weather source, as far as that deserves it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from ..geometry import Roof
from ..horizons import Quantiles, ordered
from ..series import Array
from ..sky import Sky, cloudy
from .forecast import WeatherForecast

STAGES = (8, 32)
"""Steps ahead at which trust changes: under two hours, under eight, and beyond."""

USUAL_WEIGHT = (0.3, 0.75, 0.9)
USUAL_WIDTH = (0.9, 0.7, 0.6)
WORTH = 300.0
"""Lit intervals that weigh as much as what is usual."""

BIAS_RANGE = (0.5, 1.6)
LIT_W = 20.0


@dataclass(frozen=True, slots=True)
class SourceSkill:
    """How far a source is trusted, by stage."""

    weight: tuple[float, ...] = USUAL_WEIGHT
    """Part of the source in the blend."""
    width: tuple[float, ...] = USUAL_WIDTH
    """Width of the bands against those without the source."""
    bias: tuple[float, ...] = (1.0, 1.0, 1.0)
    """Measured over what the source says."""


def source_power_w(weather: WeatherForecast, sky: Sky, roof: Roof, first_interval: int) -> Array:
    """Return the PV power that a source means, W; NaN where it says nothing.

    A PV forecast is taken as it is; irradiance goes through the learned roof; clouds dim a
    clear sky (Kasten and Czeplak, Solar Energy 24, 1980).
    """
    count = len(sky.ghi)
    power = weather.at("pv_w", first_interval, count)
    if np.isfinite(power).any():
        return power
    clear = _by_period(sky.ghi, first_interval, weather.period)
    told = _by_period(weather.at("ghi_w_m2", first_interval, count), first_interval, weather.period)
    clouds = weather.at("cloud_pct", first_interval, count) / 100
    part = np.where(clear > 1.0, told / np.maximum(clear, 1.0), np.where(told >= 0, 1.0, np.nan))
    part = np.where(np.isfinite(part), part, 1 - 0.75 * clouds**3.4)
    found = cloudy(sky, np.clip(np.nan_to_num(part), 0.0, 1.2))
    return np.where(np.isfinite(part), roof.power_w(sky, roof.light(found)), np.nan)


def _by_period(values: Array, first_interval: int, period: int) -> Array:
    """Return the mean over the source's own periods, at each interval."""
    group = (first_interval + np.arange(len(values))) // period
    group = group - group[0]
    total, count = np.bincount(group, values), np.bincount(group)
    return np.asarray((total / count)[group])


def blend(
    own: Quantiles, weather: WeatherForecast, sky: Sky, roof: Roof, first_interval: int,
    skill: SourceSkill,
) -> Quantiles:  # fmt: skip
    """Return quantiles moved towards the source and narrowed by what it knows."""
    told = source_power_w(weather, sky, roof, first_interval)
    stage = np.searchsorted(STAGES, np.arange(len(told)), side="right")
    source = told * np.array(skill.bias)[stage]
    weight = np.where(np.isfinite(source), np.array(skill.weight)[stage], 0.0)
    width = np.where(np.isfinite(source), np.array(skill.width)[stage], 1.0)
    lit = roof.clear_w(sky) > 0
    median = np.where(lit, own.median_w + weight * (np.nan_to_num(source) - own.median_w), 0.0)
    median = np.clip(median, 0.0, roof.limit_w)
    values = median + (own.values_w - own.median_w) * width * lit
    methods = {**own.methods_w, "weather": np.where(np.isfinite(source), source, own.median_w)}
    return Quantiles(np.minimum(ordered(values, median), roof.limit_w), median, methods)


def learn_skill(
    past: Sequence[WeatherForecast],
    pv_w: Array,
    first_interval: int,
    own_median: Callable[[int, int], Array],
    source: Callable[[WeatherForecast, int, int], Array],
) -> SourceSkill:
    """Learn the trust in a source from its past forecasts.

    ``own_median(position, count)`` is what the house's own model said then, and
    ``source(weather, position, count)`` what the source meant.
    """
    stages: list[list[Array]] = [[], [], []]
    for weather in past:
        position = weather.origin - first_interval
        told = weather.first_interval + len(weather) - weather.origin
        count = min(told, 192, len(pv_w) - position)
        if position <= 0 or count <= 0:
            continue
        truth, own = pv_w[position : position + count], own_median(position, count)
        table = np.array([truth, own, source(weather, position, count)])
        useful = np.isfinite(table).all(axis=0) & (table.max(axis=0) > LIT_W)
        stage = np.searchsorted(STAGES, np.arange(count), side="right")
        for number, rows in enumerate(stages):
            rows.append(table[:, useful & (stage == number)])
    found = [_learn_stage(number, rows) for number, rows in enumerate(stages)]
    weight, width, bias = zip(*found, strict=True)
    return SourceSkill(weight, width, bias)


def _learn_stage(stage: int, tables: list[Array]) -> tuple[float, float, float]:
    """Return (weight, width, bias) with the least absolute error, leaning on what is usual."""
    rows = np.concatenate(tables, axis=1) if tables else np.empty((3, 0))
    trust = rows.shape[1] / (rows.shape[1] + WORTH)
    usual = (USUAL_WEIGHT[stage], USUAL_WIDTH[stage], 1.0)
    if not rows.shape[1] or rows[2].sum() <= 0:
        return usual
    truth, own, told = rows
    bias = 1 + trust * (float(np.clip(truth.sum() / told.sum(), *BIAS_RANGE)) - 1)
    told = told * bias
    shares = np.linspace(0.0, 1.0, 21)
    errors = [float(np.abs(truth - own - share * (told - own)).mean()) for share in shares]
    best = float(shares[int(np.argmin(errors))])
    narrower = min(max(min(errors) / max(errors[0], 1e-9), 0.2), 1.0)
    return (
        usual[0] + trust * (best - usual[0]), usual[1] + trust * (narrower - usual[1]), bias
    )  # fmt: skip
