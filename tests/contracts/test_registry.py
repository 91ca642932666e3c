"""The registry admits, names roles and holds agents to their owners' limits."""

from __future__ import annotations

import pytest
from eth_utils import keccak
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

AGENT = "0x" + "77" * 20
STRANGER = "0x" + "99" * 20
NOBODY = "0x" + "00" * 20
DAY = 86_400


@pytest.fixture
def registry(street):
    """A registry in which the first home has an agent: 1 credit a day, 0.10 to 0.25, two days."""
    street.registry("set_spender", street.operator, True, by=street.community)
    street.registry(
        "authorise_agent", AGENT, 1_000_000, 5_000, 100_000, 250_000,
        street.chain.time + 2 * DAY, [street.operator], by=street.homes[0],
    )  # fmt: skip
    return street.registry


def test_members_are_listed_with_what_belongs_to_them(street):
    registry = street.registry
    assert registry("member_count") == 6
    assert registry("member_at", 2).lower() == street.homes[2].lower()
    zone, active, may_buy, *prices, meter, supplier = registry("members", street.homes[2])
    assert (zone, active, may_buy, prices) == (1, True, True, [street.retail, street.feed_in])
    assert meter.lower() == street.meters[2].address.lower()
    assert supplier.lower() == street.supplier.lower()


@pytest.mark.parametrize(
    ("function", "arguments"),
    [
        ("add_member", (STRANGER, 1, 2, 1, STRANGER, STRANGER)),
        ("set_production_meter", (STRANGER, STRANGER)),
        ("set_active", (STRANGER, True)),
        ("set_meter", (STRANGER, STRANGER)),
        ("set_role", (STRANGER, 1)),
        ("set_spender", (STRANGER, True)),
        ("publish", (bytes(32), STRANGER)),
    ],
)
def test_only_the_community_changes_the_register(street, function, arguments):
    street.registry.refuses("only the community", function, *arguments, by=street.homes[0])


@pytest.mark.parametrize(
    ("reason", "arguments"),
    [
        ("the member has no address", (NOBODY, 1, 2, 1, STRANGER, STRANGER)),
        ("the meter has no key", (STRANGER, 1, 2, 1, NOBODY, STRANGER)),
        ("the supplier has no address", (STRANGER, 1, 2, 1, STRANGER, NOBODY)),
        ("feed-in above retail", (STRANGER, 1, 1, 2, STRANGER, STRANGER)),
        ("the address is an agent", (AGENT, 1, 2, 1, STRANGER, STRANGER)),
    ],
)
def test_an_incomplete_member_is_not_admitted(registry, street, reason, arguments):
    registry.refuses(reason, "add_member", *arguments, by=street.community)


def test_community_can_change_what_it_registered(street):
    home = street.homes[0]
    registry = street.registry
    terms = (home, 1, 2, 1, STRANGER, STRANGER)
    registry.refuses("already a member", "add_member", *terms, by=street.community)
    registry("set_meter", home, STRANGER, by=street.community)
    registry("set_production_meter", home, AGENT, by=street.community)
    assert registry("meter_of", home) == registry("members", home)[5] == STRANGER
    assert registry("production_meter_of", home) == AGENT
    registry.refuses("the meter has no key", "set_meter", home, NOBODY, by=street.community)
    for call in (("set_may_buy", STRANGER, True), ("set_active", STRANGER, True)):
        registry.refuses("not a member", *call, by=street.community)
    assert registry("roles", street.dso) == 1


def test_terms_change_from_a_later_interval_on_and_not_twice_in_a_ring(street):
    registry, home, now = street.registry, street.homes[0], street.first
    change = ("set_supply", home, STRANGER, 500, 400)
    reason = "terms change only for intervals without orders"
    registry.refuses(reason, *change, now + 192, by=street.community)
    registry.refuses("only the community or Supply", *change, now + 200, by=street.supplier)
    crossed = ("set_supply", home, STRANGER, 4, 5, now + 200)
    registry.refuses("feed-in above retail", *crossed, by=street.community)
    registry(*change, now + 900, by=street.community)
    registry(*change, now + 200, by=street.community)
    old = (1, street.retail, street.feed_in, street.supplier.lower())
    assert registry("terms_at", home, now + 199) == old
    assert registry("terms_at", home, now + 200) == (1, 500, 400, STRANGER)
    assert registry("members", home)[3:5] == old[1:3]
    street.chain.time = (now + 300) * 900
    assert registry("trader", home)[2:] == (500, 400)
    recent = ("set_supply", home, AGENT, 7, 6, now + 600)
    registry.refuses("the last change is too recent", *recent, by=street.community)
    assert registry("terms_at", home, now + 199) == old
    street.chain.time = (now + 968) * 900
    registry("set_supply", home, AGENT, 7, 6, now + 1300, by=street.community)
    assert registry("terms_at", home, now + 1299) == (1, 500, 400, STRANGER)
    assert registry("terms_at", home, now + 1300) == (1, 7, 6, AGENT)


def test_the_supply_contract_changes_terms_too(street):
    name = keccak(text="Supply")
    street.registry("publish", name, STRANGER, by=street.community)
    terms = (street.homes[0], AGENT, 9, 8, street.first + 193)
    street.registry("set_supply", *terms, by=STRANGER)
    street.registry("set_may_buy", street.homes[0], False, by=STRANGER)
    assert not street.registry("may_buy", street.homes[0])


def test_versions_count_after_their_notice(street):
    registry = street.chain.deploy("Registry", street.community, 3 * DAY)
    name = b"\x01" * 32
    assert registry("contracts", name) == NOBODY
    registry("publish", name, STRANGER, by=street.community)
    registry("publish", name, AGENT, by=street.community)
    assert registry("contracts", name) == STRANGER
    street.chain.time += 3 * DAY
    assert registry("contracts", name) == AGENT
    assert registry("version_count", name) == 2
    assert registry("version_of", name, 1) == (AGENT, street.chain.time)


def test_only_guardians_pause(street):
    name = b"\x01" * 32
    pause = ("set_paused", name, True)
    street.registry.refuses("only a guardian", *pause, by=street.community)
    street.registry(*pause, by=street.guardian)
    assert street.registry("paused", name)


def test_who_acts_for_whom(registry, street):
    home = street.homes[0]
    assert registry("principal", home) == home.lower()
    assert registry("principal", AGENT) == home.lower()
    assert registry("trader", AGENT) == (home.lower(), 1, street.retail, street.feed_in)
    registry.refuses("not a member", "principal", STRANGER)
    registry("set_active", home, False, by=street.community)
    registry.refuses("not a member", "principal", home)
    registry.refuses("not a member", "principal", AGENT)


def test_an_agent_ends_when_revoked_or_expired(registry, street):
    registry.refuses("not the agent's owner", "revoke_agent", AGENT, by=street.homes[1])
    street.chain.time += 2 * DAY
    assert registry("principal", AGENT) == street.homes[0].lower()
    street.chain.time += 1
    registry.refuses("the agent has expired", "principal", AGENT)
    charge = ("charge_agent", AGENT, 1, 0, 150_000, 150_000)
    registry.refuses("the agent has expired", *charge, by=street.operator)
    registry("revoke_agent", AGENT, by=street.homes[0])
    registry.refuses("not a member", "principal", AGENT)
    registry.refuses("not a member", *charge, by=street.operator)


def test_an_agent_serves_one_member_at_a_time(registry, street):
    terms = (AGENT, 1, 1, 1, 2, street.chain.time + 60, [])
    other = street.homes[1]
    registry.refuses("the agent serves another member", "authorise_agent", *terms, by=other)
    registry("revoke_agent", AGENT, by=street.homes[0])
    registry("authorise_agent", *terms, by=other)
    assert registry("principal", AGENT) == other.lower()


@pytest.mark.parametrize(
    ("reason", "agent", "low", "high", "ahead"),
    [
        ("the agent has no address", NOBODY, 1, 2, 60),
        ("the price band is empty", STRANGER, 3, 2, 60),
        ("the agent has expired", STRANGER, 1, 2, 0),
    ],
)
def test_an_agent_without_sense_is_not_authorised(street, reason, agent, low, high, ahead):
    terms = (agent, 1, 1, low, high, street.chain.time + ahead, [])
    street.registry.refuses(reason, "authorise_agent", *terms, by=street.homes[0])


def test_a_member_is_nobodys_agent_and_a_stranger_has_none(street):
    terms = (1, 1, 1, 2, street.chain.time + 60, [])
    a, b, *_ = street.homes
    street.registry.refuses("the agent is a member", "authorise_agent", b, *terms, by=a)
    street.registry.refuses("not a member", "authorise_agent", AGENT, *terms, by=STRANGER)


def test_the_daily_limit_holds_and_starts_anew_with_the_day(registry, street):
    def charge(amount):
        return ("charge_agent", AGENT, amount, 0, 150_000, 150_000)

    registry(*charge(600_000), by=street.operator)
    registry(*charge(400_000), by=street.operator)
    registry.refuses("over the agent's daily limit", *charge(1), by=street.operator)
    registry(*charge(0), by=street.operator)
    assert registry("spent", AGENT, street.chain.time // DAY) == 1_000_000
    street.chain.time = (street.chain.time // DAY + 1) * DAY
    registry(*charge(1_000_000), by=street.operator)
    registry.refuses("over the agent's daily limit", *charge(1), by=street.operator)


def test_authorising_again_does_not_forget_what_was_spent_today(registry, street):
    registry("charge_agent", AGENT, 900_000, 0, 150_000, 150_000, by=street.operator)
    terms = (AGENT, 950_000, 0, 100_000, 250_000, street.chain.time + 60, [street.operator])
    registry("authorise_agent", *terms, by=street.homes[0])
    charge = ("charge_agent", AGENT, 50_001, 0, 150_000, 150_000)
    registry.refuses("over the agent's daily limit", *charge, by=street.operator)


def test_the_price_band_holds_for_agents_only(registry, street):
    outside = "price outside the agent's band"
    registry.refuses(outside, "charge_agent", AGENT, 1, 0, 99_999, 200_000, by=street.operator)
    registry.refuses(outside, "charge_agent", AGENT, 1, 0, 200_000, 250_001, by=street.operator)
    registry("charge_agent", AGENT, 1, 0, 100_000, 250_000, by=street.operator)
    registry("charge_agent", street.homes[0], 10**15, 10**9, 1, 10**9, by=street.operator)
    assert registry("spent", street.homes[0], street.chain.time // DAY) == 0


def test_only_a_spender_charges(registry, street):
    reason = "only a spender charges agents"
    registry.refuses(reason, "charge_agent", AGENT, 1, 0, 150_000, 150_000, by=street.homes[1])


def test_a_paused_agent_does_nothing_until_its_owner_lets_it_go_on(registry, street):
    home, other = street.homes[:2]
    charge = ("charge_agent", AGENT, 1, 0, 150_000, 150_000)
    registry.refuses("not the agent's owner", "pause_agent", AGENT, True, by=other)
    registry.refuses("not the agent's owner", "pause_agent", AGENT, True, by=AGENT)
    registry("pause_agent", AGENT, True, by=home)
    assert registry("agents", AGENT)[8] is True
    registry.refuses("the agent is paused", "principal", AGENT)
    registry.refuses("the agent is paused", *charge, by=street.operator)
    registry("pause_agent", AGENT, False, by=home)
    registry(*charge, by=street.operator)
    registry("revoke_agent", AGENT, by=home)
    registry.refuses("the agent is revoked", "pause_agent", AGENT, False, by=home)


def test_the_daily_sales_hold_and_start_anew_with_the_day(registry, street):
    def sell(energy_wh):
        return ("charge_agent", AGENT, 0, energy_wh, 150_000, 150_000)

    registry(*sell(4_999), by=street.operator)
    registry.refuses("over the agent's daily sales", *sell(2), by=street.operator)
    registry(*sell(1), by=street.operator)
    registry.refuses("over the agent's daily sales", *sell(2**127), by=street.operator)
    assert registry("spent", AGENT, street.chain.time // DAY) == 0
    street.chain.time = (street.chain.time // DAY + 1) * DAY
    registry(*sell(5_000), by=street.operator)


def test_an_agent_uses_only_the_contracts_its_owner_named(registry, street):
    home = street.homes[0]
    terms = (AGENT, 10**6, 10**6, 0, 10**6, street.chain.time + 60)
    charge = ("charge_agent", AGENT, 1, 0, 150_000, 150_000)
    registry.refuses("no contract of the community", "authorise_agent", *terms, [STRANGER], by=home)
    registry("authorise_agent", *terms, [], by=home)
    registry.refuses("outside the agent's scope", *charge, by=street.operator)
    registry("authorise_agent", *terms, [street.market.address], by=home)
    registry.refuses("outside the agent's scope", *charge, by=street.operator)
    registry("authorise_agent", *terms, [street.operator], by=home)
    registry(*charge, by=street.operator)


def test_the_bit_of_a_contract_is_never_given_to_another(registry, street):
    bit = registry("spenders", street.operator)
    registry("set_spender", street.operator, False, by=street.community)
    registry("set_spender", STRANGER, True, by=street.community)
    assert registry("spenders", STRANGER) != bit
    charge = ("charge_agent", AGENT, 1, 0, 150_000, 150_000)
    registry.refuses("only a spender charges agents", *charge, by=street.operator)
    registry.refuses("outside the agent's scope", *charge, by=STRANGER)


@given(
    limit=st.integers(0, 2**64 - 1), sales=st.integers(0, 2**36 - 1),
    low=st.integers(0, 2**32 - 1), high=st.integers(0, 2**32 - 1), ahead=st.integers(1, 2**39),
)  # fmt: skip
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_limits_are_kept_to_the_last_bit(street, limit, sales, low, high, ahead):
    low, high = sorted((low, high))
    expires = street.chain.time + ahead
    terms = (AGENT, limit, sales, low, high, expires, [street.flexibility.address])
    street.registry("authorise_agent", *terms, by=street.homes[0])
    owner, *kept, active, paused = street.registry("agents", AGENT)
    assert owner == street.homes[0].lower()
    assert kept == [limit, sales, low, high, expires, 2]
    assert active is True
    assert paused is False
