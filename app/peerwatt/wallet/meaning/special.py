"""Calls whose meaning needs more than one sentence with numbers filled in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ..amounts import MAX_UINT256, credits_text, energy_text, moment_text, price_text, slot_text
from .arguments import line_of
from .parts import Line, Meaning, Risk, Surroundings

Values = Mapping[str, Any]
_MAX_ORDERS_SHOWN = 24
_STEP = (1 << 30) - 1


def _lines(values: Values, around: Surroundings) -> tuple[Line, ...]:
    return tuple(line_of(name, value, around) for name, value in values.items())


def approve(values: Values, around: Surroundings) -> Meaning:
    """An allowance: ended, limited or, flagged, without limit."""
    spender, amount = str(values["spender"]), int(values["amount"])
    lines, who = _lines(values, around), around.called(spender)
    if amount == 0:
        title = f"End what {who} may take from your credits"
        return Meaning("Credit.approve", title, Risk.ORDINARY, lines, (), spender)
    warnings = []
    limit = f"up to {credits_text(amount)}"
    if amount == MAX_UINT256:
        limit = "ALL your credits, now and later,"
        warnings.append("There is no limit: whoever controls it can take everything.")
    ours = around.contract_at(spender) is not None
    if not ours:
        warnings.append("This is no contract of your community.")
    risk = Risk.CAREFUL if ours else Risk.UNKNOWN
    title = f"Allow {who} to take {limit} from your account"
    return Meaning("Credit.approve", title, risk, lines, tuple(warnings), spender)


def authorise_agent(values: Values, around: Surroundings) -> Meaning:
    """The limits of the agent's key."""
    low, high = price_text(values["min_price"]).split()[0], price_text(values["max_price"])
    until = moment_text(values["expires"], around.zone)
    sales = ""
    if "daily_sales_wh" in values:
        sales = f" and offer up to {energy_text(values['daily_sales_wh'])} a day"
    title = (
        f"Allow the agent's key {around.called(values['agent'])} to spend up to "
        f"{credits_text(values['daily_limit'])} a day{sales} at {low} to {high} until {until}"
    )
    allowed = tuple(str(one) for one in values.get("allowed", ()))
    strangers = tuple(one for one in allowed if around.contract_at(one) is None)
    warnings = tuple(f"{one} is no contract of your community." for one in strangers)
    risk = Risk.UNKNOWN if strangers else Risk.CAREFUL
    agent = str(values["agent"])
    code = "Registry.authorise_agent"
    return Meaning(code, title, risk, _lines(values, around), warnings, agent)


def pause_agent(values: Values, around: Surroundings) -> Meaning:
    """A pause, or its end."""
    agent = around.called(values["agent"])
    if values["paused"]:
        title, risk = f"Pause the agent's key {agent}: it trades nothing until resumed", "ordinary"
    else:
        title, risk = f"Let the agent's key {agent} trade again within its limits", "careful"
    return Meaning("Registry.pause_agent", title, Risk(risk), _lines(values, around))


def place(values: Values, around: Surroundings) -> Meaning:
    """Orders, unpacked as the market's contract packs them."""
    orders = [int(packed) for packed in values["orders"]]
    steps = [step for one in orders for step in _steps(one)]
    bought = sum(quantity for side, _, quantity, _ in steps if side == 0)
    sold = sum(quantity for side, _, quantity, _ in steps if side == 1)
    withdrawn = sum(not _steps(one) for one in orders)
    parts = [f"buy {energy_text(bought)}"] * bool(bought)
    parts += [f"sell {energy_text(sold)}"] * bool(sold)
    parts += [f"withdraw {_count(withdrawn)}"] * bool(withdrawn)
    lines = [line for one in orders[:_MAX_ORDERS_SHOWN] for line in _order_lines(one, around)]
    if len(orders) > _MAX_ORDERS_SHOWN:
        lines.append(Line("And", f"{_count(len(orders) - _MAX_ORDERS_SHOWN)} more"))
    title = f"Place {_count(len(orders))}: {', '.join(parts) or 'nothing'}"
    malformed = any((one >> 60) & 15 for one in orders) or any(reach > 2 for *_, reach in steps)
    warnings = ("An order is malformed; the market will refuse them all.",) if malformed else ()
    risk = Risk.CAREFUL if malformed else Risk.ORDINARY
    return Meaning("Market.place", title, risk, tuple(lines), warnings)


def _count(orders: int) -> str:
    return f"{orders} order{'s' * (orders != 1)}"


def _steps(order: int) -> list[tuple[int, int, int, int]]:
    """Return (side, tick, quantity, reach) of an order's steps; empty ones are left out."""
    words = (order & _STEP, order >> 30 & _STEP)
    return [(w >> 27 & 1, w >> 19 & 255, w & 0x7FFFF, w >> 28 & 3) for w in words if w & 0x7FFFF]


def _order_lines(order: int, around: Surroundings) -> list[Line]:
    label, steps = slot_text(order >> 64, around.zone), _steps(order)
    if not steps:
        return [Line(label, "order withdrawn")]
    return [Line(label, _step_text(step, around), "energy") for step in steps]


def _step_text(step: tuple[int, int, int, int], around: Surroundings) -> str:
    side, tick, quantity, reach = step
    verb = "sell" if side else "buy"
    price = f"at step {tick} of the ladder"
    if around.ticks is not None:
        micro = around.ticks.base_micro + tick * around.ticks.step_micro
        price = f"at {'least' if side else 'most'} {price_text(micro)}"
    where = " beyond the own zone" if reach else ""
    return f"{verb} {energy_text(quantity)} {price}{where}"


def set_no_fuss(values: Values, around: Surroundings) -> Meaning:
    """The mid-market rate, taken or given up."""
    title = "Go on without the mid-market rate: what neighbours do not take, the supplier does"
    if values["no_fuss"]:
        title = "Take the mid-market rate where the market is thin (no fuss)"
    return Meaning("Market.set_no_fuss", title, Risk.ORDINARY, _lines(values, around))


def sign_deal(values: Values, around: Surroundings) -> Meaning:
    """A direct deal with its terms; a price of 0 is a gift."""
    seller, buyer, kind, amount, share, price, start, end, rank, _ = values["deal"]
    how_much = energy_text(amount) + " each quarter of an hour"
    if kind == 0:
        how_much = f"{amount / 100:g} % of the surplus"
    at = "as a gift" if price == 0 else f"at {price_text(price)}"
    title = f"Set a direct deal: {how_much} {at}, from {around.called(str(seller))}"
    title += f" to {around.called(str(buyer))}"
    lines = (
        Line("Seller", around.called(str(seller)), "address", str(seller)),
        Line("Buyer", around.called(str(buyer)), "address", str(buyer)),
        Line("Amount", how_much, "energy"),
        Line("At most of the buyer's need", f"{share / 100:g} %"),
        Line("Price", "a gift" if price == 0 else price_text(price), "price"),
        Line("From", slot_text(start, around.zone), "time"),
        Line("Until", slot_text(end, around.zone), "time"),
        Line("Rank", str(rank)),
    )
    return Meaning("Deals.sign", title, Risk.CAREFUL, lines, (), str(seller))


SPECIAL: Mapping[str, Callable[[Values, Surroundings], Meaning]] = {
    "Credit.approve": approve,
    "Registry.authorise_agent": authorise_agent,
    "Registry.pause_agent": pause_agent,
    "Market.place": place,
    "Market.set_no_fuss": set_no_fuss,
    "Deals.sign": sign_deal,
}
