"""MET Norway's Locationforecast 2.0: temperature and clouds at instants; no radiation."""

from __future__ import annotations

import math
from typing import Any

from .forecast import WeatherForecast, assemble
from .reading import member, moment, number, rows

SOURCE = "MET Norway"
FIELDS = {"temperature_c": "air_temperature", "cloud_pct": "cloud_area_fraction"}


def recognised(document: Any) -> bool:
    """Return whether a document looks like a Locationforecast."""
    body = document.get("properties") if isinstance(document, dict) else None
    return isinstance(body, dict) and "timeseries" in body


def parse(document: Any) -> WeatherForecast:
    """Return the forecast of a document. Raises WeatherFault for anything else."""
    series = member(SOURCE, document, "properties", "timeseries")
    instants: dict[str, list[tuple[float, float]]] = {name: [] for name in FIELDS}
    for row in rows(SOURCE, series, "properties.timeseries"):
        time_s = moment(SOURCE, member(SOURCE, row, "time"))
        details = member(SOURCE, row, "data", "instant", "details")
        for name, theirs in FIELDS.items():
            value = number(details.get(theirs))
            if not math.isnan(value):
                instants[name].append((time_s, value))
    return assemble(SOURCE, {}, instants)
