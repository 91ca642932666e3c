"""The credit pays, is allowed, minted and burned as ERC-20 and EIP-2612 say."""

from __future__ import annotations

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from tests.contracts.conftest import Refused
from tests.contracts.village import FUNDS, NOBODY, STRANGER, Village, text_hash

ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
PERMIT = {
    "owner": "address", "spender": "address", "value": "uint256", "nonce": "uint256",
    "deadline": "uint256",
}  # fmt: skip


@pytest.fixture(scope="module")
def built():
    return Village()


@pytest.fixture
def village(built):
    built.reset()
    return built


def permit(village, home, spender, amount, deadline):
    """The owner's signature on an EIP-2612 permit with its next nonce."""
    domain, types = village.typed("Peerwatt Credit", village.credit.address, "Permit", PERMIT)
    owner = village.homes[home]
    values = (owner, spender, amount, village.credit("nonces", owner), deadline)
    return village.keys[home].sign_typed_data(domain, types, dict(zip(PERMIT, values, strict=True)))


def parts_of(sign):
    return sign.v, sign.r.to_bytes(32), sign.s.to_bytes(32)


def test_tells_what_it_is(village):
    credit = village.credit
    assert (credit("name"), credit("symbol"), credit("decimals")) == ("Peerwatt Credit", "PWC", 6)
    assert credit("treasury").lower() == village.treasury.address.lower()
    assert credit("totalSupply") == 8 * FUNDS


def test_transfer_moves_exactly_what_is_sent(village):
    a, b, *_ = village.homes
    assert village.credit("transfer", b, 30, by=a) is True
    assert (village.balance(a), village.balance(b)) == (FUNDS - 30, FUNDS + 30)
    name, event = village.credit.logs()[0]
    assert name == "Transfer"
    assert event["value"] == 30
    village.credit("transfer", a, 5, by=a)
    assert village.balance(a) == FUNDS - 30


def test_nobody_pays_more_than_it_has_or_to_nowhere(village):
    a, b, *_ = village.homes
    village.credit.refuses("balance too low", "transfer", b, FUNDS + 1, by=a)
    village.credit.refuses("balance too low", "burn", FUNDS + 1, by=a)
    village.credit.refuses("transfer to the zero address", "transfer", NOBODY, 1, by=a)


def test_an_allowance_is_used_up_unless_it_has_no_end(village):
    a, b, c, *_ = village.homes
    village.credit("approve", b, 100, by=a)
    village.credit("transferFrom", a, c, 60, by=b)
    assert village.credit("allowance", a, b) == 40
    village.credit.refuses("allowance too low", "transferFrom", a, c, 41, by=b)
    village.credit("approve", b, 2**256 - 1, by=a)
    village.credit("transferFrom", a, c, 60, by=b)
    assert village.credit("allowance", a, b) == 2**256 - 1


def test_a_plain_account_as_treasury_mints_but_redeems_nothing(village):
    treasury, home = STRANGER, village.homes[0]
    credit = village.chain.deploy("Credit", "Test Credit", "TST", treasury)
    credit("mint", home, 50, by=treasury)
    credit.refuses("only the treasury mints", "mint", home, 1, by=home)
    credit.refuses("transfer to the zero address", "mint", NOBODY, 1, by=treasury)
    reason = "this treasury takes no redemptions"
    credit.refuses(reason, "redeem", 50, text_hash("bank"), by=home)
    credit("burn", 10, by=home)
    assert credit("totalSupply") == credit("balanceOf", home) == 40


def test_a_permit_works_once_and_only_as_signed(village):
    a, b, *_ = village.homes
    end = village.chain.time + 60
    parts = parts_of(permit(village, 0, b, 77, end))
    village.credit.refuses("not signed by the owner", "permit", a, b, 78, end, *parts, by=b)
    village.credit("permit", a, b, 77, end, *parts, by=b)
    assert village.credit("allowance", a, b) == 77
    assert village.credit("nonces", a) == 1
    village.credit.refuses("not signed by the owner", "permit", a, b, 77, end, *parts, by=b)


def test_a_late_or_bent_permit_is_refused(village):
    a, b, *_ = village.homes
    end = village.chain.time - 1
    parts = parts_of(permit(village, 0, b, 77, end))
    village.credit.refuses("the permit has expired", "permit", a, b, 77, end, *parts, by=b)
    end = village.chain.time
    sign = permit(village, 0, b, 77, end)
    bent = (55 - sign.v, sign.r.to_bytes(32), (ORDER - sign.s).to_bytes(32))
    village.credit.refuses("high s in the signature", "permit", a, b, 77, end, *bent, by=b)
    broken = (29, *parts_of(sign)[1:])
    village.credit.refuses("invalid signature", "permit", NOBODY, b, 77, end, *broken, by=b)


AMOUNTS = st.sampled_from([0, 1, 7, FUNDS, FUNDS + 1, 2**255, 2**256 - 1])


class CreditMachine(RuleBasedStateMachine):
    """Payments and allowances among three, against two dictionaries."""

    village: Village

    def __init__(self) -> None:
        super().__init__()
        self.village.reset()
        self.people = self.village.homes[:3]
        self.balances = dict.fromkeys(range(3), FUNDS)
        self.allowed: dict[tuple[int, int], int] = {}
        self.supply = self.village.credit("totalSupply")

    def attempt(self, is_allowed: bool, function: str, *args, by: int) -> bool:
        if is_allowed:
            self.village.credit(function, *args, by=self.people[by])
        else:
            with pytest.raises(Refused):
                self.village.credit(function, *args, by=self.people[by])
        return is_allowed

    @rule(by=st.integers(0, 2), to=st.integers(0, 2), amount=AMOUNTS)
    def pay(self, by, to, amount) -> None:
        enough = amount <= self.balances[by]
        if self.attempt(enough, "transfer", self.people[to], amount, by=by):
            self.balances[by] -= amount
            self.balances[to] += amount

    @rule(by=st.integers(0, 2), spender=st.integers(0, 2), amount=AMOUNTS)
    def allow(self, by, spender, amount) -> None:
        self.attempt(True, "approve", self.people[spender], amount, by=by)
        self.allowed[by, spender] = amount

    @rule(by=st.integers(0, 2), owner=st.integers(0, 2), to=st.integers(0, 2), amount=AMOUNTS)
    def take(self, by, owner, to, amount) -> None:
        limit = self.allowed.get((owner, by), 0)
        enough = amount <= min(limit, self.balances[owner])
        where = (self.people[owner], self.people[to])
        if self.attempt(enough, "transferFrom", *where, amount, by=by):
            if limit != 2**256 - 1:
                self.allowed[owner, by] = limit - amount
            self.balances[owner] -= amount
            self.balances[to] += amount

    @rule(by=st.integers(0, 2), amount=AMOUNTS)
    def burn(self, by, amount) -> None:
        if self.attempt(amount <= self.balances[by], "burn", amount, by=by):
            self.balances[by] -= amount
            self.supply -= amount

    @rule(by=st.integers(0, 2), to=st.integers(0, 2), amount=AMOUNTS)
    def mint(self, by, to, amount) -> None:
        self.attempt(False, "mint", self.people[to], amount, by=by)

    @invariant()
    def same_money(self) -> None:
        credit = self.village.credit
        for number, person in enumerate(self.people):
            assert credit("balanceOf", person) == self.balances[number]
        assert credit("totalSupply") == self.supply
        for (owner, spender), limit in self.allowed.items():
            assert credit("allowance", self.people[owner], self.people[spender]) == limit


def test_any_order_of_payments(built):
    CreditMachine.village = built
    run_state_machine_as_test(
        CreditMachine, settings=settings(max_examples=6, stateful_step_count=20, deadline=None)
    )
