"""The gas of whole days of settlement."""

from __future__ import annotations

import pytest
from tests.contracts.gas_settlement import day_batch

pytestmark = pytest.mark.long

ALL_PHASES = 12_400
"""What was measured, gas per member and interval; the goal is 10 000."""


def test_a_day_of_eight_homes():
    assert max(day_batch(8).values()) <= ALL_PHASES
