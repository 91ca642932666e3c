"""The embedded chain as one object: takes transactions, seals blocks, answers about its state."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from ..model.ports import Clock
from .execution import BlockContext, Call, CallResult, Evm
from .genesis import GenesisAccount, ensure_genesis
from .mempool import Mempool
from .producer import BlockProducer, Head, Produced, context_after, load_head
from .sealer import QbftSealer
from .state import StateView
from .store import ChainStore, StoredBlock
from .transaction import InvalidTransactionError, Pending, decode_transaction

if TYPE_CHECKING:
    from .state import AccountRecord

log = logging.getLogger(__name__)
P = ParamSpec("P")
T = TypeVar("T")
CHAIN_ID = 20211


class DevNode:
    """One chain of one process; use :meth:`open` or ``async with``, then :meth:`tick` it."""

    def __init__(
        self,
        store_path: Path,
        clock: Clock,
        validator_keys: Sequence[bytes],
        *,
        chain_id: int = CHAIN_ID,
        genesis_alloc: Mapping[bytes, GenesisAccount] | None = None,
        block_period_s: float = 60.0,
    ) -> None:
        """Prepare a node; nothing is opened yet.

        ``validator_keys`` are 32-byte secp256k1 keys that stay in memory; ``genesis_alloc`` (by
        20-byte address) is used only when the store is new; an empty block is sealed when
        ``block_period_s`` passed since the last block.
        """
        self.chain_id = chain_id
        self.sealer = QbftSealer(validator_keys)
        self.pool = Mempool()
        self._path = store_path
        self._clock = clock
        self._alloc = genesis_alloc or {}
        self._period_s = block_period_s
        self._sealing = asyncio.Lock()
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="devnet-seal")
        self._readers = ThreadPoolExecutor(2, thread_name_prefix="devnet-read")
        self._store: ChainStore | None = None
        self._evm: Evm | None = None
        self._head: Head | None = None

    async def __aenter__(self) -> DevNode:
        await self.open()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def open(self) -> None:
        """Open the store, write block 0 if it is new, resume at the last block.

        Raises StoreError when the file cannot be used or belongs to another chain.
        """
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(self._writer, self._open_blocking, int(self._clock.now_s()))
        log.info("Chain %d is open at block %d.", self.chain_id, self.head.number)

    def _open_blocking(self, now_s: int) -> None:
        from .eels import EelsEvm  # 0.7 s to import, needed only where a chain runs

        store = ChainStore(self._path)
        try:
            ensure_genesis(store, self.sealer, self._alloc, self.chain_id, now_s)
            self._head = load_head(store)
        except BaseException:
            store.close()
            raise
        self._store, self._evm = store, EelsEvm()

    async def close(self) -> None:
        """Wait for a block being sealed, then close the store."""
        async with self._sealing:
            await asyncio.to_thread(self._readers.shutdown)
            await asyncio.to_thread(self._writer.shutdown)
            if self._store is not None:
                self._store.close()
                self._store = None

    @property
    def store(self) -> ChainStore:
        """The open store. Raises RuntimeError before :meth:`open` and after :meth:`close`."""
        if self._store is None:
            raise RuntimeError("The chain is not open; call open() first.")
        return self._store

    @property
    def evm(self) -> Evm:
        """The virtual machine. Raises RuntimeError before :meth:`open`."""
        if self._evm is None:
            raise RuntimeError("The chain is not open; call open() first.")
        return self._evm

    @property
    def chain_head(self) -> Head:
        """The last block with its state. Raises RuntimeError before :meth:`open`."""
        if self._head is None:
            raise RuntimeError("The chain is not open; call open() first.")
        return self._head

    @property
    def head(self) -> StoredBlock:
        """The last block."""
        return self.chain_head.block

    async def run_reader(self, work: partial[T]) -> T:
        """Run blocking reads or simulations off the loop, beside the sealing of a block."""
        return await asyncio.get_running_loop().run_in_executor(self._readers, work)

    # --- transactions and blocks -------------------------------------------------------------

    async def submit(self, raw: bytes) -> bytes:
        """Take a signed transaction into the pool; return its hash.

        Raises InvalidTransactionError with one sentence. The same transaction again is no error.
        """
        view = self.chain_head.view
        pending, account = await self.run_reader(partial(self._check, raw, view))
        nonce, balance_wei = (account.nonce, account.balance_wei) if account else (0, 0)
        tx = pending.transaction
        if balance_wei < tx.gas * tx.max_fee + tx.value_wei:
            raise InvalidTransactionError(
                "insufficient funds for gas * price + value: the sender has "
                f"{balance_wei} wei, needs {tx.gas * tx.max_fee + tx.value_wei}"
            )
        self.pool.add(pending, nonce)
        return tx.hash

    def _check(self, raw: bytes, view: StateView) -> tuple[Pending, AccountRecord | None]:
        transaction = decode_transaction(raw)
        sender = self.evm.sender_of(transaction, self.chain_id)
        self.evm.check_static(transaction, self.head.header.gas_limit)
        return Pending(transaction, sender), view.account(sender)

    async def tick(self) -> StoredBlock | None:
        """Seal a block if a transaction can run or the period passed; return it, else None.

        Never two at once. The timestamp is the clock's second, or the parent's plus one.
        """
        async with self._sealing:
            head = self.chain_head
            late = self._clock.now_s() - head.block.header.timestamp >= self._period_s
            if not late and not len(self.pool):
                return None
            loop = asyncio.get_running_loop()
            nonces = await loop.run_in_executor(self._writer, self._nonces, head)
            self.pool.drop_used(nonces)
            ready = self.pool.ready(lambda sender: nonces.get(sender, 0))
            if not late and not ready:
                return None
            return await self._seal(head, ready)

    def _nonces(self, head: Head) -> dict[bytes, int]:
        found: dict[bytes, int] = {}
        for pending in self.pool.all():
            record = head.view.account(pending.sender)
            found[pending.sender] = record.nonce if record else 0
        return found

    async def _seal(self, head: Head, ready: list[Pending]) -> StoredBlock:
        context = self.context_after(head)
        producer = BlockProducer(self.store, self.evm, self.sealer)
        work = partial(producer.produce, head, context, ready)
        made = await asyncio.get_running_loop().run_in_executor(self._writer, work)
        self._head = made.head
        self._clean_pool(made)
        return made.head.block

    def _clean_pool(self, made: Produced) -> None:
        for pending, reason in made.execution.refused:
            log.info("Transaction %s was dropped: %s.", pending.transaction.hash.hex(), reason)
            self.pool.remove(pending)
        for outcome in made.execution.outcomes:
            self.pool.remove(Pending(outcome.transaction, outcome.sender))

    async def run(self) -> None:
        """Tick once a second of the clock until cancelled: for a node that nobody drives."""
        while True:
            await self.tick()
            await self._clock.sleep_until(int(self._clock.now_s()) + 1)

    # --- state -------------------------------------------------------------------------------

    def context_after(self, head: Head) -> BlockContext:
        """Return the context of the block that would be sealed now."""
        timestamp = max(int(self._clock.now_s()), head.block.header.timestamp + 1)
        return context_after(head, self.sealer, self.chain_id, timestamp)

    def context_of(self, block: StoredBlock) -> BlockContext:
        """Return the context of a sealed block, for simulations on its state. Blocking."""
        header = block.header
        return BlockContext(
            chain_id=self.chain_id,
            number=header.number,
            timestamp=header.timestamp,
            coinbase=header.beneficiary,
            gas_limit=header.gas_limit,
            mix_hash=header.mix_hash,
            recent_hashes=self.store.hashes(max(0, header.number - 256), header.number - 1),
        )

    def view_of(self, block: StoredBlock) -> StateView:
        """Return the state after a block; any block's, as old nodes are kept."""
        head = self.chain_head
        if block.hash == head.block.hash:
            return head.view
        return StateView(self.store, block.header.state_root)

    def call(self, block: StoredBlock, request: Call, *, pending: bool) -> CallResult:
        """Simulate a message on the state after a block. Blocking."""
        context = self.context_after(self.chain_head) if pending else self.context_of(block)
        return self.evm.call(self.view_of(block), self.chain_head.storage_holders, context, request)

    def estimate_gas(
        self, block: StoredBlock, request: Call, *, pending: bool
    ) -> tuple[int, CallResult]:
        """Return the gas a message needs on the state after a block. Blocking."""
        context = self.context_after(self.chain_head) if pending else self.context_of(block)
        return self.evm.estimate_gas(
            self.view_of(block), self.chain_head.storage_holders, context, request
        )
