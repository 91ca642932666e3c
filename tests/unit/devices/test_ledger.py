"""The undo ledger on disk, and counters that never fall."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from peerwatt.devices.counters import RisingCounter
from peerwatt.devices.ledger import FileUndoLedger


def test_first_value_is_kept_over_restarts(tmp_path: Path) -> None:
    path = tmp_path / "a" / "undo.json"
    ledger = FileUndoLedger(path)
    ledger.remember("battery", "124/0/StorCtl_Mod", 0, 1.0)
    ledger.remember("battery", "124/0/OutWRte", 65_535, 1.0)
    ledger.remember("battery", "124/0/StorCtl_Mod", 3, 2.0)
    again = FileUndoLedger(path)
    assert again.held("battery") == (("124/0/StorCtl_Mod", 0), ("124/0/OutWRte", 65_535))
    assert again.held("other") == ()
    again.forget("battery")
    again.forget("battery")
    assert FileUndoLedger(path).held("battery") == ()
    assert path.stat().st_mode & 0o077 == 0


@pytest.mark.allow_log("cannot be read .* was moved to undo.unreadable")
@pytest.mark.parametrize("text", ["", "{", "[]", '{"devices": 3}', '{"devices": {"a": {"k": 1}}}'])
def test_unreadable_file_is_set_aside(tmp_path: Path, text: str) -> None:
    path = tmp_path / "undo.json"
    path.write_text(text)
    ledger = FileUndoLedger(path)
    assert ledger.held("a") == ()
    assert (tmp_path / "undo.unreadable").read_text() == text
    ledger.remember("a", "k", 1, 0.0)
    assert FileUndoLedger(path).held("a") == (("k", 1),)


@given(st.lists(st.none() | st.floats(-10, 1e9)))
def test_counter_never_falls(values: list[float | None]) -> None:
    counter = RisingCounter("x")
    taken = [value for value in map(counter.take, values) if value is not None]
    assert taken == sorted(taken)
    assert all(value >= 0 for value in taken)
