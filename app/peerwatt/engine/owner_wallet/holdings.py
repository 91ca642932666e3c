"""What accounts hold, proven at one block: credits, the chain's own coin, and the nonce."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from peerwatt.chain.bindings.credit import Credit
from peerwatt.chain.bindings.wants import Reader


@dataclass(frozen=True, slots=True)
class Holding:
    """One account at one block."""

    credit_micro: int
    coins_wei: int
    nonce: int


async def read_holdings(
    reader: Reader, credit: Credit, addresses: Iterable[str], block: int
) -> Mapping[str, Holding]:
    """Return each account's holding at a verified block, in one exchange.

    Raises Unproven or EndpointAway.
    """
    wants = {address: credit.balance(address) for address in addresses}
    if not wants:
        return {}
    slots = [slot for want in wants.values() for slot in want.slots]
    found = await reader.read({credit.address: slots, **dict.fromkeys(wants, ())}, block)
    words = found.value[credit.address].slots
    return {
        address: Holding(
            credit_micro=want.decode([words[slot] for slot in want.slots]),
            coins_wei=found.value[address].account.balance_wei,
            nonce=found.value[address].account.nonce,
        )
        for address, want in wants.items()
    }
