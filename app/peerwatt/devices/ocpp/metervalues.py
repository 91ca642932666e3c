"""Reads OCPP 1.6 MeterValues tolerantly: what cannot be understood is "no value".

Rules: Open Charge Point Protocol 1.6 edition 2, sections 7.33 (MeterValue) and 7.43 (SampledValue):
the measurand defaults to Energy.Active.Import.Register, the unit to Wh; values without a phase
are totals.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

ENERGY = "Energy.Active.Import.Register"
POWER = "Power.Active.Import"
CURRENT = "Current.Import"
VOLTAGE = "Voltage"
SOC = "SoC"

FACTORS: Mapping[str, float] = {
    "kW": 1_000.0,
    "kWh": 1_000.0,
    "W": 1.0,
    "Wh": 1.0,
    "A": 1.0,
    "V": 1.0,
    "Percent": 1.0,
}
ACTIVE_A = 1.0
"""A phase that carries less is not in use (devices reference, "active phase")."""
PHASES = ("L1", "L2", "L3")


@dataclass(frozen=True, slots=True)
class Sample:
    """What one MeterValues message told; ``None`` where it told nothing."""

    power_w: float | None = None
    energy_wh: float | None = None
    soc_pct: float | None = None
    voltage_v: float | None = None
    phases: int | None = None


def read_sample(meter_values: Iterable[Any]) -> Sample:
    """Interpret the ``meter_value`` list of a message; of several values the last one counts.

    Takes the payload as the ocpp package hands it over (snake case keys), or as it was sent.
    """
    found: dict[tuple[str, str], float] = {}
    for entry in meter_values:
        for sampled in _list(entry, "sampled_value", "sampledValue"):
            _take(found, sampled)
    currents = _phases(found, CURRENT)
    voltage = _mean(found, VOLTAGE)
    power = _total(found, POWER)
    if power is None and currents and voltage is not None:
        power = voltage * sum(currents)
    active = sum(current >= ACTIVE_A for current in currents)
    soc = found.get((SOC, ""))
    return Sample(
        power_w=power,
        energy_wh=_total(found, ENERGY),
        soc_pct=soc if soc is not None and 0 <= soc <= 100 else None,
        voltage_v=voltage,
        phases=active or None,
    )


def _list(entry: Any, *names: str) -> Sequence[Any]:
    if not isinstance(entry, Mapping):
        return ()
    found = next((entry[name] for name in names if name in entry), ())
    return found if isinstance(found, list) else ()


def _take(found: dict[tuple[str, str], float], sampled: Any) -> None:
    if not isinstance(sampled, Mapping) or sampled.get("format") == "SignedData":
        return
    try:
        value = float(sampled.get("value", ""))
    except (TypeError, ValueError):
        return
    measurand = str(sampled.get("measurand") or ENERGY)
    unit = sampled.get("unit") or ("Wh" if measurand == ENERGY else "")
    factor = FACTORS.get(str(unit), 1.0 if not unit else None)
    if factor is None or not math.isfinite(value):
        return
    phase = str(sampled.get("phase") or "").removesuffix("-N")
    found[measurand, phase] = value * factor


def _phases(found: Mapping[tuple[str, str], float], measurand: str) -> list[float]:
    return [found[measurand, phase] for phase in PHASES if (measurand, phase) in found]


def _total(found: Mapping[tuple[str, str], float], measurand: str) -> float | None:
    whole = found.get((measurand, ""))
    if whole is not None:
        return whole
    parts = _phases(found, measurand)
    return sum(parts) if parts else None


def _mean(found: Mapping[tuple[str, str], float], measurand: str) -> float | None:
    whole = found.get((measurand, ""))
    if whole is not None:
        return whole
    parts = [value for value in _phases(found, measurand) if value > 0]
    return sum(parts) / len(parts) if parts else None
