"""The market as our house sees it: ladders, orders with their fate, settled trades."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from peerwatt.api.base import TrustMark
from peerwatt.api.messages import LadderLevel, LadderView, MarketView, OrderView, TradeView
from peerwatt.engine.picture import ChainPicture, CommunityFacts
from peerwatt.market.ladder import share
from peerwatt.market.settlement_view import supplier_only_micro
from peerwatt.model.market import (
    Book,
    Clearing,
    OrderIntent,
    OrderState,
    PriceLadder,
    SettledInterval,
    Side,
)
from peerwatt.model.units import interval_at, interval_start_s

SHOWN_ORDERS = 24
SHOWN_TRADES = 32


@dataclass(frozen=True, slots=True)
class MarketState:
    """What the market's section is made of."""

    now_s: float
    facts: CommunityFacts | None
    picture: ChainPicture | None
    intents: Sequence[OrderIntent]
    settled: Sequence[SettledInterval]
    prices: Sequence[tuple[int, int, int]]
    paused: bool
    sentence: str


def market_view(state: MarketState) -> MarketView:
    """Return the market's section."""
    facts, picture = state.facts, state.picture
    if facts is None:
        return MarketView(paused=state.paused, sentence=state.sentence)
    cleared = max(picture.clearings, default=None) if picture else None
    opened = open_interval(state.now_s, facts.rules.gate_closure_s)
    ladder = facts.rules.ladder
    return MarketView(
        zone=facts.rules.zone,
        gate_closure_s=facts.rules.gate_closure_s,
        retail_micro=facts.tariff.retail_micro_per_kwh,
        feed_in_micro=facts.tariff.feed_in_micro_per_kwh,
        open_interval=opened,
        ladder=ladder_view(opened, ladder, picture),
        last_cleared=None if cleared is None else ladder_view(cleared, ladder, picture),
        orders=tuple(order_view(intent, state) for intent in state.intents[-SHOWN_ORDERS:][::-1]),
        trades=tuple(trade_view(one, facts) for one in state.settled[-SHOWN_TRADES:][::-1]),
        price_history=tuple(state.prices),
        paused=state.paused,
        sentence=state.sentence,
    )


def open_interval(now_s: float, gate_closure_s: int) -> int:
    """Return the interval whose gate closes next."""
    following = interval_at(now_s) + 1
    return following if now_s <= interval_start_s(following) - gate_closure_s else following + 1


def ladder_view(
    interval: int, ladder: PriceLadder, picture: ChainPicture | None
) -> LadderView | None:
    """Return the curves of one interval's book; ticks at which nothing changes are left out."""
    book = picture.books.get(interval) if picture else None
    if picture is None or book is None:
        return None
    clearing: Clearing | None = picture.clearings.get(interval)
    return LadderView(
        interval=interval,
        levels=_levels(book, ladder),
        clearing_price_micro=clearing.price_micro if clearing and clearing.volume_wh else None,
        cleared_wh=clearing.volume_wh if clearing else None,
        mark=TrustMark.VERIFIED,
        block_number=picture.block_number,
    )


def _levels(book: Book, ladder: PriceLadder) -> tuple[LadderLevel, ...]:
    demand, supply = sum(book.demand_wh), 0
    levels = []
    for tick in range(ladder.count):
        supply += book.supply_wh[tick]
        if book.demand_wh[tick] or book.supply_wh[tick]:
            price = ladder.price_micro(tick)
            levels.append(LadderLevel(price_micro=price, demand_wh=demand, supply_wh=supply))
        demand -= book.demand_wh[tick]
    return tuple(levels)


def order_view(intent: OrderIntent, state: MarketState) -> OrderView:
    """Return one of our orders with what became of it, as far as it is proven."""
    order, picture = intent.order, state.picture
    limit = state.facts.rules.ladder.price_micro(order.tick) if state.facts else 0
    settled = next((s for s in state.settled if s.interval == order.interval), None)
    clearing = picture.clearings.get(order.interval) if picture else None
    shown: str = intent.state.value
    filled, price = None, None
    if settled is not None:
        shown, price = "settled", settled.price_micro
        filled = settled.bought_wh if order.side is Side.BUY else settled.sold_wh
    elif clearing is not None and intent.state is OrderState.PLACED:
        shown, price = "cleared", clearing.price_micro
        filled = share(order, clearing)
    on_chain = picture is not None and order.interval in picture.orders
    mark = TrustMark.VERIFIED if settled or on_chain else TrustMark.PENDING
    return OrderView.model_validate(
        {
            "interval": order.interval,
            "side": "buy" if order.side is Side.BUY else "sell",
            "quantity_wh": order.quantity_wh,
            "limit_micro": limit,
            "state": shown,
            "filled_wh": filled,
            "price_micro": price or None,
            "reason": intent.reason,
            "transaction_hash": intent.transaction_hash,
            "mark": mark,
        }
    )


def trade_view(settled: SettledInterval, facts: CommunityFacts) -> TradeView:
    """Return one settled interval beside what the supplier alone would have charged."""
    return TradeView(
        interval=settled.interval,
        bought_wh=settled.bought_wh,
        sold_wh=settled.sold_wh,
        import_wh=settled.import_wh,
        export_wh=settled.export_wh,
        price_micro=settled.price_micro,
        trade_micro=settled.trade_micro,
        supplier_micro=settled.supplier_micro,
        supplier_only_micro=-supplier_only_micro(
            settled.import_wh, settled.export_wh, facts.tariff
        ),
        mark=TrustMark.VERIFIED,
    )
