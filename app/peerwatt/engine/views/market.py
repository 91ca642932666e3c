"""The market as our house sees it: ladders, orders with their fate, account and supplier."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from peerwatt.api.base import TrustMark
from peerwatt.api.market_messages import (
    BookRuleView,
    KeepingView,
    LadderLevel,
    LadderView,
    MarketAccountView,
    MarketView,
    OrderStepView,
    OrderView,
    SupplyView,
)
from peerwatt.chain.bindings.community import InBook
from peerwatt.chain.status import ChainStatus
from peerwatt.engine.picture import ChainPicture, CommunityFacts
from peerwatt.market.ladder import step_share
from peerwatt.market.supply import advice
from peerwatt.model.market import (
    Book,
    Clearing,
    MarketRules,
    OrderIntent,
    OrderState,
    PriceLadder,
    SettledInterval,
    Side,
    Step,
)
from peerwatt.model.units import MICRO, interval_at, interval_start_s

from .chain_value import chain_value
from .trades import trade_view

SHOWN_ORDERS = 24
SHOWN_TRADES = 32
NO_KEEPING = KeepingView()


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
    status: ChainStatus | None = None
    warn_below_micro: int = 0
    lost_blocks: tuple[int, int] | None = None
    keeping: KeepingView = NO_KEEPING


def market_view(state: MarketState) -> MarketView:
    """Return the market's section."""
    facts, picture = state.facts, state.picture
    if facts is None:
        return MarketView(paused=state.paused, sentence=state.sentence)
    cleared = (
        max((i for reach, i in picture.clearings if reach == 0), default=None) if picture else None
    )
    opened = open_interval(state.now_s, facts.rules.gate_closure_s)
    ladder = facts.rules.ladder
    shown = [opened] if cleared is None else [opened, cleared]
    wider = [(reach, i) for reach in facts.rules.reaches[1:] for i in shown]
    final = picture.final_until if picture else 0
    return MarketView(
        zone=facts.rules.zone,
        gate_closure_s=facts.rules.gate_closure_s,
        retail_micro=facts.tariff.retail_micro_per_kwh,
        feed_in_micro=facts.tariff.feed_in_micro_per_kwh,
        open_interval=opened,
        ladder=ladder_view((0, opened), ladder, picture),
        last_cleared=None if cleared is None else ladder_view((0, cleared), ladder, picture),
        wider=tuple(v for key in wider if (v := ladder_view(key, ladder, picture)) is not None),
        books=_books(facts.rules),
        orders=tuple(order_view(intent, state) for intent in state.intents[-SHOWN_ORDERS:][::-1]),
        trades=tuple(
            trade_view(one, facts.tariff_at(one.interval), is_final=one.interval <= final)
            for one in state.settled[-SHOWN_TRADES:][::-1]
        ),
        price_history=tuple(state.prices),
        account=_account(state),
        supply=_supply(state, facts),
        keeping=state.keeping,
        metered_until=picture.metered_until or None if picture else None,
        settled_until=picture.settled_until or None if picture else None,
        final_until=final or None,
        incomplete=_incomplete(state.lost_blocks),
        paused=state.paused,
        sentence=state.sentence,
    )


def open_interval(now_s: float, gate_closure_s: int) -> int:
    """Return the interval whose gate closes next."""
    following = interval_at(now_s) + 1
    return following if now_s <= interval_start_s(following) - gate_closure_s else following + 1


def _books(rules: MarketRules) -> tuple[BookRuleView, ...]:
    found = [(reach, rules.book_at(reach)) for reach in rules.reaches]
    return tuple(
        BookRuleView(reach=reach, book=one.book, charge_micro=one.charge_micro_per_kwh)
        for reach, one in found
    )


def _account(state: MarketState) -> MarketAccountView | None:
    picture = state.picture
    if picture is None:
        return None
    low = picture.available_micro < state.warn_below_micro
    left = f"{picture.available_micro / MICRO:.2f}"
    return MarketAccountView(
        available=chain_value(picture.available_micro, picture, state.status),
        escrowed=chain_value(picture.escrowed_micro, picture, state.status),
        no_fuss=picture.no_fuss,
        has_lien=picture.has_lien,
        is_low=low,
        sentence=f"Only {left} left for orders and fees: deposit credits." if low else "",
    )


def _supply(state: MarketState, facts: CommunityFacts) -> SupplyView | None:
    picture = state.picture
    standing = picture.supply if picture else None
    if picture is None or standing is None:
        return None
    account, offer = standing.subscription, standing.offer
    told = advice(account, offer, picture.available_micro, int(state.now_s))
    return SupplyView.model_validate(
        {
            "state": told.state.value,
            "meaning": told.meaning,
            "action": told.action,
            "until_s": told.until_s,
            "offer": account.offer or None,
            "next_offer": account.next_offer or None,
            "supplier": offer.supplier if offer else None,
            "monthly_fee_micro": offer.monthly_fee_micro if offer else None,
            "warn_below_micro": offer.warn_below_micro if offer else None,
            "due_micro": account.due_micro,
            "may_buy": facts.member.may_buy,
        }
    )


def _incomplete(lost: tuple[int, int] | None) -> str:
    if lost is None:
        return ""
    return (
        f"Intervals settled between block {lost[0]} and {lost[1]} may be missing from the list: "
        "those blocks were no longer kept when they were looked for. Balances are not affected."
    )


def ladder_view(
    key: InBook, ladder: PriceLadder, picture: ChainPicture | None
) -> LadderView | None:
    """Return the curves of one interval's book; ticks at which nothing changes are left out."""
    book = picture.books.get(key) if picture else None
    if picture is None or book is None:
        return None
    clearing: Clearing | None = picture.clearings.get(key)
    return LadderView(
        interval=key[1],
        levels=_levels(book, ladder),
        clearing_price_micro=clearing.price_micro if clearing and clearing.volume_wh else None,
        cleared_wh=clearing.volume_wh if clearing else None,
        mark=TrustMark.VERIFIED,
        block_number=picture.block_number,
        reach=key[0],
        limit_wh=book.limit_wh,
    )


def _levels(book: Book, ladder: PriceLadder) -> tuple[LadderLevel, ...]:
    demand, supply = sum(book.demand_wh), 0
    levels = []
    for tick in range(min(ladder.count, len(book.demand_wh))):
        supply += book.supply_wh[tick]
        if book.demand_wh[tick] or book.supply_wh[tick]:
            price = ladder.price_micro(tick)
            levels.append(LadderLevel(price_micro=price, demand_wh=demand, supply_wh=supply))
        demand -= book.demand_wh[tick]
    return tuple(levels)


def order_view(intent: OrderIntent, state: MarketState) -> OrderView:
    """Return one of our orders with what became of it, as far as it is proven."""
    order, picture = intent.order, state.picture
    settled = next((s for s in state.settled if s.interval == order.interval), None)
    cleared = picture.cleared(order.interval) if picture else {}
    has_cleared = intent.state is OrderState.PLACED and all(s.reach in cleared for s in order.steps)
    steps = tuple(
        _step(step, cleared.get(step.reach) if has_cleared else None, state) for step in order.steps
    )
    shown: str = intent.state.value
    filled, price = None, None
    if settled is not None:
        shown, price = "settled", settled.price_micro
        filled = settled.bought_wh if order.side is Side.BUY else settled.sold_wh
    elif has_cleared:
        shown = "cleared"
        own = [step for step, raw in zip(steps, order.steps, strict=True) if raw.side is order.side]
        filled = sum(step.filled_wh or 0 for step in own)
        price = next((step.price_micro for step in own if step.filled_wh), own[0].price_micro)
    on_chain = picture is not None and order.interval in picture.orders
    mark = TrustMark.VERIFIED if settled or on_chain else TrustMark.PENDING
    return OrderView.model_validate(
        {
            "interval": order.interval,
            "side": "buy" if order.side is Side.BUY else "sell",
            "quantity_wh": order.quantity_wh,
            "limit_micro": steps[0].limit_micro if steps else 0,
            "state": shown,
            "filled_wh": filled,
            "price_micro": price or None,
            "reason": intent.reason,
            "transaction_hash": intent.transaction_hash,
            "mark": mark,
            "steps": steps,
        }
    )


def _step(step: Step, clearing: Clearing | None, state: MarketState) -> OrderStepView:
    rules = state.facts.rules if state.facts else None
    known = rules is not None and step.tick < rules.ladder.count
    reaches = rules.reaches if rules else ()
    buys = step.side is Side.BUY
    charge = 0
    if rules is not None and buys and step.reach in reaches:
        charge = rules.book_at(step.reach).charge_micro_per_kwh
    return OrderStepView(
        side="buy" if buys else "sell",
        quantity_wh=step.quantity_wh,
        limit_micro=rules.ladder.price_micro(step.tick) if rules and known else 0,
        charge_micro=charge,
        reach=step.reach,
        filled_wh=None if clearing is None else step_share(step, clearing),
        price_micro=clearing.price_micro or None if clearing else None,
    )
