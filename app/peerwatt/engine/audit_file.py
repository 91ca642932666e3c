"""Writes a day's bill as one file that a stand-alone verifier checks without this program.

The file holds sealed headers, proofs of state and receipts, and the batches that the meter signed.
Endpoints are asked where the member's events stand; what they leave out shows as an interval that
nothing settles, so that a file with a gap is refused by the verifier, not believed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from peerwatt.chain.consensus.bft import check_seals
from peerwatt.chain.consensus.bft_rules import BftRules, BftState
from peerwatt.chain.consensus.header import Header, HeaderRefused, header_from_json, header_to_rlp
from peerwatt.chain.consensus.rules import ChainState
from peerwatt.chain.encoding import address_bytes, hex_int, to_hex
from peerwatt.chain.endpoints.transport import JsonRpc
from peerwatt.chain.proofs import ProofRefused
from peerwatt.chain.proofs.mpt import ordered_proof
from peerwatt.chain.proofs.receipts import encode_receipt
from peerwatt.chain.reading.blocks import BlockBody, EventLog, ask_body, prove_body
from peerwatt.chain.reading.reader import ProvenReader
from peerwatt.model.verified import Unproven

Json = dict[str, Any]

LOG_BLOCKS = 2_000
"""Blocks of one question for events; nodes commonly refuse more than a few thousand."""


@dataclass(frozen=True, slots=True)
class Found:
    """A proven event with the block that it stands in."""

    body: BlockBody
    event: EventLog
    raw_transaction: bytes


class Evidence:
    """Gathers what a file shows: headers, nodes once each, and where the events stand."""

    def __init__(self, reader: ProvenReader, state: ChainState) -> None:
        self._reader = reader
        self.state = state
        self._headers: dict[int, Header] = {state.header.number: state.header}
        self._nodes: dict[bytes, None] = {}
        self._bodies: dict[int, BlockBody] = {}

    @property
    def headers(self) -> list[str]:
        """RLP of all headers, oldest first."""
        rules = self._reader.client.network.rules
        write = getattr(rules, "write", header_to_rlp)
        return [to_hex(write(self._headers[number])) for number in sorted(self._headers)]

    @property
    def nodes(self) -> list[str]:
        """All nodes of tries that the proofs need."""
        return [to_hex(node) for node in self._nodes]

    async def slots(self, wanted: Mapping[str, Iterable[int]]) -> dict[str, dict[int, int]]:
        """Prove storage words at the file's block; return them. Raises ChainFault."""
        proven = await self._reader.prove_at(self.state, wanted)
        for account in proven.values():
            self._add(account.nodes)
            for nodes in account.slot_nodes.values():
                self._add(nodes)
        return {name: dict(account.proven.slots) for name, account in proven.items()}

    async def events(
        self, address: str, topics: Sequence[Sequence[bytes] | None], first_block: int
    ) -> list[Found]:
        """Find and prove events of a contract up to the file's block. Raises ChainFault."""
        found: list[Found] = []
        last = self.state.header.number
        for start in range(first_block, last + 1, LOG_BLOCKS):
            end = min(start + LOG_BLOCKS - 1, last)
            for number in await self._hints(address, topics, start, end):
                body = await self._body(number)
                found += [
                    Found(body, event, body.raw[event.transaction_index])
                    for event in body.events
                    if _is_wanted(event, address, topics)
                ]
        return found

    def show(self, found: Found) -> Json:
        """Add the proof of an event's receipt; return where it stands."""
        body, index = found.body, found.event.transaction_index
        self._headers[body.header.number] = body.header
        self._add(ordered_proof([encode_receipt(one) for one in body.receipts], index))
        first = next(e.log_index for e in body.events if e.transaction_index == index)
        return {
            "block": body.header.number,
            "transaction": index,
            "log": found.event.log_index - first,
        }

    def _add(self, nodes: Iterable[bytes]) -> None:
        self._nodes.update(dict.fromkeys(nodes))

    async def _hints(
        self, address: str, topics: Sequence[Sequence[bytes] | None], first: int, last: int
    ) -> list[int]:
        """Ask in which blocks such events stand; nothing of the answer is believed."""
        query = {
            "address": address,
            "fromBlock": hex(first),
            "toBlock": hex(last),
            "topics": [None if one is None else [to_hex(item) for item in one] for one in topics],
        }

        async def ask(rpc: JsonRpc) -> list[int]:
            answer = await rpc.call("eth_getLogs", query)
            if not isinstance(answer, list):
                raise ProofRefused("The answer to a search for events is no list.")
            numbers = {hex_int(_field(one, "blockNumber"), 64) for one in answer}
            return sorted(number for number in numbers if first <= number <= last)

        return await self._reader.from_any(last, ask)

    async def _body(self, number: int) -> BlockBody:
        if number not in self._bodies:
            state = await self._believed(number)

            async def ask(rpc: JsonRpc) -> BlockBody:
                return prove_body(state, *await ask_body(rpc, number))

            self._bodies[number] = await self._reader.from_any(number, ask)
        return self._bodies[number]

    async def _believed(self, number: int) -> ChainState:
        """Return a block that is kept, or an older one that the same validators have sealed."""
        kept = self._reader.client.block(number)
        if kept is not None:
            return kept
        rules, state = self._reader.client.network.rules, self.state
        if not isinstance(rules, BftRules) or not isinstance(state, BftState):
            raise Unproven(
                f"Block {number} is no longer kept, and {rules.name} proves no single old block; "
                "audit a day while its blocks are kept."
            )
        believer = _SealedBlock(rules, state.validators)

        async def ask(rpc: JsonRpc) -> ChainState:
            header = header_from_json(await rpc.call("eth_getBlockByNumber", hex(number), False))
            if header.number != number:
                raise ProofRefused(f"It answers block {header.number} when asked for {number}.")
            return believer.state(header)

        return await self._reader.from_any(number, ask)

    async def first_block_at(self, time_s: float) -> int:
        """Return the first block not before a Unix second, by the endpoints' word alone."""
        low, high = self._reader.client.network.trusted_number, self.state.header.number
        while low < high:
            middle = (low + high) // 2

            async def ask(rpc: JsonRpc, number: int = middle) -> int:
                block = await rpc.call("eth_getBlockByNumber", hex(number), False)
                return hex_int(_field(block, "timestamp"), 64)

            if await self._reader.from_any(middle, ask) < time_s:
                low = middle + 1
            else:
                high = middle
        return low


@dataclass(frozen=True, slots=True)
class _SealedBlock:
    """Believes a single old block by its seals: those who seal today sealed it, too."""

    rules: BftRules
    validators: tuple[bytes, ...]

    def state(self, header: Header) -> ChainState:
        """Return the block. Raises HeaderRefused."""
        extra = self.rules.codec.decode(header.extra_data)
        block_hash, digest = self.rules.codec.hashes(header, extra)
        if extra.validators != self.validators:
            raise HeaderRefused(
                f"Other validators sealed block {header.number}; audit from a trusted block of "
                "that time."
            )
        check_seals(digest, extra.seals, self.validators)
        return BftState(header, block_hash, self.validators)


def _is_wanted(event: EventLog, address: str, topics: Sequence[Sequence[bytes] | None]) -> bool:
    log = event.log
    return (
        log.address == address_bytes(address)
        and len(log.topics) >= len(topics)
        and all(w is None or t in w for t, w in zip(log.topics, topics, strict=False))
    )


def _field(value: object, name: str) -> object:
    return value.get(name) if isinstance(value, dict) else None


def member_topic(member: str) -> bytes:
    """Return an address as it stands in a topic."""
    return address_bytes(member).rjust(32, b"\0")
