"""Makes forecasts and plans off the loop: every interval, and when something changes them."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from peerwatt.config.settings import OcppDevice, SiteSettings
from peerwatt.forecast import Now, Site, forecast
from peerwatt.market.outlook import Outlook, outlook
from peerwatt.model.flexibility import Commitment
from peerwatt.model.market import Clearing, Tariff
from peerwatt.model.plan import (
    BatteryState,
    EvNeed,
    IntervalEnergy,
    IntervalForecast,
    Plan,
    PlanStep,
)
from peerwatt.model.readings import BatteryReading, ChargerReading, InverterReading
from peerwatt.model.snapshot import Snapshot
from peerwatt.model.units import INTERVAL_S, interval_start_s
from peerwatt.planner.inputs import PlanInput, PlanResult, StepInput, steps_at_tariff
from peerwatt.planner.plan import solve_plan

HORIZON = 96
"""Intervals planned ahead: one day."""

REPLAN_S = 300.0
"""A plan is made anew at each interval's start, on events, and at least this often."""

EFFICIENCY_ONE_WAY = 0.95
DEFAULT_CAPACITY_WH = 10_000
DEFAULT_BATTERY_W = 5_000.0
FULL_SOC_PCT = 80.0
"""Charge the car is meant to reach where it tells its own."""

CAR_CAPACITY_WH = 60_000


@dataclass(frozen=True, slots=True)
class Prospect:
    """A plan with what it was made from."""

    result: PlanResult
    forecasts: tuple[IntervalForecast, ...]
    plan_input: PlanInput

    @property
    def plan(self) -> Plan:
        """The plan itself."""
        return self.result.plan


@dataclass(frozen=True, slots=True)
class Known:
    """What a plan is made from besides the snapshot."""

    history: Sequence[IntervalEnergy]
    clearings: Sequence[Clearing]
    tariff: Tariff
    commitments: tuple[Commitment, ...] = ()
    committed_so_far_wh: int = 0


class Planning:
    """Turns a snapshot and the past into a plan of the next day."""

    def __init__(self, settings: SiteSettings) -> None:
        self._settings = settings
        self._zone = ZoneInfo(settings.location.timezone)
        self._session: dict[str, int] = {}
        """Charger -> its energy register when the car was plugged in."""

    async def make(self, snapshot: Snapshot, known: Known) -> Prospect:
        """Return a new plan; the solving runs in a thread."""
        needs = self.needs(snapshot)
        return await asyncio.to_thread(self._make, snapshot, known, needs)

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
        inverters = snapshot.fresh_of(InverterReading)
        location = self._settings.location
        rated = sum(i.rated_power_w or 0.0 for i in inverters) or None
        forecasts = forecast(
            known.history,
            Now(snapshot.time_s, snapshot.home_power_w(), snapshot.pv_power_w()),
            Site(location.latitude_deg, location.longitude_deg, rated),
            HORIZON,
        )
        expected = outlook(known.clearings, [f.interval for f in forecasts], known.tariff)
        plan_input = PlanInput(
            now_s=snapshot.time_s,
            steps=_with_market(steps_at_tariff(forecasts, known.tariff), expected),
            battery=self._battery(snapshot),
            cars=needs,
            commitments=known.commitments,
            committed_so_far_wh=known.committed_so_far_wh,
            max_import_w=self._settings.max_import_w,
            timezone=location.timezone,
        )
        return Prospect(solve_plan(plan_input), forecasts, plan_input)

    def _battery(self, snapshot: Snapshot) -> BatteryState | None:
        found = snapshot.fresh_of(BatteryReading)
        if not found or found[0].soc_pct is None:
            return None
        reading = found[0]
        return BatteryState(
            device_id=reading.device_id,
            capacity_wh=reading.capacity_wh or DEFAULT_CAPACITY_WH,
            soc_pct=found[0].soc_pct or 0.0,
            reserve_pct=self._settings.battery.reserve_pct,
            max_charge_w=reading.max_charge_w or DEFAULT_BATTERY_W,
            max_discharge_w=reading.max_discharge_w or DEFAULT_BATTERY_W,
            efficiency_one_way=EFFICIENCY_ONE_WAY,
        )

    def present(self, snapshot: Snapshot) -> tuple[str, ...]:
        """Return the chargers at which a car stands."""
        readings = snapshot.fresh_of(ChargerReading)
        return tuple(reading.device_id for reading in readings if reading.car_present)

    def needs(self, snapshot: Snapshot) -> tuple[EvNeed, ...]:
        """Return what the cars that are plugged in still need, by their departure."""
        chargers = {d.device_id: d for d in self._settings.devices if isinstance(d, OcppDevice)}
        found = []
        for reading in snapshot.fresh_of(ChargerReading):
            device = chargers.get(reading.device_id)
            if not reading.car_present or device is None:
                self._session.pop(reading.device_id, None)
                continue
            energy = self._missing_wh(reading)
            if energy <= 0:
                continue
            per_ampere = device.phases * device.voltage_v
            found.append(
                EvNeed(
                    reading.device_id,
                    energy,
                    self.next_departure_s(snapshot.time_s),
                    device.max_current_a * per_ampere,
                    device.min_current_a * per_ampere,
                )
            )
        return tuple(found)

    def _missing_wh(self, reading: ChargerReading) -> int:
        """Energy up to the wished charge, or up to the wished energy of this plug-in."""
        if reading.soc_pct is not None:
            return round((FULL_SOC_PCT - reading.soc_pct) / 100 * CAR_CAPACITY_WH)
        if reading.energy_wh is None:
            return self._settings.car.target_energy_wh
        begun = self._session.setdefault(reading.device_id, reading.energy_wh)
        return self._settings.car.target_energy_wh - (reading.energy_wh - begun)

    def next_departure_s(self, now_s: float) -> float:
        """Return the next time at which the car must be ready (local time of the settings)."""
        hour, minute = (int(part) for part in self._settings.car.ready_by_local.split(":"))
        now = datetime.fromtimestamp(now_s, self._zone)
        ready = now.replace(hour=hour, minute=minute, second=0, microsecond=0)
        return (ready if ready > now else ready + timedelta(days=1)).timestamp()


def later_input(
    plan_input: PlanInput, base: Plan, first: int, commitment: Commitment | None
) -> PlanInput:
    """Return a plan's input as it will be when ``first`` begins, if all goes as ``base`` says."""
    before = [step for step in base.steps if step.interval < first]
    if not before:
        return replace(plan_input, commitments=(commitment,) if commitment else ())
    battery = plan_input.battery
    soc_pct = before[-1].soc_pct
    if battery is not None and soc_pct is not None:
        battery = replace(battery, soc_pct=soc_pct)
    charged = sum(_planned_wh(step, plan_input.now_s) for step in before)
    return replace(
        plan_input,
        now_s=float(interval_start_s(first)),
        steps=tuple(step for step in plan_input.steps if step.interval >= first),
        battery=battery,
        # With one car the shares are exact; several share what was charged by their needs.
        cars=_less_charged(plan_input.cars, charged),
        commitments=(commitment,) if commitment else (),
        committed_so_far_wh=0,
    )


def _planned_wh(step: PlanStep, now_s: float) -> int:
    """Energy of the car in what is left of a step; plans state the rate of a whole interval."""
    left_s = interval_start_s(step.interval + 1) - max(now_s, interval_start_s(step.interval))
    return round(step.ev_wh * left_s / INTERVAL_S)


def _less_charged(cars: tuple[EvNeed, ...], charged_wh: int) -> tuple[EvNeed, ...]:
    total = sum(car.energy_wh for car in cars)
    if total <= 0:
        return cars
    return tuple(
        replace(car, energy_wh=max(car.energy_wh - charged_wh * car.energy_wh // total, 0))
        for car in cars
    )


def _with_market(
    steps: tuple[StepInput, ...], expected: Mapping[int, Outlook]
) -> tuple[StepInput, ...]:
    """Add what neighbours are likely to pay to the steps at tariff."""
    return tuple(
        replace(step, market_price_micro=seen.price_micro, market_wh=seen.quantity_wh)
        if (seen := expected.get(step.interval)) is not None
        else step
        for step in steps
    )
