"""What a house has besides battery, cars and a price in each step; all of it may be empty."""

from __future__ import annotations

from dataclasses import dataclass

from .spec import Array, Capacity, Heat, Offer, Run, Switch, Tier


@dataclass(frozen=True, slots=True)
class HouseShape:
    """Parts of :class:`peerwatt.planner.spec.House`; arrays have one entry for each step."""

    tiers: tuple[Tier, ...] = ()
    capacity: Capacity | None = None
    market_buy: tuple[Offer, ...] = ()
    """The neighbours' price curve for whole intervals; replaces ``StepInput.market_price_micro``
    where given."""
    market_sell: tuple[Offer, ...] = ()
    runs: tuple[Run, ...] = ()
    switches: tuple[Switch, ...] = ()
    heats: tuple[Heat, ...] = ()
    co2_g_per_kwh: Array | None = None
    co2_price_per_kg: float = 0.0
