"""What the house remembers: SQLite (WAL) through SQLAlchemy, behind frozen records and ports."""

from .facade import History
from .faults import HistoryFault
from .records import (
    ClearedPrice,
    EnergyTotals,
    NoticeLevel,
    NoticeRecord,
    PowerColumns,
    PowerSample,
    RegisterReading,
    Retention,
    SentTransaction,
    TransactionParty,
    TransactionState,
)

__all__ = [
    "ClearedPrice",
    "EnergyTotals",
    "History",
    "HistoryFault",
    "NoticeLevel",
    "NoticeRecord",
    "PowerColumns",
    "PowerSample",
    "RegisterReading",
    "Retention",
    "SentTransaction",
    "TransactionParty",
    "TransactionState",
]
