"""The twins: total tables, a bounded chain that survives restarts, tampering that shows."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from peerwatt.engine.twins import (
    BATTERY,
    HOUSE,
    MACHINES,
    METER,
    HouseTwins,
    TwinLogFault,
    TwinRunner,
)
from peerwatt.engine.twins.symbols import (
    battery_symbol,
    charger_symbol,
    inverter_symbol,
    meter_symbol,
)
from peerwatt.model.control import Reason, Setpoint
from peerwatt.model.mealy import GENESIS_HASH, MealyMachine, Transition, replay_fault
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


class MemoryLog:
    """A twin log in memory that can fail like a full disk."""

    def __init__(self) -> None:
        self.kept: list[Transition] = []
        self.broken = False

    def append(self, records: Sequence[Transition]) -> None:
        if self.broken:
            raise OSError("no space left")
        self.kept += records

    def last(self, twin: str) -> Transition | None:
        return next((r for r in reversed(self.kept) if r.twin == twin), None)

    def records(self, twin: str) -> Iterable[Transition]:
        return [r for r in self.kept if r.twin == twin]


@pytest.mark.parametrize("machine", MACHINES, ids=lambda m: m.name)
def test_tables_are_total_closed_and_printable(machine: MealyMachine) -> None:
    assert machine.missing() == ()
    assert machine.start in machine.states
    assert len(machine.table) == len(machine.states) * len(machine.inputs)
    rows = list(machine.rows())
    assert len(rows) == len(machine.table)
    assert {row[2] for row in rows} <= set(machine.states)
    assert all(row[3] for row in rows)


@pytest.mark.parametrize("machine", MACHINES, ids=lambda m: m.name)
def test_every_state_but_the_first_can_be_reached(machine: MealyMachine) -> None:
    reached, frontier = {machine.start}, [machine.start]
    while frontier:
        state = frontier.pop()
        for symbol in machine.inputs:
            after = machine.step(state, symbol)[0]
            if after not in reached:
                reached.add(after)
                frontier.append(after)
    assert reached == set(machine.states)


@pytest.mark.parametrize("machine", MACHINES, ids=lambda m: m.name)
def test_a_repeated_input_settles_so_that_skipping_it_loses_nothing(machine: MealyMachine) -> None:
    for state in machine.states:
        for symbol in machine.inputs:
            once = machine.step(state, symbol)[0]
            assert machine.step(once, symbol)[0] == once


@given(st.lists(st.sampled_from(BATTERY.inputs), max_size=60), st.integers(0, 60))
def test_chain_replays_and_goes_on_after_a_restart(symbols: list[str], cut: int) -> None:
    log = MemoryLog()
    runner = TwinRunner("battery", BATTERY, log)
    for index, symbol in enumerate(symbols):
        if index == cut:
            runner.flush()
            runner = TwinRunner("battery", BATTERY, log)
        runner.observe(symbol, index)
    runner.flush()
    assert runner.fault() is None
    assert replay_fault(BATTERY, log.kept) is None
    state = BATTERY.start
    for symbol in symbols:
        state = BATTERY.step(state, symbol)[0]
    assert runner.state == state
    assert runner.root() == (log.kept[-1].hash() if log.kept else GENESIS_HASH)
    assert runner.transitions == len(log.kept)


def test_repeated_inputs_add_nothing() -> None:
    log = MemoryLog()
    runner = TwinRunner("meter", METER, log)
    assert runner.observe("import", 1) is not None
    assert runner.observe("import", 2) is None
    assert runner.observe("export", 3) is not None
    runner.flush()
    runner.flush()
    assert [r.symbol for r in log.kept] == ["import", "export"]
    again = TwinRunner("meter", METER, log)
    assert again.observe("export", 4) is None


def test_tampering_is_found() -> None:
    log = MemoryLog()
    runner = TwinRunner("meter", METER, log)
    for index, symbol in enumerate(("import", "export", "import")):
        runner.observe(symbol, index, "{}")
    runner.flush()
    honest = list(log.kept)
    log.kept = [replace(honest[0], detail='{"power_w":1}'), *honest[1:]]
    assert runner.fault() == "record 1 does not follow from the one before"
    log.kept = [honest[0], honest[2]]
    assert "stands where 1 was expected" in (runner.fault() or "")
    log.kept = [replace(honest[0], output="-"), *honest[1:]]
    assert "no step of the machine" in (runner.fault() or "")


def test_a_full_disk_loses_no_record() -> None:
    log = MemoryLog()
    runner = TwinRunner("meter", METER, log)
    runner.observe("import", 1)
    log.broken = True
    with pytest.raises(OSError, match="space"):
        runner.flush()
    runner.observe("export", 2)
    log.broken = False
    runner.flush()
    assert runner.fault() is None
    assert len(log.kept) == 2


def test_a_log_of_another_version_is_refused() -> None:
    log = MemoryLog()
    log.kept.append(Transition("meter", 0, GENESIS_HASH, "unknown", "x", "sideways", "-", 0))
    with pytest.raises(TwinLogFault, match="meter"):
        TwinRunner("meter", METER, log)


def battery(power: float | None) -> BatteryReading:
    return BatteryReading("battery", 0, power, 50)


@pytest.mark.parametrize(
    ("power", "asked", "held_s", "before", "symbol"),
    [
        (None, None, 0, None, "lost"),
        (0, None, 0, None, "free-idle"),
        (200, None, 0, None, "free-discharge"),
        (100, None, 0, "free-discharge", "free-discharge"),
        (100, None, 0, "free-idle", "free-idle"),
        (-900, None, 0, None, "free-charge"),
        (-1950, -2000, 1, None, "asked-met"),
        (0, -2000, 1, None, "asked-unmet"),
        (0, -2000, 31, None, "asked-late"),
        (120, 0, 31, None, "asked-met"),
    ],
)
def test_battery_symbols(
    power: float | None, asked: float | None, held_s: float, before: str | None, symbol: str
) -> None:
    assert battery_symbol(battery(power), asked, held_s, before) == symbol


def test_meter_and_inverter_symbols() -> None:
    def grid(power: float) -> MeterReading:
        return MeterReading("m", 0, power, 1, 1)

    assert meter_symbol(None) == "lost"
    assert meter_symbol(grid(500)) == "import"
    assert meter_symbol(grid(100), "import") == "import"
    assert meter_symbol(grid(100), "balance") == "balance"
    assert meter_symbol(grid(-500)) == "export"
    assert inverter_symbol(None) == "lost"
    assert inverter_symbol(InverterReading("i", 0, 0, 0)) == "dark"
    assert inverter_symbol(InverterReading("i", 0, 900, 900)) == "sun"
    assert inverter_symbol(InverterReading("i", 0, 900, 900, limit_pct=60)) == "limited"
    assert inverter_symbol(InverterReading("i", 0, 900, 900, operating_state="Fault")) == "fault"


@pytest.mark.parametrize("status", list(ChargerStatus))
def test_every_ocpp_status_has_a_symbol(status: ChargerStatus) -> None:
    symbol = charger_symbol(ChargerReading("c", 0, 0, 0, status), None, 0)
    machine = next(m for m in MACHINES if m.name == "charger")
    assert symbol in machine.inputs


def test_charger_over_its_limit() -> None:
    reading = ChargerReading("c", 0, 11_000, 0, ChargerStatus.CHARGING)
    wish = Setpoint("c", 4_140, 9)
    assert charger_symbol(reading, wish, 10) == "charging"
    assert charger_symbol(reading, wish, 40) == "over-limit"
    assert charger_symbol(replace(reading, power_w=4_200), wish, 40) == "charging"


def snapshot(time_s: float, grid: float, soc_power: float, fresh: bool = True) -> Snapshot:
    state = Health.FRESH if fresh else Health.STALE
    return Snapshot(
        time_s,
        1,
        {
            "meter": MeterReading("meter", time_s, grid, 1, 1),
            "battery": BatteryReading("battery", time_s, soc_power, 50),
        },
        {"meter": DeviceHealth("meter", state), "battery": DeviceHealth("battery", state)},
        {
            "meter": DeviceInfo("meter", DeviceKind.METER, "t"),
            "battery": DeviceInfo("battery", DeviceKind.BATTERY, "t"),
        },
    )


def test_house_answers_why_the_battery_charged_and_restarts() -> None:
    log = MemoryLog()
    twins = HouseTwins(log)
    why = Setpoint("battery", -2_000, 99, (Reason("plan", "Cheap now."),))
    twins.step(snapshot(0, 300, 300), ())
    records = twins.step(snapshot(15, 2_300, -2_000), (why,))
    by_twin = {r.twin: r for r in records}
    assert by_twin["battery"].next_state == "obeying"
    detail = json.loads(by_twin["battery"].detail)
    assert detail == {"asked_w": -2000, "power_w": -2000, "soc_pct": 50, "why": "Cheap now."}
    assert twins.step(snapshot(30, 2_300, -2_000), (why,)) == ()
    twins.step(snapshot(45, 0, 0, fresh=False), (why,))
    assert twins.state("battery") == "away"
    assert twins.state(HOUSE) == "blind"
    twins.flush()
    assert twins.replay_fault() is None
    root, count = twins.root(), twins.transitions
    again = HouseTwins(log)
    again.step(snapshot(60, 300, 300), ())
    again.flush()
    assert again.replay_fault() is None
    assert again.transitions > count
    assert again.root() != root


def test_a_refusing_battery_is_named_after_its_grace() -> None:
    twins = HouseTwins(MemoryLog())
    wish = Setpoint("battery", 2_000, 99)
    states = []
    for second in range(0, 60, 10):
        twins.step(snapshot(second, 500, 0), (wish,))
        states.append(twins.state("battery"))
    assert states == ["answering"] * 3 + ["refusing"] * 3


def test_promise_is_seen_by_the_household() -> None:
    twins = HouseTwins(MemoryLog())
    twins.step(snapshot(0, 500, 0), ())
    (begun,) = twins.step(snapshot(1, 500, 0), (), promise_running=True)
    assert begun.output == "keeps a promise to the grid operator"
    (ended,) = twins.step(snapshot(2, 500, 0), ())
    assert ended.output == "the promise has ended"
