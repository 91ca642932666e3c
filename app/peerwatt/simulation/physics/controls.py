"""Commands that an outside controller lent the inverter, each with its revert timer.

Times are simulated Unix seconds. A timer restarts with every write to its command and, once it
ran out, the device returns to its own behaviour: the reason why a dead controller does no harm
(SunSpec models 123, 124 and 704, points ``RvrtTms``).
"""

from __future__ import annotations

from dataclasses import dataclass, field

CHARGE_LIMITED = 1
"""StorCtl_Mod bit 0."""
DISCHARGE_LIMITED = 2
"""StorCtl_Mod bit 1."""


@dataclass(slots=True)
class RevertTimer:
    """Counts down from the last write; a timeout of 0 never ends."""

    timeout_s: float = 0.0
    expires_s: float | None = None

    def restart(self, now_s: float, active: bool) -> None:
        """Start over while a command is active, stop otherwise."""
        self.expires_s = now_s + self.timeout_s if active and self.timeout_s > 0 else None

    def due(self, now_s: float) -> bool:
        """Return whether the time is up."""
        return self.expires_s is not None and now_s >= self.expires_s

    def remaining_s(self, now_s: float) -> float:
        """Return the time left, 0 where nothing is counting."""
        return max(0.0, self.expires_s - now_s) if self.expires_s is not None else 0.0


@dataclass(slots=True)
class OutputLimit:
    """Limit of the AC output, percent of the rating (models 123 and 704)."""

    enabled: bool = False
    pct: float = 100.0
    fallback_enabled: bool = False
    fallback_pct: float = 100.0
    timer: RevertTimer = field(default_factory=RevertTimer)

    def touch(self, now_s: float) -> None:
        """Restart the timer after a write."""
        self.timer.restart(now_s, self.enabled)

    def expire(self, now_s: float) -> None:
        """Return to the fallback once the timer ran out."""
        if self.timer.due(now_s):
            self.enabled, self.pct = self.fallback_enabled, self.fallback_pct
            self.timer.expires_s = None

    def limit_w(self, rating_w: float) -> float:
        """Return the limit in force, W."""
        return rating_w * self.pct / 100.0 if self.enabled else rating_w


@dataclass(slots=True)
class PowerSetpoint:
    """Active power set point at the AC terminals, W, + towards the house (model 704 WSet)."""

    enabled: bool = False
    power_w: float = 0.0
    fallback_enabled: bool = False
    fallback_w: float = 0.0
    timer: RevertTimer = field(default_factory=RevertTimer)

    def touch(self, now_s: float) -> None:
        """Restart the timer after a write."""
        self.timer.restart(now_s, self.enabled)

    def expire(self, now_s: float) -> None:
        """Return to the fallback once the timer ran out."""
        if self.timer.due(now_s):
            self.enabled, self.power_w = self.fallback_enabled, self.fallback_w
            self.timer.expires_s = None


@dataclass(slots=True)
class StorageControl:
    """Limits of the battery (model 124): a negative limit forces the opposite direction."""

    mode: int = 0
    discharge_pct: float = 100.0
    """OutWRte: at most this share of the greatest power; negative means charge at least."""
    charge_pct: float = 100.0
    """InWRte: at most this share of the greatest power; negative means discharge at least."""
    reserve_pct: float = 5.0
    grid_charging: bool = False
    timer: RevertTimer = field(default_factory=RevertTimer)

    def touch(self, now_s: float) -> None:
        """Restart the timer after a write."""
        self.timer.restart(now_s, self.mode != 0)

    def expire(self, now_s: float) -> None:
        """Return to self-consumption once the timer ran out."""
        if self.timer.due(now_s):
            self.mode, self.discharge_pct, self.charge_pct = 0, 100.0, 100.0
            self.timer.expires_s = None

    def band_w(self, max_charge_w: float, max_discharge_w: float) -> tuple[float, float]:
        """Return the (low, high) battery power the command allows, + discharge."""
        low, high = -max_charge_w, max_discharge_w
        if self.mode & CHARGE_LIMITED:
            low = -max_charge_w * self.charge_pct / 100.0
        if self.mode & DISCHARGE_LIMITED:
            high = max_discharge_w * self.discharge_pct / 100.0
            if high < 0.0:
                high = max_charge_w * self.discharge_pct / 100.0
        return min(low, high), high
