"""Makes the plan of the next hours: cost first, then reasons from the marginal values."""

from __future__ import annotations

from dataclasses import dataclass

from ..model.plan import Plan, PlanStep
from ..model.units import INTERVAL_S, MICRO
from .dive import optimum
from .house import HouseProgram, StepColumns, build
from .inputs import PlanInput, PlanResult, StepInput, check
from .program import Solution
from .reasons import StepFigures, step_reason
from .rules import rule_plan

NOTICEABLE_WH = 10
"""Shortfalls below this are rounding, not worth a sentence."""


@dataclass(frozen=True, slots=True)
class _Solved:
    house: HouseProgram
    solution: Solution
    reservation: tuple[int | None, ...]


def make_plan(plan_input: PlanInput) -> Plan:
    """Return the plan. Raises PlanInputFault (naming the field) on input that makes no sense.

    Blocking for some tens of milliseconds: call it off the event loop.
    """
    return solve_plan(plan_input).plan


def solve_plan(plan_input: PlanInput) -> PlanResult:
    """Return the plan with its cost and what it could not keep. Raises PlanInputFault."""
    check(plan_input)
    solved = _solve(plan_input)
    if solved is None:
        return rule_plan(plan_input)
    figures = _figures(plan_input, solved)
    steps = tuple(
        _step(figures, index, plan_input, solved.reservation[index])
        for index in range(len(figures))
    )
    shortfall = _shortfall(solved)
    return PlanResult(
        plan=Plan(made_s=plan_input.now_s, steps=steps),
        cost_micro=_cost_micro(plan_input, solved),
        shortfall_wh=shortfall,
        violations=_violations(solved, shortfall),
    )


def _solve(plan_input: PlanInput) -> _Solved | None:
    house = build(plan_input)
    solution = optimum(house)
    if solution is None:
        return None
    return _Solved(house, solution, _reservation(plan_input, house, solution))


def _reservation(
    plan_input: PlanInput, house: HouseProgram, solution: Solution
) -> tuple[int | None, ...]:
    """Return what a kWh is worth in each step when no neighbour trades, micro per kWh."""
    if all(step.market_buy is None for step in house.steps):
        return tuple(_marginal_micro(solution, columns.balance) for columns in house.steps)
    alone = build(plan_input, with_market=False)
    without = alone.program.solve(relax=True)
    if without is None:
        return (None,) * len(house.steps)
    return tuple(_marginal_micro(without, columns.balance) for columns in alone.steps)


def _marginal_micro(solution: Solution, row: int) -> int | None:
    return round(solution.duals[row] * MICRO) if solution.duals else None


def _figures(plan_input: PlanInput, solved: _Solved) -> tuple[StepFigures, ...]:
    return tuple(
        _figure(plan_input, solved, step, columns)
        for step, columns in zip(plan_input.steps, solved.house.steps, strict=True)
    )


def _figure(
    plan_input: PlanInput, solved: _Solved, step: StepInput, columns: StepColumns
) -> StepFigures:
    values, duals = solved.solution.values, solved.solution.duals
    rate = INTERVAL_S / 3600 / columns.hours * 1000

    def wh(column: int | None) -> int:
        return 0 if column is None else round(values[column] * rate)

    soc = None
    if columns.soc is not None and plan_input.battery is not None:
        soc = min(max(values[columns.soc] * 100_000 / plan_input.battery.capacity_wh, 0.0), 100.0)
    price = _marginal_micro(solved.solution, columns.balance)
    stored = -duals[columns.store] if duals and columns.store is not None else None
    return StepFigures(
        interval=step.interval,
        pv_wh=step.pv_wh - wh(columns.curtail),
        load_wh=step.load_wh,
        battery_wh=wh(columns.discharge) - wh(columns.charge),
        ev_wh=sum(wh(car) for car in columns.cars),
        soc_pct=soc,
        price_micro=step.import_price_micro if price is None else price,
        stored_micro=None if stored is None else round(stored * MICRO),
        import_micro=step.import_price_micro,
        curtailed_wh=wh(columns.curtail),
    )


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


def _cost_micro(plan_input: PlanInput, solved: _Solved) -> int:
    """Sum energy, wear and missing car energy, less the worth of what the battery gained."""
    house, values = solved.house, solved.solution.values
    cost = 0.0
    for columns in house.steps:
        for column, _ in columns.net_import():
            cost += values[column] * house.program.cost[column]
        if columns.discharge is not None:
            cost += values[columns.discharge] * plan_input.wear_micro_per_kwh / MICRO
    for column, price in zip(house.car_short, house.car_short_cost, strict=True):
        cost += values[column] * price
    last = house.steps[-1].soc
    if last is not None and plan_input.battery is not None:
        begin = plan_input.battery.capacity_wh / 1000 * plan_input.battery.soc_pct / 100
        cost -= (values[last] - begin) * house.terminal_value
    return round(cost * MICRO)


def _shortfall(solved: _Solved) -> tuple[tuple[int, int], ...]:
    values = solved.solution.values
    return tuple(
        (commitment.request_id, wh)
        for commitment, column in solved.house.commitment_slack
        if (wh := round(values[column] * 1000)) >= 1
    )


def _violations(solved: _Solved, shortfall: tuple[tuple[int, int], ...]) -> tuple[str, ...]:
    values = solved.solution.values
    said = [
        f"The car will miss {wh} Wh at its departure."
        for column in solved.house.car_short
        if (wh := round(values[column] * 1000)) >= NOTICEABLE_WH
    ]
    said += [
        f"Request {request_id} of the grid operator will fall short by {wh} Wh."
        for request_id, wh in shortfall
        if wh >= NOTICEABLE_WH
    ]
    over = sum(values[s.over] for s in solved.house.steps if s.over is not None) * 1000
    if over >= NOTICEABLE_WH:
        said.append(f"The connection's limit will be exceeded by {round(over)} Wh in all.")
    return tuple(said)
