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
        *(
            field
            for i in range(8)
            for field in (
                Field(f"quarter_{i // 2}_step_{i % 2}_wh", 30 * i, 19),
                Field(f"quarter_{i // 2}_step_{i % 2}_tick", 30 * i + 19, 8),
                Field(f"quarter_{i // 2}_step_{i % 2}_is_sale", 30 * i + 27, 1),
                Field(f"quarter_{i // 2}_step_{i % 2}_reach", 30 * i + 28, 2),
            )
        ),
        *(Field(f"quarter_{i}_is_released", 240 + i, 1) for i in range(4)),
        Field("hour_ring", 244, 12),
    ),
    ("Market", "ladder", 0): (
        *(Field(f"tick_{i}_wh", 30 * i, 30) for i in range(8)),
        Field("interval_ring", 240, 16),
    ),
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
        Field("charge_micro_per_kwh", 216, 24),
    ),
    ("Market", "account_words", 0): (
        Field("available_micro", 0, 88),
        Field("escrow_micro", 88, 88),
        Field("zone", 176, 8),
        Field("no_fuss", 184, 1),
        Field("has_lien", 185, 1),
    ),
    ("Settlement", "state", 0): (
        Field("record_h_of_65536", 0, 16),
        Field("first_interval", 16, 32),
        Field("last_settled_interval", 48, 32),
        Field("last_final_interval", 80, 32),
        Field("zone", 112, 8),
        Field("exists", 255, 1),
    ),
    ("Meter", "last", 0): (
        Field("interval", 128, 32),
        Field("last_known_interval", 160, 32),
        Field("first_interval", 192, 32),
        Field("is_restarted", 255, 1),
        *_REGISTER,
    ),
    ("Settlement", "records", 0): (
        *(
            field
            for i in range(4)
            for field in (
                Field(f"quarter_{i}_rest_wh", 44 * i, 23, is_signed=True),
                Field(f"quarter_{i}_traded_wh", 44 * i + 23, 21),
                Field(f"quarter_{i}_is_estimated", 192 + i, 1),
                Field(f"quarter_{i}_is_on_time", 196 + i, 1),
                Field(f"quarter_{i}_is_no_fuss", 200 + i, 1),
            )
        ),
        Field("record_h_of_65536", 176, 16),
    ),
    ("Meter", "rows", 0): tuple(
        field
        for i in range(4)
        for field in (
            Field(f"quarter_{i}_import_wh", 64 * (3 - i) + 32, 32),
            Field(f"quarter_{i}_export_wh", 64 * (3 - i), 20),
            Field(f"quarter_{i}_is_estimated", 64 * (3 - i) + 31, 1),
        )
    ),
    ("Registry", "authority", 0): (
        Field("owner_address", 0, 160),
        Field("min_price_micro_per_kwh", 160, 32),
        Field("max_price_micro_per_kwh", 192, 32),
        Field("scope", 224, 8),
        Field("is_paused", 232, 1),
        Field("is_active", 233, 1),
    ),
    ("Registry", "limits", 0): (
        Field("daily_limit_micro", 0, 64),
        Field("daily_sales_wh", 64, 36),
        Field("expires_unix_s", 100, 40),
        Field("spent_micro", 140, 64),
        Field("sold_wh", 204, 36),
        Field("utc_day", 240, 16),
    ),
    ("Registry", "member_words", 0): (
        Field("zone", 0, 8),
        Field("retail_micro_per_kwh", 8, 32),
        Field("feed_in_micro_per_kwh", 40, 32),
        Field("former_retail_micro_per_kwh", 72, 32),
        Field("former_feed_in_micro_per_kwh", 104, 32),
        Field("since_interval", 136, 32),
        Field("is_active", 169, 1),
        Field("may_not_buy", 170, 1),
    ),
    ("Certificates", "records", 0): (
        Field("is_issued", 255, 1),
        Field("is_claimed", 254, 1),
        Field("produced_wh", 0, 32),
        Field("own_wh", 32, 32),
        Field("shared_wh", 64, 32),
        Field("local_wh", 96, 32),
        Field("import_wh", 128, 32),
        Field("export_wh", 160, 32),
        Field("claimed_wh", 192, 32),
    ),
    ("Certificates", "pools", 0): (
        Field("shared_wh", 0, 64),
        Field("wanted_wh", 64, 64),
        Field("claimed_wh", 128, 64),
    ),
    ("Notary", "first", 0): (
        Field("who_address", 0, 160),
        Field("shown_unix_s", 160, 64),
    ),
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


ARRAYS = frozenset(
    {("Market", "orders"), ("Market", "ladder"), ("Settlement", "records"), ("Meter", "rows")}
)
"""Variables whose members are places of a ring: all of them have the same fields."""


def fields_of(contract: str, variable: str, member: int = 0) -> tuple[Field, ...]:
    """Return the fields of a packed word; empty where a word is one number."""
    place = 0 if (contract, variable) in ARRAYS else member
    return FIELDS.get((contract, variable, place), ())
