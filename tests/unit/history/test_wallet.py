"""What the owner sent is whole on disk, never exported with its bytes, and found by each hash."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from pathlib import Path

from peerwatt.history import History, SentTransaction, migrations
from peerwatt.history.wallet import MAX_AMOUNT_MICRO
from peerwatt.history.wallet_records import Movement, OwnerAttempt, OwnerIntent

FIRST = OwnerAttempt("0xa1", "send", "0xdead01", None, 10**20, 7, 1.0)
SECOND = OwnerAttempt("0xa2", "replace", "0xdead02", 10**19, 0, 0, 2.0, True)
INTENT = OwnerIntent("one", "0xme", 4, "Payment", "0xyou", -5, 1.0, (FIRST,))
MOVED = Movement("0xb1", 3, "0xme", 9, 5.0, "0xyou", 12, "transfer")


def test_intents_come_back_with_their_attempts(history: History) -> None:
    history.owner.put(INTENT)
    changed = replace(INTENT, attempts=(FIRST, SECOND))
    history.owner.put(changed)
    assert history.owner.open(0.0) == [changed]
    assert history.owner.of_hash("0xa2") == changed
    assert history.owner.of_hash("0xa3") is None
    assert history.owner.hashes() == {"0xa1", "0xa2"}
    done = replace(
        changed, state="final", mined_hash="0xa1", mined_block=7, mined_ok=False, fee_wei=10**20
    )
    history.owner.put(done)
    assert history.owner.open(0.0) == []
    assert history.owner.recent(5) == [done]
    assert history.owner.between(1.0, 1.5) == [done]
    assert history.owner.between(0.0, 1.0) == []


def test_dropped_intents_stay_open_for_a_while(history: History) -> None:
    dropped = replace(INTENT, state="dropped")
    history.owner.put(dropped)
    assert history.owner.open(1.0) == [dropped]
    assert history.owner.open(1.1) == []


def test_movements_are_kept_once(history: History) -> None:
    history.movements.put([MOVED, MOVED])
    history.movements.put([])
    huge = replace(MOVED, log_index=4, amount_micro=-(2**200))
    history.movements.put([huge])
    kept = replace(huge, amount_micro=-MAX_AMOUNT_MICRO)
    assert history.movements.recent(10) == [kept, MOVED]
    assert history.movements.between(0, 5.0) == []
    assert history.movements.between(5.0, 6.0) == [MOVED, kept]


def test_labels_are_set_and_taken_away(history: History) -> None:
    history.labels.set("0xa1", "Rent")
    history.labels.set("0xa1", "Rent for May")
    history.labels.set("settlement of interval 3", "Sunday")
    assert history.labels.all() == {"0xa1": "Rent for May", "settlement of interval 3": "Sunday"}
    history.labels.set("0xa1", "")
    assert set(history.labels.all()) == {"settlement of interval 3"}


def test_signed_bytes_are_not_exported_and_all_is_erased(history: History, tmp_path: Path) -> None:
    history.owner.put(INTENT)
    history.movements.put([MOVED])
    history.labels.set("0xa1", "Rent")
    folder = history.export_all(tmp_path / "out")
    assert "0xa1" in (folder / "owner_attempt.csv").read_text()
    assert "dead01" not in "".join(f.read_text() for f in folder.iterdir())
    history.erase_all()
    assert history.owner.hashes() == frozenset()
    assert history.movements.recent(1) == []
    assert history.labels.all() == {}


def test_a_file_of_the_first_schema_is_taken_over(path: Path) -> None:
    with_all = migrations.REVISIONS, migrations.HEAD
    try:
        migrations.REVISIONS = migrations.REVISIONS[:1]  # type: ignore[misc]
        migrations.HEAD = "0001"  # type: ignore[misc]
        History.open(path).close()
    finally:
        migrations.REVISIONS, migrations.HEAD = with_all  # type: ignore[misc]
    connection = sqlite3.connect(path)
    connection.execute(
        "INSERT INTO sent_transaction VALUES ('0x1', 10.5, 'Order', NULL, 'sent', NULL, 'agent')"
    )
    connection.commit()
    connection.close()
    history = History.open(path)
    assert history.transactions.open() == [SentTransaction("0x1", 10.5, "Order")]
    full = SentTransaction("0x2", 11.0, "Order", account="0xa", recipient="0xm", nonce=3)
    history.transactions.put(full)
    assert history.transactions.between(11.0, 12.0) == [full]
    history.close()
