"""Makes a plan of the coming two days out of forecasts, prices, needs and promises."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from peerwatt.config.settings import SiteSettings
from peerwatt.forecast.bands import WH_PER_W, Bands
from peerwatt.forecast.car import CarHabits
from peerwatt.forecast.hedge import Hedge, hedge
from peerwatt.model.flexibility import Commitment
from peerwatt.model.plan import BatteryState, EvNeed, IntervalForecast
from peerwatt.model.snapshot import Snapshot
from peerwatt.model.units import MICRO, interval_at
from peerwatt.planner.forced import override_costs
from peerwatt.planner.inputs import Hold, PlanInput, PlanResult, ScenarioInput, StepInput
from peerwatt.planner.plan import solve_plan

from .later import later_input
from .needs import Needs
from .prices import priced_steps, shape_of
from .prospect import Known, Prospect, holds
from .runs import runs_of

OVERRIDE_S = 4 * 3600.0
"""How long an override lasts where the owner does not say."""

NOT_TONIGHT_S = 12 * 3600.0
"""How long "Not tonight" holds the car."""


class Planning:
    """Turns a snapshot and what is known into a plan; solving never happens on the loop."""

    def __init__(self, settings: SiteSettings) -> None:
        self._settings = settings
        self._needs = Needs(settings)
        self.next_departure_s = self._needs.next_departure_s
        self.present = self._needs.present
        self.needs = self._needs.cars

    @property
    def horizon(self) -> int:
        """Intervals that are planned ahead."""
        return self._settings.forecast.horizon_h * 4

    def habits(self, habits: CarHabits | None) -> None:
        """Take up what was learned of the car."""
        self._needs.habits = habits

    async def make(self, snapshot: Snapshot, known: Known) -> Prospect:
        """Return a new plan; the solving runs in a thread."""
        needs = self.needs(snapshot)
        return await asyncio.to_thread(self._make, snapshot, known, needs)

    async def with_costs(self, prospect: Prospect) -> Prospect:
        """Return the same plan with what each override would cost; solved in a thread."""
        return await asyncio.to_thread(_with_costs, prospect)

    async def without_commitments(self, prospect: Prospect) -> PlanResult:
        """Return the plan of the same house without any promise."""
        changed = replace(prospect.plan_input, commitments=(), committed_so_far_wh=0)
        return await asyncio.to_thread(solve_plan, changed)

    async def from_interval(
        self, prospect: Prospect, base: PlanResult, first: int, commitment: Commitment | None
    ) -> PlanResult:
        """Return the plan from interval ``first`` on, begun in the state ``base`` leads to.

        What a promise makes possible is judged so: before it is awarded the house does nothing
        for it, and energy must not be bought only to be counted as flexibility.
        """
        changed = later_input(prospect.plan_input, base.plan, first, commitment)
        return await asyncio.to_thread(solve_plan, changed)

    def _make(self, snapshot: Snapshot, known: Known, needs: tuple[EvNeed, ...]) -> Prospect:
        plan_input, forecasts = self._input(snapshot, known, needs)
        return Prospect(solve_plan(plan_input), forecasts, plan_input)

    def _input(
        self, snapshot: Snapshot, known: Known, needs: tuple[EvNeed, ...]
    ) -> tuple[PlanInput, tuple[IntervalForecast, ...]]:
        settings, zone = self._settings, self._settings.location.timezone
        current = interval_at(snapshot.time_s)
        forecasts = tuple(f for f in known.bands.to_forecasts() if f.interval >= current)
        bands = known.bands.after(len(known.bands) - len(forecasts))
        steps = priced_steps(forecasts, known.tariff, settings.tariff, known.prices_micro, zone)
        shape = shape_of(settings.tariff, known.market, steps, known.imported_kwh, known.peak_kw)
        runs = runs_of(settings.appliances, current, len(steps), zone)
        limits: tuple[float | None, ...] = ()
        if known.import_limit_w is not None:
            # Such limits come without an end: an hour is planned for, then seen again.
            limits = (known.import_limit_w,) * 4 + (None,) * (len(steps) - 4)
        battery = self._needs.battery(snapshot)
        kept = _hedge(bands, steps, battery, settings.forecast.scenarios, current)
        plan_input = PlanInput(
            now_s=snapshot.time_s,
            steps=steps,
            battery=battery,
            cars=needs,
            commitments=known.commitments,
            committed_so_far_wh=known.committed_so_far_wh,
            max_import_w=settings.max_import_w,
            max_export_w=settings.tariff.max_export_w,
            wear_micro_per_kwh=settings.battery.wear_micro_per_kwh,
            timezone=zone,
            import_limits_w=limits[: len(steps)],
            sigma_wh=_wh(kept.sigma_w),
            scenarios=tuple(
                ScenarioInput(one.weight, _wh(one.pv_w), _wh(one.load_w)) for one in kept.scenarios
            ),
            previous=known.previous,
            holds=holds(known.overrides, snapshot.time_s),
            shape=replace(shape, runs=runs),
        )
        return plan_input, forecasts


def _hedge(
    bands: Bands, steps: Sequence[StepInput], battery: BatteryState | None, count: int, seed: int
) -> Hedge:
    """Return what is kept ready because the forecasts of these steps err."""
    price = np.array([step.import_price_micro for step in steps], float) / MICRO
    room = 0.0
    if battery is not None:
        room = battery.capacity_wh * (100.0 - battery.reserve_pct) / 100.0
    return hedge(bands, price, room, count, seed)


def _wh(power_w: np.ndarray) -> tuple[int, ...]:
    return tuple(np.maximum(np.round(power_w * WH_PER_W), 0).astype(int).tolist())


def _with_costs(prospect: Prospect) -> Prospect:
    """Price each override by solving the house around it."""
    given = prospect.plan_input
    now_s = given.now_s
    named: dict[str, Hold] = {
        "car now": Hold("car now", now_s + OVERRIDE_S),
        "car pause": Hold("car pause", now_s + OVERRIDE_S),
        "not tonight": Hold("car pause", now_s + NOT_TONIGHT_S),
        "battery hold": Hold("battery hold", now_s + OVERRIDE_S),
        **{f"held {hold.what}": hold for hold in given.holds},
    }
    found = override_costs(given, tuple(named.values()))
    costs = {name: cost for name, (_, cost) in zip(named, found, strict=True) if cost is not None}
    return replace(prospect, override_costs=costs)
