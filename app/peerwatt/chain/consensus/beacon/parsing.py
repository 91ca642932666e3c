"""Strict reading of light-client objects from the beacon API's JSON.

Source: Ethereum beacon APIs, ``/eth/v1/beacon/light_client/*``: numbers are decimal strings,
bytes are ``0x`` hexadecimal, and ``version`` names the fork that fixes the object's form.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...encoding import EncodingFault, hex_data
from .config import BeaconConfig
from .forks import LAYOUTS, Fork, Layout
from .objects import (
    BeaconHeader,
    Bootstrap,
    Branch,
    LightHeader,
    PayloadHeader,
    SyncAggregate,
    SyncCommittee,
    Update,
)
from .ssz import ZERO_CHUNK

_VERSIONS = {fork.name.lower(): fork for fork in LAYOUTS}
_MAX_EXTRA_DATA = 32


def bootstrap_from_json(config: BeaconConfig, answer: object) -> Bootstrap:
    """Read an answer to ``bootstrap/{block_root}``. Raises EncodingFault."""
    fork, data = _opened(answer)
    layout = LAYOUTS[fork]
    header = _light_header(data, "header", fork)
    _check_version(config, fork, header)
    return Bootstrap(
        header,
        _committee(_object(data, "current_sync_committee"), config.committee_size),
        _branch(data, "current_sync_committee_branch", layout.committee_branch),
    )


def update_from_json(config: BeaconConfig, answer: object) -> Update:
    """Read one element of ``updates``. Raises EncodingFault."""
    fork, data = _opened(answer)
    return _update(config, fork, data, with_finality=True, with_committee=True)


def finality_update_from_json(config: BeaconConfig, answer: object) -> Update:
    """Read an answer to ``finality_update``. Raises EncodingFault."""
    fork, data = _opened(answer)
    return _update(config, fork, data, with_finality=True, with_committee=False)


def optimistic_update_from_json(config: BeaconConfig, answer: object) -> Update:
    """Read an answer to ``optimistic_update``. Raises EncodingFault."""
    fork, data = _opened(answer)
    return _update(config, fork, data, with_finality=False, with_committee=False)


def _opened(answer: object) -> tuple[Fork, Mapping[str, Any]]:
    """Return the fork and the object of an answer."""
    if not isinstance(answer, Mapping):
        raise EncodingFault("Beacon API: an answer must be an object.")
    version = answer.get("version")
    fork = _VERSIONS.get(version) if isinstance(version, str) else None
    if fork is None:
        raise EncodingFault("Beacon API: the answer names no fork that is known here.")
    return fork, _object(answer, "data")


def _check_version(config: BeaconConfig, fork: Fork, header: LightHeader) -> None:
    """Refuse an object in the form of a fork that its own header has left behind."""
    actual = config.fork_at(header.slot)
    if actual not in LAYOUTS or fork < actual:
        raise EncodingFault(
            f"Beacon API: an object of slot {header.slot} comes in the form of "
            f"{fork.name.lower()}, but {actual.name.lower()} is in force there."
        )


def _update(
    config: BeaconConfig,
    fork: Fork,
    data: Mapping[str, Any],
    *,
    with_finality: bool,
    with_committee: bool,
) -> Update:
    attested = _light_header(data, "attested_header", fork)
    _check_version(config, fork, attested)
    layout = LAYOUTS[fork]
    finality = _finality(data, fork, layout) if with_finality else ((), None)
    committee = _next_committee(data, config, layout) if with_committee else ((), None)
    return Update(
        attested,
        _aggregate(_object(data, "sync_aggregate"), config.committee_size),
        _number(data, "signature_slot"),
        *finality,
        *committee,
    )


def _finality(
    data: Mapping[str, Any], fork: Fork, layout: Layout
) -> tuple[Branch, LightHeader | None]:
    """Read the finalized header; zeros stand for none (or, with a branch, for genesis)."""
    branch = _branch(data, "finality_branch", layout.finality_branch)
    header = _light_header(data, "finalized_header", fork)
    is_there = any(node != ZERO_CHUNK for node in branch)
    if is_there and header.slot != 0:
        return branch, header
    if not _is_blank(header):
        raise EncodingFault("Beacon API: a finalized header stands where none is proven.")
    return (branch if is_there else ()), None


def _next_committee(
    data: Mapping[str, Any], config: BeaconConfig, layout: Layout
) -> tuple[Branch, SyncCommittee | None]:
    branch = _branch(data, "next_sync_committee_branch", layout.committee_branch)
    described = _object(data, "next_sync_committee")
    if any(node != ZERO_CHUNK for node in branch):
        return branch, _committee(described, config.committee_size)
    pubkeys, aggregate = _keys(described, config.committee_size)
    if any(pubkeys) or any(aggregate):
        raise EncodingFault("Beacon API: a sync committee stands where none is proven.")
    return (), None


def _is_blank(header: LightHeader) -> bool:
    """Whether a header is the placeholder of zeros."""
    beacon, payload = header.beacon, header.payload
    values = [beacon.slot, beacon.proposer_index]
    parts = [beacon.parent_root, beacon.state_root, beacon.body_root, header.block_hash or b""]
    if payload is not None:
        for name in PayloadHeader.__dataclass_fields__:
            value = getattr(payload, name)
            (values if isinstance(value, int) else parts).append(value)
        if payload.extra_data:
            return False
    return not any(values) and not any(map(any, (*parts, *header.execution_branch)))


def _light_header(data: Mapping[str, Any], name: str, fork: Fork) -> LightHeader:
    described = _object(data, name)
    beacon = _beacon_header(_object(described, "beacon"))
    length = LAYOUTS[fork].header_branch
    if fork >= Fork.GLOAS:
        block_hash = _bytes(described, "execution_block_hash", 32)
        return LightHeader(beacon, None, block_hash, _branch(described, "execution_branch", length))
    if fork < Fork.CAPELLA:
        return LightHeader(beacon)
    payload = _payload(_object(described, "execution"), with_blobs=fork >= Fork.DENEB)
    branch = _branch(described, "execution_branch", length)
    return LightHeader(beacon, payload, payload.block_hash, branch)


def _beacon_header(data: Mapping[str, Any]) -> BeaconHeader:
    return BeaconHeader(
        _number(data, "slot"),
        _number(data, "proposer_index"),
        _bytes(data, "parent_root", 32),
        _bytes(data, "state_root", 32),
        _bytes(data, "body_root", 32),
    )


def _payload(data: Mapping[str, Any], *, with_blobs: bool) -> PayloadHeader:
    extra = hex_data(data.get("extra_data"))
    if len(extra) > _MAX_EXTRA_DATA:
        raise EncodingFault("Beacon API: extra_data is longer than 32 bytes.")
    return PayloadHeader(
        parent_hash=_bytes(data, "parent_hash", 32),
        fee_recipient=_bytes(data, "fee_recipient", 20),
        state_root=_bytes(data, "state_root", 32),
        receipts_root=_bytes(data, "receipts_root", 32),
        logs_bloom=_bytes(data, "logs_bloom", 256),
        prev_randao=_bytes(data, "prev_randao", 32),
        block_number=_number(data, "block_number"),
        gas_limit=_number(data, "gas_limit"),
        gas_used=_number(data, "gas_used"),
        timestamp=_number(data, "timestamp"),
        extra_data=extra,
        base_fee_per_gas=_number(data, "base_fee_per_gas", 256),
        block_hash=_bytes(data, "block_hash", 32),
        transactions_root=_bytes(data, "transactions_root", 32),
        withdrawals_root=_bytes(data, "withdrawals_root", 32),
        blob_gas_used=_number(data, "blob_gas_used") if with_blobs else 0,
        excess_blob_gas=_number(data, "excess_blob_gas") if with_blobs else 0,
    )


def _committee(data: Mapping[str, Any], size: int) -> SyncCommittee:
    pubkeys, aggregate = _keys(data, size)
    return SyncCommittee(tuple(pubkeys[at : at + 48] for at in range(0, 48 * size, 48)), aggregate)


def _keys(data: Mapping[str, Any], size: int) -> tuple[bytes, bytes]:
    """Return the members' keys joined, and the aggregate; all texts are read in one go."""
    listed = data.get("pubkeys")
    if not isinstance(listed, list) or len(listed) != size:
        raise EncodingFault(f"Beacon API: a sync committee must have {size} members.")
    for text in listed:
        if not isinstance(text, str) or len(text) != 98 or text[:2] != "0x":
            raise EncodingFault("Beacon API: a public key must be 0x and 96 digits.")
    joined = hex_data("0x" + "".join([text[2:] for text in listed]), 48 * size)
    return joined, _bytes(data, "aggregate_pubkey", 48)


def _aggregate(data: Mapping[str, Any], size: int) -> SyncAggregate:
    bits = _bytes(data, "sync_committee_bits", size // 8)
    signature = _bytes(data, "sync_committee_signature", 96)
    return SyncAggregate(int.from_bytes(bits, "little"), size, signature)


def _object(data: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = data.get(name)
    if not isinstance(value, Mapping):
        raise EncodingFault(f"Beacon API: {name} must be an object.")
    return value


def _branch(data: Mapping[str, Any], name: str, length: int) -> Branch:
    listed = data.get(name)
    if not isinstance(listed, list) or len(listed) != length:
        raise EncodingFault(f"Beacon API: {name} must have {length} nodes.")
    return tuple(hex_data(node, 32) for node in listed)


def _bytes(data: Mapping[str, Any], name: str, length: int) -> bytes:
    try:
        return hex_data(data.get(name), length)
    except EncodingFault:
        raise EncodingFault(
            f"Beacon API: {name} must be 0x and {2 * length} hexadecimal digits."
        ) from None


def _number(data: Mapping[str, Any], name: str, bits: int = 64) -> int:
    text = data.get(name)
    if (
        isinstance(text, str)
        and text.isascii()
        and text.isdecimal()
        and len(text) <= bits
        and (text == "0" or text[0] != "0")
    ):
        value = int(text)
        if value < 1 << bits:
            return value
    raise EncodingFault(f"Beacon API: {name} must be a decimal number in quotes, below 2^{bits}.")
