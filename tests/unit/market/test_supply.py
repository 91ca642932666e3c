"""The supplier's rule: fees, grace, suspension and what the owner is told."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from peerwatt.market.supply import MAX_PERIODS, advice, billed, chosen, first_period
from peerwatt.model.supply import GRACE_S, PERIOD_S, Account, Offer, SupplyState

BASIC = Offer(1, "0xaa", 300_000, 80_000, 5_000_000, 2_000_000)
CHEAP = Offer(2, "0xbb", 250_000, 60_000, 2_000_000, 0)
OFFERS = {1: BASIC, 2: CHEAP}
START_S = 700 * PERIOD_S + 86_400


def subscribed(offer: int = 1) -> Account:
    return chosen(Account(), offer, START_S)


def test_the_first_fee_is_due_with_the_first_period():
    account = subscribed()
    assert billed(account, OFFERS, 10**9, START_S).payments == ()
    bill = billed(account, OFFERS, 10**9, START_S + PERIOD_S)
    assert bill.payments == (("0xaa", 5_000_000),)
    assert bill.account.state(START_S + PERIOD_S) is SupplyState.ACTIVE


def test_a_choice_late_in_a_period_skips_one():
    end_s = 701 * PERIOD_S
    assert first_period(end_s - 3 * 86_400) == 701
    assert first_period(end_s - 2 * 86_400) == 702


def test_grace_ends_after_seven_days_and_payment_resumes():
    unpaid_s = START_S + PERIOD_S
    account = billed(subscribed(), OFFERS, 4_999_999, unpaid_s).account
    assert account.due_micro == 1
    assert account.state(unpaid_s + GRACE_S - 1) is SupplyState.GRACE
    assert account.state(unpaid_s + GRACE_S) is SupplyState.SUSPENDED
    account = billed(account, OFFERS, 0, unpaid_s + GRACE_S).account
    assert account.is_suspended
    bill = billed(account, OFFERS, 1, unpaid_s + GRACE_S + 5)
    assert bill.payments == (("0xaa", 1),)
    assert bill.account.state(unpaid_s + GRACE_S + 5) is SupplyState.ACTIVE
    assert not bill.account.is_suspended


def test_switching_pays_each_supplier_for_its_own_periods():
    account = billed(subscribed(), OFFERS, 10**9, START_S + PERIOD_S).account
    account = chosen(account, 2, START_S + PERIOD_S)
    bill = billed(account, OFFERS, 10**9, START_S + 3 * PERIOD_S)
    assert bill.payments == (("0xbb", 2_000_000), ("0xbb", 2_000_000))
    assert bill.account.offer == 2


def test_a_long_silence_is_caught_up_in_steps():
    bill = billed(subscribed(), OFFERS, 10**12, START_S + 40 * PERIOD_S)
    assert len(bill.payments) == MAX_PERIODS


@settings(max_examples=60)
@given(st.integers(0, 60_000_000), st.lists(st.integers(1, 40), max_size=6), st.integers(1, 2))
def test_what_is_paid_and_due_is_what_was_billed(available, days, offer):
    account, now, paid = subscribed(offer), START_S, 0
    for wait in days:
        now += wait * 86_400
        bill = billed(account, OFFERS, available - paid, now)
        account = bill.account
        paid += sum(amount for _, amount in bill.payments)
    periods = account.unbilled_period - subscribed().unbilled_period
    assert paid + account.due_micro == periods * OFFERS[offer].monthly_fee_micro
    assert paid <= available
    assert (account.unpaid_since_s == 0) == (account.due_micro == 0)


def test_the_owner_is_told_what_it_means_and_what_to_do():
    unpaid_s = START_S + PERIOD_S
    assert advice(Account(), None, 0, START_S).state is SupplyState.NONE
    account = billed(subscribed(), OFFERS, 10**9, unpaid_s).account
    assert advice(account, BASIC, 2_000_000, unpaid_s).action == ""
    low = advice(account, BASIC, 500_000, unpaid_s)
    assert low.action == "Deposit 1.50 credits to be on the safe side."
    account = billed(subscribed(), OFFERS, 2_000_000, unpaid_s).account
    grace = advice(account, BASIC, 0, unpaid_s + 5)
    assert (grace.state, grace.until_s) == (SupplyState.GRACE, unpaid_s + GRACE_S)
    assert "3.00" in grace.action
    suspended = advice(account, BASIC, 0, unpaid_s + GRACE_S)
    assert suspended.state is SupplyState.SUSPENDED
    assert "The power stays on" in suspended.meaning
    assert suspended.action.startswith("Deposit at least 3.00 credits")
