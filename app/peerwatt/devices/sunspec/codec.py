"""Decodes and encodes SunSpec points; what a device marks as "no value" becomes ``None``.

Rules: SunSpec Device Information Model Specification V1.1, sections 4.2 (types and their
"not implemented" values) and 4.3 (scale factors -10..10). Scale factors are taken from the same
registers as the value, because devices change them while they run.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from .definitions import Group, Model, Point

Value = int | float | str | None
Registers = Sequence[int]

SCALE_LIMIT = 10


def _signed(bits: int) -> Callable[[int], int | None]:
    half, full = 1 << (bits - 1), 1 << bits

    def decode(raw: int) -> int | None:
        """Return the two's complement of a value; its lowest number means not implemented."""
        if raw == half:
            return None
        return raw - full if raw > half else raw

    return decode


def _unsigned(bits: int) -> Callable[[int], int | None]:
    absent = (1 << bits) - 1
    return lambda raw: None if raw == absent else raw


def _accumulated(raw: int) -> int | None:
    """Zero means "not accumulated" and must not reset a counter."""
    return raw or None


def _float32(raw: int) -> float | None:
    return _finite(struct.unpack(">f", raw.to_bytes(4, "big"))[0])


def _float64(raw: int) -> float | None:
    return _finite(struct.unpack(">d", raw.to_bytes(8, "big"))[0])


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


NUMBERS: Mapping[str, Callable[[int], int | float | None]] = {
    "int16": _signed(16),
    "int32": _signed(32),
    "int64": _signed(64),
    "uint16": _unsigned(16),
    "uint32": _unsigned(32),
    "uint64": _unsigned(64),
    "count": _unsigned(16),
    "raw16": lambda raw: raw,
    "enum16": _unsigned(16),
    "enum32": _unsigned(32),
    "bitfield16": _unsigned(16),
    "bitfield32": _unsigned(32),
    "bitfield64": _unsigned(64),
    "acc16": _accumulated,
    "acc32": _accumulated,
    "acc64": _accumulated,
    "sunssf": _signed(16),
    "float32": _float32,
    "float64": _float64,
}


def _text(raw: bytes) -> str | None:
    """Return printable text up to the first NUL; device strings are untrusted."""
    text = raw.split(b"\0", 1)[0].decode("utf-8", "replace").strip()
    return "".join(c if c.isprintable() else "?" for c in text) or None


def _address(raw: bytes) -> str | None:
    return ".".join(str(byte) for byte in raw) if any(raw) else None


def _address6(raw: bytes) -> str | None:
    return raw.hex(":", 2) if any(raw) else None


def _hardware_address(raw: bytes) -> str | None:
    return None if raw[-6:] == b"\xff" * 6 else raw[-6:].hex(":")


TEXTS: Mapping[str, Callable[[bytes], str | None]] = {
    "string": _text,
    "ipaddr": _address,
    "ipv6addr": _address6,
    "eui48": _hardware_address,
}
"""Everything else, such as padding, has no value."""


def combine(registers: Registers) -> int:
    """Return registers as one big-endian number."""
    raw = 0
    for register in registers:
        raw = raw << 16 | register
    return raw


def raw_value(point: Point, registers: Registers, base: int = 0) -> Value:
    """Return a point without its scale; ``None`` when absent, not implemented or cut off."""
    start = base + point.offset
    part = registers[start : start + point.size]
    if len(part) < point.size:
        return None
    number = NUMBERS.get(point.kind)
    if number is not None:
        return number(part[0] if point.size == 1 else combine(part))
    text = TEXTS.get(point.kind)
    return text(b"".join(register.to_bytes(2, "big") for register in part)) if text else None


def scaled(value: Value, exponent: int) -> Value:
    """Return value x 10^exponent; whole numbers stay whole where they can."""
    if value is None or isinstance(value, str):
        return value
    factor: int = 10 ** abs(exponent)
    return value * factor if exponent >= 0 else value / factor


@dataclass(frozen=True, slots=True)
class Block:
    """The registers of one model instance, from its ID register on, with their layout."""

    model: Model
    registers: Registers

    def value(self, name: str) -> Value:
        """Return a point of the fixed part, scaled; ``None`` when there is no value."""
        top = self.model.top
        return _scaled_point(top.points[name], self.registers, 0, ((top, 0),))

    def number(self, name: str) -> float | None:
        """Return a numeric point, scaled."""
        value = self.value(name)
        return None if value is None or isinstance(value, str) else value

    def text(self, name: str) -> str:
        """Return a text point; empty when absent."""
        value = self.value(name)
        return value if isinstance(value, str) else ""

    def symbol(self, name: str) -> str | None:
        """Return the name of an enumerated value."""
        value = self.value(name)
        symbols = self.model.top.points[name].symbols or {}
        return symbols.get(value) if isinstance(value, int) else None

    def raw(self, name: str) -> int | None:
        """Return an integer point as it stands in the registers, unscaled."""
        value = raw_value(self.model.top.points[name], self.registers)
        return value if isinstance(value, int) else None

    def exponent(self, name: str) -> int | None:
        """Return the exponent that belongs to a point now; ``None`` makes the point unusable."""
        point = self.model.top.points[name]
        return _exponent(point, self.registers, ((self.model.top, 0),))

    def repeats(self, names: Sequence[str]) -> tuple[Mapping[str, Value], ...]:
        """Return chosen points of each instance of the model's (first) repeating group."""
        top = self.model.top
        if not top.groups:
            return ()
        group = top.groups[0]
        found = []
        for index in range(_count(group, (top, 0), self.registers, top.size)):
            base = top.size + index * group.size
            found.append(
                {
                    name: _scaled_point(
                        group.points[name], self.registers, base, ((group, base), (top, 0))
                    )
                    for name in names
                }
            )
        return tuple(found)

    def everything(self) -> dict[str, object]:
        """Return all points with a value, groups as lists: for a dump."""
        return _dump(self.model.top, self.registers, 0, ())[0]


Scopes = tuple[tuple[Group, int], ...]
"""Groups whose scale factors a point may name, nearest first, with their start."""


def _scaled_point(point: Point, registers: Registers, base: int, scopes: Scopes) -> Value:
    value = raw_value(point, registers, base)
    if value is None or point.scale is None:
        return value
    exponent = _exponent(point, registers, scopes)
    return None if exponent is None else scaled(value, exponent)


def _exponent(point: Point, registers: Registers, scopes: Scopes) -> int | None:
    if point.scale is None:
        return 0
    if isinstance(point.scale, int):
        return point.scale
    for group, base in scopes:
        factor = group.points.get(point.scale)
        if factor is None:
            continue
        raw = raw_value(factor, registers, base)
        usable = isinstance(raw, int) and -SCALE_LIMIT <= raw <= SCALE_LIMIT
        return raw if usable and isinstance(raw, int) else None
    return None


def _count(group: Group, parent: tuple[Group, int], registers: Registers, start: int) -> int:
    """Return how often a group repeats, never more than the registers hold."""
    room = max(0, len(registers) - start) // group.size if group.size else 0
    if isinstance(group.count, str):
        point = parent[0].points.get(group.count)
        told = raw_value(point, registers, parent[1]) if point is not None else None
        return min(told, room) if isinstance(told, int) else 0
    return min(group.count, room) if group.count else room


def _dump(
    group: Group, registers: Registers, base: int, scopes: Scopes
) -> tuple[dict[str, object], int]:
    here: Scopes = ((group, base), *scopes)
    shown: dict[str, object] = {}
    for point in group.points.values():
        value = _scaled_point(point, registers, base, here)
        if value is not None:
            shown[point.name] = value
    end = base + group.size
    for sub in group.groups:
        items: list[dict[str, object]] = []
        for _ in range(_count(sub, (group, base), registers, end)):
            item, end = _dump(sub, registers, end, here)
            items.append(item)
        if items:
            shown[sub.name] = items
    return shown, end


def encode_number(value: float, kind: str, exponent: int = 0) -> list[int]:
    """Return the registers for a number; raises ValueError when it does not fit its type.

    The result is rounded to the resolution that the exponent leaves.
    """
    if kind == "float32":
        return _split(int.from_bytes(struct.pack(">f", value), "big"), 2)
    raw = round(value / 10**exponent) if exponent >= 0 else round(value * 10**-exponent)
    size = 1 if kind.endswith("16") or kind in {"sunssf", "count"} else 2
    size = 4 if kind.endswith("64") else size
    bits = 16 * size
    signed = kind.startswith("int") or kind == "sunssf"
    low, high = (1 - (1 << (bits - 1)), (1 << (bits - 1)) - 1) if signed else (0, (1 << bits) - 2)
    if not low <= raw <= high:
        raise ValueError(f"{value:g} does not fit {kind} with scale factor {exponent}.")
    return _split(raw % (1 << bits), size)


def _split(raw: int, size: int) -> list[int]:
    return [raw >> 16 * (size - 1 - index) & 0xFFFF for index in range(size)]
