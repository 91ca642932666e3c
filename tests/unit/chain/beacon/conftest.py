"""Makes the labs beside these tests importable, and sets one up."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture
async def lab() -> AsyncIterator[Any]:
    """An empty lab: endpoints and clients of it are closed at the end."""
    from client_lab import Lab

    async with AsyncExitStack() as stack:
        yield Lab(stack)
