"""What the engine knows of the chain: every value proven, all of one picture at one block."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from peerwatt.chain.bindings.flexibility import RequestOnChain
from peerwatt.chain.bindings.registry import Agent, Member, Used
from peerwatt.model.flexibility import FlexOffer
from peerwatt.model.market import Book, Clearing, MarketRules, Order, Tariff

from .owner_wallet.holdings import Holding


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
    used_today: Used
    """What the agent has used of its limits on this UTC day."""
    metered_until: int
    """Last interval for which our meter's signed register is on chain; 0 before the first."""
    books: Mapping[int, Book] = field(default_factory=lambda: MappingProxyType({}))
    orders: Mapping[int, Order] = field(default_factory=lambda: MappingProxyType({}))
    """Our orders that the market holds, by interval."""
    clearings: Mapping[int, Clearing] = field(default_factory=lambda: MappingProxyType({}))
    requests: Mapping[int, RequestOnChain] = field(default_factory=lambda: MappingProxyType({}))
    offers: Mapping[int, FlexOffer] = field(default_factory=lambda: MappingProxyType({}))
    """Our offers as the contract holds them, by request."""
    trade_scope: int = 0
    """Bit of an agent's scope that lets it trade in the market."""
    flexibility_scope: int = 0
    """Bit that lets it offer flexibility."""
    holdings: Mapping[str, Holding] = field(default_factory=lambda: MappingProxyType({}))
    """What each account of the wallet holds, by address."""

    @property
    def may_trade(self) -> bool:
        """Whether the agent's key may place orders now, as far as its grant says."""
        return self._may(self.trade_scope)

    @property
    def may_offer(self) -> bool:
        """Whether the agent's key may offer flexibility."""
        return self._may(self.flexibility_scope)

    def _may(self, scope: int) -> bool:
        grant = self.grant
        return (
            grant is not None
            and grant.is_active
            and not grant.is_paused
            and bool(grant.scope & scope)
            and self.block_time_s <= grant.expires_s
        )
