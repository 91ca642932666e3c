"""The gas of whole days of settlement, at the project's ceilings."""

from __future__ import annotations

import pytest
from tests.contracts import gas_settlement as gas

pytestmark = pytest.mark.long

LONE_DAY_CEILING = 21_200
"""Gas per interval of a member whose day is settled in transactions of its own, as measured: the
zone's words are read and written for it alone."""


def test_a_day_in_a_batch_and_a_households_day():
    batch = gas.day_batch(gas.BATCH_HOMES)
    assert gas.settlement_in_all(batch) <= gas.ALL_PHASES_CEILING
    assert gas.household_day(batch) <= gas.HOUSEHOLD_DAY_CEILING


def test_a_lone_members_day():
    assert max(gas.lone_day().values()) <= LONE_DAY_CEILING
