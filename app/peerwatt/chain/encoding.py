"""Strict RLP, hexadecimal and Keccak: every byte that is proven passes through here.

A verifier must know exactly one encoding of each value, otherwise two parties can read the same
hash differently. So decoding refuses whatever encoding would not have produced (Ethereum yellow
paper, appendix B; execution-apis "QUANTITY" and "DATA").
"""

from __future__ import annotations

from typing import TypeAlias

import sha3

from peerwatt.model.verified import Unproven

Rlp: TypeAlias = "bytes | list[Rlp]"

MAX_DEPTH = 32
"""Nesting that no header, node or receipt comes near; a bound against stack exhaustion."""


class EncodingFault(Unproven):
    """Bytes or JSON are not in the one form that the rules allow."""


def keccak(data: bytes) -> bytes:
    """Return the Keccak-256 hash."""
    digest: bytes = sha3.keccak_256(data).digest()
    return digest


EMPTY_LIST_HASH = keccak(b"\xc0")
"""Hash of RLP([]): the ommers hash of chains without uncles."""
EMPTY_TRIE_ROOT = keccak(b"\x80")
EMPTY_CODE_HASH = keccak(b"")


def int_bytes(value: int) -> bytes:
    """Return a scalar big-endian without leading zeros; 0 is the empty string."""
    return value.to_bytes((value.bit_length() + 7) // 8, "big")


def rlp_string(data: bytes) -> bytes:
    """Encode one byte string."""
    size = len(data)
    if size == 1 and data[0] < 0x80:
        return data
    if size < 56:
        return bytes((0x80 + size,)) + data
    length = int_bytes(size)
    return bytes((0xB7 + len(length),)) + length + data


def rlp_list_of(payload: bytes) -> bytes:
    """Put the header of a list before its items, which are encoded already."""
    size = len(payload)
    if size < 56:
        return bytes((0xC0 + size,)) + payload
    length = int_bytes(size)
    return bytes((0xF7 + len(length),)) + length + payload


def rlp_encode(item: Rlp) -> bytes:
    """Encode a byte string or a nested list of them."""
    if isinstance(item, list):
        return rlp_list_of(b"".join(map(rlp_encode, item)))
    return rlp_string(item)


def rlp_decode(data: bytes) -> Rlp:
    """Decode exactly one item. Raises EncodingFault on surplus or non-canonical bytes."""
    item, end = _decode(data, 0, len(data), 0)
    if end != len(data):
        raise EncodingFault("RLP: bytes are left over after the item.")
    return item


def _decode(data: bytes, at: int, limit: int, depth: int) -> tuple[Rlp, int]:
    if at >= limit:
        raise EncodingFault("RLP: the data ends too early.")
    prefix = data[at]
    if prefix < 0x80:
        return data[at : at + 1], at + 1
    if prefix < 0xC0:
        start, end = _span(data, at, limit, 0x80)
        if end - start == 1 and data[start] < 0x80:
            raise EncodingFault("RLP: a single byte below 0x80 must stand for itself.")
        return data[start:end], end
    start, end = _span(data, at, limit, 0xC0)
    if depth >= MAX_DEPTH:
        raise EncodingFault("RLP: lists are nested too deep.")
    items: list[Rlp] = []
    while start < end:
        size = data[start] - 0x80
        if 2 <= size <= 55 and start + size < end:
            # Nearly all items: a short string that cannot be a single byte in disguise.
            items.append(data[start + 1 : start + 1 + size])
            start += 1 + size
            continue
        item, start = _decode(data, start, end, depth + 1)
        items.append(item)
    return items, end


def _span(data: bytes, at: int, limit: int, base: int) -> tuple[int, int]:
    """Return where the payload of the string or list at ``at`` starts and ends."""
    size = data[at] - base
    start = at + 1
    if size > 55:
        width = size - 55
        length = data[start : start + width]
        if len(length) != width or length[0] == 0:
            raise EncodingFault("RLP: a length is cut off or has leading zeros.")
        size = int.from_bytes(length, "big")
        if size < 56:
            raise EncodingFault("RLP: a short length is written in the long form.")
        start += width
    end = start + size
    if end > limit:
        raise EncodingFault("RLP: an item reaches beyond its end.")
    return start, end


def as_bytes(item: Rlp, length: int | None = None) -> bytes:
    """Return an item that must be a byte string, of ``length`` bytes where given."""
    if isinstance(item, list) or (length is not None and len(item) != length):
        raise EncodingFault(f"RLP: expected a string of {length or 'any number of'} bytes.")
    return item


def as_list(item: Rlp, length: int | None = None) -> list[Rlp]:
    """Return an item that must be a list, of ``length`` items where given."""
    if not isinstance(item, list) or (length is not None and len(item) != length):
        raise EncodingFault(f"RLP: expected a list of {length or 'any number of'} items.")
    return item


def as_int(item: Rlp, bits: int = 256) -> int:
    """Return an item that must be a scalar without leading zeros and of at most ``bits``."""
    data = as_bytes(item)
    if data[:1] == b"\0" or len(data) * 8 > bits:
        raise EncodingFault(f"RLP: expected a number of at most {bits} bits without leading zeros.")
    return int.from_bytes(data, "big")


def hex_data(value: object, length: int | None = None) -> bytes:
    """Read JSON-RPC DATA: ``0x`` and two digits a byte, of ``length`` bytes where given."""
    if not isinstance(value, str) or value[:2] != "0x" or len(value) % 2:
        raise EncodingFault("JSON-RPC: expected data as 0x and pairs of hexadecimal digits.")
    try:
        data = bytes.fromhex(value[2:])
    except ValueError:
        data = None
    # bytes.fromhex skips white space, so two texts could mean the same bytes.
    if data is None or 2 * len(data) != len(value) - 2:
        raise EncodingFault("JSON-RPC: data holds characters that are no hexadecimal digits.")
    if length is not None and len(data) != length:
        raise EncodingFault(f"JSON-RPC: expected {length} bytes, got {len(data)}.")
    return data


def hex_int(value: object, bits: int = 256) -> int:
    """Read a JSON-RPC QUANTITY: ``0x`` and digits without leading zeros, at most ``bits``."""
    if (
        not isinstance(value, str)
        or value[:2] != "0x"
        or not 3 <= len(value) <= 2 + bits // 4
        or (value[2] == "0" and len(value) > 3)
        or not value[2:].isalnum()
        or not value.isascii()
    ):
        raise EncodingFault("JSON-RPC: expected a number as 0x and digits, no leading zeros.")
    try:
        return int(value[2:], 16)
    except ValueError:
        raise EncodingFault("JSON-RPC: a number holds characters that are no digits.") from None


def to_hex(data: bytes) -> str:
    """Write bytes as JSON-RPC DATA."""
    return "0x" + data.hex()


def address_bytes(address: str) -> bytes:
    """Return the 20 bytes of an address in hexadecimal, any case. Raises EncodingFault."""
    return hex_data(address, 20)


def checksum_address(address: bytes) -> str:
    """Write an address with the EIP-55 checksum."""
    digits = address.hex()
    mask = keccak(digits.encode()).hex()
    return "0x" + "".join(
        char.upper() if int(nibble, 16) >= 8 else char
        for char, nibble in zip(digits, mask[:40], strict=True)
    )
