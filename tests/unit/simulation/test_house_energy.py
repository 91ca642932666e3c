"""The counters of a house balance exactly, whatever happens in it."""

from __future__ import annotations

import math
from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from peerwatt.simulation.physics.house import Counters, SimHouse
from peerwatt.simulation.physics.spec import (
    BatterySpec,
    CarSpec,
    ChargerSpec,
    HouseSpec,
    LoadSpec,
    PvSpec,
    street_houses,
)
from peerwatt.simulation.physics.weather import Weather

START_S = 1_781_827_200.0
"""2026-06-19 00:00 UTC, a Friday."""


@dataclass
class Fixed:
    """A power that changes with the seconds but needs no weather."""

    base_w: float
    swing_w: float = 0.0

    def mean_power_w(self, from_s: float, to_s: float) -> float:
        return max(0.0, self.base_w + self.swing_w * math.sin(from_s / 977.0))


def house(spec: HouseSpec, pv_w: float = 0.0, load_w: float = 400.0) -> SimHouse:
    return SimHouse(
        spec,
        Weather(1),
        START_S,
        pv_source=Fixed(pv_w, pv_w / 2),
        load_source=Fixed(load_w, load_w / 2),
    )


def balance_wh(now: Counters, before: Counters) -> float:
    """Energy the counters leave unexplained."""

    def delta(name: str) -> float:
        return float(getattr(now, name) - getattr(before, name))

    return (
        delta("import_wh")
        - delta("export_wh")
        - delta("home_wh")
        - delta("ev_wh")
        + delta("pv_wh")
        + delta("discharge_wh")
        - delta("charge_wh")
    )


def copy_of(counters: Counters) -> Counters:
    return Counters(*(getattr(counters, name) for name in Counters.__slots__))


specs = st.builds(
    HouseSpec,
    name=st.just("any"),
    seed=st.integers(0, 10_000),
    load=st.just(LoadSpec()),
    pv=st.sampled_from([None, PvSpec(8.0)]),
    inverter_rating_w=st.sampled_from([0.0, 3_000.0, 8_000.0]),
    battery=st.none()
    | st.builds(
        BatterySpec,
        capacity_wh=st.floats(500, 20_000),
        max_charge_w=st.floats(500, 8_000),
        max_discharge_w=st.floats(500, 8_000),
        efficiency_one_way=st.floats(0.8, 1.0),
        initial_soc_pct=st.floats(0, 100),
    ),
    charger=st.sampled_from([None, ChargerSpec(), ChargerSpec(phases=1)]),
    car=st.sampled_from([None, CarSpec(), CarSpec(20_000.0, phases=1, initial_soc_pct=97.0)]),
)
commands = st.fixed_dictionaries(
    {
        "limit_pct": st.none() | st.floats(0, 100),
        "mode": st.integers(0, 3),
        "out_pct": st.floats(-100, 100),
        "in_pct": st.floats(-100, 100),
        "grid_charging": st.booleans(),
        "setpoint_w": st.none() | st.floats(-9_000, 9_000),
        "revert_s": st.sampled_from([0.0, 30.0, 120.0]),
    }
)


def command(target: SimHouse, orders: dict) -> None:
    inverter = target.inverter
    inverter.limit.enabled = orders["limit_pct"] is not None
    inverter.limit.pct = orders["limit_pct"] if orders["limit_pct"] is not None else 100.0
    inverter.storage.mode = orders["mode"]
    inverter.storage.discharge_pct = orders["out_pct"]
    inverter.storage.charge_pct = orders["in_pct"]
    inverter.storage.grid_charging = orders["grid_charging"]
    inverter.setpoint.enabled = orders["setpoint_w"] is not None
    inverter.setpoint.power_w = orders["setpoint_w"] or 0.0
    for lent in (inverter.limit, inverter.storage, inverter.setpoint):
        lent.timer.timeout_s = orders["revert_s"]
        lent.touch(target.time_s)


@settings(max_examples=80, deadline=None)
@given(
    spec=specs,
    pv_w=st.floats(0, 12_000),
    load_w=st.floats(0, 9_000),
    steps=st.lists(st.tuples(st.floats(0.5, 2_000), commands), min_size=1, max_size=25),
)
def test_energy_is_conserved_and_limits_hold(spec, pv_w, load_w, steps):
    sim = house(spec, pv_w, load_w)
    before = copy_of(sim.counters)
    now_s = START_S
    for dt_s, orders in steps:
        command(sim, orders)
        now_s += dt_s
        sim.step(now_s, dt_s)
        assert balance_wh(sim.counters, before) == pytest.approx(0.0, abs=1e-3)
        assert sim.flows.pv_w >= 0.0
        assert abs(sim.flows.ac_w) <= spec.inverter_rating_w + 1e-6
        if sim.battery:
            assert 0.0 <= sim.battery.soc_pct <= 100.0
        if sim.car:
            assert 0.0 < sim.car.soc_pct <= 100.0
    for name in Counters.__slots__:
        assert getattr(sim.counters, name) >= getattr(before, name)


def test_battery_loses_what_its_efficiency_says():
    spec = HouseSpec("b", 1, battery=BatterySpec(standby_w=0.0), inverter_rating_w=8_000.0)
    sim = house(spec, 0.0, 0.0)
    sim.inverter.storage.mode, sim.inverter.storage.grid_charging = 2, True
    sim.inverter.storage.discharge_pct = -50.0
    stored_wh = sim.battery.energy_wh
    sim.step(START_S + 3600, 3600.0)
    assert sim.flows.battery_w == pytest.approx(-2_500.0)
    assert sim.flows.grid_w == pytest.approx(2_500.0)
    assert sim.battery.energy_wh - stored_wh == pytest.approx(2_500.0 * 0.95)


def test_self_consumption_follows_the_meter_to_zero():
    spec = HouseSpec("b", 1, pv=PvSpec(8.0), battery=BatterySpec(), inverter_rating_w=8_000.0)
    sim = SimHouse(spec, Weather(1), START_S, pv_source=Fixed(3_000.0), load_source=Fixed(1_000.0))
    sim.step(START_S + 15, 15.0)
    assert sim.flows.battery_w == pytest.approx(-2_000.0)
    assert sim.flows.grid_w == pytest.approx(0.0, abs=1e-9)
    sim.pv_source = Fixed(0.0)
    sim.step(START_S + 30, 15.0)
    assert sim.flows.battery_w == pytest.approx(1_000.0)


def test_charging_from_the_grid_needs_permission():
    spec = HouseSpec("b", 1, pv=PvSpec(8.0), battery=BatterySpec(), inverter_rating_w=8_000.0)
    sim = SimHouse(spec, Weather(1), START_S, pv_source=Fixed(600.0), load_source=Fixed(1_000.0))
    sim.inverter.storage.mode, sim.inverter.storage.discharge_pct = 2, -100.0
    sim.step(START_S + 15, 15.0)
    assert sim.flows.battery_w == pytest.approx(-600.0)
    sim.inverter.storage.grid_charging = True
    sim.step(START_S + 30, 15.0)
    assert sim.flows.battery_w == pytest.approx(-5_000.0)


def test_limited_output_charges_the_battery_before_pv_is_lost():
    spec = HouseSpec("b", 1, pv=PvSpec(8.0), battery=BatterySpec(), inverter_rating_w=8_000.0)
    sim = SimHouse(spec, Weather(1), START_S, pv_source=Fixed(7_000.0), load_source=Fixed(6_500.0))
    sim.inverter.limit.enabled, sim.inverter.limit.pct = True, 50.0
    sim.step(START_S + 15, 15.0)
    assert (sim.flows.pv_w, sim.flows.battery_w) == pytest.approx((7_000.0, -3_000.0))
    sim.inverter.limit.pct = 0.0
    sim.step(START_S + 30, 15.0)
    assert (sim.flows.pv_w, sim.flows.battery_w) == pytest.approx((5_000.0, -5_000.0))
    assert sim.flows.throttled


def test_registers_are_captured_exactly_at_interval_ends():
    coarse, fine = (house(street_houses(1)[0], 3_000.0, 800.0) for _ in range(2))
    coarse.step(START_S + 7 * 450.0, 7 * 450.0)
    for k in range(1, 7 * 450 // 15 + 1):
        fine.step(START_S + k * 15.0, 15.0)
    interval = int(START_S // 900)
    assert list(coarse.interval_registers) == [interval, interval + 1, interval + 2]
    assert list(fine.interval_registers) == list(coarse.interval_registers)
    first = fine.interval_registers[interval]
    assert all(isinstance(register, int) for register in first)
    begin = house(street_houses(1)[0]).counters
    assert first[0] >= int(begin.import_wh)


def test_a_seed_repeats_a_run_and_another_does_not():
    def run(seed: int) -> list[float]:
        sims = [
            SimHouse(spec, Weather(seed), START_S, pv_source=Fixed(1_000.0))
            for spec in street_houses(seed)
        ]
        for k in range(1, 241):
            for sim in sims:
                sim.step(START_S + 7 * 3600 + 60.0 * k, 60.0)
        return [sim.counters.import_wh + sim.counters.home_wh for sim in sims]

    assert run(7) == run(7)
    assert run(7) != run(8)


def test_the_street_holds_every_kind_of_house():
    houses = street_houses(3)
    assert len(houses) >= 6
    first = houses[0]
    assert (first.pv.kwp, first.battery.capacity_wh, first.battery.max_charge_w) == (
        8,
        10_000,
        5_000,
    )
    assert (first.car.capacity_wh, first.charger.phases, first.charger.max_current_a) == (
        60_000,
        3,
        16,
    )
    assert any(h.pv and not h.battery for h in houses)
    assert any(not h.pv and not h.car for h in houses)
    assert any(h.car and not h.pv for h in houses)
    assert {h.inverter_family for h in houses if h.pv} == {"int", "float", "der"}
    assert len({h.seed for h in houses}) == len(houses)


def test_ticks_that_are_no_round_seconds_capture_each_boundary_once():
    sim = house(street_houses(1)[0], 3_000.0, 800.0)
    for k in range(1, 20_001):
        sim.step(START_S + 0.1 * k, 0.1)
    first = int(START_S // 900)
    assert list(sim.interval_registers) == [first, first + 1]
    whole = house(street_houses(1)[0], 3_000.0, 800.0)
    whole.load_source, whole.pv_source = sim.load_source, sim.pv_source
    before = whole.counters.home_wh
    assert sim.counters.home_wh - before == pytest.approx(
        sum(sim.load_source.mean_power_w(START_S + 0.1 * k, 0) * 0.1 / 3600 for k in range(20_000)),
        rel=1e-6,
    )
