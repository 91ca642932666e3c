"""Environments of the peers that benchmarks compare with: prepared when first needed."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def peer_python(name: str) -> Path:
    """Return the interpreter of ``.venv-bench-NAME``, installing its locked packages first.

    Raises RuntimeError, with what the installation said, if it cannot be prepared.
    """
    words = ["bash", str(ROOT / "installer" / "bench.sh"), name]
    done = subprocess.run(words, check=False, stderr=subprocess.PIPE, text=True)
    if done.returncode != 0:
        raise RuntimeError(f"the peers of bench {name} are not there: {done.stderr.strip()}")
    return ROOT / f".venv-bench-{name}" / "bin" / "python"


def run_peer(name: str, script: Path, *arguments: str, timeout_s: float = 3_600.0) -> None:
    """Run a script in the peers' environment, which knows nothing of this project.

    Raises CalledProcessError if it fails.
    """
    kept = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
    subprocess.run(
        [str(peer_python(name)), str(script), *arguments], env=kept, check=True, timeout=timeout_s
    )
