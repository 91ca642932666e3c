"""Parts of settled intervals and whole clearings: kept by place, given up with their block."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from peerwatt.history.facade import History
from peerwatt.history.records import PartKind, SettledPart
from peerwatt.model.market import Clearing, SettledInterval

HASH = "0x" + "ab" * 32
PART = SettledPart(7, PartKind.SETTLED, 40, 2, HASH, 1_000, 0, 600, 0, -120_000, -90_000)
LATER = SettledPart(7, PartKind.FINAL, 90, 0, HASH, accuracy_micro=-357)


@pytest.fixture
def history(tmp_path: Path) -> Any:
    made = History.open(tmp_path / "history.sqlite")
    yield made
    made.close()


def test_parts_come_back_in_the_order_of_the_chain(history: History) -> None:
    store = history.outcomes
    store.put([LATER, PART, replace(PART, interval=8, is_estimated=True)])
    store.put([PART])
    store.put([])
    assert store.of([7, 9]) == {7: [PART, LATER], 9: []}
    assert store.of([8])[8][0].is_estimated is True
    assert len(store.of(range(2_000))) == 2_000


def test_progress_only_counts_once_it_is_noted(history: History, tmp_path: Path) -> None:
    assert history.outcomes.next_block() == 0
    history.outcomes.put([PART])
    assert history.outcomes.next_block() == 0
    history.outcomes.advance(91)
    history.close()
    again = History.open(tmp_path / "history.sqlite")
    assert again.outcomes.next_block() == 91
    assert again.outcomes.of([7])[7] == [PART]
    again.close()


def test_given_up_blocks_take_their_parts_and_the_progress(history: History) -> None:
    store = history.outcomes
    store.put([PART, LATER, replace(LATER, interval=8)])
    store.advance(100)
    assert store.forget(90) == [7, 8]
    assert store.of([7, 8]) == {7: [PART], 8: []}
    assert store.next_block() == 90
    assert store.forget(95) == []
    assert store.next_block() == 90


def test_settled_intervals_can_be_dropped_one_by_one(history: History) -> None:
    rows = [SettledInterval(i, 0, 0, 5, 0, 1, 2, 3) for i in (1, 2, 3)]
    history.settlements.put(rows)
    history.settlements.drop([1, 3])
    history.settlements.drop([])
    assert history.settlements.recent(0) == [rows[1]]


def test_clearings_are_whole_and_by_book(history: History) -> None:
    own = Clearing(7, 187_500, 1_074, 200, 55, 1_074, 1_250, 900, 901)
    history.clearings.put([(1, replace(own, volume_wh=1)), (0, own)])
    history.clearings.put([(0, replace(own, interval=9))])
    history.clearings.put([])
    assert history.clearings.recent(7) == [
        (0, own),
        (1, replace(own, volume_wh=1)),
        (0, replace(own, interval=9)),
    ]
    history.clearings.forget(8)
    assert [c.interval for _, c in history.clearings.recent(0)] == [7, 7]
