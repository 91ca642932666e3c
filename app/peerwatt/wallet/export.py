"""Transactions as a CSV file (RFC 4180) that a spreadsheet opens without running anything."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from .amounts import COIN_DECIMALS, format_units

HEADER = (
    "time_utc",
    "status",
    "block",
    "from",
    "to",
    "credits",
    "fee_coin",
    "what",
    "label",
    "transaction_hash",
)
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")


@dataclass(frozen=True, slots=True)
class TransactionRow:
    """One movement."""

    time_s: float
    status: str
    block_number: int | None
    sender: str
    recipient: str
    amount_micro: int | None
    """Credits, + received and - paid; ``None`` where no credits moved."""
    fee_wei: int | None
    what: str
    label: str
    transaction_hash: str


def transactions_csv(rows: Iterable[TransactionRow]) -> str:
    """Return the file's text: a header and one line a row, lines ended by CR LF."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(HEADER)
    for row in rows:
        writer.writerow(_cells(row))
    return out.getvalue()


def _cells(row: TransactionRow) -> tuple[str, ...]:
    amount = "" if row.amount_micro is None else format_units(row.amount_micro)
    fee = "" if row.fee_wei is None else format_units(row.fee_wei, COIN_DECIMALS, 0)
    return (
        f"{datetime.fromtimestamp(row.time_s, UTC):%Y-%m-%dT%H:%M:%SZ}",
        harmless(row.status),
        "" if row.block_number is None else str(row.block_number),
        harmless(row.sender),
        harmless(row.recipient),
        amount,
        fee,
        harmless(row.what),
        harmless(row.label),
        harmless(row.transaction_hash),
    )


def harmless(text: str) -> str:
    """Return a text that no spreadsheet takes for a formula; NULs are left out."""
    text = text.replace("\x00", "")
    return f"'{text}" if text.lstrip(" ").startswith(_FORMULA_STARTS) else text
