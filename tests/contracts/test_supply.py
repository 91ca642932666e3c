"""The automated supplier: fees from a prepaid balance, grace, suspension, switching."""

from __future__ import annotations

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from tests.contracts.conftest import Refused
from tests.contracts.village import DAY_S, STRANGER, Village, deploy_peer, name_hash

from peerwatt.market.supply import billed, chosen
from peerwatt.model.supply import Account, Offer, SupplyState

PERIOD_S, GRACE_S = 30 * DAY_S, 7 * DAY_S
FEE, WARN = 5_000_000, 2_000_000
NONE, ACTIVE, GRACE, SUSPENDED = range(4)


class SupplyVillage(Village):
    """With prepaid accounts and two competing suppliers; the clock is ten days into a period."""

    def __init__(self) -> None:
        super().__init__()
        self.purse = deploy_peer(self.chain, "Purse", self.credit.address)
        self.supply = self.chain.deploy("Supply", self.registry.address, self.purse.address)
        self.registry("publish", name_hash("Supply"), self.supply.address, by=self.community)
        self.allow(self.purse)
        self.home = self.homes[0]
        self.chain.time = (self.chain.time // PERIOD_S + 1) * PERIOD_S + 10 * DAY_S
        terms = (290_000, 80_000, FEE, WARN)
        self.cheap = self.supply("publish", 250_000, 60_000, FEE // 2, 0, by=self.rival)
        self.offer = self.supply("publish", *terms, by=self.supplier)
        self.reset = self.chain.snapshot()

    def deposit(self, amount: int) -> None:
        self.purse("deposit", amount, by=self.home)

    def held(self, account: str) -> int:
        return int(self.purse("accounts", account)[0])

    def next_period(self, days: int = 0) -> None:
        self.chain.time = (self.chain.time // PERIOD_S + 1) * PERIOD_S + days * DAY_S

    def may_buy(self) -> bool:
        return bool(self.registry("members", self.home)[2])

    def state(self) -> int:
        return int(self.supply("state", self.home))


@pytest.fixture(scope="module")
def built():
    return SupplyVillage()


@pytest.fixture
def village(built):
    built.reset()
    return built


def subscribed(village, funds):
    village.deposit(funds)
    village.supply("choose", village.offer, by=village.home)
    village.next_period()
    return village.supply("bill", village.home, by=STRANGER)


def test_an_offer_counts_from_the_next_period(village):
    village.deposit(FEE)
    first = village.supply("choose", village.offer, by=village.home)
    assert first == (village.chain.time // PERIOD_S + 1) * PERIOD_S // 900
    before = village.registry("terms_at", village.home, first - 1)
    after = village.registry("terms_at", village.home, first)
    assert before[1:3] == (300_037, 79_973)
    assert after[1:3] == (290_000, 80_000)
    assert after[3].lower() == village.supplier.lower()
    village.supply("bill", village.home, by=STRANGER)
    assert (village.held(village.home), village.state()) == (FEE, NONE)


def test_a_choice_in_the_last_two_days_begins_a_period_later(village):
    village.next_period(days=28)
    first = village.supply("choose", village.offer, by=village.home)
    assert first == (village.chain.time // PERIOD_S + 2) * PERIOD_S // 900
    village.next_period()
    village.supply("bill", village.home, by=STRANGER)
    assert village.state() == NONE
    village.next_period()
    assert village.supply("bill", village.home, by=STRANGER) == FEE
    assert village.state() == GRACE


def test_the_fee_is_drawn_once_a_period_by_anyone(village):
    assert subscribed(village, 3 * FEE) == 0
    village.supply("bill", village.home, by=STRANGER)
    assert (village.held(village.home), village.held(village.supplier)) == (2 * FEE, FEE)
    assert village.state() == ACTIVE
    village.next_period()
    village.next_period()
    village.supply("bill", village.home, by=STRANGER)
    assert (village.held(village.home), village.held(village.supplier)) == (0, 3 * FEE)


def test_a_low_balance_is_told(village):
    assert subscribed(village, FEE + WARN) == 0
    assert village.supply("is_low", village.home) is False
    village.purse("withdraw", 1, by=village.home)
    assert village.supply("is_low", village.home) is True
    village.supply("bill", village.home, by=STRANGER)
    assert ("LowBalance", WARN - 1) in [
        (name, event.get("available")) for name, event in village.supply.logs()
    ]


def test_grace_of_seven_days_then_suspended_until_paid(village):
    assert subscribed(village, FEE - 1) == 1
    unpaid = village.chain.time
    assert (village.state(), village.may_buy()) == (GRACE, True)
    assert village.supply("suspended_from_s", village.home) == unpaid + GRACE_S
    village.chain.time = unpaid + GRACE_S - 1
    village.supply("bill", village.home, by=STRANGER)
    assert (village.state(), village.may_buy()) == (GRACE, True)
    village.chain.time += 1
    assert village.state() == SUSPENDED
    village.supply("bill", village.home, by=STRANGER)
    assert village.may_buy() is False
    village.supply.refuses("pay what is due first", "choose", village.cheap, by=village.home)
    village.deposit(1)
    village.supply("bill", village.home, by=STRANGER)
    assert (village.state(), village.may_buy()) == (ACTIVE, True)
    assert village.supply("suspended_from_s", village.home) == 0


def test_a_member_switches_at_the_next_period(village):
    assert subscribed(village, 4 * FEE) == 0
    village.chain.time += 10 * DAY_S
    village.supply("choose", village.cheap, by=village.home)
    village.next_period()
    village.supply("bill", village.home, by=STRANGER)
    assert (village.held(village.supplier), village.held(village.rival)) == (FEE, FEE // 2)
    terms = village.registry("terms_at", village.home, village.chain.time // 900)
    assert terms[3].lower() == village.rival.lower()


def test_a_second_thought_replaces_a_choice_that_has_not_begun(village):
    village.deposit(FEE)
    village.supply("choose", village.offer, by=village.home)
    village.supply("choose", village.cheap, by=village.home)
    village.next_period()
    village.supply("bill", village.home, by=STRANGER)
    assert (village.held(village.supplier), village.held(village.rival)) == (0, FEE // 2)


def test_a_choice_just_after_another_began_is_refused_and_leaves_nothing(village):
    assert subscribed(village, 4 * FEE) == 0
    village.supply.refuses(
        "the last change is too recent", "choose", village.cheap, by=village.home
    )
    assert village.supply("subscriptions", village.home)[:2] == (village.offer, 0)


def test_a_closed_offer_keeps_its_members_but_takes_no_more(village):
    assert subscribed(village, 3 * FEE) == 0
    village.supply("close_offer", village.offer, by=village.supplier)
    reason = "no such offer is open"
    village.supply.refuses(reason, "choose", village.offer, by=village.homes[1])
    village.next_period()
    village.supply("bill", village.home, by=STRANGER)
    assert village.held(village.supplier) == 2 * FEE


def test_fees_are_drawn_in_the_market_that_counts(village):
    assert subscribed(village, FEE) == 0
    later = deploy_peer(village.chain, "Purse", village.credit.address)
    village.registry("publish", name_hash("Market"), later.address, by=village.community)
    village.allow(later)
    later("deposit", 2 * FEE, by=village.home)
    village.next_period()
    assert village.supply("bill", village.home, by=STRANGER) == 0
    assert later("accounts", village.supplier)[0] == FEE


def test_years_without_a_bill_are_caught_up_in_bounded_steps(village):
    subscribed(village, 30 * FEE)
    village.chain.time += 20 * PERIOD_S
    village.supply("bill", village.home, by=STRANGER)
    assert village.held(village.supplier) == 13 * FEE
    village.supply("bill", village.home, by=STRANGER)
    assert village.held(village.supplier) == 21 * FEE


def test_roles_and_bad_figures(village):
    supply = village.supply
    supply.refuses("only a supplier", "publish", 2, 1, 0, 0, by=village.home)
    supply.refuses("feed-in above retail", "publish", 1, 2, 0, 0, by=village.supplier)
    supply.refuses("fee out of range", "publish", 2, 1, 2**64, 0, by=village.supplier)
    supply.refuses("fee out of range", "publish", 2, 1, 0, 2**64, by=village.supplier)
    supply.refuses("only its supplier", "close_offer", village.offer, by=village.rival)
    supply.refuses("no such offer is open", "choose", 0, by=village.home)
    supply.refuses("no such offer is open", "choose", 99, by=village.home)
    with pytest.raises(Refused, match="not a member"):
        supply("choose", village.offer, by=STRANGER)
    assert supply("bill", STRANGER, by=STRANGER) == 0
    assert supply("state", STRANGER) == NONE


def test_a_pause_stops_choices_and_bills(village):
    village.pause("Supply")
    reason = "paused by the guardians"
    village.supply.refuses(reason, "choose", village.offer, by=village.home)
    village.supply.refuses(reason, "bill", village.home, by=STRANGER)
    village.supply.refuses(reason, "publish", 2, 1, 0, 0, by=village.supplier)


class SupplyMachine(RuleBasedStateMachine):
    """Deposits, choices, bills and time, against the app's own pure state machine."""

    village: SupplyVillage

    def __init__(self) -> None:
        super().__init__()
        self.village.reset()
        v = self.village
        self.offers = {
            v.cheap: Offer(v.cheap, v.rival, 250_000, 60_000, FEE // 2, 0),
            v.offer: Offer(v.offer, v.supplier, 290_000, 80_000, FEE, WARN),
        }
        self.account, self.available, self.since = Account(), 0, 0
        self.earned = {v.supplier: 0, v.rival: 0}

    @rule(amount=st.sampled_from([1, FEE // 2, FEE, 3 * FEE]))
    def deposit(self, amount) -> None:
        self.village.deposit(amount)
        self.available += amount

    @rule(days=st.sampled_from([1, 3, 7, 12, 30]))
    def wait(self, days) -> None:
        self.village.chain.time += days * DAY_S

    def bill_model(self) -> None:
        result = billed(self.account, self.offers, self.available, self.village.chain.time)
        self.account = result.account
        self.available -= sum(amount for _, amount in result.payments)
        for payee, amount in result.payments:
            self.earned[payee] += amount

    @rule()
    def bill(self) -> None:
        self.village.supply("bill", self.village.home, by=STRANGER)
        self.bill_model()

    def refusal(self, account: Account) -> str | None:
        """Why a choice is refused now, by the rules of supply and registry."""
        now = self.village.chain.time
        if account.due_micro:
            return "pay what is due first"
        if account.offer and account.unbilled_period <= now // PERIOD_S:
            return "bill the periods before first"
        is_standing = self.since <= now // 900 + 192
        if is_standing and self.since and self.since + 768 > now // 900:
            return "the last change is too recent"
        return None

    @rule(number=st.integers(0, 1))
    def choose(self, number) -> None:
        v = self.village
        offer, now = (v.cheap, v.offer)[number], v.chain.time
        account = billed(self.account, self.offers, self.available, now).account
        reason = self.refusal(account)
        if reason is not None:
            v.supply.refuses(reason, "choose", offer, by=v.home)
            return
        v.supply("choose", offer, by=v.home)
        self.bill_model()
        self.account = chosen(self.account, offer, now)
        self.since = self.account.next_period * PERIOD_S // 900

    @invariant()
    def same_account(self) -> None:
        v, account = self.village, self.account
        found = v.supply("subscriptions", v.home)
        assert found[:5] == (
            account.offer, account.next_offer, account.next_period, account.unbilled_period,
            account.due_micro,
        )  # fmt: skip
        assert found[6:] == (account.unpaid_since_s, account.is_suspended)
        assert v.held(v.home) == self.available
        assert {who: v.held(who) for who in self.earned} == self.earned
        state = account.state(v.chain.time)
        assert v.state() == list(SupplyState).index(state)
        assert v.may_buy() is not account.is_suspended


def test_any_order_of_steps(built):
    SupplyMachine.village = built
    run_state_machine_as_test(
        SupplyMachine, settings=settings(max_examples=4, stateful_step_count=20, deadline=None)
    )
