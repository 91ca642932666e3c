"""The thin interface behind which an EVM runs: what goes in, what comes out, no library types."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from .state import StateChanges, StateView
from .transaction import Pending, SignedTransaction


@dataclass(frozen=True, slots=True)
class BlockContext:
    """What the EVM may see of the block it runs in."""

    chain_id: int
    number: int
    timestamp: int
    coinbase: bytes
    gas_limit: int
    mix_hash: bytes
    recent_hashes: tuple[bytes, ...]
    """Hashes of up to 256 parents, oldest first."""


@dataclass(frozen=True, slots=True)
class LogRecord:
    """One event."""

    address: bytes
    topics: tuple[bytes, ...]
    data: bytes


@dataclass(frozen=True, slots=True)
class Outcome:
    """One executed transaction; ``receipt`` is its consensus encoding (with type prefix)."""

    transaction: SignedTransaction
    sender: bytes
    succeeded: bool
    gas_used: int
    cumulative_gas: int
    logs: tuple[LogRecord, ...]
    receipt: bytes
    created: bytes | None


@dataclass(slots=True)
class Execution:
    """All that running a list of transactions gave."""

    outcomes: list[Outcome] = field(default_factory=list)
    deferred: list[Pending] = field(default_factory=list)
    """Not fitting into this block any more, or waiting for one of the same sender that does not."""
    refused: list[tuple[Pending, str]] = field(default_factory=list)
    """Invalid on this state, with one sentence why."""
    changes: StateChanges = field(default_factory=StateChanges)


@dataclass(frozen=True, slots=True)
class Call:
    """A message to simulate; gas None means as much as a block holds; value in wei."""

    sender: bytes = bytes(20)
    to: bytes = b""
    data: bytes = b""
    value_wei: int = 0
    gas: int | None = None


@dataclass(frozen=True, slots=True)
class CallResult:
    """What a simulated message gave; ``error`` is None on success, ``reverted`` tells its kind."""

    output: bytes
    gas_used: int
    error: str | None
    reverted: bool


class Evm(Protocol):
    """An Ethereum virtual machine with the rules of one fork."""

    def sender_of(self, transaction: SignedTransaction, chain_id: int) -> bytes:
        """Return who signed. Raises InvalidTransactionError (wrong chain, bad signature)."""

    def check_static(self, transaction: SignedTransaction, gas_limit: int) -> None:
        """Check what does not depend on the state. Raises InvalidTransactionError."""

    def execute(
        self,
        view: StateView,
        storage_holders: frozenset[bytes],
        context: BlockContext,
        transactions: Sequence[Pending],
    ) -> Execution:
        """Run transactions in order on the state of ``view``; the view itself is not changed.

        ``storage_holders`` must include every account whose storage is not empty.
        """

    def call(
        self,
        view: StateView,
        storage_holders: frozenset[bytes],
        context: BlockContext,
        request: Call,
    ) -> CallResult:
        """Simulate one message on a throw-away state (eth_call)."""

    def estimate_gas(
        self,
        view: StateView,
        storage_holders: frozenset[bytes],
        context: BlockContext,
        request: Call,
    ) -> tuple[int, CallResult]:
        """Return a gas limit with which the message succeeds, and the last result.

        When it fails even with all gas, the result carries the error.
        """
