"""What a block did, proven as a whole: its transactions, receipts, withdrawals and events.

Nothing of an endpoint's records is passed on: the bytes that make up the verified roots are
rebuilt, and every record is read from them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from ..consensus.header import Header
from ..consensus.rules import ChainState
from ..encoding import EMPTY_TRIE_ROOT, keccak, to_hex
from ..endpoints.transport import JsonRpc, RpcRefused
from ..proofs import ProofRefused
from ..proofs.receipts import LogEntry, Receipt, logs_of, verify_receipts
from ..proofs.signed import Transaction, decode_transaction
from ..proofs.transactions import encode_transaction, verify_transactions
from ..proofs.withdrawals import Withdrawal, verify_withdrawals


@dataclass(frozen=True)
class BlockBody:
    """A block with all it holds, in order."""

    header: Header
    block_hash: bytes
    raw: tuple[bytes, ...]
    """Bytes of the transactions."""
    receipts: tuple[Receipt, ...]
    withdrawals: tuple[Withdrawal, ...] | None
    """``None`` before Shanghai."""

    @cached_property
    def transactions(self) -> tuple[bytes, ...]:
        """Hashes of the transactions."""
        return tuple(map(keccak, self.raw))

    @cached_property
    def events(self) -> tuple[EventLog, ...]:
        """All events, in order."""
        return tuple(block_events(self))

    def transaction(self, index: int) -> Transaction:
        """Return a transaction. Raises EncodingFault for one that this version cannot read."""
        return decode_transaction(self.raw[index])

    def gas_used(self, index: int) -> int:
        """Return the gas that a transaction used."""
        before = self.receipts[index - 1].cumulative_gas if index else 0
        return self.receipts[index].cumulative_gas - before


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


def transaction_receipt(body: BlockBody, index: int) -> TransactionReceipt:
    """Return the outcome of one transaction of a proven block."""
    return TransactionReceipt(
        transaction_hash=body.transactions[index],
        transaction_index=index,
        block_hash=body.block_hash,
        block_number=body.header.number,
        receipt=body.receipts[index],
        gas_used=body.gas_used(index),
        first_log_index=sum(len(receipt.logs) for receipt in body.receipts[:index]),
    )


def empty_body(state: ChainState) -> BlockBody | None:
    """Return the body of a block whose header says that it is empty, else ``None``."""
    header = state.header
    roots = (header.transactions_root, header.receipts_root)
    if roots != (EMPTY_TRIE_ROOT, EMPTY_TRIE_ROOT):
        return None
    if header.withdrawals_root not in (None, EMPTY_TRIE_ROOT):
        return None
    return BlockBody(
        header, state.block_hash, (), (), None if header.withdrawals_root is None else ()
    )


async def ask_body(rpc: JsonRpc, number: int) -> tuple[object, object]:
    """Fetch a block with full transactions and all its receipts, as JSON to be proven."""
    block = await rpc.call("eth_getBlockByNumber", hex(number), True)
    return block, await _ask_receipts(rpc, number, block)


async def _ask_receipts(rpc: JsonRpc, number: int, block: object) -> object:
    """Fetch all receipts of a block, one by one where the endpoint has no better method."""
    try:
        return await rpc.call("eth_getBlockReceipts", hex(number))
    except RpcRefused as fault:
        if not fault.unknown_method:
            raise
    raw = _unproven_transactions(block)
    return await rpc.batch([("eth_getTransactionReceipt", (to_hex(keccak(r)),)) for r in raw])


def _unproven_transactions(block: object) -> Sequence[bytes]:
    """Rebuild the bytes of a block's transactions, unproven: to ask for their receipts."""
    listed = block.get("transactions") if isinstance(block, dict) else None
    if not isinstance(listed, list):
        raise ProofRefused("The transactions of a block are no list.")
    return [encode_transaction(item) for item in listed]


def prove_body(state: ChainState, block: object, receipts: object) -> BlockBody:
    """Return a block's body, proven against its header; takes milliseconds for a full block.

    Raises ProofRefused or EncodingFault.
    """
    if not isinstance(block, dict):
        raise ProofRefused("The block is no object.")
    header = state.header
    raw = verify_transactions(header.transactions_root, block.get("transactions"))
    found = verify_receipts(header.receipts_root, receipts)
    if len(found) != len(raw):
        raise ProofRefused("The block has not as many receipts as transactions.")
    withdrawals: tuple[Withdrawal, ...] | None = None
    if header.withdrawals_root is not None:
        withdrawals = verify_withdrawals(header.withdrawals_root, block.get("withdrawals", []))
    return BlockBody(header, state.block_hash, raw, found, withdrawals)
