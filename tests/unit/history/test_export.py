"""The owner gets everything out but secrets, and can erase everything for good."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from peerwatt.history import History, HistoryFault, NoticeLevel, PowerSample
from peerwatt.history.tables import METADATA
from peerwatt.model.market import Order, OrderIntent, OrderState, Side
from peerwatt.model.readings import MeterReading

Read = Callable[[str], str]


@pytest.fixture
def full(history: History) -> History:
    """A history with a little of everything."""
    for second in range(100):
        history.power.append(PowerSample(1_780_000_000.0 + second, 1.5, None))
    history.energy.observe([MeterReading("m", 1_780_000_200.0, 1.0, 10, 20)])
    history.outbox.put(
        OrderIntent(
            "0xAb",
            Order.single(1, Side.BUY, 2, 3),
            OrderState.SENT,
            1.0,
            "why",
            "0xhash",
            "0xSIGNED",
            4,
        )
    )
    history.headers.append([b"\x01\xff"])
    history.notices.add(1.0, NoticeLevel.INFO, "=cmd|' /C calc'!A0", 'comma, "quote"\nline ü')
    history.meta.set("plan", {"a": [1, None]})
    return history


def read_zip(path: Path) -> Read:
    return lambda name: zipfile.ZipFile(path).read(name).decode()


def read_folder(path: Path) -> Read:
    return lambda name: (path / name).read_text(encoding="utf-8")


@pytest.mark.parametrize(("name", "reader"), [("out.zip", read_zip), ("out", read_folder)])
def test_everything_but_secrets_is_written(
    full: History, tmp_path: Path, name: str, reader: Callable[[Path], Read]
) -> None:
    target = full.export_all(tmp_path / "deep" / name)
    read = reader(target)
    about = json.loads(read("about.json"))
    tables = {table.name for table in METADATA.sorted_tables} - {"meta"}
    assert set(about["rows"]) == tables
    for table in tables:
        lines = list(csv.DictReader(io.StringIO(read(f"{table}.csv"))))
        assert len(lines) == about["rows"][table], table
        assert not any("0xSIGNED" in str(line) for line in lines)
    samples = list(csv.DictReader(io.StringIO(read("power_sample.csv"))))
    assert len(samples) == 100
    assert (samples[0]["time_ms"], samples[0]["grid_w"], samples[0]["pv_w"]) == (
        "1780000000000",
        "1.5",
        "",
    )
    notice = next(csv.DictReader(io.StringIO(read("notice.csv"))))
    assert notice["sentence"] == 'comma, "quote"\nline ü'
    assert notice["source"].startswith("'=cmd")
    assert next(csv.DictReader(io.StringIO(read("chain_header.csv"))))["rlp"] == "01ff"
    assert json.loads(read("meta.json")) == {"plan": {"a": [1, None]}}
    assert target.stat().st_mode & 0o077 == 0
    assert [entry.name for entry in target.parent.iterdir()] == [name]


def test_an_export_never_overwrites(full: History, tmp_path: Path) -> None:
    target = tmp_path / "mine.zip"
    target.write_text("precious")
    with pytest.raises(HistoryFault, match=r"mine\.zip exists already; choose another name"):
        full.export_all(target)
    assert target.read_text() == "precious"


def test_an_export_that_fails_leaves_nothing(
    full: History, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("peerwatt.history.export._write_table", fail)
    for name in ("e.zip", "e"):
        with pytest.raises(
            HistoryFault, match=r"failed \(No space left on device\); choose another"
        ):
            full.export_all(tmp_path / "exports" / name)
    assert list((tmp_path / "exports").iterdir()) == []


def test_erasing_leaves_no_row_and_no_trace_in_the_file(full: History, tmp_path: Path) -> None:
    full.meta.set("name", "unmistakable words")
    full.erase_all()
    about = json.loads(read_folder(full.export_all(tmp_path / "after"))("about.json"))
    assert set(about["rows"].values()) == {0}
    assert full.meta.items() == {}
    full.close()
    content = full.path.read_bytes()
    assert b"unmistakable words" not in content
    assert b"0xSIGNED" not in content


def test_the_history_goes_on_after_erasing(full: History) -> None:
    full.power.append(PowerSample(1_780_000_500.0, 9.0))
    full.erase_all()
    assert full.power.count() == 0
    assert full.energy.observe([MeterReading("m", 1_780_000_200.0, 1.0, 10, 20)]) == 2
    for second in range(70):
        full.power.append(PowerSample(60.0 + second, 7.0))
    assert set(full.power.power(60, 120, 60).grid_w) == {7.0}


def test_erasing_is_refused_while_control_is_borrowed(full: History) -> None:
    full.undo.remember("battery", "40105", 100, 1.0)
    with pytest.raises(HistoryFault, match="Control of battery has not been given back"):
        full.erase_all()
    assert full.meta.items() != {}
    full.undo.forget("battery")
    full.erase_all()
    assert full.meta.items() == {}
