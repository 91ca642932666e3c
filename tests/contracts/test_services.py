"""Services are paid by who uses them, at the price on the list, with a receipt."""

from __future__ import annotations

import pytest
from eth_abi import encode
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from tests.contracts.conftest import Refused
from tests.contracts.village import FUNDS, NOBODY, STRANGER, Village, deploy_peer, text_hash

USE = text_hash("charging 4711")


@pytest.fixture(scope="module")
def built():
    return Village()


@pytest.fixture
def village(built):
    built.reset()
    return built


@pytest.fixture
def charger(village):
    """Number of a charging point that home 0 provides at 0.31 a kWh."""
    return village.services("list_service", "Charging point", "kWh", 310_000, by=village.homes[0])


def test_the_user_pays_the_provider_and_gets_a_receipt(village, charger):
    provider, user, *_ = village.homes
    receipt = village.services("pay", charger, 7, 310_000, USE, by=user)
    assert village.balance(user) == FUNDS - 2_170_000
    assert village.balance(provider) == FUNDS + 2_170_000
    facts = (charger, user, 7, 2_170_000, USE)
    assert village.services("is_receipt", receipt, *facts) is True
    assert village.services("is_receipt", receipt + 1, *facts) is False
    for i, wrong in enumerate((charger + 1, provider, 8, 1, bytes(32))):
        bent = (*facts[:i], wrong, *facts[i + 1 :])
        assert village.services("is_receipt", receipt, *bent) is False
    _, event = village.services.logs()[0]
    assert (event["units"], event["paid"], event["receipt"]) == (7, 2_170_000, receipt)


def test_loyalty_is_paid_from_own_credits(village):
    giver, friend, *_ = village.homes
    village.services("reward", friend, 50, USE, by=giver)
    assert village.balance(friend) == FUNDS + 50
    assert village.balance(giver) == FUNDS - 50
    village.services.refuses("allowance too low", "reward", friend, 50, USE, by=STRANGER)


def test_a_price_that_rose_on_the_way_is_not_paid(village, charger):
    provider, user, *_ = village.homes
    village.services("set_price", charger, 310_001, True, by=provider)
    reason = "the price is above the accepted one"
    village.services.refuses(reason, "pay", charger, 1, 310_000, USE, by=user)
    village.services("set_price", charger, 0, False, by=provider)
    village.services.refuses("the service is closed", "pay", charger, 1, 0, USE, by=user)


def test_strangers_and_bad_figures_are_refused(village, charger):
    _, user, *_ = village.homes
    services = village.services
    with pytest.raises(Refused, match="not a member"):
        services("list_service", "Car", "km", 1, by=STRANGER)
    services.refuses("only the provider", "set_price", charger, 1, True, by=user)
    services.refuses("only the provider", "set_price", 99, 1, True, by=user)
    services.refuses("a service has a name and a unit", "list_service", "", "km", 1, by=user)
    services.refuses("price out of range", "list_service", "Car", "km", 2**64, by=user)
    services.refuses("price out of range", "set_price", charger, 2**64, True, by=village.homes[0])
    services.refuses("no such service", "pay", 99, 1, 1, USE, by=user)
    services.refuses("units out of range", "pay", charger, 0, 310_000, USE, by=user)
    services.refuses("units out of range", "pay", charger, 2**64, 310_000, USE, by=user)
    services.refuses("balance too low", "pay", charger, 2**64 - 1, 310_000, USE, by=user)


def test_a_pause_stops_new_uses(village, charger):
    village.pause("Services")
    reason = "paused by the guardians"
    village.services.refuses(reason, "pay", charger, 1, 310_000, USE, by=village.homes[1])
    village.services.refuses(reason, "reward", village.homes[0], 1, USE, by=village.homes[1])
    village.pause("Services", False)
    village.services("pay", charger, 1, 310_000, USE, by=village.homes[1])


def test_a_token_that_calls_back_gets_its_own_receipt_only(village):
    thief = deploy_peer(village.chain, "Thief")
    services = village.chain.deploy("Services", thief.address, village.registry.address)
    charger = services("list_service", "Trap", "h", 5, by=village.homes[0])
    selector, kinds, _ = services.functions["pay"]
    again = selector + encode(kinds, (charger, 1, 5, USE))
    thief("aim", services.address, again, NOBODY, by=STRANGER)
    first = services("pay", charger, 1, 5, USE, by=village.homes[1])
    assert (thief("entered"), thief("blocked"), services("receipt_count")) == (1, 0, 2)
    assert services("is_receipt", first, charger, village.homes[1], 1, 5, USE) is True
    assert services("is_receipt", 1, charger, thief.address, 1, 5, USE) is True


class ServicesMachine(RuleBasedStateMachine):
    """Listing, prices and uses against plain dictionaries."""

    village: Village

    def __init__(self) -> None:
        super().__init__()
        self.village.reset()
        self.homes = self.village.homes[:3]
        self.balances = dict.fromkeys(self.homes, FUNDS)
        self.listed: list[tuple[str, int, bool]] = []
        self.receipts: list[tuple[int, str, int, int]] = []

    @rule(by=st.integers(0, 2), price=st.sampled_from([0, 1, 999, 10**9, 2**64 - 1]))
    def list_one(self, by, price) -> None:
        self.village.services("list_service", "Thing", "use", price, by=self.homes[by])
        self.listed.append((self.homes[by], price, True))

    @rule(
        by=st.integers(0, 2),
        back=st.integers(1, 3),
        price=st.integers(0, 10**6),
        open_=st.booleans(),
    )
    def set_price(self, by, back, price, open_) -> None:
        number = max(len(self.listed) - back, 0)
        own = number < len(self.listed) and self.listed[number][0] == self.homes[by]
        arguments = (number, price, open_)
        if not own:
            self.village.services.refuses(
                "only the provider", "set_price", *arguments, by=self.homes[by]
            )
            return
        self.village.services("set_price", *arguments, by=self.homes[by])
        self.listed[number] = (self.homes[by], price, open_)

    @rule(
        by=st.integers(0, 2), back=st.integers(1, 3), units=st.sampled_from([1, 2, 500, 2**64 - 1]),
        most=st.sampled_from([0, 10**6, 2**256 - 1]),
    )  # fmt: skip
    def use(self, by, back, units, most) -> None:
        number, user = max(len(self.listed) - back, 0), self.homes[by]
        known = number < len(self.listed)
        provider, price, is_open = self.listed[number] if known else ("", 0, False)
        if not (is_open and price <= most and units * price <= self.balances[user]):
            with pytest.raises(Refused):
                self.village.services("pay", number, units, most, USE, by=user)
            return
        receipt = self.village.services("pay", number, units, most, USE, by=user)
        assert receipt == len(self.receipts)
        self.receipts.append((number, user, units, units * price))
        self.balances[user] -= units * price
        self.balances[provider] += units * price

    @invariant()
    def same_money_and_receipts(self) -> None:
        assert {home: self.village.balance(home) for home in self.homes} == self.balances
        for number, facts in enumerate(self.receipts[-3:], max(len(self.receipts) - 3, 0)):
            assert self.village.services("is_receipt", number, *facts, USE) is True


def test_any_order_of_uses(built):
    ServicesMachine.village = built
    run_state_machine_as_test(
        ServicesMachine, settings=settings(max_examples=4, stateful_step_count=12, deadline=None)
    )
