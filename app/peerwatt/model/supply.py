"""A member's subscription with a supplier: offers, states and what is due.

Money in micro-units, prices in micro-units per kWh, times in Unix seconds.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

PERIOD_S = 30 * 86_400
"""Length of a billing period, counted from the Unix epoch."""

GRACE_S = 7 * 86_400
"""From the first unpaid bill to suspension."""


class SupplyState(StrEnum):
    """States of a member; in the order of the contract's numbers."""

    NONE = "none"
    ACTIVE = "active"
    GRACE = "grace"
    SUSPENDED = "suspended"


@dataclass(frozen=True, slots=True)
class Offer:
    """A supplier's published terms; prices in micro-units per kWh."""

    number: int
    supplier: str
    retail_micro_per_kwh: int
    feed_in_micro_per_kwh: int
    monthly_fee_micro: int
    warn_below_micro: int


@dataclass(frozen=True, slots=True)
class Account:
    """A member's subscription; offers are numbered from 1, 0 is none."""

    offer: int = 0
    next_offer: int = 0
    next_period: int = 0
    unbilled_period: int = 0
    due_micro: int = 0
    due_to: str = ""
    unpaid_since_s: int = 0
    is_suspended: bool = False
    """Whether the registry was told to take no more buy orders."""

    def state(self, now_s: int) -> SupplyState:
        """Return the state at a time; suspended also where nobody has told the registry yet."""
        if self.offer == 0:
            return SupplyState.NONE
        if self.unpaid_since_s == 0:
            return SupplyState.ACTIVE
        is_over = now_s >= self.unpaid_since_s + GRACE_S
        return SupplyState.SUSPENDED if is_over else SupplyState.GRACE
