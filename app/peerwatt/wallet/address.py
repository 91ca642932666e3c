"""Addresses as people meet them: checksums (EIP-55), blocks of four, look-alikes."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

import sha3

from .secret import WalletFault

ZERO_ADDRESS = "0x" + "00" * 20
_SHAPE = re.compile(r"0x[0-9a-fA-F]{40}", re.ASCII)


def keccak(data: bytes) -> bytes:
    """Return Keccak-256 of the data."""
    return bytes(sha3.keccak_256(data).digest())


def checksum_address(address: str | bytes) -> str:
    """Return the EIP-55 form of 20 bytes, or of 0x hex in any case. Raises WalletFault."""
    text = f"0x{address.hex()}" if isinstance(address, bytes) else address
    if not _SHAPE.fullmatch(text):
        raise WalletFault("An address is 0x and 40 hexadecimal characters.", "address")
    low = text[2:].lower()
    digest = keccak(low.encode()).hex()
    return "0x" + "".join(
        char.upper() if int(nibble, 16) >= 8 else char
        for char, nibble in zip(low, digest, strict=False)
    )


def is_checksummed(address: str) -> bool:
    """Whether a text is an address in its EIP-55 form."""
    return bool(_SHAPE.fullmatch(address)) and checksum_address(address) == address


def parse_address(text: str, field: str = "address") -> str:
    """Return what a person entered, checksummed.

    Letters all in lower or all in upper case carry no checksum and are taken (EIP-55). Raises
    WalletFault, which tells a mistyped address from something that is none.
    """
    entered = "".join(text.split())
    if not _SHAPE.fullmatch(entered):
        raise WalletFault("An address is 0x and 40 hexadecimal characters.", field)
    address = checksum_address(entered)
    letters = entered[2:]
    if entered != address and letters not in (letters.lower(), letters.upper()):
        raise WalletFault(
            "This address is mistyped: its capital letters do not fit the rest; copy it again.",
            field,
        )
    return address


def grouped(address: str) -> tuple[str, ...]:
    """Return the address in blocks of four characters to compare by eye; 0x is on the first."""
    body = address[2:]
    blocks = [body[at : at + 4] for at in range(0, len(body), 4)]
    return (f"0x{blocks[0]}", *blocks[1:])


@dataclass(frozen=True, slots=True)
class LookAlike:
    """A known address that another one could be taken for."""

    known: str
    reason: str


def look_alikes(address: str, known: Iterable[str]) -> tuple[LookAlike, ...]:
    """Return the known addresses that ``address`` resembles without being one of them.

    Poisoned addresses share the first and last characters that people compare; a slip of the
    hand changes one.
    """
    low = address.lower()
    others = {other.lower(): other for other in known}
    if low in others:
        return ()
    found = []
    for other_low, other in sorted(others.items()):
        if reason := _likeness(low[2:], other_low[2:]):
            found.append(LookAlike(other, reason))
    return tuple(found)


def _likeness(one: str, other: str) -> str:
    if sum(a != b for a, b in zip(one, other, strict=True)) == 1:
        return "differs in one character only"
    if one[:4] == other[:4] and one[-4:] == other[-4:]:
        return "begins and ends alike but is another address"
    return ""
