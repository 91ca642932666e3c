"""The world state as readable at one root, and the writing of a block's changes into the trie."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from .codec import (
    EMPTY_HASH,
    EMPTY_ROOT,
    int_bytes,
    keccak256,
    rlp_decode,
    rlp_encode,
    to_bytes,
    to_int,
    to_list,
)
from .trie import Node, NodeSource, get, prove, update


@dataclass(frozen=True, slots=True)
class AccountRecord:
    """An account as the state trie holds it (Yellow Paper 4.1); balance in wei."""

    nonce: int = 0
    balance_wei: int = 0
    storage_root: bytes = EMPTY_ROOT
    code_hash: bytes = EMPTY_HASH

    def encode(self) -> bytes:
        """Return the RLP stored in the state trie."""
        return rlp_encode(
            [
                int_bytes(self.nonce),
                int_bytes(self.balance_wei),
                self.storage_root,
                self.code_hash,
            ]
        )


@dataclass(frozen=True, slots=True)
class AccountChange:
    """What an account is after a block; its storage is told apart from it."""

    nonce: int
    balance_wei: int
    code: bytes


@dataclass(slots=True)
class StateChanges:
    """The difference a block makes."""

    accounts: dict[bytes, AccountChange | None] = field(default_factory=dict)
    """New content by address; None removes the account."""
    storage: dict[bytes, dict[bytes, int]] = field(default_factory=dict)
    """New values by address and slot; 0 clears the slot."""
    wiped: set[bytes] = field(default_factory=set)
    """Accounts whose former storage is gone before ``storage`` applies."""


class StateSource(NodeSource, Protocol):
    """Nodes and contract code by their hashes."""

    def code(self, code_hash: bytes) -> bytes:
        """Return contract code. Raises KeyError when it is not held."""


class StagedNodes:
    """A block's new nodes and code over a source that stays untouched until the block is stored."""

    def __init__(self, below: StateSource) -> None:
        self._below = below
        self.nodes: dict[bytes, tuple[bytes, Node]] = {}
        self.codes: dict[bytes, bytes] = {}

    def encoded(self, node_hash: bytes) -> bytes:
        """Return a node's RLP."""
        held = self.nodes.get(node_hash)
        return held[0] if held else self._below.encoded(node_hash)

    def node(self, node_hash: bytes) -> Node:
        """Return a node."""
        held = self.nodes.get(node_hash)
        return held[1] if held else self._below.node(node_hash)

    def put(self, node_hash: bytes, encoded: bytes, node: Node) -> None:
        """Stage a new node."""
        self.nodes[node_hash] = (encoded, node)

    def code(self, code_hash: bytes) -> bytes:
        """Return contract code."""
        held = self.codes.get(code_hash)
        return held if held is not None else self._below.code(code_hash)


class StateView:
    """The state at one root; values are remembered, as they cannot change."""

    def __init__(self, source: StateSource, root: bytes) -> None:
        self.source = source
        self.root = root
        self._accounts: dict[bytes, AccountRecord | None] = {}

    def account(self, address: bytes) -> AccountRecord | None:
        """Return an account, or None when there is none."""
        if address not in self._accounts:
            found = get(self.source, self.root, keccak256(address))
            self._accounts[address] = _decode_account(found) if found else None
        return self._accounts[address]

    def code(self, address: bytes) -> bytes:
        """Return an account's code; empty for none."""
        record = self.account(address)
        if record is None or record.code_hash == EMPTY_HASH:
            return b""
        return self.source.code(record.code_hash)

    def storage(self, address: bytes, slot: bytes) -> int:
        """Return the value of a 32-byte slot; 0 when it was never set."""
        record = self.account(address)
        if record is None:
            return 0
        found = get(self.source, record.storage_root, keccak256(slot))
        return to_int(rlp_decode(found)) if found else 0

    def prove_account(self, address: bytes) -> list[bytes]:
        """Return the account proof (EIP-1186)."""
        return prove(self.source, self.root, keccak256(address))

    def prove_storage(self, address: bytes, slot: bytes) -> list[bytes]:
        """Return the proof of a slot against the account's storage root (EIP-1186)."""
        record = self.account(address) or AccountRecord()
        return prove(self.source, record.storage_root, keccak256(slot))


def _decode_account(encoded: bytes) -> AccountRecord:
    nonce, balance, storage_root, code_hash = to_list(rlp_decode(encoded))
    return AccountRecord(
        to_int(nonce), to_int(balance), to_bytes(storage_root), to_bytes(code_hash)
    )


def write_changes(base: StateView, changes: StateChanges, staged: StagedNodes) -> bytes:
    """Write a block's changes into the tries; return the new state root.

    New nodes and code are only staged.
    """
    leaves: dict[bytes, bytes | None] = {}
    for address in changes.accounts.keys() | changes.storage.keys() | changes.wiped:
        record = _new_record(base, address, changes, staged)
        leaves[keccak256(address)] = record.encode() if record else None
    return update(staged, base.root, leaves)


def _new_record(
    base: StateView, address: bytes, changes: StateChanges, staged: StagedNodes
) -> AccountRecord | None:
    old = base.account(address)
    change = changes.accounts.get(address)
    if address in changes.accounts and change is None:
        return None
    storage_root = old.storage_root if old and address not in changes.wiped else EMPTY_ROOT
    slots = changes.storage.get(address)
    if slots:
        storage_root = update(staged, storage_root, _storage_leaves(slots))
    if change is None:
        old = old or AccountRecord()
        return AccountRecord(old.nonce, old.balance_wei, storage_root, old.code_hash)
    code_hash = keccak256(change.code) if change.code else EMPTY_HASH
    if change.code and (old is None or old.code_hash != code_hash):
        staged.codes[code_hash] = change.code
    return AccountRecord(change.nonce, change.balance_wei, storage_root, code_hash)


def _storage_leaves(slots: Mapping[bytes, int]) -> dict[bytes, bytes | None]:
    return {
        keccak256(slot): rlp_encode(int_bytes(value)) if value else None
        for slot, value in slots.items()
    }
