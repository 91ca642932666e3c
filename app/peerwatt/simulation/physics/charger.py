"""A wallbox: turns a current limit into the power that a car may take."""

from __future__ import annotations

from collections.abc import Callable

from .car import Car
from .spec import ChargerSpec

LimitSource = Callable[[float], float | None]
"""Current limit (A per phase) in force at a Unix second; ``None`` where there is none."""


def no_limit(_time_s: float) -> float | None:
    """Return that no profile limits the current."""
    return None


class Charger:
    """State of one wallbox and the cable in it.

    ``authorised`` says whether a transaction runs. With ``auto_start`` (nobody manages the
    charger) a car may charge as soon as it is plugged in.
    """

    def __init__(self, spec: ChargerSpec, car: Car | None) -> None:
        self.spec = spec
        self.car = car
        self.power_w = 0.0
        self.offered_a = 0.0
        self.plugged = False
        self.authorised = False
        self.auto_start = True
        self.limit_source: LimitSource = no_limit

    @property
    def phases(self) -> int:
        """Return how many phases charge: the fewer of wallbox and car."""
        return min(self.spec.phases, self.car.spec.phases if self.car else self.spec.phases)

    @property
    def current_a(self) -> float:
        """Return the current per active phase, A."""
        return self.power_w / (self.phases * self.spec.voltage_v)

    def step(self, time_s: float, dt_s: float) -> float:
        """Charge for one step that begins at ``time_s``; return the mean power, W."""
        car = self.car
        if car is None:
            return 0.0
        car.move(time_s)
        if car.plugged != self.plugged:
            self.plugged = car.plugged
            self.authorised = car.plugged and self.auto_start
        self.offered_a = self._offer_a(time_s) if self.authorised else 0.0
        offered_w = self.offered_a * self.phases * self.spec.voltage_v
        self.power_w = car.charge(offered_w, dt_s)
        return self.power_w

    def _offer_a(self, time_s: float) -> float:
        """Return the current the pilot signal offers; nothing below the floor of IEC 61851-1."""
        limit = self.limit_source(time_s)
        most = self.spec.max_current_a
        if self.car is not None:
            most = min(most, self.car.spec.max_current_a)
        amps = most if limit is None else min(limit, most)
        return amps if amps >= self.spec.min_current_a else 0.0
