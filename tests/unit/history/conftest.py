"""A history in a temporary folder."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from peerwatt.history import History


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the history file lies."""
    return tmp_path / "site" / "history.sqlite"


@pytest.fixture
def history(path: Path) -> Iterator[History]:
    """An open, empty history."""
    with_history = History.open(path)
    yield with_history
    with_history.close()
