"""Market: an order's second step and reach, and every part of a settled interval's money."""

from __future__ import annotations

import sqlalchemy as sa

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

ORDER_COLUMNS = ("reach", "second_side", "second_tick", "second_quantity_wh", "second_reach")
SETTLED_COLUMNS = (
    "charge_micro",
    "accuracy_micro",
    "mid_market_micro",
    "deal_micro",
    "is_estimated",
    "reach",
)


def upgrade() -> None:
    """Add the columns; what is there already gets zeros: one step, own book, no such part."""
    from alembic import op

    for table, names in (("order_intent", ORDER_COLUMNS), ("settled_interval", SETTLED_COLUMNS)):
        for name in names:
            op.add_column(table, sa.Column(name, sa.Integer, nullable=False, server_default="0"))
