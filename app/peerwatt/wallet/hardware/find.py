"""Which devices are plugged in, and opening one; the libraries are an optional extra."""

from __future__ import annotations

from importlib.util import find_spec

from .device import Device, DeviceProblem, FoundDevice, library

LEDGER_VENDOR = 0x2C97
_LIBRARIES = {"ledger": "ledgerblue", "trezor": "trezorlib"}
_NO_USB = "The system's USB library is missing; install libusb-1.0 (Debian: libusb-1.0-0)."
_NAMES = {"ledger": "Ledger", "trezor": "Trezor"}


def missing(kind: str) -> str:
    """Return how to install what a kind of device needs; empty when it is there."""
    if find_spec(_LIBRARIES[kind]) is not None:
        return ""
    return f"To use a {_NAMES[kind]}, install the extra: pip install 'peerwatt[hardware-wallets]'."


def find_devices() -> tuple[FoundDevice, ...]:
    """Return the devices that are plugged in, and a problem for each kind that cannot be used.

    Nothing is opened or asked.
    """
    found: list[FoundDevice] = []
    for kind, look in (("ledger", _ledgers), ("trezor", _trezors)):
        if problem := missing(kind):
            found.append(FoundDevice(kind, _NAMES[kind], problem))
            continue
        try:
            names = look()
        except (ImportError, OSError):
            # The library is there, but not what it needs from the system.
            found.append(FoundDevice(kind, _NAMES[kind], _NO_USB))
            continue
        found += [FoundDevice(kind, name) for name in names]
        if not names:
            problem = f"No {_NAMES[kind]} is plugged in."
            found.append(FoundDevice(kind, _NAMES[kind], problem))
    return tuple(found)


def _ledgers() -> list[str]:
    found = library("hid").enumerate(LEDGER_VENDOR, 0)
    # One device shows up once for each of its interfaces.
    return list(dict.fromkeys(str(one.get("product_string") or "Ledger") for one in found))


def _trezors() -> list[str]:
    from .trezor import plugged_in

    return ["Trezor" for _ in plugged_in()]


def open_device(kind: str) -> Device:
    """Open the plugged-in device of a kind. Raises DeviceProblem."""
    if kind not in _LIBRARIES:
        raise DeviceProblem("This is no kind of device that Peerwatt knows.")
    if problem := missing(kind):
        raise DeviceProblem(problem)
    try:
        if kind == "ledger":
            from .ledger import Ledger, UsbTransport

            return Ledger(UsbTransport())
        from .trezor import open_trezor

        return open_trezor()
    except (ImportError, OSError):
        raise DeviceProblem(_NO_USB) from None
