"""What can go wrong with a device, finer than the model's two kinds, for use between drivers."""

from __future__ import annotations

from ..model.ports import DeviceAway, DeviceFault

MODBUS_EXCEPTIONS = {
    1: "illegal function",
    2: "illegal data address",
    3: "illegal data value",
    4: "device failure",
    5: "acknowledge",
    6: "device busy",
    8: "memory parity error",
    10: "gateway path unavailable",
    11: "gateway target did not answer",
}
"""Exception codes of the Modbus Application Protocol V1.1b3, section 7."""

ILLEGAL_FUNCTION = 1
ILLEGAL_ADDRESS = 2
GATEWAY_CODES = frozenset({10, 11})


class RegisterRefused(DeviceFault):
    """The device answered a request with a Modbus exception."""

    def __init__(self, sentence: str, code: int) -> None:
        super().__init__(sentence)
        self.code = code


class NoAnswer(DeviceAway):
    """The connection stands, but no answer came in time."""


class BackingOff(DeviceAway):
    """Not tried: the endpoint failed a moment ago and is left alone for a while."""


class NotSunSpec(DeviceFault):
    """The device speaks Modbus, but no SunSpec marker was found."""


class ReadOnly(DeviceFault):
    """A write was asked for on a connection that only reads."""
