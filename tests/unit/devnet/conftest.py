"""Fixtures of the devnet tests; makes the helpers beside them importable."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

sys.path.insert(0, str(Path(__file__).parent))

from devnet_support import CONTRACT, START_S, Chain, Encoder, make_node

from peerwatt.config.clock import DrivenClock
from peerwatt.devnet import RpcServer


@pytest.fixture(scope="session")
def compiled() -> dict[str, Any]:
    import vyper

    result: dict[str, Any] = vyper.compile_code(CONTRACT, output_formats=["bytecode", "abi"])
    return result


@pytest.fixture(scope="session")
def encode(compiled: dict[str, Any]) -> Encoder:
    return Encoder(compiled["abi"])


@pytest.fixture
async def chain(tmp_path: Path) -> AsyncIterator[Chain]:
    clock = DrivenClock(START_S)
    path = tmp_path / "chain.sqlite"
    async with make_node(path, clock) as node, httpx.AsyncClient() as http:
        servers = [RpcServer(node), RpcServer(node)]
        for server in servers:
            await server.start()
        yield Chain(node, clock, servers, path, http)
        for server in servers:
            await server.close()
