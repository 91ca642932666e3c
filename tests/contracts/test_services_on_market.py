"""Supply, loans, pools and certificates over the real market, meter and settlement."""

from __future__ import annotations

import pytest
from tests.contracts.conftest import Refused
from tests.contracts.village import (
    DAY_S,
    FUNDS,
    NOBODY,
    NOTICE_S,
    STRANGER,
    MeteredVillage,
    name_hash,
)

BUY, SELL = 0, 1
TICK = 20
PRICE = 80_000 + TICK * 5_000
PERIOD_S = 30 * DAY_S


class MarketVillage(MeteredVillage):
    """One zone, everything deployed as a community does; all have prepaid accounts."""

    def __init__(self) -> None:
        super().__init__()
        chain, community = self.chain, self.community
        credit, registry = self.credit.address, self.registry.address
        self.market = chain.deploy("Market", credit, registry, 80_000, 5_000, 45, 180, 0, NOBODY)
        market = self.market.address
        terms = (self.dso, 0, 190_000, 220_000, 0, 0)
        self.settlement = chain.deploy("Settlement", registry, market, self.meter.address, *terms)
        self.supply = chain.deploy("Supply", registry, market)
        self.loan = chain.deploy("Loan", credit, registry, market)
        self.pool = chain.deploy("Pool", credit, registry, market, NOTICE_S)
        self.certificates = chain.deploy(
            "Certificates", registry, self.settlement.address, self.meter.address, DAY_S
        )
        self.market("set_book", 1, 0, 0, by=community)
        self.market("set_charge_account", self.dso, by=community)
        posters = [self.settlement.address, self.supply.address, self.loan.address]
        self.market("set_posters", posters, by=community)
        self.registry("set_spender", market, True, by=community)
        self.registry("publish", name_hash("Supply"), self.supply.address, by=community)
        for contract in (self.market, self.loan, self.pool):
            self.allow(contract)
        for home in self.homes:
            self.market("deposit", FUNDS // 2, by=home)
        self.reset = chain.snapshot()

    def place(self, home: str, interval: int, side: int, quantity_wh: int) -> None:
        step = quantity_wh | TICK << 19 | side << 27
        self.market("place", [step | interval << 64], by=home)

    def clear(self, interval: int) -> None:
        self.chain.time = interval * 900 - 179
        self.market("clear", 1, interval, by=STRANGER)

    def trade(self, seller: str, buyer: str, quantity_wh: int) -> int:
        """One cleared and released trade; returns its interval."""
        interval = self.chain.time // 900 + 2
        self.place(seller, interval, SELL, quantity_wh)
        self.place(buyer, interval, BUY, quantity_wh)
        self.clear(interval)
        for member in (seller, buyer):
            self.market("release", member, interval, 1, by=STRANGER)
        return interval

    def held(self, account: str) -> int:
        return int(self.market("accounts", account)[0])


@pytest.fixture(scope="module")
def built():
    return MarketVillage()


@pytest.fixture
def village(built):
    built.reset()
    return built


def test_a_suspended_member_sells_withdraws_and_resumes_but_does_not_buy(village):
    home = village.homes[0]
    offer = village.supply("publish", 300_000, 80_000, FUNDS, 0, by=village.supplier)
    village.supply("choose", offer, by=home)
    village.chain.time = (village.chain.time // PERIOD_S + 1) * PERIOD_S
    assert village.supply("bill", home, by=STRANGER) == FUNDS - FUNDS // 2
    assert village.held(village.supplier) == FUNDS // 2
    village.chain.time += 7 * DAY_S
    village.supply("bill", home, by=STRANGER)
    interval = village.chain.time // 900 + 4
    village.market("deposit", FUNDS // 4, by=home)
    with pytest.raises(Refused):
        village.place(home, interval, BUY, 100)
    village.place(home, interval, SELL, 100)
    village.market("withdraw", FUNDS // 4, by=home)
    assert village.supply("state", home) == 3
    village.mint(home, FUNDS)
    village.market("deposit", FUNDS, by=home)
    assert village.supply("bill", home, by=STRANGER) == 0
    assert village.supply("state", home) == 1
    village.place(home, interval, BUY, 100)


def test_a_loan_is_repaid_out_of_sales_and_ends_at_zero(village):
    lender, borrower, buyer = village.homes[:3]
    until = village.chain.time + DAY_S
    number = village.loan("propose", borrower, 9_000, 100_000, 5_000, until, by=lender)
    village.loan("accept", number, by=borrower)
    before, lent = village.held(borrower), village.held(lender)
    village.trade(borrower, buyer, 1000)
    income = PRICE
    assert village.loan("outstanding", number) == 100_000 - income // 2
    assert village.held(lender) == lent + income // 2
    assert village.held(borrower) == before + income - income // 2
    village.trade(borrower, buyer, 1000)
    assert village.loan("outstanding", number) == 0
    assert village.held(lender) == lent + 100_000
    assert village.held(borrower) == before + 2 * income - 100_000
    village.loan("close", number, by=STRANGER)
    village.trade(borrower, buyer, 1000)
    assert village.held(lender) == lent + 100_000
    village.market("withdraw", village.held(borrower), by=borrower)


def test_a_purchase_repays_nothing(village):
    lender, borrower, seller = village.homes[:3]
    until = village.chain.time + DAY_S
    number = village.loan("propose", borrower, 9_000, 100_000, 10_000, until, by=lender)
    village.loan("accept", number, by=borrower)
    village.trade(seller, borrower, 1000)
    assert village.loan("outstanding", number) == 100_000


def test_a_pool_sells_as_one_member_and_splits_the_income(village):
    pool, (ann, bob, buyer, manager) = village.pool, village.homes[:4]
    fields = {
        "version": "uint256", "members": "address[]", "shares": "uint256[]",
        "manager": "address", "reserve": "uint256",
    }  # fmt: skip
    values = (0, [ann, bob], [7500, 2500], manager, 0)
    domain, types = village.typed("Peerwatt Pool", pool.address, "Key", fields)
    data = dict(zip(fields, values, strict=True))
    signs = [village.keys[i].sign_typed_data(domain, types, data) for i in (0, 1)]
    signed = [(sign.v, sign.r.to_bytes(32), sign.s.to_bytes(32)) for sign in signs]
    pool("set_key", *values[1:], signed, by=STRANGER)
    village.admit(pool.address)
    agent = "0x" + "77" * 20
    end = village.chain.time + DAY_S
    limits = (agent, 10**9, 10**6, 1, 10**6, end, [village.market.address])
    pool("authorise_agent", *limits, by=manager)
    interval = village.chain.time // 900 + 2
    village.place(agent, interval, SELL, 1000)
    village.place(buyer, interval, BUY, 1000)
    village.clear(interval)
    village.market("release", pool.address, interval, 1, by=STRANGER)
    owned = village.balance(ann), village.balance(bob)
    assert pool("distribute", by=STRANGER) == PRICE
    gained = village.balance(ann) - owned[0], village.balance(bob) - owned[1]
    assert gained == (PRICE * 3 // 4, PRICE // 4)
    pool("contribute", 1000, by=ann)
    assert village.held(pool.address) == 1000


def test_certificates_follow_signed_readings_and_the_final_settlement(village):
    seller, buyer = village.homes[:2]
    interval = (village.chain.time // 3600 + 2) * 4
    village.place(seller, interval, SELL, 600)
    village.place(buyer, interval, BUY, 600)
    village.clear(interval)
    village.chain.time = (interval + 4) * 900
    batches = [
        village.batch(0, interval, [(0, 700), (0, 50), (10, 0), (0, 0)]),
        village.batch(1, interval, [(500, 0), (100, 0), (0, 0), (0, 0)]),
    ]
    village.settlement("settle", batches, by=STRANGER)
    sun = [(0, 900), (0, 50), (0, 0), (0, 0)]
    dark = [(0, 0)] * 4
    made = [village.batch(i, interval, rows, "Production") for i, rows in ((0, sun), (1, dark))]
    village.meter("submit_production", made, by=STRANGER)
    members, hour = [seller, buyer], interval // 4
    reason = "the hour is not settled finally"
    village.certificates.refuses(reason, "issue", members, hour, by=STRANGER)
    village.chain.time += 7201
    village.settlement("finalise", members, 4, by=STRANGER)
    village.certificates("issue", members, hour, by=STRANGER)
    assert village.certificates("issued_wh") == 950
    assert village.certificates("burned_wh") == 200
    village.chain.time = (hour + 1) * 3600 + DAY_S
    village.certificates("claim", [buyer], hour, by=STRANGER)
    assert village.certificates("mix", buyer, hour) == (True, True, 600, 0, 500, 0, 100)
    assert village.certificates("mix", seller, hour) == (True, True, 210, 200, 0, 0, 10)
    assert village.certificates("burned_wh") == 700
