"""A founded community, made once, and a lab of its own for each test."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.unit.engine.owner_wallet.wallet_lab import Founded, WalletLab, found


@pytest.fixture(scope="session")
def founded(tmp_path_factory: pytest.TempPathFactory) -> Founded:
    """The chain file that every lab begins with."""
    return asyncio.run(found(tmp_path_factory.mktemp("founded")))


@pytest.fixture
async def lab(founded: Founded, tmp_path: Path) -> AsyncIterator[WalletLab]:
    """A running wallet whose chain is verified."""
    async with WalletLab(founded, tmp_path) as running:
        await running.block()
        yield running
