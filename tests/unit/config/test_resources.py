"""Data files are found where the program lies, and a broken install is said plainly."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from peerwatt.config import resources


@pytest.fixture(autouse=True)
def fresh_lookup() -> Iterator[None]:
    """Forget where the resources were found."""
    resources.resources_dir.cache_clear()
    yield
    resources.resources_dir.cache_clear()


def test_an_override_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "contracts").mkdir()
    (tmp_path / "contracts" / "Credit.json").write_text("{}")
    monkeypatch.setenv("PEERWATT_RESOURCES", str(tmp_path))
    assert resources.resource("contracts", "Credit.json") == tmp_path / "contracts" / "Credit.json"
    with pytest.raises(FileNotFoundError, match=r"The resource icons/none\.svg is missing"):
        resources.resource("icons", "none.svg")


def test_a_checkout_has_its_resources() -> None:
    assert (resources.resources_dir() / "contracts").is_dir()
