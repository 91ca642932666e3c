"""Hardware wallets behind the Signer port: the key stays in the device, its answer is checked."""

from .device import Device, DeviceProblem, FoundDevice, HardwareSigner
from .find import find_devices, open_device

__all__ = [
    "Device",
    "DeviceProblem",
    "FoundDevice",
    "HardwareSigner",
    "find_devices",
    "open_device",
]
