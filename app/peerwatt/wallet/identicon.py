"""A small picture for each address, as data: the window only draws it."""

from __future__ import annotations

from dataclasses import dataclass

from .address import keccak

SIZE = 8


@dataclass(frozen=True, slots=True)
class Identicon:
    """A pattern of SIZE x SIZE cells, mirrored left to right, and its colours (HSL)."""

    cells: tuple[tuple[int, ...], ...]
    """Rows of 0 (background), 1 (colour) or 2 (spot)."""
    colour: tuple[int, int, int]
    """Hue in degrees, saturation and lightness in %."""
    background: tuple[int, int, int]
    spot: tuple[int, int, int]


def identicon(address: str) -> Identicon:
    """Return the picture of an address; the case of its letters does not matter."""
    seed = keccak(b"identicon:" + bytes.fromhex(address.removeprefix("0x")))
    half = SIZE // 2
    rows = []
    for row in range(SIZE):
        # Two bits a cell, weighted so that about 2 in 5 cells are filled and few are spots.
        left = tuple(_cell(seed[row * half + column]) for column in range(half))
        rows.append(left + left[::-1])
    hue = int.from_bytes(seed[-2:], "big") % 360
    apart = 90 + seed[-3] % 180
    return Identicon(
        cells=tuple(rows),
        colour=(hue, 45 + seed[-4] % 40, 38 + seed[-5] % 20),
        background=((hue + 180) % 360, 20 + seed[-6] % 20, 86 + seed[-7] % 8),
        spot=((hue + apart) % 360, 60 + seed[-8] % 30, 42 + seed[-9] % 16),
    )


def _cell(value: int) -> int:
    if value < 140:
        return 0
    return 1 if value < 226 else 2
