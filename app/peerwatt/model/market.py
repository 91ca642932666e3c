"""Orders, ladders, clearings and settled intervals of the community's market."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, StrEnum

STEPS = 2
"""Steps that an order's curve may have."""

REACHES = 3
"""Books that orders of a zone can name: its own, its parent's, its grand-parent's."""

MAX_STEP_WH = (1 << 19) - 1
"""Largest quantity of one step that the contract takes, Wh."""


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
class BookRules:
    """One book of the community: a zone's own, or one that several zones share."""

    book: int
    """Number of the book, 1 to 254; a zone's own book has the zone's number."""
    parent: int | None = None
    """The book that takes orders of a wider area; ``None`` at the top."""
    charge_micro_per_kwh: int = 0
    """Use of system that the buyer pays the DSO on top of this book's price."""


@dataclass(frozen=True, slots=True)
class MarketRules:
    """Parameters of a market as one member sees it, as its contracts hold them."""

    ladder: PriceLadder
    zone: int
    gate_closure_s: int
    """How long before its start an interval stops taking orders, seconds."""
    books: tuple[BookRules, ...] = ()
    """The zone's own book and its parents; none given: the own book alone, without charge."""
    thin_wh: int = 0
    """Below this volume, Wh, the own book counts as thin (mid-market rate for "no fuss")."""

    def book_at(self, reach: int) -> BookRules:
        """Return the book that ``reach`` steps up from the zone's own lead to.

        Raises ValueError where the books do not reach that far.
        """
        known = {one.book: one for one in self.books}
        found: BookRules | None = known.get(self.zone, BookRules(self.zone))
        for _ in range(reach):
            found = None if found is None or found.parent is None else known.get(found.parent)
        if found is None or reach < 0:
            raise ValueError(f"zone {self.zone} has no book at reach {reach}")
        return found

    @property
    def reaches(self) -> tuple[int, ...]:
        """Reaches that orders of this zone may name, nearest first."""
        found = [0]
        while found[-1] + 1 < REACHES and self.book_at(found[-1]).parent is not None:
            found.append(found[-1] + 1)
        return tuple(found)


@dataclass(frozen=True, slots=True)
class Tariff:
    """A member's supplier tariff: what the rest of its energy costs and earns."""

    retail_micro_per_kwh: int
    feed_in_micro_per_kwh: int


@dataclass(frozen=True, slots=True)
class Step:
    """One step of an order's curve: up to ``quantity_wh`` at ``tick`` or better."""

    side: Side
    tick: int
    quantity_wh: int
    """More than 0; the contract takes at most ``MAX_STEP_WH``."""
    reach: int = 0
    """0 the own zone's book, 1 its parent's, 2 its grand-parent's."""


@dataclass(frozen=True, slots=True)
class Order:
    """What one account wants in one interval: a curve of up to two steps; none withdraws it.

    Raises ValueError for more steps, an empty one, or a buy that would meet the own sale.
    """

    interval: int
    steps: tuple[Step, ...] = ()

    def __post_init__(self) -> None:
        if len(self.steps) > STEPS:
            raise ValueError(f"an order has at most {STEPS} steps, not {len(self.steps)}")
        if any(step.quantity_wh <= 0 for step in self.steps):
            raise ValueError("a step needs a quantity above 0 Wh; an order without steps withdraws")
        for bid in self.steps:
            for ask in self.steps:
                crossed = bid.side is Side.BUY and ask.side is Side.SELL and bid.tick >= ask.tick
                if crossed and bid.reach == ask.reach:
                    raise ValueError("an order may not buy from its own sale")

    @classmethod
    def single(
        cls, interval: int, side: Side, tick: int, quantity_wh: int, reach: int = 0
    ) -> Order:
        """Return an order of one step; quantity 0 withdraws."""
        steps = (Step(side, tick, quantity_wh, reach),) if quantity_wh else ()
        return cls(interval, steps)

    @property
    def is_withdrawal(self) -> bool:
        """Whether the order takes back what was placed."""
        return not self.steps

    @property
    def side(self) -> Side:
        """Side of the first step; a withdrawal counts as a buy of nothing."""
        return self.steps[0].side if self.steps else Side.BUY

    @property
    def tick(self) -> int:
        """Tick of the first step."""
        return self.steps[0].tick if self.steps else 0

    @property
    def quantity_wh(self) -> int:
        """Most that can be traded on the first step's side, Wh."""
        return self.side_wh(self.side)

    def side_wh(self, side: Side) -> int:
        """Return the most that can be bought or sold, Wh."""
        return sum(step.quantity_wh for step in self.steps if step.side is side)


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
    """Sum of quantities (Wh) at each tick, for both sides of one book's interval."""

    interval: int
    demand_wh: tuple[int, ...]
    supply_wh: tuple[int, ...]
    limit_wh: int | None = None
    """Most that the grid operator lets the book move; ``None``: not limited."""


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
    charge_micro: int = 0
    """Use of system for what was bought from neighbours, paid (-)."""
    accuracy_micro: int = 0
    """Reward (+) or penalty (-) for keeping to what was traded."""
    mid_market_micro: int = 0
    """What the mid-market rate brought (+) or cost (-) against the supplier's tariff, where the
    market was thin and the member chose "no fuss"."""
    deal_micro: int = 0
    """Received (+) or paid (-) by direct deals, less what the supplier gave for the same Wh."""
    is_estimated: bool = False
    """Whether the readings are an estimate, to be trued up."""
    reach: int = 0
    """The widest book that traded: 0 the own zone's."""

    @property
    def total_micro(self) -> int:
        """Everything received (+) or paid (-) for the interval."""
        return (
            self.trade_micro
            + self.supplier_micro
            + self.charge_micro
            + self.accuracy_micro
            + self.mid_market_micro
            + self.deal_micro
        )
