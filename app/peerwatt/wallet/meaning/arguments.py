"""Arguments of our contracts with their units, found by name: what each number means."""

from __future__ import annotations

from typing import Any

from ..amounts import (
    MAX_UINT256,
    credits_text,
    energy_text,
    moment_text,
    price_text,
    slot_text,
)
from .parts import Line, Surroundings

MAX_SHOWN_ITEMS = 12
MAX_SHOWN_BYTES = 64

_LABELS = {
    "to": "To",
    "owner": "From",
    "amount": "Amount",
    "spender": "Who may take it",
    "agent": "Agent's key",
    "daily_limit": "Spend per day, at most",
    "daily_sales_wh": "Offer for sale per day, at most",
    "min_price": "Lowest price",
    "max_price": "Highest price",
    "expires": "Until",
    "deadline": "Valid until",
    "deadline_s": "Valid until",
    "interval": "Quarter of an hour",
    "quantity_wh": "Energy",
    "price": "Price",
    "baseline_wh": "Baseline",
    "member": "Member",
    "allowed": "Contracts it may use",
}
_MONEY = {"amount", "daily_limit", "value", "monthly_fee", "warn_below", "principal"}
_PRICES = {"price", "min_price", "max_price", "retail", "feed_in", "penalty", "charge"}
_TIMES = {"deadline", "deadline_s", "expires"}
_SLOTS = {"interval", "first_interval"}


def label_of(name: str) -> str:
    """Return words for the name of an argument."""
    return _LABELS.get(name) or name.strip("_").replace("_", " ").capitalize()


def value_text(name: str, value: Any, around: Surroundings) -> str:
    """Return one argument in words with its unit."""
    return line_of(name, value, around).text


def line_of(name: str, value: Any, around: Surroundings) -> Line:
    """Return the line of one argument."""
    label = label_of(name)
    if isinstance(value, bool):
        return Line(label, "yes" if value else "no")
    if isinstance(value, int):
        text, kind = _number(name, value, around)
        return Line(label, text, kind)
    if isinstance(value, str) and value.startswith("0x") and len(value) == 42:
        return Line(label, around.called(value), "address", value)
    if isinstance(value, bytes):
        return Line(label, bytes_text(value), "bytes")
    if isinstance(value, (list, tuple)):
        return Line(label, _items(name, value, around))
    return Line(label, str(value))


def _number(name: str, value: int, around: Surroundings) -> tuple[str, str]:
    if name in _MONEY:
        return ("without limit" if value == MAX_UINT256 else credits_text(value)), "amount"
    if name in _PRICES:
        return price_text(value), "price"
    if name in _TIMES:
        return moment_text(value, around.zone), "time"
    if name in _SLOTS:
        return slot_text(value, around.zone), "time"
    if name.endswith("_wh") or name == "quantities":
        return energy_text(value), "energy"
    return str(value), "text"


def _items(name: str, values: list[Any] | tuple[Any, ...], around: Surroundings) -> str:
    shown = [value_text(name, value, around) for value in values[:MAX_SHOWN_ITEMS]]
    if len(values) > MAX_SHOWN_ITEMS:
        shown.append(f"and {len(values) - MAX_SHOWN_ITEMS} more")
    return ", ".join(shown) or "none"


def bytes_text(value: bytes) -> str:
    """Return bytes in hex, long ones cut with their length."""
    if len(value) <= MAX_SHOWN_BYTES:
        return f"0x{value.hex()}"
    return f"0x{value[:MAX_SHOWN_BYTES].hex()}… ({len(value)} bytes)"
