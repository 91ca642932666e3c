"""Transactions of every type, against eth-account and a second RLP library."""

from __future__ import annotations

from typing import Any

import pytest
import rlp
from coincurve import PrivateKey
from eth_account import Account
from eth_utils import to_checksum_address
from hypothesis import given
from hypothesis import strategies as st
from trie import HexaryTrie

from peerwatt.chain.encoding import EncodingFault, keccak, to_hex
from peerwatt.chain.proofs.mpt import ordered_key, ordered_proof, ordered_root, verify_path
from peerwatt.chain.proofs.signed import decode_transaction
from peerwatt.chain.proofs.transactions import encode_transaction
from peerwatt.model.verified import Unproven

SIGNER = Account.from_key(keccak(b"signer"))
TARGET = to_checksum_address("0x" + "aa" * 20)
BASE = {"nonce": 7, "gas": 90_000, "to": TARGET, "value": 3, "data": "0x010203"}
LIST = [{"address": TARGET, "storageKeys": ["0x" + "05" * 32]}]


def signed(fields: dict[str, Any]) -> tuple[bytes, bytes]:
    made = SIGNER.sign_transaction(fields)
    return bytes(made.raw_transaction), bytes(made.hash)


def consent() -> Any:
    return SIGNER.sign_authorization({"chainId": 5, "address": TARGET, "nonce": 1})


FEES = {"chainId": 5, "maxFeePerGas": 9, "maxPriorityFeePerGas": 2}
KINDS: dict[str, dict[str, Any]] = {
    "before EIP-155": BASE | {"gasPrice": 4},
    "0": BASE | {"gasPrice": 4, "chainId": 5},
    "creation": BASE | {"gasPrice": 4, "chainId": 5, "to": ""},
    "1": BASE | {"gasPrice": 4, "chainId": 5, "accessList": LIST, "type": 1},
    "2": BASE | FEES | {"accessList": LIST},
    "4": BASE | FEES | {"accessList": [], "authorizationList": [consent()]},
}


@pytest.mark.parametrize("name", KINDS)
def test_what_eth_account_signs_is_read_back(name: str) -> None:
    raw, digest = signed(KINDS[name])
    tx = decode_transaction(raw)
    assert tx.hash == digest
    assert to_hex(tx.sender) == SIGNER.address.lower()
    assert (tx.nonce, tx.gas, tx.value_wei, tx.data) == (7, 90_000, 3, b"\1\2\3")
    assert tx.chain_id == (None if name == "before EIP-155" else 5)
    assert tx.price_wei(3 if name in "24" else None) == (5 if name in "24" else 4)
    assert (tx.to == b"") == (tx.created(tx.sender) is not None)
    if name == "4":
        assert tx.authorisations[0].address == bytes.fromhex("aa" * 20)
    if name in "12":
        assert tx.access_list == ((bytes.fromhex("aa" * 20), (b"\5" * 32,)),)


def blob_transaction() -> tuple[dict[str, Any], bytes]:
    """A type 3 transaction, built by the rlp package: eth-account needs a trusted setup for it."""
    to, hashes = bytes.fromhex("aa" * 20), [b"\1" + bytes([i]) * 31 for i in range(2)]
    fields: list[Any] = [5, 7, 2, 9, 90_000, to, 3, b"\1", [[to, [b"\5" * 32]]], 11, hashes]
    key = PrivateKey(bytes(SIGNER.key))
    seal = key.sign_recoverable(keccak(b"\3" + rlp.encode(fields)), hasher=None)
    numbers = [seal[64], int.from_bytes(seal[:32], "big"), int.from_bytes(seal[32:64], "big")]
    record = {
        "type": "0x3",
        "chainId": "0x5",
        "nonce": "0x7",
        "maxPriorityFeePerGas": "0x2",
        "maxFeePerGas": "0x9",
        "gas": hex(90_000),
        "to": to_hex(to),
        "value": "0x3",
        "input": "0x01",
        "accessList": [{"address": to_hex(to), "storageKeys": [to_hex(b"\5" * 32)]}],
        "maxFeePerBlobGas": "0xb",
        "blobVersionedHashes": [to_hex(item) for item in hashes],
        "yParity": hex(numbers[0]),
        "r": hex(numbers[1]),
        "s": hex(numbers[2]),
    }
    return record, b"\3" + rlp.encode([*fields, *numbers])


def test_blob_transactions_are_rebuilt_and_read_back() -> None:
    record, raw = blob_transaction()
    assert encode_transaction(record) == raw
    tx = decode_transaction(raw)
    assert to_hex(tx.sender) == SIGNER.address.lower()
    assert (tx.max_blob_fee, len(tx.blob_hashes), tx.max_priority_fee) == (11, 2, 2)
    with pytest.raises(EncodingFault):
        encode_transaction(record | {"blobVersionedHashes": None})


@given(st.sampled_from(sorted(KINDS)), st.data())
def test_an_altered_byte_never_gives_the_same_transaction(name: str, data: st.DataObject) -> None:
    raw, digest = signed(KINDS[name])
    at = data.draw(st.integers(0, len(raw) - 1))
    changed = raw[:at] + bytes((raw[at] ^ data.draw(st.integers(1, 255)),)) + raw[at + 1 :]
    try:
        tx = decode_transaction(changed)
        sender: bytes | None = tx.sender
    except Unproven:
        return
    assert tx.hash != digest
    # A malleated parity or a changed signature gives some other sender, never a crash.
    assert sender is not None


@given(st.binary(max_size=80))
def test_garbage_is_refused_without_a_crash(raw: bytes) -> None:
    with pytest.raises(Unproven):
        _ = decode_transaction(raw).sender


@given(st.lists(st.binary(min_size=1, max_size=60), min_size=1, max_size=40), st.data())
def test_proofs_out_of_lists_are_those_of_the_trie_package(
    values: list[bytes], data: st.DataObject
) -> None:
    tree = HexaryTrie({})
    for index, value in enumerate(values):
        tree[rlp.encode(index)] = value
    assert ordered_root(values) == tree.root_hash
    index = data.draw(st.integers(0, len(values) - 1))
    nodes = ordered_proof(values, index)
    theirs = [rlp.encode(node) for node in tree.get_proof(rlp.encode(index))]
    assert nodes == [node for i, node in enumerate(theirs) if i == 0 or len(node) >= 32]
    assert verify_path(tree.root_hash, ordered_key(index), nodes) == values[index]
    assert verify_path(tree.root_hash, ordered_key(index), nodes) == HexaryTrie.get_from_proof(
        tree.root_hash, rlp.encode(index), tree.get_proof(rlp.encode(index))
    )
    with pytest.raises(Unproven):
        verify_path(tree.root_hash, ordered_key(index), [*nodes, nodes[-1]])
    with pytest.raises(IndexError):
        ordered_proof(values, len(values))
