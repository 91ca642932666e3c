"""Interval energies are differences of registers, known only when both ends were read."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from peerwatt.history import EnergyTotals, History, RegisterReading
from peerwatt.model.plan import IntervalEnergy
from peerwatt.model.readings import (
    BatteryReading,
    ChargerReading,
    ChargerStatus,
    InverterReading,
    MeterReading,
    Reading,
)

N = 2_000_000


def house(interval: int, late_s: float = 0.0, **changed: int | None) -> list[Reading]:
    """Return the readings of a house shortly after an interval began."""
    time_s = interval * 900 + late_s
    k = interval - N
    value: dict[str, int | None] = {
        "import": 1000 + 300 * k,
        "export": 500 + 100 * k,
        "pv": 7000 + 400 * k,
        "charged": 50 + 60 * k,
        "discharged": 40 + 10 * k,
        "ev": 9 + 200 * k,
        **changed,
    }
    return [
        MeterReading("m", time_s, 0.0, value["import"], value["export"]),
        InverterReading("i", time_s, 0.0, 0.0, value["pv"]),
        BatteryReading("b", time_s, 0.0, 50.0, None, value["charged"], value["discharged"]),
        ChargerReading("c", time_s, 0.0, value["ev"], ChargerStatus.CHARGING),
    ]


def test_an_interval_is_the_difference_of_its_boundaries(history: History) -> None:
    assert history.energy.observe(house(N)) == 6
    assert history.energy.interval_energy(N) is None
    history.energy.observe(house(N + 1))
    assert history.energy.interval_energy(N) == IntervalEnergy(
        N, 300, 100, 400, home_wh=350, ev_wh=200, battery_charged_wh=60, battery_discharged_wh=10
    )


def test_only_the_first_reading_after_a_boundary_counts(history: History) -> None:
    history.energy.observe(house(N, late_s=2.0))
    assert history.energy.observe(house(N, late_s=3.0, **{"import": 5000})) == 0
    assert history.energy.observe(house(N + 1, late_s=31.0)) == 0
    stored = {(row.register, row.value_wh) for row in history.energy.boundary(N)}
    assert ("import", 1000) in stored
    assert history.energy.boundary(N + 1) == ()


@pytest.mark.parametrize("register", ["import", "pv", "charged", "ev"])
def test_a_missing_or_fallen_register_makes_the_interval_unknown(
    history: History, register: str
) -> None:
    history.energy.observe(house(N))
    history.energy.observe(house(N + 1, **{register: None}))
    history.energy.observe(house(N + 2))
    history.energy.observe(house(N + 3, **{register: 0}))
    history.energy.observe(house(N + 4, **{register: 100_000}))
    history.energy.observe(house(N + 5, **{register: 100_001}))
    known = [energy.interval for energy in history.energy.recent_intervals(N)]
    assert known == [N + 3, N + 4]


def test_a_kind_that_the_house_does_not_have_counts_as_zero(history: History) -> None:
    history.energy.observe(house(N)[:2])
    history.energy.observe(house(N + 1)[:2])
    energy = history.energy.interval_energy(N)
    assert energy == IntervalEnergy(N, 300, 100, 400, 600, 0, 0, 0)


def test_a_device_added_later_does_not_spoil_the_past_nor_one_taken_away_the_future(
    history: History,
) -> None:
    for interval in (N, N + 1):
        history.energy.observe(house(interval)[:1])
    for interval in (N + 2, N + 3):
        history.energy.observe(house(interval))
    far = N + 3 + 193
    for interval in (N + 4, N + 5, far, far + 1):
        history.energy.observe(house(interval)[:1])
    known = [energy.interval for energy in history.energy.recent_intervals(N)]
    assert known == [N, N + 1, N + 2, far]
    # The first interval of the new device has no beginning of its registers: not yet owned.
    assert [energy.pv_wh for energy in history.energy.recent_intervals(N)] == [0, 0, 400, 0]


def test_without_a_meter_nothing_is_known(history: History) -> None:
    history.energy.observe(house(N)[1:])
    history.energy.observe(house(N + 1)[1:])
    assert history.energy.interval_energy(N) is None
    assert history.energy.recent_intervals(N) == []


def test_boundaries_survive_the_engine(path: Path) -> None:
    history = History.open(path)
    history.energy.observe(house(N))
    history.close()
    history = History.open(path)
    assert history.energy.observe(house(N, late_s=5.0)) == 0
    history.energy.observe(house(N + 1))
    assert history.energy.interval_energy(N) is not None
    history.close()


def test_recent_intervals_begin_where_asked(history: History) -> None:
    for interval in range(N, N + 6):
        history.energy.observe(house(interval))
    assert [e.interval for e in history.energy.recent_intervals(N + 3)] == [N + 3, N + 4]


def test_totals_run_from_the_first_boundary_to_now(history: History) -> None:
    history.energy.observe(house(N)[:3])
    history.energy.observe(house(N + 1))
    now = [replace(r, time_s=(N + 3) * 900 + 100.0) for r in house(N + 3)]
    assert history.energy.totals_since(N, now) == EnergyTotals(
        import_wh=900,
        export_wh=300,
        pv_wh=1200,
        home_wh=900 - 300 + 1200 + 30 - 180 - 400,
        ev_wh=400,
        battery_charged_wh=180,
        battery_discharged_wh=30,
    )
    assert history.energy.totals_since(N + 2, now) == EnergyTotals()


def test_a_boundary_once_stored_stays(history: History) -> None:
    reading = RegisterReading("m", "import", N, N * 900.0, 100)
    history.energy.put([reading])
    history.energy.put([replace(reading, value_wh=999)])
    assert history.energy.boundary(N) == (reading,)
