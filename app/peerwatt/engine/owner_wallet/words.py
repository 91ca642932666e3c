"""Sentences of the wallet for the owner."""

from __future__ import annotations

from peerwatt.history.records import NoticeLevel
from peerwatt.history.wallet_records import Movement, OwnerIntent
from peerwatt.wallet.amounts import credits_text

from .convert import as_intent

DEMO_PASSWORD = "play money"  # noqa: S105
"""Password of the wallet that the demo makes: everybody may know it."""
DEMO_SENTENCE = f"This is play money; the wallet's password in this demo is: {DEMO_PASSWORD}"

NO_CHAIN = "No chain is set up for this site, so nothing can be sent."
NOT_VERIFIED = "The chain is not verified yet, so nothing can be prepared: {0}"
SENT_BETWEEN = "Another transaction of this account was sent in between; prepare this one again."


def told(changed: OwnerIntent) -> tuple[NoticeLevel, str] | None:
    """Return the line of the owner's log for a new state; ``None`` for none."""
    intent = as_intent(changed)
    what = changed.what
    if intent.mined is not None and not intent.mined.succeeded:
        return NoticeLevel.WARNING, f"{what}: it failed in block {intent.mined.block_number}."
    if intent.state == "final" and intent.was_cancelled:
        return NoticeLevel.GOOD, f"{what}: it is cancelled for good."
    if intent.state == "final":
        block = intent.mined.block_number if intent.mined else 0
        return NoticeLevel.GOOD, f"{what}: final in block {block}."
    if intent.state == "replaced":
        return NoticeLevel.WARNING, (
            f"{what}: another transaction with the same number was done in its place."
        )
    if intent.state == "sent":
        return NoticeLevel.WARNING, f"{what}: its block left the chain; it is sent again."
    return None


def received(moved: Movement, name: str | None) -> str:
    """Return the line for credits that came in."""
    if moved.what:
        return f"{moved.what}: {credits_text(moved.amount_micro)}."
    if moved.kind == "issue":
        return f"{credits_text(moved.amount_micro)} issued to you by the community."
    return f"{credits_text(moved.amount_micro)} received from {name or moved.counterparty}."
