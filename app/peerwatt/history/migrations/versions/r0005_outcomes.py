"""Outcomes: what the chain's events told of each interval, and whole clearings of every book."""

from __future__ import annotations

import sqlalchemy as sa

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

PART_NUMBERS = (
    "import_wh",
    "export_wh",
    "bought_wh",
    "sold_wh",
    "trade_micro",
    "supplier_micro",
    "charge_micro",
    "accuracy_micro",
    "mid_market_micro",
    "deal_micro",
    "is_estimated",
)
FILL_NUMBERS = (
    "marginal_bid_tick",
    "marginal_ask_tick",
    "bid_fill_numerator",
    "bid_fill_denominator",
    "ask_fill_numerator",
    "ask_fill_denominator",
)


def _numbers(*names: str) -> list[sa.Column[int]]:
    return [sa.Column(name, sa.Integer, nullable=False) for name in names]


def upgrade() -> None:
    """Make both tables; prices of before are kept where they are."""
    from alembic import op

    op.create_table(
        "settled_part",
        sa.Column("interval", sa.Integer, primary_key=True),
        sa.Column("block_number", sa.Integer, primary_key=True),
        sa.Column("log_index", sa.Integer, primary_key=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("transaction_hash", sa.Text, nullable=False),
        *_numbers(*PART_NUMBERS),
        sqlite_with_rowid=False,
    )
    op.create_index("settled_part_block", "settled_part", ["block_number"])
    op.create_table(
        "book_clearing",
        sa.Column("interval", sa.Integer, primary_key=True),
        sa.Column("reach", sa.Integer, primary_key=True),
        *_numbers("price_micro", "volume_wh", *FILL_NUMBERS),
        sqlite_with_rowid=False,
    )
