"""The accuracy's properties of the reference hold, whatever the members did."""

from __future__ import annotations

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from peerwatt.market.accuracy import (
    ONE,
    START_H,
    AccuracyRules,
    Deviation,
    ZoneSums,
    accuracies_micro,
    accuracy_micro,
    next_h,
    penalty_micro,
    pool_micro,
    value_micro_per_kwh,
    zone_sums,
)

wh = st.integers(-(2**21), 2**21)
deviations = st.builds(Deviation, wh, st.integers(0, 2**20), st.integers(0, ONE - 1), st.booleans())
members = st.lists(deviations, max_size=12)
rules = st.builds(
    AccuracyRules, st.integers(0, 2**32 - 1), st.integers(0, 1000), st.integers(0, 1000)
)
prices = st.integers(0, 2**32 - 1)
REFERENCE = AccuracyRules(220_000, 1000, 500)


def outcome(found, price, how):
    named = {str(i): one for i, one in enumerate(found)}
    return list(accuracies_micro(named, price, how).values())


@settings(max_examples=300)
@given(members, prices, rules)
def test_rewards_never_exceed_penalties_and_the_dust_is_bounded(found, price, how):
    values = outcome(found, price, how)
    rewards = sum(max(value, 0) for value in values)
    sums = zone_sums(found)
    pool = pool_micro(sums, value_micro_per_kwh(price, how), how)
    assert rewards <= -sum(min(value, 0) for value in values)
    assert rewards <= max(pool, 0)
    helpers = [value for value in values if value > 0]
    if helpers:
        assert pool - rewards <= len(found)
    assert all(type(value) is int for value in values)


@given(members, prices, rules)
def test_a_balanced_zone_moves_nothing(found, price, how):
    mirrored = [Deviation(-one.rest_wh, one.size_wh, one.h, one.is_late) for one in found]
    assert set(outcome([*found, *mirrored], price, how)) <= {0}


@given(members, prices, rules)
def test_who_did_as_traded_pays_and_earns_nothing(found, price, how):
    exact = Deviation(0, 500, START_H)
    assert outcome([exact, *found], price, how)[0] == 0


@given(deviations, prices, rules)
def test_doubling_a_deviation_never_lowers_its_penalty(one, price, how):
    pi = value_micro_per_kwh(price, how)
    twice = Deviation(2 * one.rest_wh, one.size_wh, one.h, one.is_late)
    assert penalty_micro(twice, pi, how) >= penalty_micro(one, pi, how) >= 0


@given(members, prices, rules, st.randoms(use_true_random=False))
def test_the_order_of_members_does_not_matter(found, price, how, random):
    values = outcome(found, price, how)
    order = list(range(len(found)))
    random.shuffle(order)
    assert outcome([found[i] for i in order], price, how) == [values[i] for i in order]


@given(members, prices, rules)
def test_late_members_and_those_without_a_position_change_nothing_for_others(found, price, how):
    extra = [Deviation(900, 0, 9), Deviation(-700, 700, 9, is_late=True)]
    values = outcome([*found, *extra], price, how)
    assert values[: len(found)] == outcome(found, price, how)
    assert values[-2] == 0 >= values[-1]


@given(members, prices)
def test_a_miss_never_costs_more_than_its_position(found, price):
    for one, value in zip(found, outcome(found, price, REFERENCE), strict=True):
        bound = -(-220_000 * 1500 * one.size_wh // 1_000_000)
        assert value >= -bound


def test_the_form_of_the_reference():
    """pi |D| (1 + g (1 - H)) for hurters; helpers share min(sum P, pi sum |D|) by H |D|."""
    found = [
        Deviation(300, 1000, ONE // 2), Deviation(-100, 1000, ONE // 4),
        Deviation(-50, 1000, ONE // 2),
    ]  # fmt: skip
    pi = 200_000
    penalty = pi * 300 * (1 + 0.5 * 0.5) / 1000
    share = min(penalty, pi * 150 / 1000)
    assert outcome(found, pi, REFERENCE) == [-penalty, share / 2, share / 2]


def test_without_helpers_penalties_stay_with_the_balancing_supplier():
    assert outcome([Deviation(100, 500)], 100_000, REFERENCE) == [-12_500]
    assert pool_micro(ZoneSums(100, 0, 50, 0), 100_000, REFERENCE) == 0


def test_where_nothing_was_traded_half_of_the_spread_counts():
    assert value_micro_per_kwh(0, REFERENCE) == 110_000
    assert value_micro_per_kwh(300_000, REFERENCE) == 220_000


@given(deviations)
def test_the_record_stays_in_its_range_and_moves_towards_what_was_done(one):
    h = next_h(one.h, one)
    assert 0 <= h < ONE
    assume(one.size_wh > 0 and not one.is_late)
    if one.rest_wh == 0:
        assert h >= one.h
    if abs(one.rest_wh) >= max(one.size_wh, 50):
        assert h <= one.h


@given(deviations, prices, rules)
def test_alone_a_member_is_never_rewarded(one, price, how):
    assert accuracy_micro(one, zone_sums([one]), price, how) <= 0
