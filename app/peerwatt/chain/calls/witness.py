"""What a call reads, each item proven against the state of one block.

The EVM asks from its own thread and waits; the proofs are fetched on the event loop. What was
fetched stays, so that a later call on the same block asks for nothing twice.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterable, Mapping
from time import monotonic
from typing import Any, TypeVar

from ..consensus.rules import ChainState
from ..encoding import EMPTY_CODE_HASH, checksum_address, keccak
from ..proofs.account import Account
from ..reading.reader import ProvenReader
from . import CallRefused
from .deadline import CallTooLong, check_deadline, deadline

T = TypeVar("T")

MAX_READS = 4096
"""Accounts and slots that one call may read: a bound against contracts that read without end."""
MAX_CODES = 256


class CodeCache:
    """Contract code by its hash; code never changes, so it outlives blocks."""

    def __init__(self) -> None:
        self._codes: dict[bytes, bytes] = {EMPTY_CODE_HASH: b""}

    def get(self, code_hash: bytes) -> bytes | None:
        """Return code that was proven before."""
        return self._codes.get(code_hash)

    def put(self, code: bytes) -> None:
        """Keep code under its hash."""
        if len(self._codes) >= MAX_CODES:
            self._codes = {EMPTY_CODE_HASH: b""}
        self._codes[keccak(code)] = code


class Witness:
    """Accounts, slots and code after one block."""

    def __init__(self, reader: ProvenReader, state: ChainState, codes: CodeCache) -> None:
        self.block = state
        self._reader = reader
        self._codes = codes
        self._accounts: dict[bytes, Account] = {}
        self._slots: dict[tuple[bytes, int], int] = {}
        self._loop = asyncio.get_running_loop()

    # -- on the event loop -------------------------------------------------------------------

    async def fetch(self, wanted: Mapping[bytes, Iterable[int]]) -> None:
        """Prove accounts and slots in one exchange; what is held is not asked again.

        Raises ChainFault.
        """
        missing = {
            address: [slot for slot in slots if (address, slot) not in self._slots]
            for address, slots in wanted.items()
        }
        asked = {
            checksum_address(address): slots
            for address, slots in missing.items()
            if slots or address not in self._accounts
        }
        if not asked:
            return
        found = await self._reader.read_at(self.block, asked)
        for name, item in found.items():
            address = bytes.fromhex(name[2:])
            self._accounts[address] = item.account
            self._slots |= {(address, slot): value for slot, value in item.slots.items()}

    async def fetch_code(self, address: bytes) -> None:
        """Fetch the code of an account that is held. Raises ChainFault."""
        code_hash = self._accounts[address].code_hash
        if self._codes.get(code_hash) is None:
            name = checksum_address(address)
            self._codes.put(await self._reader.code_at(self.block, name, code_hash))

    # -- from the thread that runs the call --------------------------------------------------

    def account(self, address: bytes) -> Account:
        """Return an account; an absent one is empty."""
        if address not in self._accounts:
            self._wait(self.fetch({address: ()}))
        return self._accounts[address]

    def code(self, address: bytes) -> bytes:
        """Return an account's code."""
        code_hash = self.account(address).code_hash
        code = self._codes.get(code_hash)
        while code is None:
            self._wait(self.fetch_code(address))
            code = self._codes.get(code_hash)
        return code

    def slot(self, address: bytes, slot: int) -> int:
        """Return a storage word; 0 where none is stored."""
        if (address, slot) not in self._slots:
            self._wait(self.fetch({address: (slot,)}))
        return self._slots[address, slot]

    def block_hash(self, number: int) -> bytes:
        """Return the hash of a block before this one. Raises Unproven."""
        if number == self.block.header.number - 1:
            return self.block.header.parent_hash
        return self._reader.client.pinned(number).block_hash

    def _wait(self, work: Coroutine[Any, Any, T]) -> T:
        check_deadline()
        future = asyncio.run_coroutine_threadsafe(work, self._loop)
        left_s = None if deadline.at_s is None else max(0.0, deadline.at_s - monotonic())
        try:
            return future.result(left_s)
        except TimeoutError:
            future.cancel()
            raise CallTooLong from None


class Reads:
    """One run's way to a witness: notes what is read and bounds how much."""

    def __init__(self, witness: Witness) -> None:
        self._witness = witness
        self._touched: dict[bytes, set[int]] = {}
        self._count = 0

    @property
    def block(self) -> ChainState:
        """The block on whose state the call runs."""
        return self._witness.block

    @property
    def touched(self) -> dict[bytes, frozenset[int]]:
        """Accounts that were read, each with its slots."""
        return {address: frozenset(slots) for address, slots in self._touched.items()}

    def account(self, address: bytes) -> Account:
        """Return an account; an absent one is empty."""
        if address not in self._touched:
            self._note()
            self._touched[address] = set()
        return self._witness.account(address)

    def code(self, address: bytes) -> bytes:
        """Return the code of an account."""
        return self._witness.code(address)

    def slot(self, address: bytes, slot: int) -> int:
        """Return a storage word; 0 where none is stored."""
        slots = self._touched.setdefault(address, set())
        if slot not in slots:
            self._note()
            slots.add(slot)
        return self._witness.slot(address, slot)

    def block_hash(self, number: int) -> bytes:
        """Return the hash of a block before this one. Raises Unproven."""
        return self._witness.block_hash(number)

    def _note(self) -> None:
        self._count += 1
        if self._count > MAX_READS:
            raise CallRefused(f"The call reads more than {MAX_READS} values of the chain's state.")
