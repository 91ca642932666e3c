"""What all hardware wallets have in common, and the check of what they return.

A device may be faulty, of another owner, or of another seed: its signature counts only when the
expected address is recovered from it.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import Any, Protocol

from ..address import checksum_address
from ..meaning.message import message_digest
from ..policy import Policy
from ..secret import WalletFault
from ..transaction import UnsignedTransaction, read_transaction, recover
from ..typed_data import TypedData

HARDENED = 1 << 31
MAX_PATH_STEPS = 10


class DeviceProblem(WalletFault):
    """A device is away, locked, in another application, or its owner said no."""

    def __init__(self, message: str) -> None:
        super().__init__(message, "device")


@dataclass(frozen=True, slots=True)
class FoundDevice:
    """A device that is plugged in, or why none of a kind can be used."""

    kind: str
    """ledger or trezor."""
    name: str
    problem: str = ""


class Device(Protocol):
    """One opened device. Every method blocks until its owner has answered on the device."""

    kind: str

    def address(self, path: str, *, show: bool) -> str:
        """Return the address of a path; ``show`` makes the device show it first."""

    def sign_transaction(self, path: str, tx: UnsignedTransaction) -> tuple[int, int]:
        """Return (r, s). Raises DeviceProblem."""

    def sign_typed(self, path: str, data: TypedData) -> tuple[int, int]:
        """Return (r, s). Raises DeviceProblem."""

    def sign_message(self, path: str, message: bytes) -> tuple[int, int]:
        """Return (r, s). Raises DeviceProblem."""

    def close(self) -> None:
        """Let go of the device. Never raises."""


def path_steps(path: str) -> tuple[int, ...]:
    """Return the steps of a BIP-32 path such as ``m/44'/60'/0'/0/0``. Raises WalletFault."""
    parts = path.split("/")
    steps = []
    for part in parts[1:]:
        number = part.removesuffix("'")
        if not number.isdecimal() or not number.isascii() or int(number) >= HARDENED:
            raise WalletFault("This is no derivation path.", "path")
        steps.append(int(number) + HARDENED * (number != part))
    if parts[0] != "m" or not 1 <= len(steps) <= MAX_PATH_STEPS:
        raise WalletFault("This is no derivation path.", "path")
    return tuple(steps)


def library(name: str) -> Any:
    """Return a module of the optional extra; only asked for after it was found to be there."""
    return import_module(name)


class HardwareSigner:
    """The Signer port over a device: policy first, then the device, then the check."""

    def __init__(self, device: Device, path: str, address: str, policy: Policy) -> None:
        self._device = device
        self._path = path
        self._policy = policy
        self.address = checksum_address(address)
        """EIP-55 checksummed address that every signature has to be of."""

    def sign_transaction(self, fields: dict[str, object]) -> str:
        """Return the raw signed transaction (0x hex).

        Raises PolicyRefusal, or WalletFault when the device refuses or signs with another key.
        """
        self._policy.check(fields)
        tx = read_transaction(fields)
        r, s = self._device.sign_transaction(self._path, tx)
        return f"0x{tx.signed(self._parity(tx.signing_hash, r, s), r, s).hex()}"

    def sign_typed(self, data: TypedData) -> bytes:
        """Return r || s || v of checked typed data."""
        r, s = self._device.sign_typed(self._path, data)
        return packed(self._parity(data.digest, r, s), r, s)

    def sign_message(self, message: bytes) -> bytes:
        """Return r || s || v of a personal message (EIP-191)."""
        r, s = self._device.sign_message(self._path, message)
        return packed(self._parity(message_digest(message), r, s), r, s)

    def _parity(self, digest: bytes, r: int, s: int) -> int:
        # Devices cut v of large chain ids to one byte; the address tells the parity anyway.
        for parity in (0, 1):
            if recover(digest, parity, r, s) == self.address:
                return parity
        raise DeviceProblem(
            "The device signed with another key than this account's, or something else than what "
            "was shown; nothing was sent. Is it the right device, with the right passphrase?"
        )

    def __repr__(self) -> str:
        return f"HardwareSigner({self._device.kind}, {self.address})"


def packed(y_parity: int, r: int, s: int) -> bytes:
    """Return r || s || v with v 27 or 28, as contracts and other wallets take signatures."""
    return r.to_bytes(32, "big") + s.to_bytes(32, "big") + bytes([27 + y_parity])
