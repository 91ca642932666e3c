"""Notary: who showed a file's hash, and when."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .artefact import Artefact, load_artefact
from .layout import as_address, bits
from .wants import Want, word


@dataclass(frozen=True, slots=True)
class Showing:
    """The first showing of a hash."""

    who: str
    time_s: int


class Notary:
    """The notary at an address. Hashes are 32 bytes."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.artefact: Artefact = load_artefact("Notary")

    def first(self, file_hash: bytes) -> Want[Showing | None]:
        """Who showed a hash first; ``None`` for an unknown one."""
        slot = self.artefact.layout.of("first", int.from_bytes(file_hash, "big"))
        return word(self.address, slot).map(
            lambda value: Showing(as_address(value), bits(value, 160, 64)) if value else None
        )

    def shown_s(self, who: str, file_hash: bytes) -> Want[int]:
        """Unix second at which an account showed a hash; 0 where it never did."""
        slot = self.artefact.layout.of("shown_s", who, int.from_bytes(file_hash, "big"))
        return word(self.address, slot)

    def notarise(self, file_hashes: Sequence[bytes]) -> bytes:
        """Data that records up to 64 hashes under the sender."""
        return self.artefact.calldata("notarise_many", list(file_hashes))

    @staticmethod
    def deployment() -> bytes:
        """Data that deploys the contract."""
        return load_artefact("Notary").deployment()
