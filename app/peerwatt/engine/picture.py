"""What the engine knows of the chain: every value proven, all of one picture at one block."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from peerwatt.chain.bindings.community import InBook, SupplyStanding
from peerwatt.chain.bindings.flexibility import RequestOnChain
from peerwatt.chain.bindings.registry import Agent, Member, Used
from peerwatt.market.settlement_view import Bill, interval_bill
from peerwatt.model.flexibility import FlexOffer
from peerwatt.model.market import Book, Clearing, MarketRules, Order, SettledInterval, Tariff

from .owner_wallet.holdings import Holding


@dataclass(frozen=True, slots=True)
class CommunityFacts:
    """What seldom changes: the market's rules and our membership with the terms of now."""

    rules: MarketRules
    member: Member
    newest: Member | None = None
    """With the newest terms, which may begin later."""
    former: Member | None = None
    """With the terms before the newest."""

    @property
    def tariff(self) -> Tariff:
        """Our supplier tariff now."""
        return _tariff(self.member)

    def tariff_at(self, interval: int) -> Tariff:
        """Return our tariff in an interval, as far back as the last change but one."""
        newest, former = self.newest, self.former
        if newest is None:
            return self.tariff
        if former is None or interval >= newest.since_interval:
            return _tariff(newest)
        known = _tariff(former)
        return known if known.retail_micro_per_kwh else _tariff(newest)

    def bill(self, settled: Iterable[SettledInterval]) -> Bill:
        """Return the sum of settled intervals, each beside its own tariff."""
        total = Bill()
        for one in settled:
            total = total.plus(interval_bill(one, self.tariff_at(one.interval)))
        return total


def _tariff(member: Member) -> Tariff:
    return Tariff(member.retail_micro_per_kwh, member.feed_in_micro_per_kwh)


@dataclass(frozen=True, slots=True)
class ChainPicture:
    """Proven values at one verified block; money in micro-units."""

    block_number: int
    block_time_s: int
    credit_micro: int
    """In the wallet."""
    escrowed_micro: int
    """What our buy orders hold in the market."""
    total_supply_micro: int
    grant: Agent | None
    used_today: Used
    """What the agent has used of its limits on this UTC day."""
    metered_until: int
    """Last interval for which our meter's signed register is on chain; 0 before the first."""
    available_micro: int = 0
    """In our account with the market, free for orders, fees and withdrawal."""
    no_fuss: bool = False
    """Whether we take the mid-market rate where the market is thin."""
    has_lien: bool = False
    """Whether a part of our trade income repays a loan."""
    settled_until: int = 0
    """Last interval that is settled for us; 0 before the first."""
    final_until: int = 0
    """Last interval whose settlement is final."""
    supply: SupplyStanding | None = None
    """``None`` where the community has no automated supplier."""
    books: Mapping[InBook, Book] = field(default_factory=lambda: MappingProxyType({}))
    """By (reach, interval); reach 0 is the own zone."""
    orders: Mapping[int, Order] = field(default_factory=lambda: MappingProxyType({}))
    """Our orders that the market holds, by interval."""
    clearings: Mapping[InBook, Clearing] = field(default_factory=lambda: MappingProxyType({}))
    """By (reach, interval)."""
    requests: Mapping[int, RequestOnChain] = field(default_factory=lambda: MappingProxyType({}))
    offers: Mapping[int, FlexOffer] = field(default_factory=lambda: MappingProxyType({}))
    """Our offers as the contract holds them, by request."""
    trade_scope: int = 0
    """Bit of an agent's scope that lets it trade in the market."""
    flexibility_scope: int = 0
    """Bit that lets it offer flexibility."""
    holdings: Mapping[str, Holding] = field(default_factory=lambda: MappingProxyType({}))
    """What each account of the wallet holds, by address."""

    def cleared(self, interval: int) -> dict[int, Clearing]:
        """Return an interval's clearings by reach."""
        return {reach: c for (reach, i), c in self.clearings.items() if i == interval}

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
