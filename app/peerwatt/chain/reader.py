"""Values read with proof: accounts, storage, code, receipts and events, each from a verified block.

All values of one call come from one pinned block, so that a screen never mixes two states. An
endpoint whose answer does not hold is refused and the next one is asked.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from peerwatt.model.verified import ChainFault, EndpointAway, Proven, Unproven

from .consensus.header import Header
from .consensus.rules import ChainState
from .encoding import address_bytes, hex_data, hex_int, keccak, to_hex
from .light_client import LightClient
from .proofs import ProofRefused
from .proofs.account import Account, ProvenAccount, verify_answer
from .proofs.bloom import may_contain
from .proofs.receipts import LogEntry, Receipt, logs_of, verify_receipts
from .proofs.transactions import verify_transactions
from .transport import Call, JsonRpc, RpcRefused

T = TypeVar("T")

INLINE_PROOFS = 64
"""So many proofs (about 4 ms) are verified on the loop; more go to a thread."""
KEPT_BODIES = 64
MAX_LOG_BLOCKS = 512


@dataclass(frozen=True, slots=True)
class BlockBody:
    """What a block did, proven: hashes of its transactions with their receipts, in order."""

    header: Header
    block_hash: bytes
    transactions: tuple[bytes, ...]
    receipts: tuple[Receipt, ...]


@dataclass(frozen=True, slots=True)
class TransactionReceipt:
    """A transaction's outcome, bound to its place by proof."""

    transaction_hash: bytes
    transaction_index: int
    block_hash: bytes
    block_number: int
    receipt: Receipt
    gas_used: int
    first_log_index: int

    @property
    def succeeded(self) -> bool:
        """Whether it was executed and not reverted."""
        return self.receipt.succeeded


@dataclass(frozen=True, slots=True)
class EventLog:
    """One event with everything about its place, rebuilt from what was proven."""

    log: LogEntry
    block_number: int
    block_hash: bytes
    block_time_s: int
    transaction_hash: bytes
    transaction_index: int
    log_index: int


class ProvenReader:
    """Reads through a :class:`LightClient`; the proof-based core under every other reader."""

    def __init__(self, client: LightClient) -> None:
        self.client = client
        self._bodies: OrderedDict[int, BlockBody] = OrderedDict()

    # -- state -------------------------------------------------------------------------------

    async def read(
        self, wanted: Mapping[str, Iterable[int]], block: int | None = None
    ) -> Proven[dict[str, ProvenAccount]]:
        """Return accounts with storage slots, all at one block, in one exchange.

        ``wanted`` maps an address to its slots. Raises Unproven or EndpointAway.
        """
        state = self.client.pinned(block)
        asked = [(address, list(dict.fromkeys(slots))) for address, slots in wanted.items()]
        number = state.header.number
        calls: list[Call] = [
            ("eth_getProof", (address, [_slot_hex(slot) for slot in slots], hex(number)))
            for address, slots in asked
        ]

        async def ask(rpc: JsonRpc) -> dict[str, ProvenAccount]:
            answers = await rpc.batch(calls)

            def check() -> dict[str, ProvenAccount]:
                return {
                    address: verify_answer(
                        state.header.state_root, address_bytes(address), slots, answer
                    )
                    for (address, slots), answer in zip(asked, answers, strict=True)
                }

            many = sum(len(slots) for _, slots in asked) > INLINE_PROOFS
            return await asyncio.to_thread(check) if many else check()

        found = await self._from_any(number, ask)
        self.client.counters.proofs_verified += sum(item.proofs for item in found.values())
        return _proven(found, state)

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
        account = await self.account(address, block)

        async def ask(rpc: JsonRpc) -> bytes:
            code = hex_data(await rpc.call("eth_getCode", address, hex(account.block_number)))
            if keccak(code) != account.value.code_hash:
                raise ProofRefused("The code does not hash to what the account's proof shows.")
            return code

        code = await self._from_any(account.block_number, ask)
        return Proven(code, account.block_number, account.block_time_s)

    # -- blocks, receipts, events ------------------------------------------------------------

    async def body(self, number: int) -> BlockBody:
        """Return a block's transactions and receipts, both proven. Raises Unproven."""
        state = self.client.pinned(number)
        kept = self._bodies.get(number)
        if kept is not None:
            return kept

        async def ask(rpc: JsonRpc) -> BlockBody:
            block = await rpc.call("eth_getBlockByNumber", hex(number), True)
            listed = block.get("transactions") if isinstance(block, dict) else None
            transactions = verify_transactions(state.header.transactions_root, listed)
            answer = await _receipts(rpc, number, transactions)
            receipts = verify_receipts(state.header.receipts_root, answer)
            return BlockBody(state.header, state.block_hash, transactions, receipts)

        body = await self._from_any(number, ask)
        self.client.counters.proofs_verified += 2
        self._bodies[number] = body
        if len(self._bodies) > KEPT_BODIES:
            self._bodies.popitem(last=False)
        return body

    async def receipt(self, transaction_hash: str) -> Proven[TransactionReceipt] | None:
        """Return a transaction's proven receipt; ``None`` while it is in no block that is kept.

        ``None`` is no proof of absence. Raises Unproven or EndpointAway.
        """
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
                record = _transaction_receipt(body, body.transactions.index(wanted))
                return Proven(record, number, body.header.timestamp)
            except RpcRefused as fault:
                last = fault
            except (Unproven, EndpointAway) as fault:
                self.client.refuse(endpoint, fault)
                last = fault
        if last is not None:
            raise last
        return None

    async def events(
        self, address: str, first_block: int, last_block: int, topic: bytes | None = None
    ) -> list[EventLog]:
        """Return all events of a contract in a range of blocks: complete, or an error.

        A block is passed over only when its verified bloom rules the event out; of every other
        block all receipts are proven, so an endpoint cannot leave one out. Raises Unproven.
        """
        if last_block - first_block >= MAX_LOG_BLOCKS:
            raise ValueError(f"At most {MAX_LOG_BLOCKS} blocks are searched at once.")
        wanted = address_bytes(address)
        found: list[EventLog] = []
        for number in range(first_block, last_block + 1):
            bloom = self.client.pinned(number).header.logs_bloom
            if not may_contain(bloom, wanted) or (topic and not may_contain(bloom, topic)):
                continue
            found += [
                event
                for event in block_events(await self.body(number))
                if event.log.address == wanted and (topic is None or topic in event.log.topics[:1])
            ]
        return found

    # -- endpoints ---------------------------------------------------------------------------

    async def _from_any(self, number: int, ask: Callable[[JsonRpc], Awaitable[T]]) -> T:
        """Ask the endpoints in turn until one gives an answer that holds."""
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


def block_events(body: BlockBody) -> list[EventLog]:
    """Return all events of a proven block, in order."""
    return [
        EventLog(
            log=item.log,
            block_number=body.header.number,
            block_hash=body.block_hash,
            block_time_s=body.header.timestamp,
            transaction_hash=body.transactions[item.transaction_index],
            transaction_index=item.transaction_index,
            log_index=item.log_index,
        )
        for item in logs_of(body.receipts)
    ]


def _transaction_receipt(body: BlockBody, index: int) -> TransactionReceipt:
    before = body.receipts[index - 1].cumulative_gas if index else 0
    return TransactionReceipt(
        transaction_hash=body.transactions[index],
        transaction_index=index,
        block_hash=body.block_hash,
        block_number=body.header.number,
        receipt=body.receipts[index],
        gas_used=body.receipts[index].cumulative_gas - before,
        first_log_index=sum(len(receipt.logs) for receipt in body.receipts[:index]),
    )


async def _receipts(rpc: JsonRpc, number: int, transactions: Sequence[bytes]) -> object:
    """Fetch all receipts of a block, one by one where the endpoint has no better method."""
    try:
        return await rpc.call("eth_getBlockReceipts", hex(number))
    except RpcRefused as fault:
        if not fault.unknown_method:
            raise
    return await rpc.batch([("eth_getTransactionReceipt", (to_hex(h),)) for h in transactions])


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
