"""Signed transactions as they travel: types 0 (EIP-155), 1, 2 and 4, decoded from their raw bytes.

Blob transactions (type 3) have no place on a chain without a data layer and are refused.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .codec import (
    RlpItem,
    int_bytes,
    keccak256,
    rlp_decode,
    rlp_encode,
    to_bytes,
    to_int,
    to_list,
)

_FIELDS = {
    0: ("nonce", "gas_price", "gas", "to", "value", "data", "v", "r", "s"),
    1: (
        *("chain_id", "nonce", "gas_price", "gas", "to", "value", "data"),
        *("access_list", "v", "r", "s"),
    ),
    2: (
        *("chain_id", "nonce", "max_priority_fee", "max_fee", "gas", "to", "value", "data"),
        *("access_list", "v", "r", "s"),
    ),
    4: (
        *("chain_id", "nonce", "max_priority_fee", "max_fee", "gas", "to", "value", "data"),
        *("access_list", "authorizations", "v", "r", "s"),
    ),
}
_NOT_SCALAR = {"to", "data", "access_list", "authorizations"}
MAX_RAW_BYTES = 131_072
"""A transaction may not be longer (the limit of geth's and Besu's pools)."""


class InvalidTransactionError(ValueError):
    """A transaction the chain does not accept; the message is one clear sentence."""


@dataclass(frozen=True, slots=True)
class SignedTransaction:
    """A decoded transaction; prices in wei per gas, value in wei."""

    raw: bytes
    hash: bytes
    kind: int
    chain_id: int
    nonce: int
    gas: int
    max_fee: int
    max_priority_fee: int
    to: bytes
    value_wei: int
    data: bytes
    access_list: tuple[tuple[bytes, tuple[bytes, ...]], ...]
    authorizations: tuple[tuple[int, bytes, int, int, int, int], ...]
    v: int
    r: int
    s: int

    @property
    def effective_price(self) -> int:
        """Wei per gas paid when the base fee is 0, as it is on this chain."""
        return min(self.max_fee, self.max_priority_fee)


@dataclass(frozen=True, slots=True)
class Pending:
    """A transaction whose signature was checked, with who signed it."""

    transaction: SignedTransaction
    sender: bytes


def decode_transaction(raw: bytes) -> SignedTransaction:
    """Decode raw bytes. Raises InvalidTransactionError; the signature is not checked here."""
    if not raw or len(raw) > MAX_RAW_BYTES:
        raise InvalidTransactionError(
            f"The transaction has {len(raw)} bytes; it must have 1 to {MAX_RAW_BYTES}."
        )
    kind = 0 if raw[0] >= 0xC0 else raw[0]
    names = _FIELDS.get(kind)
    if names is None:
        raise InvalidTransactionError(
            f"Transaction type {kind} is not accepted; this chain takes types 0, 1, 2 and 4."
        )
    try:
        return _from_fields(raw, kind, names)
    except (ValueError, IndexError) as error:
        raise InvalidTransactionError(f"The transaction cannot be decoded: {error}.") from error


def _from_fields(raw: bytes, kind: int, names: Sequence[str]) -> SignedTransaction:
    items = to_list(rlp_decode(raw[1:] if kind else raw))
    if len(items) != len(names):
        raise ValueError(f"type {kind} has {len(names)} fields, found {len(items)}")
    held = dict(zip(names, items, strict=True))
    scalar = {name: to_int(held[name]) for name in names if name not in _NOT_SCALAR}
    recipient = to_bytes(held["to"])
    if len(recipient) not in (0, 20):
        raise ValueError("the recipient is not 20 bytes long")
    max_fee = scalar.get("max_fee", scalar.get("gas_price", 0))
    return SignedTransaction(
        raw=raw,
        hash=keccak256(raw),
        kind=kind,
        chain_id=scalar["chain_id"] if kind else _legacy_chain_id(scalar["v"]),
        nonce=scalar["nonce"],
        gas=scalar["gas"],
        max_fee=max_fee,
        max_priority_fee=scalar.get("max_priority_fee", max_fee),
        to=recipient,
        value_wei=scalar["value"],
        data=to_bytes(held["data"]),
        access_list=_access_list(held.get("access_list", [])),
        authorizations=_authorizations(held.get("authorizations", [])),
        v=scalar["v"],
        r=scalar["r"],
        s=scalar["s"],
    )


def _legacy_chain_id(v: int) -> int:
    """EIP-155: v = 35 + 2 x chain id + parity. Raises ValueError without replay protection."""
    if v < 35:
        raise ValueError("it is signed without a chain id (EIP-155)")
    return (v - 35) // 2


def _access_list(item: RlpItem) -> tuple[tuple[bytes, tuple[bytes, ...]], ...]:
    entries = []
    for entry in to_list(item):
        address, slots = to_list(entry)
        entries.append((to_bytes(address), tuple(map(to_bytes, to_list(slots)))))
    return tuple(entries)


def _authorizations(item: RlpItem) -> tuple[tuple[int, bytes, int, int, int, int], ...]:
    entries = []
    for entry in to_list(item):
        chain_id, address, nonce, parity, r, s = to_list(entry)
        entries.append(
            (
                to_int(chain_id),
                to_bytes(address),
                to_int(nonce),
                to_int(parity),
                to_int(r),
                to_int(s),
            )
        )
    return tuple(entries)


def contract_address(sender: bytes, nonce: int) -> bytes:
    """Return the address a creation transaction deploys to (Yellow Paper, section 7)."""
    return keccak256(rlp_encode([sender, int_bytes(nonce)]))[12:]
