"""Ledger's Ethereum application over its APDU protocol (CLA 0xE0).

The commands are those of the application's public specification: GET ADDRESS 0x02, SIGN
TRANSACTION 0x04, SIGN MESSAGE 0x08, SIGN TYPED DATA 0x0C by its two hashes. The bytes go over a
:class:`Transport`, which USB and the test's device both are.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from ..address import checksum_address, keccak
from ..secret import WalletFault
from ..transaction import UnsignedTransaction, number_bytes, rlp
from ..typed_data import TypedData
from .device import DeviceProblem, library, path_steps

CLA = 0xE0
GET_ADDRESS = 0x02
SIGN_TRANSACTION = 0x04
SIGN_MESSAGE = 0x08
SIGN_TYPED = 0x0C
MAX_CHUNK = 255
OK = 0x9000
_REJECTED = "You said no on the device; nothing was signed."
_LOCKED = "The Ledger is locked; enter its PIN on the device."
_WRONG_APP = "Open the Ethereum application on the Ledger."
_AWAY = "The Ledger went away; plug it in again."
_STATUS = {
    0x6985: _REJECTED,
    0x6986: _REJECTED,
    0x5501: _REJECTED,
    0x5515: _LOCKED,
    0x6B0C: _LOCKED,
    0x6982: _LOCKED,
    0x6804: _LOCKED,
    0x6D00: _WRONG_APP,
    0x6D02: _WRONG_APP,
    0x6E00: _WRONG_APP,
    0x6E01: _WRONG_APP,
    0x6511: _WRONG_APP,
    0x6A80: "The Ledger does not sign this unless blind signing is allowed in its Ethereum "
    "application's settings.",
}


class Transport(Protocol):
    """Carries one command to a device and its answer back."""

    def exchange(self, apdu: bytes) -> tuple[bytes, int]:
        """Return (data, status word). Raises DeviceProblem when the device went away."""

    def close(self) -> None:
        """Let go of the device. Never raises."""


class Ledger:
    """One Ledger with the Ethereum application."""

    kind = "ledger"

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def address(self, path: str, *, show: bool) -> str:
        """Return the address of a path, checked against the public key that came with it."""
        answer = self._send(GET_ADDRESS, int(show), path_data(path))
        key_length = answer[0] if answer else 0
        key, rest = answer[1 : 1 + key_length], answer[1 + key_length :]
        text = rest[1 : 1 + rest[0]] if rest else b""
        if len(key) != 65 or key[0] != 4 or len(text) != 40:
            raise DeviceProblem("The Ledger answered with something that is no address.")
        address = checksum_address(keccak(key[1:])[-20:])
        if address[2:].lower() != text.decode("ascii", "replace").lower():
            raise DeviceProblem("The Ledger's address does not fit its public key.")
        return address

    def sign_transaction(self, path: str, tx: UnsignedTransaction) -> tuple[int, int]:
        """Return (r, s) of a transaction that its owner confirmed on the device."""
        payload = path_data(path) + tx.unsigned_bytes()
        size = MAX_CHUNK if tx.is_dynamic else _safe_size(len(payload), tx.chain_id)
        return self._sign(SIGN_TRANSACTION, chunks(payload, size))

    def sign_typed(self, path: str, data: TypedData) -> tuple[int, int]:
        """Return (r, s) of typed data; the device shows its two hashes to compare."""
        payload = path_data(path) + data.domain_hash + data.message_hash
        return self._sign(SIGN_TYPED, chunks(payload, MAX_CHUNK))

    def sign_message(self, path: str, message: bytes) -> tuple[int, int]:
        """Return (r, s) of a personal message."""
        payload = path_data(path) + len(message).to_bytes(4, "big") + message
        return self._sign(SIGN_MESSAGE, chunks(payload, MAX_CHUNK))

    def close(self) -> None:
        """Let go of the device."""
        self._transport.close()

    def _sign(self, command: int, parts: Iterator[bytes]) -> tuple[int, int]:
        answer = b""
        for number, part in enumerate(parts):
            answer = self._send(command, 0x80 if number else 0x00, part)
        if len(answer) != 65:
            raise DeviceProblem("The Ledger answered with something that is no signature.")
        return int.from_bytes(answer[1:33], "big"), int.from_bytes(answer[33:65], "big")

    def _send(self, command: int, p1: int, data: bytes) -> bytes:
        apdu = bytes([CLA, command, p1, 0, len(data)]) + data
        answer, status = self._transport.exchange(apdu)
        if status != OK:
            known = _STATUS.get(status)
            raise DeviceProblem(known or f"The Ledger refused with status 0x{status:04x}.")
        return answer


def path_data(path: str) -> bytes:
    """Return a derivation path as the application takes it: count, then 4 bytes a step."""
    steps = path_steps(path)
    return bytes([len(steps)]) + b"".join(step.to_bytes(4, "big") for step in steps)


def chunks(payload: bytes, size: int) -> Iterator[bytes]:
    """Yield a payload in parts of at most ``size`` bytes."""
    for at in range(0, len(payload), size):
        yield payload[at : at + size]


def _safe_size(length: int, chain_id: int) -> int:
    """Return a size of parts for type 0.

    The application takes a transaction that ends before its chain id for one of before EIP-155
    and signs it at once. So no part may end just there: the last one must hold the chain id whole.
    """
    tail = len(rlp([number_bytes(chain_id), b"", b""])) - 1
    for size in range(MAX_CHUNK, MAX_CHUNK // 2, -1):
        rest = length % size
        if rest == 0 or rest > tail:
            return size
    raise WalletFault("This transaction cannot be cut for the Ledger.")


class UsbTransport:
    """A Ledger on USB, through the library ``ledgerblue``."""

    def __init__(self) -> None:
        self._fault: type[Exception] = library("ledgerblue.commException").CommException
        try:
            self._dongle = library("ledgerblue.comm").getDongle()
        except (self._fault, OSError):
            raise DeviceProblem(
                "No Ledger answers; plug it in, unlock it and close other wallets."
            ) from None

    def exchange(self, apdu: bytes) -> tuple[bytes, int]:
        """Send one command; waits until the owner has answered on the device."""
        try:
            return bytes(self._dongle.exchange(bytearray(apdu), timeout=300)), OK
        except self._fault as fault:
            status = int(getattr(fault, "sw", 0))
            if 0 < status < 0x10000 and status != 0x6F00:
                return b"", status
            raise DeviceProblem("The Ledger did not answer; plug it in again.") from None
        except (OSError, ValueError):
            raise DeviceProblem(_AWAY) from None
        except BaseException as fault:
            # The library raises a bare BaseException when it cannot write.
            if type(fault) is not BaseException:
                raise
            raise DeviceProblem(_AWAY) from None

    def close(self) -> None:
        """Let go of the device."""
        self._dongle.close()
