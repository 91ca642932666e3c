"""Keeps every test honest and apart from the machine it runs on.

* A test during which anything logs a WARNING or worse fails, Qt and pymodbus included, unless it
  says so: ``@pytest.mark.allow_log("regex", ...)``, searched in ``logger:LEVEL:message``.
* Files go to a temporary PEERWATT_HOME, secrets to no keyring at all (``memory_keyring`` gives
  one), and without a display Qt draws off screen.
* The whole suite runs in a process for each core, a named part of it in one (``-n`` overrides).
"""

from __future__ import annotations

import logging
import os
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings as hypothesis_settings

# Subprocesses of tests inherit these.
os.environ["PYTHON_KEYRING_BACKEND"] = "keyring.backends.fail.Keyring"
# Windows of tests never show on a screen, unless somebody asks for it by this variable.
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

hypothesis_settings.register_profile("peerwatt", deadline=None, database=None)
hypothesis_settings.load_profile("peerwatt")

_SESSION_HOME = pytest.StashKey[tempfile.TemporaryDirectory[str]]()

# More processes would make those tests late that work against real time.
_MOST_PROCESSES = 4

# What Qt's off-screen platform says about itself, whatever a program does.
_QT_NOISE = re.compile(r"This plugin does not support|propagateSizeHints")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers", "allow_log(*patterns): regexes of warnings that this test expects in the log"
    )
    config.addinivalue_line("markers", "long: hours of it; `make test-long` runs these")
    home = tempfile.TemporaryDirectory(prefix="peerwatt-tests-")
    config.stash[_SESSION_HOME] = home
    os.environ["PEERWATT_HOME"] = home.name


def pytest_unconfigure(config: pytest.Config) -> None:
    config.stash[_SESSION_HOME].cleanup()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """Return what ``-n auto`` means; 0 is this process, where ``-s`` and ``--pdb`` work."""
    if config.args_source is not config.ArgsSource.TESTPATHS:
        return 0
    return min(os.cpu_count() or 1, _MOST_PROCESSES)


class _LogWatch:
    """Collects records of WARNING and above from all loggers, those that do not propagate too."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def note(self, logger: str, level: str, message: str) -> None:
        self.lines.append(f"{logger}:{level}:{message}")

    def unexpected(self, patterns: list[str]) -> list[str]:
        return [
            line
            for line in self.lines
            if not any(re.search(pattern, line, re.DOTALL) for pattern in patterns)
        ]


@pytest.fixture(autouse=True)
def fail_on_log(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fail a test during which something unexpected was logged."""
    watch = _LogWatch()
    qt_capture = getattr(request.node, "qt_log_capture", None)
    call_handlers = logging.Logger.callHandlers

    def watched(logger: logging.Logger, record: logging.LogRecord) -> None:
        if record.levelno >= logging.WARNING:
            watch.note(record.name, record.levelname, _text(record))
        call_handlers(logger, record)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(logging.Logger, "callHandlers", watched)
        yield
    for record in qt_capture.records if qt_capture is not None else ():
        serious = record.log_type_name in {"WARNING", "CRITICAL", "FATAL"}
        if serious and not record.ignored and not _QT_NOISE.search(record.message):
            watch.note("qt", record.log_type_name, record.message)
    patterns = [
        str(pattern) for mark in request.node.iter_markers("allow_log") for pattern in mark.args
    ]
    found = watch.unexpected(patterns)
    if found:
        pytest.fail("logged, but not expected:\n" + "\n".join(found), pytrace=False)


def _text(record: logging.LogRecord) -> str:
    text = record.getMessage()
    if record.exc_info and record.exc_info[1] is not None:
        text += f" ({record.exc_info[1]!r})"
    return text


@pytest.fixture(autouse=True)
def peerwatt_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give each test its own, empty home of the program."""
    home = tmp_path / "peerwatt-home"
    monkeypatch.setenv("PEERWATT_HOME", str(home))
    return home


@pytest.fixture
def memory_keyring() -> Iterator[dict[tuple[str, str], str]]:
    """A keyring in memory for one test; yields its (service, user) -> secret."""
    import keyring
    from keyring.backend import KeyringBackend
    from keyring.errors import PasswordDeleteError

    secrets: dict[tuple[str, str], str] = {}

    class MemoryKeyring(KeyringBackend):
        priority = 1

        def get_password(self, service: str, username: str) -> str | None:
            return secrets.get((service, username))

        def set_password(self, service: str, username: str, password: str) -> None:
            secrets[service, username] = password

        def delete_password(self, service: str, username: str) -> None:
            if secrets.pop((service, username), None) is None:
                raise PasswordDeleteError("not found")

    before = keyring.get_keyring()
    keyring.set_keyring(MemoryKeyring())
    try:
        yield secrets
    finally:
        keyring.set_keyring(before)
