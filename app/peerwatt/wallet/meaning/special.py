"""Calls whose meaning needs more than one sentence with numbers filled in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ..amounts import MAX_UINT256, credits_text, energy_text, moment_text, price_text, slot_text
from .arguments import line_of
from .parts import Line, Meaning, Risk, Surroundings

Values = Mapping[str, Any]
_MAX_ORDERS_SHOWN = 24


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
    bought = sum(_quantity(one) for one in orders if _side(one) == 0)
    sold = sum(_quantity(one) for one in orders if _side(one) == 1)
    withdrawn = sum(_quantity(one) == 0 for one in orders)
    parts = [f"buy {energy_text(bought)}"] * bool(bought)
    parts += [f"sell {energy_text(sold)}"] * bool(sold)
    parts += [f"withdraw {_count(withdrawn)}"] * bool(withdrawn)
    lines = [_order_line(one, around) for one in orders[:_MAX_ORDERS_SHOWN]]
    if len(orders) > _MAX_ORDERS_SHOWN:
        lines.append(Line("And", f"{_count(len(orders) - _MAX_ORDERS_SHOWN)} more"))
    title = f"Place {_count(len(orders))}: {', '.join(parts) or 'nothing'}"
    malformed = any(_side(one) > 1 or (one >> 32) & 255 for one in orders)
    warnings = ("An order is malformed; the market will refuse them all.",) if malformed else ()
    risk = Risk.CAREFUL if malformed else Risk.ORDINARY
    return Meaning("Market.place", title, risk, tuple(lines), warnings)


def _count(orders: int) -> str:
    return f"{orders} order{'s' * (orders != 1)}"


def _side(order: int) -> int:
    return (order >> 48) & 65535


def _quantity(order: int) -> int:
    return order & 0xFFFFFFFF


def _order_line(order: int, around: Surroundings) -> Line:
    interval, tick = order >> 64, (order >> 40) & 255
    label = slot_text(interval, around.zone)
    if _quantity(order) == 0:
        return Line(label, "order withdrawn")
    verb = "sell" if _side(order) else "buy"
    price = f"at step {tick} of the ladder"
    if around.ticks is not None:
        micro = around.ticks.base_micro + tick * around.ticks.step_micro
        price = f"at {'least' if _side(order) else 'most'} {price_text(micro)}"
    return Line(label, f"{verb} {energy_text(_quantity(order))} {price}", "energy")


SPECIAL: Mapping[str, Callable[[Values, Surroundings], Meaning]] = {
    "Credit.approve": approve,
    "Registry.authorise_agent": authorise_agent,
    "Registry.pause_agent": pause_agent,
    "Market.place": place,
}
