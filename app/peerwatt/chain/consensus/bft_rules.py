"""Rules of QBFT and IBFT 2.0: by which a header is believed, one by one or by skipping.

Blocks are final at once: two valid headers at one height prove that more than a third of the
validators signed both. Source: Besu ``QbftBlockHeaderValidationRulesetFactory``, ``VoteTally``.
"""

from __future__ import annotations

import logging
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, Literal

from ..encoding import Rlp, as_bytes, as_list, rlp_decode, rlp_encode
from .base_fee import BaseFeeRule, check_base_fee
from .bft import (
    BftCodec,
    BftExtra,
    Tally,
    Vote,
    check_constants,
    check_fork,
    check_link,
    check_seals,
    check_time,
    count_vote,
    elected,
    is_ascending,
    trusted_overlap,
)
from .header import Header, HeaderRefused, header_from_rlp, header_to_rlp
from .rules import ChainState
from .schedule import Schedule, Transition
from .validator_contract import ContractQuery, ValidatorContract

log = logging.getLogger(__name__)


class OverlapTooSmall(HeaderRefused):
    """Too few of the trusted validators sealed a header to skip to it; a nearer one may do."""


class TrustExpired(HeaderRefused):
    """The trusted block is older than the trusting period; the owner must give a new one."""


@dataclass(frozen=True, slots=True)
class BftState:
    """What is known after a verified block: who may seal the next one, and pending votes."""

    header: Header
    block_hash: bytes
    validators: tuple[bytes, ...]
    votes: Tally | None = ()
    """``None`` while votes cast before the trusted block may be pending: until the next epoch."""
    contract_root: bytes | None = None
    """Storage root of the validator contract under which ``validators`` were proven."""
    is_proven: bool = True
    """Whether ``validators`` is the set of the next block; else its contract must be asked."""

    @property
    def validator_count(self) -> int:
        """Number of validators after this block."""
        return len(self.validators)


@dataclass(frozen=True)
class BftRules(ABC):
    """Parameters of one network (Besu genesis ``config.qbft`` or ``ibft2``, ``transitions``)."""

    epoch_length: int = 30_000
    max_drift_s: int = 15
    """How far in the future a header's time may lie, seconds."""
    base_fee: BaseFeeRule = "any"
    validators: tuple[bytes, ...] = ()
    """Set that the trusted block must name; empty trusts its hash, which covers the set."""
    transitions: tuple[Transition, ...] = ()
    contract: ValidatorContract | None = None
    """Which contract holds the validators from the genesis on; ``None`` for votes in headers."""
    period_s: int = 0
    """Least seconds between blocks."""
    tally: Literal["strict", "overlap"] = "strict"
    """``overlap`` also takes a set that differs from our tally of votes when a third plus one of
    the set we know sealed it: Besu before 26.2 kept votes to drop over epochs (its #9870)."""

    name: ClassVar[str]
    codec: ClassVar[BftCodec]

    def __post_init__(self) -> None:
        """Build the schedule. Raises ValueError for transitions that contradict themselves."""
        schedule = Schedule(self.transitions, self.contract, self.period_s)
        object.__setattr__(self, "_schedule", schedule)

    _schedule: ClassVar[Schedule]

    @property
    def finality(self) -> str:
        """A sealed block is final at once."""
        return "immediate"

    @abstractmethod
    def check_nonce(self, header: Header) -> None:
        """Check the nonce where the protocol has a rule on it. Raises HeaderRefused."""

    def hash(self, header: Header) -> bytes:
        """Return the hash of a block; round and seals are not part of it."""
        return self.codec.hashes(header, self.codec.decode(header.extra_data))[0]

    # -- the trust root ----------------------------------------------------------------------

    def genesis(self, header: Header, trusted_hash: bytes) -> BftState:
        """Return the state after the trusted block: block 0 or a later one."""
        extra = self.codec.decode(header.extra_data)
        actual, _ = self.codec.hashes(header, extra)
        name = f"Block {header.number}"
        if actual != trusted_hash:
            raise HeaderRefused(f"{name} is not the trusted one: this is another chain.")
        if self._schedule.contract_at(header.number) is None:
            if not extra.validators or not is_ascending(extra.validators):
                raise HeaderRefused(f"{name} names no ascending list of validators.")
            if self.validators and extra.validators != self.validators:
                raise HeaderRefused(f"{name} names other validators than configured.")
        elif extra.validators:
            raise HeaderRefused(f"{name} names validators although a contract holds them.")
        return self._after(BftState(header, actual, extra.validators, None), extra.vote)

    # -- one by one --------------------------------------------------------------------------

    def verify(self, parent: ChainState, header: Header, now_s: float) -> BftState:
        """Verify one header against the state after its parent and return the state after it.

        ``now_s`` is Unix seconds. Raises EncodingFault or HeaderRefused with the rule that is
        broken; HeaderTooEarly when the header may become valid later.
        """
        known = self.own(parent)
        check_link(known.header, known.block_hash, header)
        if header.timestamp < known.header.timestamp + self._schedule.period_at(header.number):
            raise HeaderRefused("The header follows its parent sooner than the block period.")
        check_base_fee(self.base_fee, known.header, header)
        self._check_alone(header)
        extra = self.codec.decode(header.extra_data)
        sealers = self._sealers(known, header, extra)
        actual, signers = self._sealed_by(header, extra, sealers)
        if sealers != known.validators and known.votes is not None:
            check_overlap(signers, known.validators)
            log.warning("Block %d lists other validators than the votes elected.", header.number)
            known = replace(known, votes=None)
        check_time(header, now_s, self.max_drift_s)
        state = BftState(header, actual, sealers, known.votes, known.contract_root)
        return self._after(state, extra.vote)

    def _check_alone(self, header: Header) -> None:
        check_constants(header)
        self.check_nonce(header)

    def _sealed_by(
        self, header: Header, extra: BftExtra, sealers: tuple[bytes, ...]
    ) -> tuple[bytes, set[bytes]]:
        """Return (block hash, who sealed it); a quorum of ``sealers`` did."""
        if header.beneficiary not in sealers:
            raise HeaderRefused("The proposer is no validator.")
        actual, digest = self.codec.hashes(header, extra)
        return actual, check_seals(digest, extra.seals, sealers)

    def _sealers(self, parent: BftState, header: Header, extra: BftExtra) -> tuple[bytes, ...]:
        """Return the set that must have sealed a header."""
        if self._schedule.contract_at(header.number) is not None:
            if extra.validators or extra.vote is not None:
                raise HeaderRefused("The header lists validators although a contract holds them.")
            if not parent.is_proven:
                raise HeaderRefused("The validators of this block are not proven yet.")
            return parent.validators
        listed = extra.validators
        if listed == parent.validators:
            return listed
        if parent.votes is None:
            # Votes older than the trusted block may have made the parent's own vote pass.
            vote = self.codec.decode(parent.header.extra_data).vote
            if vote is not None and listed == elected(parent.validators, vote):
                return listed
        if self.tally == "overlap" and listed and is_ascending(listed):
            return listed
        raise HeaderRefused("The header lists other validators than the votes elected.")

    def _after(self, state: BftState, vote: Vote | None) -> BftState:
        """Apply a block's vote, the epoch and transitions to the set it was sealed by."""
        number = state.header.number
        contract = self._schedule.contract_at(number + 1)
        if contract is not None:
            same = contract == self._schedule.contract_at(number)
            root = state.contract_root if same else None
            return replace(state, votes=(), contract_root=root, is_proven=False)
        votes, validators = state.votes, state.validators
        override = self._schedule.validators_at(number + 1)
        if override is not None:
            validators, votes = override, ()
        if number % self.epoch_length == 0:
            # The votes of an epoch end with it; its first block's own vote is ignored.
            votes = ()
        elif vote is not None and votes is not None:
            validators, votes = count_vote(validators, votes, state.header.beneficiary, vote)
        if validators is state.validators and votes is state.votes and not state.contract_root:
            return state
        return replace(state, validators=validators, votes=votes, contract_root=None)

    # -- skipping ----------------------------------------------------------------------------

    def skip(
        self,
        trusted: ChainState,
        header: Header,
        now_s: float,
        trusting_period_s: float,
        validators: tuple[bytes, ...] | None = None,
    ) -> BftState:
        """Return the state after a later header, from seals of those trusted already.

        A quorum of the set that the header lists must have sealed it, and among them floor(N /
        3) + 1 of the trusted set. ``validators`` is the proven set where a contract holds it.
        """
        known = self.own(trusted)
        if now_s > known.header.timestamp + trusting_period_s:
            raise TrustExpired(
                f"The trusted block {known.header.number} is older than the trusting period of "
                f"{trusting_period_s / 86400:g} days; ask your community for a recent block's "
                "number and hash and enter them as the new trust root."
            )
        if header.number <= known.header.number or header.timestamp <= known.header.timestamp:
            raise HeaderRefused("The header is not later than the trusted one.")
        check_fork(known.header, header)
        check_base_fee("zero" if self.base_fee == "zero" else "any", None, header)
        self._check_alone(header)
        extra = self.codec.decode(header.extra_data)
        sealers = self._listed(header, extra, validators)
        actual, signers = self._sealed_by(header, extra, sealers)
        check_time(header, now_s, self.max_drift_s)
        check_overlap(signers, known.validators)
        return self._after(BftState(header, actual, sealers, None), extra.vote)

    def _listed(
        self, header: Header, extra: BftExtra, proven: tuple[bytes, ...] | None
    ) -> tuple[bytes, ...]:
        if self._schedule.contract_at(header.number) is None:
            if not is_ascending(extra.validators):
                raise HeaderRefused("The header's validators are not in ascending order.")
            return extra.validators
        if extra.validators or extra.vote is not None:
            raise HeaderRefused("The header lists validators although a contract holds them.")
        if proven is None:
            raise HeaderRefused("The validators of this block are not proven yet.")
        return proven

    def linked(self, header: Header, child: ChainState) -> BftState:
        """Return the state after the parent of a verified block, believed by its hash alone."""
        known = self.own(child)
        actual = self.hash(header)
        if actual != known.header.parent_hash or header.number != known.header.number - 1:
            raise HeaderRefused("The header is not the parent of the verified one.")
        sealers = self.codec.decode(known.header.extra_data).validators
        return BftState(header, actual, sealers, None, is_proven=bool(sealers))

    # -- validators held by a contract -------------------------------------------------------

    def contract_at(self, number: int) -> ValidatorContract | None:
        """Return the contract that holds the validators of a block, if one does."""
        return self._schedule.contract_at(number)

    def contract_query(
        self, parent: Header, known_root: bytes | None = None
    ) -> ContractQuery | None:
        """Return what tells the validators of the block after ``parent``, if a contract does."""
        contract = self._schedule.contract_at(parent.number + 1)
        if contract is None:
            return None
        return ContractQuery(contract, parent.number, parent.state_root, known_root)

    def validators_needed(self, state: ChainState) -> ContractQuery | None:
        """Return what must be proven before a child of this block can be verified."""
        known = self.own(state)
        return None if known.is_proven else self.contract_query(known.header, known.contract_root)

    def with_validators(
        self, state: ChainState, validators: tuple[bytes, ...], storage_root: bytes
    ) -> BftState:
        """Return the state with the set that a proof of its contract showed."""
        return replace(
            self.own(state), validators=validators, contract_root=storage_root, is_proven=True
        )

    # -- the local store ---------------------------------------------------------------------

    def pack(self, state: ChainState) -> bytes:
        """Return a state as RLP([header, validators, votes, contract root, is proven])."""
        known = self.own(state)
        votes: Rlp = b"?"
        if known.votes is not None:
            votes = [[a, b, b"\x01" if add else b""] for a, b, add in known.votes]
        proven = b"\x01" if known.is_proven else b""
        validators: list[Rlp] = list(known.validators)
        root = known.contract_root or b""
        return rlp_encode([header_to_rlp(known.header), validators, votes, root, proven])

    def unpack(self, data: bytes) -> BftState:
        """Return a state packed by :meth:`pack`; it was verified before it was stored."""
        raw, validators, votes, root, proven = as_list(rlp_decode(data), 5)
        header = header_from_rlp(as_bytes(raw))
        return BftState(
            header,
            self.hash(header),
            tuple(as_bytes(item, 20) for item in as_list(validators)),
            None if votes == b"?" else _tally(as_list(votes)),
            as_bytes(root) or None,
            as_bytes(proven) == b"\x01",
        )

    def own(self, state: ChainState) -> BftState:
        """Return a state of these rules as what it is. Raises HeaderRefused for another's."""
        if not isinstance(state, BftState):
            raise HeaderRefused("The parent was verified under other rules.")
        return state


def check_overlap(signers: set[bytes], trusted: Sequence[bytes]) -> None:
    """Check that enough of a trusted set are among the signers. Raises OverlapTooSmall."""
    found, least = len(signers.intersection(trusted)), trusted_overlap(len(trusted))
    if found < least:
        raise OverlapTooSmall(f"{found} trusted validators sealed where {least} are needed.")


def _tally(items: Sequence[Rlp]) -> Tally:
    votes = []
    for item in items:
        voter, target, add = as_list(item, 3)
        votes.append((as_bytes(voter, 20), as_bytes(target, 20), as_bytes(add) == b"\x01"))
    return tuple(votes)
