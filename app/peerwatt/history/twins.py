"""Keeps the hash-chained transitions of the digital twins; implements ``model.ports.TwinLog``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sqlalchemy import Connection, RowMapping, func, insert, select

from peerwatt.model.mealy import GENESIS_HASH, Transition

from .database import Database
from .faults import HistoryFault
from .tables import twin_record

_PAGE = 1000


class SqlTwinLog:
    """Twin records, each refused unless it continues its twin's chain."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def append(self, records: Sequence[Transition]) -> None:
        """Store records of any twins, each twin's in order. Durable on return.

        Raises HistoryFault when a record does not follow from the one before; then none is kept.
        """
        if not records:
            return
        with self._database.write(durable=True) as connection:
            ends: dict[str, tuple[int, str]] = {}
            for record in records:
                end = ends.get(record.twin) or _end(connection, record.twin)
                if (record.seq, record.previous_hash) != end:
                    raise HistoryFault(
                        f"Record {record.seq} of the twin {record.twin} does not continue its "
                        f"log, which goes on with record {end[0]}; restart the engine."
                    )
                ends[record.twin] = (record.seq + 1, record.hash())
            connection.execute(insert(twin_record), [_as_row(record) for record in records])

    def last(self, twin: str) -> Transition | None:
        """Return the newest record of a twin."""
        with self._database.read() as connection:
            return _last(connection, twin)

    def records(self, twin: str, since_seq: int = 0) -> Iterator[Transition]:
        """Yield the records of a twin, oldest first, in pages: a log may be long."""
        while True:
            query = (
                select(twin_record)
                .where(twin_record.c.twin == twin, twin_record.c.seq >= since_seq)
                .order_by(twin_record.c.seq)
                .limit(_PAGE)
            )
            with self._database.read() as connection:
                page = [_as_transition(row) for row in connection.execute(query).mappings()]
            yield from page
            if len(page) < _PAGE:
                return
            since_seq = page[-1].seq + 1

    def recent(self, twin: str, limit: int) -> list[Transition]:
        """Return the newest records of a twin, oldest first."""
        query = select(twin_record).where(twin_record.c.twin == twin)
        query = query.order_by(twin_record.c.seq.desc()).limit(limit)
        with self._database.read() as connection:
            rows = connection.execute(query).mappings().all()
        return [_as_transition(row) for row in reversed(rows)]

    def counts(self) -> dict[str, int]:
        """Return how many records each twin has."""
        query = select(twin_record.c.twin, func.max(twin_record.c.seq) + 1)
        with self._database.read() as connection:
            rows = connection.execute(query.group_by(twin_record.c.twin)).all()
        return {row[0]: row[1] for row in rows}


def _last(connection: Connection, twin: str) -> Transition | None:
    query = select(twin_record).where(twin_record.c.twin == twin)
    row = connection.execute(query.order_by(twin_record.c.seq.desc()).limit(1)).mappings().first()
    return None if row is None else _as_transition(row)


def _end(connection: Connection, twin: str) -> tuple[int, str]:
    """Return the number and previous hash that the next record must have."""
    last = _last(connection, twin)
    return (0, GENESIS_HASH) if last is None else (last.seq + 1, last.hash())


def _as_row(record: Transition) -> dict[str, str | int | bytes]:
    return {
        "twin": record.twin,
        "seq": record.seq,
        "previous_hash": bytes.fromhex(record.previous_hash),
        "state": record.state,
        "symbol": record.symbol,
        "next_state": record.next_state,
        "output": record.output,
        "time_ms": record.time_ms,
        "detail": record.detail,
    }


def _as_transition(row: RowMapping) -> Transition:
    return Transition(**{**row, "previous_hash": row["previous_hash"].hex()})
