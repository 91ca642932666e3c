"""Frozen records of the owner's wallet: intents with their attempts, and proven movements."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class OwnerAttempt:
    """One signed transaction of an intent; prices in wei per gas."""

    transaction_hash: str
    purpose: str
    """``send``, ``replace`` or ``cancel``."""
    raw_transaction: str
    """Signed bytes, 0x hex; never exported."""
    gas_price_wei: int | None
    """``None`` for type 2, which has the two prices below."""
    max_fee_wei: int
    tip_wei: int
    sent_s: float
    is_refused: bool = False
    """Every endpoint that answered refused it; it is not sent again, but looked for."""


@dataclass(frozen=True, slots=True)
class OwnerIntent:
    """Something that the owner signed to happen once, with one nonce."""

    intent_id: str
    account: str
    nonce: int
    what: str
    recipient: str
    amount_micro: int | None
    """Credits, - paid; ``None`` where none move."""
    created_s: float
    attempts: tuple[OwnerAttempt, ...]
    """Oldest first; never empty."""
    state: str = "sent"
    """``sent``, ``in block``, ``final``, ``dropped`` or ``replaced``."""
    mined_hash: str | None = None
    mined_block: int | None = None
    mined_ok: bool | None = None
    fee_wei: int | None = None
    """What gas cost, once it is in a block."""


@dataclass(frozen=True, slots=True)
class Movement:
    """Credits that moved from or to an account of ours, read from a complete list of events."""

    transaction_hash: str
    log_index: int
    account: str
    block_number: int
    time_s: float
    counterparty: str
    amount_micro: int
    """+ received, - paid."""
    kind: str
    """``transfer``, ``issue``, ``redemption``, ``debt``, ``flexibility``, ``deposit`` or
    ``withdrawal``."""
    what: str = ""
    """Words for kinds that need some."""
