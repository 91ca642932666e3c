"""A house whose devices are as slow as real ones, closed around the control cycle."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

from peerwatt.engine.controllers import (
    BatteryLimits,
    ChargerLimits,
    CycleContext,
    Memory,
    run_cycle,
)
from peerwatt.model.readings import (
    BatteryReading,
    ChargerReading,
    ChargerStatus,
    DeviceHealth,
    DeviceInfo,
    DeviceKind,
    Health,
    InverterReading,
    MeterReading,
    Reading,
)
from peerwatt.model.snapshot import Snapshot
from peerwatt.model.units import interval_start_s

BEGIN_S = float(interval_start_s(1_944_456))
GAP_S = 10.0
"""The charger's driver sends one change in this time, unless it is to pause."""

VOLTAGE_V = 230.0
Curve = Callable[[int], float]


@dataclass
class Charger:
    """Takes a new current after 3 to 6 s and tells its power every ``sample_s``."""

    limits: ChargerLimits
    dice: random.Random
    sample_s: int = 1
    wants_w: float = 22_000.0
    power_w: float = 0.0
    told: tuple[float, float] = (BEGIN_S, 0.0)
    asked_w: float = 0.0
    sent_s: float = float("-inf")
    phases: int = 3
    writes: int = 0
    switches: int = 0
    coming: list[tuple[float, float]] = field(default_factory=list)

    def ask(self, now_s: float, power_w: float | None, phases: int | None) -> None:
        wished = power_w or 0.0
        if wished == self.asked_w or (wished > 0 and now_s - self.sent_s < GAP_S):
            return
        if phases is not None and phases != self.phases:
            self.switches += 1
            self.phases = phases
            self.coming.append((now_s + 2.0, 0.0))
        self.asked_w, self.sent_s = wished, now_s
        self.writes += 1
        self.coming.append((now_s + self.dice.uniform(3.0, 6.0), wished))

    def tick(self, now_s: float) -> None:
        due = [power for at, power in self.coming if at <= now_s]
        self.coming = [(at, power) for at, power in self.coming if at > now_s]
        if due:
            self.power_w = min(due[-1], self.wants_w)
        if int(now_s) % self.sample_s == 0:
            self.told = (now_s, self.power_w)

    def reading(self) -> ChargerReading:
        at, power = self.told
        status = ChargerStatus.CHARGING if self.power_w > 0 else ChargerStatus.SUSPENDED_EVSE
        return ChargerReading(self.limits.device_id, at, power, 1, status)


@dataclass
class Battery:
    """Balances the meter by itself within two seconds, or keeps to a command."""

    limits: BatteryLimits
    soc_wh: float
    capacity_wh: float = 10_000.0
    power_w: float = 0.0
    asked_w: float | None = None
    writes: int = 0

    def ask(self, power_w: float | None) -> None:
        self.writes += power_w != self.asked_w
        self.asked_w = power_w

    def tick(self, grid_w: float) -> None:
        goal = self.power_w + 0.7 * grid_w if self.asked_w is None else self.asked_w
        high = self.limits.max_discharge_w if self.soc_wh > 500 else 0.0
        low = -self.limits.max_charge_w if self.soc_wh < self.capacity_wh else 0.0
        self.power_w = min(max(goal, low), high)
        self.soc_wh -= self.power_w / 3_600

    def reading(self, now_s: float) -> BatteryReading:
        share = 100 * self.soc_wh / self.capacity_wh
        return BatteryReading(self.limits.device_id, now_s, self.power_w, share)


@dataclass(frozen=True)
class Second:
    """What truly was in one second."""

    at: int
    home_w: float
    sun_w: float
    cars_w: tuple[float, ...]
    battery_w: float
    grid_w: float
    asked_w: tuple[float, ...]


@dataclass
class Loop:
    """Runs the cycle once a second on what late readings say."""

    chargers: list[Charger]
    sun: Curve
    home: Curve
    battery: Battery | None = None
    seed: int = 1
    fields: dict[str, object] = field(default_factory=dict)
    """Further fields of the context, such as a limit."""

    def run(self, seconds: int) -> list[Second]:
        return list(self._seconds(seconds))

    def _seconds(self, seconds: int) -> Iterator[Second]:
        dice, memory, meter_w = random.Random(self.seed), Memory(), self.home(0) - self.sun(0)
        for at in range(seconds):
            now = BEGIN_S + at
            home, sun = self.home(at), self.sun(at)
            for charger in self.chargers:
                charger.tick(now)
            cars = tuple(charger.power_w for charger in self.chargers)
            before = home + sum(cars) - sun - (self.battery.power_w if self.battery else 0.0)
            if self.battery is not None:
                self.battery.tick(before)
            battery = self.battery.power_w if self.battery else 0.0
            grid = home + sum(cars) - sun - battery
            context = self._context(now, meter_w + dice.uniform(-20, 20), sun, memory)
            result = run_cycle(context)
            memory = result.memory
            for setpoint in result.setpoints:
                self._obey(now, setpoint.device_id, setpoint.power_w, setpoint.phases)
            yield Second(
                at, home, sun, cars, battery, grid, tuple(c.asked_w for c in self.chargers)
            )
            meter_w = grid

    def _obey(
        self, now_s: float, device_id: str, power_w: float | None, phases: int | None
    ) -> None:
        for charger in self.chargers:
            if charger.limits.device_id == device_id:
                charger.ask(now_s, power_w, phases)
        if self.battery is not None and self.battery.limits.device_id == device_id:
            self.battery.ask(power_w)

    def _context(self, now_s: float, meter_w: float, sun_w: float, memory: Memory) -> CycleContext:
        readings: dict[str, Reading] = {
            "meter": MeterReading("meter", now_s, meter_w, 1, 1),
            "inverter": InverterReading("inverter", now_s, sun_w, sun_w),
        }
        kinds = {"meter": DeviceKind.METER, "inverter": DeviceKind.INVERTER}
        for charger in self.chargers:
            readings[charger.limits.device_id] = charger.reading()
            kinds[charger.limits.device_id] = DeviceKind.CHARGER
        if self.battery is not None:
            readings[self.battery.limits.device_id] = self.battery.reading(now_s)
            kinds[self.battery.limits.device_id] = DeviceKind.BATTERY
        snapshot = Snapshot(
            now_s,
            1,
            readings,
            {d: DeviceHealth(d, Health.FRESH) for d in readings},
            {d: DeviceInfo(d, kind, "test") for d, kind in kinds.items()},
        )
        base = CycleContext(
            snapshot,
            now_s,
            tuple(charger.limits for charger in self.chargers),
            () if self.battery is None else (self.battery.limits,),
            max_import_w=17_250.0,
            memory=memory,
        )
        return replace(base, **self.fields)  # type: ignore[arg-type]


def clouds(seed: int, seconds: int, peak_w: float) -> Curve:
    """Return a sun behind broken clouds: clear and covered in turn, edges of a few seconds."""
    dice, values, clear, level = random.Random(seed), [], True, 1.0
    change = 0
    for second in range(seconds):
        if second >= change:
            clear = not clear
            change = second + int(dice.expovariate(1 / (240 if clear else 60)))
        goal = 1.0 if clear else 0.35
        level += (goal - level) * 0.15 + dice.gauss(0, 0.01)
        values.append(max(level, 0.0) * peak_w)
    return lambda at: values[at]


def kettles(seed: int, seconds: int, base_w: float = 350.0) -> Curve:
    """Return a home with a refrigerator, a kettle now and then and an oven's thermostat."""
    dice, values, until, extra = random.Random(seed), [], 0, 0.0
    for second in range(seconds):
        if second >= until:
            extra = dice.choice([0.0, 0.0, 90.0, 2_000.0])
            until = second + dice.randint(20, 400 if extra < 1_000 else 120)
        values.append(base_w + extra + dice.gauss(0, 15))
    return lambda at: values[at]
