"""Starts and stops the engine and the window of the demo as processes of their own."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from pathlib import Path

from peerwatt.api.messages import SiteFile

START_TIMEOUT_S = 60.0
STOP_TIMEOUT_S = 10.0


class ProcessFault(Exception):
    """A process did not come up; the message says where to look."""


def start_engine(site: str, environment: dict[str, str], log: Path) -> subprocess.Popen[bytes]:
    """Start the engine of a site detached from this terminal's signals; output goes to ``log``."""
    log.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with log.open("ab") as output:
        return subprocess.Popen(
            [sys.executable, "-m", "peerwatt", "engine", "--site", site],
            env={**os.environ, **environment},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )


def start_window(
    site: str, environment: dict[str, str], theme: str | None
) -> subprocess.Popen[bytes]:
    """Start the window of a site."""
    theme_words = ["--theme", theme] if theme else []
    return subprocess.Popen(
        [sys.executable, "-m", "peerwatt", "--site", site, "--attached", *theme_words],
        env={**os.environ, **environment},
        stdin=subprocess.DEVNULL,
    )


async def wait_for_site_file(path: Path, process: subprocess.Popen[bytes], log: Path) -> SiteFile:
    """Return where the engine listens once it says so. Raises ProcessFault."""
    loop = asyncio.get_running_loop()
    end = loop.time() + START_TIMEOUT_S
    while loop.time() < end:
        if process.poll() is not None:
            raise ProcessFault(f"the engine ended with code {process.returncode}; see {log}")
        site_file = await asyncio.to_thread(_read, path)
        if site_file is not None and site_file.pid == process.pid:
            return site_file
        await asyncio.sleep(0.05)
    raise ProcessFault(f"the engine did not come up within {START_TIMEOUT_S:.0f} s; see {log}")


def _read(path: Path) -> SiteFile | None:
    if not path.exists():
        return None
    return SiteFile.model_validate_json(path.read_text(encoding="utf-8"))


def stop(process: subprocess.Popen[bytes]) -> None:
    """End a process, kindly first. Never raises."""
    if process.poll() is not None:
        return
    process.terminate()
    try:
        process.wait(STOP_TIMEOUT_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(STOP_TIMEOUT_S)
