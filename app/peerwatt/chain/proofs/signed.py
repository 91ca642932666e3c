"""A transaction read back from its proven bytes: every field, and who signed it.

What a node says beside the bytes (sender, created contract, price paid) is computed here
instead (EIP-155, EIP-2718, EIP-2930, EIP-1559, EIP-4844, EIP-7702).
"""

from __future__ import annotations

from dataclasses import dataclass

from coincurve import PublicKey

from ..encoding import (
    EncodingFault,
    Rlp,
    as_bytes,
    as_int,
    as_list,
    int_bytes,
    keccak,
    rlp_decode,
    rlp_encode,
)

BLOB_GAS = 131_072
"""Blob gas of one blob (EIP-4844)."""


@dataclass(frozen=True, slots=True)
class Authorisation:
    """An account's consent to run a contract's code in its name (EIP-7702)."""

    chain_id: int
    address: bytes
    nonce: int
    parity: int
    r: int
    s: int


@dataclass(frozen=True, slots=True)
class Transaction:
    """One transaction; prices in wei per gas, value in wei. ``to`` is empty for a creation."""

    raw: bytes
    type: int
    chain_id: int | None
    """``None`` for a transaction that is valid on every chain (before EIP-155)."""
    nonce: int
    max_priority_fee: int
    """The gas price for types 0 and 1."""
    max_fee: int
    """The gas price for types 0 and 1."""
    gas: int
    to: bytes
    value_wei: int
    data: bytes
    access_list: tuple[tuple[bytes, tuple[bytes, ...]], ...]
    max_blob_fee: int
    blob_hashes: tuple[bytes, ...]
    authorisations: tuple[Authorisation, ...]
    v: int
    """Parity 0 or 1, for type 0 as it is encoded."""
    r: int
    s: int
    signed_hash: bytes
    """What the sender signed."""

    @property
    def hash(self) -> bytes:
        """The transaction's hash."""
        return keccak(self.raw)

    @property
    def parity(self) -> int:
        """Parity of the signature's point, 0 or 1."""
        if self.type:
            return self.v
        return self.v - 27 if self.chain_id is None else (self.v - 35) % 2

    @property
    def sender(self) -> bytes:
        """Address that signed it. Raises EncodingFault."""
        if self.parity not in (0, 1):
            raise EncodingFault("A transaction's signature has an impossible parity.")
        seal = self.r.to_bytes(32, "big") + self.s.to_bytes(32, "big") + bytes((self.parity,))
        try:
            key = PublicKey.from_signature_and_message(seal, self.signed_hash, hasher=None)
        except ValueError:
            raise EncodingFault("A transaction's signature is none.") from None
        return keccak(key.format(compressed=False)[1:])[12:]

    def price_wei(self, base_fee: int | None) -> int:
        """Price paid for each gas in a block of that base fee, wei."""
        return min(self.max_fee, (base_fee or 0) + self.max_priority_fee)

    def created(self, sender: bytes) -> bytes | None:
        """Address of the contract that it creates, or ``None``."""
        if self.to:
            return None
        return keccak(rlp_encode([sender, int_bytes(self.nonce)]))[12:]


def decode_transaction(raw: bytes) -> Transaction:
    """Read a transaction from its bytes. Raises EncodingFault."""
    kind = raw[0] if raw and raw[0] < 0x80 else 0
    items = as_list(rlp_decode(raw[1:] if kind else raw))
    return _legacy(raw, items) if kind == 0 else _typed(raw, kind, items)


def _legacy(raw: bytes, items: list[Rlp]) -> Transaction:
    nonce, price, gas, to, value, data, v, r, s = as_list(items, 9)
    parity = as_int(v, 72)
    if parity in (27, 28):
        chain_id, signed = None, items[:6]
    elif parity >= 35:
        chain_id = (parity - 35) // 2
        signed = [*items[:6], int_bytes(chain_id), b"", b""]
    else:
        raise EncodingFault("A transaction's signature has an impossible parity.")
    return Transaction(
        raw=raw,
        type=0,
        chain_id=chain_id,
        nonce=as_int(nonce, 64),
        max_priority_fee=as_int(price),
        max_fee=as_int(price),
        gas=as_int(gas, 64),
        to=_target(to),
        value_wei=as_int(value),
        data=as_bytes(data),
        access_list=(),
        max_blob_fee=0,
        blob_hashes=(),
        authorisations=(),
        v=parity,
        r=as_int(r),
        s=as_int(s),
        signed_hash=keccak(rlp_encode(signed)),
    )


_SIZES = {1: 11, 2: 12, 3: 14, 4: 13}


def _typed(raw: bytes, kind: int, items: list[Rlp]) -> Transaction:
    if kind not in _SIZES:
        raise EncodingFault(f"Transactions of type {kind} are not read by this version.")
    rest = as_list(items, _SIZES[kind])
    chain_id, nonce, fee = as_int(rest[0], 64), as_int(rest[1], 64), as_int(rest[2])
    at = 3 if kind == 1 else 4
    gas, to, value, data, listed = rest[at : at + 5]
    extra, (v, r, s) = rest[at + 5 : -3], rest[-3:]
    return Transaction(
        raw=raw,
        type=kind,
        chain_id=chain_id,
        nonce=nonce,
        max_priority_fee=fee,
        max_fee=fee if kind == 1 else as_int(rest[3]),
        gas=as_int(gas, 64),
        to=_target(to),
        value_wei=as_int(value),
        data=as_bytes(data),
        access_list=tuple(_access(item) for item in as_list(listed)),
        max_blob_fee=as_int(extra[0]) if kind == 3 else 0,
        blob_hashes=tuple(as_bytes(i, 32) for i in as_list(extra[1])) if kind == 3 else (),
        authorisations=tuple(map(_authorisation, as_list(extra[0]))) if kind == 4 else (),
        v=as_int(v, 8),
        r=as_int(r),
        s=as_int(s),
        signed_hash=keccak(bytes((kind,)) + rlp_encode(rest[:-3])),
    )


def _target(item: Rlp) -> bytes:
    data = as_bytes(item)
    if len(data) not in (0, 20):
        raise EncodingFault("RLP: a transaction's target is no address.")
    return data


def _access(item: Rlp) -> tuple[bytes, tuple[bytes, ...]]:
    address, keys = as_list(item, 2)
    return as_bytes(address, 20), tuple(as_bytes(key, 32) for key in as_list(keys))


def _authorisation(item: Rlp) -> Authorisation:
    chain_id, address, nonce, parity, r, s = as_list(item, 6)
    return Authorisation(
        as_int(chain_id),
        as_bytes(address, 20),
        as_int(nonce, 64),
        as_int(parity, 8),
        as_int(r),
        as_int(s),
    )
