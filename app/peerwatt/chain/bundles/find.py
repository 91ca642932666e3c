"""Finds the fewest headers that lead from the trusted block to the blocks of a proof file."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from ..consensus.bft_rules import BftRules, BftState
from ..consensus.header import Header, header_from_json
from ..consensus.rules import ChainState
from ..endpoints.transport import JsonRpc
from ..proofs import ProofRefused
from ..reading.reader import ProvenReader
from .path import next_state, rules_of, sealers

HeaderOf = Callable[[int], Awaitable[Header]]


async def find_way(
    reader: ProvenReader, targets: Sequence[ChainState], now_s: float
) -> list[Header]:
    """Return the headers from the trusted block through all targets. Raises ChainFault."""
    network = reader.client.network
    rules = rules_of(network)

    async def header_of(number: int) -> Header:
        held = reader.client.block(number)
        return held.header if held else await _ask_header(reader, number)

    first = await header_of(network.trusted_number)
    state = rules.genesis(first, network.genesis_hash)
    headers = [first]
    for target in sorted(targets, key=lambda item: item.header.number):
        while state.header.number < target.header.number:
            for header in await _leg(rules, state, target.header, header_of):
                state = next_state(rules, state, header, now_s)
                headers.append(header)
    return headers


async def _leg(
    rules: BftRules, state: BftState, target: Header, header_of: HeaderOf
) -> list[Header]:
    """Return the next one or two headers that lead towards a target.

    As far as the same validators seal, one header stands for all before it; where they change,
    the last header of the old set and the first of the new one are shown.
    """
    here = state.header.number
    if target.number == here + 1 or sealers(rules, target) == state.validators:
        return [target]
    low, high, last = here, target.number, target
    old: Header | None = None
    while high - low > 1:
        middle = await header_of((low + high) // 2)
        if sealers(rules, middle) == state.validators:
            low, old = middle.number, middle
        else:
            high, last = middle.number, middle
    return [last] if old is None else [old, last]


async def _ask_header(reader: ProvenReader, number: int) -> Header:
    async def ask(rpc: JsonRpc) -> Header:
        header = header_from_json(await rpc.call("eth_getBlockByNumber", hex(number), False))
        if header.number != number:
            raise ProofRefused(f"It answers block {header.number} when asked for {number}.")
        return header

    return await reader.from_any(number, ask)
