"""What a contract says when it refuses: Solidity's and Vyper's Error(string) and Panic(uint256)."""

from __future__ import annotations

_ERROR = bytes.fromhex("08c379a0")
_PANIC = bytes.fromhex("4e487b71")
_PANICS = {
    0x01: "assertion failed",
    0x11: "arithmetic overflow or underflow",
    0x12: "division or modulo by zero",
    0x21: "invalid enum value",
    0x22: "invalid storage byte array access",
    0x31: "pop from an empty array",
    0x32: "array index out of bounds",
    0x41: "out of memory",
    0x51: "call of an uninitialised function",
}


def revert_reason(output: bytes) -> str | None:
    """Return the reason in revert data, or None when it is of no known form."""
    selector, body = output[:4], output[4:]
    if selector == _PANIC and len(body) == 32:
        code = int.from_bytes(body, "big")
        return f"panic {hex(code)} ({_PANICS.get(code, 'unknown kind')})"
    if selector != _ERROR or len(body) < 64:
        return None
    start = int.from_bytes(body[:32], "big")
    if start > len(body) - 32:
        return None
    size = int.from_bytes(body[start : start + 32], "big")
    text = body[start + 32 : start + 32 + size]
    return text.decode("utf-8", "replace") if len(text) == size else None
