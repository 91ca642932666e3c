"""Lines for the owner, and small values that must outlive the engine."""

from __future__ import annotations

import json

from sqlalchemy import delete, insert, select

from .database import Database
from .records import NoticeLevel, NoticeRecord
from .tables import meta, notice

KEPT_NOTICES = 2000
_PRUNE_EVERY = 50

Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]


class NoticeStore:
    """The owner's log: a ring of the newest KEPT_NOTICES lines."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, time_s: float, level: NoticeLevel, source: str, sentence: str) -> NoticeRecord:
        """Store a line; returns it with its number, which only grows."""
        row = {"time_s": time_s, "level": level.value, "source": source, "sentence": sentence}
        with self._database.write() as connection:
            notice_id = connection.execute(
                insert(notice).values(row).returning(notice.c.notice_id)
            ).scalar_one()
            if notice_id % _PRUNE_EVERY == 0:
                old = notice.c.notice_id <= notice_id - KEPT_NOTICES
                connection.execute(delete(notice).where(old))
        return NoticeRecord(notice_id, time_s, level, source, sentence)

    def after(self, notice_id: int, limit: int = KEPT_NOTICES) -> list[NoticeRecord]:
        """Return the newest ``limit`` lines with a number above ``notice_id``, oldest first."""
        query = select(notice).where(notice.c.notice_id > notice_id)
        query = query.order_by(notice.c.notice_id.desc()).limit(min(limit, KEPT_NOTICES))
        with self._database.read() as connection:
            rows = connection.execute(query).mappings().all()
        return [
            NoticeRecord(**{**row, "level": NoticeLevel(row["level"])}) for row in reversed(rows)
        ]

    def latest(self, limit: int = 100) -> list[NoticeRecord]:
        """Return the newest lines, oldest first."""
        return self.after(0, limit)


class MetaStore:
    """Values by key, as JSON. Not for secrets: they are exported."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, key: str, default: Json = None) -> Json:
        """Return a value."""
        query = select(meta.c.value).where(meta.c.key == key)
        with self._database.read() as connection:
            found = connection.execute(query).scalar()
        if found is None:
            return default
        value: Json = json.loads(found)
        return value

    def set(self, key: str, value: Json) -> None:
        """Store a value. Durable on return. Raises ValueError for what JSON cannot hold."""
        try:
            row = {"key": key, "value": json.dumps(value, allow_nan=False)}
        except TypeError as fault:
            raise ValueError(f"The value of {key} is no JSON ({fault}).") from None
        with self._database.write(durable=True) as connection:
            connection.execute(insert(meta).prefix_with("OR REPLACE"), row)

    def delete(self, key: str) -> None:
        """Drop a value; nothing happens if there is none."""
        with self._database.write(durable=True) as connection:
            connection.execute(delete(meta).where(meta.c.key == key))

    def items(self) -> dict[str, Json]:
        """Return all values."""
        with self._database.read() as connection:
            rows = connection.execute(select(meta).order_by(meta.c.key))
            return {key: json.loads(value) for key, value in rows}
