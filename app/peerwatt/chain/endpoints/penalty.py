"""What lies cost an endpoint: it stays named for a while, and is left alone for longer each time.

Who lies about proofs may follow the chain faithfully otherwise, so that following it does not
clear its name; ten minutes without a lie do.
"""

from __future__ import annotations

KEPT_S = 600.0
"""So long after its last lie an endpoint is named, and asked after the others."""
MAX_PAUSE_S = 300.0


class Penalty:
    """The lies of one endpoint that are not forgotten yet."""

    def __init__(self) -> None:
        self._count = 0
        self._last_s = float("-inf")

    def note(self, now_s: float) -> float:
        """Note a lie at a Unix second; return for how long it is not asked now, seconds."""
        self._count = self._count + 1 if self.is_held(now_s) else 1
        self._last_s = now_s
        return float(min(2.0 ** (self._count - 1), MAX_PAUSE_S))

    def is_held(self, now_s: float) -> bool:
        """Whether it lied lately."""
        return now_s < self._last_s + KEPT_S

    def words(self, now_s: float) -> str:
        """Say when it lied last; empty when that is forgotten."""
        if not self.is_held(now_s):
            return ""
        age_s = max(0.0, now_s - self._last_s)
        ago = f"{age_s:.0f} s" if age_s < 120 else f"{age_s / 60:.0f} min"
        times = f", {self._count} times of late" if self._count > 1 else ""
        return f"contradicted a proof {ago} ago{times}"
