"""How a header follows from its parent on chains that began before the merge (Clique, AuRa).

Source: yellow paper 4.3.4 (number, gas limit) and EIP-1559 (base fee, the gas limit's one leap).
"""

from __future__ import annotations

from .base_fee import ELASTICITY, next_base_fee
from .header import Header, HeaderRefused, HeaderTooEarly

LONDON_FIELDS = 16
"""No proof-of-authority network has fields beyond the base fee; geth refuses them in Clique."""
MIN_GAS_LIMIT = 5000
MAX_GAS_LIMIT = (1 << 63) - 1


def check_linkage(
    parent: Header, parent_hash: bytes, header: Header, london_block: int | None = None
) -> None:
    """Check parent hash, number, gas and base fee. Raises HeaderRefused.

    ``london_block`` is the first block with a base fee, where the network's description says it;
    without it the chain's own first base fee is taken as that block.
    """
    if header.parent_hash != parent_hash:
        raise HeaderRefused("The header does not follow from its parent.")
    if header.number != parent.number + 1:
        raise HeaderRefused("The header's number is not its parent's plus one.")
    if header.field_count > LONDON_FIELDS:
        raise HeaderRefused("The header has fields of a fork that this consensus does not know.")
    if london_block is not None and (header.base_fee is not None) != (
        header.number >= london_block
    ):
        raise HeaderRefused("The header has a base fee before its fork, or none after it.")
    if header.base_fee is None and parent.base_fee is not None:
        raise HeaderRefused("The header falls back to an older fork.")
    _check_gas(parent, header)
    if header.base_fee is not None and header.base_fee != next_base_fee(parent):
        raise HeaderRefused("The base fee is not the one that follows from the parent.")


def _check_gas(parent: Header, header: Header) -> None:
    if header.gas_used > header.gas_limit:
        raise HeaderRefused("The header uses more gas than its limit.")
    leaps = parent.base_fee is None and header.base_fee is not None
    before = parent.gas_limit * ELASTICITY if leaps else parent.gas_limit
    if (
        abs(header.gas_limit - before) >= max(before // 1024, 1)
        or not MIN_GAS_LIMIT <= header.gas_limit <= MAX_GAS_LIMIT
    ):
        raise HeaderRefused("The header's gas limit moves too far.")


def check_time(header: Header, now_s: float, max_drift_s: float) -> None:
    """Refuse for now what lies too far in the future. Raises HeaderTooEarly."""
    if header.timestamp > now_s + max_drift_s:
        raise HeaderTooEarly(
            f"The header lies {header.timestamp - now_s:.0f} s in the future; "
            "check this machine's clock."
        )
