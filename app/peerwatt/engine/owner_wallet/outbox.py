"""The owner's transactions on their way: on disk before they are sent, in memory while open."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import replace

from peerwatt.history.facade import History
from peerwatt.history.wallet_records import OwnerIntent
from peerwatt.wallet.pending import Attempt, Intent, PendingSet, State, add, drop, substitute

from ..disk import Disk
from .convert import as_attempt, as_pending, stored_attempt, with_outcome, with_refused

KEPT_DROPPED_S = 86_400.0
"""How long a refused transaction is still looked for: a block may hold it all the same."""


class Outbox:
    """All intents that are not decided yet, of all accounts."""

    def __init__(self, history: History, disk: Disk) -> None:
        self._store = history.owner
        self._disk = disk
        self._open: dict[str, OwnerIntent] = {}
        self.lock = asyncio.Lock()
        """Held while signed bytes are taken in, and while what became of others is looked up."""
        self.head_nonces: dict[str, int] = {}
        """The newest proven nonce of each account."""

    async def load(self, now_s: float) -> None:
        """Take up what earlier runs had signed."""
        found = await self._disk.run(self._store.open, now_s - KEPT_DROPPED_S)
        self._open = {one.intent_id: one for one in found}

    @property
    def accounts(self) -> tuple[str, ...]:
        """Accounts of which something is on its way."""
        return tuple(dict.fromkeys(one.account for one in self._open.values()))

    def of(self, account: str) -> tuple[OwnerIntent, ...]:
        """Return what is on its way of one account."""
        return tuple(one for one in self._open.values() if one.account == account)

    def pending(self, account: str) -> PendingSet:
        """Return one account's pending set at its newest proven nonce."""
        return as_pending(self.of(account), self.head_nonces.get(account, 0))

    def intent(self, intent_id: str) -> OwnerIntent | None:
        """Return an open intent."""
        return self._open.get(intent_id)

    def of_hash(self, transaction_hash: str) -> OwnerIntent | None:
        """Return the open intent that a transaction is an attempt of."""
        wanted = transaction_hash.lower()
        for one in self._open.values():
            if any(attempt.transaction_hash == wanted for attempt in one.attempts):
                return one
        return None

    async def add(self, intent: OwnerIntent) -> None:
        """Store a new intent. Durable on return. Raises WalletFault when its nonce is taken."""
        first = as_attempt(intent.attempts[0])
        pending = self.pending(intent.account)
        add(pending, intent.intent_id, intent.nonce, intent.what, first)
        await self._put(intent)

    async def substitute(self, intent_id: str, nonce: int, attempt: Attempt) -> OwnerIntent:
        """Store a replacement. Durable on return. Raises WalletFault when it comes too late."""
        stored = self._open[intent_id]
        substitute(self.pending(stored.account), intent_id, nonce, attempt)
        changed = replace(stored, attempts=(*stored.attempts, stored_attempt(attempt)))
        await self._put(changed)
        return changed

    async def refused(self, intent_id: str, transaction_hash: str) -> None:
        """Note that every endpoint refused an attempt; the last one's intent is dropped."""
        stored = with_refused(self._open[intent_id], transaction_hash)
        if all(attempt.is_refused for attempt in stored.attempts):
            found = drop(self.pending(stored.account), intent_id).get(intent_id)
            stored = replace(stored, state=found.state.value)
        await self._put(stored)

    async def decided(
        self, account: str, intents: Iterable[Intent], fees_wei: dict[str, int]
    ) -> list[OwnerIntent]:
        """Store what was found for intents; return those that changed."""
        changed = []
        for intent in intents:
            stored = self._open.get(intent.intent_id)
            if stored is None or stored.account != account:
                continue
            fee = fees_wei.get(intent.mined.transaction_hash) if intent.mined else None
            found = with_outcome(stored, intent, fee)
            if found != stored:
                await self._put(found)
                changed.append(found)
            if intent.state in (State.FINAL, State.REPLACED):
                del self._open[intent.intent_id]
        return changed

    async def _put(self, intent: OwnerIntent) -> None:
        await self._disk.run(self._store.put, intent)
        self._open[intent.intent_id] = intent
