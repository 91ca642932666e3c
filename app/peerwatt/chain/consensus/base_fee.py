"""The base fee: what a block's must be, exactly, given its parent (EIP-1559)."""

from __future__ import annotations

from typing import Literal

from .header import Header, HeaderRefused

INITIAL_BASE_FEE_WEI = 1_000_000_000
"""Of the first London block, where the genesis names no other."""
ELASTICITY = 2
MAX_CHANGE_DENOMINATOR = 8

BaseFeeRule = Literal["any", "zero", "eip1559"]
"""``zero``: a fee is refused; ``eip1559``: it must follow from the parent; ``any``: unchecked."""


def next_base_fee(parent: Header) -> int:
    """Return the base fee, wei a gas, that the block after ``parent`` must have.

    Source: EIP-1559, ``validate_block``. The first London block has the initial fee.
    """
    base = parent.base_fee
    if base is None:
        return INITIAL_BASE_FEE_WEI
    target = parent.gas_limit // ELASTICITY
    used = parent.gas_used
    if used == target:
        return base
    moved = base * abs(used - target) // target // MAX_CHANGE_DENOMINATOR
    return base + max(moved, 1) if used > target else base - moved


def check_base_fee(rule: BaseFeeRule, parent: Header | None, header: Header) -> None:
    """Check a header's base fee; ``parent`` is ``None`` where it is not known.

    Raises HeaderRefused.
    """
    if header.base_fee is None or rule == "any":
        return
    if rule == "zero" and header.base_fee:
        raise HeaderRefused("The header asks for a base fee on a network without one.")
    if rule == "eip1559" and parent is not None and header.base_fee != next_base_fee(parent):
        raise HeaderRefused("The header's base fee does not follow from its parent (EIP-1559).")
