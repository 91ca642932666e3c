"""Direct deals: standing agreements between two members of the community."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

WHOLE = 10_000
"""Shares are in 1/10000."""
RANKS = 8
"""Deals that one seller may have at a time."""


class DealKind(IntEnum):
    """How a deal's amount is meant; the value is the contract's."""

    SHARE = 0
    PER_INTERVAL = 1


@dataclass(frozen=True, slots=True)
class DealTerms:
    """What seller and buyer sign."""

    seller: str
    buyer: str
    kind: DealKind
    amount: int
    """Share of the surplus, 1/10000, or Wh in each interval."""
    need_share: int
    """Share of the buyer's import that it may cover, 1/10000."""
    price_micro: int
    """Micro-units per kWh; 0 is a gift."""
    start: int
    """First interval."""
    end: int
    """First interval after the end."""
    rank: int = 0
    """Place in the seller's order, 0 to 7; the lowest is served first."""
    nonce: int = 0
    """Any number that sets this deal apart from others with the same terms."""
