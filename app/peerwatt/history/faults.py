"""Turns what SQLite says into one sentence for the owner: what is wrong, where, what to do."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy.exc import DBAPIError


class HistoryFault(OSError):
    """The history cannot be read or written; the message is one clear sentence."""


# Beginning of SQLite's error name -> what to say (https://www.sqlite.org/rescode.html).
_SENTENCES = (
    (
        ("SQLITE_NOTADB", "SQLITE_CORRUPT"),
        "The history file {path} is damaged; put back a copy of it, or move it away to start anew.",
    ),
    (("SQLITE_FULL",), "The disk that holds {path} is full; free some space on it."),
    (
        ("SQLITE_READONLY", "SQLITE_PERM", "SQLITE_AUTH"),
        "The history file {path} cannot be written; correct its permissions.",
    ),
    (
        ("SQLITE_CANTOPEN",),
        "The history file {path} cannot be opened; correct the permissions of its folder.",
    ),
    (
        ("SQLITE_BUSY", "SQLITE_LOCKED"),
        "Another program holds the history file {path}; close that program.",
    ),
    (
        ("SQLITE_IOERR",),
        "The disk that holds {path} fails to read or write; check it and keep a copy of the file.",
    ),
)


def fault_of(path: Path, error: sqlite3.Error) -> HistoryFault:
    """Return the fault that an error of SQLite means for the file at ``path``."""
    name = getattr(error, "sqlite_errorname", "")
    for beginnings, sentence in _SENTENCES:
        if name.startswith(beginnings):
            return HistoryFault(sentence.format(path=path))
    return HistoryFault(f"The history file {path} refused an operation ({error}).")


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """Raise HistoryFault in place of errors of SQLite."""
    try:
        yield
    except DBAPIError as error:
        if isinstance(error.orig, sqlite3.Error):
            raise fault_of(path, error.orig) from error
        raise
    except sqlite3.Error as error:
        raise fault_of(path, error) from error
