"""Orders and settled intervals in the words of a neighbour."""

from __future__ import annotations

from typing import NamedTuple

from peerwatt.api.market_messages import LadderView, OrderStepView, OrderView, TradeView
from peerwatt.api.messages import DayView

from . import words
from .words import translate


class Part(NamedTuple):
    """One part of an interval's money, micro-units: + received, - paid."""

    name: str
    micro: int
    meaning: str
    """The term behind the words, for the hover text."""


def reach_word(reach: int) -> str:
    """Return how far an order looks for neighbours."""
    return {
        0: translate("Market", "in your zone"),
        1: translate("Market", "in the wider zone"),
    }.get(reach, translate("Market", "in the widest zone"))


def steps_of(order: OrderView) -> tuple[OrderStepView, ...]:
    """Return an order's steps; an order that names none is one step itself."""
    if order.steps:
        return order.steps
    return (
        OrderStepView(
            side=order.side,
            quantity_wh=order.quantity_wh,
            limit_micro=order.limit_micro,
            filled_wh=order.filled_wh,
            price_micro=order.price_micro,
        ),
    )


def step_sentence(step: OrderStepView) -> str:
    """Return one step in a sentence: side, quantity, price, reach and charge."""
    if step.side == "buy":
        said = translate("Market", "Buys {0} at {1} or less")
    else:
        said = translate("Market", "Sells {0} at {1} or more")
    said = said.format(words.energy(step.quantity_wh), words.price(step.limit_micro))
    parts = [said, reach_word(step.reach)]
    if step.charge_micro:
        charge = words.price(step.charge_micro).number
        parts.append(translate("Market", "plus {0} ct for the grid").format(charge))
    return ", ".join(parts)


def order_sentence(order: OrderView) -> str:
    """Return a whole order in words."""
    return "; ".join(step_sentence(step) for step in steps_of(order)) + "."


def order_state(order: OrderView) -> str:
    """Return how far an order is, in a word or two."""
    return {
        "intended": translate("Market", "being prepared"),
        "sent": translate("Market", "sent"),
        "placed": translate("Market", "placed"),
        "refused": translate("Market", "refused"),
        "expired": translate("Market", "too late"),
        "cleared": translate("Market", "cleared"),
        "settled": translate("Market", "settled"),
    }[order.state]


def result_sentence(order: OrderView) -> str:
    """Return what came of an order; empty while nothing did."""
    if order.filled_wh is None:
        return ""
    if order.filled_wh == 0:
        if order.side == "buy":
            return translate("Market", "Nothing was bought: too little was offered at this price.")
        return translate("Market", "Nothing was sold: too little was wanted at this price.")
    if order.side == "buy":
        said = translate("Market", "Bought {0} of {1} at {2}.")
    else:
        said = translate("Market", "Sold {0} of {1} at {2}.")
    return said.format(
        words.energy(order.filled_wh),
        words.energy(order.quantity_wh),
        words.price(order.price_micro),
    )


def limit_sentence(ladder: LadderView | None) -> tuple[str, bool]:
    """Return what the grid's limit means for a book, and whether it binds; empty without one."""
    if ladder is None or ladder.limit_wh is None:
        return "", False
    most = words.energy(ladder.limit_wh)
    if ladder.cleared_wh is None:
        said = translate("Market", "The grid operator lets {0} through at most.").format(most)
        return said, False
    if ladder.cleared_wh >= ladder.limit_wh:
        said = translate(
            "Market", "The grid was the limit: {0} and no more, so some orders stayed unfilled."
        )
        return said.format(most), True
    said = translate("Market", "The grid operator let {0} through at most; less was traded.")
    return said.format(most), False


def traded(trade: TradeView) -> str:
    """Return what was bought or sold in an interval."""
    if trade.sold_wh:
        return translate("Market", "sold {0}").format(words.energy(trade.sold_wh))
    if trade.bought_wh:
        return translate("Market", "bought {0}").format(words.energy(trade.bought_wh))
    return translate("Market", "nothing")


def parts_of(trade: TradeView) -> tuple[Part, ...]:
    """Return the parts of an interval's money; those that are rare only where they count."""
    always = (
        Part(
            translate("Market", "Traded with neighbours"),
            trade.trade_micro,
            translate("Market", "At the uniform clearing price of the interval."),
        ),
        Part(
            translate("Market", "The rest, with your supplier"),
            trade.supplier_micro,
            translate("Market", "What was metered less what was traded, at your tariff."),
        ),
    )
    rare = (
        Part(
            translate("Market", "Use of the grid"),
            trade.charge_micro,
            translate("Market", "The use-of-system charge for what neighbours delivered."),
        ),
        Part(
            translate("Market", "Kept to the promise")
            if trade.accuracy_micro > 0
            else translate("Market", "Broken promise"),
            trade.accuracy_micro,
            translate("Market", "Reward or penalty for what was traded against what was metered."),
        ),
        Part(
            translate("Market", "Shared at the middle price"),
            trade.mid_market_micro,
            translate("Market", "The mid-market rate against your tariff, as the market was thin."),
        ),
        Part(
            translate("Market", "Chosen neighbours"),
            trade.deal_micro,
            translate("Market", "Direct deals at their own price, against your tariff."),
        ),
    )
    return always + tuple(part for part in rare if part.micro)


def settled_word(trade: TradeView) -> str:
    """Return how sure an interval's figures are."""
    if trade.is_estimated:
        return translate("Market", "estimated")
    if trade.is_final:
        return translate("Market", "final")
    return translate("Market", "settled, not final yet")


def day_saved(day: DayView, currency: str) -> str:
    """Return what taking part brought today, in a sentence; empty while nothing is settled."""
    if day.bill_micro is None or day.supplier_only_micro is None:
        return ""
    saved = day.supplier_only_micro - day.bill_micro
    if round(abs(saved) / words.MICRO_PER_CENT) == 0:
        return translate("Market", "Today the same as with the supplier alone")
    amount = words.money(abs(saved), currency)
    if saved > 0:
        return translate("Market", "Saved {0} today").format(amount)
    return translate("Market", "Cost {0} more today than the supplier alone").format(amount)
