"""Block headers: one strict reading from JSON and RLP, one encoding, for every network.

Field order: Ethereum yellow paper section 4.3, then EIP-1559, 4895, 4844, 4788, 7685 and 7928.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from operator import attrgetter
from typing import Any

from peerwatt.model.verified import Unproven

from ..encoding import (
    EncodingFault,
    Rlp,
    as_bytes,
    as_int,
    as_list,
    hex_data,
    hex_int,
    int_bytes,
    keccak,
    rlp_decode,
    rlp_list_of,
    rlp_string,
    to_hex,
)

FIELD_COUNTS = (15, 16, 17, 19, 20, 21, 22)
"""Number of fields at Frontier, London, Shanghai, Cancun, Prague and Amsterdam.

19 are the headers of Besu's BFT chains from Cancun on: they name no beacon block, nor what follows.
"""


class HeaderRefused(Unproven):
    """A header breaks a rule of its network; the message says which."""


class HeaderTooEarly(HeaderRefused):
    """A header lies in the future by more than the allowed drift; it may be valid later."""


@dataclass(frozen=True, slots=True)
class Header:
    """One block header. Hashes and addresses are bytes; times are Unix seconds."""

    parent_hash: bytes
    ommers_hash: bytes
    beneficiary: bytes
    state_root: bytes
    transactions_root: bytes
    receipts_root: bytes
    logs_bloom: bytes
    difficulty: int
    number: int
    gas_limit: int
    gas_used: int
    timestamp: int
    extra_data: bytes
    mix_hash: bytes
    nonce: bytes
    base_fee: int | None = None
    withdrawals_root: bytes | None = None
    blob_gas_used: int | None = None
    excess_blob_gas: int | None = None
    parent_beacon_block_root: bytes | None = None
    requests_hash: bytes | None = None
    block_access_list_hash: bytes | None = None

    @property
    def field_count(self) -> int:
        """Number of RLP fields, which tells the fork."""
        return len(_NAMES) - _OPTIONAL(self).count(None)


_NAMES = tuple(field.name for field in fields(Header))
_ALL = attrgetter(*_NAMES)
_OPTIONAL = attrgetter(*_NAMES[15:])
# Per field: JSON name and its form; a positive size is DATA of that many bytes, a negative one
# a QUANTITY of at most that many bits, None is DATA of any length.
_FORMS: tuple[tuple[str, int | None], ...] = (
    ("parentHash", 32),
    ("sha3Uncles", 32),
    ("miner", 20),
    ("stateRoot", 32),
    ("transactionsRoot", 32),
    ("receiptsRoot", 32),
    ("logsBloom", 256),
    ("difficulty", -256),
    ("number", -64),
    ("gasLimit", -64),
    ("gasUsed", -64),
    ("timestamp", -64),
    ("extraData", None),
    ("mixHash", 32),
    ("nonce", 8),
    ("baseFeePerGas", -256),
    ("withdrawalsRoot", 32),
    ("blobGasUsed", -64),
    ("excessBlobGas", -64),
    ("parentBeaconBlockRoot", 32),
    ("requestsHash", 32),
    ("blockAccessListHash", 32),
)
MAX_EXTRA_DATA = 1 << 16
"""Bytes; room for 700 validators and their seals, a bound against giant headers."""
_EXTRA = 12


def header_from_json(block: object) -> Header:
    """Read the header out of a block as ``eth_getBlockByNumber`` returns it.

    What does not belong to the header (hash, size, transactions) is not looked at.
    Raises EncodingFault.
    """
    if not isinstance(block, Mapping):
        raise EncodingFault("JSON-RPC: a block must be an object.")
    values: list[bytes | int] = []
    for name, form in _FORMS:
        raw = block.get(name)
        if raw is None and len(values) >= 15:
            break
        values.append(hex_int(raw, -form) if form is not None and form < 0 else hex_data(raw, form))
    if any(block.get(name) is not None for name, _ in _FORMS[len(values) :]):
        raise EncodingFault("JSON-RPC: a header has a gap in its fields.")
    return _header(values)


def header_from_rlp(data: bytes) -> Header:
    """Read a header from its RLP. Raises EncodingFault."""
    return header_from_items(as_list(rlp_decode(data)))


def header_from_items(items: list[Rlp]) -> Header:
    """Read a header from its decoded RLP list. Raises EncodingFault."""
    if len(items) > len(_FORMS):
        raise EncodingFault("RLP: a header has too many fields.")
    values: list[bytes | int] = []
    for item, (_, form) in zip(items, _FORMS, strict=False):
        is_number = form is not None and form < 0
        values.append(as_int(item, -(form or 0)) if is_number else as_bytes(item, form))
    return _header(values)


def _header(values: Sequence[Any]) -> Header:
    """Return the header of values whose types follow from their forms. Raises EncodingFault."""
    if len(values) not in FIELD_COUNTS:
        raise EncodingFault(f"A header of {len(values)} fields belongs to no known fork.")
    header = Header(*values)
    if len(header.extra_data) > MAX_EXTRA_DATA:
        raise EncodingFault("A header carries more extra data than any validator set needs.")
    return header


def header_parts(header: Header) -> tuple[bytes, bytes]:
    """Return the encoded fields before and after extraData.

    BFT networks hash a header several times with different extraData only.
    """
    values = _ALL(header)
    before = b"".join([_item(value) for value in values[:_EXTRA]])
    return before, b"".join([_item(value) for value in values[_EXTRA + 1 :] if value is not None])


def _item(value: bytes | int) -> bytes:
    if isinstance(value, int):
        return rlp_string(int_bytes(value))
    # Most fields are hashes; this runs twenty times for each of 43 200 headers a day.
    return b"\xa0" + value if len(value) == 32 else rlp_string(value)


def header_to_rlp(header: Header) -> bytes:
    """Encode a header as it is, seals included."""
    before, after = header_parts(header)
    return rlp_list_of(before + rlp_string(header.extra_data) + after)


def header_to_json(header: Header) -> dict[str, object]:
    """Write a header as ``eth_getBlockByNumber`` would."""
    values = (
        (json_name, getattr(header, name))
        for (json_name, _), name in zip(_FORMS, _NAMES, strict=True)
    )
    return {
        name: hex(value) if isinstance(value, int) else to_hex(value)
        for name, value in values
        if value is not None
    }


def plain_hash(header: Header) -> bytes:
    """Return the hash of networks whose extraData is hashed as it is (not QBFT or IBFT)."""
    return keccak(header_to_rlp(header))
