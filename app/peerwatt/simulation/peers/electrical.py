"""Currents and voltages that go with a power: meters and inverters show more than watts."""

from __future__ import annotations

import math
from dataclasses import dataclass

NOMINAL_V = 230.0
HOME_SHARES = (0.41, 0.34, 0.25)
"""How single-phase appliances spread over the phases of a house."""


@dataclass(frozen=True, slots=True)
class ThreePhase:
    """One moment at three-phase terminals: phase powers, voltages and signed currents."""

    powers_w: tuple[float, float, float]
    voltages_v: tuple[float, float, float]

    @property
    def currents_a(self) -> tuple[float, float, float]:
        """Return signed currents; the power factor is 1."""
        a, b, c = (w / v for w, v in zip(self.powers_w, self.voltages_v, strict=True))
        return a, b, c

    @property
    def power_w(self) -> float:
        """Return the sum of the phases."""
        return sum(self.powers_w)

    @property
    def line_v(self) -> float:
        """Return the mean voltage between phases."""
        return math.sqrt(3.0) * sum(self.voltages_v) / 3.0

    @property
    def phase_v(self) -> float:
        """Return the mean voltage to neutral."""
        return sum(self.voltages_v) / 3.0


def voltages_v(time_s: float, seed: int) -> tuple[float, float, float]:
    """Return phase voltages that wander slowly around 230 V."""
    a, b, c = (
        NOMINAL_V
        + 1.6 * math.sin(time_s / 1_900.0 + seed + 2.1 * phase)
        + 0.7 * math.sin(time_s / 173.0 + 1.3 * seed + phase)
        for phase in range(3)
    )
    return a, b, c


def frequency_hz(time_s: float) -> float:
    """Return a grid frequency within the normal band of 20 mHz."""
    return 50.0 + 0.014 * math.sin(time_s / 61.0) + 0.006 * math.sin(time_s / 17.0)


def balanced(power_w: float, volts: tuple[float, float, float]) -> ThreePhase:
    """Spread a power evenly."""
    third = power_w / 3.0
    return ThreePhase((third, third, third), volts)


def house_phases(
    grid_w: float, home_w: float, ev_w: float, ev_phases: int, volts: tuple[float, float, float]
) -> ThreePhase:
    """Spread the grid power: appliances unevenly, a one-phase car on L1, the inverter evenly."""
    rest = (grid_w - home_w - ev_w) / 3.0
    ev = (ev_w / 3.0,) * 3 if ev_phases == 3 else (ev_w, 0.0, 0.0)
    a, b, c = (rest + home_w * share + ev[i] for i, share in enumerate(HOME_SHARES))
    return ThreePhase((a, b, c), volts)
