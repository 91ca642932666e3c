"""No secret reaches a log line, whatever way it takes."""

from __future__ import annotations

import io
import logging
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from peerwatt.config.logs import Redact, setup_logging

log = logging.getLogger("peerwatt.test")
SECRET = "0xdeadbeefcafe"


@pytest.fixture(autouse=True)
def root_as_before() -> Iterator[None]:
    """Give the root logger its handlers back; they are the test runner's."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    root.handlers.clear()
    yield
    for handler in root.handlers:
        handler.close()
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A log file, set up."""
    path = tmp_path / "logs" / "engine.log"
    setup_logging(path)
    return path


@pytest.mark.parametrize(
    "message",
    [
        f"Authorization: Bearer {SECRET}",
        f"token={SECRET}",
        f'{{"token":"{SECRET}"}}',
        f"Password: {SECRET}",
        f"passwd={SECRET}",
        f"private key: {SECRET}",
        f"'private_key': '{SECRET}'",
    ],
)
def test_secrets_are_blotted_out(file: Path, message: str) -> None:
    log.info(message)
    log.info("%s", message)
    text = file.read_text()
    assert SECRET not in text
    assert text.count("***") == 2


@pytest.mark.allow_log("request failed")
def test_secrets_in_exceptions_are_blotted_out(file: Path) -> None:
    try:
        raise ValueError(f"refused with token={SECRET}")
    except ValueError:
        log.exception("request failed")
    text = file.read_text()
    assert "Traceback" in text
    assert "ValueError: refused with token=***" in text
    assert SECRET not in text


def test_harmless_lines_stay_as_they_are(file: Path) -> None:
    log.info("Inverter %s is back after %d s, 100%%", "roof", 30)
    line = file.read_text().strip()
    assert re.fullmatch(
        r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3}Z INFO peerwatt.test: "
        r"Inverter roof is back after 30 s, 100%",
        line,
    )


def test_the_filter_keeps_every_record() -> None:
    record = logging.LogRecord("n", logging.INFO, "f", 1, "token=%s", (SECRET,), None)
    assert Redact().filter(record)
    assert record.getMessage() == "token=***"


def test_chatty_libraries_are_kept_down(file: Path) -> None:
    for name in ("httpx", "pymodbus", "ocpp", "websockets", "uvicorn.access"):
        logging.getLogger(name).info("each request")
    assert file.read_text() == ""


def test_the_file_rotates(tmp_path: Path) -> None:
    file = tmp_path / "engine.log"
    setup_logging(file)
    stream = next(h for h in logging.getLogger().handlers if type(h) is logging.StreamHandler)
    stream.setStream(io.StringIO())
    for _ in range(5):
        log.info("x" * (1 << 20))
    sizes = [path.stat().st_size for path in tmp_path.glob("engine.log*")]
    assert len(sizes) > 1
    assert max(sizes) <= 2 << 20
