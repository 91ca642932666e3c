"""The one frozen input of a control cycle: controllers look at nothing else.

Signs as everywhere: grid + import, PV + production, battery + discharge, EV + consumption.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Protocol

from peerwatt.engine.overrides import Overrides
from peerwatt.model.control import Band
from peerwatt.model.flexibility import Commitment
from peerwatt.model.plan import EvNeed, Plan, PlanStep
from peerwatt.model.readings import BatteryReading, ChargerReading
from peerwatt.model.snapshot import Snapshot
from peerwatt.model.units import interval_at

REFRESH_CYCLES_S = 120.0
"""How long a setpoint is borrowed without being renewed, seconds (device-side revert timers
are set from it; the engine renews it every cycle)."""


@dataclass(frozen=True, slots=True)
class ChargerLimits:
    """What a charger may be asked for, from its settings."""

    device_id: str
    min_power_w: float
    """6 A on its phases; below this it pauses (IEC 61851-1)."""
    max_power_w: float
    step_w: float = 0.0
    """Power of 1 A on its phases; setpoints are rounded down to it. 0: not rounded."""
    can_switch: bool = False
    """Whether it can charge on one phase instead of three; ``min_power_w`` is then one phase's."""

    @property
    def one_phase_max_w(self) -> float:
        """Most power on one phase."""
        return self.max_power_w / 3

    @property
    def three_phase_min_w(self) -> float:
        """Least power on three phases."""
        return self.min_power_w * 3


@dataclass(frozen=True, slots=True)
class BatteryLimits:
    """What a battery may be asked for, where its own readings do not say it."""

    device_id: str
    max_charge_w: float = 5_000.0
    max_discharge_w: float = 5_000.0
    reserve_pct: float = 10.0


@dataclass(frozen=True, slots=True)
class AwardedWindow:
    """A flexibility award that is running, with what the meter says so far.

    ``net_import_wh`` is import - export metered since the window began.
    """

    commitment: Commitment
    net_import_wh: int


@dataclass(frozen=True, slots=True)
class MarketPosition:
    """What was bought and sold for the interval that runs, and the meter so far."""

    interval: int
    bought_wh: int
    sold_wh: int
    net_import_wh: int
    """import - export metered since the interval began."""


@dataclass(frozen=True, slots=True)
class Senses:
    """What is known of the house beside car and battery, made out of late and noisy readings."""

    rest_w: float
    """Home less sun now."""
    smooth_w: float
    """The same without the flicker of clouds and kettles."""
    at_s: float
    fast_w: tuple[float, ...] = ()
    """Grid and battery in the last cycles, for the median."""


@dataclass(frozen=True, slots=True)
class CarState:
    """What the fast control remembers of one charger."""

    charging: bool = False
    """Whether the car charges by the surplus rule."""
    since_s: float | None = None
    """Since when the sun has said otherwise (hysteresis)."""
    phases: int = 3
    phases_s: float = float("-inf")
    """When the phases were last switched."""
    phases_since_s: float | None = None
    """Since when the other number of phases would suit better."""


@dataclass(frozen=True, slots=True)
class Asked:
    """The setpoint that a device has."""

    power_w: float | None
    changed_s: float = float("-inf")
    """When it was last changed."""
    by_owner: bool = False
    """Whether the owner's override is in force."""
    limited: bool = False
    """Whether a limit or a promise held it down."""
    up_since_s: float | None = None
    """Since when more would have been allowed and wished."""
    span_w: tuple[float, float] = (0.0, 0.0)
    """Between which powers the device is while it follows the last change."""


@dataclass(frozen=True, slots=True)
class Memory:
    """What one cycle hands to the next; replaced whole, never changed in place."""

    cars: Mapping[str, CarState] = field(default_factory=lambda: MappingProxyType({}))
    asked: Mapping[str, Asked] = field(default_factory=lambda: MappingProxyType({}))
    """Last setpoint of each device, so that small changes are not written."""
    senses: Senses | None = None
    reserve_held: frozenset[str] = frozenset()
    """Batteries that were stopped at their reserve."""


@dataclass(frozen=True, slots=True)
class CycleContext:
    """Everything a cycle decides on."""

    snapshot: Snapshot
    now_s: float
    chargers: tuple[ChargerLimits, ...] = ()
    """Chargers that may be controlled."""
    batteries: tuple[BatteryLimits, ...] = ()
    """Batteries that may be controlled."""
    max_import_w: float | None = None
    """Main fuse."""
    dso_limit_w: float | None = None
    """Limit on net import that the grid operator has set now."""
    plan: Plan | None = None
    ev_needs: tuple[EvNeed, ...] = ()
    overrides: Overrides = field(default_factory=Overrides)
    award: AwardedWindow | None = None
    position: MarketPosition | None = None
    memory: Memory = Memory()
    senses: Senses | None = None
    """Filled by the cycle itself; ``None`` takes the readings as they are."""
    setpoint_life_s: float = REFRESH_CYCLES_S

    @property
    def step(self) -> PlanStep | None:
        """The plan's step of this interval, if there is a plan for it."""
        return None if self.plan is None else self.plan.step(interval_at(self.now_s))

    @property
    def grid_w(self) -> float | None:
        """Net grid power; ``None`` without a fresh meter."""
        return self.snapshot.grid_power_w()

    @property
    def ev_w(self) -> float:
        """Measured power of all chargers; one that says nothing counts as 0."""
        readings = self.snapshot.fresh_of(ChargerReading)
        return sum(reading.power_w or 0.0 for reading in readings)

    @property
    def battery_w(self) -> float:
        """Measured power of all batteries (+ discharge); one that says nothing counts as 0."""
        readings = self.snapshot.fresh_of(BatteryReading)
        return sum(reading.power_w or 0.0 for reading in readings)

    @property
    def rest_w(self) -> float | None:
        """Home less sun: what car and battery cannot change. ``None`` without a fresh meter.

        Found by balance from the meter, so an inverter that is away does not blind control.
        """
        grid = self.grid_w
        if grid is None:
            return None
        if self.senses is not None:
            return self.senses.rest_w
        return grid + self.battery_w - self.ev_w

    @property
    def smooth_rest_w(self) -> float | None:
        """:attr:`rest_w` without flicker."""
        return self.rest_w if self.senses is None else self.senses.smooth_w

    def charger(self, device_id: str) -> ChargerReading | None:
        """Return a charger's reading if fresh."""
        reading = self.snapshot.fresh(device_id)
        return reading if isinstance(reading, ChargerReading) else None

    def battery(self, device_id: str) -> BatteryReading | None:
        """Return a battery's reading if fresh."""
        reading = self.snapshot.fresh(device_id)
        return reading if isinstance(reading, BatteryReading) else None


Bands = Mapping[str, Band]


class Controller(Protocol):
    """One rule of the house; it may only narrow what the ones before it allow."""

    @property
    def name(self) -> str:
        """Short name, as it stands in reasons."""

    def narrow(self, ctx: CycleContext, bands: Bands) -> Bands:
        """Return the bands after this rule. Pure: same context and bands, same answer."""
