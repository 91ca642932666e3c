"""What gas costs: the exact next base fee (EIP-1559), a tip, caps, and +10 % to replace."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median_low

from .secret import WalletFault
from .signer import FREE, Fees

ELASTICITY = 2
BASE_FEE_CHANGE = 8
"""A full block raises the base fee by one part in this many (EIP-1559)."""
BUMP_PCT = 10
"""Nodes take a replacement only with at least this much more of both prices."""


@dataclass(frozen=True, slots=True)
class FeeHeader:
    """What of a verified header the next base fee follows from."""

    gas_limit: int
    gas_used: int
    base_fee_wei: int | None
    """``None`` before London: only type 0 transactions."""


@dataclass(frozen=True, slots=True)
class FeeLimits:
    """What the owner is ready to pay at most."""

    max_fee_wei: int = 500 * 10**9
    max_total_wei: int = 10**17


def next_base_fee(parent: FeeHeader) -> int:
    """Return the base fee of the block after ``parent``, wei. Raises ValueError before London."""
    if parent.base_fee_wei is None:
        raise ValueError("the chain has no base fee")
    base, target = parent.base_fee_wei, parent.gas_limit // ELASTICITY
    if target in (parent.gas_used, 0):
        return base
    if parent.gas_used > target:
        rise = base * (parent.gas_used - target) // target // BASE_FEE_CHANGE
        return base + max(rise, 1)
    return base - base * (target - parent.gas_used) // target // BASE_FEE_CHANGE


def suggest_fees(
    parent: FeeHeader,
    *,
    free: bool = False,
    gas_price_wei: int = 0,
    recent_tips_wei: Sequence[int] = (),
    limits: FeeLimits = FeeLimits(),
) -> Fees:
    """Return fees that hold for at least six full blocks after ``parent``.

    ``free`` is for communities that take no fees, ``gas_price_wei`` for chains before London,
    ``recent_tips_wei`` for proven tips of late blocks. Raises WalletFault above the limits.
    """
    if free:
        return FREE
    if parent.base_fee_wei is None:
        _hold(gas_price_wei, limits)
        return Fees(gas_price_wei=gas_price_wei)
    tip = median_low(recent_tips_wei) if recent_tips_wei else 0
    # 1.125 ** 6 is 2.03: twice the base fee lasts through six full blocks.
    highest = 2 * next_base_fee(parent) + tip
    _hold(highest, limits)
    return Fees(None, max_fee_wei=highest, tip_wei=tip)


def _hold(price_wei: int, limits: FeeLimits) -> None:
    if price_wei > limits.max_fee_wei:
        raise WalletFault(
            f"Gas costs {price_wei} wei now, more than your limit of {limits.max_fee_wei}; "
            "wait or raise the limit.",
            "fees",
        )


def total_wei(fees: Fees, gas: int) -> int:
    """Return the most that a transaction can cost in fees."""
    return gas * highest_price_wei(fees)


def highest_price_wei(fees: Fees) -> int:
    """Return the highest price of one unit of gas."""
    return fees.max_fee_wei if fees.gas_price_wei is None else fees.gas_price_wei


def check_total(fees: Fees, gas: int, limits: FeeLimits = FeeLimits()) -> None:
    """Return when a transaction stays within the owner's limits. Raises WalletFault."""
    _hold(highest_price_wei(fees), limits)
    if total_wei(fees, gas) > limits.max_total_wei:
        raise WalletFault("The fee of this transaction is above your limit.", "fees")


def bump(fees: Fees) -> Fees:
    """Return the least fees that replace a transaction: +10 % on both, rounded up.

    On chains without fees 0 stays 0: whether a node takes the replacement is then its own rule.
    """
    if fees.gas_price_wei is not None:
        return Fees(gas_price_wei=_more(fees.gas_price_wei))
    return Fees(None, max_fee_wei=_more(fees.max_fee_wei), tip_wei=_more(fees.tip_wei))


def _more(price_wei: int) -> int:
    return -(-price_wei * (100 + BUMP_PCT) // 100)


def replaces(new: Fees, old: Fees) -> bool:
    """Whether ``new`` is high enough to replace a transaction with ``old`` fees."""
    if (new.gas_price_wei is None) != (old.gas_price_wei is None):
        # A type 0 price counts as both the fee cap and the tip.
        old = _as_dynamic(old)
        new = _as_dynamic(new)
    least = bump(old)
    if new.gas_price_wei is not None and least.gas_price_wei is not None:
        return new.gas_price_wei >= least.gas_price_wei
    return new.max_fee_wei >= least.max_fee_wei and new.tip_wei >= least.tip_wei


def _as_dynamic(fees: Fees) -> Fees:
    if fees.gas_price_wei is None:
        return fees
    return Fees(None, max_fee_wei=fees.gas_price_wei, tip_wei=fees.gas_price_wei)
