"""Green certificates: one per signed Wh, burned hour by hour by who made or bought the energy."""

from __future__ import annotations

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from tests.contracts.conftest import Refused
from tests.contracts.village import DAY_S, STRANGER, Village, deploy_peer

from peerwatt.market.mix import HourFacts, IntervalFacts, hour_facts, part_wh

CLOSE_S = 3 * DAY_S


class GreenVillage(Village):
    """Homes 0 and 1 have production meters; settled hours are what a test says."""

    def __init__(self) -> None:
        super().__init__()
        self.purse = deploy_peer(self.chain, "Purse", self.credit.address)
        places = (self.registry.address, self.purse.address, self.purse.address)
        self.certificates = self.chain.deploy("Certificates", *places, CLOSE_S)
        for home in self.homes[:2]:
            self.registry("set_production_meter", home, STRANGER, by=self.community)
        self.hour = self.chain.time // 3600
        self.chain.time = (self.hour + 1) * 3600
        self.reset = self.chain.snapshot()

    def settled(self, home: int, *intervals: IntervalFacts, hour: int | None = None) -> None:
        """The hour's four intervals; those left out are empty."""
        full = [*intervals, *[IntervalFacts(0, 0, 0, 0)] * (4 - len(intervals))]
        self.purse(
            "set_hour", self.homes[home], self.hour if hour is None else hour,
            [fact.import_wh << 64 | fact.export_wh for fact in full],
            [fact.produced_wh for fact in full],
            [fact.rest_wh for fact in full],
            by=STRANGER,
        )  # fmt: skip

    def issue(self, *homes: int, hour: int | None = None) -> None:
        members = [self.homes[home] for home in homes]
        self.certificates("issue", members, self.hour if hour is None else hour, by=STRANGER)

    def claim(self, *homes: int) -> None:
        self.certificates("claim", [self.homes[home] for home in homes], self.hour, by=STRANGER)

    def close(self) -> None:
        self.chain.time = (self.hour + 1) * 3600 + CLOSE_S

    def mix(self, home: int) -> tuple[int, ...]:
        return self.certificates("mix", self.homes[home], self.hour)


@pytest.fixture(scope="module")
def built():
    return GreenVillage()


@pytest.fixture
def village(built):
    built.reset()
    return built


def a_sunny_hour(village):
    """Home 0 makes 900, uses 200 itself, sells 600 of 700; homes 2 and 3 buy 500 and 300."""
    village.settled(0, IntervalFacts(0, 700, 900, -100))
    village.settled(2, IntervalFacts(650, 0, 0, 150))
    village.settled(3, IntervalFacts(300, 0, 0, 0))
    village.issue(0, 2, 3)


def test_sold_sun_goes_to_the_buyers_of_the_hour(village):
    a_sunny_hour(village)
    assert village.certificates("issued_wh") == 900
    assert village.certificates("burned_wh") == 200
    village.close()
    village.claim(2, 3)
    assert village.mix(2) == (True, True, 650, 0, 375, 125, 150)
    assert village.mix(3) == (True, True, 300, 0, 225, 75, 0)
    assert village.mix(0) == (True, True, 200, 200, 0, 0, 0)
    assert village.certificates("burned_wh") == 200 + 375 + 225


def test_a_battery_is_not_counted_as_sun_twice(village):
    village.settled(0, IntervalFacts(0, 800, 100, 0), IntervalFacts(0, 0, 500, 0))
    village.issue(0)
    record = village.certificates("records", village.homes[0], village.hour)
    produced, own, shared = (record >> offset & 0xFFFFFFFF for offset in (0, 32, 64))
    assert (produced, own, shared) == (600, 500, 100)


def test_who_buys_more_than_it_uses_burns_what_it_used(village):
    village.settled(2, IntervalFacts(100, 0, 0, -50))
    village.issue(2)
    assert village.mix(2) == (True, False, 100, 0, 0, 100, 0)


def test_nothing_is_issued_or_claimed_twice(village):
    a_sunny_hour(village)
    home = [village.homes[0]]
    village.certificates.refuses("issued already", "issue", home, village.hour, by=STRANGER)
    twice = [village.homes[4]] * 2
    village.settled(4)
    village.certificates.refuses("issued already", "issue", twice, village.hour, by=STRANGER)
    village.close()
    village.claim(2)
    buyer = [village.homes[2]]
    village.certificates.refuses("claimed already", "claim", buyer, village.hour, by=STRANGER)
    nobody = [village.homes[5]]
    village.certificates.refuses("nothing was issued", "claim", nobody, village.hour, by=STRANGER)


def test_an_hour_has_its_time(village):
    hour, member = village.hour, [village.homes[0]]
    village.certificates.refuses("the hour is not over", "issue", member, hour + 1, by=STRANGER)
    village.certificates.refuses("no such hour", "issue", member, 2**48, by=STRANGER)
    village.certificates.refuses("no such hour", "claim", member, 2**256 - 1, by=STRANGER)
    reason = "the hour is not settled finally"
    village.certificates.refuses(reason, "issue", member, hour, by=STRANGER)
    a_sunny_hour(village)
    village.certificates.refuses("the hour is not closed", "claim", member, hour, by=STRANGER)
    village.close()
    village.settled(1)
    late = [village.homes[1]]
    village.certificates.refuses("the hour is closed", "issue", late, hour, by=STRANGER)


def test_without_a_production_meter_nothing_is_green(village):
    village.settled(4, IntervalFacts(0, 700, 900, 0))
    village.issue(4)
    assert village.certificates("issued_wh") == 0


def test_a_pause_stops_both(village):
    village.pause("Certificates")
    for function in ("issue", "claim"):
        village.certificates.refuses(
            "paused by the guardians", function, [village.homes[0]], village.hour, by=STRANGER
        )


def test_the_largest_readings_fit(village):
    most = 2**20 - 1
    village.settled(0, *[IntervalFacts(0, most, most, 0)] * 4)
    village.settled(2, *[IntervalFacts(most, 0, 0, 0)] * 4)
    village.issue(0, 2)
    village.close()
    village.claim(2)
    assert village.mix(2) == (True, True, 4 * most, 0, 4 * most, 0, 0)


FACTS = st.builds(
    IntervalFacts, st.integers(0, 900), st.integers(0, 900), st.integers(0, 900),
    st.integers(-1000, 1000),
)  # fmt: skip


class GreenMachine(RuleBasedStateMachine):
    """One hour of four homes, issued and claimed in any order, against the app's own rule."""

    village: GreenVillage

    def __init__(self) -> None:
        super().__init__()
        self.village.reset()
        self.settled: dict[int, HourFacts] = {}
        self.issued: dict[int, HourFacts] = {}
        self.claimed: dict[int, int] = {}
        self.is_closed = False

    @rule(home=st.integers(0, 3), facts=st.lists(FACTS, min_size=4, max_size=4))
    def settle(self, home, facts) -> None:
        if home in self.settled:
            return
        self.village.settled(home, *facts)
        seen = facts if home < 2 else [f.without_production() for f in facts]
        self.settled[home] = hour_facts(seen)

    @rule(home=st.integers(0, 3))
    def issue(self, home) -> None:
        if home not in self.settled or home in self.issued or self.is_closed:
            with pytest.raises(Refused):
                self.village.issue(home)
            return
        self.village.issue(home)
        self.issued[home] = self.settled[home]

    @rule(home=st.integers(0, 3))
    def claim(self, home) -> None:
        if home not in self.issued or home in self.claimed or not self.is_closed:
            with pytest.raises(Refused):
                self.village.claim(home)
            return
        self.village.claim(home)
        self.claimed[home] = part_wh(self.issued[home].local_wh, *self.pool())

    @rule()
    def close(self) -> None:
        if len(self.issued) == 4:
            self.village.close()
            self.is_closed = True

    def pool(self) -> tuple[int, int]:
        facts = self.issued.values()
        return sum(f.shared_wh for f in facts), sum(f.local_wh for f in facts)

    @invariant()
    def same_certificates(self) -> None:
        certificates = self.village.certificates
        issued = sum(facts.produced_wh for facts in self.issued.values())
        own = sum(facts.own_wh for facts in self.issued.values())
        assert certificates("issued_wh") == issued
        assert certificates("burned_wh") == own + sum(self.claimed.values()) <= issued
        for home, facts in self.issued.items():
            _, _, consumed, own_wh, green, other, supplier = self.village.mix(home)
            assert own_wh + green + other + supplier == consumed
            assert (own_wh, green + other) == (facts.own_wh, facts.local_wh)
            assert green == part_wh(facts.local_wh, *self.pool())
            assert supplier == facts.import_wh - facts.local_wh


def test_any_order_of_steps(built):
    GreenMachine.village = built
    run_state_machine_as_test(
        GreenMachine, settings=settings(max_examples=4, stateful_step_count=20, deadline=None)
    )
