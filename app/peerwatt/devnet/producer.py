"""Makes the next block from waiting transactions: execute, write the tries, seal, store."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .execution import BlockContext, Evm, Execution, Outcome
from .header import MIX_HASH, NO_BLOOM, BlockHeader, block_hash
from .receipt import decode_receipt
from .sealer import QbftSealer
from .state import StagedNodes, StateView, write_changes
from .store import ChainStore, StoredBlock, StoredTransaction
from .transaction import Pending
from .trie import root_of


@dataclass(frozen=True, slots=True)
class Head:
    """The last block and what is needed to build on it; replaced as a whole, never changed."""

    block: StoredBlock
    recent_hashes: tuple[bytes, ...]
    storage_holders: frozenset[bytes]
    """Accounts that ever had storage, at this block or before it."""
    view: StateView


def load_head(store: ChainStore) -> Head:
    """Return the head as the store has it. The store must hold at least block 0."""
    number = store.head_number() or 0
    block = store.block(number)
    if block is None:
        raise LookupError("the chain file holds no block")
    return Head(
        block=block,
        recent_hashes=store.hashes(max(0, number - 255), number),
        storage_holders=store.storage_holders(),
        view=StateView(store, block.header.state_root),
    )


def context_after(head: Head, sealer: QbftSealer, chain_id: int, timestamp: int) -> BlockContext:
    """Return what the EVM sees of the block that would follow the head."""
    header = head.block.header
    return BlockContext(
        chain_id=chain_id,
        number=header.number + 1,
        timestamp=timestamp,
        coinbase=sealer.proposer_after(header.beneficiary),
        gas_limit=header.gas_limit,
        mix_hash=MIX_HASH,
        recent_hashes=head.recent_hashes,
    )


@dataclass(frozen=True, slots=True)
class Produced:
    """A stored block, the new head, and what the pool must know."""

    head: Head
    execution: Execution


@dataclass(frozen=True, slots=True)
class BlockProducer:
    """Builds, seals and stores blocks."""

    store: ChainStore
    evm: Evm
    sealer: QbftSealer

    def produce(
        self, head: Head, context: BlockContext, transactions: Sequence[Pending]
    ) -> Produced:
        """Make one block on the head; blocking, off the loop. Durable on return.

        Raises StoreError when it could not be written; nothing has changed then.
        """
        execution = self.evm.execute(head.view, head.storage_holders, context, transactions)
        staged = StagedNodes(self.store)
        root = write_changes(head.view, execution.changes, staged)
        header = self.sealer.seal(_header(head, context, execution.outcomes, root))
        block = StoredBlock(
            header=header,
            hash=block_hash(header),
            transactions=_stored(execution.outcomes, context.number),
            log_count=sum(len(item.logs) for item in execution.outcomes),
        )
        touched = execution.changes.storage.keys()
        self.store.write_block(block, staged, touched - head.storage_holders)
        new_head = Head(
            block=block,
            recent_hashes=(*head.recent_hashes[-255:], block.hash),
            storage_holders=head.storage_holders | touched,
            view=StateView(self.store, root),
        )
        return Produced(new_head, execution)


def _header(
    head: Head, context: BlockContext, outcomes: Sequence[Outcome], state_root: bytes
) -> BlockHeader:
    return BlockHeader(
        parent_hash=head.block.hash,
        beneficiary=context.coinbase,
        state_root=state_root,
        transactions_root=root_of([item.transaction.raw for item in outcomes]),
        receipts_root=root_of([item.receipt for item in outcomes]),
        logs_bloom=_bloom(outcomes),
        number=context.number,
        gas_limit=context.gas_limit,
        gas_used=outcomes[-1].cumulative_gas if outcomes else 0,
        timestamp=context.timestamp,
        extra_data=b"",
    )


def _stored(outcomes: Sequence[Outcome], number: int) -> tuple[StoredTransaction, ...]:
    stored: list[StoredTransaction] = []
    first_log = 0
    for position, item in enumerate(outcomes):
        stored.append(
            StoredTransaction(
                hash=item.transaction.hash,
                block_number=number,
                position=position,
                raw=item.transaction.raw,
                sender=item.sender,
                receipt=item.receipt,
                gas_used=item.gas_used,
                first_log=first_log,
            )
        )
        first_log += len(item.logs)
    return tuple(stored)


def _bloom(outcomes: Sequence[Outcome]) -> bytes:
    """Return the union of the receipts' blooms (Yellow Paper 4.3.1)."""
    if not outcomes:
        return NO_BLOOM
    union = 0
    for item in outcomes:
        union |= int.from_bytes(decode_receipt(item.receipt).logs_bloom, "big")
    return union.to_bytes(256, "big")
