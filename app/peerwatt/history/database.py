"""Opens the history's SQLite file safely and hands out connections to it.

Durability (https://www.sqlite.org/pragma.html#pragma_synchronous). In WAL mode every committed
transaction survives the death of the process, ``kill -9`` included, whatever ``synchronous`` is:
the pages are in the operating system's cache. Only a power cut makes a difference: NORMAL may
then lose the newest commits (never damages the file), FULL syncs the log at each commit and
loses none. So what must exist before something is sent or written to a device (intents, offers,
undo values, twin records) commits with FULL; what is measured every second or can be read from
the chain again commits with NORMAL, which spares the flash of a mini-PC a sync per second.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import ConnectionPoolEntry

from . import migrations
from .faults import HistoryFault, translated

BUSY_TIMEOUT_MS = 5000
_BEGIN = "peerwatt_begin"


class Database:
    """One writing connection behind a lock, and a small pool of reading ones."""

    def __init__(self, path: Path, engine: Engine) -> None:
        self.path = path
        self._engine = engine
        self._lock = threading.Lock()
        self._writer: Connection | None = None
        self._synchronous = ""

    @classmethod
    def open(cls, path: Path) -> Database:
        """Open or create the file and bring its schema up to date.

        Raises HistoryFault for a damaged file, a foreign one, or one of a newer program.
        """
        _create_private(path)
        engine = _engine(path)
        database = cls(path, engine)
        try:
            with translated(path):
                database._writer = engine.connect().execution_options(**{_BEGIN: "BEGIN IMMEDIATE"})
                with database.write(durable=True) as connection:
                    _bring_up_to_date(path, connection)
        except BaseException:
            database.close()
            raise
        return database

    @contextmanager
    def write(self, *, durable: bool = False) -> Iterator[Connection]:
        """Run one transaction; committed at the end, rolled back on an exception.

        ``durable`` makes it survive a power cut too. Raises HistoryFault.
        """
        with self._lock, translated(self.path):
            writer = self._open_writer()
            self._set_synchronous(writer, "FULL" if durable else "NORMAL")
            with writer.begin():
                yield writer

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Give a connection that sees one consistent state. Raises HistoryFault."""
        self._open_writer()
        with translated(self.path), self._engine.connect() as connection, connection.begin():
            yield connection

    @property
    def is_open(self) -> bool:
        """Whether :meth:`close` has not been called yet."""
        return self._writer is not None

    def vacuum(self) -> None:
        """Rewrite the file without the pages that deleted rows leave behind."""
        with self._lock, translated(self.path):
            driver = self._open_writer().connection.driver_connection
            assert driver is not None
            driver.execute("VACUUM")
            driver.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def close(self) -> None:
        """Move the log into the file and close all connections. May be called twice."""
        with self._lock:
            writer, self._writer = self._writer, None
            if writer is not None:
                writer.close()
            self._engine.dispose()

    def _open_writer(self) -> Connection:
        if self._writer is None:
            raise HistoryFault(f"The history file {self.path} is closed; start the engine again.")
        return self._writer

    def _set_synchronous(self, writer: Connection, level: str) -> None:
        """Set the level on the driver: the pragma has no effect inside a transaction."""
        if level == self._synchronous:
            return
        driver = writer.connection.driver_connection
        assert driver is not None
        driver.execute(f"PRAGMA synchronous={level}")
        self._synchronous = level


def _create_private(path: Path) -> None:
    """Create the file for its owner only; SQLite gives its companions the same mode."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    except OSError as fault:
        reason = fault.strerror or fault
        raise HistoryFault(
            f"The history file {path} cannot be opened ({reason}); correct its permissions."
        ) from None


def _engine(path: Path) -> Engine:
    engine = create_engine(
        f"sqlite:///{path}", pool_size=2, max_overflow=6, connect_args={"timeout": 5.0}
    )
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    return engine


def _prepare(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
    # The driver's own transaction control is switched off: it does not begin one before DDL,
    # and it cannot begin an immediate one.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in (
        f"busy_timeout={BUSY_TIMEOUT_MS}",
        "journal_mode=WAL",
        "synchronous=NORMAL",
        "cache_size=-2000",
        "temp_store=MEMORY",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql(connection.get_execution_options().get(_BEGIN, "BEGIN"))


def _bring_up_to_date(path: Path, connection: Connection) -> None:
    names = connection.execute(text("SELECT name FROM sqlite_master WHERE type = 'table'"))
    tables = set(names.scalars())
    if "alembic_version" in tables:
        version = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    elif tables:
        raise HistoryFault(f"The file {path} is no history of Peerwatt; move it away.")
    else:
        version = None
    if version == migrations.HEAD:
        return
    if version is not None and version not in migrations.KNOWN:
        raise HistoryFault(
            f"The history file {path} was written by a newer Peerwatt (schema {version}); "
            "install that version, or move the file away to start anew."
        )
    migrations.upgrade(connection)
