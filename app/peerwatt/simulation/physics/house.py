"""One simulated house: ties sun, appliances, battery and car together and counts the energy.

The counters balance exactly: (import - export) = home + EV - PV - (discharge - charge). PV and
battery power are meant at the AC terminals; the inverter's conversion losses are part of the
PV yield and of the battery's one-way efficiency, so that nothing is lost in between.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import Protocol

from peerwatt.model.units import INTERVAL_S

from .battery import Battery
from .car import Car
from .charger import Charger
from .controls import OutputLimit, PowerSetpoint, StorageControl
from .inverter import Situation, dispatch
from .load import LoadModel
from .spec import HouseSpec
from .weather import Weather

MAX_STEP_S = 60.0
KEPT_INTERVALS = 400


class PowerSource(Protocol):
    """A power that follows from time alone."""

    def mean_power_w(self, from_s: float, to_s: float) -> float:
        """Return the mean power between two moments, W."""


@dataclass(slots=True)
class Flows:
    """Mean power of the last step, W, in the program's signs."""

    grid_w: float = 0.0
    home_w: float = 0.0
    pv_w: float = 0.0
    battery_w: float = 0.0
    ev_w: float = 0.0
    pv_available_w: float = 0.0
    throttled: bool = False

    @property
    def ac_w(self) -> float:
        """Return the inverter's AC output, + towards the house."""
        return self.pv_w + self.battery_w


@dataclass(slots=True)
class Counters:
    """Cumulative energy, Wh, exact; registers show whole Wh (``int``, rounded down)."""

    import_wh: float = 0.0
    export_wh: float = 0.0
    pv_wh: float = 0.0
    charge_wh: float = 0.0
    discharge_wh: float = 0.0
    ev_wh: float = 0.0
    home_wh: float = 0.0
    ac_out_wh: float = 0.0
    ac_in_wh: float = 0.0

    def add(self, flows: Flows, dt_s: float) -> None:
        """Count one step of constant power."""
        hours = dt_s / 3600.0
        if flows.grid_w >= 0.0:
            self.import_wh += flows.grid_w * hours
        else:
            self.export_wh -= flows.grid_w * hours
        if flows.battery_w >= 0.0:
            self.discharge_wh += flows.battery_w * hours
        else:
            self.charge_wh -= flows.battery_w * hours
        ac_w = flows.ac_w
        if ac_w >= 0.0:
            self.ac_out_wh += ac_w * hours
        else:
            self.ac_in_wh -= ac_w * hours
        self.pv_wh += flows.pv_w * hours
        self.ev_wh += flows.ev_w * hours
        self.home_wh += flows.home_w * hours


class PvFromWeather:
    """The PV array under the street's sky."""

    def __init__(self, spec: HouseSpec, weather: Weather) -> None:
        self._spec = spec
        self._weather = weather

    def mean_power_w(self, from_s: float, to_s: float) -> float:
        """Return what the array could deliver, W, taken at the middle of the step."""
        if self._spec.pv is None:
            return 0.0
        middle_s = (from_s + to_s) / 2.0
        return self._weather.pv_power_w(self._spec.pv, middle_s, self._spec.cloud_lag_s)


@dataclass(slots=True)
class Inverter:
    """What was commanded to the inverter; nameplates are in the specification."""

    limit: OutputLimit = field(default_factory=OutputLimit)
    storage: StorageControl = field(default_factory=StorageControl)
    setpoint: PowerSetpoint = field(default_factory=PowerSetpoint)
    connected: bool = True

    def expire(self, now_s: float) -> None:
        """Give back what was borrowed once its timer ran out."""
        self.limit.expire(now_s)
        self.storage.expire(now_s)
        self.setpoint.expire(now_s)


class SimHouse:
    """One house. :meth:`step` is the only thing that moves time in it."""

    def __init__(
        self,
        spec: HouseSpec,
        weather: Weather,
        start_s: float,
        *,
        pv_source: PowerSource | None = None,
        load_source: PowerSource | None = None,
    ) -> None:
        timezone = weather.location.timezone
        self.spec = spec
        self.time_s = start_s
        self.steps = 0
        self.pv_source = pv_source or PvFromWeather(spec, weather)
        self.load_source = load_source or LoadModel(spec.load, spec.seed, timezone)
        self.inverter = Inverter()
        self.battery = Battery(spec.battery) if spec.battery else None
        self.car = Car(spec.car, spec.seed, timezone) if spec.car else None
        self.flows = Flows()
        self.counters = _first_counters(spec)
        self.charger = Charger(spec.charger, self.car) if spec.charger else None
        self.interval_registers: dict[int, tuple[int, int]] = {}
        """Interval -> (import, export) registers in whole Wh exactly at its end."""
        self.production_registers: dict[int, int] = {}
        """Interval -> the production meter's register in whole Wh exactly at its end."""

    def step(self, now_s: float, dt_s: float) -> None:
        """Live through ``dt_s`` seconds up to ``now_s`` (Unix seconds).

        Long steps are split, always at interval boundaries, so that the registers of a
        boundary are exact whatever the tick.
        """
        at_s = now_s - dt_s
        if abs(at_s - self.time_s) < 1e-3:
            at_s = self.time_s  # no sliver of time twice from floating-point arithmetic
        while at_s < now_s:
            boundary_s = (at_s // INTERVAL_S + 1) * INTERVAL_S
            until_s = min(now_s, at_s + MAX_STEP_S, boundary_s)
            self._live(at_s, until_s)
            if until_s == boundary_s:
                self._capture(int(boundary_s // INTERVAL_S) - 1)
            at_s = until_s
        self.time_s = now_s
        self.steps += 1

    def _live(self, from_s: float, to_s: float) -> None:
        """Live through a span in which everything is constant."""
        dt_s, flows, inverter = to_s - from_s, self.flows, self.inverter
        inverter.expire(from_s)
        flows.home_w = self.load_source.mean_power_w(from_s, to_s)
        flows.pv_available_w = self.pv_source.mean_power_w(from_s, to_s)
        flows.ev_w = self.charger.step(from_s, dt_s) if self.charger else 0.0
        self._convert(dt_s)
        flows.grid_w = flows.home_w + flows.ev_w - flows.pv_w - flows.battery_w
        self.counters.add(flows, dt_s)

    def _convert(self, dt_s: float) -> None:
        """Let the inverter decide and the battery follow."""
        flows, inverter, battery = self.flows, self.inverter, self.battery
        rating_w = self.spec.inverter_rating_w
        if not inverter.connected or rating_w <= 0.0:
            flows.pv_w = flows.battery_w = 0.0
            flows.throttled = False
            if battery is not None:
                battery.apply(0.0, dt_s)
            return
        limits = command = (0.0, 0.0)
        if battery is not None:
            limits = battery.limits_w(dt_s, inverter.storage.reserve_pct)
            command = inverter.storage.band_w(
                battery.spec.max_charge_w, battery.spec.max_discharge_w
            )
        setpoint_w = inverter.setpoint.power_w if inverter.setpoint.enabled else None
        result = dispatch(
            Situation(
                flows.pv_available_w,
                flows.home_w + flows.ev_w,
                rating_w,
                inverter.limit.limit_w(rating_w),
                limits,
                command,
                inverter.storage.grid_charging or setpoint_w is not None,
                setpoint_w,
            )
        )
        flows.pv_w, flows.battery_w, flows.throttled = (
            result.pv_w,
            result.battery_w,
            result.throttled,
        )
        if battery is not None:
            battery.apply(result.battery_w, dt_s)

    def _capture(self, interval: int) -> None:
        """Keep the meters' registers of the interval that just ended."""
        readings = (int(self.counters.import_wh), int(self.counters.export_wh))
        self.interval_registers.setdefault(interval, readings)
        self.production_registers.setdefault(interval, int(self.counters.pv_wh))
        for registers in (self.interval_registers, self.production_registers):
            if len(registers) > KEPT_INTERVALS:
                del registers[next(iter(registers))]


def _first_counters(spec: HouseSpec) -> Counters:
    """Return registers of a house that has stood for years: no real meter begins at zero."""
    rng = random.Random(f"counters:{spec.seed}")
    counters = Counters(import_wh=float(rng.randrange(4_000_000, 30_000_000)))
    if spec.pv is not None:
        counters.export_wh = float(rng.randrange(3_000_000, 20_000_000))
        counters.pv_wh = float(rng.randrange(6_000_000, 14_000_000))
        counters.ac_out_wh = counters.pv_wh
    if spec.battery is not None:
        counters.charge_wh = float(rng.randrange(2_000_000, 6_000_000))
        counters.discharge_wh = float(int(counters.charge_wh * 0.9))
        counters.ac_in_wh = float(rng.randrange(10_000, 90_000))
    if spec.charger is not None:
        counters.ev_wh = float(rng.randrange(1_000_000, 9_000_000))
    return counters
