"""Ways to change bytes, RLP trees and JSON values, each with a name for the report.

Every function takes the generator of chance first and returns (name, changed value); the value it
was given is never altered in place.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Sequence
from random import Random
from typing import Any

from peerwatt.devnet.codec import RlpItem

Named = tuple[str, Any]


def change_bytes(rng: Random, data: bytes) -> tuple[str, bytes]:
    """Change a byte string; it always differs from what it was."""
    while True:
        name, made = rng.choice(_BYTE_CHANGES)(rng, data)
        if made != data:
            return name, made


def _flip(rng: Random, data: bytes) -> tuple[str, bytes]:
    at = rng.randrange(len(data) * 8) if data else 0
    flipped = bytearray(data)
    if data:
        flipped[at // 8] ^= 1 << at % 8
    return "flip a bit", bytes(flipped)


def _set(rng: Random, data: bytes) -> tuple[str, bytes]:
    changed = bytearray(data)
    if data:
        changed[rng.randrange(len(data))] = rng.choice((0, 0xFF, 0x7F, 0x80, rng.randrange(256)))
    return "set a byte", bytes(changed)


def _cut_end(rng: Random, data: bytes) -> tuple[str, bytes]:
    return "cut the end", data[: -rng.choice((1, 1, 2, 32, len(data)))] if data else data


def _cut_start(rng: Random, data: bytes) -> tuple[str, bytes]:
    return "cut the start", data[rng.choice((1, 1, 2, 32)) :]


def _insert(rng: Random, data: bytes) -> tuple[str, bytes]:
    at = rng.randrange(len(data) + 1)
    return "insert bytes", data[:at] + rng.randbytes(rng.choice((1, 1, 2, 32))) + data[at:]


def _append(rng: Random, data: bytes) -> tuple[str, bytes]:
    return "append bytes", data + rng.choice((b"\0", b"\x80", b"\xc0", rng.randbytes(9), data))


def _prepend(rng: Random, data: bytes) -> tuple[str, bytes]:
    return "prepend bytes", rng.choice((b"\0", b"\x01", b"\x80", b"\0" * 32)) + data


def _zero(rng: Random, data: bytes) -> tuple[str, bytes]:
    return "zero all", bytes(len(data))


def _replace(rng: Random, data: bytes) -> tuple[str, bytes]:
    return "replace all", rng.randbytes(len(data))


def _swap_bytes(rng: Random, data: bytes) -> tuple[str, bytes]:
    if len(data) < 2:
        return "swap two bytes", data
    first, second = rng.sample(range(len(data)), 2)
    changed = bytearray(data)
    changed[first], changed[second] = changed[second], changed[first]
    return "swap two bytes", bytes(changed)


def _turn(rng: Random, data: bytes) -> tuple[str, bytes]:
    return "turn around", data[::-1]


_BYTE_CHANGES: list[Callable[[Random, bytes], tuple[str, bytes]]] = [
    _flip, _flip, _flip, _set, _set, _cut_end, _cut_start, _insert, _append, _prepend, _zero,
    _replace, _swap_bytes, _turn,
]  # fmt: skip


# -- RLP trees ---------------------------------------------------------------------------------


def change_list(rng: Random, items: list[Any], foreign: Sequence[Any] = ()) -> Named:
    """Drop, double, swap, add or turn around the items of a list; it may come out the same."""
    made = list(items)
    kind = rng.choice(("drop", "double", "swap", "add", "turn", "empty", "foreign"))
    if kind == "drop" and made:
        del made[rng.randrange(len(made))]
    elif kind == "double" and made:
        made.insert(rng.randrange(len(made) + 1), copy.deepcopy(rng.choice(made)))
    elif kind == "swap" and len(made) > 1:
        first, second = rng.sample(range(len(made)), 2)
        made[first], made[second] = made[second], made[first]
    elif kind == "turn":
        made.reverse()
    elif kind == "empty":
        made = []
    elif kind == "foreign" and foreign:
        made.insert(rng.randrange(len(made) + 1), rng.choice(foreign))
    else:
        kind = "add"
        made.append(copy.deepcopy(made[-1]) if made and rng.random() < 0.5 else _blank(items))
    return f"{kind} an item" if kind not in ("turn", "empty") else f"{kind} the list", made


def _blank(items: Sequence[Any]) -> Any:
    """An item of the kind that the list holds, as far as that can be told."""
    first = items[0] if items else b""
    return {} if isinstance(first, dict) else "0x" if isinstance(first, str) else b""


def change_item(rng: Random, item: RlpItem) -> tuple[str, RlpItem]:
    """Change one RLP item as a whole."""
    if isinstance(item, bytes):
        if rng.random() < 0.1:
            return "list for string", [item]
        return change_bytes(rng, item)
    if rng.random() < 0.1:
        return "string for list", b"".join(part for part in item if isinstance(part, bytes))
    name, made = change_list(rng, item, (b"", [], rng.randbytes(32)))
    return name, made


def paths(item: RlpItem, at: tuple[int, ...] = ()) -> Iterator[tuple[int, ...]]:
    """Yield the paths of all items of a tree, its root first."""
    yield at
    if isinstance(item, list):
        for index, part in enumerate(item):
            yield from paths(part, (*at, index))


def change_at(rng: Random, tree: RlpItem, path: Sequence[int]) -> tuple[str, RlpItem]:
    """Change the item at a path."""
    if not path:
        return change_item(rng, tree)
    assert isinstance(tree, list)
    name, part = change_at(rng, tree[path[0]], path[1:])
    return name, [*tree[: path[0]], part, *tree[path[0] + 1 :]]


# -- JSON --------------------------------------------------------------------------------------


def change_json(rng: Random, value: Any, foreign: Sequence[str] = ()) -> Named:
    """Change one place of a JSON value; the name says under which key it lies.

    ``foreign`` are texts that may be put in place of others, such as nodes of other proofs.
    """
    spots = list(_spots(value, "", ()))
    where, path = rng.choice(spots)
    name, made = _change_spot(rng, value, path, foreign)
    return (f"{where}: {name}" if where else name), made


def _spots(value: Any, where: str, path: tuple[Any, ...]) -> Iterator[tuple[str, tuple[Any, ...]]]:
    yield where, path
    if isinstance(value, dict):
        for key, part in value.items():
            yield from _spots(part, key, (*path, key))
    elif isinstance(value, list):
        for index, part in enumerate(value):
            yield from _spots(part, where, (*path, index))


def _change_spot(rng: Random, value: Any, path: Sequence[Any], foreign: Sequence[str]) -> Named:
    if not path:
        return _change_value(rng, value, foreign)
    name, part = _change_spot(rng, value[path[0]], path[1:], foreign)
    made = copy.copy(value)
    made[path[0]] = part
    return name, made


_OTHER_TYPES: tuple[Any, ...] = (
    None, True, False, 0, 7, -1, 2**300, 1.5, float("nan"), "", "0x", "0X00", "x", [], {}, [[]],
    "0x" + "f" * 200, "\ud800", "0x\u0661\u0662", "0x 0", "0x0_0", "0x" + "0" * 5000,
)  # fmt: skip


def _change_value(rng: Random, value: Any, foreign: Sequence[str]) -> Named:
    if rng.random() < 0.12:
        return "another type", rng.choice(_OTHER_TYPES)
    if isinstance(value, list):
        return change_list(rng, value, foreign)
    if isinstance(value, dict):
        made = dict(value)
        if made:
            del made[rng.choice(list(made))]
        return "drop a key", made
    if isinstance(value, str):
        return _change_text(rng, value, foreign)
    return "another type", rng.choice(_OTHER_TYPES)


def _change_text(rng: Random, text: str, foreign: Sequence[str]) -> Named:
    digits = text[2:] if text.startswith("0x") else text
    kind = rng.randrange(10)
    if kind < 4 and digits:
        at = rng.randrange(len(digits))
        other = rng.choice([c for c in "0123456789abcdef" if c != digits[at].lower()])
        return "change a digit", f"0x{digits[:at]}{other}{digits[at + 1 :]}"
    if kind == 4:
        return "cut a digit", text[:-1]
    if kind == 5:
        return "add a digit", text + rng.choice("0f")
    if kind == 6:
        return "leading zeros", f"0x{rng.choice(('0', '00'))}{digits}"
    if kind == 7 and foreign:
        return "foreign text", rng.choice(foreign)
    if kind == 8:
        at = rng.randrange(len(digits) + 1)
        return (
            "strange character",
            f"0x{digits[:at]}{rng.choice(' g-_' + chr(0x0661))}{digits[at:]}",
        )
    return "lose the prefix", digits
