"""Orders, ladders, clearings and settled intervals of the community's market."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, StrEnum


class Side(IntEnum):
    """Side of an order; the value is the contract's."""

    BUY = 0
    SELL = 1


@dataclass(frozen=True, slots=True)
class PriceLadder:
    """The community's ticks: price of tick i = base + i * step, micro-units per kWh."""

    base_micro: int
    step_micro: int
    count: int

    def price_micro(self, tick: int) -> int:
        """Return the price of a tick. Raises ValueError outside the ladder."""
        if not 0 <= tick < self.count:
            raise ValueError(f"tick {tick} is outside the ladder of {self.count} ticks")
        return self.base_micro + tick * self.step_micro

    def tick_at_or_below(self, price_micro: int) -> int:
        """Return the highest tick whose price is not above ``price_micro``, clamped."""
        return min(max((price_micro - self.base_micro) // self.step_micro, 0), self.count - 1)

    def tick_at_or_above(self, price_micro: int) -> int:
        """Return the lowest tick whose price is not below ``price_micro``, clamped."""
        tick = -((self.base_micro - price_micro) // self.step_micro)
        return min(max(tick, 0), self.count - 1)


@dataclass(frozen=True, slots=True)
class MarketRules:
    """Parameters of a market, as its contract holds them."""

    ladder: PriceLadder
    zone: int
    gate_closure_s: int
    """How long before its start an interval stops taking orders, seconds."""


@dataclass(frozen=True, slots=True)
class Tariff:
    """A member's supplier tariff: what the rest of its energy costs and earns."""

    retail_micro_per_kwh: int
    feed_in_micro_per_kwh: int


@dataclass(frozen=True, slots=True)
class Order:
    """One order of one account for one interval; quantity 0 withdraws it."""

    interval: int
    side: Side
    tick: int
    quantity_wh: int


class OrderState(StrEnum):
    """Life of an order intent in the outbox."""

    INTENDED = "intended"
    SENT = "sent"
    PLACED = "placed"
    REFUSED = "refused"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class OrderIntent:
    """An order on its way to the chain; the key (account, interval) makes it idempotent."""

    account: str
    order: Order
    state: OrderState
    created_s: float
    reason: str
    """One sentence: why this quantity at this price."""
    transaction_hash: str | None = None
    raw_transaction: str | None = None
    """Signed bytes (hex), kept so that a resend is the same transaction."""
    nonce: int | None = None


@dataclass(frozen=True, slots=True)
class Book:
    """Sum of quantities (Wh) at each tick, for both sides of one interval."""

    interval: int
    demand_wh: tuple[int, ...]
    supply_wh: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Clearing:
    """Result of one interval's auction.

    ``price_micro`` is the midpoint of the marginal ticks. Buyers above ``marginal_bid_tick``
    and sellers below ``marginal_ask_tick`` are filled in full; at the margin the fill is
    numerator / denominator, buyers rounded up and sellers down.
    """

    interval: int
    price_micro: int
    volume_wh: int
    marginal_bid_tick: int = 0
    marginal_ask_tick: int = 0
    bid_fill_numerator: int = 0
    bid_fill_denominator: int = 0
    ask_fill_numerator: int = 0
    ask_fill_denominator: int = 0


@dataclass(frozen=True, slots=True)
class SettledInterval:
    """What one interval meant for one member, as proven from the chain."""

    interval: int
    import_wh: int
    export_wh: int
    bought_wh: int
    sold_wh: int
    price_micro: int
    trade_micro: int
    """Received (+) or paid (-) for trades."""
    supplier_micro: int
    """Received (+) or paid (-) to the supplier for the rest."""
