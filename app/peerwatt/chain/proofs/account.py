"""Accounts and storage slots out of an ``eth_getProof`` answer (EIP-1186), nothing on trust."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ..encoding import (
    EMPTY_CODE_HASH,
    EMPTY_TRIE_ROOT,
    as_bytes,
    as_int,
    as_list,
    hex_data,
    hex_int,
    keccak,
    rlp_decode,
)
from . import ProofRefused
from .mpt import NodeCache, verify_path


@dataclass(frozen=True, slots=True)
class Account:
    """An account's leaf in the state trie; ``balance_wei`` in wei."""

    nonce: int
    balance_wei: int
    storage_root: bytes
    code_hash: bytes


ABSENT = Account(0, 0, EMPTY_TRIE_ROOT, EMPTY_CODE_HASH)
"""What an address is whose absence is proven."""


@dataclass(frozen=True, slots=True)
class ProvenAccount:
    """An account with the slots that were asked for, and how many proofs that took."""

    account: Account
    slots: Mapping[int, int]

    @property
    def proofs(self) -> int:
        """Number of trie paths verified."""
        return 1 + len(self.slots)


def verify_account(
    state_root: bytes, address: bytes, nodes: Sequence[bytes], cache: NodeCache | None = None
) -> Account:
    """Return an account, proven against a state root; :data:`ABSENT` when absence is proven."""
    leaf = verify_path(state_root, keccak(address), nodes, cache)
    if leaf is None:
        return ABSENT
    nonce, balance, storage_root, code_hash = as_list(rlp_decode(leaf), 4)
    return Account(
        as_int(nonce, 64), as_int(balance), as_bytes(storage_root, 32), as_bytes(code_hash, 32)
    )


def verify_slot(
    storage_root: bytes, slot: int, nodes: Sequence[bytes], cache: NodeCache | None = None
) -> int:
    """Return a storage word, proven against a storage root; 0 when absence is proven."""
    leaf = verify_path(storage_root, keccak(slot.to_bytes(32, "big")), nodes, cache)
    if leaf is None:
        return 0
    value = as_int(rlp_decode(leaf))
    if value == 0:
        raise ProofRefused("A storage trie holds a zero, which it never does.")
    return value


def verify_answer(
    state_root: bytes, address: bytes, slots: Sequence[int], answer: object
) -> ProvenAccount:
    """Check an ``eth_getProof`` answer for distinct ``slots``, in the order asked.

    The values in the answer are not used; where they differ from what the nodes prove, the
    answer is refused as a contradiction. Raises ProofRefused or EncodingFault.
    """
    if not isinstance(answer, Mapping):
        raise ProofRefused("The answer to eth_getProof is no object.")
    account = verify_account(state_root, address, _nodes(answer.get("accountProof")))
    _compare_account(account, answer)
    listed = answer.get("storageProof")
    if not isinstance(listed, list) or len(listed) != len(slots):
        raise ProofRefused("The answer to eth_getProof does not have the slots that were asked.")
    cache: NodeCache = {}
    proven: dict[int, int] = {}
    for slot, entry in zip(slots, listed, strict=True):
        if not isinstance(entry, Mapping):
            raise ProofRefused("A storage proof is no object.")
        value = verify_slot(account.storage_root, slot, _nodes(entry.get("proof")), cache)
        if hex_int(entry.get("value")) != value:
            raise ProofRefused("A storage value differs from what its proof shows.")
        proven[slot] = value
    return ProvenAccount(account, proven)


def answer_nodes(answer: object) -> tuple[list[bytes], list[list[bytes]]]:
    """Return the nodes of an ``eth_getProof`` answer: the account's, and each slot's in order.

    Raises ProofRefused or EncodingFault.
    """
    if not isinstance(answer, Mapping) or not isinstance(answer.get("storageProof"), list):
        raise ProofRefused("The answer to eth_getProof is malformed.")
    slots = [item.get("proof") for item in answer["storageProof"] if isinstance(item, Mapping)]
    return _nodes(answer.get("accountProof")), [_nodes(listed) for listed in slots]


def _nodes(listed: object) -> list[bytes]:
    if not isinstance(listed, list):
        raise ProofRefused("A proof is no list of nodes.")
    return [hex_data(item) for item in listed]


def _compare_account(account: Account, answer: Mapping[str, object]) -> None:
    claimed = (hex_int(answer.get("nonce")), hex_int(answer.get("balance")))
    if claimed != (account.nonce, account.balance_wei):
        raise ProofRefused("An account's balance or nonce differs from what its proof shows.")
    if account is ABSENT:
        return  # Nodes disagree on which hashes an absent account has.
    hashes = (hex_data(answer.get("storageHash"), 32), hex_data(answer.get("codeHash"), 32))
    if hashes != (account.storage_root, account.code_hash):
        raise ProofRefused("An account's hashes differ from what its proof shows.")
