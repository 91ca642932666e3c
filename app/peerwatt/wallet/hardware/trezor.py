"""Trezor through its own library: every answer is still checked by the signer above it.

A Trezor One cannot enter its PIN by itself and hashes no typed data: it has to be unlocked with
its own software first, and shows the two hashes of typed data. Newer ones show each field.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from ..address import parse_address
from ..transaction import UnsignedTransaction
from ..typed_data import TypedData
from .device import DeviceProblem, library, path_steps

APP_NAME = "Peerwatt"
_ONE = "T1B1"
"""Internal name of the Trezor One."""


class Trezor:
    """One Trezor with an opened session."""

    kind = "trezor"

    def __init__(self, session: Any, close: Callable[[], None]) -> None:
        self._session = session
        self._close = close

    def address(self, path: str, *, show: bool) -> str:
        """Return the address of a path."""
        ethereum = library("trezorlib.ethereum")
        with _told():
            text = ethereum.get_address(self._session, path_steps(path), show_display=show)
        return parse_address(text)

    def sign_transaction(self, path: str, tx: UnsignedTransaction) -> tuple[int, int]:
        """Return (r, s) of a transaction that its owner confirmed on the device."""
        ethereum = library("trezorlib.ethereum")
        common: dict[str, Any] = {
            "nonce": tx.nonce,
            "gas_limit": tx.gas,
            "to": tx.to,
            "value": tx.value_wei,
            "data": tx.data,
            "chain_id": tx.chain_id,
        }
        steps = path_steps(path)
        with _told():
            if tx.is_dynamic:
                _, r, s = ethereum.sign_tx_eip1559(
                    self._session,
                    steps,
                    max_gas_fee=tx.fees.max_fee_wei,
                    max_priority_fee=tx.fees.tip_wei,
                    **common,
                )
            else:
                price = tx.fees.gas_price_wei or 0
                _, r, s = ethereum.sign_tx(self._session, steps, gas_price=price, **common)
        return int.from_bytes(r, "big"), int.from_bytes(s, "big")

    def sign_typed(self, path: str, data: TypedData) -> tuple[int, int]:
        """Return (r, s) of typed data."""
        ethereum = library("trezorlib.ethereum")
        steps = path_steps(path)
        with _told():
            if self._session.model.internal_name == _ONE:
                answer = ethereum.sign_typed_data_hash(
                    self._session, steps, data.domain_hash, data.message_hash
                )
            else:
                answer = ethereum.sign_typed_data(self._session, steps, data.content)
        return _halves(answer.signature)

    def sign_message(self, path: str, message: bytes) -> tuple[int, int]:
        """Return (r, s) of a personal message."""
        ethereum = library("trezorlib.ethereum")
        with _told():
            answer = ethereum.sign_message(self._session, path_steps(path), message)
        return _halves(answer.signature)

    def close(self) -> None:
        """Let go of the device."""
        self._close()


def _halves(signature: bytes) -> tuple[int, int]:
    if len(signature) != 65:
        raise DeviceProblem("The Trezor answered with something that is no signature.")
    return int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:64], "big")


@contextmanager
def _told() -> Iterator[None]:
    """Turn the library's faults into sentences."""
    exceptions = library("trezorlib.exceptions")
    away = (library("trezorlib.transport").TransportException, exceptions.TrezorException)
    try:
        yield
    except exceptions.Cancelled:
        raise DeviceProblem("You said no on the device; nothing was signed.") from None
    except (exceptions.PinException, exceptions.DeviceLockedError):
        raise DeviceProblem("The Trezor is locked; enter its PIN on the device.") from None
    except exceptions.OutdatedFirmwareError:
        raise DeviceProblem("The Trezor's firmware is too old; update it first.") from None
    except exceptions.NotPairedError:
        raise DeviceProblem("Pair the Trezor with this computer in its own software.") from None
    except exceptions.TrezorFailure as fault:
        raise DeviceProblem(f"The Trezor refused ({fault.code}).") from None
    except NotImplementedError:
        raise DeviceProblem("The Trezor does not sign typed data of this form.") from None
    except (*away, OSError, RuntimeError):
        raise DeviceProblem("The Trezor went away or is locked; plug it in again.") from None


def plugged_in() -> list[Any]:
    """Return the transports of the Trezors on USB. Raises OSError or ImportError without USB.

    Bluetooth and the emulator's network port are not looked for.
    """
    kinds = (
        library("trezorlib.transport.hid").HidTransport,
        library("trezorlib.transport.webusb").WebUsbTransport,
    )
    return [one for kind in kinds if kind.ENABLED for one in kind.enumerate()]


def open_trezor(transport: Any = None) -> Trezor:
    """Open the plugged-in Trezor, or the one behind a transport. Raises DeviceProblem."""
    client_library = library("trezorlib.client")
    if transport is None:
        transport = next(iter(plugged_in()), None)
    if transport is None:
        raise DeviceProblem("No Trezor answers; plug it in and close other wallets.")
    with _told():
        client = client_library.get_default_client(APP_NAME, transport)
        # Keeps the connection open for all calls of one dialog.
        client.__enter__()
        try:
            session = client_library.get_default_session(client)
        except BaseException:
            client.__exit__(None, None, None)
            raise
    return Trezor(session, lambda: client.__exit__(None, None, None))
