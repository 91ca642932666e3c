"""Headers from one endpoint: fetching them, and verifying a run of them off the loop."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from peerwatt.model.verified import ChainFault, Unproven

from ...consensus.header import Header, HeaderRefused, header_from_json
from ...consensus.rules import ChainState, ConsensusRules
from ...endpoints.endpoint import Endpoint, NotServed

INLINE = 8
"""So many headers (about 2 ms) are verified on the loop; more go to a thread.

Measured while all cores were busy, the loop was late by 0.1 ms in the middle and 38 ms at worst
beside a thread, by 30 and 57 ms with slices of 3 ms on the loop: recovery of signatures leaves
the interpreter to others.
"""


async def fetch_blocks(endpoint: Endpoint, numbers: Sequence[int]) -> list[object]:
    """Return blocks as JSON, unchecked. Raises EndpointAway or RpcRefused."""
    return await endpoint.rpc.batch(
        [("eth_getBlockByNumber", (hex(number), False)) for number in numbers]
    )


def read_header(block: object, number: int) -> Header:
    """Return the header of a block that was asked for by number.

    Raises NotServed, EncodingFault, or HeaderRefused when it is another block.
    """
    if block is None:
        raise NotServed(f"It announced block {number} but does not serve it.")
    header = header_from_json(block)
    if header.number != number:
        raise HeaderRefused(f"It answers block {header.number} when asked for {number}.")
    return header


async def fetch_header(endpoint: Endpoint, number: int) -> Header:
    """Return one header, unverified. Raises ChainFault."""
    return read_header((await fetch_blocks(endpoint, [number]))[0], number)


async def verify_run(
    rules: ConsensusRules, parent: ChainState, blocks: Sequence[object], now_s: float
) -> tuple[list[ChainState], ChainFault | None]:
    """Verify consecutive blocks; return the states before the first bad one, and its fault."""
    if len(blocks) > INLINE:
        return await asyncio.to_thread(_verify, rules, parent, blocks, now_s)
    return _verify(rules, parent, blocks, now_s)


def _verify(
    rules: ConsensusRules, parent: ChainState, blocks: Sequence[object], now_s: float
) -> tuple[list[ChainState], ChainFault | None]:
    states: list[ChainState] = []
    for block in blocks:
        if block is None:
            number = parent.header.number + 1
            return states, NotServed(f"It announced block {number} but does not serve it.")
        try:
            parent = rules.verify(parent, header_from_json(block), now_s)
        except Unproven as fault:
            return states, fault
        states.append(parent)
    return states, None
