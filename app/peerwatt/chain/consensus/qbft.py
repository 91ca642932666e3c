"""QBFT: extraData, both hashes, seals, validator votes. The rules by which blocks are believed.

Source: EEA QBFT specification v1 and Hyperledger Besu (``QbftExtraDataCodec``,
``BftBlockHashing``). Blocks are final at once: two valid headers at one height prove that more
than a third of the validators signed both.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Literal

from ..encoding import (
    EMPTY_LIST_HASH,
    EncodingFault,
    Rlp,
    as_bytes,
    as_int,
    as_list,
    int_bytes,
    keccak,
    rlp_decode,
    rlp_encode,
    rlp_list_of,
    rlp_string,
)
from .bft import (
    DIFFICULTY,
    MIX_HASH,
    Tally,
    Vote,
    check_link,
    check_seals,
    count_vote,
    is_ascending,
)
from .header import (
    Header,
    HeaderRefused,
    HeaderTooEarly,
    header_from_rlp,
    header_parts,
    header_to_rlp,
)
from .rules import ChainState

VANITY_BYTES = 32


@dataclass(frozen=True, slots=True)
class QbftExtra:
    """Content of extraData: RLP([vanity, [validator], vote, round, [seal]])."""

    vanity: bytes
    validators: tuple[bytes, ...]
    vote: Vote | None
    round: int
    seals: tuple[bytes, ...]


def decode_extra(data: bytes) -> QbftExtra:
    """Read extraData. Raises EncodingFault on anything but its one encoding.

    Besu tolerates further items at the end; it never writes any, so they are refused here.
    """
    vanity, validators, vote, round_number, seals = as_list(rlp_decode(data), 5)
    return QbftExtra(
        vanity=as_bytes(vanity, VANITY_BYTES),
        validators=tuple(as_bytes(item, 20) for item in as_list(validators)),
        vote=_decode_vote(as_list(vote)),
        round=as_int(round_number, 32),
        seals=tuple(as_bytes(item, 65) for item in as_list(seals)),
    )


def _decode_vote(items: list[Rlp]) -> Vote | None:
    if not items:
        return None
    if len(items) != 2 or items[1] not in (b"\xff", b""):
        raise EncodingFault("extraData: a vote is neither an addition nor a removal.")
    return Vote(as_bytes(items[0], 20), items[1] == b"\xff")


def encode_extra(extra: QbftExtra) -> bytes:
    """Write extraData."""
    return _extra(_stem(extra), extra.round, extra.seals)


def _stem(extra: QbftExtra) -> bytes:
    """Encode the part of extraData that is the same in all its variants."""
    vote: list[Rlp] = []
    if extra.vote is not None:
        vote = [extra.vote.target, b"\xff" if extra.vote.add else b""]
    return (
        rlp_string(extra.vanity)
        + rlp_list_of(b"".join(b"\x94" + address for address in extra.validators))
        + rlp_encode(vote)
    )


def _extra(stem: bytes, round_number: int, seals: tuple[bytes, ...] = ()) -> bytes:
    sealed = rlp_list_of(b"".join(map(rlp_string, seals)))
    return rlp_list_of(stem + rlp_string(int_bytes(round_number)) + sealed)


def header_hashes(header: Header, extra: QbftExtra) -> tuple[bytes, bytes]:
    """Return (block hash, hash that committed seals sign).

    The block hash covers neither round nor seals (round 0, no seals); the sealed hash covers
    the round.
    """
    before, after = header_parts(header)
    stem = _stem(extra)

    def digest(round_number: int) -> bytes:
        return keccak(rlp_list_of(before + rlp_string(_extra(stem, round_number)) + after))

    block = digest(0)
    return block, block if extra.round == 0 else digest(extra.round)


def block_hash(header: Header) -> bytes:
    """Return the hash of a QBFT block. Raises EncodingFault when extraData is malformed."""
    return header_hashes(header, decode_extra(header.extra_data))[0]


def committed_seal_hash(header: Header) -> bytes:
    """Return what validators sign when they commit to a block. Raises EncodingFault."""
    return header_hashes(header, decode_extra(header.extra_data))[1]


@dataclass(frozen=True, slots=True)
class QbftState:
    """What is known after a verified block: who may seal the next one, and pending votes."""

    header: Header
    block_hash: bytes
    validators: tuple[bytes, ...]
    votes: Tally = ()

    @property
    def validator_count(self) -> int:
        """Number of validators after this block."""
        return len(self.validators)


@dataclass(frozen=True, slots=True)
class QbftRules:
    """Parameters of one QBFT network (Besu genesis, ``config.qbft`` and ``transitions.qbft``)."""

    epoch_length: int = 30_000
    max_drift_s: int = 15
    """How far in the future a header's time may lie, seconds."""
    base_fee: Literal["any", "zero"] = "any"
    """``zero`` where the genesis says ``zeroBaseFee``: a fee is then refused."""
    validators: tuple[bytes, ...] = ()
    """Set that block 0 must name, as configured; empty trusts block 0's hash, which covers it."""
    transitions: Mapping[int, tuple[bytes, ...]] = field(
        default_factory=lambda: MappingProxyType({})
    )
    """Block number -> validators that replace the set from that block on."""

    @property
    def name(self) -> str:
        """Name of the consensus."""
        return "qbft"

    def hash(self, header: Header) -> bytes:
        """Return the hash of a block; round and seals are not part of it."""
        return block_hash(header)

    def genesis(self, header: Header, trusted_hash: bytes) -> QbftState:
        """Return the state after block 0, which must hash to the trust root."""
        extra = decode_extra(header.extra_data)
        actual, _ = header_hashes(header, extra)
        if actual != trusted_hash or header.number != 0:
            raise HeaderRefused("Block 0 is not the trusted one: this is another chain.")
        if not extra.validators or not is_ascending(extra.validators):
            raise HeaderRefused("Block 0 names no ascending list of validators.")
        if self.validators and extra.validators != self.validators:
            raise HeaderRefused("Block 0 names other validators than configured.")
        return self._after(QbftState(header, actual, extra.validators), None)

    def verify(self, parent: ChainState, header: Header, now_s: float) -> QbftState:
        """Verify a header against the state after its parent; see :func:`verify_header`."""
        if not isinstance(parent, QbftState):
            raise HeaderRefused("The parent was verified under other rules.")
        return verify_header(self, parent, header, now_s)

    def _after(self, state: QbftState, vote: Vote | None) -> QbftState:
        """Apply a block's vote, the epoch and transitions to the set it was sealed by."""
        number = state.header.number
        if number % self.epoch_length == 0:
            # The votes of an epoch end with it; its first block's own vote is ignored.
            state = replace(state, votes=())
        elif vote is not None:
            validators, votes = count_vote(
                state.validators, state.votes, state.header.beneficiary, vote
            )
            state = replace(state, validators=validators, votes=votes)
        override = self.transitions.get(number + 1)
        return state if override is None else replace(state, validators=override, votes=())

    def pack(self, state: ChainState) -> bytes:
        """Return a state as RLP([header, validators, votes])."""
        if not isinstance(state, QbftState):
            raise TypeError("only a state of these rules can be packed")
        votes: list[Rlp] = [[a, b, b"\x01" if add else b""] for a, b, add in state.votes]
        validators: list[Rlp] = list(state.validators)
        return rlp_encode([header_to_rlp(state.header), validators, votes])

    def unpack(self, data: bytes) -> QbftState:
        """Return a state packed by :meth:`pack`; it was verified before it was stored."""
        raw, validators, votes = as_list(rlp_decode(data), 3)
        header = header_from_rlp(as_bytes(raw))
        tally = tuple(
            (as_bytes(a, 20), as_bytes(b, 20), as_int(add) == 1)
            for a, b, add in (as_list(vote, 3) for vote in as_list(votes))
        )
        members = tuple(as_bytes(item, 20) for item in as_list(validators))
        return QbftState(header, block_hash(header), members, tally)


def verify_header(rules: QbftRules, parent: QbftState, header: Header, now_s: float) -> QbftState:
    """Verify one header against the state after its parent and return the state after it.

    ``now_s`` is Unix seconds. Raises EncodingFault or HeaderRefused with the rule that is
    broken; HeaderTooEarly when the header may become valid later.
    """
    check_link(parent.header, parent.block_hash, header)
    _check_constants(rules, header)
    extra = decode_extra(header.extra_data)
    if extra.validators != parent.validators:
        raise HeaderRefused("The header lists other validators than the votes elected.")
    if header.beneficiary not in parent.validators:
        raise HeaderRefused("The proposer is no validator.")
    actual, sealed = header_hashes(header, extra)
    check_seals(sealed, extra.seals, parent.validators)
    if header.timestamp > now_s + rules.max_drift_s:
        raise HeaderTooEarly(
            f"The header lies {header.timestamp - now_s:.0f} s in the future; "
            "check this machine's clock."
        )
    state = QbftState(header, actual, parent.validators, parent.votes)
    return rules._after(state, extra.vote)


def _check_constants(rules: QbftRules, header: Header) -> None:
    """Check what is the same in every QBFT block (there is no rule on the nonce)."""
    if header.mix_hash != MIX_HASH:
        raise HeaderRefused("The mix hash is not the one of BFT blocks.")
    if header.difficulty != DIFFICULTY:
        raise HeaderRefused("The difficulty is not 1.")
    if header.ommers_hash != EMPTY_LIST_HASH:
        raise HeaderRefused("The header names uncles.")
    if rules.base_fee == "zero" and header.base_fee not in (None, 0):
        raise HeaderRefused("The header asks for a base fee on a network without one.")
