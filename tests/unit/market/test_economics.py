"""Two measured days of a whole community, by the benchmark's own functions."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.bench import market_economics as economics
from tests.bench.market_homes import DATA, HOMES

pytestmark = pytest.mark.skipif(not DATA.exists(), reason=f"the measured site is not at {DATA}")

SUMMER = economics.SEASONS["summer"]
NOBODY: frozenset[int] = frozenset()


def test_two_summer_days_leave_nobody_worse_off() -> None:
    found = economics.run_season(SUMMER, economics.AGREED, days=2)
    saved = economics.saved_micro(found)
    assert len(saved) == HOMES
    assert min(saved) >= 0
    assert 0 < found.neighbours_wh <= found.possible_wh
    assert 0 < found.auction_wh <= min(found.traded_wh + HOMES * 2 * 96, found.possible_wh)
    assert 80_000 < found.price_micro < 300_000
    # What members save together is what neighbours had to spare for each other, at most the whole
    # spread; who takes shared energy takes it in whole Wh, rounded up.
    assert sum(saved) <= (found.neighbours_wh + HOMES * 2 * 96) * 220


def test_who_only_shares_saves_what_the_mid_market_rate_saves() -> None:
    choice = replace(economics.AGREED, bids=NOBODY)
    found = economics.run_season(SUMMER, choice, days=1)
    assert (found.traded_wh, found.auction_wh) == (0, 0)
    assert 0 < found.neighbours_wh == found.possible_wh
    # A Wh and a micro-unit an interval, by rounding.
    most = 96 * 300
    for market, mid in zip(found.market_micro, found.mid_market_micro, strict=True):
        assert abs(market - mid) <= most
    assert all(economics.saved_micro(found) >= 0)


def test_a_season_without_trade_or_sharing_costs_what_the_supplier_asks() -> None:
    apart = replace(economics.AGREED, bids=NOBODY, no_fuss=NOBODY)
    found = economics.run_season(economics.SEASONS["winter"], apart, days=1)
    # Import and export of one interval are netted at the meter: both ways are the same sum.
    assert found.market_micro == found.supplier_micro
    assert (found.traded_wh, found.neighbours_wh) == (0, 0)


def test_bidding_is_measured_against_the_same_homes_without_bids() -> None:
    figure = economics.bidding_figure("summer", SUMMER, economics.AGREED, days=1)
    assert figure.unit == "EUR"
    assert figure.ok == (figure.value > 0)
