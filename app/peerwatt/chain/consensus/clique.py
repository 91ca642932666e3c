"""Clique: signers in turn, votes and epochs. The rules by which blocks are believed.

Source: EIP-225, EIP-3436 (which of two equal chains) and geth's ``consensus/clique``. Blocks are
not final: a signer may build on another branch, so a block counts as settled only when more than
half of the signers built on it.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..encoding import (
    EMPTY_LIST_HASH,
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
from ..proofs.receipts import Receipt
from .bft import Tally, Vote, is_ascending, recover_signer
from .forking import NOBODY, ForkState, Weight
from .header import (
    Header,
    HeaderRefused,
    header_from_json,
    header_from_rlp,
    header_parts,
    header_to_rlp,
    plain_hash,
)
from .linkage import check_linkage, check_time
from .options import WHERE, FieldFault, whole, whole_or_none
from .rules import ChainState

VANITY_BYTES = 32
SEAL_BYTES = 65
IN_TURN, OUT_OF_TURN = 2, 1
ADD, DROP = b"\xff" * 8, bytes(8)


@dataclass(frozen=True, slots=True)
class CliqueExtra:
    """Content of extraData: vanity, signers (only in the first block of an epoch), seal."""

    vanity: bytes
    signers: tuple[bytes, ...]
    seal: bytes


def decode_extra(data: bytes) -> CliqueExtra:
    """Split extraData. Raises HeaderRefused when it is too short or of a broken length."""
    body = data[VANITY_BYTES:-SEAL_BYTES]
    if len(data) < VANITY_BYTES + SEAL_BYTES or len(body) % 20:
        raise HeaderRefused("extraData is not 32 bytes, whole addresses and a seal of 65 bytes.")
    signers = tuple(body[at : at + 20] for at in range(0, len(body), 20))
    return CliqueExtra(data[:VANITY_BYTES], signers, data[-SEAL_BYTES:])


def seal_hash(header: Header) -> bytes:
    """Return what a signer signs: the header with its seal cut off extraData."""
    before, after = header_parts(header)
    unsealed = rlp_string(header.extra_data[:-SEAL_BYTES])
    return keccak(rlp_list_of(before + unsealed + after))


def signer_limit(signer_count: int) -> int:
    """Return in how many consecutive blocks a signer may seal one: floor(N / 2) + 1."""
    return signer_count // 2 + 1


@dataclass(frozen=True, slots=True)
class CliqueState:
    """What is known after a verified block; ``signers`` ascend."""

    header: Header
    block_hash: bytes
    author: bytes
    signers: tuple[bytes, ...]
    recents: tuple[tuple[int, bytes], ...]
    """(block, signer) of the newest blocks, as far back as the limit on signing looks."""
    votes: Tally
    total_difficulty: int

    @property
    def validators(self) -> tuple[bytes, ...]:
        """Who may seal the next block, recent signers included."""
        return self.signers

    @property
    def validator_count(self) -> int:
        """Number of signers after this block."""
        return len(self.signers)


@dataclass(frozen=True, slots=True)
class CliqueRules:
    """Parameters of one Clique network (genesis ``config.clique``)."""

    period_s: int = 15
    epoch_length: int = 30_000
    max_drift_s: int = 15
    """How far in the future a header's time may lie, seconds."""
    london_block: int | None = None
    signers: tuple[bytes, ...] = ()
    """Signers that the trusted block must name, as configured; empty trusts its hash."""

    @property
    def name(self) -> str:
        """Name of the consensus."""
        return "clique"

    @property
    def finality(self) -> str:
        """No block is final; the more signers built on it, the less likely it is replaced."""
        return "probabilistic"

    def hash(self, header: Header) -> bytes:
        """Return the hash of a block, seal included."""
        return plain_hash(header)

    def read(self, block: object) -> Header:
        """Read a block as JSON-RPC gives it. Raises EncodingFault."""
        return header_from_json(block)

    def parse(self, data: bytes) -> Header:
        """Read a header's RLP. Raises EncodingFault."""
        return header_from_rlp(data)

    def write(self, header: Header) -> bytes:
        """Return a header's RLP."""
        return header_to_rlp(header)

    def genesis(self, header: Header, trusted_hash: bytes) -> CliqueState:
        """Return the state after the trusted block, block 0 or the first of an epoch.

        It must hash to the trust root and list its signers. Who sealed the blocks before it is
        not known, so that the limit on signing often holds from it on only, as in geth.
        """
        actual = plain_hash(header)
        if actual != trusted_hash:
            raise HeaderRefused("The trusted block is another one: this is another chain.")
        signers = tuple(sorted(set(decode_extra(header.extra_data).signers)))
        if not signers:
            raise HeaderRefused("The trusted block names no signers.")
        if self.signers and signers != self.signers:
            raise HeaderRefused("The trusted block names other signers than configured.")
        return CliqueState(header, actual, NOBODY, signers, (), (), header.difficulty)

    def wants_receipts(self, parent: ChainState, header: Header) -> bool:  # noqa: ARG002
        """Never: votes stand in the headers."""
        return False

    def verify(
        self,
        parent: ChainState,
        header: Header,
        now_s: float,
        receipts: Sequence[Receipt] | None = None,  # noqa: ARG002
    ) -> CliqueState:
        """Verify a header against the state after its parent and return the state after it.

        ``now_s`` is Unix seconds. Raises HeaderRefused with the rule that is broken;
        HeaderTooEarly when the header may become valid later.
        """
        if not isinstance(parent, CliqueState):
            raise HeaderRefused("The parent was verified under other rules.")
        check_linkage(parent.header, parent.block_hash, header, self.london_block)
        if header.timestamp < parent.header.timestamp + self.period_s:
            raise HeaderRefused("The header follows its parent within less than the period.")
        is_epoch = header.number % self.epoch_length == 0
        _check_constants(header, is_epoch)
        _check_list(parent, decode_extra(header.extra_data).signers, is_epoch)
        author = _check_seal(parent, header)
        check_time(header, now_s, self.max_drift_s)
        return _after(parent, header, author, is_epoch)

    def weight(self, state: ForkState) -> Weight:
        """Total difficulty; among equals the order of EIP-3436.

        That is the lower number, then the author whose turn is longest ago, then the lower hash.
        """
        number, signers = state.header.number, state.validators
        # A signer that just dropped itself stands where it would be listed.
        turn = (number - bisect_left(signers, state.author)) % max(len(signers), 1)
        return state.total_difficulty, -number, turn, -int.from_bytes(state.block_hash, "big")

    def settles(self, state: ForkState, later: frozenset[bytes]) -> bool:
        """Whether floor(N / 2) + 1 signers built on a block."""
        return len(later.intersection(state.validators)) >= signer_limit(len(state.validators))

    def pack(self, state: ChainState) -> bytes:
        """Return a state as RLP."""
        if not isinstance(state, CliqueState):
            raise TypeError("only a state of these rules can be packed")
        signers: list[Rlp] = list(state.signers)
        recents: list[Rlp] = [[int_bytes(number), who] for number, who in state.recents]
        votes: list[Rlp] = [[a, b, b"\x01" if add else b""] for a, b, add in state.votes]
        total = int_bytes(state.total_difficulty)
        return rlp_encode(
            [header_to_rlp(state.header), state.author, signers, recents, votes, total]
        )

    def unpack(self, data: bytes) -> CliqueState:
        """Return a state packed by :meth:`pack`; it was verified before it was stored."""
        raw, author, signers, recents, votes, total = as_list(rlp_decode(data), 6)
        header = header_from_rlp(as_bytes(raw))
        return CliqueState(
            header=header,
            block_hash=plain_hash(header),
            author=as_bytes(author, 20),
            signers=tuple(as_bytes(item, 20) for item in as_list(signers)),
            recents=tuple(
                (as_int(number, 64), as_bytes(who, 20))
                for number, who in (as_list(item, 2) for item in as_list(recents))
            ),
            votes=tuple(
                (as_bytes(a, 20), as_bytes(b, 20), as_int(add) == 1)
                for a, b, add in (as_list(vote, 3) for vote in as_list(votes))
            ),
            total_difficulty=as_int(total),
        )


def _check_constants(header: Header, is_epoch: bool) -> None:
    """Check the fields that Clique fixes or uses for votes."""
    if header.mix_hash != bytes(32):
        raise HeaderRefused("The mix hash is not zero.")
    if header.ommers_hash != EMPTY_LIST_HASH:
        raise HeaderRefused("The header names uncles.")
    if header.nonce not in (ADD, DROP):
        raise HeaderRefused("The nonce is neither a vote to add nor one to drop.")
    if is_epoch and (header.nonce != DROP or header.beneficiary != NOBODY):
        raise HeaderRefused("The first block of an epoch carries a vote.")


def _check_list(parent: CliqueState, listed: tuple[bytes, ...], is_epoch: bool) -> None:
    """Check the list of signers: in the first block of an epoch it is the elected one."""
    if not is_epoch and listed:
        raise HeaderRefused("A block within an epoch lists signers.")
    if is_epoch and listed != parent.signers:
        raise HeaderRefused("The epoch's list of signers is not the one that was voted for.")


def _check_seal(parent: CliqueState, header: Header) -> bytes:
    """Check signer, turn and the limit on signing often; return the signer."""
    seal = decode_extra(header.extra_data).seal
    author = recover_signer(seal_hash(header), seal)
    if author not in parent.signers:
        raise HeaderRefused("The block was not sealed by a signer.")
    oldest = header.number - signer_limit(len(parent.signers))
    if any(who == author and number > oldest for number, who in parent.recents):
        raise HeaderRefused("The signer sealed one of the blocks just before.")
    in_turn = parent.signers[header.number % len(parent.signers)] == author
    if header.difficulty != (IN_TURN if in_turn else OUT_OF_TURN):
        raise HeaderRefused("The difficulty does not tell whether it was the signer's turn.")
    return author


def _after(parent: CliqueState, header: Header, author: bytes, is_epoch: bool) -> CliqueState:
    votes = () if is_epoch else parent.votes
    vote = Vote(header.beneficiary, header.nonce == ADD)
    signers, votes = count_vote(parent.signers, votes, author, vote)
    oldest = header.number - signer_limit(len(signers))
    recents = (*parent.recents, (header.number, author))
    return CliqueState(
        header=header,
        block_hash=plain_hash(header),
        author=author,
        signers=signers,
        recents=tuple(item for item in recents if item[0] > oldest),
        votes=votes,
        total_difficulty=parent.total_difficulty + header.difficulty,
    )


def count_vote(
    signers: tuple[bytes, ...], votes: Tally, voter: bytes, vote: Vote
) -> tuple[tuple[bytes, ...], Tally]:
    """Return signers and pending votes after a block that was sealed by ``voter``.

    Every block votes on its beneficiary; a vote that would change nothing (to drop a stranger, to
    add a signer) only withdraws the voter's earlier one. More than N / 2 votes pass. Only the
    block's own target may pass, even where an earlier change lowered the bar for others.
    """
    target = vote.target
    votes = tuple(v for v in votes if v[:2] != (voter, target))
    if vote.add != (target in signers):
        votes = (*votes, (voter, target, vote.add))
    standing = [v for v in votes if v[1] == target]
    if len(standing) <= len(signers) // 2:
        return signers, votes
    votes = tuple(v for v in votes if v[1] != target)
    if standing[0][2]:
        return tuple(sorted({*signers, target})), votes
    return tuple(s for s in signers if s != target), tuple(v for v in votes if v[0] != target)


def rules_from(consensus: Mapping[str, Any], signers: Sequence[bytes] = ()) -> CliqueRules:
    """Return the rules that a network's description asks for.

    ``consensus`` has ``period_s``, ``epoch_length``, ``max_drift_s`` and ``london_block``, all
    optional; ``signers`` are those that the trusted block must name. Raises ValueError with one
    sentence.
    """
    if not is_ascending(signers):
        raise ValueError("The signers are not in ascending order.")
    rules = CliqueRules(
        period_s=whole(consensus, "period_s", WHERE, 15),
        epoch_length=whole(consensus, "epoch_length", WHERE, 30_000),
        max_drift_s=whole(consensus, "max_drift_s", WHERE, 15),
        london_block=whole_or_none(consensus, "london_block", WHERE),
        signers=tuple(signers),
    )
    if rules.epoch_length < 1:
        raise FieldFault("the field consensus.epoch_length must be at least 1")
    return rules
