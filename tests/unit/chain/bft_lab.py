"""Headers of any BFT protocol, sealed here; used by the tests of rules and of skipping."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from chain_lab import KEYS, PERIOD_S, VALIDATORS, address_of, genesis
from coincurve import PrivateKey

from peerwatt.chain.consensus.bft import BftCodec, BftExtra, Vote
from peerwatt.chain.consensus.bft_rules import BftRules, BftState
from peerwatt.chain.consensus.header import Header
from peerwatt.chain.consensus.qbft import QbftRules

QBFT = QbftRules.codec


def first_header(codec: BftCodec = QBFT, validators: Sequence[bytes] = VALIDATORS) -> Header:
    extra = BftExtra(bytes(32), tuple(validators), None, 0, ())
    return genesis(extra_data=codec.encode(extra))


def hash_of(header: Header, codec: BftCodec = QBFT) -> bytes:
    return codec.hashes(header, codec.decode(header.extra_data))[0]


def sealed_child(
    parent: Header,
    signers: Sequence[PrivateKey] = KEYS,
    *,
    codec: BftCodec = QBFT,
    listed: Sequence[bytes] | None = None,
    vote: Vote | None = None,
    round_number: int = 0,
    **changes: Any,
) -> Header:
    """Return a header after ``parent`` with a seal of each signer, who are the validators.

    ``listed`` are the validators in extraData, the signers where it is not given.
    """
    members = sorted(address_of(key) for key in signers)
    names = tuple(members if listed is None else listed)
    header = replace(
        parent,
        parent_hash=hash_of(parent, codec),
        number=parent.number + 1,
        timestamp=parent.timestamp + PERIOD_S,
        beneficiary=members[parent.number % len(members)],
    )
    header = replace(header, **changes)
    extra = BftExtra(bytes(32), names, vote, round_number, ())
    bare = replace(header, extra_data=codec.encode(extra))
    digest = codec.hashes(bare, extra)[1]
    seals = tuple(key.sign_recoverable(digest, hasher=None) for key in signers)
    return replace(bare, extra_data=codec.encode(replace(extra, seals=seals)))


def start_state(rules: BftRules, header: Header | None = None) -> BftState:
    first = header or first_header(rules.codec)
    return rules.genesis(first, hash_of(first, rules.codec))


def follow(rules: BftRules, state: BftState, headers: Sequence[Header]) -> BftState:
    for header in headers:
        state = rules.verify(state, header, header.timestamp)
    return state


def run(
    parent: Header, length: int, signers: Sequence[PrivateKey] = KEYS, **options: Any
) -> list[Header]:
    """Return ``length`` headers after ``parent``, all sealed alike."""
    headers: list[Header] = []
    for _ in range(length):
        parent = sealed_child(parent, signers, **options)
        headers.append(parent)
    return headers
