"""Bounds on the EVM's built-in functions, which no jump interrupts: what takes long is refused.

Large powers hold the interpreter's lock and other cryptography runs for seconds, whatever gas it
costs. The bounds hold for verified calls only; they leave room for what contracts verify.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from . import CallRefused
from .deadline import check_deadline, deadline

Precompile = Callable[[Any], None]

MAX_MODULUS_BYTES = 256
MAX_EXPONENT_BYTES = 32
"""Room for RSA of 2048 bits and for inverses in a field of 256; takes up to 3 ms."""
MAX_ROUNDS = 20_000
_ITEMS = {8: (192, 8), 12: (160, 16), 14: (288, 16), 15: (384, 4)}
"""Address -> (bytes of an item, most items): pairings and multiplications of many points."""


def bounded(table: Mapping[Any, Precompile]) -> dict[Any, Precompile]:
    """Return the same functions, bounded where they run within a deadline."""
    return {address: _bounded(address, run) for address, run in table.items()}


def _bounded(address: bytes, run: Precompile) -> Precompile:
    number = int.from_bytes(address, "big")

    def guarded(evm: Any) -> None:
        """Run the function; within a deadline raises CallRefused for what takes too long."""
        if deadline.at_s is not None:
            check_deadline()
            if not _is_small(number, bytes(evm.message.data)):
                raise CallRefused(
                    f"The call needs more arithmetic than is run here (built-in {number})."
                )
        run(evm)

    return guarded


def _is_small(number: int, data: bytes) -> bool:
    if number == 5:
        base, exponent, modulus = (int.from_bytes(data[i : i + 32], "big") for i in (0, 32, 64))
        return max(base, modulus) <= MAX_MODULUS_BYTES and exponent <= MAX_EXPONENT_BYTES
    if number == 9:
        return int.from_bytes(data[:4], "big") <= MAX_ROUNDS
    size, most = _ITEMS.get(number, (1, len(data)))
    return len(data) <= size * most
