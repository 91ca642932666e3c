"""The reason in what a reverted call returned (Solidity ABI: Error(string), Panic(uint256))."""

from __future__ import annotations

_ERROR = bytes.fromhex("08c379a0")
_PANIC = bytes.fromhex("4e487b71")
_PANICS = {
    0x01: "an assertion failed",
    0x11: "a number overflowed",
    0x12: "a division by zero",
    0x21: "a value outside its enumeration",
    0x32: "an index beyond the end of an array",
    0x41: "too much memory was asked for",
}
MAX_CHARS = 200


def revert_reason(data: bytes) -> str:
    """Return what a contract said when it reverted, as printable text of bounded length."""
    if not data:
        return "it gave no reason"
    selector, body = data[:4], data[4:]
    if selector == _ERROR and len(body) >= 64:
        at = int.from_bytes(body[:32], "big")
        size = int.from_bytes(body[at : at + 32], "big") if at < len(body) else 0
        text = body[at + 32 : at + 32 + min(size, MAX_CHARS)].decode("utf-8", "replace")
        return "".join(c for c in text if c.isprintable()) or "it gave an empty reason"
    if selector == _PANIC and len(body) == 32:
        code = int.from_bytes(body, "big")
        return _PANICS.get(code, f"panic {code:#x}")
    return f"error 0x{selector.hex()}"
