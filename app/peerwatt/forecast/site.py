"""What forecasts know of a house's place."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Site:
    """Where the house stands, and the inverters' rating where it is known."""

    latitude_deg: float
    longitude_deg: float
    pv_rated_w: float | None = None
    timezone: str | None = None
    """IANA name; habits follow its clock. ``None``: UTC."""
    altitude_m: float = 0.0
