"""Chain records, notices and small values come back; rings drop the oldest."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from peerwatt.history import (
    ClearedPrice,
    History,
    NoticeLevel,
    SentTransaction,
    TransactionParty,
    TransactionState,
)
from peerwatt.model.market import SettledInterval

SETTLED = SettledInterval(100, 500, 0, 300, 0, 180_000, -54_000, -60_000, -7, 8, -9, 10, True, 1)
SENT = SentTransaction("0x1", 10.5, "Placed an order", None)


def test_headers_keep_genesis_and_the_newest(path: Path) -> None:
    history = History.open(path)
    headers = [number.to_bytes(4, "big") for number in range(1500)]
    history.headers.append(headers[:1])
    for start in range(1, 1500, 100):
        history.headers.append(headers[start : start + 100])
    history.headers.append([])
    history.close()
    history = History.open(path)
    assert history.headers.load() == [headers[0], *headers[-1024:]]
    history.headers.clear()
    assert history.headers.load() == []
    history.headers.append([b"new"])
    assert history.headers.load() == [b"new"]
    history.close()


def test_transactions_are_replaced_by_hash(history: History) -> None:
    mined = replace(SENT, state=TransactionState.IN_BLOCK, block_number=12)
    other = SentTransaction(
        "0x2", 11.0, "Sent credits", -5, TransactionState.FINAL, 13, TransactionParty.OWNER
    )
    failed = SentTransaction("0x3", 12.0, "Offer", None, TransactionState.FAILED)
    for transaction in (SENT, mined, other, failed):
        history.transactions.put(transaction)
    assert history.transactions.get("0x1") == mined
    assert history.transactions.get("0x9") is None
    assert history.transactions.recent(2) == [failed, other]
    assert history.transactions.open() == [mined]


def test_settlements_and_prices_are_kept_by_interval(history: History) -> None:
    second = replace(SETTLED, interval=101, bought_wh=1)
    history.settlements.put([second, SETTLED])
    history.settlements.put([replace(SETTLED, trade_micro=-1)])
    history.settlements.put([])
    assert history.settlements.recent(0) == [replace(SETTLED, trade_micro=-1), second]
    assert history.settlements.recent(101) == [second]
    assert history.settlements.get(101) == second
    assert history.settlements.get(99) is None
    history.prices.put([ClearedPrice(2, 150_000, 900), ClearedPrice(1, 140_000, 0)])
    history.prices.put([ClearedPrice(2, 151_000, 900)])
    history.prices.put([])
    assert history.prices.recent(0) == [ClearedPrice(1, 140_000, 0), ClearedPrice(2, 151_000, 900)]
    assert history.prices.recent(2) == [ClearedPrice(2, 151_000, 900)]


def test_notices_are_a_ring_with_numbers_that_only_grow(history: History) -> None:
    added = [
        history.notices.add(float(index), NoticeLevel.WARNING, "roof", f"line {index}")
        for index in range(2100)
    ]
    assert [notice.notice_id for notice in added] == list(range(1, 2101))
    assert history.notices.latest(3) == added[-3:]
    assert history.notices.after(2098) == added[2098:]
    assert history.notices.after(2100) == []
    assert len(history.notices.after(0)) == 2000
    history.erase_all()
    assert history.notices.latest() == []
    assert history.notices.add(0.0, NoticeLevel.GOOD, "x", "y").notice_id == 2101


@pytest.mark.parametrize("value", [None, True, 3, 1.5, "ä", [1, [2]], {"a": {"b": None}}])
def test_values_come_back(history: History, value: object) -> None:
    history.meta.set("key", value)  # type: ignore[arg-type]
    assert history.meta.get("key", "default") == value
    assert history.meta.items() == {"key": value}
    history.meta.delete("key")
    history.meta.delete("key")
    assert history.meta.get("key", "default") == "default"


@pytest.mark.parametrize("value", [float("nan"), object(), {1, 2}])
def test_what_json_cannot_hold_is_refused(history: History, value: object) -> None:
    with pytest.raises(ValueError, match="JSON"):
        history.meta.set("key", value)  # type: ignore[arg-type]
