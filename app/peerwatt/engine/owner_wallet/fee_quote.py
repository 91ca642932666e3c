"""What gas is to be paid with now: from the verified head, and tips out of proven blocks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median_low

from peerwatt.chain.answers.fees import TIP_BLOCKS, next_base_fee, tips
from peerwatt.chain.encoding import hex_int
from peerwatt.chain.reading.reader import ProvenReader
from peerwatt.model.verified import ChainFault
from peerwatt.wallet.fees import FeeHeader, suggest_fees
from peerwatt.wallet.signer import Fees


@dataclass(frozen=True, slots=True)
class FeeQuote:
    """Fees for a transaction sent now."""

    fees: Fees
    is_free: bool
    """Whether this chain takes no fees at all."""
    base_fee_wei: int | None
    """Exact base fee of the next block; ``None`` where the chain has none."""
    is_proven: bool = True
    """Whether nothing but verified blocks was needed."""


async def quote(reader: ProvenReader) -> FeeQuote:
    """Return the fees at the newest verified block. Raises ChainFault or WalletFault."""
    chain = reader.client
    header = chain.pinned().header
    base = next_base_fee(header, chain.network.rules)
    if getattr(chain.network.rules, "base_fee", "any") == "zero":
        return FeeQuote(suggest_fees(_fee_header(0), free=True), True, 0)
    paid = await _recent_tips(reader)
    asked = [] if paid else await _asked_tips(reader, has_base_fee=base is not None)
    parent = FeeHeader(header.gas_limit, header.gas_used, header.base_fee)
    known = paid or asked
    fees = suggest_fees(
        parent, gas_price_wei=median_low(known) if known else 0, recent_tips_wei=known
    )
    return FeeQuote(fees, False, base, bool(paid) or not any(asked))


def _fee_header(base_fee_wei: int) -> FeeHeader:
    return FeeHeader(0, 0, base_fee_wei)


async def _recent_tips(reader: ProvenReader) -> list[int]:
    """Return what others paid beside the base fee in the newest blocks, proven, wei per gas."""
    head = reader.client.pinned().header.number
    found: list[int] = []
    for number in range(max(head - TIP_BLOCKS + 1, 1), head + 1):
        state = reader.client.block(number)
        if state is not None:
            found += [tip for tip, _ in tips(await reader.body_at(state))]
    return found


async def _asked_tips(reader: ProvenReader, *, has_base_fee: bool) -> Sequence[int]:
    """Ask the endpoints what they would take: a hint that nobody can prove.

    Only for the time after quiet blocks; the owner's limits bound what it can cost.
    """
    method = "eth_maxPriorityFeePerGas" if has_base_fee else "eth_gasPrice"
    found = []
    for endpoint in reader.client.serving(0):
        try:
            found.append(hex_int(await endpoint.rpc.call(method), 128))
        except ChainFault:
            continue
    return found
