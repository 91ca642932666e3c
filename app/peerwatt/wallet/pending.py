"""What the owner has sent: a pure state machine from signed to final, for one account.

    SENT ──receipt──► IN_BLOCK ──final block reached──► FINAL
      ▲                  │
      └──── reorg ───────┘
    SENT ──nonce used by a stranger, final──► REPLACED      SENT ──every endpoint refused──► DROPPED

One intent has one nonce and one or more attempts with that nonce: the first transaction, dearer
replacements, a cancellation. Whichever gets into a block decides; none can execute beside another.
A nonce is handed out only while no living intent holds it, and gaps are filled first. A dropped
intent frees its nonce; should a stranger's copy of it be mined all the same, the receipt revives
it and whoever took the nonce since is the replaced one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from .fees import highest_price_wei, replaces
from .secret import WalletFault
from .signer import Fees

STUCK_AFTER_S = 300.0


class State(StrEnum):
    """Where an intent stands."""

    SENT = "sent"
    IN_BLOCK = "in block"
    FINAL = "final"
    DROPPED = "dropped"
    REPLACED = "replaced"


class Purpose(StrEnum):
    """Why an attempt was signed."""

    SEND = "send"
    REPLACE = "replace"
    CANCEL = "cancel"


LIVING = (State.SENT, State.IN_BLOCK, State.FINAL)


@dataclass(frozen=True, slots=True)
class Attempt:
    """One signed transaction."""

    transaction_hash: str
    raw: str
    """Signed bytes, 0x hex: sending them again is harmless."""
    purpose: Purpose
    fees: Fees
    sent_s: float


@dataclass(frozen=True, slots=True)
class Mined:
    """A proven receipt of an attempt."""

    transaction_hash: str
    block_number: int
    succeeded: bool


@dataclass(frozen=True, slots=True)
class Intent:
    """Something that the owner wants to happen once."""

    intent_id: str
    nonce: int
    what: str
    attempts: tuple[Attempt, ...]
    """Oldest first; never empty."""
    state: State = State.SENT
    mined: Mined | None = None

    @property
    def latest(self) -> Attempt:
        """The attempt that is sent again."""
        return self.attempts[-1]

    @property
    def was_cancelled(self) -> bool:
        """Whether what got into a block is the cancellation."""
        return self.mined is not None and any(
            attempt.purpose is Purpose.CANCEL
            and attempt.transaction_hash == self.mined.transaction_hash
            for attempt in self.attempts
        )

    @property
    def words(self) -> str:
        """The state for the screen."""
        if self.mined is None:
            return str(self.state)
        done = "cancelled" if self.was_cancelled else "done"
        outcome = done if self.mined.succeeded else "failed"
        if self.state is State.FINAL:
            return f"{outcome}, final in block {self.mined.block_number}"
        return f"{outcome}, in block {self.mined.block_number}"


@dataclass(frozen=True, slots=True)
class Observation:
    """What was proven at one head. All values belong to the same chain of headers."""

    head_nonce: int
    """The account's nonce after the newest verified block."""
    final_nonce: int
    """Its nonce after the newest final block."""
    final_block: int
    """Number of the newest final block; on chains with immediate finality the head's."""
    receipts: Mapping[str, Mined]
    """By hash: every receipt of our attempts that this chain of headers holds."""


@dataclass(frozen=True, slots=True)
class PendingSet:
    """All intents of one account, in the order in which they were added."""

    head_nonce: int = 0
    intents: tuple[Intent, ...] = ()

    @property
    def next_nonce(self) -> int:
        """The first nonce that is neither used nor held by a living intent."""
        held = {intent.nonce for intent in self.intents if intent.state in LIVING}
        nonce = self.head_nonce
        while nonce in held:
            nonce += 1
        return nonce

    @property
    def to_send_again(self) -> tuple[Attempt, ...]:
        """The newest attempt of each intent that is in no block, by nonce."""
        waiting = [intent for intent in self.intents if intent.state is State.SENT]
        return tuple(intent.latest for intent in sorted(waiting, key=lambda one: one.nonce))

    def get(self, intent_id: str) -> Intent:
        """Return an intent. Raises WalletFault."""
        for intent in self.intents:
            if intent.intent_id == intent_id:
                return intent
        raise WalletFault("There is no such transaction.", "intent")


def add(pending: PendingSet, intent_id: str, nonce: int, what: str, attempt: Attempt) -> PendingSet:
    """Take up a signed intent; the same one twice changes nothing. Raises WalletFault.

    It has to be stored before it is sent, so that a crash between both is harmless.
    """
    for known in pending.intents:
        if known.intent_id == intent_id:
            if known.nonce == nonce and known.attempts[0] == attempt:
                return pending
            raise WalletFault("Another transaction has this name already.", "intent")
    if nonce != pending.next_nonce:
        raise WalletFault(
            f"The next nonce is {pending.next_nonce}, not {nonce}; prepare it again.", "nonce"
        )
    return replace(pending, intents=(*pending.intents, Intent(intent_id, nonce, what, (attempt,))))


def substitute(pending: PendingSet, intent_id: str, nonce: int, attempt: Attempt) -> PendingSet:
    """Add a replacement or a cancellation with the nonce of its intent. Raises WalletFault."""
    intent = pending.get(intent_id)
    if intent.state is not State.SENT:
        raise WalletFault(f"This transaction is {intent.words} and cannot be replaced.", "intent")
    if attempt.purpose is Purpose.SEND or nonce != intent.nonce:
        raise WalletFault("A replacement has the nonce of what it replaces.", "nonce")
    if not replaces(attempt.fees, intent.latest.fees):
        raise WalletFault("A replacement pays at least 10 % more of both prices.", "fees")
    changed = replace(intent, attempts=(*intent.attempts, attempt))
    return _with(pending, {intent_id: changed})


def drop(pending: PendingSet, intent_id: str) -> PendingSet:
    """Give up an intent that every endpoint refused, so that its nonce is free again."""
    intent = pending.get(intent_id)
    if intent.state is not State.SENT:
        raise WalletFault(f"This transaction is {intent.words} and cannot be dropped.", "intent")
    return _with(pending, {intent_id: replace(intent, state=State.DROPPED)})


def observe(pending: PendingSet, seen: Observation) -> PendingSet:
    """Return what follows from newly proven state. What is final stays as it is."""
    changed = {intent.intent_id: _observed(intent, seen) for intent in pending.intents}
    return replace(_with(pending, changed), head_nonce=seen.head_nonce)


def _observed(intent: Intent, seen: Observation) -> Intent:
    if intent.state in (State.FINAL, State.REPLACED):
        return intent
    hashes = (attempt.transaction_hash for attempt in intent.attempts)
    mined = next((seen.receipts[one] for one in hashes if one in seen.receipts), None)
    if mined is not None:
        is_final = mined.block_number <= seen.final_block
        return replace(intent, state=State.FINAL if is_final else State.IN_BLOCK, mined=mined)
    if intent.state is State.DROPPED:
        return intent
    if seen.final_nonce > intent.nonce:
        return replace(intent, state=State.REPLACED, mined=None)
    return replace(intent, state=State.SENT, mined=None)


def _with(pending: PendingSet, changed: Mapping[str, Intent]) -> PendingSet:
    intents = tuple(changed.get(intent.intent_id, intent) for intent in pending.intents)
    return replace(pending, intents=intents)


def why_stuck(
    pending: PendingSet, intent: Intent, now_s: float, base_fee_wei: int | None = None
) -> str | None:
    """Return why an intent does not get into a block, in words; ``None`` while it may."""
    if intent.state is not State.SENT:
        return None
    held = {other.nonce for other in pending.intents if other.state in LIVING}
    missing = set(range(pending.head_nonce, intent.nonce)) - held
    if missing:
        return f"It waits for the nonce {min(missing)}, which nothing uses."
    if base_fee_wei is not None and highest_price_wei(intent.latest.fees) < base_fee_wei:
        return "Its highest fee is below what the chain asks now; replace it at a higher fee."
    if now_s - intent.latest.sent_s > STUCK_AFTER_S:
        return "No block has taken it for five minutes; send it again, replace or cancel it."
    return None
