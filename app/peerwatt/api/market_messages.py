"""Messages about the market: books, own orders, what intervals came to, account and supplier."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from .base import ChainValue, Message, TrustMark


class LadderLevel(Message):
    """Cumulated quantities at one tick."""

    price_micro: int
    demand_wh: int
    """Demand at this price or above."""
    supply_wh: int
    """Supply at this price or below."""


class LadderView(Message):
    """The book of one interval as curves."""

    interval: int
    levels: tuple[LadderLevel, ...] = ()
    clearing_price_micro: int | None = None
    cleared_wh: int | None = None
    mark: TrustMark = TrustMark.PENDING
    block_number: int | None = None
    reach: int = 0
    """0 the own zone's book, 1 its parent's, 2 the parent's parent's."""
    limit_wh: int | None = None
    """Most that the grid operator lets the book move; ``None`` where it is not limited."""


class OrderStepView(Message):
    """One step of an order's curve."""

    side: Literal["buy", "sell"]
    quantity_wh: int
    limit_micro: int
    charge_micro: int = 0
    """Use of system that a buyer pays on top of the price, per kWh."""
    reach: int = 0
    filled_wh: int | None = None
    price_micro: int | None = None


class OrderView(Message):
    """One of our orders; side, quantity and limit are those of its first step's side."""

    interval: int
    side: Literal["buy", "sell"]
    quantity_wh: int
    limit_micro: int
    state: Literal["intended", "sent", "placed", "refused", "expired", "cleared", "settled"]
    filled_wh: int | None = None
    price_micro: int | None = None
    reason: str = ""
    transaction_hash: str | None = None
    mark: TrustMark = TrustMark.PENDING
    steps: tuple[OrderStepView, ...] = ()


class TradeView(Message):
    """One settled interval; money + is received, - is paid."""

    interval: int
    bought_wh: int
    sold_wh: int
    import_wh: int
    export_wh: int
    price_micro: int
    trade_micro: int
    supplier_micro: int
    supplier_only_micro: int
    """What the supplier alone would have paid (+) or charged (-) for the same readings."""
    charge_micro: int = 0
    """Use of system for what neighbours delivered."""
    accuracy_micro: int = 0
    """Reward (+) or penalty (-) for keeping to what was traded."""
    mid_market_micro: int = 0
    """Mid-market rate against the tariff, where the market was thin."""
    deal_micro: int = 0
    """Direct deals, against the tariff."""
    total_micro: int = 0
    """All parts together."""
    saved_micro: int = 0
    """Total less supplier-only: what taking part brought (+) or cost (-)."""
    is_estimated: bool = False
    """The readings are an estimate that signed ones will correct."""
    is_final: bool = False
    """No reading, reward or penalty can change it any more."""
    sentence: str = ""
    """What it came to and why, in one sentence."""
    mark: TrustMark


class MarketAccountView(Message):
    """The member's account with the market, out of which orders and fees are paid."""

    available: ChainValue
    escrowed: ChainValue
    """Kept aside for open buy orders."""
    no_fuss: bool = False
    """Whether the mid-market rate is taken where the market is thin."""
    has_lien: bool = False
    """Whether a part of the trade income repays a loan."""
    is_low: bool = False
    sentence: str = ""
    """What to do where it runs low; empty while all is well."""


class SupplyView(Message):
    """How the house stands with the automated supplier."""

    state: Literal["none", "active", "grace", "suspended"]
    meaning: str
    """What the state means; the power is never cut by it."""
    action: str = ""
    """What to do; empty where nothing is to be done."""
    until_s: int | None = None
    """When the state gets worse if nothing is done."""
    offer: int | None = None
    next_offer: int | None = None
    """Offer that counts from the next period on, where one was chosen."""
    supplier: str | None = None
    monthly_fee_micro: int | None = None
    warn_below_micro: int | None = None
    due_micro: int = 0
    may_buy: bool = True


class BookRuleView(Message):
    """A book that our orders may name."""

    reach: int
    book: int
    charge_micro: int = 0
    """Use of system that a buyer pays on top, per kWh."""


class KeepingView(Message):
    """The house's turns in clearing and settling for the community."""

    is_on: bool = False
    done: dict[str, int] = Field(default_factory=dict)
    """Duties done since the engine started: clear, estimate, settle, finalise."""
    sentence: str = ""


class MarketView(Message):
    """The market as our house sees it; ladders of the interval being taken and the last cleared."""

    zone: int = 0
    gate_closure_s: int = 180
    retail_micro: int = 0
    feed_in_micro: int = 0
    open_interval: int | None = None
    ladder: LadderView | None = None
    """Own zone's book of the interval whose gate closes next."""
    last_cleared: LadderView | None = None
    wider: tuple[LadderView, ...] = ()
    """Wider books of the interval whose gate closes next, and of the last cleared one."""
    books: tuple[BookRuleView, ...] = ()
    orders: tuple[OrderView, ...] = ()
    trades: tuple[TradeView, ...] = ()
    price_history: tuple[tuple[int, int, int], ...] = ()
    """(interval, price_micro, volume_wh) of cleared intervals, oldest first."""
    account: MarketAccountView | None = None
    supply: SupplyView | None = None
    """``None`` where the community has no automated supplier."""
    keeping: KeepingView = KeepingView()
    metered_until: int | None = None
    """Last interval with signed readings on chain."""
    settled_until: int | None = None
    final_until: int | None = None
    incomplete: str = ""
    """Where settled intervals may be missing from the list, in words."""
    paused: bool = False
    sentence: str = ""
