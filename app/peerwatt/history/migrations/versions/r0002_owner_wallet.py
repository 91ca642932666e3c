"""The owner's wallet: what was sent with which attempts, what moved besides, and labels."""

from __future__ import annotations

from collections.abc import Iterator

import sqlalchemy as sa

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables of the wallet and complete the list of sent transactions."""
    _complete_sent()
    _create_owner()
    _create_movements()


def _texts(*names: str) -> Iterator[sa.Column[str]]:
    return (sa.Column(name, sa.Text, nullable=False) for name in names)


def _complete_sent() -> None:
    from alembic import op

    for name in ("account", "recipient"):
        op.add_column("sent_transaction", sa.Column(name, sa.Text))
    op.add_column("sent_transaction", sa.Column("nonce", sa.Integer))


def _create_owner() -> None:
    from alembic import op

    op.create_table(
        "owner_intent",
        sa.Column("intent_id", sa.Text, primary_key=True),
        *_texts("account"),
        sa.Column("nonce", sa.Integer, nullable=False),
        *_texts("what", "recipient"),
        sa.Column("amount_micro", sa.Integer),
        sa.Column("created_s", sa.Float, nullable=False),
        *_texts("state"),
        sa.Column("mined_hash", sa.Text),
        sa.Column("mined_block", sa.Integer),
        sa.Column("mined_ok", sa.Integer),
        sa.Column("fee_wei", sa.Text),
    )
    op.create_index("owner_intent_state", "owner_intent", ["state"])
    op.create_index("owner_intent_time", "owner_intent", ["created_s"])
    op.create_table(
        "owner_attempt",
        sa.Column("transaction_hash", sa.Text, primary_key=True),
        *_texts("intent_id"),
        sa.Column("position", sa.Integer, nullable=False),
        *_texts("purpose", "raw_transaction"),
        sa.Column("gas_price_wei", sa.Text),
        *_texts("max_fee_wei", "tip_wei"),
        sa.Column("sent_s", sa.Float, nullable=False),
        sa.Column("is_refused", sa.Integer, nullable=False),
    )
    op.create_index("owner_attempt_intent", "owner_attempt", ["intent_id"])


def _create_movements() -> None:
    from alembic import op

    op.create_table(
        "movement",
        sa.Column("transaction_hash", sa.Text, primary_key=True),
        sa.Column("log_index", sa.Integer, primary_key=True),
        sa.Column("account", sa.Text, primary_key=True),
        sa.Column("block_number", sa.Integer, nullable=False),
        sa.Column("time_s", sa.Float, nullable=False),
        *_texts("counterparty"),
        sa.Column("amount_micro", sa.Integer, nullable=False),
        *_texts("kind", "what"),
    )
    op.create_index("movement_time", "movement", ["time_s"])
    op.create_table(
        "transaction_label",
        sa.Column("transaction_hash", sa.Text, primary_key=True),
        *_texts("label"),
    )
