"""Stored intents as the wallet's state machine has them, and what it found back into them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from peerwatt.history.wallet_records import OwnerAttempt, OwnerIntent
from peerwatt.wallet.pending import Attempt, Intent, Mined, PendingSet, Purpose, State
from peerwatt.wallet.signer import Fees


def as_attempt(stored: OwnerAttempt) -> Attempt:
    """Return a stored attempt for the state machine."""
    return Attempt(
        transaction_hash=stored.transaction_hash,
        raw=stored.raw_transaction,
        purpose=Purpose(stored.purpose),
        fees=Fees(stored.gas_price_wei, stored.max_fee_wei, stored.tip_wei),
        sent_s=stored.sent_s,
    )


def stored_attempt(attempt: Attempt) -> OwnerAttempt:
    """Return an attempt as it is stored."""
    return OwnerAttempt(
        transaction_hash=attempt.transaction_hash,
        purpose=attempt.purpose.value,
        raw_transaction=attempt.raw,
        gas_price_wei=attempt.fees.gas_price_wei,
        max_fee_wei=attempt.fees.max_fee_wei,
        tip_wei=attempt.fees.tip_wei,
        sent_s=attempt.sent_s,
    )


def as_intent(stored: OwnerIntent) -> Intent:
    """Return a stored intent for the state machine; refused attempts last are left out.

    An attempt that every endpoint refused is not what waits, but should a block hold it all the
    same, it counts: then it is the mined one and stays in.
    """
    kept = [
        a for a in stored.attempts if not a.is_refused or a.transaction_hash == stored.mined_hash
    ]
    mined = None
    if stored.mined_hash is not None and stored.mined_block is not None:
        mined = Mined(stored.mined_hash, stored.mined_block, bool(stored.mined_ok))
    return Intent(
        intent_id=stored.intent_id,
        nonce=stored.nonce,
        what=stored.what,
        attempts=tuple(as_attempt(a) for a in kept or stored.attempts[:1]),
        state=State(stored.state),
        mined=mined,
    )


def as_pending(stored: Iterable[OwnerIntent], head_nonce: int) -> PendingSet:
    """Return one account's intents as a pending set."""
    return PendingSet(head_nonce, tuple(as_intent(one) for one in stored))


def with_outcome(stored: OwnerIntent, intent: Intent, fee_wei: int | None) -> OwnerIntent:
    """Return a stored intent in the state that was found for it."""
    mined = intent.mined
    return replace(
        stored,
        state=intent.state.value,
        mined_hash=mined.transaction_hash if mined else None,
        mined_block=mined.block_number if mined else None,
        mined_ok=mined.succeeded if mined else None,
        fee_wei=fee_wei if mined else None,
    )


def with_refused(stored: OwnerIntent, transaction_hash: str) -> OwnerIntent:
    """Return an intent with one attempt noted as refused by every endpoint."""
    attempts = tuple(
        replace(one, is_refused=True) if one.transaction_hash == transaction_hash else one
        for one in stored.attempts
    )
    return replace(stored, attempts=attempts)
