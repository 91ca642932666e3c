"""Values read with proof: accounts, storage, code, receipts and events, each from a verified block.

All values of one call come from one pinned block, so that a screen never mixes two states. An
endpoint whose answer does not hold is refused and the next one is asked.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from peerwatt.model.verified import ChainFault, EndpointAway, Proven, Unproven

from ..consensus.rules import ChainState
from ..encoding import EMPTY_CODE_HASH, address_bytes, hex_data, hex_int, keccak
from ..endpoints.transport import Call, JsonRpc, RpcRefused
from ..ports import VerifiedChain
from ..proofs import ProofRefused
from ..proofs.account import Account, ProvenAccount, answer_nodes, verify_answer
from .blocks import (
    BlockBody,
    EventLog,
    TransactionReceipt,
    ask_body,
    empty_body,
    prove_body,
    transaction_receipt,
)
from .events import EventSearch, LogFilter, search_events

T = TypeVar("T")

INLINE_PROOFS = 64
"""So many proofs (about 4 ms) are verified on the loop; more go to a thread."""
KEPT_BODIES = 64
INLINE_BODY = 8
"""So many transactions (about 1 ms) are verified on the loop; more go to a thread."""


@dataclass(frozen=True, slots=True)
class AccountProof:
    """An account and slots with the nodes that prove them against a state root."""

    proven: ProvenAccount
    nodes: tuple[bytes, ...]
    slot_nodes: Mapping[int, tuple[bytes, ...]]


class ProvenReader:
    """Reads through a verified chain; the proof-based core under every other reader."""

    def __init__(self, client: VerifiedChain) -> None:
        self.client = client
        self._bodies: OrderedDict[bytes, BlockBody] = OrderedDict()

    # -- state -------------------------------------------------------------------------------

    async def read(
        self, wanted: Mapping[str, Iterable[int]], block: int | None = None
    ) -> Proven[dict[str, ProvenAccount]]:
        """Return accounts with storage slots, all at one block, in one exchange.

        ``wanted`` maps an address to its slots. Raises Unproven or EndpointAway.
        """
        state = self.client.pinned(block)
        return _proven(await self.read_at(state, wanted), state)

    async def read_at(
        self, state: ChainState, wanted: Mapping[str, Iterable[int]]
    ) -> dict[str, ProvenAccount]:
        """Do the same against a block that the caller holds on to."""
        return {name: item.proven for name, item in (await self.prove_at(state, wanted)).items()}

    async def prove_at(
        self, state: ChainState, wanted: Mapping[str, Iterable[int]]
    ) -> dict[str, AccountProof]:
        """Return accounts and slots of a block together with their proofs.

        Raises Unproven or EndpointAway.
        """
        asked = [(address, list(dict.fromkeys(slots))) for address, slots in wanted.items()]
        number = state.header.number
        calls: list[Call] = [
            ("eth_getProof", (address, [_slot_hex(slot) for slot in slots], hex(number)))
            for address, slots in asked
        ]
        many = sum(len(slots) for _, slots in asked) > INLINE_PROOFS

        async def ask(rpc: JsonRpc) -> dict[str, AccountProof]:
            """Return what one endpoint proves; many proofs are checked in a thread."""
            answers = await rpc.batch(calls)

            def check() -> dict[str, AccountProof]:
                return {
                    address: _account_proof(state, address, slots, answer)
                    for (address, slots), answer in zip(asked, answers, strict=True)
                }

            return await asyncio.to_thread(check) if many else check()

        found = await self.from_any(number, ask)
        self.client.counters.proofs_verified += sum(i.proven.proofs for i in found.values())
        return found

    async def slots(
        self, address: str, slots: Iterable[int], block: int | None = None
    ) -> Proven[dict[int, int]]:
        """Return storage words of one contract. Raises Unproven or EndpointAway."""
        found = await self.read({address: slots}, block)
        return Proven(dict(found.value[address].slots), found.block_number, found.block_time_s)

    async def account(self, address: str, block: int | None = None) -> Proven[Account]:
        """Return an account (nonce, balance in wei). Raises Unproven or EndpointAway."""
        found = await self.read({address: ()}, block)
        return Proven(found.value[address].account, found.block_number, found.block_time_s)

    async def code(self, address: str, block: int | None = None) -> Proven[bytes]:
        """Return a contract's code, checked against its proven hash."""
        state = self.client.pinned(block)
        account = (await self.read_at(state, {address: ()}))[address].account
        return _proven(await self.code_at(state, address, account.code_hash), state)

    async def code_at(self, state: ChainState, address: str, code_hash: bytes) -> bytes:
        """Return the code of an account whose code hash is proven."""
        if code_hash == EMPTY_CODE_HASH:
            return b""
        number = state.header.number

        async def ask(rpc: JsonRpc) -> bytes:
            """Return one endpoint's code. Raises ProofRefused where its hash is another."""
            code = hex_data(await rpc.call("eth_getCode", address, hex(number)))
            if keccak(code) != code_hash:
                raise ProofRefused("The code does not hash to what the account's proof shows.")
            return code

        return await self.from_any(number, ask)

    # -- blocks, receipts, events ------------------------------------------------------------

    async def body(self, number: int) -> BlockBody:
        """Return all that a block holds, proven. Raises Unproven or EndpointAway."""
        return await self.body_at(self.client.pinned(number))

    async def body_at(self, state: ChainState) -> BlockBody:
        """Return all that a verified block holds, proven. Raises Unproven or EndpointAway."""
        kept = self._bodies.get(state.block_hash) or empty_body(state)
        if kept is not None:
            return kept
        number = state.header.number

        async def ask(rpc: JsonRpc) -> BlockBody:
            """Return what one endpoint proves; a large block is checked in a thread."""
            block, receipts = await ask_body(rpc, number)
            if isinstance(receipts, list) and len(receipts) > INLINE_BODY:
                return await asyncio.to_thread(prove_body, state, block, receipts)
            return prove_body(state, block, receipts)

        body = await self.from_any(number, ask)
        self.client.counters.proofs_verified += 2
        self._bodies[state.block_hash] = body
        if len(self._bodies) > KEPT_BODIES:
            self._bodies.popitem(last=False)
        return body

    async def receipt(self, transaction_hash: str) -> Proven[TransactionReceipt] | None:
        """Return a transaction's proven receipt; ``None`` while it is in no block that is kept.

        ``None`` is no proof of absence. Raises Unproven or EndpointAway.
        """
        found = await self.locate(transaction_hash)
        if found is None:
            return None
        body, index = found
        header = body.header
        return Proven(transaction_receipt(body, index), header.number, header.timestamp)

    async def locate(self, transaction_hash: str) -> tuple[BlockBody, int] | None:
        """Return the proven block of a transaction and its place there, as :meth:`receipt`."""
        wanted = hex_data(transaction_hash, 32)
        last: ChainFault | None = None
        for endpoint in self.client.serving(0):
            try:
                answer = await endpoint.rpc.call("eth_getTransactionReceipt", transaction_hash)
                number = _block_number(answer)
                if number is None or self.client.block(number) is None:
                    continue
                body = await self.body(number)
                if wanted not in body.transactions:
                    raise ProofRefused("The transaction is not in the block named for it.")
                return body, body.transactions.index(wanted)
            except RpcRefused as fault:
                last = fault
            except (Unproven, EndpointAway) as fault:
                self.client.refuse(endpoint, fault)
                last = fault
        if last is not None:
            raise last
        return None

    async def search(self, wanted: LogFilter, first_block: int, last_block: int) -> EventSearch:
        """Return the events of a range of blocks, complete or with its gaps named.

        Raises ValueError for too long a range.
        """
        return await search_events(
            wanted, first_block, last_block, self.client.pinned, self.body_at
        )

    async def events(
        self, address: str, first_block: int, last_block: int, topic: bytes | None = None
    ) -> list[EventLog]:
        """Return all events of a contract in a range of blocks: complete, or an error.

        Raises Unproven, or ValueError for too long a range.
        """
        wanted = LogFilter((address_bytes(address),), ((topic,),) if topic else ())
        found = await self.search(wanted, first_block, last_block)
        if not found.is_complete:
            raise Unproven(found.gaps[0].reason)
        return list(found.events)

    # -- endpoints ---------------------------------------------------------------------------

    async def from_any(self, number: int, ask: Callable[[JsonRpc], Awaitable[T]]) -> T:
        """Ask the endpoints that have a block in turn until one gives an answer that holds.

        Raises the last endpoint's ChainFault.
        """
        last: ChainFault = EndpointAway("No endpoint serves this chain at the moment.")
        for endpoint in self.client.serving(number):
            try:
                return await ask(endpoint.rpc)
            except RpcRefused as fault:
                last = fault
            except (Unproven, EndpointAway) as fault:
                self.client.refuse(endpoint, fault)
                last = fault
        raise last


def _account_proof(
    state: ChainState, address: str, slots: list[int], answer: object
) -> AccountProof:
    proven = verify_answer(state.header.state_root, address_bytes(address), slots, answer)
    nodes, slot_nodes = answer_nodes(answer)
    return AccountProof(proven, tuple(nodes), dict(zip(slots, map(tuple, slot_nodes), strict=True)))


def _block_number(answer: object) -> int | None:
    """Return the block that an unproven receipt names; a hint where to look, no more."""
    if answer is None:
        return None
    return hex_int(answer.get("blockNumber") if isinstance(answer, dict) else None, 64)


def _slot_hex(slot: int) -> str:
    """Write a storage key as 32 bytes, the form that every node takes."""
    return f"0x{slot:064x}"


def _proven(value: T, state: ChainState) -> Proven[T]:
    return Proven(value, state.header.number, state.header.timestamp)
