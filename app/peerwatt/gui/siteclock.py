"""The house's time on screen: the engine's clock, carried on between its messages."""

from __future__ import annotations

import time
from collections.abc import Callable
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from peerwatt.api.messages import ClockView

CARRY_S = 5.0
"""Real seconds for which the last message is carried on; then time on screen stands still."""


class SiteClock:
    """Present time of the house and its zone."""

    def __init__(self, steady_s: Callable[[], float] = time.monotonic) -> None:
        self._steady_s = steady_s
        self._view: ClockView | None = None
        self._heard_s = 0.0
        self.zone = ZoneInfo("UTC")

    @property
    def view(self) -> ClockView | None:
        """The last message, if any."""
        return self._view

    @property
    def known(self) -> bool:
        """Whether the engine has said the time yet."""
        return self._view is not None

    def set(self, view: ClockView) -> None:
        """Take the engine's time; an unknown zone falls back to UTC."""
        if self._view is None or view.timezone != self._view.timezone:
            try:
                self.zone = ZoneInfo(view.timezone)
            except (ZoneInfoNotFoundError, ValueError):
                self.zone = ZoneInfo("UTC")
        self._view = view
        self._heard_s = self._steady_s()

    def now_s(self) -> float:
        """Return the house's present Unix second; 0 before the first message."""
        if self._view is None:
            return 0.0
        if self._view.simulated:
            # A driven clock moves in steps that only the engine knows: no guess between them.
            return self._view.now_s
        return self._view.now_s + min(self._steady_s() - self._heard_s, CARRY_S)
