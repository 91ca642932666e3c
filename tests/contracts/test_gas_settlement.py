"""Gas of metering and settling stays at what was measured: the small shape, quick to run.

The day's batches of more homes are measured by the bench and by ``long/``.
"""

from __future__ import annotations

from tests.contracts.conftest import artefact
from tests.contracts.gas_settlement import Days

EIP_170 = 24_576
SETTLE, FINALISE = 17_100, 8_100
"""Gas per member and interval; what a transaction and a member cost once weighs on 12 intervals."""


def test_three_hours_of_two_homes():
    days = Days(2)
    settled, final = days.run(days.day, range(2), 12)
    assert settled <= SETTLE * 24
    assert final <= FINALISE * 24


def test_contracts_fit_into_a_block():
    for name in ("Meter", "Settlement", "Deals"):
        assert len(artefact(name)["runtime_bytecode"]) // 2 - 1 + 32 * 8 <= EIP_170
