"""Clique and AuRa: every header from the trusted block on, and those after it that settle it.

A header vouches for no later set of validators, so none can be left out. Blocks after which too few
validators sealed may still be replaced; the file says how many did.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ...consensus.aura import AuraRules
from ...consensus.clique import CliqueRules
from ...consensus.forking import NOBODY, ForkState, settled_number
from ...consensus.header import Header, HeaderRefused
from ...consensus.rules import ChainState
from ...encoding import hex_data, to_hex
from ...endpoints.transport import JsonRpc
from ...networks import Network
from ...proofs import ProofRefused
from ...proofs.mpt import ordered_root
from ...proofs.receipts import Receipt, decode_receipt, encode_receipt, verify_receipts
from ...reading.blocks import ask_body
from ...reading.reader import ProvenReader
from ..values import BundleRefused
from .way import MAX_HEADERS, FoundWay, Json, Way, extras_of, listed_headers

BATCH = 64
Rules = CliqueRules | AuraRules


def describe(kind: str, rules: Rules) -> Json:
    """Return the rules as a description has them."""
    described: Json = {"kind": kind}
    if isinstance(rules, CliqueRules):
        names = ("period_s", "epoch_length", "max_drift_s", "london_block")
    else:
        names = ("step_duration_s", "max_step_drift", "two_thirds_block", "london_block")
        if rules.source.contract is not None:
            described["validator_contract"] = to_hex(rules.source.contract)
        if rules.source.lists:
            described["validator_lists"] = {
                str(number): [to_hex(item) for item in listed]
                for number, listed in rules.source.lists.items()
            }
    values = {name: getattr(rules, name) for name in names}
    return described | {name: value for name, value in values.items() if value is not None}


# -- reading -------------------------------------------------------------------------------------


def follow(network: Network, rules: Rules, document: Mapping[str, Any], now_s: float) -> Way:
    """Verify the headers of a file. Raises BundleRefused or HeaderRefused."""
    first, *rest = map(rules.parse, listed_headers(document))
    shown = dict(_shown_receipts(extras_of(document, "receipts")["receipts"]))
    if first.number != network.trusted_number:
        raise BundleRefused("The first header of the file is not the trusted block.")
    state: ForkState = rules.genesis(first, network.genesis_hash)
    states = {first.number: state}
    for header in rest:
        receipts = None
        if rules.wants_receipts(state, header):
            receipts = _receipts(header, shown.pop(header.number, None))
        state = rules.verify(state, header, now_s, receipts)
        states[header.number] = state
    if shown:
        raise BundleRefused("The file shows receipts that no header needs.")
    return _way(network, rules, states)


def _shown_receipts(listed: object) -> Mapping[int, list[bytes]]:
    """Return the receipts of blocks by number, as they stand in their tries."""
    found: dict[int, list[bytes]] = {}
    for record in listed if isinstance(listed, list) else [None]:
        number = record.get("block") if isinstance(record, Mapping) else None
        raw = record.get("raw") if isinstance(record, Mapping) else None
        if type(number) is not int or number in found or not isinstance(raw, list):
            raise BundleRefused("The receipts of a block in the file are malformed.")
        found[number] = [hex_data(item) for item in raw]
    return found


def _receipts(header: Header, raw: Sequence[bytes] | None) -> tuple[Receipt, ...]:
    """Return all receipts of a block, proven against its header."""
    if raw is None:
        raise BundleRefused(f"The file leaves out what block {header.number} may have changed.")
    if ordered_root(raw) != header.receipts_root:
        raise ProofRefused("The receipts do not make up the block's receipts root.")
    return tuple(map(decode_receipt, raw))


class _Support:
    """How many validators sealed a block or built on it, as far as a file shows."""

    def __init__(self, rules: Rules, states: Mapping[int, ForkState]) -> None:
        self._rules = rules
        self._states = states
        self._last = max(states)
        self._settled = settled_number(rules, reversed(list(states.values())))

    def is_settled(self, number: int) -> bool:
        """Whether enough validators built on a block."""
        return self._settled is not None and number <= self._settled

    def words(self, number: int) -> str:
        """Say how many did, in a sentence."""
        state, last = self._states[number], self._last
        if state.author == NOBODY:
            return f"Block {number} is the trusted one."
        authors = {self._states[at].author for at in range(number, last + 1)}
        members = {*state.validators, state.author}
        done = f"{len(authors & members)} of {len(members)} validators"
        where = f"sealed block {number} or built on it up to block {last}"
        if self.is_settled(number):
            return f"Settled, not final ({self._rules.finality}): {done} {where}."
        return f"Not settled: only {done} {where}; it may well be replaced."


def _way(network: Network, rules: Rules, states: Mapping[int, ForkState]) -> Way:
    root, support = states[network.trusted_number], _Support(rules, states)

    def rests_on(number: int) -> list[str]:
        """Return what must hold: an honest majority, and support where a block is not settled."""
        said = [] if support.is_settled(number) else [support.words(number)]
        return [
            *said,
            f"No chain heavier than the one shown has replaced block {number}: more than half of "
            f"the {states[number].validator_count} validators are honest and reach each other.",
        ]

    return Way(
        root_number=root.header.number,
        root_hash=root.block_hash,
        root_time_s=root.header.timestamp,
        states=states,
        skipped=0,
        finality=support.words,
        rests_on=rests_on,
    )


# -- finding -------------------------------------------------------------------------------------


async def find(
    reader: ProvenReader, rules: Rules, targets: Sequence[ChainState], now_s: float
) -> FoundWay:
    """Return every header from the trusted block to the newest. Raises ChainFault."""
    network, head = reader.client.network, reader.client.head
    first, last = network.trusted_number, head.header.number if head else 0
    if last - first >= MAX_HEADERS:
        raise BundleRefused(
            f"The trusted block lies {last - first} blocks back, and under {rules.name} a file "
            f"must hold every header since, at most {MAX_HEADERS}: enter a later trusted block."
        )
    headers = await _headers(reader, rules, first, last)
    state: ForkState = rules.genesis(headers[0], network.genesis_hash)
    wanted = {item.header.number: item.block_hash for item in targets}
    shown: list[Json] = []
    for header in headers[1:]:
        receipts = None
        if rules.wants_receipts(state, header):
            receipts = await _ask_receipts(reader, header)
            raw = [to_hex(encode_receipt(item)) for item in receipts]
            shown.append({"block": header.number, "raw": raw})
        state = rules.verify(state, header, now_s, receipts)
        if wanted.get(header.number, state.block_hash) != state.block_hash:
            raise HeaderRefused(f"Block {header.number} left the chain meanwhile; ask again.")
    return FoundWay([rules.write(header) for header in headers], {"receipts": shown})


async def _ask_receipts(reader: ProvenReader, header: Header) -> tuple[Receipt, ...]:
    async def ask(rpc: JsonRpc) -> tuple[Receipt, ...]:
        """Return the block's receipts, proven against its header. Raises Unproven."""
        _, receipts = await ask_body(rpc, header.number)
        return verify_receipts(header.receipts_root, receipts)

    return await reader.from_any(header.number, ask)


async def _headers(reader: ProvenReader, rules: Rules, first: int, last: int) -> list[Header]:
    found: list[Header] = []
    while (start := first + len(found)) <= last:
        numbers = range(start, min(start + BATCH, last + 1))
        held = [reader.client.block(number) for number in numbers]
        if all(held):
            found += [state.header for state in held if state]
            continue

        async def ask(rpc: JsonRpc, numbers: range = numbers) -> list[Header]:
            """Return one endpoint's headers, unverified. Raises ProofRefused for others."""
            blocks = await rpc.batch(
                [("eth_getBlockByNumber", (hex(number), False)) for number in numbers]
            )
            headers = [rules.read(block) for block in blocks]
            if [header.number for header in headers] != list(numbers):
                raise ProofRefused("It answers other blocks than those asked for.")
            return headers

        found += await reader.from_any(numbers[-1], ask)
    return found
