"""Forecasts and plans on the grid of market intervals."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class IntervalEnergy:
    """Measured energy of one past interval, Wh: what forecasts and baselines learn from.

    All values are zero or more. ``home_wh`` is the home without the car and the battery.
    """

    interval: int
    import_wh: int
    export_wh: int
    pv_wh: int
    home_wh: int
    ev_wh: int
    battery_charged_wh: int
    battery_discharged_wh: int


@dataclass(frozen=True, slots=True)
class IntervalForecast:
    """Expected energy of one interval, Wh, with a symmetric error band (one sigma)."""

    interval: int
    pv_wh: int
    load_wh: int
    """The home without the car and the battery."""
    sigma_wh: int


@dataclass(frozen=True, slots=True)
class PlanStep:
    """What the house means to do in one interval, Wh (signs of the design)."""

    interval: int
    pv_wh: int
    load_wh: int
    battery_wh: int
    ev_wh: int
    grid_wh: int
    soc_pct: float | None
    price_micro_per_kwh: int
    """Marginal value: what one more kWh in this interval would cost (or one less would save)."""
    reason: str
    value_micro_per_kwh: int | None = None
    """The same marginal value were there no neighbours to trade with: the price at which
    buying from or selling to them begins to pay. ``None`` where it was not computed."""


@dataclass(frozen=True, slots=True)
class EvNeed:
    """What the car still needs: energy to be charged before an instant."""

    device_id: str
    energy_wh: int
    deadline_s: float
    max_power_w: float
    min_power_w: float
    """Below this the car pauses (IEC 61851: 6 A)."""


@dataclass(frozen=True, slots=True)
class BatteryState:
    """What the planner needs to know of a battery now."""

    device_id: str
    capacity_wh: int
    soc_pct: float
    reserve_pct: float
    max_charge_w: float
    max_discharge_w: float
    efficiency_one_way: float


@dataclass(frozen=True, slots=True)
class Plan:
    """Steps for the coming intervals; ``made_s`` is when it was made."""

    made_s: float
    steps: tuple[PlanStep, ...]

    def step(self, interval: int) -> PlanStep | None:
        """Return the step of one interval, if planned."""
        return next((s for s in self.steps if s.interval == interval), None)
