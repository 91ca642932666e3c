"""What QBFT and IBFT 2.0 share: extraData's content, quorum, seals and the tally of votes.

Source: Hyperledger Besu ``BftHelpers``, ``BftCommitSealsValidationRule`` and ``VoteTally``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from coincurve import PublicKey

from ..encoding import EMPTY_LIST_HASH, keccak
from .header import Header, HeaderRefused, HeaderTooEarly

SEAL_BYTES = 65
VANITY_BYTES = 32
MIX_HASH = bytes.fromhex("63746963616c2062797a616e74696e65206661756c7420746f6c6572616e6365")
"""Constant that marks a BFT block ("ctical byzantine fault tolerance")."""
DIFFICULTY = 1
MIN_GAS_LIMIT = 5000
SEALED_FROM_CANCUN = 19


@dataclass(frozen=True, slots=True)
class Vote:
    """A proposer's vote in a header: to add ``target`` to the validators or to drop it."""

    target: bytes
    add: bool


@dataclass(frozen=True, slots=True)
class BftExtra:
    """Content of extraData; how it is written differs between QBFT and IBFT 2.0."""

    vanity: bytes
    validators: tuple[bytes, ...]
    vote: Vote | None
    round: int
    seals: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class BftCodec:
    """How one protocol writes extraData and what it hashes.

    ``decode`` raises EncodingFault on anything but the one encoding of a value. ``hashes``
    returns (block hash, hash that committed seals sign).
    """

    decode: Callable[[bytes], BftExtra]
    encode: Callable[[BftExtra], bytes]
    hashes: Callable[[Header, BftExtra], tuple[bytes, bytes]]


Tally = tuple[tuple[bytes, bytes, bool], ...]
"""Pending votes as (voter, target, add); a voter has one vote for each target."""


def quorum(validator_count: int) -> int:
    """Return the least number of distinct seals: ceil(2 N / 3)."""
    return -(-2 * validator_count // 3)


def trusted_overlap(validator_count: int) -> int:
    """Return how many of a trusted set must have sealed a header that is skipped to.

    floor(N / 3) + 1: one more than may lie, so that at least one of them is honest.
    """
    return validator_count // 3 + 1


def recover_signer(digest: bytes, seal: bytes) -> bytes:
    """Return the address that made a seal r || s || v, v 0 or 1. Raises HeaderRefused."""
    if len(seal) != SEAL_BYTES or seal[64] > 1:
        raise HeaderRefused("A seal is not 65 bytes with a recovery id of 0 or 1.")
    try:
        key = PublicKey.from_signature_and_message(seal, digest, hasher=None)
    except ValueError:
        raise HeaderRefused("A seal is no signature.") from None
    return keccak(key.format(compressed=False)[1:])[12:]


def check_seals(digest: bytes, seals: Sequence[bytes], validators: Sequence[bytes]) -> set[bytes]:
    """Return who sealed ``digest``: a quorum of distinct validators. Raises HeaderRefused.

    Every signer must be a validator and sign once. Signatures come as pairs (s and n - s), so
    signers are told apart by address: a malleated copy of a seal is a second seal of one signer.
    """
    if not validators:
        raise HeaderRefused("The validator set is empty.")
    if not quorum(len(validators)) <= len(seals) <= len(validators):
        raise HeaderRefused(
            f"{len(seals)} seals where {quorum(len(validators))} to {len(validators)} are needed."
        )
    seen: set[bytes] = set()
    for seal in seals:
        signer = recover_signer(digest, seal)
        if signer not in validators:
            raise HeaderRefused("A seal was not made by a validator.")
        if signer in seen:
            raise HeaderRefused("A validator sealed the block twice.")
        seen.add(signer)
    return seen


def count_vote(
    validators: tuple[bytes, ...], votes: Tally, voter: bytes, vote: Vote
) -> tuple[tuple[bytes, ...], Tally]:
    """Return validators and pending votes after a vote.

    The latest vote of a voter on a target counts; a vote passes with floor(N / 2) + 1 and all
    votes on the target are then discarded, with a drop also those cast by it.
    """
    target = vote.target
    kept = tuple(v for v in votes if v[:2] != (voter, target))
    votes = (*kept, (voter, target, vote.add))
    in_favour = sum(1 for _, of, add in votes if of == target and add == vote.add)
    if in_favour < len(validators) // 2 + 1:
        return validators, votes
    votes = tuple(v for v in votes if v[1] != target)
    if not vote.add:
        votes = tuple(v for v in votes if v[0] != target)
    return elected(validators, vote), votes


def elected(validators: tuple[bytes, ...], vote: Vote) -> tuple[bytes, ...]:
    """Return the set after a vote has passed, in ascending order."""
    if vote.add:
        return tuple(sorted({*validators, vote.target}))
    return tuple(v for v in validators if v != vote.target)


def is_ascending(addresses: Iterable[bytes]) -> bool:
    """Whether addresses are sorted and distinct."""
    items = list(addresses)
    return all(a < b for a, b in pairwise(items))


def check_link(parent: Header, parent_hash: bytes, header: Header) -> None:
    """Check the rules between a header and its parent. Raises HeaderRefused."""
    if header.parent_hash != parent_hash:
        raise HeaderRefused("The header does not follow from its parent.")
    if header.number != parent.number + 1:
        raise HeaderRefused("The header's number is not its parent's plus one.")
    if header.timestamp <= parent.timestamp:
        raise HeaderRefused("The header is not later than its parent.")
    check_fork(parent, header)
    # Yellow paper (4.3.4): the limit moves by less than 1/1024 and stays at 5000 or more.
    moved = abs(header.gas_limit - parent.gas_limit)
    if moved and moved >= parent.gas_limit // 1024:
        raise HeaderRefused("The header's gas limit moves too far.")


def check_fork(earlier: Header, later: Header) -> None:
    """Check that a header has the fields of its predecessor's fork. Raises HeaderRefused.

    Besu's block 0 with Cancun names a parent beacon block, for which its blocks sealed by
    validators have no use: they end before it (:data:`SEALED_FROM_CANCUN` fields).
    """
    is_genesis = earlier.number == 0 and later.field_count == SEALED_FROM_CANCUN
    if later.field_count < earlier.field_count and not is_genesis:
        raise HeaderRefused("The header falls back to an older fork.")


def check_constants(header: Header) -> None:
    """Check what is the same in every BFT block, whoever sealed it. Raises HeaderRefused."""
    if header.mix_hash != MIX_HASH:
        raise HeaderRefused("The mix hash is not the one of BFT blocks.")
    if header.difficulty != DIFFICULTY:
        raise HeaderRefused("The difficulty is not 1.")
    if header.ommers_hash != EMPTY_LIST_HASH:
        raise HeaderRefused("The header names uncles.")
    if header.gas_used > header.gas_limit:
        raise HeaderRefused("The header uses more gas than its limit.")
    if header.gas_limit < MIN_GAS_LIMIT:
        raise HeaderRefused("The header's gas limit is below 5000.")


def check_time(header: Header, now_s: float, max_drift_s: int) -> None:
    """Check that a header is not from the future. Raises HeaderTooEarly."""
    if header.timestamp > now_s + max_drift_s:
        raise HeaderTooEarly(
            f"The header lies {header.timestamp - now_s:.0f} s in the future; "
            "check this machine's clock."
        )
