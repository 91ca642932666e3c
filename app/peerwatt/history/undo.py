"""Old values of devices, on disk before a write; implements ``model.ports.UndoLedger``."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import delete, insert, select

from .database import Database
from .tables import undo_entry


class SqlUndoLedger:
    """What has been borrowed from devices and must be given back, also after a crash."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def remember(self, device_id: str, key: str, old_value: int, time_s: float) -> None:
        """Store an old value unless one is already held for this key. Durable on return."""
        row = {"device_id": device_id, "key": key, "old_value": old_value, "time_s": time_s}
        with self._database.write(durable=True) as connection:
            connection.execute(insert(undo_entry).prefix_with("OR IGNORE"), row)

    def held(self, device_id: str) -> Sequence[tuple[str, int]]:
        """Return (key, old value) in the order in which they were remembered."""
        query = select(undo_entry.c.key, undo_entry.c.old_value)
        query = query.where(undo_entry.c.device_id == device_id).order_by(undo_entry.c.entry_id)
        with self._database.read() as connection:
            return [(key, value) for key, value in connection.execute(query)]

    def forget(self, device_id: str) -> None:
        """Drop a device's entries after they were restored. Durable on return."""
        with self._database.write(durable=True) as connection:
            connection.execute(delete(undo_entry).where(undo_entry.c.device_id == device_id))

    def devices(self) -> tuple[str, ...]:
        """Return the devices from which something is borrowed."""
        query = select(undo_entry.c.device_id).distinct().order_by(undo_entry.c.device_id)
        with self._database.read() as connection:
            return tuple(connection.execute(query).scalars())
