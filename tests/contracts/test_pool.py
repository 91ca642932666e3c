"""A pool is paid as one and splits by the key that all its members signed."""

from __future__ import annotations

import pytest
from eth_utils import keccak
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from tests.contracts.conftest import Refused
from tests.contracts.village import FUNDS, NOBODY, NOTICE_S, STRANGER, Village, deploy_peer

FIELDS = {
    "version": "uint256", "members": "address[]", "shares": "uint256[]", "manager": "address",
    "reserve": "uint256",
}  # fmt: skip


class PoolVillage(Village):
    """A pool of homes 0 to 2 with a ledger whose income a test decides."""

    def __init__(self) -> None:
        super().__init__()
        self.purse = deploy_peer(self.chain, "Purse", self.credit.address)
        self.allow(self.purse)
        self.pool = self.new_pool(self.credit.address)
        self.allow(self.pool)
        self.admit(self.pool.address)
        self.manager = self.homes[5]
        self.reset = self.chain.snapshot()

    def new_pool(self, credit: str):
        places = (credit, self.registry.address, self.purse.address)
        return self.chain.deploy("Pool", *places, NOTICE_S)

    def signed(self, by, members, shares, reserve=0, pool=None, version=None):
        """Signatures of homes on a key."""
        pool = pool or self.pool
        number = pool("version") if version is None else version
        values = (number, [self.homes[i] for i in members], list(shares), self.manager, reserve)
        domain, types = self.typed("Peerwatt Pool", pool.address, "Key", FIELDS)
        data = dict(zip(FIELDS, values, strict=True))
        found = [self.keys[i].sign_typed_data(domain, types, data) for i in by]
        return [(sign.v, sign.r.to_bytes(32), sign.s.to_bytes(32)) for sign in found]

    def arguments(self, members, shares, reserve=0):
        return [self.homes[i] for i in members], list(shares), self.manager, reserve

    def set_key(self, members, shares, reserve=0, left_out=(), pool=None):
        signed = self.signed((*members, *left_out), members, shares, reserve, pool)
        arguments = self.arguments(members, shares, reserve)
        (pool or self.pool)("set_key", *arguments, signed, by=STRANGER)

    def earn(self, amount):
        self.purse("earn", self.pool.address, amount, by=self.dso)

    def held(self):
        return int(self.purse("accounts", self.pool.address)[0])


@pytest.fixture(scope="module")
def built():
    return PoolVillage()


@pytest.fixture
def village(built):
    built.reset()
    return built


def gains(village, *homes):
    return [village.balance(village.homes[home]) - FUNDS for home in homes]


def test_income_is_split_by_the_key_and_dust_waits(village):
    village.set_key((0, 1, 2), (5000, 3333, 1667))
    village.earn(1001)
    assert village.pool("distribute", by=STRANGER) == 999
    assert gains(village, 0, 1, 2) == [500, 333, 166]
    village.earn(1)
    village.pool("distribute", by=STRANGER)
    assert gains(village, 0, 1, 2) == [501, 333, 166]
    assert village.balance(village.pool.address) == 2


def test_the_working_balance_stays_in_the_market(village):
    village.set_key((0, 1), (6000, 4000), reserve=300)
    village.earn(250)
    assert village.pool("distribute", by=STRANGER) == 0
    village.pool("contribute", 100, by=village.homes[0])
    village.pool("distribute", by=STRANGER)
    assert village.held() == 300
    assert gains(village, 0, 1) == [30 - 100, 20]


def test_a_key_needs_every_signature(village):
    pool, arguments = village.pool, village.arguments((0, 1), (6000, 4000))
    pool.refuses(
        "a signature is missing", "set_key", *arguments, village.signed((0,), (0, 1), (6000, 4000)),
        by=STRANGER,
    )  # fmt: skip
    wrong = [
        village.signed((0, 2), (0, 1), (6000, 4000)),
        village.signed((1, 0), (0, 1), (6000, 4000)),
        village.signed((0, 1), (0, 1), (4000, 6000)),
        village.signed((0, 1), (0, 1), (6000, 4000), reserve=1),
        village.signed((0, 1), (0, 1), (6000, 4000), version=1),
    ]
    for signed in wrong:
        pool.refuses("not signed by all members", "set_key", *arguments, signed, by=STRANGER)
    extra = village.signed((0, 1, 2), (0, 1), (6000, 4000))
    pool.refuses("more signatures than signers", "set_key", *arguments, extra, by=STRANGER)
    _, r, s = village.signed((0, 1), (0, 1), (6000, 4000))[0]
    pool.refuses("invalid signature", "set_key", *arguments, [(29, r, s)] * 2, by=STRANGER)


def test_a_key_is_not_replayed_nor_carried_to_another_pool(village):
    signed = village.signed((0, 1), (0, 1), (6000, 4000))
    arguments = village.arguments((0, 1), (6000, 4000))
    other = village.new_pool(village.credit.address)
    other.refuses("not signed by all members", "set_key", *arguments, signed, by=STRANGER)
    village.pool("set_key", *arguments, signed, by=STRANGER)
    village.pool.refuses("not signed by all members", "set_key", *arguments, signed, by=STRANGER)


def test_a_new_key_needs_those_it_leaves_out_and_pays_by_the_old_one_first(village):
    village.set_key((0, 1), (6000, 4000))
    village.earn(1000)
    arguments = village.arguments((0, 2), (5000, 5000))
    alone = village.signed((0, 2), (0, 2), (5000, 5000))
    village.pool.refuses("a signature is missing", "set_key", *arguments, alone, by=STRANGER)
    village.set_key((0, 2), (5000, 5000), left_out=(1,))
    assert gains(village, 0, 1, 2) == [600, 400, 0]
    assert list(village.pool("members")) == [village.homes[0].lower(), village.homes[2].lower()]


@pytest.mark.parametrize(
    ("members", "shares", "reason"),
    [
        ((), (), "a pool has members"),
        ((0, 1), (10_000,), "as many shares as members"),
        ((0, 1), (5000, 4999), "the shares do not sum to 10000"),
        ((0, 1), (10_000, 0), "share out of range"),
        ((0, 1), (2**256 - 1, 10_001), "share out of range"),
        ((0, 0), (5000, 5000), "a member is named twice"),
    ],
)
def test_bad_keys_are_refused(village, members, shares, reason):
    signed = village.signed(members, members, shares)
    arguments = village.arguments(members, shares)
    village.pool.refuses(reason, "set_key", *arguments, signed, by=STRANGER)


def test_who_leaves_counts_until_its_notice_is_over(village):
    village.set_key((0, 1, 2), (5000, 3000, 2000), reserve=1000)
    village.pool("leave", by=village.homes[0])
    village.pool.refuses("notice was given already", "leave", by=village.homes[0])
    village.pool.refuses("not in the pool", "leave", by=village.homes[3])
    reason = "the notice is not over"
    village.pool.refuses(reason, "depart", village.homes[0], by=STRANGER)
    village.pool.refuses("no notice was given", "depart", village.homes[1], by=STRANGER)
    village.earn(3000)
    village.chain.time += NOTICE_S
    village.pool("depart", village.homes[0], by=STRANGER)
    assert gains(village, 0, 1, 2) == [1000 + 500, 600, 400]
    village.earn(500)
    village.pool("distribute", by=STRANGER)
    assert (village.held(), gains(village, 0, 1, 2)) == (1000, [1500, 600, 400])
    village.earn(1000)
    village.pool("distribute", by=STRANGER)
    assert gains(village, 0, 1, 2) == [1500, 1200, 800]


def test_the_last_one_takes_everything_and_a_new_key_may_follow(village):
    village.set_key((0,), (10_000,), reserve=1000)
    village.earn(777)
    village.pool("leave", by=village.homes[0])
    village.chain.time += NOTICE_S
    village.pool("depart", village.homes[0], by=STRANGER)
    assert gains(village, 0) == [777]
    village.pool.refuses("the pool has no key", "distribute", by=STRANGER)
    village.set_key((1,), (10_000,))
    village.earn(5)
    village.pool("distribute", by=STRANGER)
    assert gains(village, 0, 1) == [777, 5]


def test_the_manager_names_agents_and_any_member_ends_them(village):
    village.set_key((0, 1), (6000, 4000))
    agent, end = STRANGER, village.chain.time + 1000
    terms = (agent, 10**6, 10**6, 1, 2, end, [])
    village.pool.refuses("only the manager", "authorise_agent", *terms, by=village.homes[0])
    village.pool("authorise_agent", *terms, by=village.manager)
    assert village.registry("principal", agent) == village.pool.address.lower()
    village.pool.refuses("not in the pool", "revoke_agent", agent, by=village.homes[3])
    village.pool("revoke_agent", agent, by=village.homes[1])
    with pytest.raises(Refused):
        village.registry("principal", agent)


def test_a_pause_stops_keys_and_contributions_never_payments(village):
    village.set_key((0, 1), (6000, 4000))
    village.earn(1000)
    village.pool("leave", by=village.homes[1])
    village.pause("Pool")
    village.pool.refuses("paused by the guardians", "contribute", 1, by=village.homes[0])
    with pytest.raises(Refused, match="paused by the guardians"):
        village.set_key((0,), (10_000,), left_out=(1,))
    village.pool("distribute", by=STRANGER)
    village.chain.time += NOTICE_S
    village.pool("depart", village.homes[1], by=STRANGER)
    assert gains(village, 0, 1) == [600, 400]


def test_a_token_that_calls_back_does_not_split_twice(village):
    thief = deploy_peer(village.chain, "Thief")
    pool = village.new_pool(thief.address)
    village.set_key((0, 1), (6000, 4000), pool=pool)
    thief("aim", pool.address, keccak(text="distribute()")[:4], NOBODY, by=STRANGER)
    pool("distribute", by=STRANGER)
    assert thief("entered") == thief("blocked") == 2


class PoolMachine(RuleBasedStateMachine):
    """Income, splits and departures against exact arithmetic."""

    village: PoolVillage

    def __init__(self) -> None:
        super().__init__()
        self.village.reset()
        self.shares = {0: 5001, 1: 3333, 2: 1666}
        self.reserve, self.account, self.dust = 500, 0, 0
        self.balances = dict.fromkeys(range(3), FUNDS)
        self.leaves: dict[int, int] = {}
        self.village.set_key(tuple(self.shares), tuple(self.shares.values()), self.reserve)

    @rule(amount=st.sampled_from([0, 1, 499, 500, 501, 99_999]))
    def earn(self, amount) -> None:
        self.village.earn(amount)
        self.account += amount

    @rule(home=st.integers(0, 2), amount=st.integers(0, 1000))
    def contribute(self, home, amount) -> None:
        if home not in self.shares:
            with pytest.raises(Refused):
                self.village.pool("contribute", amount, by=self.village.homes[home])
            return
        self.village.pool("contribute", amount, by=self.village.homes[home])
        self.balances[home] -= amount
        self.account += amount

    def split(self) -> None:
        amount = self.dust + max(self.account - self.reserve, 0)
        self.account = min(self.account, self.reserve)
        total = sum(self.shares.values())
        parts = {home: amount * share // total for home, share in self.shares.items()}
        for home, part in parts.items():
            self.balances[home] += part
        self.dust = amount - sum(parts.values())

    @rule()
    def distribute(self) -> None:
        if self.shares:
            self.village.pool("distribute", by=STRANGER)
            self.split()

    @rule(home=st.integers(0, 2))
    def leave(self, home) -> None:
        if home not in self.shares or home in self.leaves:
            with pytest.raises(Refused):
                self.village.pool("leave", by=self.village.homes[home])
            return
        self.village.pool("leave", by=self.village.homes[home])
        self.leaves[home] = self.village.chain.time + NOTICE_S

    @rule(days=st.sampled_from([1, 7, 14]))
    def wait(self, days) -> None:
        self.village.chain.time += days * 86_400

    @rule(home=st.integers(0, 2))
    def depart(self, home) -> None:
        member = self.village.homes[home]
        if home not in self.leaves or self.village.chain.time < self.leaves[home]:
            with pytest.raises(Refused):
                self.village.pool("depart", member, by=STRANGER)
            return
        self.village.pool("depart", member, by=STRANGER)
        self.split()
        part = self.account * self.shares[home] // sum(self.shares.values())
        self.account -= part
        if len(self.shares) == 1:
            part, self.dust = part + self.dust, 0
        self.balances[home] += part
        del self.shares[home], self.leaves[home]

    @invariant()
    def same_money(self) -> None:
        v = self.village
        assert {i: v.balance(v.homes[i]) for i in self.balances} == self.balances
        assert (v.held(), v.balance(v.pool.address)) == (self.account, self.dust)
        assert v.pool("total_shares") == sum(self.shares.values())


def test_any_order_of_steps(built):
    PoolMachine.village = built
    run_state_machine_as_test(
        PoolMachine, settings=settings(max_examples=3, stateful_step_count=18, deadline=None)
    )
