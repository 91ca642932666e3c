"""Rows reach the chain only as the meter signed them, one batch after the other."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.contracts.settling import STRANGER, Homes

ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
ROWS = [(300, 5), (0, 0), (12, 700)]


@pytest.fixture(scope="module")
def built():
    return Homes(3)


@pytest.fixture
def homes(built):
    built.reset()
    return built


@pytest.fixture
def start(homes):
    """Home 0 has signed three rows from the interval that is returned on."""
    homes.after(homes.first + 40)
    first = homes.first + 2
    homes.meter("submit", [homes.batch(0, first, ROWS, (1000, 500))], by=STRANGER)
    return first


def row(homes, interval, home=0):
    return homes.meter("row", homes.homes[home], interval)


def refuse(homes, reason, *args, **kwargs):
    homes.meter.refuses(reason, "submit", [homes.batch(0, *args, **kwargs)], by=STRANGER)


def test_rows_are_known_as_signed(homes, start):
    assert [row(homes, start + i) for i in range(-1, 4)] == [
        (False, 0, 0), *((True, *one) for one in ROWS), (False, 0, 0),
    ]  # fmt: skip
    assert homes.meter.logs() == [
        (
            "Metered",
            {
                "member": homes.homes[0].lower(), "kind": 0, "first": start, "count": 3,
                "import_register": 1312, "export_register": 1205,
            },
        )
    ]  # fmt: skip


def test_the_next_batch_goes_on_where_the_last_ended(homes, start):
    homes.meter("submit", [homes.batch(0, start + 3, [(7, 8)], (1312, 1205))], by=STRANGER)
    assert row(homes, start + 3) == (True, 7, 8)
    assert row(homes, start + 2) == (True, 12, 700)


def test_many_meters_go_in_one_transaction(homes):
    homes.after(homes.first + 98)
    rows = [(i, 2 * i) for i in range(96)]
    batches = [homes.batch(home, homes.first + home, rows) for home in range(3)]
    homes.meter("submit", batches, by=STRANGER)
    for home in range(3):
        assert row(homes, homes.first + home + 95, home) == (True, 95, 190)
        assert row(homes, homes.first + home + 50, home) == (True, 50, 100)


def test_anything_but_the_members_own_meter_is_refused(homes, start):
    wrong = "not signed by the member's meter"
    good = homes.batch(0, start + 3, [(7, 8)], (1312, 1205))
    member, first, before_in, before_out, rows, v, r, s = good
    refuse(homes, wrong, start + 3, [(7, 8)], (1312, 1205), key=1)
    refuse(homes, wrong, start + 3, [(7, 8)], (1312, 1205), kind="Production")
    forgeries = [
        (homes.homes[1], first, before_in, before_out, rows, v, r, s),
        (member, first + 1, before_in, before_out, rows, v, r, s),
        (member, first, before_in + 1, before_out, rows, v, r, s),
        (member, first, before_in, before_out + 1, rows, v, r, s),
        (member, first, before_in, before_out, rows[:-1] + b"\x09", v, r, s),
        (member, first, before_in, before_out, rows + bytes(8), v, r, s),
        (STRANGER, first, before_in, before_out, rows, v, r, s),
    ]
    for forged in forgeries:
        homes.meter.refuses(wrong, "submit", [forged], by=STRANGER)
    bent = (*good[:5], 55 - v, r, (ORDER - int.from_bytes(s)).to_bytes(32))
    homes.meter.refuses("high s in the signature", "submit", [bent], by=STRANGER)
    homes.meter.refuses("invalid signature", "submit", [(*good[:5], 31, r, s)], by=STRANGER)
    for malformed in (rows[:-1], b""):
        cut = (*good[:4], malformed, v, r, s)
        homes.meter.refuses("malformed rows", "submit", [cut], by=STRANGER)


def test_gaps_replays_and_registers_that_fall_or_leap_are_refused(homes, start):
    before = (1312, 1205)
    refuse(homes, "a reading is missing before this one", start + 4, [(1, 1)], before)
    refuse(homes, "the interval is metered already", start, ROWS, (1000, 500))
    refuse(homes, "the interval is metered already", start + 2, ROWS, before)
    refuse(homes, "a register fell", start + 3, [(1, 1)], (1311, 1205))
    refuse(homes, "a register fell", start + 3, [(1, 1)], (1312, 1204))
    refuse(homes, "a register leapt", start + 3, [(1, 1)], (1313, 1205))
    refuse(homes, "a register leapt", start + 3, [(2**20, 1)], before)
    refuse(homes, "a register leapt", start + 3, [(0, 2**31)], before)
    homes.chain.time = (start + 4) * 900 - 1
    refuse(homes, "the interval is not over", start + 3, [(1, 1)], before)
    homes.chain.time += 1
    homes.meter("submit", [homes.batch(0, start + 3, [(2**20 - 1, 1)], before)], by=STRANGER)
    assert row(homes, start + 3) == (True, 2**20 - 1, 1)


def test_registers_end_where_64_bits_end(homes):
    homes.after(homes.first)
    refuse(homes, "a register leapt", homes.first, [(1, 0)], (2**64 - 1, 0))
    last = homes.batch(0, homes.first, [(1, 1)], (2**64 - 2, 2**64 - 2))
    homes.meter("submit", [last], by=STRANGER)
    assert row(homes, homes.first) == (True, 1, 1)


def test_the_hour_of_eight_days_ago_is_forgotten(homes, start):
    homes.after(start + 900)
    at, before = start + 3, (1312, 1205)
    while at < start + 772:
        rows = [(1, 2)] * 96
        homes.meter("submit", [homes.batch(0, at, rows, before)], by=STRANGER)
        at, before = at + 96, (before[0] + 96, before[1] + 192)
    oldest = 4 * ((at - 1) // 4 - 191)
    assert row(homes, oldest - 1) == (False, 0, 0)
    assert row(homes, oldest)[0]
    first, count, words = homes.meter("hours_from", homes.homes[0], start)
    assert (first, count, len(words)) == (oldest, 96, 24)


def estimate(homes, first, count, home=0):
    homes.meter("estimate", homes.homes[home], first, count, by=STRANGER)


def test_overdue_rows_are_estimated_from_the_day_before(homes):
    first, meter, home = homes.first + 1, homes.meter, homes.homes[0]
    homes.after(first + 300)
    day = [(100 + i, 7) for i in range(96)]
    meter("submit", [homes.batch(0, first, day)], by=STRANGER)
    homes.chain.time = (first + 100) * 900 + homes.due_s
    meter.refuses("readings may still come", "estimate", home, first + 96, 4, by=STRANGER)
    homes.chain.time += 1
    meter.refuses(
        "a reading is missing before this one", "estimate", home, first + 97, 1, by=STRANGER
    )
    for count in (0, 97):
        meter.refuses("between 1 and 96 intervals", "estimate", home, first, count, by=STRANGER)
    estimate(homes, first + 96, 4)
    assert meter.logs()[0][0] == "Estimated"
    assert row(homes, first + 96) == (False, 0, 0)
    assert [meter("estimate_of", home, first + 96 + i) for i in range(4)] == [100, 101, 102, 103]
    _, count, words = meter("hours_from", home, first + 96)
    assert count == 4
    lane = words[0] >> 64 * (3 - (first + 96) % 4) & (2**64 - 1)
    assert (lane >> 32, lane >> 31 & 1, lane & 0xFFFFF) == (100, 1, 0)
    signed = homes.batch(0, first + 96, [(55, 66)] * 2, (sum(i for i, _ in day), 96 * 7))
    meter("submit", [signed], by=STRANGER)
    assert [row(homes, first + 96 + i) for i in range(3)] == [
        (True, 55, 66), (True, 55, 66), (False, 0, 0),
    ]  # fmt: skip
    assert meter("estimate_of", home, first + 96) == 100


def test_who_never_reported_is_estimated_with_nothing(homes):
    homes.chain.time = (homes.first + 9) * 900 + homes.due_s + 1
    args = (homes.first, 8)
    homes.meter.refuses("not a member", "estimate", STRANGER, *args, by=STRANGER)
    old = homes.first - 700
    homes.meter.refuses("too long ago", "estimate", homes.homes[0], old, 1, by=STRANGER)
    estimate(homes, *args)
    assert homes.meter("hours_from", homes.homes[0], 0)[:2] == (homes.first, 8)
    batch = homes.batch(0, homes.first + 2, [(9, 9)], (77, 77))
    homes.meter("submit", [batch], by=STRANGER)
    assert row(homes, homes.first + 2) == (True, 9, 9)
    assert row(homes, homes.first + 1) == (False, 0, 0)


def test_an_exchanged_meter_starts_anew_by_the_operators_word(homes, start):
    home, meter = homes.homes[0], homes.meter
    args = ("restart", home, start + 9, 0)
    meter.refuses("only the metering operator", *args, by=homes.community)
    meter.refuses("no reading yet", "restart", homes.homes[1], start, 0, by=homes.operator)
    meter.refuses("unknown kind", "restart", home, start + 9, 2, by=homes.operator)
    late = homes.chain.time // 900 + 1
    meter.refuses("the interval is not over", "restart", home, late, 0, by=homes.operator)
    meter(*args, by=homes.operator)
    refuse(homes, "a reading is missing before this one", start + 10, [(4, 4)], (1, 1))
    meter("submit", [homes.batch(0, start + 9, [(4, 4)], (1, 1))], by=STRANGER)
    assert row(homes, start + 9) == (True, 4, 4)
    assert row(homes, start + 5) == (False, 0, 0)
    refuse(homes, "a register fell", start + 10, [(4, 4)], (4, 4))


def test_production_has_a_meter_of_its_own(homes, start):
    home, meter = homes.homes[0], homes.meter
    batch = homes.batch(0, start, ROWS, kind="Production", key=1)
    wrong = "not signed by the member's meter"
    meter.refuses(wrong, "submit_production", [batch], by=STRANGER)
    homes.registry("set_production_meter", home, homes.meters[1], by=homes.community)
    meter("submit_production", [batch], by=STRANGER)
    assert meter("production", home, start + 2) == (True, 700)
    assert meter("production", home, start + 3) == (False, 0)
    twice = ("submit_production", [batch])
    meter.refuses("the interval is metered already", *twice, by=STRANGER)
    meter("restart", home, start + 8, 1, by=homes.operator)
    after = homes.batch(0, start + 8, [(0, 3)], kind="Production", key=1)
    meter("submit_production", [after], by=STRANGER)
    assert meter("production", home, start + 5) == (False, 0)
    assert meter("production", home, start + 8) == (True, 3)


def test_roots_are_anchored_once(homes):
    root = b"\x07" * 32
    homes.meter.refuses("the intervals are not in order", "anchor", root, 6, 5, by=STRANGER)
    homes.meter("anchor", root, 5, 6, by=STRANGER)
    assert homes.meter("anchors", STRANGER, root) == 5 << 64 | 6
    homes.meter.refuses("anchored already", "anchor", root, 5, 6, by=STRANGER)


energy = st.tuples(st.integers(0, 2**20 - 1), st.integers(0, 2**20 - 1))


@settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.integers(0, 3), st.lists(st.lists(energy, min_size=1, max_size=7), max_size=4))
def test_any_split_into_batches_keeps_every_row(homes, offset, batches):
    homes.reset()
    first = homes.first + offset
    homes.after(first + 40)
    at, before, known = first, (3, 4), []
    for rows in batches:
        homes.meter("submit", [homes.batch(0, at, rows, before)], by=STRANGER)
        known += rows
        at, before = at + len(rows), tuple(before[k] + sum(one[k] for one in rows) for k in (0, 1))
    assert [row(homes, first + i) for i in range(len(known))] == [(True, *one) for one in known]
    assert not row(homes, first + len(known))[0]
