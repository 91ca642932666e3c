"""The notary tells who showed a hash first and when, and forgets nobody."""

from __future__ import annotations

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from tests.contracts.conftest import Chain, Refused
from tests.contracts.village import NOBODY, text_hash

WHO = ["0x" + f"{number:02x}" * 20 for number in (0x11, 0x22, 0x33)]


@pytest.fixture
def notary():
    return Chain().deploy("Notary")


def test_the_first_and_each_later_one_are_on_record(notary):
    file, start = text_hash("twin log"), notary.chain.time
    assert notary("proof", file) == (NOBODY, 0)
    notary("notarise", file, by=WHO[0])
    notary.chain.time += 60
    notary("notarise", file, by=WHO[1])
    assert notary("proof", file) == (WHO[0], start)
    assert notary("shown_s", WHO[1], file) == start + 60
    assert notary.logs()[0][1]["time_s"] == start + 60


def test_nothing_is_recorded_twice_or_empty(notary):
    files = [text_hash(f"file {i}") for i in range(64)]
    notary("notarise_many", files, by=WHO[0])
    notary.refuses("already notarised", "notarise", files[63], by=WHO[0])
    notary.refuses("already notarised", "notarise_many", [text_hash("n")] * 2, by=WHO[0])
    notary.refuses("the hash is empty", "notarise", bytes(32), by=WHO[0])
    assert notary("proof", text_hash("n")) == (NOBODY, 0)
    with pytest.raises(Refused):
        notary("notarise_many", [text_hash(f"more {i}") for i in range(65)], by=WHO[0])


class NotaryMachine(RuleBasedStateMachine):
    """Any order of showing, against two dictionaries."""

    def __init__(self) -> None:
        super().__init__()
        self.notary = Chain().deploy("Notary")
        self.first: dict[bytes, tuple[str, int]] = {}
        self.shown: dict[tuple[str, bytes], int] = {}

    @rule(
        who=st.sampled_from(WHO),
        files=st.lists(st.integers(0, 9), max_size=4),
        later=st.integers(0, 1000),
    )
    def show(self, who, files, later) -> None:
        self.notary.chain.time += later
        now, hashes = self.notary.chain.time, [text_hash(f"{number}") for number in files]
        if len(set(files)) < len(files) or any((who, file) in self.shown for file in hashes):
            self.notary.refuses("already notarised", "notarise_many", hashes, by=who)
            return
        self.notary("notarise_many", hashes, by=who)
        for file in hashes:
            self.shown[who, file] = now
            self.first.setdefault(file, (who, now))

    @invariant()
    def same_records(self) -> None:
        for (who, file), time_s in self.shown.items():
            assert self.notary("shown_s", who, file) == time_s
            assert self.notary("proof", file) == self.first[file]


def test_any_order_of_showing():
    run_state_machine_as_test(
        NotaryMachine, settings=settings(max_examples=3, stateful_step_count=10, deadline=None)
    )
