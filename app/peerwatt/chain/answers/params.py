"""Parameters of JSON-RPC requests, read strictly: blocks, filters, messages, slots."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..calls import Request
from ..consensus.rules import ChainState
from ..encoding import EncodingFault, hex_data, hex_int
from ..ports import VerifiedChain
from ..reading.events import LogFilter
from . import INVALID_PARAMS, UNPROVEN, AnswerFault

RING = 1024
"""So far back a block is looked for by its hash."""


def block_state(chain: VerifiedChain, tag: object) -> ChainState:
    """Return the verified block of a tag, number, hash or EIP-1898 object.

    ``pending`` means the newest verified block, as nothing later can be proven. Raises
    AnswerFault or Unproven.
    """
    if isinstance(tag, Mapping):
        by_hash = tag.get("blockHash")
        return block_by_hash(chain, by_hash) if by_hash else _numbered(chain, tag["blockNumber"])
    if tag in ("latest", "pending", None):
        return chain.pinned()
    if tag in ("safe", "finalized"):
        number = chain.final_number
        if number is None:
            raise AnswerFault(UNPROVEN, "No block is final yet under this network's rules.")
        return chain.pinned(number)
    return _numbered(chain, "0x0" if tag == "earliest" else tag)


def _numbered(chain: VerifiedChain, tag: object) -> ChainState:
    number = tag if isinstance(tag, int) else _quantity(tag, "block")
    head = chain.pinned().header.number
    if number > head:
        raise AnswerFault(UNPROVEN, f"Block {number} is not verified; the newest is {head}.")
    return chain.pinned(number)


def block_by_hash(chain: VerifiedChain, value: object) -> ChainState:
    """Return a verified block by its hash. Raises AnswerFault."""
    wanted = hex_data(value, 32)
    head = chain.pinned().header.number
    for number in range(head, max(-1, head - RING), -1):
        state = chain.block(number)
        if state is not None and state.block_hash == wanted:
            return state
    raise AnswerFault(UNPROVEN, "No verified block that is kept has this hash.")


def log_filter(query: Mapping[str, Any]) -> LogFilter:
    """Return the filter of ``eth_getLogs``. Raises AnswerFault or EncodingFault."""
    given = query.get("address")
    addresses = given if isinstance(given, list) else [] if given is None else [given]
    places = query.get("topics") or []
    if not isinstance(places, list) or len(places) > 4:
        raise AnswerFault(INVALID_PARAMS, "The topics of a filter are a list of at most four.")
    return LogFilter(
        tuple(hex_data(item, 20) for item in addresses),
        tuple(_topics(place) for place in places),
    )


def _topics(place: object) -> tuple[bytes, ...]:
    if place is None:
        return ()
    choices = place if isinstance(place, list) else [place]
    return () if None in choices else tuple(hex_data(item, 32) for item in choices)


def call_request(message: object) -> Request:
    """Return the message of ``eth_call`` or ``eth_estimateGas``. Raises AnswerFault."""
    if not isinstance(message, Mapping):
        raise AnswerFault(INVALID_PARAMS, "A call is an object with to and data.")
    data = message.get("input", message.get("data"))
    sender, to, gas = message.get("from"), message.get("to"), message.get("gas")
    price = message.get("gasPrice", message.get("maxFeePerGas", "0x0"))
    return Request(
        to=hex_data(to, 20) if to else b"",
        data=hex_data(data) if data is not None else b"",
        sender=hex_data(sender, 20) if sender else bytes(20),
        value_wei=_quantity(message.get("value", "0x0"), "value"),
        gas=None if gas is None else _quantity(gas, "gas"),
        gas_price_wei=_quantity(price, "price"),
    )


def _quantity(value: object, what: str) -> int:
    if isinstance(value, int) and value >= 0:
        return value
    try:
        return hex_int(value)
    except EncodingFault:
        raise AnswerFault(
            INVALID_PARAMS, f"The {what} is no number and no known word: {value!r:.40}."
        ) from None


def slot_number(slot: object) -> int:
    """Return a storage key given as number, quantity or data. Raises EncodingFault."""
    if isinstance(slot, int):
        return slot
    if not isinstance(slot, str) or not slot.startswith("0x") or len(slot) > 66:
        raise EncodingFault("JSON-RPC: a storage key is malformed.")
    return int.from_bytes(hex_data(f"0x{slot[2:]:0>64}"), "big")
