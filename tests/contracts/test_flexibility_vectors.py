"""Published examples of flexibility markets, and what those markets got wrong, held against ours.

SOFIE's pilot: the cheapest offer wins, the earliest among equals; of its defects none is here.
UFTP (Shapeshifter): the golden table of settlement, with energies and prices scaled to integers.
"""

from __future__ import annotations

import pytest
from tests.contracts.village import FUNDS, STRANGER, MeteredVillage

from peerwatt.flexibility.delivery import PenaltyRule, settlement_micro
from peerwatt.model.flexibility import Direction, FlexOffer

WH, MICRO = 1000, 1_000_000
"""A quantity of one in a vector is 1 kWh here; a price of one is one credit a kWh."""


class FlexVillage(MeteredVillage):
    """With the flexibility contract and a window of one interval tomorrow."""

    def __init__(self) -> None:
        super().__init__()
        places = (self.credit.address, self.registry.address, self.meter.address)
        self.flexibility = self.chain.deploy("Flexibility", *places)
        self.allow(self.flexibility)
        self.window = self.chain.time // 900 + 96
        self.deadline_s = (self.window - 4) * 900
        self.reset = self.chain.snapshot()

    def request(self, quantity_wh, max_price, penalty=0, bond=None, direction=0):
        terms = (1, direction, self.window, 1, quantity_wh, max_price, penalty, self.deadline_s)
        if bond is None:
            return self.flexibility("request", *terms, by=self.dso)
        return self.flexibility("request_bonded", *terms, bond, by=self.dso)

    def offer(self, number, home, quantity_wh, price, baseline_wh=10_000):
        self.flexibility("offer", number, quantity_wh, price, baseline_wh, by=self.homes[home])

    def award(self, number, home, quantity_wh):
        self.chain.time = self.deadline_s
        self.flexibility("award", number, [self.homes[home]], [quantity_wh], by=self.dso)

    def verify(self, number, home, metered_wh):
        row = (max(metered_wh, 0), max(-metered_wh, 0))
        self.metered(home, self.window, [row])
        return self.flexibility("verify", number, self.homes[home], by=STRANGER)


@pytest.fixture(scope="module")
def built():
    return FlexVillage()


@pytest.fixture
def village(built):
    built.reset()
    return built


def sofie(village, prices, maximum=50):
    """A request of 1 kWh with one offer a home, in the order of their coming."""
    number = village.request(WH, maximum * MICRO)
    for home, price in enumerate(prices):
        village.offer(number, home, WH, price * MICRO)
    return number


def test_sofie_the_cheapest_offer_wins(village):
    number = sofie(village, (45, 34, 40))
    village.chain.time = village.deadline_s
    for home in (0, 2):
        village.flexibility.refuses(
            "a cheaper offer is left out", "award", number, [village.homes[home]], [WH],
            by=village.dso,
        )  # fmt: skip
    village.award(number, 1, WH)
    assert village.verify(number, 1, 9000) == (WH, 34 * MICRO)
    assert village.balance(village.homes[1]) == FUNDS + 34 * MICRO
    village.flexibility("close", number, by=STRANGER)
    assert village.balance(village.dso) == FUNDS - 34 * MICRO


def test_sofie_the_earliest_offer_wins_a_tie(village):
    number = sofie(village, (45, 34, 34, 40))
    village.chain.time = village.deadline_s
    village.flexibility.refuses(
        "an earlier offer at the same price is left out", "award", number, [village.homes[2]],
        [WH], by=village.dso,
    )  # fmt: skip
    village.award(number, 1, WH)
    village.verify(number, 1, 9000)
    assert village.balance(village.homes[1]) == FUNDS + 34 * MICRO


def test_sofie_only_money_in_escrow_is_promised_and_only_the_dso_pays(village):
    poor = village.homes[4]
    village.registry("set_role", poor, 1, by=village.community)
    village.credit("transfer", STRANGER, FUNDS, by=poor)
    terms = (1, 0, village.window, 1, WH, 50 * MICRO, 0, village.deadline_s)
    village.flexibility.refuses("balance too low", "request", *terms, by=poor)
    number = sofie(village, (45, 34, 40))
    assert village.balance(village.flexibility.address) == 50 * MICRO
    village.award(number, 1, WH)
    village.verify(number, 1, 9000)
    for home in (0, 2, 3):
        assert village.balance(village.homes[home]) == FUNDS
    village.flexibility.refuses(
        "already verified", "verify", number, village.homes[1], by=village.homes[0]
    )


def test_sofie_no_allowance_or_balance_underflows(village):
    poor, other = village.homes[:2]
    village.credit.refuses("balance too low", "transfer", other, FUNDS + 1, by=poor)
    village.credit.refuses("allowance too low", "transferFrom", poor, other, 1, by=other)


def test_sofie_an_offer_above_the_maximum_or_after_the_deadline_is_refused(village):
    number = village.request(WH, 50 * MICRO)
    above = (number, WH, 50 * MICRO + 1, 10_000)
    reason = "price above the maximum"
    village.flexibility.refuses(reason, "offer", *above, by=village.homes[0])
    village.chain.time = village.deadline_s
    late = (number, WH, 50 * MICRO, 10_000)
    village.flexibility.refuses("after the deadline", "offer", *late, by=village.homes[0])


def test_sofie_no_decision_before_the_deadline_and_no_second_one(village):
    number = sofie(village, (45, 34))
    member = [village.homes[1]]
    village.flexibility.refuses(
        "before the deadline", "award", number, member, [WH], by=village.dso
    )
    village.award(number, 1, WH)
    village.flexibility.refuses("already awarded", "award", number, member, [WH], by=village.dso)


def test_sofie_without_a_valid_offer_nobody_is_paid(village):
    number = village.request(WH, 50 * MICRO)
    village.chain.time = village.deadline_s
    village.flexibility("award", number, [], [], by=village.dso)
    village.flexibility.refuses("not awarded", "verify", number, village.homes[0], by=STRANGER)
    village.flexibility("close", number, by=STRANGER)
    assert village.balance(village.dso) == FUNDS
    assert village.flexibility("request_of", number)[-1] == 0


UFTP = [(7, 2, 0, 14), (8, 2, 0, 14), (9, 1, 1, -4), (10, 0, 2, -22), (11, 0, 3, -33)]
"""Allocation, delivered, deficiency, settlement; baseline 10, ordered 2, price 7, penalty 11."""


@pytest.mark.parametrize(("allocation", "delivered", "deficiency", "settlement"), UFTP)
def test_uftp_the_table_holds_with_a_bond(village, allocation, delivered, deficiency, settlement):
    number = village.request(2 * WH, 7 * MICRO, 11 * MICRO, bond=20 * MICRO)
    village.offer(number, 0, 2 * WH, 7 * MICRO)
    assert village.balance(village.homes[0]) == FUNDS - 40 * MICRO
    village.award(number, 0, 2 * WH)
    found, _ = village.verify(number, 0, allocation * WH)
    assert found == delivered * WH
    assert village.balance(village.homes[0]) == FUNDS + settlement * MICRO
    village.flexibility("close", number, by=STRANGER)
    assert village.balance(village.dso) == FUNDS - settlement * MICRO
    assert village.balance(village.flexibility.address) == 0


@pytest.mark.parametrize(("allocation", "delivered", "deficiency", "settlement"), UFTP)
def test_uftp_without_a_bond_a_shortfall_takes_the_payment_only(
    village, allocation, delivered, deficiency, settlement
):
    """The rule of a plain request: who put up nothing loses nothing but the payment."""
    number = village.request(2 * WH, 7 * MICRO, 11 * MICRO)
    village.offer(number, 0, 2 * WH, 7 * MICRO)
    village.award(number, 0, 2 * WH)
    assert village.verify(number, 0, allocation * WH) == (
        delivered * WH, max(settlement, 0) * MICRO,
    )  # fmt: skip
    assert village.balance(village.homes[0]) == FUNDS + max(settlement, 0) * MICRO


@pytest.mark.parametrize(("allocation", "delivered", "deficiency", "settlement"), UFTP)
def test_uftp_the_app_reckons_the_same(allocation, delivered, deficiency, settlement):
    offer = FlexOffer(
        0, STRANGER, 2 * WH, 7 * MICRO, 10 * WH, awarded_wh=2 * WH, metered_wh=allocation * WH
    )
    result = settlement_micro(offer, Direction.REDUCE, 11 * MICRO, PenaltyRule.UFTP)
    assert result == (delivered * WH, deficiency * WH, settlement * MICRO)
    limited = settlement_micro(offer, Direction.REDUCE, 11 * MICRO, PenaltyRule.PAYMENT_ONLY)
    assert limited.net_micro == max(settlement, 0) * MICRO


def test_a_bond_limits_what_can_be_lost(village):
    number = village.request(2 * WH, 7 * MICRO, 11 * MICRO, bond=MICRO)
    village.offer(number, 0, 2 * WH, 7 * MICRO)
    village.award(number, 0, 2 * WH)
    village.verify(number, 0, 11 * WH)
    assert village.balance(village.homes[0]) == FUNDS - 2 * MICRO


def test_a_bond_follows_the_offer_and_comes_back_when_it_secures_nothing(village):
    number = village.request(2 * WH, 7 * MICRO, 11 * MICRO, bond=20 * MICRO)
    home, other = village.homes[:2]
    village.offer(number, 0, WH, 7 * MICRO)
    village.offer(number, 0, 2 * WH, 7 * MICRO)
    assert village.balance(home) == FUNDS - 40 * MICRO
    village.offer(number, 0, WH // 2, 7 * MICRO)
    assert village.balance(home) == FUNDS - 10 * MICRO
    village.offer(number, 1, 2 * WH, 6 * MICRO)
    village.flexibility.refuses("the request is open", "return_bond", number, home, by=STRANGER)
    village.award(number, 1, 2 * WH)
    village.flexibility("return_bond", number, home, by=STRANGER)
    assert village.balance(home) == FUNDS
    village.flexibility.refuses("no bond is held", "return_bond", number, home, by=STRANGER)
    reason = "the award is not verified"
    village.flexibility.refuses(reason, "return_bond", number, other, by=STRANGER)


def test_silence_about_an_award_forfeits_its_penalty(village):
    number = village.request(2 * WH, 7 * MICRO, 11 * MICRO, bond=20 * MICRO)
    village.offer(number, 0, 2 * WH, 7 * MICRO)
    village.award(number, 0, 2 * WH)
    village.chain.time = (village.window + 1) * 900 + 7 * 86_400 + 1
    village.flexibility("close", number, by=STRANGER)
    village.flexibility("return_bond", number, village.homes[0], by=STRANGER)
    assert village.balance(village.homes[0]) == FUNDS - 22 * MICRO
    assert village.balance(village.dso) == FUNDS + 22 * MICRO
    assert village.balance(village.flexibility.address) == 0


def test_bad_bonds_are_refused(village):
    terms = (1, 0, village.window, 1, WH, MICRO, MICRO, village.deadline_s)
    for bond in (0, 2**32):
        village.flexibility.refuses(
            "bond out of range", "request_bonded", *terms, bond, by=village.dso
        )
    number = village.request(2 * WH, 7 * MICRO, 11 * MICRO, bond=2**32 - 1)
    village.flexibility.refuses(
        "balance too low", "offer", number, 2**32 - 1, 1, 0, by=village.homes[0]
    )
