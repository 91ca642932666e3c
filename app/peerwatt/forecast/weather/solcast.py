"""Solcast: rooftop PV (kW) or irradiance, by the period's end."""

from __future__ import annotations

from typing import Any

from .forecast import Period, WeatherForecast, assemble
from .reading import duration_s, member, moment, number, rows

SOURCE = "Solcast"
FIELDS = {
    "pv_w": (("pv_estimate", "pv_power_rooftop"), 1000.0),
    "ghi_w_m2": (("ghi",), 1.0),
    "dni_w_m2": (("dni",), 1.0),
    "dhi_w_m2": (("dhi",), 1.0),
    "temperature_c": (("air_temp",), 1.0),
}


def recognised(document: Any) -> bool:
    """Return whether a document looks like Solcast's."""
    return isinstance(document, dict) and isinstance(document.get("forecasts"), list)


def parse(document: Any) -> WeatherForecast:
    """Return the forecast of a document. Raises WeatherFault for anything else."""
    spans: dict[str, list[Period]] = {}
    for row in rows(SOURCE, document["forecasts"], "forecasts"):
        end = moment(SOURCE, member(SOURCE, row, "period_end"))
        start = end - duration_s(SOURCE, row.get("period", "PT30M"))
        for name, (theirs, factor) in FIELDS.items():
            value = next((row[field] for field in theirs if field in row), None)
            spans.setdefault(name, []).append(Period(start, end, number(value) * factor))
    return assemble(SOURCE, spans)
