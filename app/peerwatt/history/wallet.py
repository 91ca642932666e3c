"""What the owner sent, what moved besides, and the owner's words for it.

A signed transaction is on disk before it is sent; movements can be read from the chain again.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, replace
from typing import Any

from sqlalchemy import Connection, Select, delete, insert, or_, select

from .database import Database
from .tables import movement, owner_attempt, owner_intent, transaction_label
from .wallet_records import Movement, OwnerAttempt, OwnerIntent

OPEN = ("sent", "in block")
MAX_AMOUNT_MICRO = 2**63 - 1
"""The largest integer of the file; no community issues as much."""


class OwnerStore:
    """Intents of the owner with their attempts."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def put(self, intent: OwnerIntent) -> None:
        """Insert or replace an intent and its attempts. Durable on return."""
        with self._database.write(durable=True) as connection:
            connection.execute(insert(owner_intent).prefix_with("OR REPLACE"), _intent_row(intent))
            rows = [_attempt_row(intent, place) for place in range(len(intent.attempts))]
            connection.execute(insert(owner_attempt).prefix_with("OR REPLACE"), rows)

    def open(self, dropped_since_s: float) -> list[OwnerIntent]:
        """Return what is not decided yet, oldest first; dropped ones since a time, too."""
        late = (owner_intent.c.state == "dropped") & (owner_intent.c.created_s >= dropped_since_s)
        query = select(owner_intent).where(or_(owner_intent.c.state.in_(OPEN), late))
        return self._all(query.order_by(owner_intent.c.created_s, owner_intent.c.nonce))

    def recent(self, limit: int) -> list[OwnerIntent]:
        """Return the newest intents, newest first."""
        query = select(owner_intent).order_by(owner_intent.c.created_s.desc()).limit(limit)
        return self._all(query)

    def between(self, start_s: float, end_s: float) -> list[OwnerIntent]:
        """Return the intents of a stretch of time, oldest first."""
        created = owner_intent.c.created_s
        query = select(owner_intent).where(created >= start_s, created < end_s)
        return self._all(query.order_by(created))

    def of_hash(self, transaction_hash: str) -> OwnerIntent | None:
        """Return the intent that a transaction is an attempt of."""
        found = select(owner_attempt.c.intent_id).where(
            owner_attempt.c.transaction_hash == transaction_hash
        )
        query = select(owner_intent).where(owner_intent.c.intent_id.in_(found))
        return next(iter(self._all(query)), None)

    def hashes(self) -> frozenset[str]:
        """Return the hashes of all attempts there ever were."""
        with self._database.read() as connection:
            return frozenset(connection.execute(select(owner_attempt.c.transaction_hash)).scalars())

    def _all(self, query: Select[Any]) -> list[OwnerIntent]:
        with self._database.read() as connection:
            rows = connection.execute(query).mappings().all()
            attempts = _attempts(connection, [row["intent_id"] for row in rows])
        return [
            OwnerIntent(
                **{
                    **row,
                    "mined_ok": None if row["mined_ok"] is None else bool(row["mined_ok"]),
                    "fee_wei": None if row["fee_wei"] is None else int(row["fee_wei"]),
                    "attempts": attempts[row["intent_id"]],
                }
            )
            for row in rows
        ]


def _intent_row(intent: OwnerIntent) -> dict[str, object]:
    # The attempts have rows of their own.
    row = asdict(replace(intent, attempts=()))
    del row["attempts"]
    return {**row, "fee_wei": None if intent.fee_wei is None else str(intent.fee_wei)}


def _attempt_row(intent: OwnerIntent, place: int) -> dict[str, object]:
    attempt = intent.attempts[place]
    price = attempt.gas_price_wei
    return {
        **asdict(attempt),
        "intent_id": intent.intent_id,
        "position": place,
        "gas_price_wei": None if price is None else str(price),
        "max_fee_wei": str(attempt.max_fee_wei),
        "tip_wei": str(attempt.tip_wei),
    }


def _attempts(
    connection: Connection, intent_ids: Sequence[str]
) -> dict[str, tuple[OwnerAttempt, ...]]:
    query = select(owner_attempt).where(owner_attempt.c.intent_id.in_(intent_ids))
    found: dict[str, tuple[OwnerAttempt, ...]] = {}
    for row in connection.execute(query.order_by(owner_attempt.c.position)).mappings():
        price = row["gas_price_wei"]
        attempt = OwnerAttempt(
            transaction_hash=row["transaction_hash"],
            purpose=row["purpose"],
            raw_transaction=row["raw_transaction"],
            gas_price_wei=None if price is None else int(price),
            max_fee_wei=int(row["max_fee_wei"]),
            tip_wei=int(row["tip_wei"]),
            sent_s=row["sent_s"],
            is_refused=bool(row["is_refused"]),
        )
        found[row["intent_id"]] = (*found.get(row["intent_id"], ()), attempt)
    return found


class MovementStore:
    """Movements of credits that events prove."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def put(self, moved: Iterable[Movement]) -> None:
        """Insert or replace; the same event again changes nothing."""
        rows = [asdict(one) for one in moved]
        for row in rows:
            amount = row["amount_micro"]
            row["amount_micro"] = max(-MAX_AMOUNT_MICRO, min(amount, MAX_AMOUNT_MICRO))
        if rows:
            with self._database.write() as connection:
                connection.execute(insert(movement).prefix_with("OR REPLACE"), rows)

    def recent(self, limit: int) -> list[Movement]:
        """Return the newest movements, newest first."""
        order = (movement.c.time_s.desc(), movement.c.log_index.desc())
        return self._all(select(movement).order_by(*order).limit(limit))

    def between(self, start_s: float, end_s: float) -> list[Movement]:
        """Return the movements of a stretch of time, oldest first."""
        query = select(movement).where(movement.c.time_s >= start_s, movement.c.time_s < end_s)
        return self._all(query.order_by(movement.c.time_s, movement.c.log_index))

    def _all(self, query: Select[Any]) -> list[Movement]:
        with self._database.read() as connection:
            return [Movement(**row) for row in connection.execute(query).mappings()]


class LabelStore:
    """The owner's words, by the hash (or name) of a transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def set(self, transaction_hash: str, label: str) -> None:
        """Store a label; an empty one takes it away. Durable on return."""
        key = transaction_label.c.transaction_hash
        with self._database.write(durable=True) as connection:
            connection.execute(delete(transaction_label).where(key == transaction_hash))
            if label:
                row = {"transaction_hash": transaction_hash, "label": label}
                connection.execute(insert(transaction_label), row)

    def all(self) -> dict[str, str]:
        """Return all labels by hash."""
        with self._database.read() as connection:
            rows = connection.execute(select(transaction_label)).mappings()
            return {row["transaction_hash"]: row["label"] for row in rows}
