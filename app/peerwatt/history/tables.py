"""The tables of the history, as SQLAlchemy Core sees them; the migrations make them."""

from __future__ import annotations

from sqlalchemy import (
    Column,
    Float,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
)

METADATA = MetaData()

POWERS = ("grid_w", "pv_w", "battery_w", "ev_w", "home_w")
ENERGIES = (
    "import_wh",
    "export_wh",
    "pv_wh",
    "battery_charged_wh",
    "battery_discharged_wh",
    "ev_wh",
    "home_wh",
)

power_sample = Table(
    "power_sample",
    METADATA,
    Column("time_ms", Integer, primary_key=True, autoincrement=False),
    # How long the sample stands for, backwards from its time; 0 where not known.
    Column("span_ms", Integer, nullable=False),
    *(Column(name, Float) for name in (*POWERS, "soc_pct")),
)


def _rolled(name: str, key: str) -> Table:
    """Return a table of powers rolled up to rows of a fixed length."""
    return Table(
        name,
        METADATA,
        Column(key, Integer, primary_key=True, autoincrement=False),
        Column("samples", Integer, nullable=False),
        *(Column(f"{power}_{kind}", Float) for power in POWERS for kind in ("mean", "min", "max")),
        Column("soc_pct_mean", Float),
        *(Column(name, Float) for name in ENERGIES),
    )


power_minute = _rolled("power_minute", "minute")
power_quarter = _rolled("power_quarter", "interval")

register_reading = Table(
    "register_reading",
    METADATA,
    Column("interval", Integer, primary_key=True),
    Column("device_id", Text, primary_key=True),
    Column("register", Text, primary_key=True),
    Column("time_s", Float, nullable=False),
    Column("value_wh", Integer, nullable=False),
    sqlite_with_rowid=False,
)

twin_record = Table(
    "twin_record",
    METADATA,
    Column("twin", Text, primary_key=True),
    Column("seq", Integer, primary_key=True),
    Column("previous_hash", LargeBinary, nullable=False),
    Column("state", Text, nullable=False),
    Column("symbol", Text, nullable=False),
    Column("next_state", Text, nullable=False),
    Column("output", Text, nullable=False),
    Column("time_ms", Integer, nullable=False),
    Column("detail", Text, nullable=False),
    sqlite_with_rowid=False,
)

order_intent = Table(
    "order_intent",
    METADATA,
    Column("account", Text, primary_key=True),
    Column("interval", Integer, primary_key=True),
    Column("side", Integer, nullable=False),
    Column("tick", Integer, nullable=False),
    Column("quantity_wh", Integer, nullable=False),
    Column("state", Text, nullable=False),
    Column("created_s", Float, nullable=False),
    Column("reason", Text, nullable=False),
    Column("transaction_hash", Text),
    Column("raw_transaction", Text),
    Column("nonce", Integer),
    *(
        Column(name, Integer, nullable=False, server_default="0")
        for name in (
            "reach",
            "second_side",
            "second_tick",
            "second_quantity_wh",
            "second_reach",
        )
    ),
    Index("order_intent_state", "account", "state"),
)

flex_offer = Table(
    "flex_offer",
    METADATA,
    Column("request_id", Integer, primary_key=True, autoincrement=False),
    Column("member", Text, nullable=False),
    Column("quantity_wh", Integer, nullable=False),
    Column("price_micro_per_kwh", Integer, nullable=False),
    Column("baseline_wh", Integer, nullable=False),
    Column("state", Text, nullable=False),
    Column("awarded_wh", Integer, nullable=False),
    Column("delivered_wh", Integer, nullable=False),
    Column("paid_micro", Integer, nullable=False),
    Column("metered_wh", Integer),
    Column("reason", Text, nullable=False),
)

undo_entry = Table(
    "undo_entry",
    METADATA,
    Column("entry_id", Integer, primary_key=True),
    Column("device_id", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("old_value", Integer, nullable=False),
    Column("time_s", Float, nullable=False),
    UniqueConstraint("device_id", "key", name="undo_entry_key"),
    sqlite_autoincrement=True,
)

chain_header = Table(
    "chain_header",
    METADATA,
    Column("position", Integer, primary_key=True),
    Column("rlp", LargeBinary, nullable=False),
    sqlite_autoincrement=True,
)

sent_transaction = Table(
    "sent_transaction",
    METADATA,
    Column("transaction_hash", Text, primary_key=True),
    Column("time_s", Float, nullable=False),
    Column("what", Text, nullable=False),
    Column("amount_micro", Integer),
    Column("state", Text, nullable=False),
    Column("block_number", Integer),
    Column("by", Text, nullable=False),
    Column("account", Text),
    Column("recipient", Text),
    Column("nonce", Integer),
    Index("sent_transaction_time", "time_s"),
)

# Amounts in wei are kept as text: they may exceed the 64 bits of an SQLite integer.
owner_intent = Table(
    "owner_intent",
    METADATA,
    Column("intent_id", Text, primary_key=True),
    Column("account", Text, nullable=False),
    Column("nonce", Integer, nullable=False),
    Column("what", Text, nullable=False),
    Column("recipient", Text, nullable=False),
    Column("amount_micro", Integer),
    Column("created_s", Float, nullable=False),
    Column("state", Text, nullable=False),
    Column("mined_hash", Text),
    Column("mined_block", Integer),
    Column("mined_ok", Integer),
    Column("fee_wei", Text),
    Index("owner_intent_state", "state"),
    Index("owner_intent_time", "created_s"),
)

owner_attempt = Table(
    "owner_attempt",
    METADATA,
    Column("transaction_hash", Text, primary_key=True),
    Column("intent_id", Text, nullable=False),
    Column("position", Integer, nullable=False),
    Column("purpose", Text, nullable=False),
    Column("raw_transaction", Text, nullable=False),
    Column("gas_price_wei", Text),
    Column("max_fee_wei", Text, nullable=False),
    Column("tip_wei", Text, nullable=False),
    Column("sent_s", Float, nullable=False),
    Column("is_refused", Integer, nullable=False),
    Index("owner_attempt_intent", "intent_id"),
)

movement = Table(
    "movement",
    METADATA,
    Column("transaction_hash", Text, primary_key=True),
    Column("log_index", Integer, primary_key=True),
    Column("account", Text, primary_key=True),
    Column("block_number", Integer, nullable=False),
    Column("time_s", Float, nullable=False),
    Column("counterparty", Text, nullable=False),
    Column("amount_micro", Integer, nullable=False),
    Column("kind", Text, nullable=False),
    Column("what", Text, nullable=False),
    Index("movement_time", "time_s"),
)

transaction_label = Table(
    "transaction_label",
    METADATA,
    Column("transaction_hash", Text, primary_key=True),
    Column("label", Text, nullable=False),
)

settled_interval = Table(
    "settled_interval",
    METADATA,
    Column("interval", Integer, primary_key=True, autoincrement=False),
    *(
        Column(name, Integer, nullable=False)
        for name in (
            "import_wh",
            "export_wh",
            "bought_wh",
            "sold_wh",
            "price_micro",
            "trade_micro",
            "supplier_micro",
        )
    ),
    *(
        Column(name, Integer, nullable=False, server_default="0")
        for name in (
            "charge_micro",
            "accuracy_micro",
            "mid_market_micro",
            "deal_micro",
            "is_estimated",
            "reach",
        )
    ),
)

settled_part = Table(
    "settled_part",
    METADATA,
    Column("interval", Integer, primary_key=True),
    Column("block_number", Integer, primary_key=True),
    Column("log_index", Integer, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("transaction_hash", Text, nullable=False),
    *(
        Column(name, Integer, nullable=False)
        for name in (
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
    ),
    Index("settled_part_block", "block_number"),
    sqlite_with_rowid=False,
)

book_clearing = Table(
    "book_clearing",
    METADATA,
    Column("interval", Integer, primary_key=True),
    Column("reach", Integer, primary_key=True),
    *(
        Column(name, Integer, nullable=False)
        for name in (
            "price_micro",
            "volume_wh",
            "marginal_bid_tick",
            "marginal_ask_tick",
            "bid_fill_numerator",
            "bid_fill_denominator",
            "ask_fill_numerator",
            "ask_fill_denominator",
        )
    ),
    sqlite_with_rowid=False,
)

cleared_price = Table(
    "cleared_price",
    METADATA,
    Column("interval", Integer, primary_key=True, autoincrement=False),
    Column("price_micro", Integer, nullable=False),
    Column("volume_wh", Integer, nullable=False),
)

notice = Table(
    "notice",
    METADATA,
    Column("notice_id", Integer, primary_key=True),
    Column("time_s", Float, nullable=False),
    Column("level", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("sentence", Text, nullable=False),
    sqlite_autoincrement=True,
)

meta = Table(
    "meta",
    METADATA,
    Column("key", Text, primary_key=True),
    Column("value", Text, nullable=False),
    sqlite_with_rowid=False,
)

forecast_model = Table(
    "forecast_model",
    METADATA,
    Column("trained_s", Float, primary_key=True),
    Column("learned_from", Integer, nullable=False),
    Column("body", Text, nullable=False),
)

forecast_score = Table(
    "forecast_score",
    METADATA,
    Column("day", Text, primary_key=True),
    Column("quantity", Text, primary_key=True),
    Column("method", Text, primary_key=True),
    Column("stage", Text, primary_key=True),
    Column("count", Integer, nullable=False),
    Column("mae_w", Float, nullable=False),
    Column("bias_w", Float, nullable=False),
    Column("crps_w", Float, nullable=False),
    Column("coverage", Text, nullable=False),
    sqlite_with_rowid=False,
)

charging_session = Table(
    "charging_session",
    METADATA,
    Column("device_id", Text, primary_key=True),
    Column("plugged_s", Float, primary_key=True),
    Column("unplugged_s", Float, nullable=False),
    Column("energy_wh", Integer, nullable=False),
    sqlite_with_rowid=False,
)
