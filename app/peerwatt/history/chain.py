"""What the chain told us: verified headers, sent transactions, settled and cleared intervals.

Headers, settlements and prices can be read from the chain again, so they do not wait for the
disk; a transaction that we sent does.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import RowMapping, Select, bindparam, delete, func, insert, select

from peerwatt.model.market import SettledInterval

from .database import Database
from .owner import MetaStore
from .records import ClearedPrice, SentTransaction, TransactionParty, TransactionState
from .tables import chain_header, cleared_price, sent_transaction, settled_interval

KEPT_HEADERS = 1024
EVIDENCE_KEY = "chain.evidence"


class HeaderStore:
    """The verified headers (the first ever and the newest KEPT_HEADERS) and kept evidence.

    Both are records of the chain's clients, which alone know what is in them.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def load(self) -> list[bytes]:
        """Return the headers, oldest first."""
        with self._database.read() as connection:
            query = select(chain_header.c.rlp).order_by(chain_header.c.position)
            return list(connection.execute(query).scalars())

    def append(self, rlps: Sequence[bytes]) -> None:
        """Store verified headers that follow the stored ones; lets the oldest but genesis go."""
        if not rlps:
            return
        position = chain_header.c.position
        with self._database.write() as connection:
            connection.execute(insert(chain_header), [{"rlp": rlp} for rlp in rlps])
            ends = select(func.min(position), func.max(position))
            first, last = connection.execute(ends).one()
            connection.execute(
                delete(chain_header).where(position > first, position <= last - KEPT_HEADERS)
            )

    def load_evidence(self) -> list[bytes]:
        """Return the records of evidence against validators, oldest first."""
        listed = MetaStore(self._database).get(EVIDENCE_KEY, [])
        return [bytes.fromhex(str(item)) for item in listed] if isinstance(listed, list) else []

    def put_evidence(self, records: Sequence[bytes]) -> None:
        """Replace the records of evidence. Durable on return; :meth:`clear` leaves them."""
        MetaStore(self._database).set(EVIDENCE_KEY, [record.hex() for record in records])

    def clear(self) -> None:
        """Drop all headers: another network or trust root begins."""
        with self._database.write(durable=True) as connection:
            connection.execute(delete(chain_header))


class TransactionStore:
    """Transactions of our accounts."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def put(self, transaction: SentTransaction) -> None:
        """Insert or replace by hash. Durable on return."""
        row = {**asdict(transaction), "state": transaction.state.value, "by": transaction.by.value}
        with self._database.write(durable=True) as connection:
            connection.execute(insert(sent_transaction).prefix_with("OR REPLACE"), row)

    def get(self, transaction_hash: str) -> SentTransaction | None:
        """Return a transaction by its hash."""
        query = select(sent_transaction)
        query = query.where(sent_transaction.c.transaction_hash == transaction_hash)
        return next(iter(self._all(query)), None)

    def recent(self, limit: int = 100) -> list[SentTransaction]:
        """Return the newest transactions, newest first."""
        query = select(sent_transaction).order_by(sent_transaction.c.time_s.desc())
        return self._all(query.limit(limit))

    def between(self, start_s: float, end_s: float) -> list[SentTransaction]:
        """Return the transactions of a stretch of time, oldest first."""
        time_s = sent_transaction.c.time_s
        query = select(sent_transaction).where(time_s >= start_s, time_s < end_s)
        return self._all(query.order_by(time_s))

    def open(self) -> list[SentTransaction]:
        """Return those not yet final or failed, oldest first."""
        waiting = (TransactionState.SENT.value, TransactionState.IN_BLOCK.value)
        query = select(sent_transaction).where(sent_transaction.c.state.in_(waiting))
        return self._all(query.order_by(sent_transaction.c.time_s))

    def _all(self, query: Select[Any]) -> list[SentTransaction]:
        with self._database.read() as connection:
            return [_as_transaction(row) for row in connection.execute(query).mappings()]


class SettlementStore:
    """Settled intervals of our house, as proven from the chain."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def put(self, settled: Iterable[SettledInterval]) -> None:
        """Insert or replace by interval."""
        rows = [asdict(one) for one in settled]
        if rows:
            with self._database.write() as connection:
                connection.execute(insert(settled_interval).prefix_with("OR REPLACE"), rows)

    def get(self, interval: int) -> SettledInterval | None:
        """Return one interval if it is settled."""
        return next(iter(self._between(interval, interval + 1)), None)

    def drop(self, intervals: Iterable[int]) -> None:
        """Delete intervals: the blocks that settled them were given up."""
        rows = [{"gone": interval} for interval in intervals]
        if rows:
            with self._database.write(durable=True) as connection:
                key = settled_interval.c.interval
                connection.execute(delete(settled_interval).where(key == bindparam("gone")), rows)

    def recent(self, since_interval: int) -> list[SettledInterval]:
        """Return the settled intervals from one on, oldest first."""
        return self._between(since_interval, None)

    def _between(self, first: int, end: int | None) -> list[SettledInterval]:
        key = settled_interval.c.interval
        query = select(settled_interval).where(key >= first).order_by(key)
        if end is not None:
            query = query.where(key < end)
        with self._database.read() as connection:
            rows = connection.execute(query).mappings()
            return [
                SettledInterval(**{**row, "is_estimated": bool(row["is_estimated"])})
                for row in rows
            ]


class PriceStore:
    """Prices and volumes of the cleared intervals."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def put(self, prices: Iterable[ClearedPrice]) -> None:
        """Insert or replace by interval."""
        rows = [asdict(price) for price in prices]
        if rows:
            with self._database.write() as connection:
                connection.execute(insert(cleared_price).prefix_with("OR REPLACE"), rows)

    def forget(self, first_interval: int) -> None:
        """Delete from an interval on: the blocks that showed them were given up."""
        with self._database.write(durable=True) as connection:
            key = cleared_price.c.interval
            connection.execute(delete(cleared_price).where(key >= first_interval))

    def recent(self, since_interval: int) -> list[ClearedPrice]:
        """Return the cleared prices from an interval on, oldest first."""
        key = cleared_price.c.interval
        query = select(cleared_price).where(key >= since_interval).order_by(key)
        with self._database.read() as connection:
            return [ClearedPrice(**row) for row in connection.execute(query).mappings()]


def _as_transaction(row: RowMapping) -> SentTransaction:
    return SentTransaction(
        **{**row, "state": TransactionState(row["state"]), "by": TransactionParty(row["by"])}
    )
