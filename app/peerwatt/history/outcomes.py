"""What proven events told of each interval, part by part, and whole clearings of every book.

Parts are kept under the place of their event, so that reading a block twice changes nothing, and
blocks that are given up take their parts with them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict

from sqlalchemy import delete, insert, select

from peerwatt.model.market import Clearing

from .database import Database
from .owner import MetaStore
from .records import PartKind, SettledPart
from .tables import book_clearing, meta, settled_part

PROGRESS = "market.outcomes"
"""Key of the next block to be looked through."""


class OutcomeStore:
    """Parts of settled intervals, with how far the chain was looked through."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def put(self, parts: Iterable[SettledPart]) -> None:
        """Insert or replace parts by the place of their event."""
        rows = [{**asdict(part), "kind": part.kind.value} for part in parts]
        if rows:
            with self._database.write() as connection:
                connection.execute(insert(settled_part).prefix_with("OR REPLACE"), rows)

    def advance(self, next_block: int) -> None:
        """Note that all blocks before one were looked through, and what they told is stored."""
        row = {"key": PROGRESS, "value": json.dumps(next_block)}
        with self._database.write() as connection:
            connection.execute(insert(meta).prefix_with("OR REPLACE"), row)

    def next_block(self) -> int:
        """Return the first block that was not looked through; 0 at the beginning."""
        found = MetaStore(self._database).get(PROGRESS, 0)
        return found if isinstance(found, int) else 0

    def of(self, intervals: Iterable[int]) -> dict[int, list[SettledPart]]:
        """Return the parts of intervals by interval, each in the order of the chain."""
        wanted = sorted(set(intervals))
        found: dict[int, list[SettledPart]] = {interval: [] for interval in wanted}
        key = settled_part.c
        with self._database.read() as connection:
            for start in range(0, len(wanted), 500):
                query = select(settled_part).where(key.interval.in_(wanted[start : start + 500]))
                rows = connection.execute(query.order_by(key.block_number, key.log_index))
                for row in rows.mappings():
                    found[row["interval"]].append(
                        SettledPart(
                            **{
                                **row,
                                "kind": PartKind(row["kind"]),
                                "is_estimated": bool(row["is_estimated"]),
                            }
                        )
                    )
        return found

    def forget(self, first_block: int) -> list[int]:
        """Delete what the blocks from one on told; return the intervals that they told of."""
        key = settled_part.c
        with self._database.write(durable=True) as connection:
            query = select(key.interval).where(key.block_number >= first_block).distinct()
            intervals = sorted(connection.execute(query).scalars())
            connection.execute(delete(settled_part).where(key.block_number >= first_block))
            row = connection.execute(select(meta.c.value).where(meta.c.key == PROGRESS)).scalar()
            if row is not None and int(row) > first_block:
                progress = {"key": PROGRESS, "value": json.dumps(first_block)}
                connection.execute(insert(meta).prefix_with("OR REPLACE"), progress)
        return intervals


class ClearingStore:
    """Clearings with their marginal fills, by interval and reach: what the agent learns from."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def put(self, clearings: Iterable[tuple[int, Clearing]]) -> None:
        """Insert or replace (reach, clearing)."""
        rows = [{**asdict(clearing), "reach": reach} for reach, clearing in clearings]
        if rows:
            with self._database.write() as connection:
                connection.execute(insert(book_clearing).prefix_with("OR REPLACE"), rows)

    def recent(self, since_interval: int) -> list[tuple[int, Clearing]]:
        """Return (reach, clearing) from an interval on, oldest first."""
        key = book_clearing.c
        query = select(book_clearing).where(key.interval >= since_interval)
        with self._database.read() as connection:
            rows = connection.execute(query.order_by(key.interval, key.reach)).mappings()
            return [
                (row["reach"], Clearing(**{k: v for k, v in row.items() if k != "reach"}))
                for row in rows
            ]

    def forget(self, first_interval: int) -> None:
        """Delete from an interval on: the blocks that showed them were given up."""
        with self._database.write(durable=True) as connection:
            key = book_clearing.c.interval
            connection.execute(delete(book_clearing).where(key >= first_interval))
