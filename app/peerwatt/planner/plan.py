"""Makes the plan of the next hours: cost first, then calm, then reasons from marginal values."""

from __future__ import annotations

from typing import Any, cast

import numpy as np

from ..model.plan import Plan, PlanStep
from ..model.units import INTERVAL_S, MICRO
from .convert import house_of
from .forced import force
from .inputs import PlanInput, PlanResult, StepReason, check
from .model import build
from .outcome import Outcome, outcome
from .program import Solver
from .reasons import StepFigures, step_reason
from .rules import rule_plan
from .solving import Solved, solve
from .why import reasons

WH = INTERVAL_S / 3600 * 1000
"""Wh in an interval of one kW."""


def make_plan(plan_input: PlanInput) -> Plan:
    """Return the plan. Raises PlanInputFault (naming the field) on input that makes no sense.

    Blocking for some tens of milliseconds: call it off the event loop.
    """
    return solve_plan(plan_input).plan


def solve_plan(plan_input: PlanInput) -> PlanResult:
    """Return the plan with its cost and what it could not keep. Raises PlanInputFault."""
    check(plan_input)
    house, holds = house_of(plan_input), plan_input.holds
    solved = solve(house, prepare=lambda model, solver: force(model, solver, holds))
    if solved is None:
        return rule_plan(plan_input)
    made = outcome(solved)
    figures = _figures(plan_input, made)
    reservation = _reservation(plan_input, made)
    steps = tuple(
        _step(figures, index, plan_input, reservation[index]) for index in range(len(figures))
    )
    return PlanResult(
        plan=Plan(made_s=plan_input.now_s, steps=steps),
        cost_micro=_cost_micro(solved, made),
        shortfall_wh=_shortfall(made),
        violations=tuple(violation.sentence for violation in made.violations),
        reasons=_reasons(plan_input, made),
        starts=tuple(
            (run.name, plan_input.steps[start].interval)
            for run, start in zip(house.runs, made.run_start, strict=True)
            if start is not None
        ),
    )


def _reasons(plan_input: PlanInput, made: Outcome) -> tuple[StepReason, ...]:
    """Return why each action begins, in the engine's units."""
    batteries = {battery.name for battery in made.house.batteries}
    return tuple(
        StepReason(
            interval=plan_input.steps[one.step].interval,
            subject="battery" if one.subject in batteries else "car",
            action=cast(Any, one.action),
            price_micro=round(one.price * MICRO),
            other_interval=None
            if one.other_step is None
            else plan_input.steps[one.other_step].interval,
            other_micro=None if one.other_price is None else round(one.other_price * MICRO),
            turns_micro=None if one.turns_at is None else round(one.turns_at * MICRO),
        )
        for one in reasons(made)
    )


def _reservation(plan_input: PlanInput, made: Outcome) -> tuple[int | None, ...]:
    """Return what a kWh is worth in each step when no neighbour trades, micro per kWh."""
    if not made.house.market_buy:
        return tuple(round(float(value) * MICRO) for value in made.marginal)
    alone = build(house_of(plan_input, with_market=False))
    without = Solver(alone.program).solve()
    if without is None:
        return (None,) * len(plan_input.steps)
    count = alone.tree.steps
    values = without.row_duals[alone.balance[:count]] / alone.tree.weight[:count]
    return tuple(round(float(value) * MICRO) for value in values)


def _figures(plan_input: PlanInput, made: Outcome) -> tuple[StepFigures, ...]:
    zero = np.zeros(len(plan_input.steps))
    battery = (made.discharge_kw[0] - made.charge_kw[0]) if made.charge_kw else zero
    cars = sum(made.car_kw, zero)
    figures = []
    for index, step in enumerate(plan_input.steps):
        soc = None
        if plan_input.battery is not None:
            share = made.content_kwh[0][index] * 100_000 / plan_input.battery.capacity_wh
            soc = float(min(max(share, 0.0), 100.0))
        curtailed = round(float(made.curtail_kw[index]) * WH)
        figures.append(
            StepFigures(
                interval=step.interval,
                pv_wh=max(step.pv_wh - curtailed, 0),
                load_wh=step.load_wh,
                battery_wh=round(float(battery[index]) * WH),
                ev_wh=round(float(cars[index]) * WH),
                soc_pct=soc,
                price_micro=round(float(made.marginal[index]) * MICRO),
                stored_micro=round(float(made.stored[0][index]) * MICRO) if made.stored else None,
                import_micro=step.import_price_micro,
                curtailed_wh=curtailed,
            )
        )
    return tuple(figures)


def _step(
    figures: tuple[StepFigures, ...], index: int, plan_input: PlanInput, value: int | None
) -> PlanStep:
    here = figures[index]
    return PlanStep(
        interval=here.interval,
        pv_wh=here.pv_wh,
        load_wh=here.load_wh,
        battery_wh=here.battery_wh,
        ev_wh=here.ev_wh,
        grid_wh=here.grid_wh,
        soc_pct=None if here.soc_pct is None else round(here.soc_pct, 2),
        price_micro_per_kwh=here.price_micro,
        reason=step_reason(figures, index, plan_input),
        value_micro_per_kwh=value,
    )


def _cost_micro(solved: Solved, made: Outcome) -> int:
    """Sum energy, wear and missing car energy, less the worth of what the battery gained."""
    late = sum(
        float(solved.values[car.short[0]]) * solved.model.house.cars[car.number].late_price
        for car in solved.model.cars
        if len(car.short)
    )
    return round((made.costs.total + late) * MICRO)


def _shortfall(made: Outcome) -> tuple[tuple[int, int], ...]:
    return tuple(
        (int(v.subject), round(v.amount * 1000)) for v in made.violations if v.name == "promise"
    )
