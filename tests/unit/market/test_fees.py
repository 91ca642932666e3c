"""Orders go together when together they are worth their fee, wait, or stay out."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from peerwatt.market.fees import Candidate, FeeQuote, weigh

FEE = FeeQuote(1_000_000)  # a million gas costs 1.00; one order 6 ct, each more 1 ct


def candidates(*gains: float, last_call_s: float = 100.0) -> list[Candidate]:
    return [Candidate(10 + i, gain, last_call_s + 900 * i) for i, gain in enumerate(gains)]


def test_a_fee_is_that_of_the_transaction_and_its_orders_rounded_up() -> None:
    assert FEE.cost_micro(0) == 0
    assert FEE.cost_micro(1) == 60_000
    assert FEE.cost_micro(96) == 1_010_000
    assert FeeQuote(1).cost_micro(1) == 1
    assert FEE.each_micro == 10_000


def test_what_cannot_wait_takes_the_others_along() -> None:
    found = weigh(candidates(50_000, 20_000, 30_000), FEE, 0, 100)
    assert (found.send, found.wait, found.drop) == ((10, 11, 12), (), ())
    assert found.fee_micro == 80_000
    assert found.sentence == "3 orders for a fee of 8.00 ct, to gain about 10.00 ct."


def test_without_haste_orders_wait_for_company() -> None:
    found = weigh(candidates(50_000, 20_000, last_call_s=2_000), FEE, 0, 900)
    assert (found.send, found.wait, found.drop) == ((), (10, 11), ())


def test_it_stays_out_where_the_fee_exceeds_the_gain() -> None:
    found = weigh(candidates(30_000, 20_000), FEE, 0, 100)
    assert (found.send, found.wait, found.drop) == ((), (11,), (10,))
    assert found.sentence.startswith("Stays out: the fee of 6.00 ct")
    found = weigh(candidates(90_000, 9_000), FEE, 0, 100)
    assert (found.send, found.drop) == ((10,), (11,))


def test_without_a_fee_everything_goes_at_once() -> None:
    found = weigh(candidates(1, 0, last_call_s=9_999), FeeQuote(0), 0, 0)
    assert (found.send, found.drop, found.fee_micro) == ((10, 11), (), 0)
    assert weigh([], FeeQuote(0), 0, 0).send == ()


@given(
    st.lists(st.tuples(st.floats(0, 200_000), st.floats(0, 5_000)), max_size=12),
    st.integers(0, 3_000_000),
    st.floats(0, 5_000),
)
def test_nothing_is_sent_at_a_loss_and_every_order_has_one_fate(drawn, price, look) -> None:
    given_ = [Candidate(i, gain, at) for i, (gain, at) in enumerate(drawn)]
    fee = FeeQuote(price)
    found = weigh(given_, fee, 0.0, look)
    assert sorted((*found.send, *found.wait, *found.drop)) == list(range(len(given_)))
    gain = sum(given_[i].gain_micro for i in found.send)
    assert not found.send or gain > fee.cost_micro(len(found.send)) or fee.cost_micro(1) == 0
    assert found.fee_micro == fee.cost_micro(len(found.send))
    assert all(given_[i].gain_micro > fee.each_micro or not price for i in found.send)
    assert all(given_[i].last_call_s > look for i in found.wait)
