"""Tells the providers' formats apart and reads them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from . import dwd, forecast_solar, met_norway, open_meteo, solcast
from .forecast import WeatherFault, WeatherForecast

KNOWN = "Open-Meteo, forecast.solar, Solcast, MET Norway, Bright Sky or DWD MOSMIX"
MAX_BYTES = 20_000_000

PROVIDERS: tuple[tuple[Callable[[Any], bool], Callable[[Any], WeatherForecast]], ...] = (
    (open_meteo.recognised, open_meteo.parse),
    (forecast_solar.recognised, forecast_solar.parse),
    (solcast.recognised, solcast.parse),
    (met_norway.recognised, met_norway.parse),
    (dwd.recognised, dwd.parse),
)


def parse(content: bytes, where: str) -> WeatherForecast:
    """Return the forecast of a document in any of the known formats.

    Raises WeatherFault with one sentence that names ``where`` it came from.
    """
    try:
        return _parse(content)
    except WeatherFault as fault:
        raise WeatherFault(f"{where}: {fault}") from None


def _parse(content: bytes) -> WeatherForecast:
    if len(content) > MAX_BYTES:
        raise WeatherFault("the document is larger than any forecast; check the address.")
    start = content.lstrip()[:1]
    if content.startswith(b"PK") or start == b"<":
        return dwd.parse_mosmix(content)
    try:
        document = json.loads(content)
    except (ValueError, RecursionError):
        raise WeatherFault(f"neither JSON nor KML; it should be {KNOWN}.") from None
    for recognised, read in PROVIDERS:
        if recognised(document):
            return read(document)
    raise WeatherFault(f"the format is not known; it should be {KNOWN}.")


def read_file(path: Path) -> WeatherForecast:
    """Return the forecast in a file that something else keeps up to date.

    Raises WeatherFault for a file that cannot be read or is no forecast.
    """
    try:
        return parse(path.read_bytes(), str(path))
    except OSError as fault:
        raise WeatherFault(f"{path} cannot be read ({fault.strerror}); check the path.") from None
