"""Keeps a plan up to date beside the loop: the house never waits for the solver.

At each interval, on events and every few minutes a new plan is asked for. One solving runs at a
time; until it is done, and where it fails or takes too long, the plan before stays in force and
its age is told. Once a plan no longer covers the present, the rules below it decide alone.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace

from peerwatt.history.records import NoticeLevel
from peerwatt.model.ports import Clock
from peerwatt.model.snapshot import Snapshot
from peerwatt.model.units import interval_at

from ..forecasts.present import is_surprise
from .make import Planning
from .prospect import Known, Occasion, Prospect

log = logging.getLogger(__name__)
Say = Callable[[NoticeLevel, str, str], None]

REPLAN_S = 300.0
"""A plan is made anew at each interval's start, on events, and at least this often."""


SLOW_S = 30.0
"""A solving that takes longer, real seconds, is told."""

SURPRISE_GAP_S = 120.0
"""Least time between two plans because the house does otherwise than forecast, seconds."""


class PlanKeeper:
    """Holds the plan in force and has the next one made."""

    def __init__(self, planning: Planning, clock: Clock, say: Say) -> None:
        self.prospect: Prospect | None = None
        self.occasion: Occasion | None = None
        """What the plan in force was made upon."""
        self.solve_ms = 0.0
        self.plans = 0
        self._planning = planning
        self._clock = clock
        self._say = say
        self._task: asyncio.Task[None] | None = None
        self._begun = 0.0
        self._asked = False
        self._tried: tuple[int, Occasion] | None = None
        self._tried_s = float("-inf")
        self._failed = ""

    def ask(self) -> None:
        """Have a plan made as soon as can be: the owner changed something."""
        self._asked = True

    @property
    def busy(self) -> bool:
        """Whether a plan is being made."""
        return self._task is not None and not self._task.done()

    @property
    def waits_s(self) -> float:
        """How long the solving under way has taken, real seconds; 0 without any."""
        return time.monotonic() - self._begun if self.busy else 0.0

    @property
    def sentence(self) -> str:
        """What is to be known of the plan's age; empty where all is well."""
        if self.prospect is None:
            return self._failed
        age_s = self._clock.now_s() - self.prospect.plan.made_s
        if self._failed or self.waits_s > SLOW_S:
            why = self._failed or "The planner takes long."
            return f"{why} The plan of {age_s / 60:.0f} min ago is followed."
        if self.prospect.result.by_rule:
            return "No best plan was found; the house follows simple rules."
        return ""

    def due(self, snapshot: Snapshot, occasion: Occasion, rest_w: float | None) -> bool:
        """Whether a new plan is to be made now."""
        now_s = snapshot.time_s
        if self._asked or self._tried is None:
            return True
        if self._tried != (interval_at(now_s), occasion) or now_s - self._tried_s >= REPLAN_S:
            return True
        return now_s - self._tried_s >= SURPRISE_GAP_S and self.surprised(now_s, rest_w)

    def surprised(self, now_s: float, rest_w: float | None) -> bool:
        """Whether home and sun do clearly otherwise than the plan in force expects."""
        if rest_w is None or self.prospect is None:
            return False
        step = self.prospect.plan.step(interval_at(now_s))
        found = (f for f in self.prospect.forecasts if step and f.interval == step.interval)
        forecast = next(found, None)
        if forecast is None:
            return False
        off_w = rest_w - 4.0 * (forecast.load_wh - forecast.pv_wh)
        return is_surprise(off_w, 4.0 * forecast.sigma_wh)

    async def step(
        self,
        snapshot: Snapshot,
        occasion: Occasion,
        known: Callable[[], Awaitable[Known | None]],
        wait: bool,
    ) -> None:
        """Begin a plan if none is under way; ``wait`` (lock step only) stays until it is there."""
        if not self.busy:
            self._asked = False
            self._tried, self._tried_s = (interval_at(snapshot.time_s), occasion), snapshot.time_s
            self._begun = time.monotonic()
            self._task = asyncio.create_task(self._make(snapshot, occasion, known, not wait))
        if wait and self._task is not None:
            await self._task

    async def _make(
        self,
        snapshot: Snapshot,
        occasion: Occasion,
        known: Callable[[], Awaitable[Known | None]],
        priced: bool,
    ) -> None:
        """Make a plan and, if ``priced``, what overrides cost; a fault leaves the plan before."""
        try:
            found = await known()
            if found is None:
                return
            before = None if self.prospect is None else self.prospect.plan
            prospect = await self._planning.make(snapshot, replace(found, previous=before))
            self.solve_ms = (time.monotonic() - self._begun) * 1000
            self.plans += 1
            self.prospect, self.occasion = self._with_last_costs(prospect), occasion
            self._failed = ""
            if priced:
                self.prospect = await self._planning.with_costs(prospect)
        except Exception:
            log.exception("No plan could be made.")
            self._failed = "The planner failed; see the log."
            self._say(NoticeLevel.WARNING, "plan", self._failed)

    def _with_last_costs(self, prospect: Prospect) -> Prospect:
        """Return a plan with the costs of overrides as they were, until they are known anew."""
        last = self.prospect
        if last is None or last.plan_input.holds != prospect.plan_input.holds:
            return prospect
        return replace(prospect, override_costs=last.override_costs)

    async def close(self) -> None:
        """Let go of a solving that is under way."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
