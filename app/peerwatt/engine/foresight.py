"""Forecasts and plans of the house in one place: when they are due, and what they are made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from peerwatt.config.clock import DrivenClock
from peerwatt.model.market import Tariff
from peerwatt.model.plan import IntervalEnergy
from peerwatt.model.snapshot import Snapshot
from peerwatt.model.units import INTERVALS_PER_DAY, interval_at

from .dynamic_prices import DynamicPrices
from .forecasts import ForecastService
from .month import month_so_far
from .planning import Known, Occasion, PlanKeeper, Planning, Prospect
from .visits import Visits

if TYPE_CHECKING:
    from .house import HouseEngine

PAST_DAYS = 8
"""Days that baselines look back."""


@dataclass(slots=True)
class Foresight:
    """What the house expects and means to do."""

    forecasts: ForecastService
    planning: Planning
    keeper: PlanKeeper
    prices: DynamicPrices
    visits: Visits

    @property
    def prospect(self) -> Prospect | None:
        """The plan in force, with what it was made from."""
        return self.keeper.prospect

    async def load(self) -> None:
        """Take up what earlier runs learned."""
        await self.forecasts.load()
        await self.visits.load()
        self.planning.habits(self.visits.habits)

    def past(self, now_s: float) -> list[IntervalEnergy]:
        """Return what was measured in the last days."""
        since = interval_at(now_s) - INTERVALS_PER_DAY * PAST_DAYS
        return self.forecasts.past.recent(since)

    async def step(self, house: HouseEngine) -> None:
        """Have a plan made where one is due; only a clock driven in lock step waits for it."""
        snapshot = house.control.snapshot
        facts = house.chain.facts if house.chain is not None else None
        if snapshot is None:
            return
        if await self.visits.seen(snapshot):
            self.planning.habits(self.visits.habits)
        if facts is None or snapshot.grid_power_w() is None:
            return
        await self.prices.refresh()
        occasion = self._occasion(house, snapshot, facts.tariff)
        if not self.keeper.due(snapshot, occasion, house.control.rest_w):
            return
        wait = isinstance(house.clock, DrivenClock) and house.speed == 0
        tariff = facts.tariff

        async def known() -> Known | None:
            return await self._known(house, snapshot, tariff, wait)

        await self.keeper.step(snapshot, occasion, known, wait)

    def _occasion(self, house: HouseEngine, snapshot: Snapshot, tariff: Tariff) -> Occasion:
        commitments = house.flex.commitments() if house.flex is not None else ()
        return Occasion(
            tuple(c.request_id for c in commitments),
            self.planning.present(snapshot),
            hash((tariff, self.prices.version)),
            house.import_limit_w,
        )

    async def _known(
        self, house: HouseEngine, snapshot: Snapshot, tariff: Tariff, wait: bool
    ) -> Known | None:
        """Gather what a plan is made from; off the cycle's way."""
        await self.forecasts.refresh(snapshot, house.control.rest_w, wait)
        bands = self.forecasts.bands
        if bands is None:
            return None
        current = interval_at(snapshot.time_s)
        commitments = house.flex.commitments() if house.flex is not None else ()
        so_far = 0
        if commitments and commitments[0].first_interval <= current:
            so_far = house.control.net_import_since(commitments[0].first_interval) or 0
        clearings = tuple(house.chain.clearings.values()) if house.chain is not None else ()
        market = await self.forecasts.market(clearings, tariff, current, len(bands))
        zone = house.settings.location.timezone
        month = month_so_far(self.forecasts.past, snapshot.time_s, zone)
        return Known(
            bands=bands,
            tariff=tariff,
            market=market,
            prices_micro=self.prices.by_interval,
            commitments=commitments,
            committed_so_far_wh=so_far,
            overrides=house.overrides,
            import_limit_w=house.import_limit_w,
            imported_kwh=month.imported_kwh,
            peak_kw=month.peak_kw,
        )

    async def close(self) -> None:
        """End what is under way."""
        await self.keeper.close()
        await self.forecasts.close()
