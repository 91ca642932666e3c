"""Keeps cumulative registers from falling: devices drop to 0 at restarts or count down at times."""

from __future__ import annotations

import logging

log = logging.getLogger(__name__)


class RisingCounter:
    """Passes a cumulative energy register while it rises; anything lower is "no value".

    Says once when a register fell (devices reference, section 2.4: "never bill from a raw delta").
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._highest: int | None = None
        self._fallen = False

    def take(self, value: float | None) -> int | None:
        """Return the register in Wh, or ``None`` when there is no usable value."""
        if value is None or value < 0:
            return None
        whole = round(value)
        if self._highest is not None and whole < self._highest:
            if not self._fallen:
                self._fallen = True
                log.info(
                    "%s fell from %d to %d Wh; it is ignored until it is above again.",
                    self._name,
                    self._highest,
                    whole,
                )
            return None
        self._highest, self._fallen = whole, False
        return whole
