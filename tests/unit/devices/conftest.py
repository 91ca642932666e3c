"""Peers for the device tests: SunSpec servers with faults, and an OCPP 1.6 charge point."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from types import ModuleType

import pytest


def _load() -> ModuleType:
    name = "device_peers"
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name("peers.py"))
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        spec.loader.exec_module(module)
    return sys.modules[name]


@pytest.fixture(scope="session")
def peers() -> ModuleType:
    return _load()


@pytest.fixture
async def serve(peers: ModuleType) -> AsyncIterator[object]:
    """Start SunSpec servers; all are stopped at the end."""
    running = []

    async def start(*args: object, **options: object) -> object:
        server = peers.SunSpecServer(*args, **options)
        await server.start()
        running.append(server)
        return server

    yield start
    for server in running:
        await server.stop()
