"""The German weather service: MOSMIX as KML (also zipped: KMZ), or as Bright Sky's JSON.

MOSMIX: ``Rad1h`` is kJ/m2 of the hour before, ``TTT`` kelvin, ``Neff`` %; missing is ``-``.
Bright Sky: ``solar`` is kWh/m2 of the hour before, ``temperature`` °C, ``cloud_cover`` %.
"""

from __future__ import annotations

import io
import zipfile
from typing import Any
from xml.etree import ElementTree

from .forecast import Period, WeatherFault, WeatherForecast, assemble
from .reading import member, moment, number, rows

BRIGHT_SKY, MOSMIX = "Bright Sky", "DWD MOSMIX"
HOUR_S = 3600.0
MAX_KML_BYTES = 20_000_000
KELVIN = 273.15


def recognised(document: Any) -> bool:
    """Return whether a JSON document looks like Bright Sky's."""
    return isinstance(document, dict) and isinstance(document.get("weather"), list)


def parse(document: Any) -> WeatherForecast:
    """Return the forecast of Bright Sky's JSON. Raises WeatherFault for anything else."""
    spans: list[Period] = []
    instants: dict[str, list[tuple[float, float]]] = {"temperature_c": [], "cloud_pct": []}
    for row in rows(BRIGHT_SKY, document["weather"], "weather"):
        time_s = moment(BRIGHT_SKY, member(BRIGHT_SKY, row, "timestamp"))
        spans.append(Period(time_s - HOUR_S, time_s, number(row.get("solar")) * 1000))
        for name, theirs in (("temperature_c", "temperature"), ("cloud_pct", "cloud_cover")):
            instants[name].append((time_s, number(row.get(theirs))))
    return assemble(BRIGHT_SKY, {"ghi_w_m2": spans}, instants)


def parse_mosmix(content: bytes) -> WeatherForecast:
    """Return the forecast of the first place in a KML or KMZ. Raises WeatherFault else."""
    root = _root(_unzipped(content))
    steps = [moment(MOSMIX, e.text) for e in root.iter() if _local(e.tag) == "TimeStep"]
    place = next((e for e in root.iter() if _local(e.tag) == "Placemark"), None)
    if not steps or place is None:
        raise WeatherFault(f"{MOSMIX}: no time steps or no place in it; use a station's own file.")
    found: dict[str, list[float]] = {}
    for element in place.iter():
        if _local(element.tag) != "Forecast":
            continue
        name = next((v for k, v in element.attrib.items() if _local(k) == "elementName"), "")
        text = next((e.text for e in element if _local(e.tag) == "value"), None) or ""
        found[name] = [number(word) for word in text.split()]
    pairs = {name: list(zip(steps, values, strict=False)) for name, values in found.items()}
    light = [Period(t - HOUR_S, t, v * 1000 / HOUR_S) for t, v in pairs.get("Rad1h", ())]
    instants = {
        "temperature_c": [(t, v - KELVIN) for t, v in pairs.get("TTT", ())],
        "cloud_pct": pairs.get("Neff") or pairs.get("N") or [],
    }
    return assemble(MOSMIX, {"ghi_w_m2": light}, instants)


def _unzipped(content: bytes) -> bytes:
    if not content.startswith(b"PK"):
        return content
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            name = next(n for n in archive.namelist() if n.lower().endswith(".kml"))
            if archive.getinfo(name).file_size > MAX_KML_BYTES:
                raise WeatherFault(f"{MOSMIX}: the file is too large; use a single station's.")
            return archive.read(name)
    except (zipfile.BadZipFile, StopIteration):
        raise WeatherFault(f"{MOSMIX}: the archive holds no KML; fetch it again.") from None


def _root(content: bytes) -> ElementTree.Element:
    # A forecast needs no document type: without one, no entity can be defined and expanded.
    if b"<!DOCTYPE" in content or b"<!ENTITY" in content or len(content) > MAX_KML_BYTES:
        raise WeatherFault(f"{MOSMIX}: the document is not a plain KML; it is refused.")
    try:
        return ElementTree.fromstring(content)  # noqa: S314  (see above)
    except ElementTree.ParseError as fault:
        raise WeatherFault(f"{MOSMIX}: not XML ({fault}); fetch it again.") from None


def _local(name: str) -> str:
    return name.rsplit("}", 1)[-1]
