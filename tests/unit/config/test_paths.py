"""Private files appear whole and for their owner only, or not at all."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from peerwatt.config.paths import SitePaths, data_root, write_private


def test_the_file_is_for_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "new" / "engine.json"
    before = os.umask(0)
    try:
        write_private(path, "secret\n")
    finally:
        os.umask(before)
    assert path.read_text() == "secret\n"
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700


def test_an_open_file_is_narrowed_when_replaced(tmp_path: Path) -> None:
    path = tmp_path / "f"
    path.write_text("old")
    path.chmod(0o644)
    write_private(path, "new")
    assert (path.read_text(), path.stat().st_mode & 0o777) == ("new", 0o600)


@pytest.mark.parametrize("call", ["replace", "fsync"])
def test_a_failure_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    path = tmp_path / "f"
    write_private(path, "old")

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, call, fail)
    with pytest.raises(OSError, match="No space left"):
        write_private(path, "new")
    assert path.read_text() == "old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["f"]


def test_sites_live_under_the_home_that_was_given(
    peerwatt_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = SitePaths.named("home")
    assert paths.folder == peerwatt_home / "sites" / "home"
    files = {paths.settings, paths.lock, paths.api, paths.history, paths.keys, paths.log}
    assert len(files) == 6
    assert {file.parent for file in files} == {paths.folder}
    monkeypatch.delenv("PEERWATT_HOME")
    assert data_root().name == "peerwatt"
