"""An unsigned transaction as the signer sees it: strict JSON in, signing hash and raw bytes out.

Types 0 (EIP-155) and 2 (EIP-1559) only. The encoding is RLP (Ethereum yellow paper, appendix B);
hardware wallets are given the same bytes that are hashed here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .address import checksum_address, is_checksummed, keccak
from .secret import WalletFault
from .signer import Fees

MAX_DATA_BYTES = 65_536
_HEX_NUMBER = re.compile(r"0x(0|[1-9a-f][0-9a-f]*)", re.ASCII)
_HEX_DATA = re.compile(r"0x(?:[0-9a-fA-F]{2})*", re.ASCII)
_HALF_ORDER = 0x7FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF5D576E7357A4501DDFE92F46681B20A0

Rlp = bytes | list["Rlp"]


def rlp(item: Rlp) -> bytes:
    """Return the RLP encoding of bytes or of a nested list of bytes."""
    if isinstance(item, bytes):
        if len(item) == 1 and item[0] < 0x80:
            return item
        return _prefix(len(item), 0x80) + item
    content = b"".join(rlp(part) for part in item)
    return _prefix(len(content), 0xC0) + content


def _prefix(length: int, offset: int) -> bytes:
    if length < 56:
        return bytes([offset + length])
    size = number_bytes(length)
    return bytes([offset + 55 + len(size)]) + size


def number_bytes(value: int) -> bytes:
    """Return a number without leading zeros, as RLP wants it; 0 is empty."""
    return value.to_bytes((value.bit_length() + 7) // 8, "big")


@dataclass(frozen=True, slots=True)
class UnsignedTransaction:
    """Everything that a signature fixes."""

    chain_id: int
    nonce: int
    to: str
    """EIP-55 address; contracts are never created by the wallet."""
    gas: int
    fees: Fees
    value_wei: int = 0
    data: bytes = b""

    @property
    def is_dynamic(self) -> bool:
        """Whether it is of type 2."""
        return self.fees.gas_price_wei is None

    def fields(self) -> dict[str, object]:
        """Return the fields as eth-account and the policies name them."""
        return {
            "chainId": self.chain_id,
            "nonce": self.nonce,
            "to": self.to,
            "gas": self.gas,
            "value": self.value_wei,
            "data": self.data,
            **self.fees.fields(),
        }

    def as_json(self) -> dict[str, str]:
        """Return it as JSON-RPC writes transactions: numbers and data as 0x hex."""
        out = {"to": self.to, "data": f"0x{self.data.hex()}"}
        for name, value in self.fields().items():
            if isinstance(value, int):
                out[name] = hex(value)
        return out

    def unsigned_bytes(self) -> bytes:
        """Return the bytes whose hash is signed."""
        to, value, gas = bytes.fromhex(self.to[2:]), self.value_wei, self.gas
        if self.is_dynamic:
            return b"\x02" + rlp([*self._dynamic_head(), to, number_bytes(value), self.data, []])
        numbers = (self.nonce, self.fees.gas_price_wei or 0, gas)
        head: list[Rlp] = [number_bytes(number) for number in numbers]
        tail: list[Rlp] = [number_bytes(self.chain_id), b"", b""]
        return rlp([*head, to, number_bytes(value), self.data, *tail])

    def _dynamic_head(self) -> list[Rlp]:
        numbers = (self.chain_id, self.nonce, self.fees.tip_wei, self.fees.max_fee_wei, self.gas)
        return [number_bytes(number) for number in numbers]

    @property
    def signing_hash(self) -> bytes:
        """The 32 bytes that are signed."""
        return keccak(self.unsigned_bytes())

    def signed(self, y_parity: int, r: int, s: int) -> bytes:
        """Return the raw transaction with a signature."""
        to, value = bytes.fromhex(self.to[2:]), number_bytes(self.value_wei)
        if self.is_dynamic:
            seal: list[Rlp] = [number_bytes(part) for part in (y_parity, r, s)]
            return b"\x02" + rlp([*self._dynamic_head(), to, value, self.data, [], *seal])
        numbers = (self.nonce, self.fees.gas_price_wei or 0, self.gas)
        head: list[Rlp] = [number_bytes(number) for number in numbers]
        seal = [number_bytes(part) for part in (y_parity + 35 + 2 * self.chain_id, r, s)]
        return rlp([*head, to, value, self.data, *seal])


_NAMES = {"chainId", "nonce", "to", "gas", "value", "data", "type"}
_LEGACY = {"gasPrice"}
_DYNAMIC = {"maxFeePerGas", "maxPriorityFeePerGas"}


def read_transaction(content: object) -> UnsignedTransaction:
    """Return a transaction from JSON-RPC's form or from eth-account's fields.

    Raises WalletFault for anything else than a plain call: unknown, missing or mixed fields, an
    address without checksum, the creation of a contract.
    """
    if not isinstance(content, Mapping):
        raise WalletFault("A transaction is a JSON object.", "transaction")
    names = set(content)
    is_dynamic = bool(names & _DYNAMIC)
    prices = _DYNAMIC if is_dynamic else _LEGACY
    if extra := names - _NAMES - prices:
        raise WalletFault(f"The transaction has a field {_safe(extra)} that is not signed here.")
    wanted = (_NAMES - {"type", "data", "value"}) | prices
    if missing := wanted - names:
        raise WalletFault(f"The transaction lacks its {min(missing)}.", min(missing))
    if "type" in content and _number(content, "type", 8) != (2 if is_dynamic else 0):
        raise WalletFault("The type of the transaction does not fit its fees.", "type")
    to = content["to"]
    if not isinstance(to, str) or not is_checksummed(to):
        raise WalletFault(
            "The transaction does not name its recipient with a checksummed address.", "to"
        )
    return UnsignedTransaction(
        chain_id=_number(content, "chainId", 63),
        nonce=_number(content, "nonce", 64),
        to=to,
        gas=_number(content, "gas", 64),
        fees=_fees(content, is_dynamic),
        value_wei=_number(content, "value", 256),
        data=_data(content),
    )


def _fees(content: Mapping[str, Any], is_dynamic: bool) -> Fees:
    if not is_dynamic:
        return Fees(gas_price_wei=_number(content, "gasPrice", 128))
    highest = _number(content, "maxFeePerGas", 128)
    tip = _number(content, "maxPriorityFeePerGas", 128)
    if tip > highest:
        raise WalletFault("The tip is above the highest fee.", "maxPriorityFeePerGas")
    return Fees(None, max_fee_wei=highest, tip_wei=tip)


def _number(content: Mapping[str, Any], name: str, bits: int) -> int:
    value = content.get(name, 0)
    if isinstance(value, str) and _HEX_NUMBER.fullmatch(value):
        value = int(value, 16)
    is_number = isinstance(value, int) and not isinstance(value, bool)
    if not is_number or not 0 <= value < 1 << bits:
        raise WalletFault(f"The {name} of the transaction is no such number.", name)
    return int(value)


def _data(content: Mapping[str, Any]) -> bytes:
    value = content.get("data", b"")
    if isinstance(value, str) and _HEX_DATA.fullmatch(value):
        value = bytes.fromhex(value[2:])
    if not isinstance(value, bytes):
        raise WalletFault("The data of the transaction is not hexadecimal.", "data")
    if len(value) > MAX_DATA_BYTES:
        raise WalletFault("The data of the transaction is too long.", "data")
    return value


def _safe(names: set[Any]) -> str:
    return repr(min(str(name) for name in names)[:40])


def recover(digest: bytes, y_parity: int, r: int, s: int) -> str | None:
    """Return the address that signed 32 bytes; ``None`` for no valid low-s signature (EIP-2)."""
    import coincurve

    if y_parity not in (0, 1) or not 0 < r < 1 << 256 or not 0 < s <= _HALF_ORDER:
        return None
    packed = r.to_bytes(32, "big") + s.to_bytes(32, "big") + bytes([y_parity])
    try:
        key = coincurve.PublicKey.from_signature_and_message(packed, digest, hasher=None)
    except Exception:
        # coincurve raises bare exceptions for points that are not on the curve.
        return None
    return checksum_address(keccak(key.format(compressed=False)[1:])[-20:])
