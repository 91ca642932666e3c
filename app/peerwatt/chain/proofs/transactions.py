"""Transactions of a block, rebuilt into their trie: binds a hash to its place in the block.

Receipts do not name their transaction, so without this an endpoint could attach a proven
receipt to any hash. (EIP-155, EIP-2718, EIP-2930, EIP-1559, EIP-4844, EIP-7702.)
"""

from __future__ import annotations

from collections.abc import Mapping

from ..encoding import EncodingFault, Rlp, hex_data, hex_int, int_bytes, rlp_encode
from . import ProofRefused
from .mpt import ordered_root

_FEES = ("maxPriorityFeePerGas", "maxFeePerGas")


def encode_transaction(value: object) -> bytes:
    """Return the raw bytes of a transaction given as JSON. Raises EncodingFault."""
    if not isinstance(value, Mapping):
        raise EncodingFault("JSON-RPC: a transaction must be an object.")
    kind = hex_int(value.get("type", "0x0"), 8)
    if kind == 0:
        prices: list[Rlp] = [_int(value, "gasPrice")]
        return rlp_encode([_int(value, "nonce"), *prices, *_call(value), *_signature(value, "v")])
    if kind not in (1, 2, 3, 4):
        raise EncodingFault(f"Transactions of type {kind} are not read by this version.")
    names = ("gasPrice",) if kind == 1 else _FEES
    fields: list[Rlp] = [
        _int(value, "chainId"),
        _int(value, "nonce"),
        *(_int(value, name) for name in names),
        *_call(value),
        _access_list(value.get("accessList", [])),
    ]
    if kind == 3:
        fields += [_int(value, "maxFeePerBlobGas"), _blob_hashes(value.get("blobVersionedHashes"))]
    if kind == 4:
        fields.append(_authorisations(value.get("authorizationList")))
    return bytes((kind,)) + rlp_encode([*fields, *_signature(value, "yParity")])


def _int(value: Mapping[str, object], name: str) -> bytes:
    return int_bytes(hex_int(value.get(name)))


def _call(value: Mapping[str, object]) -> list[Rlp]:
    to = value.get("to")
    target = b"" if to is None else hex_data(to, 20)
    return [_int(value, "gas"), target, _int(value, "value"), hex_data(value.get("input"))]


def _signature(value: Mapping[str, object], parity: str) -> list[Rlp]:
    name = parity if value.get(parity) is not None else "v"
    return [_int(value, name), _int(value, "r"), _int(value, "s")]


def _access_list(listed: object) -> list[Rlp]:
    if not isinstance(listed, list):
        raise EncodingFault("JSON-RPC: an access list must be a list.")
    entries: list[Rlp] = []
    for entry in listed:
        if not isinstance(entry, Mapping) or not isinstance(entry.get("storageKeys"), list):
            raise EncodingFault("JSON-RPC: an entry of an access list is malformed.")
        keys: list[Rlp] = [hex_data(key, 32) for key in entry["storageKeys"]]
        entries.append([hex_data(entry.get("address"), 20), keys])
    return entries


def _blob_hashes(listed: object) -> list[Rlp]:
    if not isinstance(listed, list):
        raise EncodingFault("JSON-RPC: the blob hashes must be a list.")
    return [hex_data(item, 32) for item in listed]


def _authorisations(listed: object) -> list[Rlp]:
    if not isinstance(listed, list) or not all(isinstance(item, Mapping) for item in listed):
        raise EncodingFault("JSON-RPC: an authorisation list must be a list of objects.")
    return [
        [
            _int(item, "chainId"),
            hex_data(item.get("address"), 20),
            _int(item, "nonce"),
            *_signature(item, "yParity"),
        ]
        for item in listed
    ]


def verify_transactions(transactions_root: bytes, answer: object) -> tuple[bytes, ...]:
    """Return the raw bytes of all transactions of a block, in order, proven against its root.

    ``answer`` is the block's list of full transactions as JSON; a transaction's hash is the
    Keccak of its bytes. Raises ProofRefused or EncodingFault.
    """
    if not isinstance(answer, list):
        raise ProofRefused("The transactions of a block are no list.")
    raw = tuple(encode_transaction(item) for item in answer)
    if ordered_root(raw) != transactions_root:
        raise ProofRefused("The transactions do not make up the block's transactions root.")
    return raw
