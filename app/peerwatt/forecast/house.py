"""One house's forecaster: learned from its past, asked for its coming intervals."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from .bands import Bands, Correlation
from .geometry import Roof, learn_roof
from .growth import Growth, find_growth
from .horizons import LEVELS, MAX_STEPS, HorizonModel, Quantiles, predict, train_frame
from .load import LoadFrame
from .place import learn_place
from .series import Array, Series
from .site import Site
from .sky import Sky, clear_sky
from .sun_power import SunFrame
from .weather.blend import SourceSkill, blend, learn_skill, source_power_w
from .weather.forecast import WeatherForecast

PV_CORRELATION = (0.4, 40.0)
LOAD_CORRELATION = (0.4, 13.0)

RECENT = 28 * 96
"""Intervals that a forecast looks back."""

SOMEWHERE = Site(47.0, 8.0)
"""Assumed while neither a site nor any light was seen."""

MAX_PAST_WEATHER = 60


@dataclass(frozen=True, slots=True)
class HouseForecaster:
    """What was learned of one house; immutable."""

    site: Site | None
    place: Site
    """The site, or where the sun says that the house stands."""
    growth: Growth
    roof: Roof
    pv: HorizonModel
    load: HorizonModel
    skill: SourceSkill
    """How far the weather source is trusted."""

    def predict(self, recent: Series, count: int, weather: WeatherForecast | None = None) -> Bands:
        """Return the ``count`` intervals after ``recent`` (its last 28 days are used).

        Finite, never negative; PV is zero while the sun is down. ``recent`` may be empty or
        full of gaps. Raises ValueError if ``count`` is not between 1 and ``MAX_STEPS``.
        """
        pv, load = self.quantiles(recent, count, weather)
        return Bands(
            recent.end, LEVELS, pv.values_w, load.values_w,
            Correlation(*self.pv.correlation), Correlation(*self.load.correlation),
        )  # fmt: skip

    def quantiles(
        self, recent: Series, count: int, weather: WeatherForecast | None = None
    ) -> tuple[Quantiles, Quantiles]:
        """Return (PV, load) with what each simple method says beside."""
        if not 1 <= count <= MAX_STEPS:
            raise ValueError(f"predict: count is {count}; ask for 1 to {MAX_STEPS} steps")
        recent = recent.last(RECENT).cleaned()
        pv_w = self.growth.applied(recent.pv_w, recent.first_interval)
        recent = replace(recent, pv_w=pv_w)
        pv = predict(self.pv, self.sun_frame(recent, count), count)
        load = predict(self.load, _load_frame(recent, self.site, count, weather), count)
        if weather is not None:
            sky = _sky(recent, count, self.place)
            ahead = sky.part(np.arange(len(recent), len(recent) + count))
            pv = blend(pv, weather, ahead, self.roof, recent.end, self.skill)
        return pv, load

    def sun_frame(self, recent: Series, count: int) -> SunFrame:
        """Return a series beside the clear sky over it and ``count`` intervals more."""
        return _sun_frame(recent, _sky(recent, count, self.place), self.roof)


def train(
    history: Series, site: Site | None, past_weather: tuple[WeatherForecast, ...] = ()
) -> HouseForecaster:
    """Learn a house from all that was measured; an empty history gives the priors.

    Without a site, the sun's path is learned from the PV itself. ``past_weather`` are forecasts
    that a weather source gave within the history: how far it is trusted is learned from them.
    """
    history = history.cleaned()
    place = site or learn_place(history) or SOMEWHERE
    sky = _sky(history, 0, place)
    growth = find_growth(history.pv_w, sky.ghi, history.first_interval)
    history = replace(history, pv_w=growth.applied(history.pv_w, history.first_interval))
    rated = None if site is None else site.pv_rated_w
    roof = learn_roof(sky, history.pv_w, place.latitude_deg, rated)
    pv = train_frame(_sun_frame(history, sky, roof), PV_CORRELATION)
    load = train_frame(_load_frame(history, site, 0, None), LOAD_CORRELATION)
    made = HouseForecaster(site, place, growth, roof, pv, load, SourceSkill())
    if not past_weather:
        return made
    return replace(made, skill=_trust(made, history, sky, past_weather))


def _trust(
    made: HouseForecaster, history: Series, sky: Sky, past_weather: tuple[WeatherForecast, ...]
) -> SourceSkill:
    def own_median(position: int, count: int) -> Array:
        seen = history.part(max(position - RECENT, 0), position)
        return predict(made.pv, made.sun_frame(seen, count), count).median_w

    def source(weather: WeatherForecast, position: int, count: int) -> Array:
        above = sky.part(np.arange(position, position + count))
        return source_power_w(weather, above, made.roof, history.first_interval + position)

    newest = past_weather[-MAX_PAST_WEATHER:]
    return learn_skill(newest, history.pv_w, history.first_interval, own_median, source)


def _sky(series: Series, count: int, place: Site) -> Sky:
    return clear_sky(
        series.first_interval, len(series) + count,
        place.latitude_deg, place.longitude_deg, place.altitude_m,
    )  # fmt: skip


def _sun_frame(series: Series, sky: Sky, roof: Roof) -> SunFrame:
    west = -np.sin(np.radians(sky.azimuth_deg))
    return SunFrame(series.pv_w, roof.clear_w(sky), west)


def _load_frame(
    series: Series, site: Site | None, count: int, weather: WeatherForecast | None
) -> LoadFrame:
    future_c = None if weather is None else weather.at("temperature_c", series.end, count)
    return LoadFrame(series, None if site is None else site.timezone, count, future_c)
