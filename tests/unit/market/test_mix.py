"""The mix report: every Wh consumed has one origin, and green is never counted twice."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from peerwatt.market.mix import HourFacts, IntervalFacts, Mix, hour_facts, hour_mix, part_wh, report

ENERGIES = st.integers(0, 5000)
FACTS = st.builds(IntervalFacts, ENERGIES, ENERGIES, ENERGIES, st.integers(-6000, 6000), ENERGIES)


def test_a_day_with_sun_neighbours_deals_and_supplier():
    sunny = hour_facts([IntervalFacts(0, 700, 900, -100)])
    assert (sunny.own_wh, sunny.shared_wh) == (200, 600)
    evening = hour_facts([IntervalFacts(800, 0, 0, 300, 100), IntervalFacts(200, 0, 0, 200)])
    mix = hour_mix(evening, 300, 600)
    assert mix == Mix(0, 200, 200, 100, 500)
    found = report({20: mix, 12: hour_mix(sunny, 600, 600)})
    assert list(found.hours) == [12, 20]
    assert found.total == Mix(200, 200, 200, 100, 500)
    assert found.lines() == [
        "42 % (0.5 kWh) from the supplier",
        "17 % (0.2 kWh) from neighbours' green energy",
        "17 % (0.2 kWh) from other energy of neighbours",
        "17 % (0.2 kWh) from own sun",
        "8 % (0.1 kWh) from direct deals",
    ]


def test_an_empty_hour_has_no_shares():
    mix = hour_mix(hour_facts([]), 0, 0)
    assert mix.consumed_wh == 0
    assert mix.share_pct(0) == 0.0
    assert report({}).lines() == []


@settings(max_examples=80)
@given(st.lists(FACTS, max_size=4), st.integers(0, 9000), st.integers(0, 9000))
def test_origins_sum_to_what_was_consumed(intervals, shared, wanted):
    facts = hour_facts(intervals)
    mix = hour_mix(facts, shared, wanted)
    assert mix.consumed_wh == facts.own_wh + facts.import_wh
    parts = (mix.own_wh, mix.neighbours_green_wh, mix.neighbours_other_wh, mix.deals_wh)
    assert min(*parts, mix.supplier_wh) >= 0
    assert facts.own_wh + facts.shared_wh <= facts.produced_wh


@settings(max_examples=80)
@given(st.lists(st.integers(0, 10**7), max_size=12), st.integers(0, 10**8))
def test_parts_never_exceed_what_was_shared(locals_wh, shared):
    wanted = sum(locals_wh)
    parts = [part_wh(local, shared, wanted) for local in locals_wh]
    assert sum(parts) <= min(shared, wanted)
    assert all(part <= local for part, local in zip(parts, locals_wh, strict=True))
    assert min(shared, wanted) - sum(parts) <= len(parts)


def test_sharing_needs_production_and_a_buyer():
    assert hour_facts([IntervalFacts(0, 500, 0, 0)]).shared_wh == 0
    assert hour_facts([IntervalFacts(0, 500, 500, -500)]) == HourFacts(
        produced_wh=500, export_wh=500
    )
