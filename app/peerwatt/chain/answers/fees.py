"""Fees out of verified blocks: the next base fee exactly, tips as recent senders paid them."""

from __future__ import annotations

from collections.abc import Sequence

from ..consensus.header import Header
from ..consensus.rules import ConsensusRules
from ..reading.blocks import BlockBody

TIP_BLOCKS = 4
"""So many of the newest blocks are looked at for tips."""
_ELASTICITY, _DENOMINATOR = 2, 8


def next_base_fee(header: Header, rules: ConsensusRules) -> int | None:
    """Return the base fee of the block after a verified one, wei (EIP-1559).

    ``None`` on a chain without London; 0 where the network's rules say that it is always 0.
    """
    if header.base_fee is None:
        return None
    if getattr(rules, "base_fee", "any") == "zero":
        return 0
    target = header.gas_limit // _ELASTICITY
    if header.gas_used == target:
        return header.base_fee
    change = header.base_fee * abs(header.gas_used - target) // target // _DENOMINATOR
    if header.gas_used > target:
        return header.base_fee + max(change, 1)
    return header.base_fee - change


def tips(body: BlockBody) -> list[tuple[int, int]]:
    """Return (tip in wei per gas, gas used) of a block's transactions, cheapest first."""
    base = body.header.base_fee
    return sorted(
        (body.transaction(i).price_wei(base) - (base or 0), body.gas_used(i))
        for i in range(len(body.raw))
    )


def percentiles(found: Sequence[tuple[int, int]], wanted: Sequence[float]) -> list[int]:
    """Return the tips below which each percentage of the gas was used; zeros for no gas."""
    total = sum(gas for _, gas in found)
    answers: list[int] = []
    for share in wanted:
        seen, answer = 0, 0
        for tip, gas in found:
            seen, answer = seen + gas, tip
            if seen * 100 >= total * share:
                break
        answers.append(answer)
    return answers
