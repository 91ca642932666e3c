"""Which transaction used a nonce: found by proven nonces alone, so that no endpoint can hide it."""

from __future__ import annotations

from peerwatt.chain.encoding import address_bytes
from peerwatt.chain.ports import VerifiedChain
from peerwatt.chain.reading.blocks import BlockBody
from peerwatt.chain.reading.reader import ProvenReader

OLDEST_SOUGHT = 4096
"""How far back the oldest kept block is looked for."""


def oldest_kept(chain: VerifiedChain) -> int | None:
    """Return the number of the oldest of the verified blocks that are kept without a gap."""
    if chain.head is None:
        return None
    number = chain.head.header.number
    least = max(number - OLDEST_SOUGHT, 0)
    while number > least and chain.block(number - 1) is not None:
        number -= 1
    return number


async def block_of_nonce(
    reader: ProvenReader, account: str, nonce: int, head: int
) -> BlockBody | None:
    """Return the block in which an account's nonce was used, proven as a whole.

    ``head`` is a block after which it is known to be used. A nonce only grows, so the block is
    found by halving. ``None`` when it is older than every kept block. Raises ChainFault.
    """
    low, high = oldest_kept(reader.client), head
    if low is None:
        return None
    if low > 0 and await _nonce(reader, account, low) > nonce:
        return None
    while high - low > 1:
        middle = (low + high) // 2
        if await _nonce(reader, account, middle) > nonce:
            high = middle
        else:
            low = middle
    return await reader.body(high)


def place_of_nonce(body: BlockBody, account: str, nonce: int) -> int | None:
    """Return which transaction of a block used a nonce; ``None`` for an authorisation's use."""
    sender = address_bytes(account)
    for index in range(len(body.raw)):
        transaction = body.transaction(index)
        if transaction.nonce == nonce and transaction.sender == sender:
            return index
    return None


async def _nonce(reader: ProvenReader, account: str, block: int) -> int:
    return (await reader.account(account, block)).value.nonce
