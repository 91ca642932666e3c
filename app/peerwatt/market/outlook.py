"""What the neighbours' market is likely to pay, learned from its past clearings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from peerwatt.model.market import Clearing, Tariff
from peerwatt.model.units import INTERVALS_PER_DAY

DAYS = 7
SHARE = 0.5
"""Part of the volume seen that one house counts on."""


@dataclass(frozen=True, slots=True)
class Outlook:
    """Expected price (micro per kWh) and energy to be traded by one house in an interval."""

    price_micro: int
    quantity_wh: int


def outlook(
    clearings: Iterable[Clearing], intervals: Iterable[int], tariff: Tariff
) -> Mapping[int, Outlook]:
    """Return what can be expected of each interval; those without any sign are left out.

    The mean of the same time of day in the last seven days, weighted by volume; intervals in
    which nothing cleared count with their (zero) volume.
    """
    by_interval = {c.interval: c for c in clearings}
    found: dict[int, Outlook] = {}
    for interval in intervals:
        past = [
            c
            for day in range(1, DAYS + 1)
            if (c := by_interval.get(interval - day * INTERVALS_PER_DAY)) is not None
        ]
        volume = sum(c.volume_wh for c in past)
        if volume <= 0:
            continue
        price = sum(c.price_micro * c.volume_wh for c in past) // volume
        price = min(max(price, tariff.feed_in_micro_per_kwh), tariff.retail_micro_per_kwh)
        found[interval] = Outlook(price, int(volume / len(past) * SHARE))
    return found
