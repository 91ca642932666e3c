"""A twin's log replays from S0, and every alteration of it shows."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from peerwatt.model.mealy import (
    GENESIS_HASH,
    MealyMachine,
    Transition,
    replay_fault,
    table_from,
)

STATES = ("away", "idle", "charging")
INPUTS = ("lost", "seen", "charge", "stop")


def _delta(state: str, symbol: str) -> str:
    if symbol == "lost":
        return "away"
    if state == "away":
        return "idle" if symbol == "seen" else "away"
    return {"charge": "charging", "stop": "idle"}.get(symbol, state)


def _output(state: str, symbol: str) -> str:
    return "none" if _delta(state, symbol) == state else f"to {_delta(state, symbol)}"


MACHINE = MealyMachine(
    "battery", STATES, "away", INPUTS, table_from(STATES, INPUTS, _delta, _output)
)


def run(symbols: list[str]) -> list[Transition]:
    """Return the log of a machine fed with symbols."""
    log: list[Transition] = []
    state, previous = MACHINE.start, GENESIS_HASH
    for seq, symbol in enumerate(symbols):
        after, output = MACHINE.step(state, symbol)
        log.append(
            Transition("b", seq, previous, state, symbol, after, output, 1000 * seq, f"[{seq}]")
        )
        state, previous = after, log[-1].hash()
    return log


LOGS = st.lists(st.sampled_from(INPUTS), min_size=1, max_size=12).map(run)
TEXT_FIELDS = ("twin", "previous_hash", "state", "symbol", "next_state", "output", "detail")


@given(log=LOGS)
def test_an_honest_log_replays(log: list[Transition]) -> None:
    assert replay_fault(MACHINE, log, log[-1].hash()) is None
    assert replay_fault(MACHINE, []) is None


@given(log=LOGS, data=st.data())
def test_any_altered_field_shows(log: list[Transition], data: st.DataObject) -> None:
    root = log[-1].hash()
    index = data.draw(st.integers(0, len(log) - 1))
    field = data.draw(st.sampled_from((*TEXT_FIELDS, "seq", "time_ms")))
    old = getattr(log[index], field)
    new: object
    if isinstance(old, int):
        new = data.draw(st.integers(0, 10**13).filter(lambda value: value != old))
    else:
        words = st.sampled_from((*STATES, *INPUTS, "none", "to idle")) | st.text(max_size=70)
        new = data.draw(words.filter(lambda value: value != old))
    forged = [*log[:index], replace(log[index], **{field: new}), *log[index + 1 :]]
    assert replay_fault(MACHINE, forged, root) is not None


@given(log=LOGS, data=st.data())
def test_any_removed_repeated_or_swapped_record_shows(
    log: list[Transition], data: st.DataObject
) -> None:
    root = log[-1].hash()
    index = data.draw(st.integers(0, len(log) - 1))
    removed = log[:index] + log[index + 1 :]
    assert replay_fault(MACHINE, removed, root) is not None
    repeated = log[: index + 1] + log[index:]
    assert replay_fault(MACHINE, repeated, root) is not None
    other = data.draw(st.integers(0, len(log) - 1).filter(lambda i: i != index or len(log) == 1))
    if other != index:
        swapped = list(log)
        swapped[index], swapped[other] = swapped[other], swapped[index]
        assert replay_fault(MACHINE, swapped, root) is not None


@given(log=LOGS, data=st.data())
def test_a_chain_forged_anew_behind_an_alteration_ends_in_another_root(
    log: list[Transition], data: st.DataObject
) -> None:
    root = log[-1].hash()
    index = data.draw(st.integers(0, len(log) - 1))
    forged = [*log[:index], replace(log[index], time_ms=log[index].time_ms + 1)]
    for record in log[index + 1 :]:
        forged.append(replace(record, previous_hash=forged[-1].hash()))
    assert replay_fault(MACHINE, forged) is None
    assert replay_fault(MACHINE, forged, root) == (
        f"the log of {len(log)} records does not end in its anchored root"
    )


def test_the_sentences_name_the_record() -> None:
    log = run(["seen", "charge", "stop"])
    assert replay_fault(MACHINE, log[1:]) == "record 1 stands where 0 was expected"
    wrong = [log[0], replace(log[1], output="none"), log[2]]
    assert replay_fault(MACHINE, wrong) == "record 1 is no step of the machine"
    wrong = [log[0], replace(log[1], state="away"), log[2]]
    assert replay_fault(MACHINE, wrong) == "record 1 starts in 'away' instead of 'idle'"


def test_a_table_with_a_hole_is_seen() -> None:
    table = dict(MACHINE.table)
    del table["idle", "stop"]
    assert MACHINE.missing() == ()
    assert replace(MACHINE, table=table).missing() == (("idle", "stop"),)
    with pytest.raises(KeyError):
        replace(MACHINE, table=table).step("idle", "stop")


def test_rows_print_the_whole_table() -> None:
    rows = list(MACHINE.rows())
    assert len(rows) == len(STATES) * len(INPUTS)
    assert rows[0] == ("away", "lost", "away", "none")
