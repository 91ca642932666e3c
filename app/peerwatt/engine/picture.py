"""What the engine knows of the chain: every value proven, all of one picture at one block."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from peerwatt.chain.bindings.flexibility import RequestOnChain
from peerwatt.chain.bindings.registry import Agent, Member
from peerwatt.model.flexibility import FlexOffer
from peerwatt.model.market import Book, Clearing, MarketRules, Order, Tariff


@dataclass(frozen=True, slots=True)
class CommunityFacts:
    """What seldom changes: the market's rules, from its proven code, and our membership."""

    rules: MarketRules
    member: Member

    @property
    def tariff(self) -> Tariff:
        """Our supplier tariff."""
        return Tariff(self.member.retail_micro_per_kwh, self.member.feed_in_micro_per_kwh)


@dataclass(frozen=True, slots=True)
class ChainPicture:
    """Proven values at one verified block; money in micro-units."""

    block_number: int
    block_time_s: int
    credit_micro: int
    escrowed_micro: int
    """What our buy orders hold in the market."""
    total_supply_micro: int
    grant: Agent | None
    spent_today_micro: int
    metered_until: int
    """Last interval for which our meter's signed register is on chain; 0 before the first."""
    books: Mapping[int, Book] = field(default_factory=lambda: MappingProxyType({}))
    orders: Mapping[int, Order] = field(default_factory=lambda: MappingProxyType({}))
    """Our orders that the market holds, by interval."""
    clearings: Mapping[int, Clearing] = field(default_factory=lambda: MappingProxyType({}))
    requests: Mapping[int, RequestOnChain] = field(default_factory=lambda: MappingProxyType({}))
    offers: Mapping[int, FlexOffer] = field(default_factory=lambda: MappingProxyType({}))
    """Our offers as the contract holds them, by request."""
