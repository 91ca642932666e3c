"""forecast.solar: PV energies of the system that the URL describes.

``watt_hours_period`` is the energy since the stamp before; stamps are local times of
``message.info.timezone`` unless they name their offset.
"""

from __future__ import annotations

import itertools
from datetime import UTC, tzinfo
from typing import Any

from .forecast import Period, WeatherFault, WeatherForecast, assemble
from .reading import moment, number, zone_named

SOURCE = "forecast.solar"
LONGEST_S = 7_200.0
"""A longer gap between stamps is the night."""


def recognised(document: Any) -> bool:
    """Return whether a document looks like forecast.solar's."""
    result = document.get("result") if isinstance(document, dict) else None
    return isinstance(result, dict) and isinstance(document.get("message"), dict)


def parse(document: Any) -> WeatherForecast:
    """Return the forecast of a document. Raises WeatherFault for anything else."""
    result, message = document["result"], document["message"]
    if message.get("code") not in (0, None):
        raise WeatherFault(f"{SOURCE}: refused ({message.get('text')}); check the URL.")
    info = message.get("info")
    name = info.get("timezone") if isinstance(info, dict) else None
    zone: tzinfo = UTC if name is None else zone_named(SOURCE, name)
    energies = result.get("watt_hours_period")
    if not isinstance(energies, dict):
        raise WeatherFault(f"{SOURCE}: result.watt_hours_period is missing; ask for /estimate.")
    stamps = sorted((moment(SOURCE, text, zone), number(wh)) for text, wh in energies.items())
    spans = [
        Period(start, end, wh * 3600 / (end - start))
        for (start, _), (end, wh) in itertools.pairwise(stamps)
        if 0 < end - start <= LONGEST_S
    ]
    return assemble(SOURCE, {"pv_w": spans})
