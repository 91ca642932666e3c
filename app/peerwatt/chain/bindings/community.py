"""All contracts of a community, and one snapshot with everything that a screen needs.

The snapshot is proven at one block, in one exchange with an endpoint: no two figures on the
screen come from different states.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from peerwatt.model.flexibility import FlexOffer
from peerwatt.model.market import Book, Clearing, MarketRules, SettledInterval, Side
from peerwatt.model.units import cost_up_micro
from peerwatt.model.verified import Proven

from ..networks import NetworkFault
from ..reading.reader import ProvenReader
from .credit import Credit
from .flexibility import Flexibility, RequestOnChain
from .market import Market, PlacedOrder
from .meter import Meter, MeterRegister
from .registry import Agent, Member, Registry, Used
from .settlement import Settlement, SettlementResult
from .wants import Reader, Want, fetch, fetch_all, together

NAMES = ("Credit", "Registry", "Market", "Meter", "Settlement", "Flexibility")


@dataclass(frozen=True, slots=True)
class View:
    """What a snapshot should hold."""

    owner: str
    time_s: float
    """Unix second; the agent's spending is that of its UTC day."""
    tick_count: int
    agent: str | None = None
    orders: tuple[int, ...] = ()
    """Intervals of which own orders are wanted."""
    books: tuple[int, ...] = ()
    clearings: tuple[int, ...] = ()
    settled: tuple[int, ...] = ()
    requests: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class HouseSnapshot:
    """A house on the chain at one block; money in micro-units."""

    balance_micro: int
    total_supply_micro: int
    member: Member
    agent: Agent | None
    used: Used
    """What the agent has used of its limits today."""
    trade_scope: int
    """Bit that an agent needs in its scope to trade in the market."""
    flexibility_scope: int
    """The same for offers to the DSO."""
    request_count: int
    meter: MeterRegister
    orders: Mapping[int, PlacedOrder | None]
    books: Mapping[int, Book]
    clearings: Mapping[int, Clearing | None]
    settled: Mapping[int, SettledInterval | None]
    requests: Mapping[int, RequestOnChain | None]
    offers: Mapping[int, FlexOffer | None]

    def escrowed_micro(self, rules: MarketRules) -> int:
        """What own buy orders hold in escrow: those of the snapshot not yet released."""
        return sum(
            cost_up_micro(placed.order.quantity_wh, rules.ladder.price_micro(placed.order.tick))
            for placed in self.orders.values()
            if placed is not None and not placed.is_released and placed.order.side is Side.BUY
        )


class Community:
    """The six contracts of one community."""

    def __init__(self, addresses: Mapping[str, str]) -> None:
        """Bind the contracts. Raises NetworkFault when an address is missing."""
        self.addresses = {name: addresses[name] for name in NAMES if name in addresses}
        missing = [name for name in NAMES if name not in addresses]
        if missing:
            raise NetworkFault(f"The network does not say where {', '.join(missing)} is.")
        self.credit = Credit(addresses["Credit"])
        self.registry = Registry(addresses["Registry"])
        self.market = Market(addresses["Market"])
        self.meter = Meter(addresses["Meter"])
        self.settlement = Settlement(addresses["Settlement"])
        self.flexibility = Flexibility(addresses["Flexibility"])

    async def check_code(self, reader: ProvenReader) -> None:
        """Prove that the code at every address is the one of this program's artefacts.

        Raises Unproven with the contract's name.
        """
        for contract in self._contracts:
            contract.artefact.immutables((await reader.code(contract.address)).value)

    @property
    def _contracts(
        self,
    ) -> tuple[Credit | Registry | Market | Meter | Settlement | Flexibility, ...]:
        return (
            self.credit,
            self.registry,
            self.market,
            self.meter,
            self.settlement,
            self.flexibility,
        )

    async def snapshot(
        self, reader: Reader, view: View, block: int | None = None
    ) -> Proven[HouseSnapshot]:
        """Return everything of a view, proven at one block. Raises Unproven or EndpointAway."""
        found = await fetch_all(reader, self._wants(view), block)
        value = found.value
        settled = {i: _settled(i, value) for i in view.settled}
        snapshot = HouseSnapshot(
            balance_micro=value["balance"],
            total_supply_micro=value["supply"],
            member=value["member"],
            agent=value.get("agent"),
            used=value.get("used", Used(0, 0)),
            trade_scope=value["trade_scope"],
            flexibility_scope=value["flex_scope"],
            request_count=value["request_count"],
            meter=value["meter"],
            orders=value["orders"],
            books={i: value[f"book {i}"] for i in view.books},
            clearings=value["clearings"],
            settled=settled,
            requests=value["requests"],
            offers=value["offers"],
        )
        return Proven(snapshot, found.block_number, found.block_time_s)

    def _wants(self, view: View) -> dict[str, Want[Any]]:
        market, flexibility = self.market, self.flexibility
        requests = {i: flexibility.request_at(i) for i in view.requests}
        offers = {i: flexibility.offer_of(i, view.owner) for i in view.requests}
        wants: dict[str, Want[Any]] = {
            "balance": self.credit.balance(view.owner),
            "supply": self.credit.total_supply(),
            "member": self.registry.member(view.owner),
            "request_count": flexibility.request_count(),
            "trade_scope": self.registry.scope_of(market.address),
            "flex_scope": self.registry.scope_of(flexibility.address),
            "meter": self.meter.last(view.owner),
            "orders": market.orders(view.owner, view.orders),
            "clearings": market.clearings(view.clearings),
            "requests": together(requests, flexibility.address),
            "offers": together(offers, flexibility.address),
        }
        if view.agent is not None:
            wants["agent"] = self.registry.agent(view.agent)
            wants["used"] = self.registry.used(view.agent, view.time_s)
        for interval in view.books:
            wants[f"book {interval}"] = market.book(interval, view.tick_count)
        for interval in view.settled:
            wants |= self._settled_wants(view.owner, interval)
        return wants

    def _settled_wants(self, member: str, interval: int) -> dict[str, Want[Any]]:
        return {
            f"result {interval}": self.settlement.result(member, interval),
            f"delta {interval}": self.meter.delta(member, interval),
            f"price {interval}": self.market.clearing(interval),
        }

    async def settled(
        self, reader: Reader, member: str, interval: int, block: int | None = None
    ) -> Proven[SettledInterval | None]:
        """Return a member's settled interval; ``None`` before it is settled."""
        found = await fetch_all(reader, self._settled_wants(member, interval), block)
        value = _settled(interval, found.value)
        return Proven(value, found.block_number, found.block_time_s)

    async def members(self, reader: Reader, block: int | None = None) -> Proven[dict[str, Member]]:
        """Return all members by address, in the order of admission, proven at one block."""
        registry = self.registry
        count = await fetch(reader, registry.member_count(), block)
        at = count.block_number
        numbered = {i: registry.member_at(i) for i in range(count.value)}
        addresses = (await fetch(reader, together(numbered, registry.address), at)).value.values()
        wants = {address: registry.member(address) for address in addresses}
        return await fetch(reader, together(wants, registry.address), at)


def _settled(interval: int, found: Mapping[str, Any]) -> SettledInterval | None:
    result: SettlementResult | None = found[f"result {interval}"]
    delta: MeterRegister | None = found[f"delta {interval}"]
    clearing: Clearing | None = found[f"price {interval}"]
    if result is None:
        return None
    return SettledInterval(
        interval=interval,
        import_wh=delta.import_wh if delta else 0,
        export_wh=delta.export_wh if delta else 0,
        bought_wh=result.bought_wh,
        sold_wh=result.sold_wh,
        price_micro=clearing.price_micro if clearing else 0,
        trade_micro=result.trade_micro,
        supplier_micro=result.supplier_micro,
    )
