"""The weather source of the settings, a file or an address; none is the usual case."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from peerwatt.config.settings import WeatherSettings
from peerwatt.forecast.weather.forecast import WeatherFault, WeatherForecast
from peerwatt.forecast.weather.formats import read_file
from peerwatt.forecast.weather.http import HttpSource
from peerwatt.history.records import NoticeLevel
from peerwatt.model.ports import Clock
from peerwatt.model.units import interval_at

Say = Callable[[NoticeLevel, str, str], None]
MAX_PAST = 60
EVERY_INTERVALS = 24
"""Forecasts this far apart are kept, to learn from how far the source can be trusted."""

MAX_AGE_INTERVALS = 96


class WeatherSource:
    """Gives the newest forecast of the weather; what is wrong with a source is told once."""

    def __init__(self, settings: WeatherSettings, clock: Clock, say: Say) -> None:
        self.past: tuple[WeatherForecast, ...] = ()
        self.sentence = ""
        self._settings = settings
        self._clock = clock
        self._say = say
        self._read: tuple[float, WeatherForecast] | None = None
        self._http: HttpSource | None = None
        if settings.url:
            try:
                self._http = HttpSource(settings.url, clock, settings.pause_s)
            except WeatherFault as fault:
                self._told(str(fault))

    async def latest(self) -> WeatherForecast | None:
        """Return the newest forecast; ``None`` without a source, or while it has none."""
        found = None
        if self._settings.file is not None:
            found = await asyncio.to_thread(self._from_file, self._settings.file)
        elif self._http is not None:
            found = await self._http.latest()
            self._told(self._http.state.fault or "")
        if found is not None:
            self._keep(found)
        return found

    def _from_file(self, path: Path) -> WeatherForecast | None:
        try:
            changed = path.stat().st_mtime
            if self._read is None or self._read[0] != changed:
                made = interval_at(self._clock.now_s())
                self._read = (changed, replace(read_file(path), made_interval=made))
        except OSError:
            self._told(f"The weather file {path} cannot be read; check its path.")
            return None
        except WeatherFault as fault:
            self._told(str(fault))
            return None
        self._told("")
        found = self._read[1]
        old = interval_at(self._clock.now_s()) - found.origin > MAX_AGE_INTERVALS
        return None if old else found

    def _told(self, sentence: str) -> None:
        if sentence and sentence != self.sentence:
            self._say(NoticeLevel.WARNING, "weather", sentence)
        self.sentence = sentence

    def _keep(self, found: WeatherForecast) -> None:
        if not self.past or found.origin - self.past[-1].origin >= EVERY_INTERVALS:
            self.past = (*self.past, found)[-MAX_PAST:]
