"""A plan with what it was made from and upon."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from peerwatt.forecast.bands import Bands
from peerwatt.forecast.prices import PriceForecast
from peerwatt.model.flexibility import Commitment
from peerwatt.model.market import Tariff
from peerwatt.model.plan import IntervalForecast, Plan
from peerwatt.planner.inputs import Hold, PlanInput, PlanResult

from ..overrides import Overrides


@dataclass(frozen=True, slots=True)
class Occasion:
    """What a plan was made upon: when it changes, plan and open orders are made anew."""

    promises: tuple[int, ...] = ()
    cars: tuple[str, ...] = ()
    prices: int = 0
    """Number that changes with the tariff's prices."""
    import_limit_w: float | None = None


@dataclass(frozen=True, slots=True)
class Known:
    """What a plan is made from besides the snapshot."""

    bands: Bands
    """Forecasts from the running interval on."""
    tariff: Tariff
    market: Sequence[PriceForecast] = ()
    prices_micro: Mapping[int, int] = field(default_factory=dict)
    """Interval -> the supplier's dynamic price of a kWh, where there is one."""
    commitments: tuple[Commitment, ...] = ()
    committed_so_far_wh: int = 0
    overrides: Overrides = field(default_factory=Overrides)
    import_limit_w: float | None = None
    """Limit of the grid operator that holds now."""
    imported_kwh: float = 0.0
    """This month, for tiers."""
    peak_kw: float = 0.0
    """Highest quarter-hour of this month, for the charge on it."""
    previous: Plan | None = None


@dataclass(frozen=True, slots=True)
class Prospect:
    """A plan with what it was made from."""

    result: PlanResult
    forecasts: tuple[IntervalForecast, ...]
    plan_input: PlanInput
    override_costs: Mapping[str, int] = field(default_factory=dict)
    """What the owner may want (``car now``, ``car pause``, ``not tonight``, ``battery hold``) ->
    what it costs more, micro; ``held ...`` for what is in force."""

    @property
    def plan(self) -> Plan:
        """The plan itself."""
        return self.result.plan


def holds(overrides: Overrides, now_s: float) -> tuple[Hold, ...]:
    """Return the overrides in force as the planner knows them."""
    wish = overrides.at(now_s)
    found: list[Hold] = []
    if wish.car == "now":
        found.append(Hold("car now", wish.car_until_s))
    elif wish.car == "pause":
        found.append(Hold("car pause", wish.car_until_s))
    if wish.battery == "hold":
        found.append(Hold("battery hold", wish.battery_until_s))
    return tuple(found)
