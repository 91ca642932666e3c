"""QBFT and IBFT 2.0: neighbouring headers one after the other, gaps where the set stays the same.

Over a gap the validators must be the same on both sides, so that a quorum of those believed already
sealed the next header: this is stricter than what a client may skip by, and costs two headers for
each change of the set. Where a contract holds the validators, the file proves each set that it
needs by storage slots (:mod:`.contract`).
"""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from ...consensus.bft_rules import BftRules, BftState
from ...consensus.header import Header, header_from_json, header_from_rlp, header_to_rlp
from ...consensus.rules import ChainState
from ...consensus.schedule import Transition
from ...consensus.validator_contract import ValidatorContract
from ...encoding import to_hex
from ...endpoints.transport import JsonRpc
from ...networks import Network
from ...proofs import ProofRefused
from ...reading.reader import ProvenReader
from ..values import BundleRefused
from .contract import SetFinder, ShownSets
from .way import FoundWay, Json, Way, extras_of, listed_headers

HeaderOf = Callable[[int], Awaitable[Header]]


def describe(kind: str, rules: BftRules) -> Json:
    """Return the rules as a description has them."""
    described: Json = {
        "kind": kind,
        "epoch_length": rules.epoch_length,
        "max_drift_s": rules.max_drift_s,
        "period_s": rules.period_s,
        "base_fee": rules.base_fee,
        "tally": rules.tally,
        "transitions": [_transition(item) for item in rules.transitions],
    }
    if rules.contract is not None:
        described["validator_contract"] = _contract(rules.contract)
    return described


def _transition(item: Transition) -> Json:
    record: Json = {"block": item.block}
    if item.validators is not None:
        record["validators"] = [to_hex(address) for address in item.validators]
    if item.period_s is not None:
        record["period_s"] = item.period_s
    if item.contract is not None:
        record |= {"selection": "contract", "validator_contract": _contract(item.contract)}
    elif item.block_header:
        record["selection"] = "blockheader"
    return record


def _contract(item: ValidatorContract) -> Json:
    return {"address": to_hex(item.address), "slot": item.slot, "layout": item.layout}


# -- reading -------------------------------------------------------------------------------------


def follow(network: Network, rules: BftRules, document: Mapping[str, Any], now_s: float) -> Way:
    """Verify the headers of a file. Raises BundleRefused or HeaderRefused."""
    first, *rest = map(header_from_rlp, listed_headers(document))
    if first.number != network.trusted_number:
        raise BundleRefused("The first header of the file is not the trusted block.")
    needs_sets = _has_contract(rules)
    sets = ShownSets(rules, extras_of(document, "sets")["sets"]) if needs_sets else None
    if sets is None and "way" in document:
        raise BundleRefused("The file shows more than its consensus needs.")
    state = rules.genesis(first, network.genesis_hash)
    states: dict[int, ChainState] = {first.number: state}
    skipped = 0
    for header in rest:
        skipped += max(0, header.number - state.header.number - 1)
        state = _next(rules, sets, state, header, now_s)
        states[header.number] = state
    if sets is not None:
        sets.check_all_used()
    return _way(network, states, skipped)


def _has_contract(rules: BftRules) -> bool:
    return rules.contract is not None or any(item.contract for item in rules.transitions)


def _next(
    rules: BftRules, sets: ShownSets | None, state: BftState, header: Header, now_s: float
) -> BftState:
    """Verify the next header of a way, by its parent or over a gap. Raises HeaderRefused."""
    if sets is not None:
        state = sets.ready(state)
    if header.number == state.header.number + 1:
        return rules.verify(state, header, now_s)
    proven = sets.sealers(header) if sets is not None else None
    if (sealers(rules, header) if proven is None else proven) != state.validators:
        raise BundleRefused("The validators change within the headers that the file leaves out.")
    # How old the trusted block may be is for the reader of the file to judge; the age is told.
    return rules.skip(state, header, now_s, math.inf, proven)


def sealers(rules: BftRules, header: Header) -> tuple[bytes, ...]:
    """Return the validators that a header lists: those who must have sealed it."""
    return rules.codec.decode(header.extra_data).validators


def _way(network: Network, states: Mapping[int, ChainState], skipped: int) -> Way:
    root = states[network.trusted_number]

    def finality(number: int) -> str:
        return (
            f"Block {number} was sealed by a quorum of the validators; such a block is never "
            "replaced."
        )

    def rests_on(number: int) -> list[str]:
        """Return what must hold: an honest two thirds of the set after ``number``, also in gaps."""
        last = states[number]
        days = (last.header.timestamp - root.header.timestamp) / 86_400
        said: list[str] = []
        if skipped:
            said.append(
                f"{skipped} headers in {days:.1f} days are left out: no third of the validators "
                "named by a header shown had signed for a second chain up to the next one."
            )
        return [*said, f"Less than a third of the {last.validator_count} validators cheat."]

    return Way(
        root.header.number, root.block_hash, root.header.timestamp, states, skipped, finality,
        rests_on,
    )  # fmt: skip


# -- finding -------------------------------------------------------------------------------------


async def find(
    reader: ProvenReader, rules: BftRules, targets: Sequence[ChainState], now_s: float
) -> FoundWay:
    """Return the headers from the trusted block through all targets. Raises ChainFault."""
    network = reader.client.network

    async def header_of(number: int) -> Header:
        """Return a header that is kept, else one asked for, unverified. Raises ChainFault."""
        held = reader.client.block(number)
        return held.header if held else await _ask_header(reader, number)

    sets = SetFinder(reader, rules, header_of) if _has_contract(rules) else None
    path = _PathFinder(rules, sets, header_of)
    first = await header_of(network.trusted_number)
    headers = [first]
    state = rules.genesis(first, network.genesis_hash)
    for target in sorted(targets, key=lambda item: item.header.number):
        while state.header.number < target.header.number:
            if sets is not None:
                state = await sets.ready(state)
            for header in await path.leg(state, target.header):
                state = await path.step(state, header, now_s)
                headers.append(header)
    extras: Json = {} if sets is None else {"sets": sets.records}
    return FoundWay([header_to_rlp(header) for header in headers], extras)


class _PathFinder:
    """Finds the fewest headers that lead on; sets held by a contract are proven on the way."""

    def __init__(self, rules: BftRules, sets: SetFinder | None, header_of: HeaderOf) -> None:
        self._rules = rules
        self._sets = sets
        self._header_of = header_of

    async def step(self, state: BftState, header: Header, now_s: float) -> BftState:
        """Verify a header of the way; what it needs of the contract is noted for the file."""
        proven = None
        if self._sets is not None:
            state = await self._sets.ready(state)
            if header.number > state.header.number + 1:
                proven = await self._sets.sealers(header, note=True)
        if header.number == state.header.number + 1:
            return self._rules.verify(state, header, now_s)
        return self._rules.skip(state, header, now_s, math.inf, proven)

    async def leg(self, state: BftState, target: Header) -> list[Header]:
        """Return the next one or two headers that lead towards a target.

        As far as the same validators seal, one header stands for all before it; where they
        change, the last header of the old set and the first of the new one are shown.
        """
        here = state.header.number
        if target.number == here + 1 or await self._sealers(target) == state.validators:
            return [target]
        low, high, last = here, target.number, target
        old: Header | None = None
        while high - low > 1:
            middle = await self._header_of((low + high) // 2)
            if await self._sealers(middle) == state.validators:
                low, old = middle.number, middle
            else:
                high, last = middle.number, middle
        return [last] if old is None else [old, last]

    async def _sealers(self, header: Header) -> tuple[bytes, ...]:
        found = await self._sets.sealers(header) if self._sets is not None else None
        return sealers(self._rules, header) if found is None else found


async def _ask_header(reader: ProvenReader, number: int) -> Header:
    async def ask(rpc: JsonRpc) -> Header:
        """Return one endpoint's header, unverified. Raises ProofRefused for another block's."""
        header = header_from_json(await rpc.call("eth_getBlockByNumber", hex(number), False))
        if header.number != number:
            raise ProofRefused(f"It answers block {header.number} when asked for {number}.")
        return header

    return await reader.from_any(number, ask)
