"""Charging profiles mean what OCPP 1.6 section 3.13 says."""

from __future__ import annotations

from typing import Any

import pytest

from peerwatt.simulation.peers.charging_profiles import (
    cleared,
    composite_limit_a,
    iso_time,
    parse_profile,
)

NOW_S = 1_781_827_200.0


def raw(limit: float = 10.0, **changes: Any) -> dict[str, Any]:
    profile: dict[str, Any] = {
        "charging_profile_id": 1,
        "stack_level": 0,
        "charging_profile_purpose": "TxDefaultProfile",
        "charging_profile_kind": "Absolute",
        "charging_schedule": {
            "charging_rate_unit": "A",
            "start_schedule": iso_time(NOW_S),
            "duration": 60,
            "charging_schedule_period": [{"start_period": 0, "limit": limit}],
        },
    }
    schedule = {k: changes.pop(k) for k in list(changes) if k in profile["charging_schedule"]}
    profile["charging_schedule"].update(schedule)
    return profile | changes


def limit_at(seconds: float, *profiles: dict[str, Any], start_s: float | None = None) -> Any:
    parsed = [parse_profile(p, NOW_S, 3, 230.0) for p in profiles]
    return composite_limit_a(parsed, NOW_S + seconds, start_s)


def test_a_schedule_ends_after_its_duration():
    assert limit_at(0, raw()) == 10
    assert limit_at(59.9, raw()) == 10
    assert limit_at(60, raw()) is None
    assert limit_at(-1, raw()) is None


def test_periods_follow_each_other():
    periods = [{"start_period": 30, "limit": 0}, {"start_period": 0, "limit": 16}]
    steps = raw(charging_schedule_period=periods)
    assert [limit_at(t, steps) for t in (0, 29, 30, 59)] == [16, 16, 0, 0]


def test_watts_become_ampere_per_phase():
    assert limit_at(0, raw(6_900, charging_rate_unit="W")) == pytest.approx(10)


def test_the_transactions_profile_replaces_the_default_and_the_maximum_caps_both():
    own = raw(14, charging_profile_id=2, charging_profile_purpose="TxProfile")
    cap = raw(12, charging_profile_id=3, charging_profile_purpose="ChargePointMaxProfile")
    assert limit_at(0, raw(8), own) == 14
    assert limit_at(0, raw(8), own, cap) == 12
    assert limit_at(0, raw(8), cap) == 8


def test_the_highest_stack_level_that_speaks_wins():
    high = raw(6, charging_profile_id=2, stack_level=5, duration=20)
    assert limit_at(10, raw(16), high) == 6
    assert limit_at(30, raw(16), high) == 16


def test_relative_schedules_begin_with_the_transaction_or_their_arrival():
    relative = raw(9, charging_profile_kind="Relative")
    relative["charging_schedule"].pop("start_schedule")
    assert limit_at(30, relative, start_s=NOW_S - 3_600) == 9
    assert limit_at(70, relative, start_s=NOW_S - 3_600) is None
    assert limit_at(70, relative, start_s=NOW_S + 40) == 9


def test_recurring_schedules_come_back_each_day():
    daily = raw(7, charging_profile_kind="Recurring", recurrency_kind="Daily")
    assert limit_at(86_400 * 3 + 59, daily) == 7
    assert limit_at(86_400 * 3 + 61, daily) is None


def test_validity_bounds_a_profile():
    bounded = raw(valid_from=iso_time(NOW_S + 10), valid_to=iso_time(NOW_S + 20))
    assert [limit_at(t, bounded) for t in (9, 10, 19, 20)] == [None, 10, 10, None]


def test_clearing_matches_id_or_all_given_criteria():
    profiles = [
        parse_profile(p, NOW_S, 3, 230.0)
        for p in (raw(), raw(charging_profile_id=2, stack_level=3))
    ]
    assert [p.profile_id for p in cleared(profiles, 1, None, None)] == [2]
    assert [p.profile_id for p in cleared(profiles, None, "TxDefaultProfile", 3)] == [1]
    assert cleared(profiles, None, None, None) == []


def test_unusable_profiles_are_refused():
    with pytest.raises(ValueError, match="at least one period"):
        parse_profile(raw(charging_schedule_period=[]), NOW_S, 3, 230.0)
    with pytest.raises(ValueError, match="0 or more"):
        parse_profile(raw(-1), NOW_S, 3, 230.0)
