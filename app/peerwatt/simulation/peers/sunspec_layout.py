"""Lays SunSpec models out as registers, straight from the definitions that pysunspec2 ships.

A model is built from its JSON definition plus one set of scale factors; values go in as plain
numbers in engineering units. Whatever is not set reads as "not implemented" (SunSpec Device
Information Model Specification, section on unimplemented points).
"""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any

SUNS = (0x5375, 0x6E53)
END_MODEL = (0xFFFF, 0)
BASE_ADDRESS = 40_000

UNIMPLEMENTED: dict[str, tuple[int, ...]] = {
    "int16": (0x8000,),
    "uint16": (0xFFFF,),
    "count": (0xFFFF,),
    "acc16": (0,),
    "enum16": (0xFFFF,),
    "bitfield16": (0xFFFF,),
    "pad": (0x8000,),
    "int32": (0x8000, 0),
    "uint32": (0xFFFF, 0xFFFF),
    "acc32": (0, 0),
    "enum32": (0xFFFF, 0xFFFF),
    "bitfield32": (0xFFFF, 0xFFFF),
    "ipaddr": (0, 0),
    "int64": (0x8000, 0, 0, 0),
    "uint64": (0xFFFF,) * 4,
    "acc64": (0,) * 4,
    "float32": (0x7FC0, 0),
    "float64": (0x7FF8, 0, 0, 0),
    "sunssf": (0x8000,),
}
FORMATS = {
    "int16": "h",
    "sunssf": "h",
    "uint16": "H",
    "count": "H",
    "acc16": "H",
    "enum16": "H",
    "bitfield16": "H",
    "int32": "i",
    "uint32": "I",
    "acc32": "I",
    "enum32": "I",
    "bitfield32": "I",
    "int64": "q",
    "uint64": "Q",
    "acc64": "Q",
    "float32": "f",
    "float64": "d",
}
RANGES = {
    "h": (-0x7FFF, 0x7FFF),
    "H": (0, 0xFFFE),
    "i": (-0x7FFF_FFFF, 0x7FFF_FFFF),
    "I": (0, 0xFFFF_FFFE),
    "q": (-(2**63) + 1, 2**63 - 1),
    "Q": (0, 2**64 - 2),
}
Value = float | int | str | None
Repeats = Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Slot:
    """One point: where it lies (registers after the model's ID) and how it is encoded."""

    name: str
    offset: int
    size: int
    kind: str
    scale_factor: str | None
    writable: bool


@dataclass(frozen=True, slots=True)
class Layout:
    """One model: total registers including ID and L, and its points by name.

    Points of a group are named ``group.point``, of a repeating group ``group[0].point``.
    """

    model_id: int
    size: int
    slots: Mapping[str, Slot]


@cache
def _definition(model_id: int) -> dict[str, Any]:
    """Load a model's definition from pysunspec2's data."""
    text = files("sunspec2").joinpath("models", "json", f"model_{model_id}.json").read_text("utf-8")
    group: dict[str, Any] = json.loads(text)["group"]
    return group


def layout(model_id: int, repeats: Repeats | None = None) -> Layout:
    """Return the layout of a model; ``repeats`` gives the count of each repeating group."""
    slots: dict[str, Slot] = {}
    offset = 0
    for name, point in _walk(_definition(model_id), "", repeats or {}):
        scale = point.get("sf")
        size = int(point["size"])
        slots[name] = Slot(name, offset, size, point["type"], scale, point.get("access") == "RW")
        offset += size
    return Layout(model_id, offset, slots)


def _walk(
    group: Mapping[str, Any], prefix: str, repeats: Repeats
) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield (name, point) in register order."""
    for point in group["points"]:
        yield prefix + point["name"], point
    for inner in group.get("groups", ()):
        name = inner["name"]
        if "count" not in inner or inner["count"] == 1:
            yield from _walk(inner, f"{prefix}{name}.", repeats)
            continue
        for index in range(repeats.get(name, 0)):
            yield from _walk(inner, f"{prefix}{name}[{index}].", repeats)


@dataclass(slots=True)
class Model:
    """One model in a device's register map."""

    layout: Layout
    scale_factors: Mapping[str, int]
    registers: list[int] = field(default_factory=list)

    @classmethod
    def build(
        cls,
        model_id: int,
        scale_factors: Mapping[str, int] | None = None,
        repeats: Repeats | None = None,
        **values: Value,
    ) -> Model:
        """Lay a model out: ID, L, scale factors and constant values set, the rest unimplemented.

        Raises KeyError when a name is not in the model's definition.
        """
        plan = layout(model_id, repeats)
        model = cls(plan, dict(scale_factors or {}))
        for slot in plan.slots.values():
            blank = UNIMPLEMENTED.get(slot.kind, (0,) * slot.size)
            model.registers.extend(blank)
        model.set("ID", model_id)
        model.set("L", plan.size - 2)
        for name, exponent in model.scale_factors.items():
            model.set(name, exponent)
        for name, value in values.items():
            model.set(name, value)
        return model

    def set(self, name: str, value: Value) -> None:
        """Write one point in engineering units; ``None`` is "not implemented".

        A value outside the type's range becomes the nearest that can be told.
        """
        slot = self.layout.slots[name]
        if value is None:
            words: tuple[int, ...] = UNIMPLEMENTED.get(slot.kind, (0,) * slot.size)
        elif isinstance(value, str):
            raw = value.encode("utf-8")[: 2 * slot.size].ljust(2 * slot.size, b"\0")
            words = struct.unpack(f">{slot.size}H", raw)
        else:
            words = _encode(slot, value, self._exponent(slot))
        self.registers[slot.offset : slot.offset + slot.size] = words

    def update(self, values: Mapping[str, Value]) -> None:
        """Write several points."""
        for name, value in values.items():
            self.set(name, value)

    def value(self, slot: Slot) -> float | None:
        """Read one numeric point in engineering units; ``None`` if not implemented."""
        words = tuple(self.registers[slot.offset : slot.offset + slot.size])
        if words == UNIMPLEMENTED.get(slot.kind) and not slot.kind.startswith("acc"):
            return None
        number = struct.unpack(f">{FORMATS[slot.kind]}", struct.pack(f">{slot.size}H", *words))[0]
        exponent = self._exponent(slot)
        return float(number * 10**exponent if exponent >= 0 else number / 10**-exponent)

    def _exponent(self, slot: Slot) -> int:
        return self.scale_factors.get(slot.scale_factor, 0) if slot.scale_factor else 0


def _encode(slot: Slot, value: float, exponent: int) -> tuple[int, ...]:
    code = FORMATS[slot.kind]
    if code in "fd":
        packed = struct.pack(f">{code}", value)
    else:
        if not math.isfinite(value):
            return UNIMPLEMENTED[slot.kind]
        scaled = value / 10**exponent if exponent >= 0 else value * 10**-exponent
        low, high = RANGES[code]
        if slot.kind.startswith("acc"):
            scaled = int(scaled) % (high + 2)
        packed = struct.pack(f">{code}", min(max(round(scaled), low), high))
    return struct.unpack(f">{slot.size}H", packed)


class DeviceMap:
    """All models of one device behind each other, from ``SunS`` to the end model."""

    def __init__(self, models: list[Model], base: int = BASE_ADDRESS) -> None:
        self.models = models
        self.base = base
        self._starts: list[int] = []
        address = base + len(SUNS)
        for model in models:
            self._starts.append(address)
            address += model.layout.size
        self._slots = {
            start + slot.offset: (model, slot)
            for start, model in zip(self._starts, models, strict=True)
            for slot in model.layout.slots.values()
        }

    def model(self, model_id: int) -> Model | None:
        """Return the first model with an id."""
        return next((m for m in self.models if m.layout.model_id == model_id), None)

    def image(self, end: tuple[int, ...] = END_MODEL) -> list[int]:
        """Return all registers from the base address on."""
        registers = list(SUNS)
        for model in self.models:
            registers.extend(model.registers)
        registers.extend(end)
        return registers

    def write(self, address: int, words: list[int]) -> dict[int, dict[str, float | None]] | None:
        """Write registers and return the changed points by model id, in engineering units.

        Returns ``None`` when a register is not writable; then nothing was changed. A write may
        cover a point that is not implemented: that point ignores it, as real devices do.
        """
        touched: list[tuple[Model, Slot, tuple[int, ...]]] = []
        at = address
        while at < address + len(words):
            model, slot = self._slots.get(at, (None, None))
            if model is None or slot is None or not slot.writable:
                return None
            part = tuple(words[at - address : at - address + slot.size])
            if len(part) != slot.size:
                return None
            touched.append((model, slot, part))
            at += slot.size
        changes: dict[int, dict[str, float | None]] = {}
        for model, slot, part in touched:
            if model.value(slot) is None:
                continue
            model.registers[slot.offset : slot.offset + slot.size] = part
            changes.setdefault(model.layout.model_id, {})[slot.name] = model.value(slot)
        return changes
