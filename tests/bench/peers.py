"""Peers of a benchmark: other programs, in an environment of their own, asked over JSON lines."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from types import TracebackType
from typing import Any

ROOT = Path(__file__).resolve().parents[2]


def python_of(name: str) -> Path:
    """Return the Python of ``.venv-bench-NAME``; makes the environment where it is missing."""
    made = subprocess.run(
        ["bash", str(ROOT / "installer" / "bench.sh"), name],
        check=True, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    return ROOT / made.stdout.strip().splitlines()[-1]


class Peer:
    """A script in a benchmark's environment that answers one JSON line with one JSON line."""

    def __init__(self, name: str, script: Path, *arguments: str) -> None:
        self._process = subprocess.Popen(
            [str(python_of(name)), str(script), *arguments],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip

    def ask(self, question: object) -> Any:
        """Return the answer to one question. Raises RuntimeError when the peer has ended."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(question) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"the peer {self._process.args!r} has ended")
        return json.loads(line)

    def __enter__(self) -> Peer:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
