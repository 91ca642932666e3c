"""The rules of the cycle: each case is inputs -> setpoints; later rules never widen."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from peerwatt.engine.controllers import (
    CONTROLLERS,
    AwardedWindow,
    BatteryLimits,
    CarState,
    ChargerLimits,
    CycleContext,
    CycleResult,
    MarketPosition,
    Memory,
    run_cycle,
)
from peerwatt.engine.controllers.device_limits import full_bands
from peerwatt.engine.overrides import Overrides
from peerwatt.model.flexibility import Commitment, Direction
from peerwatt.model.plan import EvNeed, Plan, PlanStep
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
)
from peerwatt.model.snapshot import Snapshot
from peerwatt.model.units import interval_start_s

T = 1_944_456
NOW = float(interval_start_s(T)) + 300
CHARGER = ChargerLimits("charger", 4_140, 11_040, 690)
BATTERY = BatteryLimits("battery", 5_000, 5_000, 10.0)
KINDS = {
    "meter": DeviceKind.METER,
    "inverter": DeviceKind.INVERTER,
    "battery": DeviceKind.BATTERY,
    "charger": DeviceKind.CHARGER,
}


def house(
    home: float = 500,
    pv: float = 0,
    ev: float = 0,
    battery: float = 0,
    soc: float | None = 50,
    car: ChargerStatus = ChargerStatus.CHARGING,
    stale: tuple[str, ...] = (),
    now: float = NOW,
) -> Snapshot:
    """A house whose meter balances its parts."""
    readings = {
        "meter": MeterReading("meter", now, home + ev - pv - battery, 1, 1),
        "inverter": InverterReading("inverter", now, pv, pv),
        "battery": BatteryReading("battery", now, battery, soc),
        "charger": ChargerReading("charger", now, ev, 1, car),
    }
    return Snapshot(
        now,
        1,
        readings,
        {d: DeviceHealth(d, Health.STALE if d in stale else Health.FRESH) for d in readings},
        {d: DeviceInfo(d, kind, "test") for d, kind in KINDS.items()},
    )


def context(snapshot: Snapshot | None = None, **fields: Any) -> CycleContext:
    snapshot = house() if snapshot is None else snapshot
    base = CycleContext(snapshot, snapshot.time_s, (CHARGER,), (BATTERY,), max_import_w=17_250)
    return replace(base, **fields)


def powers(result: CycleResult) -> tuple[float | None, float | None]:
    """Return (car, battery)."""
    by_id = {s.device_id: s.power_w for s in result.setpoints}
    return by_id.get("charger"), by_id.get("battery")


def plan(**fields: int) -> Plan:
    values: dict[str, Any] = {
        "pv_wh": 0, "load_wh": 125, "battery_wh": 0, "ev_wh": 0, "grid_wh": 0, **fields,
    }  # fmt: skip
    step = PlanStep(T, soc_pct=50.0, price_micro_per_kwh=1, reason="As planned.", **values)
    return Plan(NOW, (step,))


def award(direction: Direction, baseline: int, quantity: int, so_far: int) -> AwardedWindow:
    return AwardedWindow(Commitment(9, direction, T, 4, baseline, quantity, 1), so_far)


SUNNY = Memory(cars={"charger": CarState(charging=True)})

CASES: list[tuple[str, CycleContext, float | None, float | None]] = [
    ("nothing to do: battery by itself, car waits", context(), 0, None),
    ("no car: the charger is given back", context(house(car=ChargerStatus.AVAILABLE)), None, None),
    ("car now", context(overrides=Overrides(car="now", car_until_s=NOW + 60)), 11_040, None),
    ("car now has ended", context(overrides=Overrides(car="now", car_until_s=NOW - 1)), 0, None),
    (
        "car now is held by the fuse, in whole amperes",
        context(overrides=Overrides(car="now", car_until_s=NOW + 60), max_import_w=8_000.0),
        6_900,
        None,
    ),
    (
        "the fuse leaves less than 6 A",
        context(overrides=Overrides(car="now", car_until_s=NOW + 60), max_import_w=4_000.0),
        0,
        None,
    ),
    (
        "the grid operator's limit",
        context(overrides=Overrides(car="now", car_until_s=NOW + 60), dso_limit_w=5_000.0),
        4_140,
        None,
    ),
    (
        "pause beats the plan",
        context(
            overrides=Overrides(car="pause", car_until_s=NOW + 60),
            plan=plan(ev_wh=2_760, grid_wh=2_885),
        ),
        0,
        0,
    ),
    ("reserve: no discharge", context(house(soc=10)), 0, 0),
    ("reserve does not stop charging", context(house(soc=10, pv=3_000)), 0, None),
    ("state of charge unknown: no discharge", context(house(soc=None)), 0, 0),
    (
        "owner holds the battery",
        context(overrides=Overrides(battery="hold", battery_until_s=NOW + 60)),
        0,
        0,
    ),
    (
        "plan charges the car from the grid",
        context(plan=plan(ev_wh=1_725, grid_wh=1_850)),
        6_900,
        0,
    ),
    (
        "plan exports: the car does not take it",
        context(house(pv=8_000), plan=plan(pv_wh=2_000, grid_wh=-1_875), memory=SUNNY),
        0,
        0,
    ),
    (
        "plan charges the battery from the grid",
        context(plan=plan(battery_wh=-500, grid_wh=625)),
        0,
        -2_000,
    ),
    (
        "plan charges the car from the battery",
        context(plan=plan(ev_wh=1_035, battery_wh=1_160)),
        4_140,
        None,
    ),
    (
        "plan charges the car from the sun: the real sun decides",
        context(plan=plan(pv_wh=1_500, ev_wh=1_375)),
        0,
        None,
    ),
    ("plan keeps the battery", context(plan=plan(grid_wh=125)), 0, 0),
    ("plan lets the battery serve the home", context(plan=plan(battery_wh=125)), 0, None),
    ("plan sells from the battery", context(plan=plan(battery_wh=625, grid_wh=-500)), 0, 2_500),
    (
        "surplus sun into the car",
        context(house(pv=6_100, ev=4_140), memory=SUNNY),
        5_520,
        None,
    ),
    (
        "a promise to draw less stops the car and draws on the battery",
        context(
            house(ev=11_040),
            plan=plan(ev_wh=2_760, grid_wh=2_885),
            award=award(Direction.REDUCE, 4_000, 4_000, 0),
        ),
        0,
        500 + 240_000 / 1_100,  # the home, and 200 Wh of margin fed in over the 55 min left
    ),
    (
        "a promise to draw more charges the car",
        context(award=award(Direction.INCREASE, 500, 5_000, 0)),
        5_520,
        0,
    ),
    (
        "bought energy is not displaced by the battery",
        context(position=MarketPosition(T, 200, 0, 0)),
        0,
        -700,  # 200 Wh in the 10 min left are 1200 W; the home takes 500
    ),
    (
        "what was bought for the car waits for the car",
        context(plan=plan(ev_wh=1_725, grid_wh=1_850), position=MarketPosition(T, 1_850, 0, 617)),
        6_900,
        0,
    ),
    (
        "what was bought for a car that is full is stored",
        context(
            house(car=ChargerStatus.SUSPENDED_EV),
            plan=plan(ev_wh=1_725, grid_wh=1_850),
            position=MarketPosition(T, 1_850, 0, 617),
        ),
        6_900,
        -5_000,
    ),
    (
        "sold energy is delivered from the battery",
        context(position=MarketPosition(T, 0, 200, 0)),
        0,
        1_700,
    ),
    (
        "a nearly empty battery is not emptied for a sale",
        context(house(soc=12), position=MarketPosition(T, 0, 200, 0)),
        0,
        None,
    ),
    (
        "yesterday's position says nothing",
        context(position=MarketPosition(T - 1, 0, 200, 0)),
        0,
        None,
    ),
]


@pytest.mark.parametrize(("name", "ctx", "car", "battery"), CASES, ids=[c[0] for c in CASES])
def test_setpoints(name: str, ctx: CycleContext, car: float | None, battery: float | None) -> None:
    result = run_cycle(ctx)
    assert powers(result) == (
        pytest.approx(car) if car is not None else None,
        pytest.approx(battery) if battery is not None else None,
    )
    assert all(s.expires_s > ctx.now_s for s in result.setpoints)
    assert all(s.sentence for s in result.setpoints)


def test_silent_meter_takes_the_car_to_its_least_then_off() -> None:
    ctx = context(house(ev=11_040, stale=("meter",)))
    assert powers(run_cycle(ctx)) == (4_140, None)
    later = replace(ctx, now_s=NOW + 121)
    assert powers(run_cycle(later)) == (0, None)
    owner = replace(ctx, overrides=Overrides(car="now", car_until_s=NOW + 999))
    assert powers(run_cycle(owner))[0] == 4_140


def test_silent_meter_leaves_the_battery_to_itself_in_spite_of_plan_and_market() -> None:
    ctx = context(
        house(stale=("meter",)),
        plan=plan(battery_wh=-500, grid_wh=625),
        position=MarketPosition(T, 500, 0, 0),
        award=award(Direction.REDUCE, 100, 100, 0),
    )
    assert powers(run_cycle(ctx))[1] is None


def test_a_house_without_a_meter_can_still_charge_on_demand() -> None:
    snapshot = house()
    without = replace(
        snapshot,
        readings={k: v for k, v in snapshot.readings.items() if k != "meter"},
        devices={k: v for k, v in snapshot.devices.items() if k != "meter"},
    )
    wish = Overrides(car="now", car_until_s=NOW + 60)
    assert powers(run_cycle(context(without, overrides=wish)))[0] == 11_040


def test_a_silent_device_gets_no_setpoint() -> None:
    result = run_cycle(context(house(stale=("battery", "charger"))))
    assert result.setpoints == ()


def test_surplus_waits_a_minute_to_start_and_three_to_stop() -> None:
    memory, log = Memory(), []
    for second in range(0, 600, 15):
        now = NOW + second
        sun = 6_000 if second < 200 else 1_000
        charging = bool(log and log[-1])
        ev = 4_140.0 if charging else 0.0
        result = run_cycle(context(house(pv=sun, ev=ev, now=now), memory=memory))
        memory = result.memory
        log.append(powers(result)[0] or 0)
    started = next(i for i, p in enumerate(log) if p > 0) * 15
    stopped = next(i for i, p in enumerate(log) if i * 15 > started and p == 0) * 15
    assert started == 60
    assert stopped == 210 + 180


def test_a_short_cloud_does_not_stop_the_car() -> None:
    memory = SUNNY
    for second in range(0, 300, 15):
        sun = 1_000 if 60 <= second < 180 else 6_000
        result = run_cycle(context(house(pv=sun, ev=4_140, now=NOW + second), memory=memory))
        memory = result.memory
        assert (powers(result)[0] or 0) >= 4_140


def test_car_power_does_not_hunt_around_an_ampere() -> None:
    memory, seen = SUNNY, set()
    for step in range(20):
        sun = 6_400 + (30 if step % 2 else -30)
        result = run_cycle(context(house(home=190, pv=sun, ev=5_520), memory=memory))
        memory = result.memory
        seen.add(powers(result)[0])
    assert len(seen) == 1


def test_reserve_has_a_dead_band() -> None:
    first = run_cycle(context(house(soc=10)))
    again = run_cycle(context(house(soc=10.8), memory=first.memory))
    assert powers(again)[1] == 0
    clear = run_cycle(context(house(soc=11.2), memory=again.memory))
    assert powers(clear)[1] is None
    fresh = run_cycle(context(house(soc=10.8)))
    assert powers(fresh)[1] is None


def test_small_changes_of_the_battery_are_not_written() -> None:
    ctx = context(house(home=500), position=MarketPosition(T, 200, 0, 0))
    first = run_cycle(ctx)
    second = run_cycle(replace(ctx, snapshot=house(home=520), memory=first.memory))
    assert powers(first)[1] == powers(second)[1]


def test_without_a_plan_a_late_car_charges() -> None:
    need = EvNeed("charger", 10_000, NOW + 3_600, 11_040, 4_140)
    result = run_cycle(context(ev_needs=(need,)))
    assert powers(result)[0] == 11_040
    assert "ready" in result.setpoints[0].sentence
    relaxed = replace(need, deadline_s=NOW + 7_200)
    assert powers(run_cycle(context(ev_needs=(relaxed,))))[0] == 0


def test_fuse_holds_with_car_and_battery_together() -> None:
    ctx = context(
        house(home=2_000, ev=11_040, battery=-4_000),
        plan=plan(ev_wh=2_760, battery_wh=-1_000, grid_wh=4_000),
        max_import_w=12_000.0,
    )
    car, battery = powers(run_cycle(ctx))
    assert car is not None
    assert battery is not None
    assert 2_000 + car - battery <= 12_000


def test_every_reason_names_its_rule() -> None:
    result = run_cycle(context(plan=plan(ev_wh=1_725, grid_wh=1_850)))
    assert result.setpoints[0].reasons[-1].controller == "plan"
    assert result.setpoints[0].sentence == "As planned."


def test_promise_is_kept_in_a_closed_loop() -> None:
    """A house that obeys ends its window at or below the promised net import."""
    metered, ev, battery = 0.0, 11_040.0, 0.0
    begin = interval_start_s(T)
    memory = Memory()
    for second in range(0, 3_600, 15):
        home = 600 + (400 if second % 600 < 300 else 0)
        snapshot = house(home=home, ev=ev, battery=battery, now=begin + second)
        window = award(Direction.REDUCE, 5_000, 3_000, int(metered))
        ctx = context(snapshot, award=window, memory=memory, plan=plan(ev_wh=2_760, grid_wh=2_885))
        ctx = replace(ctx, plan=Plan(NOW, tuple(
            replace(ctx.plan.steps[0], interval=T + i) for i in range(4)  # type: ignore[union-attr]
        )))  # fmt: skip
        result = run_cycle(ctx)
        memory = result.memory
        car, wish = powers(result)
        ev = car or 0.0
        battery = home + ev if wish is None else wish
        battery = min(max(battery, -5_000), 5_000)
        metered += (home + ev - battery) * 15 / 3_600
    assert metered <= 2_000


watts = st.floats(-12_000, 12_000)


@settings(max_examples=150, deadline=None)
@given(
    home=st.floats(0, 9_000),
    pv=st.floats(0, 12_000),
    ev=st.floats(0, 11_040),
    power=st.floats(-5_000, 5_000),
    soc=st.none() | st.floats(0, 100),
    stale=st.sets(st.sampled_from(sorted(KINDS))),
    status=st.sampled_from(list(ChargerStatus)),
    car=st.sampled_from(["auto", "now", "pause"]),
    hold=st.sampled_from(["auto", "hold"]),
    limit=st.none() | st.floats(0, 20_000),
    energies=st.tuples(*[st.integers(-3_000, 3_000)] * 4) | st.none(),
    promise=st.tuples(
        st.sampled_from(list(Direction)), st.integers(-5_000, 5_000), st.integers(0, 5_000),
        st.integers(-5_000, 5_000),
    ) | st.none(),
    traded=st.tuples(st.integers(0, 2_000), st.integers(0, 2_000), watts) | st.none(),
)  # fmt: skip
def test_later_rules_never_widen_and_devices_are_never_asked_beyond_their_rating(
    home: float, pv: float, ev: float, power: float, soc: float | None, stale: set[str],
    status: ChargerStatus, car: str, hold: str, limit: float | None,
    energies: tuple[int, int, int, int] | None,
    promise: tuple[Direction, int, int, int] | None,
    traded: tuple[int, int, float] | None,
) -> None:  # fmt: skip
    made = None
    if energies is not None:
        sun, battery, charge, grid = energies
        made = plan(pv_wh=abs(sun), battery_wh=battery, ev_wh=abs(charge), grid_wh=grid)
    ctx = context(
        house(home, pv, ev, power, soc, status, tuple(stale)),
        overrides=Overrides(car, NOW + 9, hold, NOW + 9),
        dso_limit_w=limit,
        plan=made,
        award=None if promise is None else award(*promise),
        position=None
        if traded is None
        else MarketPosition(T, traded[0], traded[1], int(traded[2])),
    )
    bands: Any = full_bands(ctx)
    for controller in CONTROLLERS:
        after = controller.narrow(ctx, bands)
        assert after.keys() == bands.keys()
        for device_id, band in after.items():
            assert band.low_w <= band.high_w
            assert band.low_w >= bands[device_id].low_w
            assert band.high_w <= bands[device_id].high_w
        bands = after
    result = run_cycle(ctx)
    asked_car, asked_battery = powers(result)
    if asked_car is not None:
        assert asked_car == 0 or 4_140 <= asked_car <= 11_040
        assert bands["charger"].decided
    if asked_battery is not None:
        band = result.bands["battery"]
        assert band.low_w <= asked_battery <= band.high_w
    assert run_cycle(ctx) == result
