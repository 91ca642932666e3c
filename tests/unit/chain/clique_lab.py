"""A small Clique chain sealed here; branches may be grown from any of its blocks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from chain_lab import EMPTY_ROOT, START_S, address_of, keccak, make_keys
from coincurve import PrivateKey

from peerwatt.chain.consensus.clique import (
    ADD,
    CliqueRules,
    CliqueState,
    seal_hash,
    signer_limit,
)
from peerwatt.chain.consensus.header import Header
from peerwatt.chain.consensus.linkage import next_base_fee

PERIOD_S = 5
EPOCH = 50
KEYS = make_keys(3, salt=7)
SIGNERS = tuple(address_of(key) for key in KEYS)
RULES = CliqueRules(period_s=PERIOD_S, epoch_length=EPOCH, london_block=0)
NOW_S = START_S + 10**6


def genesis(keys: Sequence[PrivateKey] = KEYS) -> Header:
    listed = b"".join(sorted(address_of(key) for key in keys))
    return Header(
        parent_hash=bytes(32),
        ommers_hash=keccak(b"\xc0"),
        beneficiary=bytes(20),
        state_root=EMPTY_ROOT,
        transactions_root=EMPTY_ROOT,
        receipts_root=EMPTY_ROOT,
        logs_bloom=bytes(256),
        difficulty=1,
        number=0,
        gas_limit=30_000_000,
        gas_used=0,
        timestamp=START_S,
        extra_data=bytes(32) + listed + bytes(65),
        mix_hash=bytes(32),
        nonce=bytes(8),
        base_fee=10**9,
    )


def start(keys: Sequence[PrivateKey] = KEYS) -> CliqueState:
    header = genesis(keys)
    return RULES.genesis(header, RULES.hash(header))


def seal(header: Header, key: PrivateKey) -> Header:
    """Return the header with its seal in the place of the last 65 bytes of extraData."""
    signature = key.sign_recoverable(seal_hash(header), hasher=None)
    return replace(header, extra_data=header.extra_data[:-65] + signature)


def child(parent: CliqueState, key: PrivateKey, **changes: Any) -> Header:
    """Return a header after a block, sealed by ``key`` with the difficulty of its turn."""
    number = parent.header.number + 1
    signers = parent.signers
    listed = b"".join(signers) if number % EPOCH == 0 else b""
    in_turn = signers[number % len(signers)] == address_of(key)
    header = replace(
        parent.header,
        parent_hash=parent.block_hash,
        number=number,
        timestamp=parent.header.timestamp + PERIOD_S,
        beneficiary=bytes(20),
        nonce=bytes(8),
        difficulty=2 if in_turn else 1,
        extra_data=bytes(32) + listed + bytes(65),
        base_fee=next_base_fee(parent.header),
    )
    return seal(replace(header, **changes), key)


def allowed(parent: CliqueState, keys: Sequence[PrivateKey] = KEYS) -> list[PrivateKey]:
    """Return who may seal the next block, whose turn it is first."""
    number = parent.header.number + 1
    oldest = number - signer_limit(len(parent.signers))
    recent = {who for at, who in parent.recents if at > oldest}
    free = [k for k in keys if address_of(k) in parent.signers and address_of(k) not in recent]
    turn = parent.signers[number % len(parent.signers)]
    return sorted(free, key=lambda k: address_of(k) != turn)


def grow(
    parent: CliqueState, length: int, keys: Sequence[PrivateKey] = KEYS, **changes: Any
) -> list[CliqueState]:
    """Return ``length`` blocks after a block, each sealed in turn where that is possible."""
    states: list[CliqueState] = []
    for _ in range(length):
        header = child(parent, allowed(parent, keys)[0], **changes)
        parent = RULES.verify(parent, header, NOW_S)
        states.append(parent)
    return states


def vote(parent: CliqueState, key: PrivateKey, target: bytes, *, add: bool) -> CliqueState:
    """Return the state after a block that votes."""
    header = child(parent, key, beneficiary=target, nonce=ADD if add else bytes(8))
    return RULES.verify(parent, header, NOW_S)
