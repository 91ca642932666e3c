"""JSON from strangers, bounded in nesting before it is parsed.

Python's parser recurses in C and relies on the interpreter's recursion limit, which EVM libraries
raise so far that a deeply nested answer would overrun the stack and end the process.
"""

from __future__ import annotations

import json

MAX_NESTING = 32
_BRACKETS = b"[]{}"
_OTHERS = bytes(byte for byte in range(256) if byte not in _BRACKETS)


def parse(content: bytes) -> object:
    """Return the value that ``content`` holds. Raises ValueError, also when nested too deep."""
    if _is_deep(content):
        raise ValueError("nested too deep")
    try:
        value: object = json.loads(content)
    except RecursionError:
        raise ValueError("nested too deep") from None
    return value


def _is_deep(content: bytes) -> bool:
    """Whether values may be nested deeper than twice :data:`MAX_NESTING`.

    Each round removes the innermost level, for all values at once. Brackets within texts may be
    left over; they count as levels, which errs on the safe side.
    """
    rest = content.translate(None, _OTHERS)
    for _ in range(MAX_NESTING):
        if len(rest) <= MAX_NESTING:
            return False
        shorter = rest.replace(b"[]", b"").replace(b"{}", b"")
        if len(shorter) == len(rest):
            break
        rest = shorter
    return len(rest) > MAX_NESTING
