"""Orders that an agent places for its owner by name, and the band of a tariff that changes."""

from __future__ import annotations

import pytest
from tests.contracts.conftest import BASE, STEP, Refused

BUY, SELL = 0, 1
AGENT = "0x" + "77" * 20
OTHER = "0x" + "78" * 20
STRANGER = "0x" + "99" * 20


@pytest.fixture
def interval(street):
    return street.first + 4


def authorise(street, agent=AGENT, home=0, low=0, high=10**9, allowed=None):
    allowed = [street.market.address] if allowed is None else allowed
    terms = (agent, 10**9, 10**6, low, high, street.chain.time + 86_400, allowed)
    street.registry("authorise_agent", *terms, by=street.homes[home])


def test_an_agent_places_for_its_owner_as_the_owner_would(street, interval):
    authorise(street)
    orders = [street.order(interval, BUY, 10, 600), street.curve(interval + 1, (SELL, 20, 70))]
    restore = street.chain.snapshot()
    ends = []
    for call in (
        ("place", orders, AGENT),
        ("place_for", street.homes[0], orders, AGENT),
        ("place_for", street.homes[0], orders, street.homes[0]),
        ("place", orders, street.homes[0]),
    ):
        restore()
        street.market(*call[:-1], by=call[-1])
        assert street.market.logs() == [
            ("Placed", {"member": street.homes[0].lower(), "orders": tuple(orders)})
        ]
        word = street.market.slot("orders", street.homes[0], field=interval // 4 % 192)
        ends.append((word, street.available(street.homes[0]), street.escrow(street.homes[0])))
    assert len(set(ends)) == 1
    assert ends[0][2] > 0


def test_nobody_places_for_a_member_whose_agent_it_is_not(street, interval):
    authorise(street)
    authorise(street, OTHER, home=1)
    street.place(0, (interval, BUY, 10, 600))
    orders = [street.order(interval, BUY, 10, 5)]
    for caller in (STRANGER, OTHER, street.homes[1], street.community, street.poster):
        for wish in (orders, [street.order(interval, BUY, 0, 0)], []):
            call = ("place_for", street.homes[0], wish)
            street.market.refuses("not the member's agent", *call, by=caller)
    street.market.refuses("not a member", "place_for", STRANGER, orders, by=STRANGER)
    street.market.refuses("not a member", "place_for", AGENT, orders, by=AGENT)
    assert street.market.slot("orders", street.homes[0], field=interval // 4 % 192) & 2**60 - 1


def test_an_agent_that_is_paused_expired_revoked_or_out_of_scope_places_nothing(street, interval):
    def refuses(reason):
        call = ("place_for", street.homes[0], [street.order(interval, BUY, 10, 5)])
        street.market.refuses(reason, *call, by=AGENT)

    street.place(0, (interval, BUY, 10, 600))
    authorise(street, allowed=[street.flexibility.address])
    refuses("outside the agent's scope")
    authorise(street, low=BASE + 11 * STEP)
    refuses("price outside the agent's band")
    authorise(street, high=BASE + 9 * STEP)
    refuses("price outside the agent's band")
    authorise(street)
    street.registry("pause_agent", AGENT, True, by=street.homes[0])
    refuses("the agent is paused")
    street.registry("pause_agent", AGENT, False, by=street.homes[0])
    street.registry("set_active", street.homes[0], False, by=street.community)
    refuses("not a member")
    street.registry("set_active", street.homes[0], True, by=street.community)
    street.registry("set_may_buy", street.homes[0], False, by=street.community)
    street.market("place_for", street.homes[0], [street.order(interval, SELL, 10, 5)], by=AGENT)
    refuses("suspended by the supplier: no new buys")
    street.registry("set_may_buy", street.homes[0], True, by=street.community)
    street.registry("revoke_agent", AGENT, by=street.homes[0])
    refuses("not the member's agent")


def test_a_contract_charges_an_agent_only_as_a_spender_or_in_the_agents_own_transaction(street):
    authorise(street)
    home, use = street.homes[0], 5 | 1 << 124 | 9 << 128
    for spender in (street.poster, STRANGER):
        call = ("charge_orders", AGENT, home, use)
        street.registry.refuses("only a spender charges agents", *call, by=spender)
        call = ("charge_orders", AGENT, home, 5 | 9 << 128)
        street.registry.refuses("only a spender charges agents", *call, by=spender)
    assert street.registry("limits", AGENT) >> 140 == 0
    # The agent itself may use up its own limit, and of a contract in its scope only.
    street.registry("charge_orders", AGENT, home, use, by=AGENT)
    assert street.registry("limits", AGENT) >> 140 & 2**64 - 1 == 5
    call = ("charge_orders", AGENT, home, 5 | 2 << 124 | 9 << 128)
    street.registry.refuses("outside the agent's scope", *call, by=AGENT)
    unknown = ("charge_orders", AGENT, home, 5 | 9 << 128)
    street.registry.refuses("only a spender charges agents", *unknown, by=AGENT)


@pytest.mark.parametrize("by_agent", [False, True])
def test_each_order_keeps_to_the_tariff_of_its_interval(street, by_agent):
    """A change of tariff within the horizon of orders: each order has its own band."""
    home, now = street.homes[0], street.chain.time // 900
    change = now + 200
    street.registry(
        "set_supply", home, street.supplier, BASE + 5 * STEP, BASE + 2 * STEP, change,
        by=street.community,
    )  # fmt: skip
    street.chain.time += 100 * 900
    street.registry(
        "authorise_agent", AGENT, 10**9, 10**6, 0, 10**9, street.chain.time + 10**6,
        [street.market.address], by=home,
    )  # fmt: skip

    def place(*orders):
        words = [street.order(*order) for order in orders]
        call = ("place_for", home, words) if by_agent else ("place", words)
        street.market(*call, by=AGENT if by_agent else home)

    place((change - 1, BUY, 6, 10), (change, BUY, 5, 10), (change + 1, SELL, 2, 10))
    for wrong in ((change, BUY, 6, 10), (change, SELL, 1, 10)):
        with pytest.raises(Refused, match="price outside the band"):
            place((change - 1, BUY, 7, 10), wrong)
    place((change - 1, SELL, 1, 10))
    street.chain.time = (change + 1) * 900
    for tick in (1, 6):
        with pytest.raises(Refused, match="price outside the band"):
            place((change + 9, BUY, tick, 10))
    place((change + 9, BUY, 5, 10), (change + 9, BUY, 5, 10), (change + 150, SELL, 2, 10))
