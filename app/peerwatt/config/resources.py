"""Finds the data files under ``resources/`` in a checkout, a wheel and a frozen program."""

from __future__ import annotations

import os
import sys
from functools import cache
from pathlib import Path


@cache
def resources_dir() -> Path:
    """Return the folder of resources. Raises FileNotFoundError when the install is broken."""
    package = Path(__file__).resolve().parent.parent
    candidates = [
        Path(os.environ["PEERWATT_RESOURCES"]) if "PEERWATT_RESOURCES" in os.environ else None,
        Path(getattr(sys, "_MEIPASS", package)) / "resources",
        package / "resources",
        package.parent.parent / "resources",
    ]
    for candidate in candidates:
        if candidate is not None and (candidate / "contracts").is_dir():
            return candidate
    raise FileNotFoundError("The folder 'resources' of Peerwatt is missing; install it again.")


def resource(*parts: str) -> Path:
    """Return the path of one resource. Raises FileNotFoundError when it does not exist."""
    path = resources_dir().joinpath(*parts)
    if not path.exists():
        raise FileNotFoundError(f"The resource {'/'.join(parts)} is missing; install again.")
    return path
