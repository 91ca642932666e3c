"""The house as it will be when a window begins, if all goes as planned."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from peerwatt.model.flexibility import Commitment
from peerwatt.model.plan import EvNeed, Plan, PlanStep
from peerwatt.model.units import INTERVAL_S, interval_start_s
from peerwatt.planner.inputs import PlanInput, ScenarioInput
from peerwatt.planner.shape import HouseShape
from peerwatt.planner.spec import Offer


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
    gone = len(before)
    return replace(
        plan_input,
        now_s=float(interval_start_s(first)),
        steps=tuple(step for step in plan_input.steps if step.interval >= first),
        battery=battery,
        # With one car the shares are exact; several share what was charged by their needs.
        cars=_less_charged(plan_input.cars, charged),
        commitments=(commitment,) if commitment else (),
        committed_so_far_wh=0,
        sigma_wh=plan_input.sigma_wh[gone:],
        import_limits_w=plan_input.import_limits_w[gone:],
        export_limits_w=plan_input.export_limits_w[gone:],
        scenarios=tuple(
            ScenarioInput(s.weight, s.pv_wh[gone:], s.load_wh[gone:]) for s in plan_input.scenarios
        ),
        shape=_later_shape(plan_input.shape, gone),
    )


def _later_shape(shape: HouseShape, gone: int) -> HouseShape:
    """Return what is left of a shape; an appliance that would have begun is done."""
    co2 = shape.co2_g_per_kwh
    return replace(
        shape,
        market_buy=tuple(_later_offer(offer, gone) for offer in shape.market_buy),
        market_sell=tuple(_later_offer(offer, gone) for offer in shape.market_sell),
        runs=tuple(
            replace(run, first=max(run.first - gone, 0), until=run.until - gone)
            for run in shape.runs
            if run.first >= gone
        ),
        switches=(),
        heats=(),
        co2_g_per_kwh=None if co2 is None else np.array(co2[gone:]),
    )


def _later_offer(offer: Offer, gone: int) -> Offer:
    return Offer(offer.price[gone:], offer.kwh[gone:], offer.fill)


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
