"""The last plan of a series, on the steps of the next problem: its search begins warm."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from peerwatt.planner.spec import Array, House, Previous

SAME_S = 1.0
"""Seconds by which the begin of a problem may miss a step of the plan before."""


@dataclass(slots=True)
class Continued:
    """Remembers one plan; problems that say ``previous`` themselves are left as they are."""

    _start_s: float = 0.0
    _step_s: float = 0.0
    _battery_kw: Array | None = None
    _car_kw: Array | None = None

    def apply(self, house: House) -> House:
        """Return the house with the plan before, if that began earlier and reaches here."""
        if house.previous is not None or self._battery_kw is None or self._car_kw is None:
            return house
        step_s = _step_s(house)
        shift = round((house.start_s - self._start_s) / self._step_s)
        off_s = abs(house.start_s - self._start_s - shift * self._step_s)
        if step_s != self._step_s or not 0 < shift < len(self._car_kw) or off_s > SAME_S:
            return house
        before = Previous(
            _shifted(self._battery_kw, shift, house.count),
            _shifted(self._car_kw, shift, house.count),
        )
        return replace(house, previous=before)

    def keep(self, house: House, found: Mapping[str, Any]) -> None:
        """Remember the answer to a problem, where its steps are of one length."""
        step_s = _step_s(house)
        if step_s is None:
            self._battery_kw = self._car_kw = None
            return
        self._start_s, self._step_s = house.start_s, step_s
        self._battery_kw = np.array([step["battery_kw"] for step in found["steps"]], float)
        self._car_kw = np.array([step["ev_kw"] for step in found["steps"]], float)


def _step_s(house: House) -> float | None:
    """Return the length of the steps; ``None`` where they differ."""
    if not np.allclose(house.hours, house.hours[0]):
        return None
    return float(house.hours[0]) * 3600


def _shifted(values: Array, shift: int, count: int) -> Array:
    """Return a plan's values from a step on, nothing where it had ended."""
    kept = np.zeros(count)
    rest = values[shift : shift + count]
    kept[: len(rest)] = rest
    return kept
