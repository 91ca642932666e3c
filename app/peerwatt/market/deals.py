"""Direct deals served from metered surplus, as the contract Deals does it. Energy Wh."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from peerwatt.model.deals import WHOLE, DealKind, DealTerms


def served_wh(
    deals: Sequence[DealTerms], interval: int, export_wh: int, imports_wh: Mapping[str, int]
) -> dict[int, int]:
    """Return rank -> Wh that a seller's deals move in an interval.

    ``export_wh`` is what the seller's meter gave, ``imports_wh`` what the buyers' meters took;
    a buyer that is not there is passed over.
    """
    found: dict[int, int] = {}
    left = export_wh
    for deal in sorted(deals, key=lambda one: one.rank):
        if not deal.start <= interval < deal.end or deal.buyer not in imports_wh:
            continue
        wanted = deal.amount
        if deal.kind is DealKind.SHARE:
            wanted = export_wh * deal.amount // WHOLE
        moved = min(wanted, left, imports_wh[deal.buyer] * deal.need_share // WHOLE)
        found[deal.rank] = moved
        left -= moved
    return found
