"""What a plan is made from and what comes out, so that engine and command line ask alike."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from ..model.flexibility import Commitment
from ..model.market import Tariff
from ..model.plan import BatteryState, EvNeed, IntervalForecast, Plan
from .shape import HouseShape

DEFAULT_WEAR_MICRO_PER_KWH = 5_000
"""Price of one kWh drawn from the battery for its wear; also keeps it from idle cycling."""

EV_SHORTFALL_MICRO_PER_KWH = 3_000_000
"""Price of a kWh missing in the car at its deadline: far above any tariff, never infinite."""


class PlanInputFault(Exception):
    """An input cannot be planned with; the message names the field."""

    def __init__(self, field: str, what: str) -> None:
        super().__init__(f"{field}: {what}")
        self.field = field


@dataclass(frozen=True, slots=True)
class StepInput:
    """Forecast and prices of one interval; prices in micro-units per kWh."""

    interval: int
    pv_wh: int
    load_wh: int
    import_price_micro: int
    export_price_micro: int
    market_price_micro: int | None = None
    """Expected price among neighbours; ``None`` when none is expected to trade."""
    market_wh: int = 0
    """How much can be expected to be bought or sold there at that price."""


@dataclass(frozen=True, slots=True)
class ScenarioInput:
    """One way the future may go: energies by step, Wh, with its weight."""

    weight: float
    pv_wh: tuple[int, ...]
    load_wh: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Hold:
    """What the owner wants whatever it costs: the plan is the best one around it."""

    what: Literal["car now", "car pause", "battery hold"]
    until_s: float


@dataclass(frozen=True, slots=True)
class PlanInput:
    """All that a plan depends on. Steps are consecutive; the first holds ``now_s``.

    Where ``now_s`` lies inside the first interval only its rest is planned; the energies of
    that step are stated at full-interval rate (power = Wh * 4), like all others.
    """

    now_s: float
    steps: tuple[StepInput, ...]
    battery: BatteryState | None = None
    cars: tuple[EvNeed, ...] = ()
    commitments: tuple[Commitment, ...] = ()
    committed_so_far_wh: int = 0
    """Net import already metered in a window that has begun (of the first commitment)."""
    max_import_w: float | None = None
    max_export_w: float | None = None
    terminal_value_micro_per_kwh: int | None = None
    """Worth of a kWh left in the battery at the end; ``None`` derives it from the prices."""
    wear_micro_per_kwh: int = DEFAULT_WEAR_MICRO_PER_KWH
    timezone: str = "UTC"
    """For the hours named in reasons only."""
    import_limits_w: tuple[float | None, ...] = ()
    """The grid operator's limits by step, W, besides the connection's."""
    export_limits_w: tuple[float | None, ...] = ()
    sigma_wh: tuple[int, ...] = ()
    """One standard deviation of load - sun by step; empty: no hedge within a step."""
    scenarios: tuple[ScenarioInput, ...] = ()
    """Ways the future may go; what is kept for later is worth its mean over them."""
    previous: Plan | None = None
    """The plan before: equals are decided in its favour."""
    holds: tuple[Hold, ...] = ()
    """The owner's overrides that are in force."""
    shape: HouseShape = field(default_factory=HouseShape)
    """What else the house has: tariff's shape, the market's curve, appliances, comfort."""


@dataclass(frozen=True, slots=True)
class StepReason:
    """Why an action begins in an interval, micro-units per kWh."""

    interval: int
    subject: Literal["car", "battery"]
    action: Literal["charge", "wait", "done", "discharge", "rest"]
    price_micro: int
    """Marginal cost of energy in the interval."""
    other_interval: int | None
    """The interval it is compared with."""
    other_micro: int | None
    turns_micro: int | None
    """Marginal cost at which it would be otherwise."""


@dataclass(frozen=True, slots=True)
class PlanResult:
    """A plan with its cost and what it could not keep."""

    plan: Plan
    cost_micro: int
    """Energy bought minus sold, wear, missing car energy, minus the worth of what is left in
    the battery beyond its present charge; penalties of commitments are not in it."""
    shortfall_wh: tuple[tuple[int, int], ...] = ()
    """(request_id, Wh) of commitments that are not fully kept."""
    violations: tuple[str, ...] = ()
    """Sentences on promises and limits that cannot be kept."""
    by_rule: bool = False
    """Whether no optimum was found and rules made the plan."""
    reasons: tuple[StepReason, ...] = ()
    """One for each action, where it begins."""
    starts: tuple[tuple[str, int], ...] = ()
    """(appliance, interval in which it is best started)."""


def steps_at_tariff(
    forecasts: tuple[IntervalForecast, ...], tariff: Tariff
) -> tuple[StepInput, ...]:
    """Return planner steps at a flat tariff; add market prices with ``dataclasses.replace``."""
    return tuple(
        StepInput(
            interval=f.interval,
            pv_wh=f.pv_wh,
            load_wh=f.load_wh,
            import_price_micro=tariff.retail_micro_per_kwh,
            export_price_micro=tariff.feed_in_micro_per_kwh,
        )
        for f in forecasts
    )


def check(plan_input: PlanInput) -> None:
    """Raise PlanInputFault, naming the field, where an input cannot be planned with."""
    if not plan_input.steps:
        raise PlanInputFault("steps", "at least one interval is needed")
    first = plan_input.steps[0].interval
    for index, step in enumerate(plan_input.steps):
        if step.interval != first + index:
            raise PlanInputFault(f"steps[{index}].interval", f"must be {first + index}")
        if step.pv_wh < 0 or step.load_wh < 0 or step.market_wh < 0:
            raise PlanInputFault(f"steps[{index}]", "energies must not be negative")
    _check_battery(plan_input.battery)
    _check_series(plan_input)
    for index, car in enumerate(plan_input.cars):
        if not 0 <= car.min_power_w <= car.max_power_w:
            raise PlanInputFault(f"cars[{index}].min_power_w", "must lie between 0 and max_power_w")


def _check_series(plan_input: PlanInput) -> None:
    for name in ("sigma_wh", "import_limits_w", "export_limits_w"):
        given = getattr(plan_input, name)
        if given and len(given) != len(plan_input.steps):
            raise PlanInputFault(name, f"must have {len(plan_input.steps)} entries or none")
    for index, scenario in enumerate(plan_input.scenarios):
        if not len(scenario.pv_wh) == len(scenario.load_wh) == len(plan_input.steps):
            raise PlanInputFault(f"scenarios[{index}]", "must cover all steps")


def _check_battery(battery: BatteryState | None) -> None:
    if battery is None:
        return
    if battery.capacity_wh <= 0:
        raise PlanInputFault("battery.capacity_wh", "must be above 0")
    if not 0 < battery.efficiency_one_way <= 1:
        raise PlanInputFault("battery.efficiency_one_way", "must be above 0 and at most 1")
    if min(battery.max_charge_w, battery.max_discharge_w) < 0:
        raise PlanInputFault("battery.max_charge_w", "powers must not be negative")
