"""Minting takes two treasurers; a redemption is paid out and burned, or goes back to its member."""

from __future__ import annotations

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from tests.contracts.conftest import Refused
from tests.contracts.village import DAY_S, FUNDS, NOBODY, STRANGER, Village, deploy_peer, text_hash

PAID = text_hash("bank statement 17")


@pytest.fixture(scope="module")
def built():
    return Village()


@pytest.fixture
def village(built):
    built.reset()
    return built


def test_an_issue_takes_two_persons(village):
    home, treasury = village.homes[0], village.treasury
    number = treasury("propose_mint", home, 500, PAID, by=village.ann)
    assert village.balance(home) == FUNDS
    treasury.refuses("a second treasurer must confirm", "confirm_mint", number, by=village.ann)
    treasury.refuses("only a treasurer", "confirm_mint", number, by=village.community)
    treasury("confirm_mint", number, by=village.bob)
    assert village.balance(home) == FUNDS + 500
    treasury.refuses("no such proposal", "confirm_mint", number, by=village.bob)


def test_a_payment_counts_once(village):
    home, treasury = village.homes[0], village.treasury
    one = treasury("propose_mint", home, 500, PAID, by=village.ann)
    two = treasury("propose_mint", home, 500, PAID, by=village.bob)
    treasury("confirm_mint", one, by=village.bob)
    treasury.refuses("the reference is used", "confirm_mint", two, by=village.ann)
    treasury.refuses("the reference is used", "propose_mint", home, 5, PAID, by=village.ann)


def test_a_proposal_lapses_or_is_cancelled_and_its_reference_stays_free(village):
    home, treasury = village.homes[0], village.treasury
    number = treasury("propose_mint", home, 500, PAID, by=village.ann)
    village.chain.time += 7 * DAY_S
    late = village.chain.snapshot()
    village.chain.time += 1
    treasury.refuses("the proposal has lapsed", "confirm_mint", number, by=village.bob)
    late()
    treasury.refuses("only a treasurer", "cancel_mint", number, by=home)
    treasury("cancel_mint", number, by=village.bob)
    treasury.refuses("no such proposal", "confirm_mint", number, by=village.bob)
    again = treasury("propose_mint", home, 500, PAID, by=village.bob)
    treasury("confirm_mint", again, by=village.ann)
    assert village.balance(home) == FUNDS + 500


def test_who_lost_the_role_neither_proposes_nor_counts(village):
    home, treasury = village.homes[0], village.treasury
    number = treasury("propose_mint", home, 500, PAID, by=village.ann)
    village.registry("set_role", village.ann, 0, by=village.community)
    treasury.refuses("the proposer is no treasurer now", "confirm_mint", number, by=village.bob)
    treasury.refuses("only a treasurer", "propose_mint", home, 1, PAID, by=village.ann)


def test_nothing_mints_past_the_treasury(village):
    for account in (village.ann, village.community, village.homes[0]):
        village.credit.refuses("only the treasury mints", "mint", account, 1, by=account)


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ((NOBODY, 1, PAID), "no account to mint to"),
        ((STRANGER, 0, PAID), "the amount is zero"),
        ((STRANGER, 1, bytes(32)), "the issue has no reference"),
    ],
)
def test_bad_proposals_are_refused(village, arguments, reason):
    village.treasury.refuses(reason, "propose_mint", *arguments, by=village.ann)


def test_the_largest_issue_does_not_wrap(village):
    home, treasury = village.homes[0], village.treasury
    total = village.credit("totalSupply")
    number = treasury("propose_mint", home, 2**256 - total, PAID, by=village.ann)
    with pytest.raises(Refused, match="Revert"):
        treasury("confirm_mint", number, by=village.bob)
    assert village.credit("totalSupply") == total


def test_a_redemption_is_locked_paid_and_burned(village):
    home, treasury = village.homes[0], village.treasury
    supply = village.credit("totalSupply")
    number = village.credit("redeem", 700, PAID, by=home)
    assert village.balance(home) == FUNDS - 700
    assert village.balance(treasury.address) == 700
    treasury.refuses("only a treasurer", "redeemed", number, by=village.community)
    treasury("redeemed", number, by=village.ann)
    assert village.credit("totalSupply") == supply - 700
    treasury.refuses("nothing is locked", "redeemed", number, by=village.bob)
    village.chain.time += 15 * DAY_S
    treasury.refuses("nothing is locked", "reclaim", number, by=home)


def test_what_is_not_paid_in_time_goes_back_to_its_member_only(village):
    home, other, *_ = village.homes
    treasury = village.treasury
    number = village.credit("redeem", 700, PAID, by=home)
    treasury.refuses("the treasury still has time to pay", "reclaim", number, by=home)
    village.chain.time += 14 * DAY_S
    treasury.refuses("only the member", "reclaim", number, by=other)
    treasury("reclaim", number, by=home)
    assert village.balance(home) == FUNDS
    treasury.refuses("nothing is locked", "reclaim", number, by=home)
    treasury.refuses("nothing is locked", "redeemed", number, by=village.ann)


def test_bad_redemptions_are_refused(village):
    home = village.homes[0]
    village.credit.refuses("balance too low", "redeem", FUNDS + 1, PAID, by=home)
    village.credit.refuses("the amount is zero", "redeem", 0, PAID, by=home)
    village.treasury.refuses("only the credit", "lock", home, 5, PAID, by=home)
    village.credit("transfer", village.ann, 9, by=home)
    own = village.credit("redeem", 9, PAID, by=village.ann)
    village.treasury.refuses("another treasurer must pay", "redeemed", own, by=village.ann)


def test_a_pause_stops_issues_never_the_way_out(village):
    home, treasury = village.homes[0], village.treasury
    waiting = treasury("propose_mint", home, 1, PAID, by=village.ann)
    village.pause("Treasury")
    paused = "paused by the guardians"
    treasury.refuses(paused, "propose_mint", home, 1, text_hash("x"), by=village.ann)
    treasury.refuses(paused, "confirm_mint", waiting, by=village.bob)
    first = village.credit("redeem", 700, PAID, by=home)
    second = village.credit("redeem", 70, PAID, by=home)
    treasury("redeemed", first, by=village.ann)
    village.chain.time += 14 * DAY_S
    treasury("reclaim", second, by=home)
    assert village.balance(home) == FUNDS - 700


def test_a_treasury_opens_once_for_its_own_credit(village):
    chain = village.chain
    other = chain.deploy("Treasury", village.registry.address)
    other.refuses("not open yet", "propose_mint", STRANGER, 1, PAID, by=village.ann)
    other.refuses("only the community", "open", village.credit.address, by=village.ann)
    other.refuses(
        "the credit has another treasury", "open", village.credit.address, by=village.community
    )
    village.treasury.refuses("already open", "open", village.credit.address, by=village.community)


def test_a_credit_that_calls_back_gets_nothing_twice(village):
    thief = deploy_peer(village.chain, "Thief")
    treasury = village.chain.deploy("Treasury", village.registry.address)
    thief("aim", NOBODY, b"", treasury.address, by=STRANGER)
    treasury("open", thief.address, by=village.community)
    number = treasury("propose_mint", STRANGER, 5, PAID, by=village.ann)
    selector, _, _ = treasury.functions["confirm_mint"]
    again = selector + number.to_bytes(32)
    thief("aim", treasury.address, again, treasury.address, by=STRANGER)
    village.registry("set_role", thief.address, 16, by=village.community)
    treasury("confirm_mint", number, by=village.bob)
    assert (thief("entered"), thief("blocked")) == (1, 1)
    thief("lock_for", treasury.address, STRANGER, 9, by=STRANGER)
    selector, _, _ = treasury.functions["redeemed"]
    thief("aim", treasury.address, selector + bytes(32), treasury.address, by=STRANGER)
    treasury("redeemed", 0, by=village.ann)
    assert (thief("entered"), thief("blocked")) == (2, 2)


class TreasuryMachine(RuleBasedStateMachine):
    """Issues, payments and redemptions against a few dictionaries."""

    village: Village

    def __init__(self) -> None:
        super().__init__()
        self.village.reset()
        v = self.village
        self.people = [*v.homes[:3], v.ann, v.bob]
        self.balances = {who: v.balance(who) for who in self.people}
        self.others = v.credit("totalSupply") - sum(self.balances.values())
        self.issues: dict[int, tuple[str, int, int, str, int]] = {}
        self.used: set[int] = set()
        self.locked: dict[int, tuple[str, int, int]] = {}
        self.issue_count, self.redemption_count = v.treasury("issue_count"), 0

    def attempt(self, contract, allowed: bool, function: str, *args, by: str) -> None:
        if allowed:
            contract(function, *args, by=by)
        else:
            with pytest.raises(Refused):
                contract(function, *args, by=by)

    @rule(
        by=st.integers(0, 4), to=st.integers(0, 4), amount=st.integers(0, 50), ref=st.integers(0, 3)
    )
    def propose(self, by, to, amount, ref) -> None:
        who, target = self.people[by], self.people[to]
        allowed = by >= 3 and amount > 0 and ref not in self.used
        reference = text_hash(f"machine {ref}")
        self.attempt(
            self.village.treasury, allowed, "propose_mint", target, amount, reference, by=who
        )
        if allowed:
            until = self.village.chain.time + 7 * DAY_S
            self.issues[self.issue_count] = (target, amount, ref, who, until)
            self.issue_count += 1

    @rule(by=st.integers(0, 4), back=st.integers(1, 3), cancel=st.booleans())
    def finish(self, by, back, cancel) -> None:
        who, number = self.people[by], self.issue_count - back
        found = self.issues.get(number)
        allowed = by >= 3 and found is not None
        if found is not None and not cancel:
            _, _, ref, proposer, until = found
            fresh = ref not in self.used and self.village.chain.time <= until
            allowed = allowed and who != proposer and fresh
        name = "cancel_mint" if cancel else "confirm_mint"
        self.attempt(self.village.treasury, allowed, name, number, by=who)
        if allowed and found is not None:
            del self.issues[number]
            if not cancel:
                self.balances[found[0]] += found[1]
                self.used.add(found[2])

    @rule(by=st.integers(0, 4), amount=st.integers(0, 50))
    def redeem(self, by, amount) -> None:
        who = self.people[by]
        allowed = 0 < amount <= self.balances[who]
        self.attempt(self.village.credit, allowed, "redeem", amount, bytes(32), by=who)
        if allowed:
            self.balances[who] -= amount
            reclaim_from = self.village.chain.time + 14 * DAY_S
            self.locked[self.redemption_count] = (who, amount, reclaim_from)
            self.redemption_count += 1

    @rule(by=st.integers(0, 4), back=st.integers(1, 3), reclaim=st.booleans())
    def settle(self, by, back, reclaim) -> None:
        who, number = self.people[by], max(self.redemption_count - back, 0)
        found = self.locked.get(number)
        if reclaim:
            allowed = found is not None and found[0] == who and self.village.chain.time >= found[2]
        else:
            allowed = found is not None and by >= 3 and found[0] != who
        name = "reclaim" if reclaim else "redeemed"
        self.attempt(self.village.treasury, allowed, name, number, by=who)
        if allowed and found is not None:
            del self.locked[number]
            if reclaim:
                self.balances[who] += found[1]

    @rule(days=st.integers(1, 8))
    def wait(self, days) -> None:
        self.village.chain.time += days * DAY_S

    @invariant()
    def same_money(self) -> None:
        v = self.village
        assert {who: v.balance(who) for who in self.people} == self.balances
        locked = sum(amount for _, amount, _ in self.locked.values())
        assert v.balance(v.treasury.address) == locked
        assert v.credit("totalSupply") == self.others + sum(self.balances.values()) + locked


def test_any_order_of_steps(built):
    TreasuryMachine.village = built
    from hypothesis.stateful import run_state_machine_as_test

    run_state_machine_as_test(
        TreasuryMachine, settings=settings(max_examples=5, stateful_step_count=18, deadline=None)
    )
