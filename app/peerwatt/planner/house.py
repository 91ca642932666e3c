"""The house as a linear program: what each symbol means stands beside its column.

Energies are kWh and money is currency in here, so that all numbers are near 1 (the solver's
tolerances are absolute); outside, both are integers. Everything that could contradict (limits,
promises, the car's need) is soft and priced, so a plan always exists.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from ..model.flexibility import Commitment, Direction
from ..model.plan import BatteryState, EvNeed
from ..model.units import INTERVAL_S, MICRO, interval_start_s
from .inputs import EV_SHORTFALL_MICRO_PER_KWH, PlanInput, StepInput
from .program import Program

EARLY = 1e-5
"""Currency per kWh and step by which later is dearer: ties are broken towards early."""

MARKET_SPREAD = 2e-3
"""Currency per kWh lost by buying and selling back among neighbours: rules out wash trades."""

OVERLOAD = 5.0
"""Currency per kWh drawn above the connection's limit."""

BELOW_RESERVE = 0.02
"""Currency per kWh and step below the reserve: refill at a good price, but soon."""

CURTAILED = 1e-4
"""Currency per kWh of sun thrown away: only where it cannot be used or sold."""


@dataclass(slots=True)
class StepColumns:
    """Columns of one step, kWh."""

    hours: float
    buy: int
    sell: int
    market_buy: int | None
    market_sell: int | None
    over: int | None
    curtail: int | None
    charge: int | None = None
    discharge: int | None = None
    soc: int | None = None
    cars: list[int | None] = field(default_factory=list)
    balance: int = -1
    """Row whose dual is the marginal value of energy in this step."""
    store: int | None = None
    """Row whose negative dual is the worth of energy in the battery after this step."""

    def net_import(self) -> list[tuple[int, float]]:
        """Return import - export as terms."""
        terms = [(self.buy, 1.0), (self.sell, -1.0)]
        if self.market_buy is not None and self.market_sell is not None:
            terms += [(self.market_buy, 1.0), (self.market_sell, -1.0)]
        return terms


@dataclass(slots=True)
class HouseProgram:
    """The program together with where to find things in it."""

    program: Program
    steps: list[StepColumns]
    car_short: list[int]
    car_short_cost: list[float]
    commitment_slack: list[tuple[Commitment, int]]
    terminal_value: float


def build(plan_input: PlanInput, with_market: bool = True) -> HouseProgram:
    """Return the program of an input; ``with_market=False`` leaves the neighbours out."""
    program = Program()
    house = HouseProgram(program, [], [], [], [], terminal_value(plan_input))
    for index, step in enumerate(plan_input.steps):
        columns = _grid(program, plan_input, step, _hours(plan_input, step), with_market)
        house.steps.append(columns)
        if plan_input.battery is not None:
            _battery(house, plan_input, plan_input.battery, index)
        for car in plan_input.cars:
            columns.cars.append(_car_column(program, plan_input, car, step, index))
        _balance(program, columns, step)
    for number, car in enumerate(plan_input.cars):
        _car_need(house, plan_input, car, number)
    for number, commitment in enumerate(plan_input.commitments):
        so_far = plan_input.committed_so_far_wh if number == 0 else 0
        _commitment(house, plan_input, commitment, so_far)
    return house


def terminal_value(plan_input: PlanInput) -> float:
    """Worth of a kWh in the battery at the end, currency.

    Halfway between mean export and mean import price: above what export pays, so that sun is
    stored, and below what import costs, so that the evening is served from the battery.
    """
    if plan_input.terminal_value_micro_per_kwh is not None:
        return plan_input.terminal_value_micro_per_kwh / MICRO
    steps = plan_input.steps
    total = sum(s.import_price_micro + s.export_price_micro for s in steps)
    return total / (2 * len(steps) * MICRO)


def _hours(plan_input: PlanInput, step: StepInput) -> float:
    """Return the planned length of a step: the rest of the first, else a whole interval."""
    begin = max(float(interval_start_s(step.interval)), plan_input.now_s)
    end = interval_start_s(step.interval + 1)
    return max(end - begin, 1.0) / 3600.0


def _grid(
    program: Program, plan_input: PlanInput, step: StepInput, hours: float, with_market: bool
) -> StepColumns:
    buy_price = step.import_price_micro / MICRO
    sell_price = step.export_price_micro / MICRO
    columns = StepColumns(
        hours=hours,
        buy=program.column(buy_price),
        sell=program.column(-sell_price),
        market_buy=None,
        market_sell=None,
        over=None,
        curtail=None,
    )
    price = step.market_price_micro
    if with_market and price is not None and step.market_wh > 0 and buy_price > sell_price:
        quantity = _of_step(step.market_wh, hours)
        middle = min(max(price / MICRO, sell_price), buy_price)
        columns.market_buy = program.column(min(middle + MARKET_SPREAD / 2, buy_price), 0, quantity)
        columns.market_sell = program.column(
            -max(middle - MARKET_SPREAD / 2, sell_price), 0, quantity
        )
    net = columns.net_import()
    if plan_input.max_import_w is not None:
        columns.over = program.column(OVERLOAD)
        program.row([*net, (columns.over, -1.0)], upper=plan_input.max_import_w * hours / 1000)
    if plan_input.max_export_w is not None:
        program.row(net, lower=-plan_input.max_export_w * hours / 1000)
    if step.pv_wh > 0 and (plan_input.max_export_w is not None or sell_price <= 0):
        columns.curtail = program.column(CURTAILED, 0.0, _of_step(step.pv_wh, hours))
    if sell_price > buy_price:
        _one_direction(program, plan_input, columns)
    return columns


def _one_direction(program: Program, plan_input: PlanInput, columns: StepColumns) -> None:
    """Keep a step from buying to sell back at once, where the prices would pay for it."""
    battery = plan_input.battery
    most = 50.0 + (0.0 if battery is None else battery.max_charge_w / 1000)
    importing = program.column(0.0, 0.0, 1.0)
    program.binary.append(importing)
    program.row([(columns.buy, 1.0), (importing, -most)], upper=0.0)
    program.row([(columns.sell, 1.0), (importing, most)], upper=most)


def _of_step(wh_per_interval: float, hours: float) -> float:
    """Return kWh in a step of ``hours`` at the rate of ``wh_per_interval``."""
    return wh_per_interval / 1000.0 * hours * 3600.0 / INTERVAL_S


def _battery(house: HouseProgram, plan_input: PlanInput, battery: BatteryState, index: int) -> None:
    """Add charge, discharge and content: s(t) = s(t-1) + eta * c - d / eta."""
    program, columns = house.program, house.steps[index]
    capacity = battery.capacity_wh / 1000
    last = index == len(plan_input.steps) - 1
    columns.charge = program.column(EARLY * index, 0.0, battery.max_charge_w * columns.hours / 1000)
    columns.discharge = program.column(
        plan_input.wear_micro_per_kwh / MICRO, 0.0, battery.max_discharge_w * columns.hours / 1000
    )
    columns.soc = program.column(-house.terminal_value if last else 0.0, 0.0, capacity)
    eta = battery.efficiency_one_way
    terms = [(columns.soc, 1.0), (columns.charge, -eta), (columns.discharge, 1.0 / eta)]
    begin = 0.0
    if index == 0:
        begin = capacity * min(max(battery.soc_pct, 0.0), 100.0) / 100
    else:
        before = house.steps[index - 1].soc
        if before is not None:
            terms.append((before, -1.0))
    columns.store = program.row(terms, begin, begin)
    reserve = capacity * min(max(battery.reserve_pct, 0.0), 100.0) / 100
    if reserve > 0:
        # Only what is missing already may stay missing: the reserve is not for sale.
        missing = max(reserve - capacity * battery.soc_pct / 100, 0.0)
        below = program.column(BELOW_RESERVE, 0.0, missing)
        program.row([(columns.soc, 1.0), (below, 1.0)], lower=reserve)


def _car_column(
    program: Program, plan_input: PlanInput, car: EvNeed, step: StepInput, index: int
) -> int | None:
    """Add the car's energy in a step: 0, or between its least and most power (IEC 61851)."""
    begin = max(float(interval_start_s(step.interval)), plan_input.now_s)
    end = min(float(interval_start_s(step.interval + 1)), car.deadline_s)
    if end <= begin or car.energy_wh <= 0:
        return None
    hours = (end - begin) / 3600
    column = program.column(
        EARLY * index, car.min_power_w * hours / 1000, car.max_power_w * hours / 1000
    )
    if car.min_power_w > 0:
        program.semicontinuous.append(column)
    return column


def _car_need(house: HouseProgram, plan_input: PlanInput, car: EvNeed, number: int) -> None:
    """Add: charged + missing = need. What can still follow after the horizon is cheap to miss."""
    program = house.program
    terms = [(c, 1.0) for s in house.steps if (c := s.cars[number]) is not None]
    horizon_end = interval_start_s(plan_input.steps[-1].interval + 1)
    later = max(car.deadline_s - horizon_end, 0.0) / 3600 * car.max_power_w / 1000
    mean = sum(s.import_price_micro for s in plan_input.steps) / len(plan_input.steps) / MICRO
    missing_cost = EV_SHORTFALL_MICRO_PER_KWH / MICRO
    need = max(car.energy_wh, 0) / 1000
    missing = program.column(missing_cost)
    house.car_short.append(missing)
    house.car_short_cost.append(missing_cost)
    terms.append((missing, 1.0))
    if later > 0:
        terms.append((program.column(mean, 0.0, later), 1.0))
    # The last bit may be less than one step at the least power: up to that may be over.
    slack = car.min_power_w * INTERVAL_S / 3600 / 1000
    program.row(terms, need, need + slack)


def _commitment(
    house: HouseProgram, plan_input: PlanInput, commitment: Commitment, so_far_wh: int
) -> None:
    """Add: net import of the window keeps to the target, or the shortfall is paid for."""
    terms: list[tuple[int, float]] = []
    for step, columns in zip(plan_input.steps, house.steps, strict=True):
        if commitment.covers(step.interval):
            terms += columns.net_import()
    if not terms:
        return
    program = house.program
    slack = program.column(commitment.penalty_micro_per_kwh / MICRO)
    house.commitment_slack.append((commitment, slack))
    target = (commitment.target_wh - so_far_wh) / 1000
    if commitment.direction is Direction.REDUCE:
        program.row([*terms, (slack, -1.0)], upper=target)
    else:
        program.row([*terms, (slack, 1.0)], lower=target)


def _balance(program: Program, columns: StepColumns, step: StepInput) -> None:
    """Add: bought - sold + discharge - charge - cars - curtailed = load - sun."""
    terms = columns.net_import()
    if columns.charge is not None and columns.discharge is not None:
        terms += [(columns.charge, -1.0), (columns.discharge, 1.0)]
    terms += [(car, -1.0) for car in columns.cars if car is not None]
    if columns.curtail is not None:
        terms.append((columns.curtail, -1.0))
    rest = _of_step(step.load_wh - step.pv_wh, columns.hours)
    columns.balance = program.row(terms, rest, rest)
