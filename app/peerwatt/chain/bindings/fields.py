"""Numbers that our contracts pack into one storage word, by name: what proof files show.

The same places as in the bindings that decode them; a test holds both against each other.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Field:
    """A number of ``width`` bits from bit ``offset`` on; its unit is in the name."""

    name: str
    offset: int
    width: int
    is_signed: bool = False


_REGISTER = (Field("import_wh", 64, 64), Field("export_wh", 0, 64))

FIELDS: Mapping[tuple[str, str, int], tuple[Field, ...]] = {
    ("Market", "orders", 0): (
        Field("exists", 63, 1),
        Field("is_released", 62, 1),
        Field("is_sale", 40, 1),
        Field("price_tick", 32, 8),
        Field("quantity_wh", 0, 32),
    ),
    ("Market", "ladder", 0): tuple(Field(f"tick_{i}_wh", 32 * i, 32) for i in range(8)),
    ("Market", "results", 0): (
        Field("is_cleared", 255, 1),
        Field("price_micro_per_kwh", 0, 32),
        Field("volume_wh", 32, 40),
        Field("marginal_ask_tick", 72, 8),
        Field("marginal_bid_tick", 80, 8),
        Field("ask_fill_numerator", 88, 32),
        Field("ask_fill_denominator", 120, 32),
        Field("bid_fill_numerator", 152, 32),
        Field("bid_fill_denominator", 184, 32),
    ),
    ("Settlement", "results", 0): (
        Field("is_settled", 255, 1),
        Field("is_unmetered", 254, 1),
        Field("bought_wh", 32, 32),
        Field("sold_wh", 0, 32),
        Field("trade_micro", 128, 64, is_signed=True),
        Field("supplier_micro", 64, 64, is_signed=True),
    ),
    ("Meter", "last", 0): (Field("interval", 128, 64), *_REGISTER),
    ("Meter", "delta", 0): (Field("is_known", 255, 1), *_REGISTER),
    ("Registry", "authority", 0): (
        Field("owner_address", 0, 160),
        Field("min_price_micro_per_kwh", 160, 32),
        Field("max_price_micro_per_kwh", 192, 32),
        Field("scope", 224, 8),
        Field("is_paused", 232, 1),
        Field("is_active", 233, 1),
    ),
    ("Registry", "limits", 0): (
        Field("daily_limit_micro", 0, 96),
        Field("daily_sales_wh", 96, 64),
        Field("expires_unix_s", 160, 48),
    ),
    ("Registry", "used", 0): (Field("spent_micro", 0, 128), Field("sold_wh", 128, 128)),
    ("Flexibility", "requests", 0): (
        Field("exists", 255, 1),
        Field("direction", 208, 1),
        Field("zone", 200, 8),
        Field("first_interval", 96, 48),
        Field("interval_count", 192, 8),
        Field("quantity_wh", 0, 32),
        Field("max_price_micro_per_kwh", 32, 32),
        Field("penalty_micro_per_kwh", 64, 32),
        Field("offer_deadline_unix_s", 144, 48),
    ),
    ("Flexibility", "requests", 1): (
        Field("dso_address", 0, 160),
        Field("is_awarded", 255, 1),
        Field("is_closed", 254, 1),
        Field("awarded_wh", 160, 32),
        Field("awards", 192, 8),
        Field("verified_awards", 200, 8),
    ),
    ("Flexibility", "offers", 0): (
        Field("exists", 255, 1),
        Field("is_awarded", 254, 1),
        Field("is_verified", 253, 1),
        Field("quantity_wh", 0, 32),
        Field("price_micro_per_kwh", 32, 32),
        Field("baseline_wh", 64, 64, is_signed=True),
        Field("awarded_wh", 128, 32),
        Field("delivered_wh", 160, 32),
        Field("paid_micro", 192, 56),
    ),
}
"""(contract, variable, member of a struct) -> its fields."""


def fields_of(contract: str, variable: str, member: int = 0) -> tuple[Field, ...]:
    """Return the fields of a packed word; empty where a word is one number."""
    return FIELDS.get((contract, variable, member), ())
