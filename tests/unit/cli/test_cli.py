"""The command line: exit code 2 on wrong use, 1 with one clear line on failure."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from peerwatt import __version__
from peerwatt.cli import main


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main(["--version"])
    assert left.value.code == 0
    assert capsys.readouterr().out == f"peerwatt {__version__}\n"


@pytest.mark.parametrize(
    "words",
    [
        ["fly"],
        ["demo", "--speed", "0"],
        ["demo", "--speed", "fast"],
        ["demo", "--intervals", "0"],
        ["devices"],
        ["devices", "probe"],
        ["plan"],
        ["chain"],
        ["audit"],
    ],
)
def test_wrong_use_is_2(words: list[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main(words)
    assert left.value.code == 2


def one_line(capsys: pytest.CaptureFixture[str]) -> str:
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("peerwatt: ")
    assert said.err.count("\n") == 1
    return said.err


def test_no_engine_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["chain", "status", "--site", "nowhere"]) == 1
    assert "engine" in one_line(capsys)


def test_nothing_at_a_port_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["devices", "probe", "127.0.0.1", "--port", "1"]) == 1
    assert "refuses connections" in one_line(capsys)


def test_audit_of_a_site_without_an_account(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["audit", "2025-06-17", "--site", "nowhere"]) == 1
    assert "no account" in one_line(capsys)


def test_broken_settings_are_one_line(
    peerwatt_home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    site = peerwatt_home / "sites" / "broken"
    site.mkdir(parents=True)
    (site / "site.json").write_text('{"name": 5}')
    assert main(["engine", "--site", "broken"]) == 1
    assert "name" in one_line(capsys)


def test_plan_from_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "plan.json"
    step = {
        "pv_wh": 0, "load_wh": 250, "import_price_micro": 300_000, "export_price_micro": 80_000,
    }  # fmt: skip
    path.write_text(json.dumps({"schema": 1, "now_s": 1_800_000_000, "intervals": [step] * 8}))
    assert main(["plan", "--input", str(path)]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["schema"] == 1
    assert len(answer["steps"]) == 8


@pytest.mark.parametrize(
    ("text", "words"),
    [("{", "no JSON"), ('{"version": 2}', "version: must be 1"), ("[]", "plan.json")],
)
def test_an_unusable_plan_names_the_field(
    text: str, words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "plan.json"
    path.write_text(text)
    assert main(["plan", "--input", str(path)]) == 1
    assert words in one_line(capsys)
