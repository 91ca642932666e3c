"""Figures of a benchmark beside their references, printed and written as JSON."""

from __future__ import annotations

import argparse
import json
import os
import platform
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured value beside what it is compared with in the same run."""

    name: str
    value: float
    unit: str
    reference: str
    goal: str
    ok: bool


def machine() -> dict[str, str | int | None]:
    """Return what the figures were measured on."""
    return {
        "python": platform.python_version(),
        "system": platform.system(),
        "processor": platform.machine(),
        "cores": os.cpu_count(),
    }


def report(bench: str, figures: list[Figure], arguments: list[str] | None = None) -> int:
    """Print the figures, write them where ``--json FILE`` says; 0 when all goals are met."""
    parser = argparse.ArgumentParser(prog=bench)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args(arguments)
    width = max(len(figure.name) for figure in figures)
    for figure in figures:
        mark = "ok  " if figure.ok else "MISS"
        print(
            f"{mark} {figure.name:<{width}}  {figure.value:10.3f} {figure.unit:<8}"
            f" goal {figure.goal:<22} reference: {figure.reference}"
        )
    if options.json:
        body = {
            "bench": bench,
            "machine": machine(),
            "figures": [asdict(figure) for figure in figures],
        }
        options.json.write_text(json.dumps(body, indent=2) + "\n", encoding="utf-8")
    return 0 if all(figure.ok for figure in figures) else 1
