"""What a house is to the planner: kW, kWh, prices in currency per kWh, steps by number.

One description for all callers: the engine's ``PlanInput`` and both JSON formats become a
``House``. Arrays have one entry for each step. Everything that can contradict is soft: limits,
promises and needs carry a price, and what is not kept is named in the answer.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = NDArray[np.float64]

LATE = 3.0
"""Currency per kWh missing in a car at its departure: far above any tariff, never infinite."""

OVERLOAD = 5.0
"""Currency per kWh drawn or fed in above a limit of the connection or the grid operator."""


@dataclass(frozen=True, slots=True)
class Hybrid:
    """PV and battery behind one inverter, coupled on its DC side."""

    pv_kw: Array
    ac_max_kw: float
    efficiency: float = 0.97
    grid_charge: bool = True


@dataclass(frozen=True, slots=True)
class Battery:
    """A battery; powers on its AC side (on the DC side behind a hybrid inverter)."""

    name: str
    soc_kwh: float
    soc_max_kwh: float
    charge_max_kw: float
    discharge_max_kw: float
    soc_min_kwh: float = 0.0
    reserve_kwh: float = 0.0
    """Softly kept for the owner; below it a price per kWh and hour applies."""
    charge_efficiency: float = 0.95
    discharge_efficiency: float = 0.95
    wear: float = 0.0
    """Currency per kWh drawn."""
    terminal: float | None = None
    """Worth of a kWh left at the end; ``None``: the house's."""
    charge_curve: tuple[tuple[float, float], ...] = ()
    """(content kWh, most charging kW), rising content: less power near full."""
    discharge_curve: tuple[tuple[float, float], ...] = ()
    hybrid: Hybrid | None = None
    reserve_price: float = 0.08
    """Currency per kWh and hour below the reserve."""


@dataclass(frozen=True, slots=True)
class V2h:
    """A car that can feed the house."""

    discharge_max_kw: float
    soc_kwh: float
    soc_min_kwh: float
    soc_max_kwh: float
    charge_efficiency: float = 0.93
    discharge_efficiency: float = 0.93
    wear: float = 0.03


@dataclass(frozen=True, slots=True)
class CarSession:
    """A car at its charger in steps first <= k < until, which needs energy (AC) by ``until``."""

    name: str
    first: int
    until: int
    need_kwh: float
    ranges_kw: tuple[tuple[float, float], ...]
    """Powers it can take, rising and apart: nothing, or within one (one phase, three phases)."""
    step_kw: float = 0.0
    """Powers come in multiples of this (ampere steps); 0: any."""
    late_price: float = LATE
    later_kwh: float = 0.0
    """What can still be charged after the horizon."""
    v2h: V2h | None = None


@dataclass(frozen=True, slots=True)
class Run:
    """An appliance that runs once through its profile, begun within a window."""

    name: str
    profile_kw: tuple[float, ...]
    """One entry for each step of the run."""
    first: int
    until: int
    """The run ends before this step."""
    skip_price: float = 20.0
    """Currency for not running at all."""


@dataclass(frozen=True, slots=True)
class Switch:
    """An appliance that is on or off, for some time within a window, not too briefly."""

    name: str
    power_kw: float
    first: int
    until: int
    on_hours: float
    min_on_steps: int = 1
    min_off_steps: int = 1
    on_now: bool = False
    skip_price: float = 2.0
    """Currency per kWh that it does not get."""


@dataclass(frozen=True, slots=True)
class Heat:
    """A heat pump or heating rod with a store: the hot water tank or the building itself."""

    name: str
    power_max_kw: float
    cop: Array
    content_kwh: float
    comfort_min_kwh: float
    comfort_max_kwh: float
    demand_kw: Array
    loss_per_hour: float = 0.0
    """Share of the content that is lost in an hour."""
    power_min_kw: float = 0.0
    discomfort: float = 0.5
    """Currency per kWh (heat) and hour outside the band."""
    terminal: float | None = None
    """Worth of a kWh of heat at the end; ``None``: mean price / mean COP."""


@dataclass(frozen=True, slots=True)
class Tier:
    """Price added once cumulated import passes ``from_kwh`` (from now on)."""

    from_kwh: float
    add: float


@dataclass(frozen=True, slots=True)
class Capacity:
    """A charge on the highest mean import of the steps that count."""

    price_per_kw: float
    peak_so_far_kw: float = 0.0
    counts: tuple[bool, ...] = ()
    """Which steps count; empty: all."""


@dataclass(frozen=True, slots=True)
class Offer:
    """One level of the neighbours' price curve: what can be traded at a price, with its fill."""

    price: Array
    kwh: Array
    fill: float = 1.0


@dataclass(frozen=True, slots=True)
class Promise:
    """A change of net import promised for steps first <= k < until, with its penalty."""

    promise_id: int
    reduce: bool
    first: int
    until: int
    target_kwh: float
    """Net import of the window: at most (reduce) or at least."""
    penalty: float


@dataclass(frozen=True, slots=True)
class Scenario:
    """One way the future may go."""

    weight: float
    pv_kw: Array
    load_kw: Array


@dataclass(frozen=True, slots=True)
class Previous:
    """The plan before, on this plan's steps: equals are decided in its favour."""

    battery_kw: Array
    car_kw: Array


@dataclass(frozen=True, slots=True)
class House:
    """All that a plan depends on."""

    start_s: float
    hours: Array
    pv_kw: Array
    load_kw: Array
    import_price: Array
    export_price: Array
    batteries: tuple[Battery, ...] = ()
    cars: tuple[CarSession, ...] = ()
    runs: tuple[Run, ...] = ()
    switches: tuple[Switch, ...] = ()
    heats: tuple[Heat, ...] = ()
    import_max_kw: Array | None = None
    """Softly kept; ``inf`` where open."""
    export_max_kw: Array | None = None
    overload: float = OVERLOAD
    tiers: tuple[Tier, ...] = ()
    capacity: Capacity | None = None
    market_buy: tuple[Offer, ...] = ()
    market_sell: tuple[Offer, ...] = ()
    promises: tuple[Promise, ...] = ()
    co2_g_per_kwh: Array | None = None
    co2_price_per_kg: float = 0.0
    terminal: float | None = None
    """Worth of a kWh in a battery at the end; ``None``: derived from the prices."""
    scenarios: tuple[Scenario, ...] = ()
    sigma_kw: Array | None = None
    """One standard deviation of load - sun in each step; ``None``: no hedge within a step."""
    common_steps: int = 4
    """Steps in which all scenarios share the decisions."""
    previous: Previous | None = None
    timezone: str = "UTC"
    labels: dict[str, str] = field(default_factory=dict)

    @property
    def count(self) -> int:
        """Number of steps."""
        return len(self.hours)
