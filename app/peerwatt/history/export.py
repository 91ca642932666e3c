"""Writes everything out for the owner (CSV and JSON, no secrets), and erases everything."""

from __future__ import annotations

import csv
import io
import json
import os
import shutil
import zipfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TextIO

from sqlalchemy import Connection, Table, delete, select

from . import migrations
from .database import Database
from .faults import HistoryFault
from .tables import METADATA, meta

# Signed transactions could be sent by whoever reads them.
_SECRET_COLUMNS = frozenset({"raw_transaction"})
_ROWS = 2000

OpenText = Callable[[str], AbstractContextManager[TextIO]]


def export_all(database: Database, target: Path) -> Path:
    """Write one CSV per table, ``meta.json`` and ``about.json``; returns the target.

    A target that ends in ``.zip`` becomes an archive, any other a folder; it appears whole or
    not at all. Raises HistoryFault when it exists already or cannot be written.
    """
    if target.exists():
        raise HistoryFault(f"{target} exists already; choose another name for the export.")
    part = target.with_name(f".{target.name}.part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        writer = _archive(part) if target.suffix.lower() == ".zip" else _folder(part)
        with writer as open_text, database.read() as connection:
            _write_all(connection, open_text)
        part.replace(target)
    except OSError as fault:
        raise HistoryFault(
            f"The export to {target} failed ({fault.strerror or fault}); choose another place."
        ) from None
    finally:
        _remove(part)
    return target


def erase_all(database: Database) -> None:
    """Delete every row of every table and overwrite what they held.

    Raises HistoryFault while something is borrowed from a device: its old value must first be
    given back, or it would be lost.
    """
    with database.write(durable=True) as connection:
        undo = METADATA.tables["undo_entry"]
        borrowed = connection.execute(select(undo.c.device_id).limit(1)).scalar()
        if borrowed is not None:
            raise HistoryFault(
                f"Control of {borrowed} has not been given back; stop the engine, then erase."
            )
        for table in METADATA.sorted_tables:
            connection.execute(delete(table))
    database.vacuum()


def _write_all(connection: Connection, open_text: OpenText) -> None:
    rows = {
        table.name: _write_table(connection, table, open_text)
        for table in METADATA.sorted_tables
        if table is not meta
    }
    values = {key: json.loads(value) for key, value in connection.execute(select(meta))}
    about = {
        "program": "Peerwatt",
        "schema": migrations.HEAD,
        "rows": rows,
        "units": "W, Wh, %, micro-units of the currency; time_s Unix seconds, time_ms "
        "milliseconds, interval = Unix seconds // 900, minute = Unix seconds // 60, all UTC",
        "signs": "grid + import, PV + production, battery + discharge, EV + consumption",
    }
    for name, content in (("meta.json", values), ("about.json", about)):
        with open_text(name) as file:
            json.dump(content, file, indent=2, ensure_ascii=False)


def _write_table(connection: Connection, table: Table, open_text: OpenText) -> int:
    columns = [column for column in table.columns if column.name not in _SECRET_COLUMNS]
    query = select(*columns).order_by(*table.primary_key.columns)
    count = 0
    with open_text(f"{table.name}.csv") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow([column.name for column in columns])
        for page in connection.execute(query).partitions(_ROWS):
            count += len(page)
            writer.writerows([_cell(value) for value in row] for row in page)
    return count


def _cell(value: object) -> object:
    """Return what a spreadsheet may safely show.

    Texts may come from a device; one that begins like a formula would be run as one (OWASP,
    CSV injection), so it gets an apostrophe in front.
    """
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, str) and value[:1] in {"=", "+", "-", "@", "\t", "\r"}:
        return f"'{value}"
    return value


@contextmanager
def _folder(path: Path) -> Iterator[OpenText]:
    path.mkdir(mode=0o700)

    def open_text(name: str) -> AbstractContextManager[TextIO]:
        return (path / name).open("w", encoding="utf-8", newline="")

    yield open_text


@contextmanager
def _archive(path: Path) -> Iterator[OpenText]:
    os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:

        @contextmanager
        def open_text(name: str) -> Iterator[TextIO]:
            with (
                archive.open(name, "w", force_zip64=True) as raw,
                io.TextIOWrapper(raw, encoding="utf-8", newline="") as file,
            ):
                yield file

        yield open_text


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
