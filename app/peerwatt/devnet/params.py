"""Parameters of JSON-RPC calls, checked: what is malformed becomes one sentence, no crash."""

from __future__ import annotations

from dataclasses import dataclass

from .execution import Call

PARSE_ERROR = -32700
INVALID_REQUEST = -32600
METHOD_NOT_FOUND = -32601
INVALID_PARAMS = -32602
INTERNAL_ERROR = -32603
SERVER_ERROR = -32000
RESOURCE_NOT_FOUND = -32001
LIMIT_EXCEEDED = -32005
REVERTED = 3
"""geth's code for a reverted eth_call, which clients recognise."""


class RpcError(Exception):
    """An error answer: JSON-RPC code, one sentence, optional data (0x hex of a revert)."""

    def __init__(self, code: int, message: str, data: str | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.data = data


class Params:
    """Positional parameters of one call."""

    def __init__(self, method: str, values: object) -> None:
        """Take ``params`` as received. Raises RpcError unless it is a list."""
        if not isinstance(values, list):
            raise RpcError(INVALID_PARAMS, f"{method} takes its parameters as a list.")
        self._method = method
        self._values = values

    def at(self, index: int) -> object:
        """Return a parameter; None when it is not there."""
        return self._values[index] if index < len(self._values) else None

    def data(self, index: int, size: int | None = None) -> bytes:
        """Return 0x DATA, of ``size`` bytes where given."""
        return to_data(self.at(index), f"parameter {index + 1} of {self._method}", size)

    def quantity(self, index: int) -> int:
        """Return a 0x QUANTITY."""
        return to_quantity(self.at(index), f"parameter {index + 1} of {self._method}")

    def slot(self, index: int) -> bytes:
        """Return a storage slot as 32 bytes, given as DATA or QUANTITY."""
        return to_slot(self.at(index), f"parameter {index + 1} of {self._method}")

    def mapping(self, index: int) -> dict[str, object]:
        """Return an object parameter."""
        value = self.at(index)
        if not isinstance(value, dict):
            raise RpcError(
                INVALID_PARAMS, f"Parameter {index + 1} of {self._method} must be an object."
            )
        return value

    def sequence(self, index: int, longest: int) -> list[object]:
        """Return a list parameter of at most ``longest`` items."""
        value = self.at(index)
        if not isinstance(value, list) or len(value) > longest:
            raise RpcError(
                INVALID_PARAMS,
                f"Parameter {index + 1} of {self._method} must be a list of at most {longest}.",
            )
        return value


def to_data(value: object, what: str, size: int | None = None) -> bytes:
    """Return the bytes of 0x hex. Raises RpcError with ``what`` named."""
    problem = RpcError(
        INVALID_PARAMS,
        f"The {what} must be 0x and hex digits" + (f" of {size} bytes." if size else "."),
    )
    if not isinstance(value, str) or value[:2] not in ("0x", "0X") or not value.isascii():
        raise problem
    try:
        data = bytes.fromhex(value[2:])
    except ValueError:
        raise problem from None
    if len(value) != 2 + 2 * len(data) or (size is not None and len(data) != size):
        raise problem
    return data


def to_quantity(value: object, what: str) -> int:
    """Return the number of a 0x QUANTITY of up to 256 bits. Raises RpcError with ``what`` named."""
    if isinstance(value, str) and value[:2] == "0x" and 2 < len(value) <= 66 and value.isascii():
        try:
            return int.from_bytes(bytes.fromhex(value[2:].zfill(64)), "big")
        except ValueError:
            pass
    raise RpcError(INVALID_PARAMS, f"The {what} must be a number as 0x and hex digits.")


def to_slot(value: object, what: str) -> bytes:
    """Return a storage slot as 32 bytes, whether padded or not. Raises RpcError."""
    return to_quantity(value, what).to_bytes(32, "big")


@dataclass(frozen=True, slots=True)
class LogFilter:
    """What eth_getLogs asks for; an empty tuple or None at a place matches anything."""

    addresses: tuple[bytes, ...]
    topics: tuple[tuple[bytes, ...] | None, ...]

    def wanted(self, address: bytes, topics: tuple[bytes, ...]) -> bool:
        """Say whether an event matches."""
        if self.addresses and address not in self.addresses:
            return False
        if len(topics) < len(self.topics):
            return False
        return all(
            choice is None or topic in choice
            for choice, topic in zip(self.topics, topics, strict=False)
        )


def to_filter(fields: dict[str, object]) -> LogFilter:
    """Return the address and topic part of a log filter. Raises RpcError."""
    given = fields.get("address")
    addresses = given if isinstance(given, list) else [] if given is None else [given]
    places = fields.get("topics") or []
    if not isinstance(places, list) or len(places) > 4:
        raise RpcError(INVALID_PARAMS, "The filter's topics must be a list of at most 4.")
    return LogFilter(
        tuple(to_data(item, "filter's address", 20) for item in addresses),
        tuple(_topic_choice(place) for place in places),
    )


def _topic_choice(place: object) -> tuple[bytes, ...] | None:
    if place is None or place == []:
        return None
    choices = place if isinstance(place, list) else [place]
    if None in choices:
        return None
    return tuple(to_data(item, "filter's topic", 32) for item in choices)


def to_call(fields: dict[str, object]) -> Call:
    """Return the message of eth_call or eth_estimateGas. Raises RpcError."""
    call_data = fields.get("input", fields.get("data"))
    sender, recipient, gas = fields.get("from"), fields.get("to"), fields.get("gas")
    return Call(
        sender=bytes(20) if sender is None else to_data(sender, "sender", 20),
        to=b"" if recipient is None else to_data(recipient, "recipient", 20),
        data=b"" if call_data is None else to_data(call_data, "call data"),
        value_wei=to_quantity(fields.get("value") or "0x0", "value"),
        gas=None if gas is None else to_quantity(gas, "gas limit"),
    )
