"""Reading other people's documents: typed access that says which field is wrong."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from .forecast import WeatherFault


def member(source: str, document: Any, *path: str) -> Any:
    """Return a nested member. Raises WeatherFault naming the path that is missing."""
    found = document
    for depth, name in enumerate(path):
        if not isinstance(found, dict) or name not in found:
            where = ".".join(path[: depth + 1])
            raise WeatherFault(f"{source}: {where} is missing; is this another format?")
        found = found[name]
    return found


def rows(source: str, found: Any, name: str) -> Iterator[dict[str, Any]]:
    """Return the objects of a list. Raises WeatherFault if it is none."""
    if not isinstance(found, list):
        raise WeatherFault(f"{source}: {name} is not a list; is this another format?")
    return (row for row in found if isinstance(row, dict))


def number(value: Any) -> float:
    """Return a finite number, or NaN for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return math.nan
    try:
        found = float(value)
    except ValueError:
        return math.nan
    return found if math.isfinite(found) else math.nan


def moment(source: str, text: Any, zone: tzinfo = UTC) -> float:
    """Return unix seconds of an ISO 8601 time (in ``zone`` if it names none) or a number."""
    if isinstance(text, int | float) and not isinstance(text, bool):
        return float(text)
    try:
        # Solcast writes seven digits of a second, more than Python's six.
        cleaned = str(text).strip().replace("0000000Z", "000000Z")
        found = datetime.fromisoformat(cleaned)
    except ValueError:
        raise WeatherFault(f"{source}: {text!r} is not a time; is this another format?") from None
    return (found if found.tzinfo else found.replace(tzinfo=zone)).timestamp()


def duration_s(source: str, text: Any) -> float:
    """Return the seconds of an ISO 8601 duration of hours and minutes (PT30M)."""
    hours = minutes = 0.0
    body = str(text)
    rest = body.removeprefix("PT")
    if "H" in rest:
        head, rest = rest.split("H", 1)
        hours = number(head)
    if "M" in rest:
        minutes = number(rest.split("M", 1)[0])
    seconds = 3600 * hours + 60 * minutes
    if not body.startswith("PT") or not seconds > 0:
        raise WeatherFault(f"{source}: {text!r} is not a period such as PT30M.")
    return seconds


def zone_named(source: str, name: Any) -> tzinfo:
    """Return a time zone. Raises WeatherFault for a name that is none."""
    try:
        return ZoneInfo(str(name))
    except (OSError, ValueError):
        raise WeatherFault(f"{source}: {name!r} is not a time zone.") from None


def offset(seconds: float) -> tzinfo:
    """Return a zone of a fixed offset."""
    from datetime import timezone

    return timezone(timedelta(seconds=seconds))
