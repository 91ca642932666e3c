"""What a simulated house is made of: nameplates and habits, fixed before the first step."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

InverterFamily = Literal["int", "float", "der"]
"""SunSpec models of the inverter: 103 (integers), 113 (floats) or the 700 series."""


@dataclass(frozen=True, slots=True)
class PvSpec:
    """A PV array of two strings with one orientation. Azimuth: 180 is south."""

    kwp: float
    tilt_deg: float = 30.0
    azimuth_deg: float = 180.0
    first_string_share: float = 0.55


@dataclass(frozen=True, slots=True)
class BatterySpec:
    """A battery behind a hybrid inverter; powers are at its AC side."""

    capacity_wh: float = 10_000.0
    max_charge_w: float = 5_000.0
    max_discharge_w: float = 5_000.0
    efficiency_one_way: float = 0.95
    standby_w: float = 8.0
    initial_soc_pct: float = 45.0


@dataclass(frozen=True, slots=True)
class CarSpec:
    """A car: usable battery, on-board charger and how far it drives."""

    capacity_wh: float = 60_000.0
    max_current_a: float = 16.0
    phases: Literal[1, 3] = 3
    wh_per_km: float = 170.0
    commute_km: float = 45.0
    """There and back."""
    commute_days: tuple[int, ...] = (0, 1, 2, 3, 4)
    """Weekdays of the commute, Monday is 0."""
    errand_probability: float = 0.55
    efficiency: float = 0.91
    initial_soc_pct: float = 48.0


@dataclass(frozen=True, slots=True)
class ChargerSpec:
    """A wallbox; below ``min_current_a`` it does not charge (IEC 61851-1)."""

    max_current_a: float = 16.0
    min_current_a: float = 6.0
    phases: Literal[1, 3] = 3
    voltage_v: float = 230.0


@dataclass(frozen=True, slots=True)
class LoadSpec:
    """Who lives in the house and what runs on electricity."""

    persons: int = 3
    base_w: float = 95.0
    works_from_home: float = 0.3
    """Probability that somebody is at home on a weekday."""
    boiler_w: float = 0.0
    """Hot-water boiler heated at night."""
    heat_pump_w: float = 0.0
    """Space heating; runs in the cold months."""
    scale: float = 1.0


@dataclass(frozen=True, slots=True)
class HouseSpec:
    """One house of the street. ``inverter_rating_w`` is 0 where there is no PV."""

    name: str
    seed: int
    load: LoadSpec = field(default_factory=LoadSpec)
    pv: PvSpec | None = None
    inverter_rating_w: float = 0.0
    inverter_family: InverterFamily = "int"
    battery: BatterySpec | None = None
    charger: ChargerSpec | None = None
    car: CarSpec | None = None
    cloud_lag_s: float = 0.0
    """How much later than at the first house a cloud arrives."""


def street_houses(seed: int) -> list[HouseSpec]:
    """Return the six houses of the street; the first is the owner's.

    Together they hold every kind of household that matters for a local market: PV with battery
    and car, PV alone, nothing at all, a car without PV; and all three families of inverters.
    """
    base = seed * 1_000
    return [
        HouseSpec(
            "House 1",
            base + 1,
            LoadSpec(persons=4, base_w=110.0),
            PvSpec(8.0, 30.0, 180.0),
            8_000.0,
            "int",
            BatterySpec(),
            ChargerSpec(),
            CarSpec(),
        ),
        HouseSpec(
            "House 2",
            base + 2,
            LoadSpec(persons=2, base_w=80.0, works_from_home=0.7),
            PvSpec(6.0, 22.0, 250.0),
            5_500.0,
            "int",
            cloud_lag_s=25.0,
        ),
        HouseSpec("House 3", base + 3, LoadSpec(persons=2, base_w=70.0, works_from_home=0.1)),
        HouseSpec(
            "House 4",
            base + 4,
            LoadSpec(persons=5, base_w=130.0, works_from_home=0.5),
            PvSpec(10.0, 35.0, 165.0),
            9_000.0,
            "der",
            BatterySpec(13_000.0, 5_000.0, 5_000.0, 0.955, 10.0, 60.0),
            cloud_lag_s=60.0,
        ),
        HouseSpec(
            "House 5",
            base + 5,
            LoadSpec(persons=3, base_w=90.0, boiler_w=3_000.0),
            charger=ChargerSpec(),
            car=CarSpec(75_000.0, commute_km=50.0, initial_soc_pct=55.0),
            cloud_lag_s=80.0,
        ),
        HouseSpec(
            "House 6",
            base + 6,
            LoadSpec(persons=3, base_w=85.0, works_from_home=0.2, heat_pump_w=1_900.0),
            PvSpec(5.0, 40.0, 110.0),
            4_600.0,
            "float",
            charger=ChargerSpec(phases=1),
            car=CarSpec(40_000.0, phases=1, commute_km=18.0, commute_days=(0, 2, 4)),
            cloud_lag_s=110.0,
        ),
    ]
