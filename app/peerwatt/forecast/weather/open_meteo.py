"""Open-Meteo's forecast API: ``minutely_15`` and ``hourly`` blocks of JSON.

Radiation is the mean of the time before its stamp; temperature and clouds are instants. Times
are ISO in the zone of ``utc_offset_seconds``, or unix seconds.
"""

from __future__ import annotations

import math
from typing import Any

from .forecast import Period, WeatherForecast, assemble
from .reading import member, moment, number, offset

SOURCE = "Open-Meteo"
BLOCKS = {"hourly": 3600.0, "minutely_15": 900.0}
MEANS = {
    "ghi_w_m2": "shortwave_radiation",
    "dni_w_m2": "direct_normal_irradiance",
    "dhi_w_m2": "diffuse_radiation",
}
INSTANTS = {"temperature_c": "temperature_2m", "cloud_pct": "cloud_cover"}


def recognised(document: Any) -> bool:
    """Return whether a document looks like Open-Meteo's."""
    return isinstance(document, dict) and any(
        isinstance(document.get(block), dict) and "time" in document[block] for block in BLOCKS
    )


def parse(document: Any) -> WeatherForecast:
    """Return the forecast of a document. Raises WeatherFault for anything else."""
    zone = offset(number(document.get("utc_offset_seconds", 0)) or 0.0)
    means: dict[str, list[Period]] = {}
    instants: dict[str, list[tuple[float, float]]] = {}
    for block, length in BLOCKS.items():
        body = document.get(block)
        if not isinstance(body, dict):
            continue
        times = [moment(SOURCE, text, zone) for text in member(SOURCE, document, block, "time")]
        for name, theirs in MEANS.items():
            found = zip(times, body.get(theirs) or (), strict=False)
            spans = [Period(end - length, end, number(value)) for end, value in found]
            # The finer block comes last and replaces the coarser one.
            if any(not math.isnan(span.value) for span in spans):
                means[name] = spans
        for name, theirs in INSTANTS.items():
            values = list(zip(times, map(number, body.get(theirs) or ()), strict=False))
            if any(not math.isnan(value) for _, value in values):
                instants[name] = values
    return assemble(SOURCE, means, instants)
