from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from peerwatt.engine.owner_wallet.convert import as_pending, stored_attempt, with_outcome
from peerwatt.history.wallet_records import OwnerIntent
from peerwatt.wallet.fees import bump
from peerwatt.wallet.pending import (
    Attempt,
    Intent,
    Mined,
    Observation,
    PendingSet,
    Purpose,
    State,
    add,
    drop,
    observe,
    substitute,
    why_stuck,
)
from peerwatt.wallet.secret import WalletFault
from peerwatt.wallet.signer import Fees

FEES = Fees(None, max_fee_wei=100, tip_wei=10)


def attempt(
    name: str, purpose: Purpose = Purpose.SEND, fees: Fees = FEES, sent_s: float = 0
) -> Attempt:
    return Attempt(f"hash-{name}", f"raw-{name}", purpose, fees, sent_s)


def sent(*names: str) -> PendingSet:
    pending = PendingSet(head_nonce=5)
    for name in names:
        pending = add(pending, name, pending.next_nonce, name, attempt(name))
    return pending


def seen(head: int, final: int, final_block: int, *mined: Mined) -> Observation:
    return Observation(head, final, final_block, {one.transaction_hash: one for one in mined})


def test_from_sent_over_in_block_to_final() -> None:
    pending = sent("a", "b")
    assert [one.transaction_hash for one in pending.to_send_again] == ["hash-a", "hash-b"]
    assert pending.next_nonce == 7
    mined = Mined("hash-a", 100, True)
    pending = observe(pending, seen(6, 5, 98, mined))
    assert pending.get("a").words == "done, in block 100"
    assert [one.transaction_hash for one in pending.to_send_again] == ["hash-b"]
    back = observe(pending, seen(5, 5, 98))
    assert (back.get("a").state, back.next_nonce) == (State.SENT, 7)
    pending = observe(pending, seen(6, 6, 100, mined))
    assert pending.get("a").words == "done, final in block 100"
    assert observe(pending, seen(6, 6, 101)).get("a") == pending.get("a")


def test_failed_cancelled_and_replaced() -> None:
    pending = sent("a", "b", "c")
    cancellation = attempt("a2", Purpose.CANCEL, bump(FEES))
    pending = substitute(pending, "a", 5, cancellation)
    found = (Mined("hash-a2", 9, True), Mined("hash-b", 9, False))
    pending = observe(pending, seen(8, 8, 9, *found))
    assert pending.get("a").was_cancelled
    assert pending.get("a").words == "cancelled, final in block 9"
    assert pending.get("b").words == "failed, final in block 9"
    assert pending.get("c").state is State.REPLACED
    assert pending.next_nonce == 8


def test_a_nonce_used_by_a_stranger_counts_only_once_final() -> None:
    pending = observe(sent("a"), seen(6, 5, 9))
    assert pending.get("a").state is State.SENT
    assert pending.next_nonce == 6
    assert observe(pending, seen(6, 6, 10)).get("a").state is State.REPLACED


def test_a_replacement_pays_more_and_keeps_the_nonce() -> None:
    pending = sent("a")
    dearer = attempt("a2", Purpose.REPLACE, bump(FEES))
    for nonce, one, words in (
        (5, attempt("x", Purpose.REPLACE, FEES), "10 %"),
        (5, attempt("x", Purpose.REPLACE, Fees(None, 110, 10)), "10 %"),
        (6, dearer, "nonce"),
        (5, attempt("x", Purpose.SEND, bump(FEES)), "nonce"),
    ):
        with pytest.raises(WalletFault, match=words):
            substitute(pending, "a", nonce, one)
    pending = substitute(pending, "a", 5, dearer)
    assert pending.to_send_again == (dearer,)
    # The first attempt may still win.
    pending = observe(pending, seen(6, 5, 0, Mined("hash-a", 3, True)))
    assert pending.get("a").words == "done, in block 3"
    with pytest.raises(WalletFault, match="cannot be replaced"):
        substitute(pending, "a", 5, attempt("a3", Purpose.CANCEL, bump(bump(FEES))))
    with pytest.raises(WalletFault, match="cannot be dropped"):
        drop(pending, "a")


def test_what_is_dropped_frees_its_nonce_and_may_come_back() -> None:
    pending = drop(sent("a", "b"), "a")
    assert pending.next_nonce == 5
    assert "nonce 5" in (why_stuck(pending, pending.get("b"), 0) or "")
    pending = add(pending, "c", 5, "c", attempt("c"))
    pending = observe(pending, seen(7, 7, 9, Mined("hash-a", 8, True), Mined("hash-b", 8, True)))
    assert pending.get("a").state is State.FINAL
    assert pending.get("c").state is State.REPLACED


def test_adding_is_repeatable_and_strict() -> None:
    pending = sent("a")
    assert add(pending, "a", 5, "a", attempt("a")) == pending
    with pytest.raises(WalletFault, match="Another transaction"):
        add(pending, "a", 6, "a", attempt("other"))
    for nonce in (4, 5, 7):
        with pytest.raises(WalletFault, match="next nonce is 6"):
            add(pending, "b", nonce, "b", attempt("b"))
    with pytest.raises(WalletFault, match="no such"):
        pending.get("z")


def test_why_something_is_stuck() -> None:
    pending = sent("a")
    one = pending.get("a")
    assert why_stuck(pending, one, 10, base_fee_wei=100) is None
    assert "below what the chain asks" in (why_stuck(pending, one, 10, base_fee_wei=101) or "")
    assert "five minutes" in (why_stuck(pending, one, 301) or "")
    done = observe(pending, seen(6, 5, 0, Mined("hash-a", 1, True)))
    assert why_stuck(done, done.get("a"), 999) is None


def stored(intent: Intent) -> OwnerIntent:
    """Return an intent as the engine keeps it."""
    attempts = tuple(stored_attempt(one) for one in intent.attempts)
    row = OwnerIntent(intent.intent_id, "", intent.nonce, intent.what, "", None, 0.0, attempts)
    return with_outcome(row, intent, None)


@dataclass
class Chain:
    """A chain that includes what it gets in nonce order, and may lose its newest blocks."""

    blocks: list[list[tuple[int, str]]] = field(default_factory=list)
    final: int = 0

    def nonce(self, until: int | None = None) -> int:
        return sum(len(block) for block in self.blocks[:until])

    def observation(self) -> Observation:
        mined = {
            name: Mined(name, number, True)
            for number, block in enumerate(self.blocks, 1)
            for _, name in block
        }
        return Observation(self.nonce(), self.nonce(self.final), self.final, mined)


class Machine(RuleBasedStateMachine):
    """Any order of sends, replacements, drops, blocks, strangers and reorgs."""

    def __init__(self) -> None:
        super().__init__()
        self.pending, self.chain = PendingSet(), Chain()
        self.mempool: dict[str, int] = {}
        self.count = 0

    def _attempt(self, purpose: Purpose, fees: Fees, nonce: int) -> Attempt:
        self.count += 1
        self.mempool[f"hash-{self.count}"] = nonce
        return attempt(str(self.count), purpose, fees)

    @rule()
    def send(self) -> None:
        nonce = self.pending.next_nonce
        living = {i.nonce for i in self.pending.intents if i.state in ("sent", "in block")}
        assert nonce not in living
        assert set(range(self.pending.head_nonce, nonce)) <= living | {
            i.nonce for i in self.pending.intents if i.state == "final"
        }, "a nonce was skipped"
        one = self._attempt(Purpose.SEND, FEES, nonce)
        self.pending = add(self.pending, f"i{self.count}", nonce, "", one)

    @rule(pick=st.integers(0, 50), purpose=st.sampled_from([Purpose.REPLACE, Purpose.CANCEL]))
    def replace(self, pick: int, purpose: Purpose) -> None:
        waiting = [i for i in self.pending.intents if i.state is State.SENT]
        if waiting:
            one = waiting[pick % len(waiting)]
            more = self._attempt(purpose, bump(one.latest.fees), one.nonce)
            self.pending = substitute(self.pending, one.intent_id, one.nonce, more)

    @rule(pick=st.integers(0, 50))
    def give_up(self, pick: int) -> None:
        waiting = [i for i in self.pending.intents if i.state is State.SENT]
        if waiting:
            self.pending = drop(self.pending, waiting[pick % len(waiting)].intent_id)

    @rule(picks=st.lists(st.integers(0, 9), max_size=4), stranger=st.booleans())
    def block(self, picks: list[int], stranger: bool) -> None:
        block: list[tuple[int, str]] = []
        for pick in picks:
            nonce = self.chain.nonce() + len(block)
            ready = [name for name, one in self.mempool.items() if one == nonce]
            if ready:
                block.append((nonce, ready[pick % len(ready)]))
        if stranger:
            nonce = self.chain.nonce() + len(block)
            block.append((nonce, f"stranger-{self.count}-{nonce}"))
        self.chain.blocks.append(block)
        self.pending = observe(self.pending, self.chain.observation())

    @rule()
    def finalise(self) -> None:
        self.chain.final = len(self.chain.blocks)
        self.pending = observe(self.pending, self.chain.observation())

    @precondition(lambda self: len(self.chain.blocks) > self.chain.final)
    @rule(depth=st.integers(1, 3))
    def reorg(self, depth: int) -> None:
        keep = max(len(self.chain.blocks) - depth, self.chain.final)
        del self.chain.blocks[keep:]
        self.pending = observe(self.pending, self.chain.observation())

    @invariant()
    def at_most_one_intent_of_a_nonce_happens(self) -> None:
        happened = Counter(i.nonce for i in self.pending.intents if i.mined is not None)
        assert all(count == 1 for count in happened.values())

    @invariant()
    def it_survives_storage(self) -> None:
        rows = [stored(one) for one in self.pending.intents]
        assert as_pending(rows, self.pending.head_nonce) == self.pending

    @invariant()
    def states_say_what_the_chain_holds(self) -> None:
        receipts = self.chain.observation().receipts
        for one in self.pending.intents:
            mined = [a for a in one.attempts if a.transaction_hash in receipts]
            assert (one.mined is not None) == bool(mined)
            assert (one.state in (State.IN_BLOCK, State.FINAL)) == bool(mined)


TestMachine = Machine.TestCase
TestMachine.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
