from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from peerwatt.wallet.fees import (
    FeeHeader,
    FeeLimits,
    bump,
    check_total,
    next_base_fee,
    replaces,
    suggest_fees,
    total_wei,
)
from peerwatt.wallet.secret import WalletFault
from peerwatt.wallet.signer import FREE, Fees

GWEI = 10**9


@pytest.mark.parametrize(
    ("base", "used", "limit", "following"),
    [
        # The cases of geth's TestCalcBaseFee.
        (GWEI, 10_000_000, 20_000_000, GWEI),
        (GWEI, 9_000_000, 20_000_000, 987_500_000),
        (GWEI, 11_000_000, 20_000_000, 1_012_500_000),
        # Full and empty blocks: one eighth up and down.
        (GWEI, 30_000_000, 30_000_000, 1_125_000_000),
        (GWEI, 0, 30_000_000, 875_000_000),
        # A rise is 1 wei at least, a fall may be nothing.
        (1, 30_000_000, 30_000_000, 2),
        (7, 0, 30_000_000, 7),
        (0, 30_000_000, 30_000_000, 1),
        (0, 0, 30_000_000, 0),
    ],
)
def test_the_next_base_fee_is_exact(base: int, used: int, limit: int, following: int) -> None:
    assert next_base_fee(FeeHeader(limit, used, base)) == following


@given(st.integers(0, 10**15), st.integers(5_000, 10**9), st.floats(0, 1))
def test_the_base_fee_moves_by_an_eighth_at_most(base: int, limit: int, share: float) -> None:
    used = int(limit * share)
    following = next_base_fee(FeeHeader(limit, used, base))
    # An odd limit has a target that is rounded down, which lets a full block rise a hair more.
    assert (
        base - base // 8
        <= following
        <= base + max(base * (limit - limit // 2), 1) // (limit // 2) // 8 + 1
    )


def test_suggested_fees_last_six_full_blocks() -> None:
    header = FeeHeader(30_000_000, 30_000_000, 100 * GWEI)
    fees = suggest_fees(header, recent_tips_wei=[GWEI, 3 * GWEI, 2 * GWEI])
    assert (fees.gas_price_wei, fees.tip_wei) == (None, 2 * GWEI)
    base = next_base_fee(header)
    for _ in range(6):
        assert fees.max_fee_wei - fees.tip_wei >= base
        base = next_base_fee(FeeHeader(30_000_000, 30_000_000, base))
    with pytest.raises(WalletFault, match="more than your limit"):
        suggest_fees(header, limits=FeeLimits(max_fee_wei=100 * GWEI))


def test_chains_without_london_and_without_fees() -> None:
    old = FeeHeader(30_000_000, 0, None)
    assert suggest_fees(old, gas_price_wei=7) == Fees(gas_price_wei=7)
    assert suggest_fees(old) == FREE
    assert suggest_fees(FeeHeader(30_000_000, 0, 5), free=True) == FREE
    with pytest.raises(ValueError, match="no base fee"):
        next_base_fee(old)


def test_caps() -> None:
    fees = Fees(None, max_fee_wei=10 * GWEI, tip_wei=GWEI)
    assert total_wei(fees, 21_000) == 210_000 * GWEI
    check_total(fees, 21_000)
    with pytest.raises(WalletFault, match="above your limit"):
        check_total(fees, 21_000, FeeLimits(max_total_wei=209_999 * GWEI))


@given(st.integers(0, 10**20), st.integers(0, 10**20))
def test_a_bump_is_the_least_that_replaces(one: int, other: int) -> None:
    tip, highest = sorted((one, other))
    fees = Fees(None, max_fee_wei=highest, tip_wei=tip)
    more = bump(fees)
    for new, old in ((more.max_fee_wei, highest), (more.tip_wei, tip)):
        assert new * 100 >= old * 110
        assert (new - 1) * 100 < old * 110 or new == 0
        assert new > old or old == 0
    assert more.tip_wei <= more.max_fee_wei
    assert replaces(more, fees)
    if highest:
        assert not replaces(Fees(None, max_fee_wei=more.max_fee_wei - 1, tip_wei=tip), fees)
    legacy = bump(Fees(gas_price_wei=highest))
    assert legacy.gas_price_wei == more.max_fee_wei
    assert replaces(legacy, Fees(gas_price_wei=highest))
    assert replaces(legacy, fees)
