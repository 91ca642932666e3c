"""Readings reach the chain only as the meter signed them, one after the other."""

from __future__ import annotations

import pytest

ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141


@pytest.fixture
def start(street):
    """The first home has reported registers of 1000 and 500 for the interval that is returned."""
    street.after(street.first)
    street.submit([street.reading(0, street.first, 1000, 500)])
    return street.first


def refuse(street, reason, *reading, key=None):
    signed = street.reading(0, *reading, key=key)
    street.meter.refuses(reason, "submit", [signed], by=street.operator)


def test_the_first_reading_only_sets_the_registers(street, start):
    home = street.homes[0]
    assert street.meter("last", home) == start << 128 | 1000 << 64 | 500
    assert street.meter("delta_of", home, start) == (False, 0, 0)
    assert street.meter.logs() == []


def test_the_next_reading_gives_the_energy_of_its_interval(street, start):
    street.after(start + 1)
    street.submit([street.reading(0, start + 1, 1300, 500)])
    home = street.homes[0]
    assert street.meter("delta_of", home, start + 1) == (True, 300, 0)
    assert street.meter.logs() == [
        (
            "Metered",
            {"member": home.lower(), "interval": start + 1, "import_wh": 300, "export_wh": 0},
        )
    ]


def test_many_readings_go_in_one_transaction(street):
    street.after(street.first + 2)
    rows = [
        street.reading(home, street.first + i, 10 * i, 5 * i) for i in range(3) for home in range(6)
    ]
    street.submit(rows)
    for home in street.homes:
        assert street.meter("delta_of", home, street.first + 2) == (True, 10, 5)


def test_zero_energy_is_known_energy(street, start):
    street.after(start + 1)
    street.submit([street.reading(0, start + 1, 1000, 500)])
    assert street.meter("delta_of", street.homes[0], start + 1) == (True, 0, 0)


def test_anything_but_the_members_own_meter_is_refused(street, start):
    street.after(start + 1)
    wrong = "not signed by the member's meter"
    refuse(street, wrong, start + 1, 1001, 500, key=1)
    member, interval, imported, exported, v, r, s = street.reading(0, start + 1, 1001, 500)
    forgeries = [
        (member, interval, imported + 1, exported, v, r, s),
        (member, interval, imported, exported + 1, v, r, s),
        (street.homes[1], interval, imported, exported, v, r, s),
        (member, interval, imported, exported, 55 - v, r, s),
    ]
    for forged in forgeries:
        street.meter.refuses(wrong, "submit", [forged], by=street.operator)
    bent = (
        member,
        interval,
        imported,
        exported,
        55 - v,
        r,
        (ORDER - int.from_bytes(s)).to_bytes(32),
    )
    street.meter.refuses("high s in the signature", "submit", [bent], by=street.operator)
    broken = (member, interval, imported, exported, 26, r, s)
    street.meter.refuses("invalid signature", "submit", [broken], by=street.operator)


def test_the_old_meter_is_refused_after_an_exchange(street, start):
    new = street.meters[5].address
    street.registry("set_meter", street.homes[0], new, by=street.community)
    street.after(start + 1)
    refuse(street, "not signed by the member's meter", start + 1, 1001, 500)
    street.submit([street.reading(0, start + 1, 1001, 500, key=5)])


def test_a_stranger_has_no_meter(street):
    street.after(street.first)
    signed = ("0x" + "99" * 20, *street.reading(0, street.first, 1, 1)[1:])
    reason = "not signed by the member's meter"
    street.meter.refuses(reason, "submit", [signed], by=street.operator)


def test_replay_and_gap_are_refused(street, start):
    street.after(start + 2)
    refuse(street, "the interval is metered already", start, 1000, 500)
    refuse(street, "the interval is metered already", start - 1, 1000, 500)
    refuse(street, "a reading is missing before this one", start + 2, 1200, 500)


def test_registers_neither_fall_nor_leap(street, start):
    street.after(start + 1)
    refuse(street, "a register fell", start + 1, 999, 500)
    refuse(street, "a register fell", start + 1, 1000, 499)
    refuse(street, "a register leapt", start + 1, 1_001_001, 500)
    refuse(street, "a register leapt", start + 1, 1000, 1_000_501)
    street.submit([street.reading(0, start + 1, 1_001_000, 1_000_500)])


def test_no_reading_of_an_interval_that_is_not_over(street, start):
    street.chain.time = (start + 2) * 900 - 1
    refuse(street, "the interval is not over", start + 1, 1001, 500)
    street.chain.time += 1
    street.submit([street.reading(0, start + 1, 1001, 500)])


def test_one_bad_reading_stores_nothing_of_its_batch(street, start):
    street.after(start + 2)
    rows = [street.reading(0, start + 1, 1001, 500), street.reading(0, start + 2, 1000, 500)]
    street.meter.refuses("a register fell", "submit", rows, by=street.operator)
    assert street.meter("delta_of", street.homes[0], start + 1) == (False, 0, 0)


def test_after_a_gap_the_metering_operator_lets_a_meter_start_anew(street, start):
    home = street.homes[0]
    street.meter.refuses("only the metering operator", "restart", home, by=home)
    street.meter.refuses("only the metering operator", "restart", home, by=street.dso)
    street.meter.refuses("no reading yet", "restart", street.homes[1], by=street.operator)
    street.after(start + 6)
    street.meter("restart", home, by=street.operator)
    refuse(street, "the interval is metered already", start, 1000, 500)
    street.submit([street.reading(0, start + 5, 20, 0), street.reading(0, start + 6, 25, 1)])
    assert street.meter("delta_of", home, start + 5) == (False, 0, 0)
    assert street.meter("delta_of", home, start + 6) == (True, 5, 1)
    assert street.meter("last", home) == (start + 6) << 128 | 25 << 64 | 1


def test_the_largest_registers_fit(street):
    top = 2**64 - 1
    street.after(street.first + 1)
    street.submit(
        [
            street.reading(0, street.first, top - 7, top),
            street.reading(0, street.first + 1, top, top),
        ]
    )
    assert street.meter("delta_of", street.homes[0], street.first + 1) == (True, 7, 0)
