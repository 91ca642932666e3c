"""Requests of the grid operator (DSO), offers on them and what was delivered."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, StrEnum


class Direction(IntEnum):
    """What the grid needs of the net import in the window; the value is the contract's."""

    REDUCE = 0
    INCREASE = 1


@dataclass(frozen=True, slots=True)
class FlexRequest:
    """A DSO's request, escrowed at maximum price * quantity."""

    request_id: int
    zone: int
    direction: Direction
    first_interval: int
    interval_count: int
    quantity_wh: int
    max_price_micro_per_kwh: int
    penalty_micro_per_kwh: int
    offer_deadline_s: int


class OfferState(StrEnum):
    """Life of an offer."""

    INTENDED = "intended"
    OFFERED = "offered"
    AWARDED = "awarded"
    DECLINED = "declined"
    DELIVERING = "delivering"
    VERIFIED = "verified"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class FlexOffer:
    """Our offer on a request.

    ``baseline_wh`` is the net import (import - export) of the whole window expected without
    the event; it is frozen on chain with the offer, before the event.
    """

    request_id: int
    member: str
    quantity_wh: int
    price_micro_per_kwh: int
    baseline_wh: int
    state: OfferState = OfferState.INTENDED
    awarded_wh: int = 0
    delivered_wh: int = 0
    paid_micro: int = 0
    metered_wh: int | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Commitment:
    """A change of the net import that was promised for a window of intervals."""

    request_id: int
    direction: Direction
    first_interval: int
    interval_count: int
    baseline_wh: int
    """Net import of the whole window without the event."""
    quantity_wh: int
    penalty_micro_per_kwh: int

    @property
    def target_wh(self) -> int:
        """Net import of the window that keeps the promise: at most (REDUCE) or at least."""
        if self.direction is Direction.REDUCE:
            return self.baseline_wh - self.quantity_wh
        return self.baseline_wh + self.quantity_wh

    def covers(self, interval: int) -> bool:
        """Whether an interval lies in the window."""
        return 0 <= interval - self.first_interval < self.interval_count


def delivered_wh(direction: Direction, baseline_wh: int, metered_wh: int, awarded_wh: int) -> int:
    """Verified delivery: clamp(baseline - metered, 0, awarded), mirrored for INCREASE.

    Source: UFTP specification (Shapeshifter), settlement; delivered and deficiency sum to the
    award.
    """
    change = baseline_wh - metered_wh
    if direction is Direction.INCREASE:
        change = -change
    return min(max(change, 0), awarded_wh)
