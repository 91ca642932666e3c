"""A bounded run of the market beside its model; the long run is in ``long/``."""

from __future__ import annotations

from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test
from tests.contracts.market_machine import MarketMachine


def test_the_market_keeps_its_books_like_the_model(built_street):
    MarketMachine.street = built_street
    run_state_machine_as_test(
        MarketMachine, settings=settings(max_examples=15, stateful_step_count=25, deadline=None)
    )
