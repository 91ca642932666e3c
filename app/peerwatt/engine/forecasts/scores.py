"""Keeps the forecasts of the last days until they can be judged, and the judgements."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import asdict
from datetime import UTC, datetime, timedelta

from peerwatt.forecast.score import Score, together
from peerwatt.history.facade import History
from peerwatt.history.records import ForecastScore
from peerwatt.model.units import INTERVALS_PER_DAY, interval_start_s

from ..disk import Disk
from .past import Past
from .scoring import Issued, score_day

EVERY = 4
"""Intervals between two forecasts that are kept for judging."""

SHOWN_DAYS = 14


class ScoreKeeper:
    """Judges each UTC day's forecasts once their first day has passed."""

    def __init__(self, history: History, disk: Disk) -> None:
        self.days: tuple[ForecastScore, ...] = ()
        """Scores of the last two weeks."""
        self.so_far: tuple[Score, ...] = ()
        """Scores of what was not judged for good yet."""
        self._history = history
        self._disk = disk
        self._issued: dict[int, Issued] = {}

    async def load(self, now_s: float) -> None:
        """Read the scores of the last two weeks."""
        since = datetime.fromtimestamp(now_s, UTC).date() - timedelta(days=SHOWN_DAYS)
        self.days = tuple(await self._disk.run(self._history.forecasts.scores, since.isoformat()))

    def issued(self, one: Issued) -> None:
        """Note a forecast that was given out."""
        if one.first_interval % EVERY == 0:
            self._issued[one.first_interval] = one

    async def day_over(self, current: int, past: Past) -> None:
        """Judge what can be judged: once an hour for the screen, each day for good."""
        if current % EVERY or not self._issued:
            return
        measured = past.series(current, 4)
        pending = dict(self._issued)
        self.so_far = await asyncio.to_thread(score_day, pending, measured)
        for day in sorted({_day(first) for first in pending}):
            ripe = {first: one for first, one in pending.items() if _day(first) == day}
            # Its last forecast has seen its whole first day.
            if (day + 2) * INTERVALS_PER_DAY <= current:
                scores = await asyncio.to_thread(score_day, ripe, measured)
                await self._keep(day, scores)
                for first in ripe:
                    del self._issued[first]

    async def _keep(self, day: int, scores: Iterable[Score]) -> None:
        date = datetime.fromtimestamp(interval_start_s(day * INTERVALS_PER_DAY), UTC).date()
        rows = [ForecastScore(date.isoformat(), **asdict(one)) for one in scores]
        await self._disk.run(self._history.forecasts.put_scores, rows)
        oldest = (date - timedelta(days=SHOWN_DAYS)).isoformat()
        kept = [row for row in self.days if oldest <= row.day != date.isoformat()]
        self.days = (*kept, *rows)

    def shown(self) -> tuple[Score, ...]:
        """Return one score for each quantity, method and stage over what is known."""
        stored = [
            Score(
                row.quantity, row.method, row.stage, row.count,
                row.mae_w, row.bias_w, row.crps_w, row.coverage,
            )
            for row in self.days
        ]  # fmt: skip
        return together([*stored, *self.so_far])


def _day(interval: int) -> int:
    return interval // INTERVALS_PER_DAY
