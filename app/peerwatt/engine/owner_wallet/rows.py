"""Rows of the wallet's list, for the screen and for a file: what was sent and what moved."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from peerwatt.api.base import TrustMark
from peerwatt.api.wallet_messages import TransactionView
from peerwatt.history.records import SentTransaction, TransactionParty, TransactionState
from peerwatt.history.wallet_records import Movement, OwnerIntent
from peerwatt.model.market import SettledInterval
from peerwatt.model.units import interval_start_s
from peerwatt.wallet.export import TransactionRow

from .convert import as_intent

SHOWN = 40
"""Rows of the wallet's list."""
DONE_BY_ANOTHER = "Another house did this duty first; nothing was lost."


@dataclass(frozen=True, slots=True)
class Ledger:
    """Everything that rows are made of."""

    intents: Sequence[OwnerIntent] = ()
    sent: Sequence[SentTransaction] = ()
    """The agent's."""
    movements: Sequence[Movement] = ()
    settled: Sequence[SettledInterval] = ()
    labels: Mapping[str, str] = field(default_factory=dict)
    name: Callable[[str], str | None] = lambda _: None
    """What the owner calls an address."""
    stuck: Mapping[str, str] = field(default_factory=dict)
    """Intent -> why it waits so long."""
    head_nonces: Mapping[str, int] = field(default_factory=dict)
    member: str | None = None


def row_of_intent(stored: OwnerIntent, ledger: Ledger) -> TransactionView:
    """Return what the owner sent; its hash is the one that counts now."""
    intent = as_intent(stored)
    mined = intent.mined
    failed = mined is not None and not mined.succeeded
    unseen = intent.state == "sent" and stored.nonce < ledger.head_nonces.get(stored.account, 0)
    state = "in block" if unseen else "failed" if failed else intent.state.value
    moves = not (failed or intent.was_cancelled or intent.state.value in ("dropped", "replaced"))
    reason = ledger.stuck.get(stored.intent_id, "")
    if unseen:
        reason = "It is done or replaced, but so long ago that this cannot be proven here any more."
    return TransactionView.model_validate(
        {
            "transaction_hash": shown_hash(stored),
            "time_s": stored.created_s,
            "what": _what(stored, ledger, was_cancelled=intent.was_cancelled),
            "amount_micro": stored.amount_micro if moves else None,
            "state": state,
            "block_number": mined.block_number if mined else None,
            "mark": _mark(state, unseen=unseen),
            "by": "owner",
            "account": stored.account,
            "counterparty": stored.recipient,
            "nonce": stored.nonce,
            "label": ledger.labels.get(label_key(stored), ""),
            "is_stuck": bool(reason) and not unseen,
            "can_replace": intent.state == "sent" and not unseen,
            "sentence": reason,
        }
    )


def shown_hash(stored: OwnerIntent) -> str:
    """Return the attempt that is in a block, else the one that waits."""
    return stored.mined_hash or as_intent(stored).latest.transaction_hash


def label_key(stored: OwnerIntent) -> str:
    """Return the hash under which an intent's label is kept: that of its first attempt."""
    return stored.attempts[0].transaction_hash


def _what(stored: OwnerIntent, ledger: Ledger, *, was_cancelled: bool) -> str:
    name = ledger.name(stored.recipient)
    paid = stored.what.startswith("Payment") and name is not None
    words = f"{stored.what} to {name}" if paid else stored.what
    return f"Cancelled: {words}" if was_cancelled else words


def _mark(state: str, *, unseen: bool = False) -> TrustMark:
    if unseen:
        return TrustMark.UNVERIFIED
    proven = state in ("in block", "final", "failed", "replaced")
    return TrustMark.VERIFIED if proven else TrustMark.PENDING


def row_of_sent(sent: SentTransaction, ledger: Ledger) -> TransactionView:
    """Return what the agent sent. A duty of the community that another did first is no failure."""
    is_duty = sent.by is TransactionParty.KEEPER
    was_late = is_duty and sent.state is TransactionState.FAILED
    return TransactionView.model_validate(
        {
            "transaction_hash": sent.transaction_hash,
            "time_s": sent.time_s,
            "what": sent.what,
            "amount_micro": sent.amount_micro,
            "state": "replaced" if was_late else sent.state.value,
            "block_number": sent.block_number,
            "mark": _mark(sent.state.value),
            "by": "agent" if is_duty else sent.by.value,
            "sentence": DONE_BY_ANOTHER if was_late else "",
            "account": sent.account,
            "counterparty": sent.recipient,
            "nonce": sent.nonce,
            "label": ledger.labels.get(sent.transaction_hash, ""),
        }
    )


_KINDS = {
    "issue": "Credits issued by the community",
    "redemption": "Credits given back",
    "debt": "Debt of a settlement paid",
}


def row_of_movement(moved: Movement, ledger: Ledger) -> TransactionView:
    """Return a proven movement."""
    other = ledger.name(moved.counterparty) or f"{moved.counterparty[:10]}…"
    words = f"Payment from {other}" if moved.amount_micro > 0 else f"Payment to {other}"
    return TransactionView(
        transaction_hash=moved.transaction_hash,
        time_s=moved.time_s,
        what=moved.what or _KINDS.get(moved.kind, words),
        amount_micro=moved.amount_micro,
        state="final",
        block_number=moved.block_number,
        mark=TrustMark.VERIFIED,
        by="other",
        account=moved.account,
        counterparty=moved.counterparty,
        label=ledger.labels.get(moved.transaction_hash, ""),
    )


def settlement_name(settled: SettledInterval) -> str:
    """Return the words that stand for a settled interval's missing hash."""
    return f"settlement of interval {settled.interval}"


def row_of_settled(settled: SettledInterval, ledger: Ledger) -> TransactionView:
    """Return a settled interval as a movement of the owner's credits; its result is proven."""
    words = "with the supplier"
    if settled.bought_wh:
        words = f"{settled.bought_wh} Wh bought nearby"
    elif settled.sold_wh:
        words = f"{settled.sold_wh} Wh sold nearby"
    name = settlement_name(settled)
    return TransactionView(
        transaction_hash=name,
        time_s=float(interval_start_s(settled.interval + 1)),
        what=f"Settled: {words}",
        amount_micro=settled.total_micro,
        state="final",
        mark=TrustMark.VERIFIED,
        by="other",
        account=ledger.member,
        label=ledger.labels.get(name, ""),
    )


def rows(ledger: Ledger, limit: int | None = SHOWN) -> tuple[TransactionView, ...]:
    """Return all rows, newest first."""
    found = [row_of_intent(one, ledger) for one in ledger.intents]
    found += [row_of_sent(one, ledger) for one in ledger.sent]
    found += [row_of_movement(one, ledger) for one in ledger.movements]
    found += [
        row_of_settled(one, ledger)
        for one in ledger.settled[-limit if limit else 0 :]
        if one.total_micro != 0
    ]
    return tuple(sorted(found, key=lambda row: -row.time_s)[:limit])


def csv_rows(ledger: Ledger) -> list[TransactionRow]:
    """Return all rows for a file, oldest first."""
    fees = {shown_hash(one): one.fee_wei for one in ledger.intents}
    found = []
    for row in reversed(rows(ledger, None)):
        ours, other = row.account or "", row.counterparty or ""
        incoming = (row.amount_micro or 0) > 0 and row.by == "other"
        found.append(
            TransactionRow(
                time_s=row.time_s,
                status=row.state,
                block_number=row.block_number,
                sender=other if incoming else ours,
                recipient=ours if incoming else other,
                amount_micro=row.amount_micro,
                fee_wei=fees.get(row.transaction_hash) if row.by == "owner" else None,
                what=row.what,
                label=row.label,
                transaction_hash=row.transaction_hash,
            )
        )
    return found
