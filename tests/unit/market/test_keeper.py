"""Every duty is done whoever is away, in few steps, and hardly ever twice."""

from __future__ import annotations

import random
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from peerwatt.market.keeper import (
    Duty,
    DutyKind,
    KeeperTerms,
    SentDuties,
    acts_from_s,
    batches,
    choose,
    steps_before,
    turn_of,
    turn_order,
)

STEP_S = 20.0
TERMS = KeeperTerms(step_s=STEP_S)
DUE_S = 1_000_000.0


def duty(interval: int = 100, kind: DutyKind = DutyKind.CLEAR, subject: str = "1") -> Duty:
    return Duty(kind, subject, interval, 1, DUE_S, 300_000)


def names(count: int) -> list[str]:
    return [f"0x{number:040x}" for number in range(1, count + 1)]


class Community:
    """Keepers that look every ``look_s``; what one sends is proven ``seal_s`` later."""

    def __init__(self, alive: list[str], members: list[str], seal_s: float = 8.0) -> None:
        self.alive, self.members, self.seal_s = alive, members, seal_s
        self.sent = {one: SentDuties() for one in alive}
        self.sends: list[tuple[float, str, Duty]] = []

    def run(self, duties: list[Duty], until_s: float, look_s: float = 4.0) -> None:
        now_s = DUE_S
        while now_s <= until_s:
            done = {d.key for at_s, _, d in self.sends if at_s + self.seal_s <= now_s}
            undone = [d for d in duties if d.key not in done]
            for one in self.alive:
                book = self.sent[one]
                book.forget_done(undone)
                found = choose(undone, self.members, one, now_s, TERMS, book.at_s)
                book.note(found.duties, now_s)
                self.sends += [(now_s, one, d) for d in found.duties]
            now_s += look_s


@settings(max_examples=60)
@given(st.integers(1, 40), st.data())
def test_every_duty_is_done_with_any_subset_alive(count: int, data: st.DataObject) -> None:
    members = names(count)
    alive = data.draw(st.lists(st.sampled_from(members), min_size=1, unique=True))
    kinds = data.draw(st.lists(st.sampled_from(list(DutyKind)), min_size=1, max_size=4))
    duties = list({d.key: d for i, kind in enumerate(kinds) for d in [duty(i, kind)]}.values())
    street = Community(alive, members)
    last_s = DUE_S + steps_before(count) * STEP_S
    street.run(duties, last_s + STEP_S)
    for one in duties:
        sends = [(at_s, who) for at_s, who, d in street.sends if d == one]
        assert sends, f"{one} was never done"
        assert min(sends)[0] <= last_s
        first = min(turn_of(one, members, who) or 0 for who in alive)
        # Only those who share the step of the first one alive can have raced with it.
        assert {steps_before(turn_of(one, members, who) or 0) for _, who in sends} == {
            steps_before(first)
        }


def test_with_all_alive_each_duty_is_sent_once_by_the_first_in_turn() -> None:
    members = names(30)
    street = Community(members, members)
    duties = [duty(i) for i in range(50)]
    street.run(duties, DUE_S + 200)
    assert sorted(d.first_interval for _, _, d in street.sends) == list(range(50))
    assert all(at_s == DUE_S and turn_of(d, members, who) == 0 for at_s, who, d in street.sends)
    assert len({who for _, who, _ in street.sends}) > 15  # the work is spread


def test_two_thirds_away_cost_little_time_and_few_races() -> None:
    members = names(60)
    duties = [duty(i) for i in range(96)]
    street = Community(random.Random(4).sample(members, 20), members)
    street.run(duties, DUE_S + 400)
    firsts = [min(at_s for at_s, _, d in street.sends if d == one) - DUE_S for one in duties]
    assert max(firsts) <= steps_before(60) * STEP_S
    assert sum(firsts) / len(firsts) < 2 * STEP_S
    assert len(street.sends) < 1.7 * len(duties)


def test_a_thousand_keepers_wait_ten_steps_at_most() -> None:
    members = names(1000)
    one = duty()
    last = turn_order(one, members)[-1]
    turn = turn_of(one, members, last)
    assert turn == 999
    assert acts_from_s(one, turn, STEP_S) == DUE_S + 10 * STEP_S


@given(st.lists(st.sampled_from(names(12)), min_size=1), st.randoms())
def test_the_order_is_the_same_for_all_and_whatever_the_list(
    keepers: list[str], rng: random.Random
) -> None:
    mixed = [one.upper().replace("0X", "0x") for one in keepers]
    rng.shuffle(mixed)
    order = turn_order(duty(), keepers)
    assert turn_order(duty(), mixed) == order
    assert [turn_of(duty(), mixed, one) for one in order] == list(range(len(order)))


def test_a_growing_batch_keeps_its_turns() -> None:
    members = names(20)
    short = duty(kind=DutyKind.SETTLE)
    assert turn_order(short, members) == turn_order(replace(short, count=4, gas=9), members)


def test_a_stranger_has_no_turn() -> None:
    found = choose([duty()], names(3), "0x" + "f" * 40, DUE_S + 1e6, TERMS, {})
    assert found.duties == ()
    assert found.next_look_s is None


def test_own_transaction_is_waited_for_and_then_sent_again() -> None:
    me = names(1)
    sent = SentDuties()
    sent.note([duty()], DUE_S)
    again_s = DUE_S + TERMS.patience_steps * STEP_S
    early = choose([duty()], me, me[0], again_s - 1, TERMS, sent.at_s)
    assert (early.duties, early.next_look_s) == ((), again_s)
    assert choose([duty()], me, me[0], again_s, TERMS, sent.at_s).duties == (duty(),)
    sent.forget_done([])
    assert not sent.at_s


def test_order_within_a_transaction_is_that_of_the_contracts() -> None:
    me = names(1)
    undone = [duty(7, DutyKind.FINALISE, "0xb"), duty(7, DutyKind.SETTLE, "0xa"), duty(7), duty(6)]
    found = choose(undone, me, me[0], DUE_S, TERMS, {})
    assert found.duties == (duty(6), duty(7), undone[1], undone[0])


@given(st.integers(0, 40), st.integers(0, 10**13), st.integers(0, 3_000_000))
def test_gas_and_fee_are_never_exceeded(count: int, fee_wei: int, max_gas: int) -> None:
    me = names(1)
    undone = [duty(i) for i in range(count)]
    terms = KeeperTerms(STEP_S, gas_price_wei=1_000_000, fee_left_wei=fee_wei, max_gas=max_gas)
    found = choose(undone, me, me[0], DUE_S, terms, {})
    gas = sum(one.gas for one in found.duties)
    assert gas <= max_gas
    assert gas * terms.gas_price_wei <= fee_wei
    if found.dear == 0 and len(found.duties) < count and max_gas >= 300_000:
        assert found.next_look_s == DUE_S  # the rest comes with the next transaction
    free = choose(undone, me, me[0], DUE_S, replace(terms, gas_price_wei=0), {})
    assert free.dear == 0


@given(st.integers(0, 1000), st.integers(0, 300), st.integers(1, 96))
def test_batches_cover_all_and_are_cut_alike(first: int, length: int, size: int) -> None:
    cuts = batches(first, first + length, size)
    covered = [i for start, count in cuts for i in range(start, start + count)]
    assert covered == list(range(first, first + length))
    assert all(count <= size for _, count in cuts)
    assert all(start % size == 0 for start, _ in cuts[1:])
