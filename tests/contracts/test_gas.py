"""Gas is exact, so what the market may cost is held by ceilings."""

from __future__ import annotations

import pytest
from tests.contracts import gas_cases


@pytest.fixture(scope="module")
def figures():
    return gas_cases.all_figures()


@pytest.mark.parametrize("name", gas_cases.CEILINGS)
def test_no_figure_is_above_its_ceiling(figures, name):
    assert figures[name] <= gas_cases.CEILINGS[name]


def test_clearing_costs_the_same_for_ever_more_homes(figures):
    few, many = figures["clear 1000 homes"], figures["clear 5000 homes"]
    assert many <= 1.02 * few
    assert (
        max(v for k, v in figures.items() if k.startswith("clear")) == figures["clear worst case"]
    )


def test_a_household_day_leaves_its_settlement_ten_thousand_an_interval(figures):
    """96 orders, 24 amendments in six transactions and 96 settled intervals fit 2.5 million."""
    traded = figures["96 orders of a day"] + figures["24 amendments in six transactions"]
    assert traded + 96 * 10_000 <= 2_500_000
