"""The guard over the tests themselves must be able to fail."""

from __future__ import annotations

import logging
import os
import shutil
import subprocess
import sys
from pathlib import Path

import keyring
import pytest
from keyring.errors import NoKeyringError

INNER = """
import logging
import pytest

def test_quiet():
    logging.getLogger("a").info("fine")

def test_warns():
    logging.getLogger("peerwatt.x").warning("inverter lost")

def test_does_not_propagate():
    logger = logging.getLogger("shy")
    logger.propagate = False
    logger.error("hidden")

@pytest.mark.allow_log("inverter l.st")
def test_allowed():
    logging.getLogger("peerwatt.x").warning("inverter lost")

@pytest.mark.allow_log("inverter lost")
def test_other():
    logging.getLogger("peerwatt.x").warning("battery lost")

def test_qt(qapp):
    from PySide6.QtCore import qWarning
    qWarning("painter not active")
"""


def test_a_logged_warning_fails_a_test(tmp_path: Path) -> None:
    tests = Path(__file__).parents[2]
    shutil.copy(tests / "conftest.py", tmp_path / "conftest.py")
    (tmp_path / "test_inner.py").write_text(INNER)
    (tmp_path / "pytest.ini").write_text("[pytest]\nqt_api = pyside6\n")
    outcome = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-rA", "-p", "no:cacheprovider", str(tmp_path)],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        check=False,
    )
    failed = {
        line.split("::")[1].split()[0]
        for line in outcome.stdout.splitlines()
        if line.startswith(("ERROR test_inner", "FAILED test_inner"))
    }
    assert failed == {"test_warns", "test_does_not_propagate", "test_other", "test_qt"}
    assert "peerwatt.x:WARNING:battery lost" in outcome.stdout


@pytest.mark.allow_log("^peerwatt:WARNING:expected$")
def test_allowed_here_too() -> None:
    logging.getLogger("peerwatt").warning("expected")


def test_no_real_keyring_is_reached() -> None:
    with pytest.raises(NoKeyringError):
        keyring.get_password("peerwatt", "agent")


def test_memory_keyring(memory_keyring: dict[tuple[str, str], str]) -> None:
    keyring.set_password("peerwatt", "agent", "s")
    assert keyring.get_password("peerwatt", "agent") == "s"
    assert memory_keyring == {("peerwatt", "agent"): "s"}


def test_home_is_temporary(peerwatt_home: Path) -> None:
    assert os.environ["PEERWATT_HOME"] == str(peerwatt_home)
