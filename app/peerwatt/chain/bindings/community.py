"""All contracts of a community, and one snapshot with everything that a screen needs.

The snapshot is proven at one block: no two figures on the screen come from different states.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from peerwatt.model.flexibility import FlexOffer
from peerwatt.model.market import Book, BookRules, Clearing, MarketRules
from peerwatt.model.supply import Account as Subscription
from peerwatt.model.supply import Offer
from peerwatt.model.units import interval_at
from peerwatt.model.verified import Proven

from ..networks import NetworkFault
from ..reading.reader import ProvenReader
from .artefact import CONTRACTS, Artefact
from .certificates import Certificates
from .credit import Credit
from .deals import Deals
from .flexibility import Flexibility, RequestOnChain
from .loan import Loan
from .market import Account, BookTerms, Market, PlacedOrder
from .meter import Meter, MeterState
from .notary import Notary
from .registry import Agent, Member, Registry, Used
from .services import Services
from .settlement import MemberProgress, Settlement
from .supply import Supply
from .treasury import Treasury
from .wants import Reader, Want, fetch, fetch_all, together

NAMES = ("Credit", "Registry", "Market", "Meter", "Settlement", "Flexibility")
"""The contracts that every community has."""

InBook = tuple[int, int]
"""(reach, interval): the own zone's book has reach 0."""


class Contract(Protocol):
    """What all bindings have."""

    address: str
    artefact: Artefact


@dataclass(frozen=True, slots=True)
class View:
    """What a snapshot should hold."""

    owner: str
    time_s: float
    """Unix second; the agent's spending is that of its UTC day, the terms are those of then."""
    tick_count: int = 0
    zone_books: tuple[int, ...] = ()
    """Numbers of the own zone's book and its parents, by reach."""
    agent: str | None = None
    orders: tuple[int, ...] = ()
    """Intervals of which own orders are wanted."""
    books: tuple[InBook, ...] = ()
    clearings: tuple[InBook, ...] = ()
    requests: tuple[int, ...] = ()
    offer: int = 0
    """Number of the supplier's offer that is held or chosen, as far as it is known."""


@dataclass(frozen=True, slots=True)
class SupplyStanding:
    """How the member stands with its supplier."""

    subscription: Subscription
    offer: Offer | None
    """The offer that counts now, or next where none does yet."""


@dataclass(frozen=True, slots=True)
class HouseSnapshot:
    """A house on the chain at one block; money in micro-units."""

    balance_micro: int
    """Credits in the wallet."""
    account: Account
    """What the member has in the market: available and escrow."""
    total_supply_micro: int
    member: Member
    """With the terms of now."""
    newest: Member
    """With the newest terms, which may begin later."""
    former: Member
    """With the terms before the newest; zeros where there were none."""
    agent: Agent | None
    used: Used
    """What the agent has used of its limits today."""
    trade_scope: int
    """Bit that an agent needs in its scope to trade in the market."""
    flexibility_scope: int
    """The same for offers to the DSO."""
    request_count: int
    meter: MeterState
    progress: MemberProgress | None
    """How far the member is settled; ``None`` before its first interval."""
    supply: SupplyStanding | None
    """``None`` where the community has no contract Supply."""
    terms: Mapping[int, BookTerms | None]
    """Terms of the own books, by reach."""
    orders: Mapping[int, PlacedOrder | None]
    books: Mapping[InBook, Book]
    clearings: Mapping[InBook, Clearing | None]
    requests: Mapping[int, RequestOnChain | None]
    offers: Mapping[int, FlexOffer | None]


class Community:
    """The contracts of one community: six always, others where its network names them."""

    def __init__(self, addresses: Mapping[str, str]) -> None:
        """Bind the contracts. Raises NetworkFault when an address is missing."""
        self.addresses = {name: at for name, at in addresses.items() if name in CONTRACTS}
        missing = [name for name in NAMES if name not in addresses]
        if missing:
            raise NetworkFault(f"The network does not say where {', '.join(missing)} is.")
        self.credit = Credit(addresses["Credit"])
        self.registry = Registry(addresses["Registry"])
        self.market = Market(addresses["Market"])
        self.meter = Meter(addresses["Meter"])
        self.settlement = Settlement(addresses["Settlement"])
        self.flexibility = Flexibility(addresses["Flexibility"])
        self.deals = Deals(addresses["Deals"]) if "Deals" in addresses else None
        self.supply = Supply(addresses["Supply"]) if "Supply" in addresses else None
        self.treasury = Treasury(addresses["Treasury"]) if "Treasury" in addresses else None
        self.certificates = (
            Certificates(addresses["Certificates"]) if "Certificates" in addresses else None
        )
        self.notary = Notary(addresses["Notary"]) if "Notary" in addresses else None
        self.loan = Loan(addresses["Loan"]) if "Loan" in addresses else None
        self.services = Services(addresses["Services"]) if "Services" in addresses else None

    @property
    def contracts(self) -> tuple[Contract, ...]:
        """All contracts that are there."""
        named: tuple[Contract | None, ...] = (
            self.credit,
            self.registry,
            self.market,
            self.meter,
            self.settlement,
            self.flexibility,
            self.deals,
            self.supply,
            self.treasury,
            self.certificates,
            self.notary,
            self.loan,
            self.services,
        )
        return tuple(one for one in named if one is not None)

    async def check_code(self, reader: ProvenReader) -> None:
        """Prove that the code at every address is the one of this program's artefacts.

        Raises Unproven with the contract's name.
        """
        for contract in self.contracts:
            contract.artefact.immutables((await reader.code(contract.address)).value)

    async def snapshot(
        self, reader: Reader, view: View, block: int | None = None
    ) -> Proven[HouseSnapshot]:
        """Return everything of a view, proven at one block. Raises Unproven or EndpointAway."""
        found = await fetch_all(reader, self._wants(view), block)
        value = found.value
        standing = await self._standing(reader, view, found)
        snapshot = HouseSnapshot(
            balance_micro=value["balance"],
            account=value["account"],
            total_supply_micro=value["supply"],
            member=value["member"],
            newest=value["newest"],
            former=value["former"],
            agent=value.get("agent"),
            used=value.get("used", Used(0, 0)),
            trade_scope=value["trade_scope"],
            flexibility_scope=value["flex_scope"],
            request_count=value["request_count"],
            meter=value["meter"],
            progress=value["progress"],
            supply=standing,
            terms=value["terms"],
            orders=value["orders"],
            books=value["books"],
            clearings=value["clearings"],
            requests=value["requests"],
            offers=value["offers"],
        )
        return Proven(snapshot, found.block_number, found.block_time_s)

    def _wants(self, view: View) -> dict[str, Want[Any]]:
        now = interval_at(view.time_s)
        wants: dict[str, Want[Any]] = {
            "balance": self.credit.balance(view.owner),
            "supply": self.credit.total_supply(),
            "member": self.registry.member(view.owner, now),
            "newest": self.registry.member(view.owner),
            "former": self.registry.member(view.owner, 0),
            "trade_scope": self.registry.scope_of(self.market.address),
            "flex_scope": self.registry.scope_of(self.flexibility.address),
            "meter": self.meter.state(view.owner),
            "progress": self.settlement.progress(view.owner),
        }
        if view.agent is not None:
            wants["agent"] = self.registry.agent(view.agent)
            wants["used"] = self.registry.used(view.agent, view.time_s)
        if self.supply is not None:
            wants["subscription"] = self.supply.account(view.owner)
            if view.offer:
                wants["offer"] = self.supply.offer(view.offer)
        return wants | self._market_wants(view, now) | self._flexibility_wants(view)

    def _market_wants(self, view: View, now: int) -> dict[str, Want[Any]]:
        market, numbers = self.market, view.zone_books
        books = {
            (reach, i): market.book(numbers[reach], i, view.tick_count) for reach, i in view.books
        }
        clearings = {(reach, i): market.clearing(numbers[reach], i) for reach, i in view.clearings}
        terms = {reach: market.terms(number, now) for reach, number in enumerate(numbers)}
        return {
            "account": market.account(view.owner),
            "terms": together(terms, market.address),
            "orders": market.orders(view.owner, view.orders),
            "books": together(books, market.address),
            "clearings": together(clearings, market.address),
        }

    def _flexibility_wants(self, view: View) -> dict[str, Want[Any]]:
        flexibility = self.flexibility
        requests = {i: flexibility.request_at(i) for i in view.requests}
        offers = {i: flexibility.offer_of(i, view.owner) for i in view.requests}
        return {
            "request_count": flexibility.request_count(),
            "requests": together(requests, flexibility.address),
            "offers": together(offers, flexibility.address),
        }

    async def _standing(
        self, reader: Reader, view: View, found: Proven[dict[str, Any]]
    ) -> SupplyStanding | None:
        """Return the standing; an offer that the view did not know is read at the same block."""
        if self.supply is None:
            return None
        subscription: Subscription = found.value["subscription"]
        number = subscription.offer or subscription.next_offer
        if number == 0:
            return SupplyStanding(subscription, None)
        if number == view.offer:
            return SupplyStanding(subscription, found.value["offer"])
        offer = await fetch(reader, self.supply.offer(number), found.block_number)
        return SupplyStanding(subscription, offer.value)

    async def members(self, reader: Reader, block: int | None = None) -> Proven[dict[str, Member]]:
        """Return all members by address, in the order of admission, proven at one block."""
        registry = self.registry
        count = await fetch(reader, registry.member_count(), block)
        at = count.block_number
        numbered = {i: registry.member_at(i) for i in range(count.value)}
        addresses = (await fetch(reader, together(numbered, registry.address), at)).value.values()
        wants = {address: registry.member(address) for address in addresses}
        return await fetch(reader, together(wants, registry.address), at)


def rules_of(rules: MarketRules, terms: Mapping[int, BookTerms | None]) -> MarketRules:
    """Return a market's rules with the terms that its books (by reach) have now."""
    own = terms.get(0)
    if own is None:
        return rules
    numbers = [rules.book_at(reach).book for reach in rules.reaches]
    books = []
    for reach, number in enumerate(numbers):
        found = terms.get(reach)
        charge = found.charge_micro_per_kwh if found else 0
        parent = numbers[reach + 1] if reach + 1 < len(numbers) else None
        books.append(BookRules(number, parent, charge))
    return MarketRules(own.ladder, rules.zone, own.gate_closure_s, tuple(books), rules.thin_wh)
