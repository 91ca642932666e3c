"""Two versions of the market under a credit that calls back: nothing is entered twice."""

from __future__ import annotations

import pytest
from tests.contracts.conftest import BASE, COUNT, GATE_S, NOBODY, STEP
from tests.contracts.village import deploy_peer

BUY = 0


@pytest.fixture
def moving(street):
    """A member that is its own credit, with an account in a market that has a successor."""
    thief, community = deploy_peer(street.chain, "Thief"), street.community
    terms = (1, street.retail, street.feed_in, "0x" + "55" * 20, street.supplier)
    street.registry("add_member", thief.address, *terms, by=community)
    markets = []
    for _ in range(2):
        before = markets[0].address if markets else NOBODY
        places = (thief.address, street.registry.address)
        market = street.chain.deploy("Market", *places, BASE, STEP, COUNT, GATE_S, 0, before)
        market("set_book", 1, 0, 0, by=community)
        markets.append(market)
    old, new = markets
    for account in (thief.address, street.homes[0]):
        old("deposit", 1_000_000, by=account)
    cut = street.first + 8
    old("place", [street.order(cut + 1, BUY, 9, 100)], by=thief.address)
    old("retire", cut, new.address, by=community)
    return street, thief, old, new, cut


def calldata(contract, function, *args):
    from eth_abi import encode

    selector, kinds, _ = contract.functions[function]
    return selector + encode(kinds, args)


@pytest.mark.parametrize("call", ["migrate", "withdraw", "deposit"])
def test_a_credit_that_calls_back_into_the_old_market_is_stopped(moving, call):
    street, thief, old, new, cut = moving
    args = {"migrate": (thief.address, True), "withdraw": (1,), "deposit": (5,)}[call]
    thief("aim", old.address, calldata(old, call, *args), NOBODY, by=street.dso)
    old("migrate", thief.address, True, by=thief.address)
    assert (thief("entered"), thief("blocked")) == (1, 1)
    both(street, thief, old, new, cut)


@pytest.mark.parametrize("call", ["withdraw", "deposit"])
def test_a_credit_that_calls_back_into_the_new_market_is_stopped(moving, call):
    """What the successor has booked but was not yet paid cannot leave it."""
    street, thief, old, new, cut = moving
    thief("aim", new.address, calldata(new, call, 900_000), NOBODY, by=street.dso)
    old("migrate", thief.address, True, by=thief.address)
    assert (thief("entered"), thief("blocked")) == (1, 1)
    both(street, thief, old, new, cut)


def both(street, thief, old, new, cut):
    """The member's credits and its order are in the new market, once; another's stay."""
    assert old("accounts", thief.address) == (0, 0, 0)
    available, escrow, _ = new("accounts", thief.address)
    assert available + escrow == 1_000_000
    assert escrow == -(-100 * (BASE + 9 * STEP) // 1000)
    assert new.slot("orders", thief.address, field=(cut + 1) // 4 % 192) & 2**240 - 1
    assert old("accounts", street.homes[0]) == (1_000_000, 0, 0)
