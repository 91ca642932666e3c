"""Finds a device's SunSpec models by walking its chain of (ID, length) headers.

Written around the faults that real devices show (devices reference, sections 2.1 and 2.4): no end
model, end id 0, models longer or shorter than their definition, the same model several times, and
chains that never end.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from ...model.ports import DeviceFault
from ..faults import ILLEGAL_ADDRESS, NoAnswer, NotSunSpec, RegisterRefused

BASES = (40_000, 0, 50_000)
"""Where the marker may lie, in the order in which devices use them."""
MARKER = (0x5375, 0x6E53)
"""'SunS'."""
END_IDS = (0xFFFF, 0x0000)
MAX_MODELS = 64
ADDRESS_SPACE = 65_536

FIRST_UNITS = (1, 126, 3, 2, 100, 71, 247, 0, 240)
"""Unit ids that devices ship with: the usual ones first."""
MORE_UNITS = tuple(unit for unit in range(1, 33) if unit not in FIRST_UNITS)

Read = Callable[[int, int], Awaitable[Sequence[int]]]
"""``read(address, count)`` of one unit."""

Key = tuple[int, int]
"""(model ID, occurrence counted from 0)."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where one model instance lies."""

    key: Key
    address: int
    """Of the ID register."""
    length: int
    """L: registers after ID and L."""

    @property
    def size(self) -> int:
        """Registers with ID and L."""
        return self.length + 2


@dataclass(frozen=True, slots=True)
class Chain:
    """All models of a unit in the order of the device."""

    base: int
    places: tuple[Place, ...]
    terminated: bool = True
    """False when the device gave no end model."""

    def find(self, model_id: int, occurrence: int = 0) -> Place | None:
        """Return a model's place."""
        wanted = (model_id, occurrence)
        return next((place for place in self.places if place.key == wanted), None)

    def first_of(self, model_ids: Sequence[int]) -> Place | None:
        """Return the first present of several models, in order of preference."""
        found = (self.find(model_id) for model_id in model_ids)
        return next((place for place in found if place is not None), None)


async def find_base(read: Read) -> int:
    """Return the address of the marker. Raises NotSunSpec, DeviceAway or DeviceFault."""
    for base in BASES:
        try:
            marker = await read(base, 2)
        except RegisterRefused:
            continue
        if tuple(marker) == MARKER:
            return base
    raise NotSunSpec(
        "The device speaks Modbus but shows no SunSpec marker at 40000, 0 or 50000; switch SunSpec "
        "on in its settings."
    )


async def walk(read: Read) -> Chain:
    """Walk the chain. Raises NotSunSpec, DeviceAway, or DeviceFault for a chain without end."""
    base = await find_base(read)
    places: list[Place] = []
    seen: dict[int, int] = {}
    address = base + 2
    while True:
        header = await _header(read, address, bool(places))
        if header is None:
            return Chain(base, tuple(places), terminated=False)
        model_id, length = header
        if model_id in END_IDS:
            return Chain(base, tuple(places))
        occurrence = seen.get(model_id, 0)
        seen[model_id] = occurrence + 1
        places.append(Place((model_id, occurrence), address, length))
        address += 2 + length
        if len(places) > MAX_MODELS or address + 1 >= ADDRESS_SPACE:
            raise DeviceFault(
                f"SunSpec chain without end: after {len(places)} models, at register {address}, "
                "the device still shows another; its register map cannot be used."
            )


async def _header(read: Read, address: int, have_models: bool) -> tuple[int, int] | None:
    """Read ID and L; ``None`` where a device without an end model stops."""
    try:
        model_id, length = await read(address, 2)
    except RegisterRefused as refused:
        if have_models and refused.code == ILLEGAL_ADDRESS:
            return None
        raise
    except NoAnswer:
        if have_models:
            return None
        raise
    return model_id, length
