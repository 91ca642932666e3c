"""From the engine's input (integers, intervals, Unix time) to the planner's house (floats)."""

from __future__ import annotations

import numpy as np

from ..model.flexibility import Commitment, Direction
from ..model.plan import BatteryState, EvNeed
from ..model.units import INTERVAL_S, MICRO, interval_start_s
from .inputs import EV_SHORTFALL_MICRO_PER_KWH, PlanInput
from .spec import (
    Array,
    Battery,
    CarSession,
    House,
    Offer,
    Previous,
    Promise,
    Scenario,
)

KWH_PER_WH_INTERVAL = 3600 / INTERVAL_S / 1000
"""kW of one Wh per interval."""


def house_of(plan_input: PlanInput, with_market: bool = True) -> House:
    """Return the house of an input; ``with_market=False`` leaves the neighbours out."""
    steps = plan_input.steps
    count = len(steps)
    battery = plan_input.battery
    buy, sell = _market(plan_input) if with_market else ((), ())
    shape = plan_input.shape
    return House(
        start_s=plan_input.now_s,
        hours=_hours(plan_input),
        pv_kw=np.array([s.pv_wh for s in steps], float) * KWH_PER_WH_INTERVAL,
        load_kw=np.array([s.load_wh for s in steps], float) * KWH_PER_WH_INTERVAL,
        import_price=_micro(plan_input, "import"),
        export_price=_micro(plan_input, "export"),
        batteries=() if battery is None else (_battery(battery, plan_input),),
        cars=tuple(_car(car, plan_input) for car in plan_input.cars),
        import_max_kw=_limit(plan_input.max_import_w, plan_input.import_limits_w, count),
        export_max_kw=_limit(plan_input.max_export_w, plan_input.export_limits_w, count),
        market_buy=buy,
        market_sell=sell,
        tiers=shape.tiers,
        capacity=shape.capacity,
        runs=shape.runs,
        switches=shape.switches,
        heats=shape.heats,
        co2_g_per_kwh=shape.co2_g_per_kwh,
        co2_price_per_kg=shape.co2_price_per_kg,
        promises=tuple(
            _promise(c, plan_input, plan_input.committed_so_far_wh if i == 0 else 0)
            for i, c in enumerate(plan_input.commitments)
        ),
        terminal=None
        if plan_input.terminal_value_micro_per_kwh is None
        else plan_input.terminal_value_micro_per_kwh / MICRO,
        sigma_kw=None
        if not plan_input.sigma_wh
        else np.array(plan_input.sigma_wh, float) * KWH_PER_WH_INTERVAL,
        scenarios=tuple(
            Scenario(
                s.weight,
                np.array(s.pv_wh, float) * KWH_PER_WH_INTERVAL,
                np.array(s.load_wh, float) * KWH_PER_WH_INTERVAL,
            )
            for s in plan_input.scenarios
        ),
        previous=_previous(plan_input),
        timezone=plan_input.timezone,
    )


def _market(plan_input: PlanInput) -> tuple[tuple[Offer, ...], tuple[Offer, ...]]:
    """Return what can be bought from and sold to neighbours in what is left of each step."""
    part = _hours(plan_input) * 3600 / INTERVAL_S
    shape, steps = plan_input.shape, plan_input.steps
    if shape.market_buy or shape.market_sell:
        return _in_part(shape.market_buy, part), _in_part(shape.market_sell, part)
    market = [step.market_price_micro for step in steps]
    if all(price is None for price in market):
        return (), ()
    price = np.array([p if p is not None else 0 for p in market], float) / MICRO
    rates = np.array([0 if s.market_price_micro is None else s.market_wh for s in steps], float)
    clipped = np.clip(price, _micro(plan_input, "export"), _micro(plan_input, "import"))
    curve = (Offer(clipped, rates / 1000 * part),)
    return curve, curve


def _in_part(offers: tuple[Offer, ...], part: Array) -> tuple[Offer, ...]:
    return tuple(Offer(offer.price, offer.kwh * part, offer.fill) for offer in offers)


def _micro(plan_input: PlanInput, direction: str) -> Array:
    if direction == "import":
        return np.array([s.import_price_micro for s in plan_input.steps], float) / MICRO
    return np.array([s.export_price_micro for s in plan_input.steps], float) / MICRO


def _hours(plan_input: PlanInput) -> Array:
    """Return the planned lengths: the rest of the first interval, then whole ones."""
    hours = np.full(len(plan_input.steps), INTERVAL_S / 3600)
    end = interval_start_s(plan_input.steps[0].interval + 1)
    begin = max(float(interval_start_s(plan_input.steps[0].interval)), plan_input.now_s)
    hours[0] = max(end - begin, 1.0) / 3600
    return hours


def _battery(battery: BatteryState, plan_input: PlanInput) -> Battery:
    capacity = battery.capacity_wh / 1000
    share = min(max(battery.soc_pct, 0.0), 100.0) / 100
    return Battery(
        name="The battery",
        soc_kwh=capacity * share,
        soc_max_kwh=capacity,
        charge_max_kw=battery.max_charge_w / 1000,
        discharge_max_kw=battery.max_discharge_w / 1000,
        reserve_kwh=capacity * min(max(battery.reserve_pct, 0.0), 100.0) / 100,
        charge_efficiency=battery.efficiency_one_way,
        discharge_efficiency=battery.efficiency_one_way,
        wear=plan_input.wear_micro_per_kwh / MICRO,
    )


def _car(car: EvNeed, plan_input: PlanInput) -> CarSession:
    """Return the session; a deadline within an interval ends with the last whole one before.

    Where that leaves nothing, the interval that holds the deadline still counts.
    """
    first = plan_input.steps[0].interval
    until = int(car.deadline_s // INTERVAL_S) - first
    if until <= 0 and car.deadline_s > plan_input.now_s:
        until = 1
    until = max(until, 0)
    later_s = max(car.deadline_s - interval_start_s(plan_input.steps[-1].interval + 1), 0.0)
    return CarSession(
        name="The car",
        first=0,
        until=until,
        need_kwh=max(car.energy_wh, 0) / 1000,
        ranges_kw=((car.min_power_w / 1000, car.max_power_w / 1000),),
        late_price=EV_SHORTFALL_MICRO_PER_KWH / MICRO,
        later_kwh=later_s / 3600 * car.max_power_w / 1000,
    )


def _promise(commitment: Commitment, plan_input: PlanInput, so_far_wh: int) -> Promise:
    first = commitment.first_interval - plan_input.steps[0].interval
    return Promise(
        promise_id=commitment.request_id,
        reduce=commitment.direction is Direction.REDUCE,
        first=max(first, 0),
        until=first + commitment.interval_count,
        target_kwh=(commitment.target_wh - so_far_wh) / 1000,
        penalty=commitment.penalty_micro_per_kwh / MICRO,
    )


def _limit(
    everywhere_w: float | None, by_step_w: tuple[float | None, ...], count: int
) -> Array | None:
    """Return the tighter of the connection's limit and those of the steps, kW."""
    if everywhere_w is None and not by_step_w:
        return None
    limit = np.full(count, np.inf if everywhere_w is None else everywhere_w / 1000)
    for step, value in enumerate(by_step_w[:count]):
        if value is not None:
            limit[step] = min(limit[step], value / 1000)
    return limit


def _previous(plan_input: PlanInput) -> Previous | None:
    """Return the plan before on this plan's steps, zero where it said nothing."""
    if plan_input.previous is None:
        return None
    known = {step.interval: step for step in plan_input.previous.steps}
    found = [known.get(step.interval) for step in plan_input.steps]
    return Previous(
        np.array([0.0 if s is None else -s.battery_wh * KWH_PER_WH_INTERVAL for s in found]),
        np.array([0.0 if s is None else s.ev_wh * KWH_PER_WH_INTERVAL for s in found]),
    )
