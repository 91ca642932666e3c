"""Layouts of the SunSpec information models, read from the alliance's own JSON files.

The files (Apache-2.0, github.com/sunspec/models) come with the pysunspec2 package; only its data
is used, none of its code.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any


@dataclass(frozen=True, slots=True)
class Point:
    """One value of a model: where it lies, how it is coded, which scale factor belongs to it."""

    name: str
    kind: str
    offset: int
    """Registers from the start of its group; for the top group, from the model's ID register."""
    size: int
    scale: str | int | None
    """Name of its scale factor, or a fixed exponent."""
    units: str = ""
    symbols: Mapping[int, str] | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """Points that belong together, with groups that follow them."""

    name: str
    points: Mapping[str, Point]
    size: int
    """Registers of the points alone."""
    groups: tuple[Group, ...]
    count: str | int
    """How often it repeats: a number, the name of the counting point, or 0 for "to the end"."""


@dataclass(frozen=True, slots=True)
class Model:
    """One information model."""

    model_id: int
    top: Group


@cache
def model(model_id: int) -> Model | None:
    """Return a model's layout, or ``None`` where the alliance has not published the ID."""
    file = files("sunspec2") / "models" / "json" / f"model_{model_id}.json"
    if not file.is_file():
        return None
    return Model(model_id, _group(json.loads(file.read_text(encoding="utf-8"))["group"]))


def known(model_id: int) -> Model:
    """Return the layout of a model that the program itself names. Raises KeyError."""
    found = model(model_id)
    if found is None:
        raise KeyError(f"SunSpec model {model_id} has no definition in the installed package.")
    return found


def _group(raw: Mapping[str, Any]) -> Group:
    points: dict[str, Point] = {}
    offset = 0
    for item in raw.get("points", ()):
        symbols = item.get("symbols")
        points[item["name"]] = Point(
            name=item["name"],
            kind=item["type"],
            offset=offset,
            size=item["size"],
            scale=item.get("sf"),
            units=str(item.get("units", "")).strip(),
            symbols={s["value"]: s["name"] for s in symbols} if symbols else None,
        )
        offset += item["size"] * item.get("count", 1)
    return Group(
        name=raw["name"],
        points=points,
        size=offset,
        groups=tuple(_group(sub) for sub in raw.get("groups", ())),
        count=raw.get("count", 1),
    )
