"""The long run is left out unless it is asked for (``-m long``); it ends with all its calls."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from typing import Any

import pytest
from tests.contracts.conftest import Chain
from tests.contracts.long import ledger

PASSED = pytest.StashKey[bool]()


def pytest_configure(config: pytest.Config) -> None:
    ledger.contracts()  # as they are now, should they be built anew during the run


def pytest_ignore_collect(config: pytest.Config) -> bool | None:
    return None if "long" in config.getoption("-m") else True


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if "long" in config.getoption("-m"):
        items.sort(key=lambda item: part(item)[1] or ledger.LAST_SEED + 1)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if "long" in terminalreporter.config.getoption("-m"):
        terminalreporter.section("contract calls so far")
        for line in ledger.summary():
            terminalreporter.write_line(line)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Each part runs once with each seed; seeds come first, so that a short run does all parts."""
    if "seed" in metafunc.fixturenames:
        metafunc.parametrize("seed", ledger.seeds())


def part(item: pytest.Item) -> tuple[str, int]:
    """Return name and seed of a part; 0 for what is done once."""
    found: dict[str, Any] = vars(item.callspec)["params"] if hasattr(item, "callspec") else {}
    return found.get("name", item.name), found.get("seed", 0)


@pytest.fixture(autouse=True)
def counted(request: pytest.FixtureRequest) -> Iterator[None]:
    """Skip a part that went through before; count and keep the calls of one that does now."""
    name, seed = part(request.node)
    if (name, seed) in ledger.done():
        pytest.skip("done before with these contracts")
    before = Chain.calls
    yield
    if request.node.stash.get(PASSED, False):
        ledger.note(name, seed, Chain.calls - before)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, Any, Any]:
    report = yield
    if report.when == "call":
        item.stash[PASSED] = report.passed
    if report.failed:
        # A run of hours tells its failures at once.
        ledger.fail(item.nodeid, report.longreprtext)
    return report
