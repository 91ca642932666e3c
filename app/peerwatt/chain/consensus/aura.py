"""AuRa: authors in turn by time, and finality by rounds. The rules of Energy Web Chain.

Source: OpenEthereum ``engines/authority_round`` and Nethermind ``Consensus.AuRa``. A block is
final when more than half of the validators (two thirds from ``two_thirds_block`` on) sealed it or
a block after it; until then a heavier chain may replace it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ..encoding import (
    EMPTY_LIST_HASH,
    Rlp,
    address_bytes,
    as_bytes,
    as_int,
    as_list,
    int_bytes,
    rlp_decode,
    rlp_encode,
)
from ..proofs.receipts import Receipt
from .aura_header import (
    AuraHeader,
    aura_block_hash,
    aura_header_from_json,
    aura_header_from_rlp,
    aura_header_to_rlp,
    aura_seal_hash,
)
from .aura_sets import ValidatorSource
from .bft import recover_signer
from .forking import NOBODY, ForkState, Weight
from .header import Header, HeaderRefused, HeaderTooEarly
from .linkage import check_linkage
from .options import MAX_NUMBER, WHERE, FieldFault, whole, whole_or_none
from .rules import ChainState

MAX_DIFFICULTY = (1 << 128) - 1
MAX_EXTRA_DATA = 32

Signed = tuple[int, bytes]
"""Number and author of a block."""
Pending = tuple[int, tuple[bytes, ...]]
"""Block that signalled a change, and the set that it signalled."""


@dataclass(frozen=True, slots=True)
class AuraState:
    """What is known after a verified block; ``validators`` stand in the order of their turns."""

    header: AuraHeader
    block_hash: bytes
    author: bytes
    validators: tuple[bytes, ...]
    open_blocks: tuple[Signed, ...]
    """Blocks since the last change of the set that are not final yet, ascending."""
    pending: Pending | None
    total_difficulty: int
    """Counted from the trusted block on."""

    @property
    def validator_count(self) -> int:
        """Number of validators after this block."""
        return len(self.validators)


@dataclass(frozen=True, slots=True)
class AuraRules:
    """Parameters of one AuRa network (chain specification ``engine.authorityRound.params``)."""

    validators: tuple[bytes, ...]
    """Set after the trusted block, in the order of its turns."""
    step_duration_s: int = 5
    source: ValidatorSource = field(default_factory=ValidatorSource)
    two_thirds_block: int | None = None
    london_block: int | None = None
    max_step_drift: int = 4
    """Steps by which a header may be ahead of the clock, or its step and time apart."""

    @property
    def name(self) -> str:
        """Name of the consensus."""
        return "aura"

    @property
    def finality(self) -> str:
        """Final after a majority of the validators built on a block."""
        return "after a majority of validators"

    def hash(self, header: Header) -> bytes:
        """Return the hash of a block, seal included."""
        return aura_block_hash(_aura(header))

    def read(self, block: object) -> AuraHeader:
        """Read a block as JSON-RPC gives it. Raises EncodingFault."""
        return aura_header_from_json(block)

    def parse(self, data: bytes) -> AuraHeader:
        """Read a header's RLP. Raises EncodingFault."""
        return aura_header_from_rlp(data)

    def write(self, header: Header) -> bytes:
        """Return a header's RLP."""
        return aura_header_to_rlp(_aura(header))

    def genesis(self, header: Header, trusted_hash: bytes) -> AuraState:
        """Return the state after the trusted block, by default block 0."""
        header = _aura(header)
        actual = aura_block_hash(header)
        if actual != trusted_hash:
            raise HeaderRefused("The trusted block is another one: this is another chain.")
        return AuraState(header, actual, NOBODY, self.validators, (), None, header.difficulty)

    def wants_receipts(self, parent: ChainState, header: Header) -> bool:
        """Whether the block may signal new validators while none are pending."""
        state = _state(parent)
        return state.pending is None and self.source.may_change(header)

    def verify(
        self,
        parent: ChainState,
        header: Header,
        now_s: float,
        receipts: Sequence[Receipt] | None = None,
    ) -> AuraState:
        """Verify a header against the state after its parent and return the state after it.

        ``receipts`` are the block's, proven, where :meth:`wants_receipts`; ``now_s`` is Unix
        seconds. Raises HeaderRefused with the rule that is broken; HeaderTooEarly when the header
        may become valid later.
        """
        before, header = _state(parent), _aura(header)
        check_linkage(before.header, before.block_hash, header, self.london_block)
        if header.ommers_hash != EMPTY_LIST_HASH or len(header.extra_data) > MAX_EXTRA_DATA:
            raise HeaderRefused("The header names uncles or carries too much extra data.")
        self._check_step(before.header, header)
        author = recover_signer(aura_seal_hash(header), header.signature)
        if author != header.beneficiary:
            raise HeaderRefused("The author did not sign the block.")
        if author != before.validators[header.step % len(before.validators)]:
            raise HeaderRefused("It was not the author's turn in this step.")
        self._check_clock(header, now_s)
        if receipts is None and self.wants_receipts(parent, header):
            raise HeaderRefused("The block may change the validators; its receipts are needed.")
        signalled = self.source.signalled(header, receipts or ())
        return self._after(before, header, author, signalled)

    def _check_step(self, parent: AuraHeader, header: AuraHeader) -> None:
        """Check step, time and difficulty against each other and the parent."""
        if header.timestamp <= parent.timestamp:
            raise HeaderRefused("The header is not later than its parent.")
        if header.step <= parent.step:
            raise HeaderRefused("The header's step is not after its parent's.")
        if abs(header.step - header.timestamp // self.step_duration_s) > self.max_step_drift:
            raise HeaderRefused("The header's step does not belong to its time.")
        if header.difficulty != MAX_DIFFICULTY + parent.step - header.step:
            raise HeaderRefused("The difficulty does not follow from the steps.")

    def _check_clock(self, header: AuraHeader, now_s: float) -> None:
        current = int(now_s) // self.step_duration_s
        if header.step > current + self.max_step_drift:
            ahead_s = (header.step - current) * self.step_duration_s
            raise HeaderTooEarly(
                f"The header lies {ahead_s} s in the future; check this machine's clock."
            )

    def _after(
        self,
        parent: AuraState,
        header: AuraHeader,
        author: bytes,
        signalled: tuple[bytes, ...] | None,
    ) -> AuraState:
        """Return the state after a verified block, with the set that seals the next one."""
        number = header.number
        pending = parent.pending
        if pending is None and signalled is not None:
            pending = (number, signalled)
        state = AuraState(
            header=header,
            block_hash=aura_block_hash(header),
            author=author,
            validators=parent.validators,
            open_blocks=self._still_open(
                (*parent.open_blocks, (number, author)), parent.validators
            ),
            pending=pending,
            total_difficulty=parent.total_difficulty + header.difficulty,
        )
        listed = self.source.lists.get(number)
        if listed is not None:
            return replace(state, validators=listed, open_blocks=(), pending=None)
        first_open = state.open_blocks[0][0] if state.open_blocks else number + 1
        if pending is not None and pending[0] < first_open:
            return replace(state, validators=pending[1], open_blocks=(), pending=None)
        return state

    def _still_open(
        self, blocks: tuple[Signed, ...], validators: tuple[bytes, ...]
    ) -> tuple[Signed, ...]:
        """Return the blocks that are not final; those before them are."""
        authors: set[bytes] = set()
        for at in range(len(blocks) - 1, -1, -1):
            number, author = blocks[at]
            authors.add(author)
            if self._is_majority(number, len(authors), len(validators)):
                return blocks[at + 1 :]
        return blocks

    def _is_majority(self, number: int, authors: int, validators: int) -> bool:
        if self.two_thirds_block is not None and number >= self.two_thirds_block:
            return authors * 3 > validators * 2
        return authors * 2 > validators

    def weight(self, state: ForkState) -> Weight:
        """Total difficulty; among equals the lower hash, as no source orders them."""
        return state.total_difficulty, -int.from_bytes(state.block_hash, "big")

    def settles(self, state: ForkState, later: frozenset[bytes]) -> bool:
        """Whether a majority sealed the block or one after it; a new set counts anew."""
        seals = (later & frozenset(state.validators)) | {state.author}
        return self._is_majority(state.header.number, len(seals), len(state.validators))

    def pack(self, state: ChainState) -> bytes:
        """Return a state as RLP."""
        known = _state(state)
        validators: list[Rlp] = list(known.validators)
        open_blocks: list[Rlp] = [[int_bytes(number), who] for number, who in known.open_blocks]
        pending: list[Rlp] = []
        if known.pending is not None:
            pending = [int_bytes(known.pending[0]), list(known.pending[1])]
        total = int_bytes(known.total_difficulty)
        header = aura_header_to_rlp(known.header)
        return rlp_encode([header, known.author, validators, open_blocks, pending, total])

    def unpack(self, data: bytes) -> AuraState:
        """Return a state packed by :meth:`pack`; it was verified before it was stored."""
        raw, author, validators, open_blocks, pending, total = as_list(rlp_decode(data), 6)
        header = aura_header_from_rlp(as_bytes(raw))
        waiting = as_list(pending)
        return AuraState(
            header=header,
            block_hash=aura_block_hash(header),
            author=as_bytes(author, 20),
            validators=_addresses(validators),
            open_blocks=tuple(
                (as_int(number, 64), as_bytes(who, 20))
                for number, who in (as_list(item, 2) for item in as_list(open_blocks))
            ),
            pending=(as_int(waiting[0], 64), _addresses(waiting[1])) if waiting else None,
            total_difficulty=as_int(total),
        )


def _addresses(items: Rlp) -> tuple[bytes, ...]:
    return tuple(as_bytes(item, 20) for item in as_list(items))


def _aura(header: Header) -> AuraHeader:
    if not isinstance(header, AuraHeader):
        raise HeaderRefused("The header has no step and signature.")
    return header


def _state(state: ChainState) -> AuraState:
    if not isinstance(state, AuraState):
        raise HeaderRefused("The parent was verified under other rules.")
    return state


def rules_from(consensus: Mapping[str, Any], validators: Sequence[bytes] = ()) -> AuraRules:
    """Return the rules that a network's description asks for.

    ``consensus`` has ``step_duration_s``, ``validators`` (the set after the trusted block, in the
    order of its turns; or given as argument), ``validator_lists`` (block -> list),
    ``validator_contract``, ``two_thirds_block``, ``london_block`` and
    ``max_step_drift``. Raises ValueError with one sentence; EncodingFault for a malformed address.
    """
    first = tuple(address_bytes(item) for item in consensus.get("validators", ()))
    first = first or tuple(validators)
    if not first:
        raise ValueError("An AuRa network needs the validators after its trusted block.")
    if consensus.get("empty_steps"):
        raise ValueError("AuRa networks with empty steps are not supported.")
    duration_s = consensus.get("step_duration_s", 5)
    if type(duration_s) is not int or not 1 <= duration_s < MAX_NUMBER:
        raise ValueError(
            "step_duration_s must be one number of seconds; changes are not supported."
        )
    contract = consensus.get("validator_contract")
    return AuraRules(
        validators=first,
        step_duration_s=duration_s,
        source=ValidatorSource(
            _lists(consensus), None if contract is None else address_bytes(contract)
        ),
        two_thirds_block=whole_or_none(consensus, "two_thirds_block", WHERE),
        london_block=whole_or_none(consensus, "london_block", WHERE),
        max_step_drift=whole(consensus, "max_step_drift", WHERE, 4),
    )


def _lists(consensus: Mapping[str, Any]) -> Mapping[int, tuple[bytes, ...]]:
    """Return the lists of validators by the block after which they take over."""
    given = consensus.get("validator_lists", {})
    if not isinstance(given, Mapping) or not all(map(_is_number, given)):
        raise FieldFault("the field consensus.validator_lists must map blocks to lists")
    lists = {int(n): tuple(address_bytes(item) for item in listed) for n, listed in given.items()}
    if not all(lists.values()):
        raise ValueError("A list of validators is empty.")
    return lists


def _is_number(text: object) -> bool:
    """Whether JSON's key, or Python's, is a plain number of a block."""
    plain = str(text)
    return plain.isascii() and plain.isdecimal() and len(plain) <= 20
