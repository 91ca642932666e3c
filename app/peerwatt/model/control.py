"""Bands that controllers narrow, and the setpoints that come out of them.

A band holds the power a device may have (device's own sign). Each controller may only narrow
what the ones before it allow; a wish outside the band becomes the band's nearest edge.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace


@dataclass(frozen=True, slots=True)
class Band:
    """Permitted power of one device, W, with the reasons that narrowed it, oldest first."""

    device_id: str
    low_w: float
    high_w: float
    reasons: tuple[Reason, ...] = ()

    def narrow(self, low_w: float, high_w: float, reason: Reason) -> Band:
        """Return this band cut to [``low_w``, ``high_w``]; never wider than it was.

        Where both do not meet, the result is this band's edge nearest to the wish, so that a
        later controller cannot undo an earlier one. A NaN narrows nothing.
        """
        # The order of the arguments matters: min and max keep the first where one is NaN.
        low = min(max(self.low_w, low_w), self.high_w)
        high = max(min(self.high_w, high_w), self.low_w)
        if low > high:
            low = high = low if low_w > self.high_w else high
        if (low, high) == (self.low_w, self.high_w):
            return self
        return replace(self, low_w=low, high_w=high, reasons=(*self.reasons, reason))

    @property
    def decided(self) -> bool:
        """Whether one value is left."""
        return self.low_w == self.high_w


@dataclass(frozen=True, slots=True)
class Reason:
    """Who narrowed a band and why, in a sentence for the owner."""

    controller: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Setpoint:
    """One wish to a device, borrowed until ``expires_s`` and then returned.

    ``power_w`` has the device's sign (battery + discharge, charger + consumption). ``None``
    returns control to the device.
    """

    device_id: str
    power_w: float | None
    expires_s: float
    reasons: tuple[Reason, ...] = field(default=())
    phases: int | None = None
    """Phases to charge on, where the charger can switch them; ``None`` leaves them."""

    @property
    def sentence(self) -> str:
        """Return the last and so deciding reason."""
        return self.reasons[-1].sentence if self.reasons else ""


@dataclass(frozen=True, slots=True)
class Applied:
    """What a device answered when a setpoint was written and read back."""

    device_id: str
    time_s: float
    asked_w: float | None
    accepted_w: float | None
    ok: bool
    writes: int
    """Registers or messages written; 0 where nothing had to change."""
    sentence: str = ""
