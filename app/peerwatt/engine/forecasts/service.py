"""The house's forecasts: learned once a day beside the loop, given out at each interval."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable
from contextlib import suppress

import numpy as np

from peerwatt.config.settings import SiteSettings
from peerwatt.forecast import Now, forecast
from peerwatt.forecast.bands import Bands, Correlation
from peerwatt.forecast.horizons import LEVELS
from peerwatt.forecast.house import HouseForecaster
from peerwatt.forecast.prices import PriceForecast, learn_prices
from peerwatt.forecast.series import Series
from peerwatt.forecast.site import Site
from peerwatt.forecast.weather.forecast import WeatherForecast
from peerwatt.history.facade import History
from peerwatt.history.records import NoticeLevel, StoredModel
from peerwatt.model.market import Clearing, Tariff
from peerwatt.model.plan import IntervalForecast
from peerwatt.model.ports import Clock
from peerwatt.model.readings import InverterReading
from peerwatt.model.snapshot import Snapshot
from peerwatt.model.units import INTERVALS_PER_DAY, interval_at

from ..disk import Disk
from .past import Past
from .present import at_present
from .scores import ScoreKeeper
from .scoring import Issued
from .training import TrainingFault, train_beside
from .weather import WeatherSource

log = logging.getLogger(__name__)
Say = Callable[[NoticeLevel, str, str], None]

RECENT_DAYS = 28
EARLY_INTERVALS = 24
"""On the first days it is learned anew whenever what is known has doubled, at least this."""

RETRY_INTERVALS = 8
MARKET_DAYS = 28


class ForecastService:
    """Holds the forecaster and its newest bands; a forecaster that is missing is no fault."""

    def __init__(
        self, settings: SiteSettings, history: History, disk: Disk, clock: Clock, say: Say
    ) -> None:
        self.past = Past()
        self.bands: Bands | None = None
        """What is expected now, from the running interval on."""
        self.forecaster: HouseForecaster | None = None
        self.learned_from = 0
        self.trained_s: float | None = None
        self.weather = WeatherSource(settings.weather, clock, say)
        self.scores = ScoreKeeper(history, disk)
        self._settings = settings
        self._history = history
        self._disk = disk
        self._clock = clock
        self._say = say
        self._training: asyncio.Task[None] | None = None
        self._tried: int | None = None
        self._given: Bands | None = None
        """The bands as they were made when the interval began."""

    async def load(self) -> None:
        """Take up the past and what was learned of it."""
        await self._read_past()
        await self.scores.load(self._clock.now_s())
        stored = await self._disk.run(self._history.forecasts.model)
        if stored is not None:
            await self._take_stored(stored)

    async def _take_stored(self, stored: StoredModel) -> None:
        from peerwatt.forecast.stored import from_json

        try:
            self.forecaster = await asyncio.to_thread(from_json, stored.body)
        except ValueError as fault:
            log.info("%s", fault)
            return
        self.trained_s, self.learned_from = stored.trained_s, stored.learned_from

    async def _read_past(self) -> None:
        since = self.past.since(interval_at(self._clock.now_s()))
        self.past.take(await self._disk.run(self._history.energy.recent_intervals, since))

    # -- each interval -----------------------------------------------------------------------

    async def refresh(self, snapshot: Snapshot, rest_w: float | None, wait: bool) -> None:
        """Give out the forecasts of the interval that runs; within it, with what surprises.

        ``rest_w`` is home less sun as the control sees it: on the first day it stands for what
        was not metered yet, and single readings jump while the car follows a change.
        ``wait`` (lock step only) stays until a training that is due has ended.
        """
        current = interval_at(snapshot.time_s)
        if self._given is not None and self._given.first_interval == current:
            self.bands = at_present(self._given, *_present_w(snapshot, rest_w))
            return
        await self._read_past()
        self._train_if_due(current, self._site(snapshot))
        if wait and self._training is not None:
            await self._training
        weather = await self.weather.latest()
        self.bands = self._given = await self._predict(snapshot, rest_w, current, weather)
        await self.scores.day_over(current, self.past)

    async def _predict(
        self,
        snapshot: Snapshot,
        rest_w: float | None,
        current: int,
        weather: WeatherForecast | None,
    ) -> Bands:
        count = self._settings.forecast.horizon_h * 4
        home, pv = _present_w(snapshot, rest_w)
        now_w = None if home is None else (home, pv or 0.0)
        made = self.forecaster
        if made is None:
            rows = self.past.recent(current - RECENT_DAYS * INTERVALS_PER_DAY)
            site, now = self._site(snapshot), Now(snapshot.time_s, home, pv)
            return bands_of(await asyncio.to_thread(forecast, rows, now, site, count))
        recent = self.past.series(current, RECENT_DAYS, now_w)
        issued, bands = await asyncio.to_thread(predict, made, recent, count, weather)
        self.scores.issued(issued)
        return bands

    def _site(self, snapshot: Snapshot) -> Site:
        inverters = snapshot.fresh_of(InverterReading)
        rated = sum(i.rated_power_w or 0.0 for i in inverters) or None
        place = self._settings.location
        return Site(place.latitude_deg, place.longitude_deg, rated, place.timezone)

    async def market(
        self, clearings: Iterable[Clearing], tariff: Tariff, first: int, count: int
    ) -> tuple[PriceForecast, ...]:
        """Return what neighbours will trade at in the coming intervals."""
        oldest = first - MARKET_DAYS * INTERVALS_PER_DAY
        recent = [c for c in clearings if c.interval >= oldest]
        if not recent:
            return ()
        zone = self._settings.location.timezone
        return await asyncio.to_thread(_market, recent, zone, tariff, range(first, first + count))

    # -- learning ----------------------------------------------------------------------------

    def _train_if_due(self, current: int, site: Site) -> None:
        if self._training is not None and not self._training.done():
            return
        history = self.past.series(current)
        known = int(np.isfinite(history.load_w).sum())
        if not self._due(current, known):
            return
        self._tried = current
        self._training = asyncio.create_task(self._train(history, site, known))

    def _due(self, current: int, known: int) -> bool:
        if self._tried is not None and current - self._tried < RETRY_INTERVALS:
            return False
        if self.forecaster is None or self.trained_s is None:
            return True
        age = current - interval_at(self.trained_s)
        early = known >= 2 * self.learned_from and known - self.learned_from >= EARLY_INTERVALS
        return age >= INTERVALS_PER_DAY or early

    async def _train(self, history: Series, site: Site, known: int) -> None:
        try:
            made = await train_beside(history, site, self.weather.past)
        except (TrainingFault, OSError) as fault:
            log.warning("The forecasts were not learned anew: %s", fault)
            return
        self.forecaster, self.learned_from = made, known
        self.trained_s = self._clock.now_s()
        from peerwatt.forecast.stored import to_json

        body = await asyncio.to_thread(to_json, made)
        model = StoredModel(self.trained_s, known, body)
        await self._disk.run(self._history.forecasts.put_model, model)

    async def close(self) -> None:
        """End a training that is under way."""
        if self._training is not None:
            self._training.cancel()
            with suppress(asyncio.CancelledError):
                await self._training


def _present_w(snapshot: Snapshot, rest_w: float | None) -> tuple[float | None, float | None]:
    """Return what home and sun do now, W."""
    pv = snapshot.pv_power_w()
    return None if rest_w is None else max(rest_w + (pv or 0.0), 0.0), pv


def predict(
    made: HouseForecaster, recent: Series, count: int, weather: WeatherForecast | None
) -> tuple[Issued, Bands]:
    """Return the coming intervals as given out, with what each simple method says beside."""
    pv, load = made.quantiles(recent, count, weather)
    bands = Bands(
        recent.end,
        LEVELS,
        pv.values_w,
        load.values_w,
        Correlation(*made.pv.correlation),
        Correlation(*made.load.correlation),
    )
    return Issued(recent.end, pv, load), bands


def _market(
    recent: list[Clearing], zone: str, tariff: Tariff, intervals: range
) -> tuple[PriceForecast, ...]:
    return learn_prices(recent, zone).expect(intervals, tariff)


def bands_of(forecasts: tuple[IntervalForecast, ...]) -> Bands:
    """Return simple forecasts as bands: normal errors, half of them the home's."""
    from statistics import NormalDist

    z = np.array([NormalDist().inv_cdf(level) for level in LEVELS])[:, None]
    pv = np.array([f.pv_wh for f in forecasts], float) * 4
    load = np.array([f.load_wh for f in forecasts], float) * 4
    spread = np.array([f.sigma_wh for f in forecasts], float) * 4 / np.sqrt(2)
    light = np.where(pv > 0, spread, 0.0)
    return Bands(
        forecasts[0].interval,
        LEVELS,
        np.maximum(pv + z * light, 0.0),
        np.maximum(load + z * spread, 0.0),
    )
