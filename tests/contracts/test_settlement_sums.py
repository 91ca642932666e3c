"""A zone's sums: the same however members are settled together, and never beyond their 30 bits."""

from __future__ import annotations

import pytest
from tests.contracts.settling import BUY, SELL, Homes, write_ring

from peerwatt.chain.bindings.settlement import decode_progress, decode_record

ZONES = (1, 2, 1, 2, 1)
FULL = 2**30 - 1
HOURS = 192


@pytest.fixture(scope="module")
def built():
    return Homes(5, zones=ZONES)


@pytest.fixture
def homes(built):
    built.reset()
    return built


def traded(homes, first, count):
    """Homes 0 and 4 buy of 2 in zone 1, 1 of 3 in zone 2."""
    for home, side, wh in (
        (0, BUY, 300),
        (4, BUY, 200),
        (2, SELL, 500),
        (1, BUY, 90),
        (3, SELL, 80),
    ):
        homes.place(home, *(homes.order(first + i, (side, 20, wh)) for i in range(count)))
    homes.after(first + count - 1)


def kept(homes):
    """All that settling leaves in storage, and the accounts."""
    names = [int(home, 16) for home in homes.homes]
    words = [homes.settlement.slot("state", name) for name in names]
    for name in names:
        words += [homes.settlement.slot("records", name, field=i) for i in range(HOURS)]
    for zone in (1, 2):
        words += [homes.settlement.slot("tallies", zone, field=i) for i in range(2 * HOURS)]
    return words, [homes.available(one) for one in homes.holders]


@pytest.mark.parametrize("start", [0, 1, 3])
def test_settled_together_or_one_by_one_is_the_same(homes, start):
    first, count = homes.first + 4 + start, 7
    traded(homes, first, count)
    batches = [
        homes.batch(home, first + late, [(310 + 9 * home + i, 4 * i) for i in range(count - late)])
        for home, late in enumerate((0, 0, 1, 0, 2))
    ]
    restore = homes.chain.snapshot()
    for batch in batches:
        homes.settle(batch)
    one_by_one = kept(homes)
    restore()
    homes.settle(*batches)
    assert kept(homes) == one_by_one
    assert sum(map(bool, one_by_one[0][-4 * HOURS :])) >= 8


@pytest.mark.parametrize(
    ("before", "counts"),
    [(0, True), (2**29, True), (FULL - 41, True), (FULL - 40, False), (FULL, False)],
)
def test_a_full_sum_takes_no_more_and_the_member_is_not_counted(homes, before, counts):
    interval = homes.first + 6
    traded(homes, interval, 1)
    epoch = interval // 4 // HOURS << 240
    place, offset = interval // 2 % (2 * HOURS), 120 * (interval % 2)
    write_ring(homes.settlement, "tallies", (1,), place, epoch | before << offset)
    homes.settle(homes.batch(0, interval, [(341, 0)]))
    progress = decode_progress(homes.settlement.slot("state", homes.homes[0]))
    word = homes.settlement.slot("records", homes.homes[0], field=interval // 4 % HOURS)
    found = decode_record(progress, word, interval)
    assert (found.rest_wh, found.size_wh, found.is_on_time) == (41, 300, counts)
    weight = 41 * progress.h >> 16
    added = 41 | weight << 60 if counts else 0
    expected = epoch | (before << offset) + (added << offset)
    assert homes.settlement.slot("tallies", 1, field=place) == expected
