"""When things are due on the street, in simulated time; pure functions of intervals."""

from __future__ import annotations

from peerwatt.model.units import INTERVAL_S, interval_start_s

ORDERS_BEFORE_S = 900
"""Neighbours place their orders for an interval this long before it begins."""

CLEAR_AFTER_GATE_S = 15
METER_AFTER_S = 15
"""Readings are sent this long after the interval they close."""

SERVE_AFTER_S = 135
"""Direct deals are served this long after an interval: its readings are on the chain by then."""

FINALISE_AFTER_DUE_S = 60
"""An interval's books are closed this long after its readings' deadline."""

CERTIFY_AFTER_DUE_S = 150
"""An hour's certificates are issued this long after the deadline of its last readings."""

CLAIM_AFTER_CLOSE_S = 60
"""They are claimed once no more can be issued."""


class Due:
    """Says for each interval once when a moment relative to its start has come."""

    def __init__(self, first_interval: int, offset_s: float) -> None:
        self._next = first_interval
        self._offset_s = offset_s

    def take(self, now_s: float) -> list[int]:
        """Return the intervals that have become due since the last call, oldest first."""
        found: list[int] = []
        while interval_start_s(self._next) + self._offset_s <= now_s:
            found.append(self._next)
            self._next += 1
        return found


def after_end_s(delay_s: float) -> float:
    """Return the offset from an interval's start for something due after its end."""
    return INTERVAL_S + delay_s
