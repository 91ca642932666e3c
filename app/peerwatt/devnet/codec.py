"""Bytes as Ethereum writes them (RLP, keccak, 0x hex), fast enough for all nodes of a block."""

from __future__ import annotations

import sha3

RlpItem = bytes | list["RlpItem"]
"""What RLP can hold: a byte string or a list of such items (Yellow Paper, appendix B)."""

MAX_RLP_DEPTH = 64
"""No structure of the chain comes near this; deeper data is an attempt to exhaust the stack."""


def keccak256(data: bytes) -> bytes:
    """Return the 32-byte Keccak-256 hash (the original Keccak padding, not NIST SHA3-256)."""
    digest: bytes = sha3.keccak_256(data).digest()
    return digest


def rlp_encode(item: RlpItem) -> bytes:
    """Return the RLP encoding of a byte string or a nested list (Yellow Paper, appendix B)."""
    if isinstance(item, list):
        return rlp_list(b"".join(map(rlp_encode, item)))
    size = len(item)
    if size == 1 and item[0] < 0x80:
        return item
    if size < 56:
        return bytes((0x80 + size,)) + item
    length = int_bytes(size)
    return bytes((0xB7 + len(length),)) + length + item


def rlp_list(payload: bytes) -> bytes:
    """Put the list prefix before an already encoded payload."""
    size = len(payload)
    if size < 56:
        return bytes((0xC0 + size,)) + payload
    length = int_bytes(size)
    return bytes((0xF7 + len(length),)) + length + payload


def rlp_decode(data: bytes) -> RlpItem:
    """Decode one RLP item that fills ``data`` exactly. Raises ValueError on anything else."""
    item, end = _decode_at(data, 0, 0)
    if end != len(data):
        raise ValueError(f"RLP data has {len(data) - end} bytes after its end")
    return item


def _decode_at(data: bytes, at: int, depth: int) -> tuple[RlpItem, int]:
    if at >= len(data):
        raise ValueError("RLP data ends too early")
    if depth > MAX_RLP_DEPTH:
        raise ValueError(f"RLP lists are nested more than {MAX_RLP_DEPTH} deep")
    prefix = data[at]
    if prefix < 0x80:
        return data[at : at + 1], at + 1
    is_list = prefix >= 0xC0
    start, end = _span(data, at, prefix - (0xC0 if is_list else 0x80))
    if not is_list:
        if end - start == 1 and data[start] < 0x80:
            raise ValueError("RLP data holds a single byte in long form")
        return data[start:end], end
    items: list[RlpItem] = []
    while start < end:
        item, start = _decode_at(data, start, depth + 1)
        items.append(item)
    if start != end:
        raise ValueError("RLP list item reaches past its list")
    return items, end


def _span(data: bytes, at: int, code: int) -> tuple[int, int]:
    """Return where the payload of the item at ``at`` starts and ends; code is prefix - base."""
    start = at + 1
    size = code
    if code >= 56:
        size_bytes = data[start : start + code - 55]
        start += code - 55
        size = int.from_bytes(size_bytes, "big")
        if size < 56 or size_bytes[0] == 0:
            raise ValueError("RLP length is not in its shortest form")
    if start + size > len(data):
        raise ValueError("RLP data ends too early")
    return start, start + size


def int_bytes(value: int) -> bytes:
    """Return a scalar big-endian without leading zeros; 0 is the empty string."""
    return value.to_bytes((value.bit_length() + 7) // 8, "big")


def to_int(item: RlpItem) -> int:
    """Return the scalar an RLP string stands for. Raises ValueError on a list or leading zero."""
    if isinstance(item, list):
        raise ValueError("RLP list where a number was expected")
    if item[:1] == b"\0":
        raise ValueError("RLP number has a leading zero")
    return int.from_bytes(item, "big")


def to_bytes(item: RlpItem) -> bytes:
    """Return an RLP item that must be a byte string. Raises ValueError on a list."""
    if isinstance(item, list):
        raise ValueError("RLP list where a byte string was expected")
    return item


def to_list(item: RlpItem) -> list[RlpItem]:
    """Return an RLP item that must be a list. Raises ValueError on a byte string."""
    if not isinstance(item, list):
        raise ValueError("RLP byte string where a list was expected")
    return item


def hex_data(value: bytes) -> str:
    """Return JSON-RPC DATA: 0x and two digits a byte."""
    return "0x" + value.hex()


def hex_quantity(value: int) -> str:
    """Return JSON-RPC QUANTITY: 0x and no leading zeros."""
    return hex(value)


def address_of(private_key: bytes) -> bytes:
    """Return the 20-byte address of a secp256k1 private key."""
    import coincurve

    public = coincurve.PrivateKey(private_key).public_key.format(compressed=False)
    return keccak256(public[1:])[12:]


EMPTY_HASH = keccak256(b"")
EMPTY_ROOT = keccak256(b"\x80")
EMPTY_LIST_HASH = keccak256(b"\xc0")
