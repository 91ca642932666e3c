"""The artefacts are what the sources compile to, and anyone can tell when they are not."""

from __future__ import annotations

import importlib.util
import json
import shutil
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "resources" / "contracts"


@pytest.fixture(scope="module")
def build():
    place = ROOT / "installer" / "build_contracts.py"
    spec = importlib.util.spec_from_file_location("build_contracts", place)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def change(path):
    path.write_text(path.read_text(encoding="utf-8") + "\n# changed\n", encoding="utf-8")


def test_artefacts_match_their_sources_on_any_path(build, tmp_path, capsys):
    shutil.copytree(FOLDER, tmp_path / "contracts")
    assert build.main(["--check", "--folder", str(tmp_path / "contracts")]) == 0
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    ("break_it", "line"),
    [
        (
            lambda folder: (folder / "Credit.json").unlink(),
            "Credit.json is missing; run `make contracts`.\n",
        ),
        (
            lambda folder: change(folder / "src" / "Credit.vy"),
            "Credit.json does not match src/Credit.vy; run `make contracts`.\n",
        ),
        (
            lambda folder: change(folder / "src" / "signatures.vy"),
            "Credit.json does not match src/Credit.vy; run `make contracts`.\n",
        ),
    ],
    ids=["missing", "source", "module"],
)
def test_one_line_says_what_does_not_match(build, tmp_path, capsys, break_it, line):
    folder = tmp_path / "contracts"
    shutil.copytree(FOLDER, folder)
    break_it(folder)
    assert build.main(["--check", "--folder", str(folder)]) == 1
    assert capsys.readouterr().err == line


def test_a_source_that_does_not_compile_is_one_line_too(build, tmp_path, capsys):
    folder = tmp_path / "contracts"
    shutil.copytree(FOLDER, folder)
    (folder / "src" / "Credit.vy").write_text("nonsense", encoding="utf-8")
    assert build.main(["--folder", str(folder)]) == 1
    said = capsys.readouterr().err
    assert said.startswith("The contracts do not compile: ")
    assert said.count("\n") == 1


def test_code_on_chain_is_the_artefact_and_what_the_constructor_was_given(street):
    found = json.loads((FOLDER / "Market.json").read_text(encoding="utf-8"))
    places = (street.credit.address, street.registry.address)
    values = {
        "credit": int(places[0], 16), "registry": int(places[1], 16), "notice_s": 0,
        "predecessor": 0,
    }  # fmt: skip
    layout = sorted(found["code_layout"].items(), key=lambda item: item[1]["offset"])
    immutables = b"".join(values[name].to_bytes(32) for name, _ in layout)
    expected = bytes.fromhex(found["runtime_bytecode"][2:]) + immutables
    assert street.market.code() == expected


@pytest.mark.parametrize("name", sorted(path.stem for path in (FOLDER / "src").glob("[A-Z]*.vy")))
def test_contracts_fit_the_limit_of_code(name):
    found = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    assert len(found["runtime_bytecode"]) // 2 <= 24_576
    assert found["compiler"].startswith("vyper 0.4.3")
    assert found["evm_version"] == "prague"
