"""Tells Modbus TCP frames from everything else that may answer on a port; pure functions.

A wrong port is a common mistake when a device is entered by hand: a web server, SSH, a printer.
Rules: Modbus Messaging on TCP/IP Implementation Guide V1.0b section 3.1.3 (MBAP header).
"""

from __future__ import annotations

from dataclasses import dataclass

HEADER = 7
LONGEST_FRAME = 260
GARBLED = "answers with garbled frames"


@dataclass(frozen=True, slots=True)
class Expected:
    """What a good answer looks like: function code and, for reads, bytes of data."""

    function: int
    data_bytes: int | None


def foreign_speech(data: bytes, expected: Expected | None, transaction: int) -> str:
    """Return what is wrong with received bytes, or ``""`` while they may be Modbus.

    ``data`` is all that was received and not yet used; it may end inside a frame.
    """
    if len(data) < 4:
        return ""
    if data[2:4] != b"\x00\x00":
        return _whose(data)
    length = int.from_bytes(data[4:6], "big")
    if len(data) >= 6 and not 2 <= length <= LONGEST_FRAME - 6:
        return GARBLED
    late = int.from_bytes(data[0:2], "big") != transaction  # the library passes over it
    if expected is None or len(data) < 6 + length or late:
        return ""
    return _wrong_answer(data[HEADER : 6 + length], expected)


def _wrong_answer(pdu: bytes, expected: Expected) -> str:
    if pdu[:1] == bytes([expected.function | 0x80]):
        right = len(pdu) == 2
    elif pdu[:1] != bytes([expected.function]):
        right = False
    elif expected.data_bytes is None:
        right = len(pdu) == 5
    else:
        right = len(pdu) == 2 + expected.data_bytes and pdu[1] == expected.data_bytes
    return "" if right else GARBLED


def _whose(data: bytes) -> str:
    for start, name in ((b"HTTP", "HTTP"), (b"<", "HTTP"), (b"SSH-", "SSH"), (b"220", "mail/FTP")):
        if data.startswith(start):
            return f"speaks {name}, not Modbus"
    return "answers with something other than Modbus"
