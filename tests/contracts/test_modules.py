"""Contracts made of modules: one flat layout, and a hash over all their sources."""

from __future__ import annotations

import shutil

import pytest
from tests.contracts.test_artefacts import FOLDER, build, change

__all__ = ["build"]


def test_a_layout_has_the_names_of_variables_whatever_module_has_them(build):
    layout = {"own": {"slot": 0}, "words": {"a": {"slot": 1}, "deeper": {"b": {"slot": 2}}}}
    flat = {"own": {"slot": 0}, "a": {"slot": 1}, "b": {"slot": 2}}
    assert build.flat_layout(layout, "slot") == flat
    with pytest.raises(ValueError, match="two modules have a variable 'a'"):
        build.flat_layout(layout | {"other": {"a": {"slot": 3}}}, "slot")


@pytest.mark.parametrize(("name", "module"), [("Market", "words"), ("Registry", "offices")])
def test_the_hash_of_a_contract_covers_modules_of_its_modules(build, tmp_path, name, module):
    sources = tmp_path / "src"
    shutil.copytree(FOLDER / "src", sources)
    before = build.source_sha256(name, sources)
    assert module in build.imported_modules((sources / f"{name}.vy").read_text("utf-8"), sources)
    change(sources / f"{module}.vy")
    assert build.source_sha256(name, sources) != before


@pytest.mark.parametrize("name", ["Market", "Registry"])
def test_the_deployed_code_with_its_immutables_fits_the_limit(build, street, name):
    assert len(getattr(street, name.lower()).code()) <= 24_576
