"""The chain on disk: one SQLite file in which a block is either whole or absent.

A block, its receipts, the trie nodes and the code it made are written in one transaction with
``synchronous=FULL``: neither a kill nor a power cut leaves half a block or forgets a sealed one.
Validator keys are never stored.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from .header import BlockHeader
from .state import StagedNodes
from .trie import Node, decode_node

SCHEMA_VERSION = 1
_SCHEMA = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE blocks (
    number INTEGER PRIMARY KEY, hash BLOB NOT NULL UNIQUE, header BLOB NOT NULL,
    log_count INTEGER NOT NULL
);
CREATE TABLE transactions (
    hash BLOB PRIMARY KEY, block_number INTEGER NOT NULL, position INTEGER NOT NULL,
    raw BLOB NOT NULL, sender BLOB NOT NULL, receipt BLOB NOT NULL,
    gas_used INTEGER NOT NULL, first_log INTEGER NOT NULL
) WITHOUT ROWID;
CREATE UNIQUE INDEX transactions_by_block ON transactions (block_number, position);
CREATE TABLE nodes (hash BLOB PRIMARY KEY, encoded BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE codes (hash BLOB PRIMARY KEY, code BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE storage_holders (address BLOB PRIMARY KEY) WITHOUT ROWID;
"""
_TRANSACTION_COLUMNS = "hash, block_number, position, raw, sender, receipt, gas_used, first_log"
_CACHED_NODES = 40_000
"""Nodes kept decoded: some 60 MB at most, a few thousand slots' worth of hot paths."""


class StoreError(Exception):
    """The chain file cannot be used; the message is one clear sentence."""


@dataclass(frozen=True, slots=True)
class StoredTransaction:
    """A transaction in its block; ``receipt`` is the consensus encoding."""

    hash: bytes
    block_number: int
    position: int
    raw: bytes
    sender: bytes
    receipt: bytes
    gas_used: int
    first_log: int
    """Index in the block of the transaction's first log."""


@dataclass(frozen=True, slots=True)
class StoredBlock:
    """A sealed block; ``hash`` is the hash it is known by (without round and seals)."""

    header: BlockHeader
    hash: bytes
    transactions: tuple[StoredTransaction, ...] = ()
    log_count: int = 0

    @property
    def number(self) -> int:
        """Height of the block."""
        return self.header.number


class ChainStore:
    """Reads and writes the chain file; usable from any thread, one writer at a time."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._cache_lock = threading.Lock()
        self._nodes: dict[bytes, tuple[bytes, Node]] = {}
        self._codes: dict[bytes, bytes] = {}
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._db = sqlite3.connect(
                path, timeout=0.2, check_same_thread=False, isolation_level=None
            )
            self._prepare()
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode == sqlite3.SQLITE_BUSY:
                raise StoreError(
                    f"The chain file {path} is in use by another process; stop that one first."
                ) from error
            raise StoreError(_cannot_open(path, error)) from error
        except (sqlite3.Error, OSError) as error:
            raise StoreError(_cannot_open(path, error)) from error

    def _prepare(self) -> None:
        # Two writers on one chain would seal two blocks at one height.
        self._db.execute("PRAGMA locking_mode=EXCLUSIVE")
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=FULL")
        version = self._db.execute("PRAGMA user_version").fetchone()[0]
        if version == 0:
            self._db.executescript(f"BEGIN;{_SCHEMA}PRAGMA user_version={SCHEMA_VERSION};COMMIT;")
        elif version != SCHEMA_VERSION:
            self._db.close()
            raise StoreError(
                f"The chain file {self._path} has format {version}; this program reads format "
                f"{SCHEMA_VERSION}. Start with a new file."
            )

    def close(self) -> None:
        """Close the file; what was written stays."""
        with self._lock:
            self._db.close()

    def _rows(self, query: str, values: Sequence[object] = ()) -> list[tuple[object, ...]]:
        with self._lock, closing(self._db.execute(query, values)) as cursor:
            return cursor.fetchall()

    # --- state -----------------------------------------------------------------------------

    def encoded(self, node_hash: bytes) -> bytes:
        """Return a trie node's RLP. Raises KeyError when it is not held."""
        return self._held(node_hash)[0]

    def node(self, node_hash: bytes) -> Node:
        """Return a trie node. Raises KeyError when it is not held."""
        return self._held(node_hash)[1]

    def put(self, node_hash: bytes, encoded: bytes, node: Node) -> None:
        """Keep a node at hand; it becomes durable only with its block."""
        with self._cache_lock:
            if len(self._nodes) >= _CACHED_NODES:
                for old in list(islice(self._nodes, _CACHED_NODES // 4)):
                    del self._nodes[old]
            self._nodes[node_hash] = (encoded, node)

    def _held(self, node_hash: bytes) -> tuple[bytes, Node]:
        held = self._nodes.get(node_hash)
        if held is None:
            rows = self._rows("SELECT encoded FROM nodes WHERE hash = ?", (node_hash,))
            if not rows:
                raise KeyError(node_hash)
            encoded = _blob(rows[0][0])
            held = (encoded, decode_node(encoded))
            self.put(node_hash, *held)
        return held

    def code(self, code_hash: bytes) -> bytes:
        """Return contract code. Raises KeyError when it is not held."""
        code = self._codes.get(code_hash)
        if code is None:
            rows = self._rows("SELECT code FROM codes WHERE hash = ?", (code_hash,))
            if not rows:
                raise KeyError(code_hash)
            code = self._codes[code_hash] = _blob(rows[0][0])
        return code

    def storage_holders(self) -> frozenset[bytes]:
        """Return the accounts that ever had storage."""
        return frozenset(_blob(row[0]) for row in self._rows("SELECT address FROM storage_holders"))

    # --- blocks ----------------------------------------------------------------------------

    def write_block(
        self, block: StoredBlock, staged: StagedNodes, new_holders: Iterable[bytes]
    ) -> None:
        """Append a block with all it made, in one durable transaction."""
        with self._lock:
            try:
                self._db.execute("BEGIN IMMEDIATE")
                self._insert(block, staged, new_holders)
                self._db.execute("COMMIT")
            except sqlite3.Error as error:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise StoreError(
                    f"Block {block.number} could not be written to {self._path} ({error}); "
                    "check the disk. It was not sealed."
                ) from error
        for node_hash, (encoded, node) in staged.nodes.items():
            self.put(node_hash, encoded, node)

    def _insert(
        self, block: StoredBlock, staged: StagedNodes, new_holders: Iterable[bytes]
    ) -> None:
        database = self._db
        database.execute(
            "INSERT INTO blocks VALUES (?, ?, ?, ?)",
            (block.number, block.hash, block.header.encode(), block.log_count),
        )
        database.executemany(
            "INSERT INTO transactions VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            [
                (
                    *(t.hash, t.block_number, t.position, t.raw, t.sender, t.receipt),
                    *(t.gas_used, t.first_log),
                )
                for t in block.transactions
            ],
        )
        database.executemany(
            "INSERT OR IGNORE INTO nodes VALUES (?, ?)",
            [(node_hash, encoded) for node_hash, (encoded, _) in staged.nodes.items()],
        )
        database.executemany("INSERT OR IGNORE INTO codes VALUES (?, ?)", staged.codes.items())
        database.executemany(
            "INSERT OR IGNORE INTO storage_holders VALUES (?)", [(a,) for a in new_holders]
        )

    def chain_id(self) -> int | None:
        """Return the id of the chain the file holds, or None for a new file."""
        rows = self._rows("SELECT value FROM meta WHERE key = 'chain_id'")
        return _integer(rows[0][0]) if rows else None

    def set_chain_id(self, chain_id: int) -> None:
        """Say which chain the file holds."""
        self._rows("INSERT OR REPLACE INTO meta VALUES ('chain_id', ?)", (chain_id,))

    def head_number(self) -> int | None:
        """Return the height of the last block, or None for a new file."""
        value = self._rows("SELECT max(number) FROM blocks")[0][0]
        return value if isinstance(value, int) else None

    def block(self, number: int) -> StoredBlock | None:
        """Return a block with its transactions."""
        rows = self._rows("SELECT hash, header, log_count FROM blocks WHERE number = ?", (number,))
        if not rows:
            return None
        found = self._rows(
            f"SELECT {_TRANSACTION_COLUMNS} FROM transactions "  # noqa: S608 (fixed columns)
            "WHERE block_number = ? ORDER BY position",
            (number,),
        )
        block_hash, header, log_count = rows[0]
        return StoredBlock(
            header=BlockHeader.decode(_blob(header)),
            hash=_blob(block_hash),
            transactions=tuple(map(_transaction, found)),
            log_count=_integer(log_count),
        )

    def number_of(self, block_hash: bytes) -> int | None:
        """Return the height of the block with this hash."""
        rows = self._rows("SELECT number FROM blocks WHERE hash = ?", (block_hash,))
        return _integer(rows[0][0]) if rows else None

    def transaction(self, transaction_hash: bytes) -> StoredTransaction | None:
        """Return a transaction that is in a block."""
        rows = self._rows(
            f"SELECT {_TRANSACTION_COLUMNS} FROM transactions WHERE hash = ?",  # noqa: S608
            (transaction_hash,),
        )
        return _transaction(rows[0]) if rows else None

    def blocks_with_logs(self, first: int, last: int) -> Iterator[int]:
        """Yield the heights of blocks in a range (both ends included) that hold events."""
        rows = self._rows(
            "SELECT number FROM blocks WHERE number BETWEEN ? AND ? AND log_count > 0 "
            "ORDER BY number",
            (first, last),
        )
        yield from (_integer(row[0]) for row in rows)

    def hashes(self, first: int, last: int) -> tuple[bytes, ...]:
        """Return block hashes of a range (both ends included), oldest first."""
        rows = self._rows(
            "SELECT hash FROM blocks WHERE number BETWEEN ? AND ? ORDER BY number", (first, last)
        )
        return tuple(_blob(row[0]) for row in rows)

    def size_bytes(self) -> int:
        """Return the size of the database, without what is still in its log."""
        pages = self._rows("SELECT page_count * page_size FROM pragma_page_count, pragma_page_size")
        return _integer(pages[0][0])


def _cannot_open(path: Path, error: Exception) -> str:
    return f"The chain file {path} cannot be opened ({error}); check the path or remove the file."


def _transaction(row: Iterable[object]) -> StoredTransaction:
    tx_hash, number, position, raw, sender, receipt, gas_used, first_log = row
    return StoredTransaction(
        hash=_blob(tx_hash),
        block_number=_integer(number),
        position=_integer(position),
        raw=_blob(raw),
        sender=_blob(sender),
        receipt=_blob(receipt),
        gas_used=_integer(gas_used),
        first_log=_integer(first_log),
    )


def _blob(value: object) -> bytes:
    if not isinstance(value, bytes):
        raise StoreError("The chain file holds something else than bytes where bytes belong.")
    return value


def _integer(value: object) -> int:
    if not isinstance(value, int):
        raise StoreError("The chain file holds something else than a number where one belongs.")
    return value
