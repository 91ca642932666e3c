"""Parameters of JSON-RPC requests, read strictly before anything is asked of anybody.

A reader turns one parameter into a value or refuses it; what happens afterwards is never blamed
on the caller.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from ..calls import Request
from ..encoding import EncodingFault, checksum_address, hex_data, hex_int, to_hex
from ..reading.events import LogFilter
from . import INVALID_PARAMS, NOT_SUPPORTED, AnswerFault

Reader = Callable[[Any], Any]
Word = Literal["latest", "safe", "finalized"]
Tag: TypeAlias = "int | bytes | Word"
"""A block: its number, its hash, or a word."""
MAX_SHARES = 100


@dataclass(frozen=True, slots=True)
class Shape:
    """Readers of a method's parameters; those after the first ``needed`` may be left out."""

    readers: tuple[Reader, ...] = ()
    needed: int = 0

    def read(self, method: str, params: object) -> list[Any]:
        """Return the values of the parameters given. Raises AnswerFault."""
        if not isinstance(params, Sequence) or isinstance(params, str | bytes):
            raise AnswerFault(INVALID_PARAMS, f"{method}: the parameters are no list.")
        if not self.needed <= len(params) <= len(self.readers):
            counts = " to ".join(map(str, sorted({self.needed, len(self.readers)})))
            raise AnswerFault(
                INVALID_PARAMS, f"{method} takes {counts} parameters, not {len(params)}."
            )
        try:
            return [read(item) for read, item in zip(self.readers, params, strict=False)]
        except EncodingFault as fault:
            raise AnswerFault(INVALID_PARAMS, f"{method}: {fault}") from None


def takes(*readers: Reader, needed: int | None = None) -> Shape:
    """Return the shape of parameters that are all needed, or only the first ``needed``."""
    return Shape(readers, len(readers) if needed is None else needed)


def address(value: object) -> str:
    """Read an account's address; return it with its checksum. Raises EncodingFault."""
    return checksum_address(hex_data(value, 20))


def transaction_hash(value: object) -> str:
    """Read a hash; return it as hexadecimal. Raises EncodingFault."""
    return to_hex(hex_data(value, 32))


def block_hash(value: object) -> bytes:
    """Read a block's hash. Raises EncodingFault."""
    return hex_data(value, 32)


def data(value: object) -> str:
    """Read bytes; return them as hexadecimal. Raises EncodingFault."""
    return to_hex(hex_data(value))


def flag(value: object) -> bool:
    """Read a truth value; nothing means no. Raises AnswerFault."""
    if value is None or isinstance(value, bool):
        return bool(value)
    raise AnswerFault(INVALID_PARAMS, f"A parameter is neither true nor false: {value!r:.40}.")


def block_tag(value: object) -> Tag:
    """Read a block's word, number or hash, or EIP-1898's object. Raises AnswerFault.

    ``pending`` means the newest verified block, as nothing later can be proven.
    """
    if isinstance(value, Mapping):
        if value.get("blockHash") is not None:
            return block_hash(value["blockHash"])
        return _quantity(value.get("blockNumber"), "block")
    if value in ("latest", "pending", None):
        return "latest"
    if value == "safe":
        return "safe"
    if value == "finalized":
        return "finalized"
    return 0 if value == "earliest" else _quantity(value, "block")


@dataclass(frozen=True, slots=True)
class LogQuery:
    """What ``eth_getLogs`` asks: a filter over blocks, both ends included."""

    wanted: LogFilter
    first: Tag
    last: Tag


def log_query(value: object) -> LogQuery:
    """Read the filter of ``eth_getLogs``. Raises AnswerFault or EncodingFault."""
    query = _mapping(value, "The filter of events")
    places = query.get("topics") or []
    if not isinstance(places, list) or len(places) > 4:
        raise AnswerFault(INVALID_PARAMS, "The topics of a filter are a list of at most four.")
    given = query.get("address")
    addresses = given if isinstance(given, list) else [] if given is None else [given]
    wanted = LogFilter(
        tuple(hex_data(item, 20) for item in addresses), tuple(_topics(place) for place in places)
    )
    if query.get("blockHash") is not None:
        at = block_hash(query["blockHash"])
        return LogQuery(wanted, at, at)
    return LogQuery(wanted, block_tag(query.get("fromBlock")), block_tag(query.get("toBlock")))


def _topics(place: object) -> tuple[bytes, ...]:
    if place is None:
        return ()
    choices = place if isinstance(place, list) else [place]
    return () if None in choices else tuple(hex_data(item, 32) for item in choices)


def call_request(value: object) -> Request:
    """Read the message of ``eth_call`` or ``eth_estimateGas``. Raises AnswerFault."""
    message = _mapping(value, "A call")
    called = message.get("input", message.get("data"))
    sender, to, gas = message.get("from"), message.get("to"), message.get("gas")
    price = message.get("gasPrice", message.get("maxFeePerGas", "0x0"))
    return Request(
        to=hex_data(to, 20) if to else b"",
        data=hex_data(called) if called is not None else b"",
        sender=hex_data(sender, 20) if sender else bytes(20),
        value_wei=_quantity(message.get("value", "0x0"), "value"),
        gas=None if gas is None else _quantity(gas, "gas"),
        gas_price_wei=_quantity(price, "price"),
    )


def slot_number(value: object) -> int:
    """Read a storage key or an index: number, quantity or data. Raises EncodingFault."""
    if type(value) is int and 0 <= value < 2**256:
        return value
    if not isinstance(value, str) or not value.startswith("0x") or len(value) > 66:
        raise EncodingFault("JSON-RPC: a storage key is malformed.")
    return int.from_bytes(hex_data(f"0x{value[2:]:0>64}"), "big")


def slots(value: object) -> list[int]:
    """Read a list of storage keys. Raises EncodingFault."""
    if not isinstance(value, list | tuple):
        raise EncodingFault("JSON-RPC: storage keys are a list.")
    return [slot_number(item) for item in value]


def shares(value: object) -> list[float]:
    """Read the percentiles of ``eth_feeHistory``, ascending from 0 to 100. Raises AnswerFault."""
    listed = [] if value is None else value
    if (
        not isinstance(listed, list | tuple)
        or len(listed) > MAX_SHARES
        or any(type(item) not in (int, float) or not 0 <= item <= 100 for item in listed)
        or list(listed) != sorted(listed)
    ):
        raise AnswerFault(INVALID_PARAMS, "Percentiles ascend from 0 to 100, at most 100 of them.")
    return [float(item) for item in listed]


def unaltered(value: object) -> None:
    """Read the place of changes to the state that a call runs on: none. Raises AnswerFault."""
    if value:
        raise AnswerFault(NOT_SUPPORTED, "Calls on an altered state are refused.")


def _mapping(value: object, what: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise AnswerFault(INVALID_PARAMS, f"{what} is an object, not {value!r:.40}.")
    return value


def _quantity(value: object, what: str) -> int:
    if type(value) is int and 0 <= value < 2**256:
        return value
    try:
        return hex_int(value)
    except EncodingFault:
        raise AnswerFault(
            INVALID_PARAMS, f"The {what} is no number and no known word: {value!r:.40}."
        ) from None
