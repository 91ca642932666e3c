"""Storage slots from the compiler's layout, so that values are proven without running code.

Vyper places the value of a mapping at keccak(slot || key), key after slot, which is the reverse
of Solidity, and gives each member of a struct a slot of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from peerwatt.model.verified import ChainFault

from ..encoding import address_bytes, keccak

Key = int | str
"""Key of a mapping: a number, or an address in hexadecimal."""
_WORD = 1 << 256


class LayoutFault(ChainFault):
    """A contract's artefact does not have what this program reads from it."""


class StorageLayout:
    """Slots of one contract."""

    def __init__(self, contract: str, layout: Mapping[str, Any]) -> None:
        self._contract = contract
        self._variables: Mapping[str, Any] = layout.get("storage_layout", layout)

    def slot(self, variable: str) -> int:
        """Return the slot of a state variable. Raises LayoutFault."""
        entry = self._variables.get(variable)
        if not isinstance(entry, Mapping) or not isinstance(entry.get("slot"), int):
            raise LayoutFault(f"The contract {self._contract} has no variable {variable!r}.")
        return int(entry["slot"])

    def of(self, variable: str, *keys: Key, member: int = 0) -> int:
        """Return the slot of a value in a (nested) mapping; ``member`` counts struct members."""
        return (mapping_slot(self.slot(variable), *keys) + member) % _WORD


def mapping_slot(slot: int, *keys: Key) -> int:
    """Return the slot of a Vyper mapping's value under nested keys."""
    for key in keys:
        data = address_bytes(key).rjust(32, b"\0") if isinstance(key, str) else _word(key)
        slot = int.from_bytes(keccak(_word(slot) + data), "big")
    return slot


def _word(value: int) -> bytes:
    return (value % _WORD).to_bytes(32, "big")


def bits(word: int, offset: int, width: int) -> int:
    """Return ``width`` bits of a packed word, counted from its lowest bit."""
    return word >> offset & ((1 << width) - 1)


def signed(value: int, width: int = 256) -> int:
    """Read two's complement of ``width`` bits."""
    return value - (1 << width) if value >> (width - 1) else value


def as_address(word: int) -> str:
    """Return the address in a word, 0x and 40 lower-case digits."""
    return f"0x{bits(word, 0, 160):040x}"
