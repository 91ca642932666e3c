"""A loan is escrowed first, repaid by its share of income and ends exactly at zero."""

from __future__ import annotations

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from tests.contracts.conftest import Refused
from tests.contracts.village import DAY_S, FUNDS, NOBODY, STRANGER, Village, deploy_peer, name_hash

PROPOSED, RUNNING, DONE, CANCELLED = 1, 2, 3, 4


class LoanVillage(Village):
    """With a ledger whose income a test decides, and loans over it."""

    def __init__(self) -> None:
        super().__init__()
        places = (self.credit.address, self.registry.address)
        self.purse = deploy_peer(self.chain, "Purse", places[0])
        self.loan = self.chain.deploy("Loan", *places, self.purse.address)
        self.allow(self.purse)
        self.allow(self.loan)
        self.lender, self.borrower, self.friend = self.homes[:3]
        self.reset = self.chain.snapshot()

    def propose(self, principal: int = 1000, price: int = 1100, share_bp: int = 2500) -> int:
        until = self.chain.time + DAY_S
        terms = (self.borrower, principal, price, share_bp, until)
        return int(self.loan("propose", *terms, by=self.lender))

    def running(self, **terms: int) -> int:
        number = self.propose(**terms)
        self.loan("accept", number, by=self.borrower)
        return number

    def held(self, member: str) -> int:
        return int(self.purse("accounts", member)[0])

    def state(self, number: int) -> int:
        return int(self.loan("loans", number)[6])


@pytest.fixture(scope="module")
def built():
    return LoanVillage()


@pytest.fixture
def village(built):
    built.reset()
    return built


def test_a_share_of_income_repays_it_to_the_last_unit(village):
    number = village.running()
    assert village.balance(village.borrower) == FUNDS + 1000
    for income, left in ((400, 1000), (3, 1000), (3999, 1), (4, 0)):
        village.purse("earn", village.borrower, income, by=village.dso)
        assert village.loan("outstanding", number) == left
    assert village.held(village.lender) == 1100
    assert village.held(village.borrower) == 400 + 3 + 3999 + 4 - 1100
    village.loan("close", number, by=STRANGER)
    assert village.state(number) == DONE
    village.purse("earn", village.borrower, 1000, by=village.dso)
    assert village.held(village.lender) == 1100


def test_no_more_than_the_rest_is_diverted(village):
    village.running(price=10, share_bp=10_000)
    village.purse("earn", village.borrower, 1000, by=village.dso)
    assert (village.held(village.lender), village.held(village.borrower)) == (10, 990)


def test_early_repayment_takes_what_is_outstanding_and_no_more(village):
    number = village.running()
    assert village.loan("repay", number, 100, by=village.borrower) == 100
    assert village.loan("outstanding", number) == 1000
    assert village.loan("repay", number, 2**256 - 1, by=village.friend) == 1000
    assert village.balance(village.lender) == FUNDS - 1000 + 1100
    assert village.balance(village.friend) == FUNDS - 1000
    assert village.state(number) == DONE
    assert village.loan("outstanding", number) == 0
    village.loan.refuses("the loan is not running", "repay", number, 1, by=village.friend)


def test_the_principal_waits_in_escrow_until_taken_or_cancelled(village):
    number = village.propose()
    assert village.balance(village.loan.address) == 1000
    village.loan.refuses("only the lender", "cancel", number, by=village.borrower)
    village.loan.refuses("only the borrower", "accept", number, by=village.friend)
    village.loan("cancel", number, by=village.lender)
    assert village.balance(village.lender) == FUNDS
    village.loan.refuses("the loan is not open", "accept", number, by=village.borrower)
    village.loan.refuses("the loan is not open", "cancel", number, by=village.lender)


def test_an_offer_lapses_but_its_money_comes_back(village):
    number = village.propose()
    village.chain.time += DAY_S + 1
    village.loan.refuses("the offer has lapsed", "accept", number, by=village.borrower)
    village.pause("Loan")
    village.loan("cancel", number, by=village.lender)
    assert village.balance(village.lender) == FUNDS


def test_one_loan_at_a_time(village):
    first = village.running()
    second = village.propose()
    village.loan.refuses("another loan is running", "accept", second, by=village.borrower)
    village.loan.refuses("not repaid yet", "close", first, by=STRANGER)
    village.purse("earn", village.borrower, 4400, by=village.dso)
    village.loan("accept", second, by=village.borrower)
    assert (village.state(first), village.state(second)) == (DONE, RUNNING)
    assert village.loan("outstanding", first) == 0
    assert village.loan("outstanding", second) == 1100


def test_a_lien_follows_the_market_to_its_next_version(village):
    number = village.running()
    village.purse("earn", village.borrower, 400, by=village.dso)
    reason = "the lien lies in the newest market"
    village.loan.refuses(reason, "move", number, by=STRANGER)
    later = deploy_peer(village.chain, "Purse", village.credit.address)
    village.registry("publish", name_hash("Market"), later.address, by=village.community)
    village.allow(later)
    village.loan("move", number, by=STRANGER)
    assert village.purse("liens", village.borrower) == 0
    assert village.loan("outstanding", number) == 1000
    later("earn", village.borrower, 4000, by=village.dso)
    assert later("accounts", village.lender)[0] == 1000
    village.loan("close", number, by=STRANGER)
    village.loan.refuses("the loan is not running", "move", number, by=STRANGER)


def test_a_pause_stops_new_loans_never_repayment(village):
    number = village.running()
    waiting = village.propose()
    village.pause("Loan")
    reason = "paused by the guardians"
    village.loan.refuses(reason, "accept", waiting, by=village.borrower)
    with pytest.raises(Refused, match=reason):
        village.propose()
    village.loan("repay", number, 1100, by=village.borrower)
    assert village.state(number) == DONE


def test_bad_terms_are_refused(village):
    now = village.chain.time
    bad = {
        "no borrower": [(NOBODY, 1, 1, 1, now + 1), (village.lender, 1, 1, 1, now + 1)],
        "principal out of range": [(STRANGER, 0, 1, 1, now + 1), (STRANGER, 2**80, 1, 1, now + 1)],
        "price out of range": [(STRANGER, 1, 0, 1, now + 1), (STRANGER, 1, 2**80, 1, now + 1)],
        "share out of range": [(STRANGER, 1, 1, 0, now + 1), (STRANGER, 1, 1, 10_001, now + 1)],
        "the offer has lapsed": [(STRANGER, 1, 1, 1, now)],
        "balance too low": [(STRANGER, 2**80 - 1, 1, 1, now + 1)],
    }
    for reason, cases in bad.items():
        for case in cases:
            village.loan.refuses(reason, "propose", *case, by=village.lender)
    number = village.loan("propose", STRANGER, 1, 1, 1, now + 1, by=village.lender)
    with pytest.raises(Refused, match="not a member"):
        village.loan("accept", number, by=STRANGER)


def test_a_token_that_calls_back_is_paid_once(village):
    thief = deploy_peer(village.chain, "Thief")
    loan = village.chain.deploy(
        "Loan", thief.address, village.registry.address, village.purse.address
    )
    village.admit(thief.address)
    until = village.chain.time + DAY_S
    number = loan("propose", village.borrower, 10, 20, 10_000, until, by=thief.address)
    cancel = loan.functions["cancel"][0] + number.to_bytes(32)
    thief("aim", loan.address, cancel, NOBODY, by=STRANGER)
    loan("accept", number, by=village.borrower)
    assert (thief("entered"), thief("blocked"), loan("loans", number)[6]) == (1, 1, RUNNING)
    other = loan("propose", STRANGER, 10, 20, 10_000, until, by=thief.address)
    thief(
        "aim", loan.address, loan.functions["cancel"][0] + other.to_bytes(32), NOBODY, by=STRANGER
    )
    loan("cancel", other, by=thief.address)
    assert (thief("entered"), thief("blocked"), loan("loans", other)[6]) == (3, 3, CANCELLED)


class LoanMachine(RuleBasedStateMachine):
    """Loans of one borrower from two lenders, against a plain model of who has what."""

    village: LoanVillage

    def __init__(self) -> None:
        super().__init__()
        self.village.reset()
        v = self.village
        self.people = v.homes[:3]
        self.money = dict.fromkeys((*self.people, v.dso), FUNDS)
        self.held = dict.fromkeys(self.people, 0)
        self.loans: list[dict[str, int | str]] = []
        self.current: int | None = None

    @rule(by=st.sampled_from([0, 2]), principal=st.integers(1, 500), extra=st.integers(-100, 100),
          share_bp=st.sampled_from([1, 3333, 10_000]))  # fmt: skip
    def propose(self, by, principal, extra, share_bp) -> None:
        v, lender, price = self.village, self.people[by], max(principal + extra, 1)
        terms = (self.people[1], principal, price, share_bp, v.chain.time + DAY_S)
        assert v.loan("propose", *terms, by=lender) == len(self.loans)
        self.money[lender] -= principal
        self.loans.append(
            {"lender": lender, "principal": principal, "left": price, "share": share_bp,
             "state": PROPOSED}
        )  # fmt: skip

    @rule(back=st.integers(1, 3))
    def accept(self, back) -> None:
        number = max(len(self.loans) - back, 0)
        loan = self.loans[number] if number < len(self.loans) else None
        busy = self.current is not None and self.loans[self.current]["left"] != 0
        if loan is None or loan["state"] != PROPOSED or busy:
            with pytest.raises(Refused):
                self.village.loan("accept", number, by=self.people[1])
            return
        self.village.loan("accept", number, by=self.people[1])
        if self.current is not None:
            self.loans[self.current]["state"] = DONE
        loan["state"], self.current = RUNNING, number
        self.money[self.people[1]] += loan["principal"]

    @rule(by=st.integers(0, 2), back=st.integers(1, 3))
    def cancel(self, by, back) -> None:
        number = max(len(self.loans) - back, 0)
        loan = self.loans[number] if number < len(self.loans) else None
        if loan is None or loan["state"] != PROPOSED or loan["lender"] != self.people[by]:
            with pytest.raises(Refused):
                self.village.loan("cancel", number, by=self.people[by])
            return
        self.village.loan("cancel", number, by=self.people[by])
        loan["state"] = CANCELLED
        self.money[self.people[by]] += loan["principal"]

    @rule(amount=st.integers(0, 900))
    def earn(self, amount) -> None:
        self.village.purse("earn", self.people[1], amount, by=self.village.dso)
        self.money[self.village.dso] -= amount
        part = 0
        if self.current is not None:
            loan = self.loans[self.current]
            part = min(loan["left"], amount * loan["share"] // 10_000)
            loan["left"] -= part
            self.held[loan["lender"]] += part
        self.held[self.people[1]] += amount - part

    @rule(by=st.integers(0, 2), amount=st.sampled_from([0, 1, 77, 10**9]))
    def repay(self, by, amount) -> None:
        if self.current is None:
            return
        loan, payer = self.loans[self.current], self.people[by]
        paid = min(amount, loan["left"])
        assert self.village.loan("repay", self.current, amount, by=payer) == paid
        loan["left"] -= paid
        self.money[payer] -= paid
        self.money[loan["lender"]] += paid
        if loan["left"] == 0:
            loan["state"], self.current = DONE, None

    @invariant()
    def same_money_and_loans(self) -> None:
        v = self.village
        assert {who: v.balance(who) for who in self.money} == self.money
        assert {who: v.held(who) for who in self.held} == self.held
        escrow = sum(loan["principal"] for loan in self.loans if loan["state"] == PROPOSED)
        assert v.balance(v.loan.address) == escrow
        for number, loan in enumerate(self.loans):
            left = loan["left"] if number == self.current else 0
            assert (v.state(number), v.loan("outstanding", number)) == (loan["state"], left)


def test_any_order_of_steps(built):
    LoanMachine.village = built
    run_state_machine_as_test(
        LoanMachine, settings=settings(max_examples=3, stateful_step_count=18, deadline=None)
    )
