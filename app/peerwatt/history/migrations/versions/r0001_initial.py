"""The first schema: measurements, intents, twins, chain and notices."""

from __future__ import annotations

from collections.abc import Iterator

import sqlalchemy as sa

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_POWERS = ("grid_w", "pv_w", "battery_w", "ev_w", "home_w")
_ENERGIES = (
    "import_wh",
    "export_wh",
    "pv_wh",
    "battery_charged_wh",
    "battery_discharged_wh",
    "ev_wh",
    "home_wh",
)


def upgrade() -> None:
    """Create all tables."""
    _create_measurements()
    _create_control()
    _create_trading()
    _create_owner()


def _key(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.Integer, primary_key=True, autoincrement=False)


def _integers(*names: str) -> Iterator[sa.Column[int]]:
    return (sa.Column(name, sa.Integer, nullable=False) for name in names)


def _texts(*names: str) -> Iterator[sa.Column[str]]:
    return (sa.Column(name, sa.Text, nullable=False) for name in names)


def _floats(*names: str) -> Iterator[sa.Column[float]]:
    return (sa.Column(name, sa.Float) for name in names)


def _create_measurements() -> None:
    from alembic import op

    op.create_table(
        "power_sample", _key("time_ms"), *_integers("span_ms"), *_floats(*_POWERS, "soc_pct")
    )
    for table, key in (("power_minute", "minute"), ("power_quarter", "interval")):
        op.create_table(
            table,
            _key(key),
            *_integers("samples"),
            *_floats(*(f"{p}_{kind}" for p in _POWERS for kind in ("mean", "min", "max"))),
            *_floats("soc_pct_mean", *_ENERGIES),
        )
    op.create_table(
        "register_reading",
        sa.Column("interval", sa.Integer, primary_key=True),
        sa.Column("device_id", sa.Text, primary_key=True),
        sa.Column("register", sa.Text, primary_key=True),
        sa.Column("time_s", sa.Float, nullable=False),
        *_integers("value_wh"),
        sqlite_with_rowid=False,
    )


def _create_control() -> None:
    from alembic import op

    op.create_table(
        "twin_record",
        sa.Column("twin", sa.Text, primary_key=True),
        sa.Column("seq", sa.Integer, primary_key=True),
        sa.Column("previous_hash", sa.LargeBinary, nullable=False),
        *_texts("state", "symbol", "next_state", "output"),
        *_integers("time_ms"),
        *_texts("detail"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "undo_entry",
        sa.Column("entry_id", sa.Integer, primary_key=True),
        *_texts("device_id", "key"),
        *_integers("old_value"),
        sa.Column("time_s", sa.Float, nullable=False),
        sa.UniqueConstraint("device_id", "key", name="undo_entry_key"),
        sqlite_autoincrement=True,
    )


def _create_trading() -> None:
    from alembic import op

    op.create_table(
        "order_intent",
        sa.Column("account", sa.Text, primary_key=True),
        sa.Column("interval", sa.Integer, primary_key=True),
        *_integers("side", "tick", "quantity_wh"),
        *_texts("state"),
        sa.Column("created_s", sa.Float, nullable=False),
        *_texts("reason"),
        sa.Column("transaction_hash", sa.Text),
        sa.Column("raw_transaction", sa.Text),
        sa.Column("nonce", sa.Integer),
    )
    op.create_index("order_intent_state", "order_intent", ["account", "state"])
    op.create_table(
        "flex_offer",
        _key("request_id"),
        *_texts("member"),
        *_integers("quantity_wh", "price_micro_per_kwh", "baseline_wh"),
        *_texts("state"),
        *_integers("awarded_wh", "delivered_wh", "paid_micro"),
        sa.Column("metered_wh", sa.Integer),
        *_texts("reason"),
    )
    op.create_table(
        "settled_interval",
        _key("interval"),
        *_integers("import_wh", "export_wh", "bought_wh", "sold_wh"),
        *_integers("price_micro", "trade_micro", "supplier_micro"),
    )
    op.create_table("cleared_price", _key("interval"), *_integers("price_micro", "volume_wh"))


def _create_owner() -> None:
    from alembic import op

    op.create_table(
        "chain_header",
        sa.Column("position", sa.Integer, primary_key=True),
        sa.Column("rlp", sa.LargeBinary, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "sent_transaction",
        sa.Column("transaction_hash", sa.Text, primary_key=True),
        sa.Column("time_s", sa.Float, nullable=False),
        *_texts("what"),
        sa.Column("amount_micro", sa.Integer),
        *_texts("state"),
        sa.Column("block_number", sa.Integer),
        *_texts("by"),
    )
    op.create_index("sent_transaction_time", "sent_transaction", ["time_s"])
    op.create_table(
        "notice",
        sa.Column("notice_id", sa.Integer, primary_key=True),
        sa.Column("time_s", sa.Float, nullable=False),
        *_texts("level", "source", "sentence"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "meta",
        sa.Column("key", sa.Text, primary_key=True),
        *_texts("value"),
        sqlite_with_rowid=False,
    )
