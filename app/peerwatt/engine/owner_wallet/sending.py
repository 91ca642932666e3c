"""Takes signed bytes, holds them to what was prepared, stores them, and only then sends them."""

from __future__ import annotations

from dataclasses import dataclass

from peerwatt.chain.endpoints.pool import TransactionRefused
from peerwatt.history.facade import History
from peerwatt.history.wallet_records import OwnerIntent
from peerwatt.model.verified import ChainFault, EndpointAway
from peerwatt.wallet.address import keccak
from peerwatt.wallet.pending import Attempt, State
from peerwatt.wallet.secret import WalletFault

from ..disk import Disk
from . import words
from .convert import stored_attempt
from .follow import Follower
from .outbox import Outbox
from .prepare import Prepared, Preparer
from .rows import label_key
from .signed import check_signed


@dataclass(frozen=True, slots=True)
class Sent:
    """What became of one broadcast."""

    intent: OwnerIntent
    sentence: str


class Sending:
    """One broadcast at a time; the same bytes twice are one transaction."""

    def __init__(
        self,
        outbox: Outbox,
        preparer: Preparer,
        follower: Follower,
        history: History,
        disk: Disk,
    ) -> None:
        self._outbox = outbox
        self._preparer = preparer
        self._follower = follower
        self._history = history
        self._disk = disk

    async def broadcast(self, prepared_id: str, raw: str, label: str, now_s: float) -> Sent:
        """Check, store and send signed bytes (0x hex).

        Raises WalletFault where they are not what was prepared, TransactionRefused where no
        endpoint takes them; an endpoint that is away is no fault: they are sent again later.
        """
        raw = raw.lower()
        signed = bytes.fromhex(raw[2:])
        name = f"0x{keccak(signed).hex()}"
        async with self._outbox.lock:
            known = await self._disk.run(self._history.owner.of_hash, name)
            if known is None:
                prepared = self._preparer.get(prepared_id, now_s)
                check_signed(signed, prepared.transaction, prepared.account)
                attempt = Attempt(name, raw, prepared.draft.purpose, prepared.draft.fees, now_s)
                known = await self._store(prepared_id, prepared, attempt, now_s)
                self._preparer.done(prepared_id)
            if label:
                await self._disk.run(self._history.labels.set, label_key(known), label)
            return await self._send(known, name, raw)

    async def _store(
        self, prepared_id: str, prepared: Prepared, attempt: Attempt, now_s: float
    ) -> OwnerIntent:
        draft = prepared.draft
        await self._look(prepared.account)
        if draft.replaces is not None:
            if self._outbox.intent(draft.replaces) is None:
                raise WalletFault("What it should replace is decided already; look at the list.")
            return await self._outbox.substitute(draft.replaces, draft.nonce, attempt)
        intent = OwnerIntent(
            intent_id=prepared_id,
            account=prepared.account,
            nonce=draft.nonce,
            what=draft.call.what,
            recipient=draft.recipient,
            amount_micro=draft.amount_micro,
            created_s=now_s,
            attempts=(stored_attempt(attempt),),
        )
        try:
            await self._outbox.add(intent)
        except WalletFault as fault:
            raise WalletFault(
                words.SENT_BETWEEN if fault.field == "nonce" else str(fault)
            ) from None
        return intent

    async def _look(self, account: str) -> None:
        """Take the newest proven nonce; where it cannot be had, the last one known holds."""
        try:
            await self._follower.look(account)
        except ChainFault:
            return

    async def _send(self, intent: OwnerIntent, name: str, raw: str) -> Sent:
        if intent.state not in (State.SENT, State.DROPPED):
            return Sent(intent, f"{intent.what}: it is in a block already.")
        try:
            await self._follower.send(name, raw)
        except EndpointAway:
            return Sent(intent, f"{intent.what}: it is signed and sent once an endpoint answers.")
        except TransactionRefused:
            if self._outbox.intent(intent.intent_id) is not None:
                await self._outbox.refused(intent.intent_id, name)
            raise
        return Sent(intent, f"{intent.what}: it is sent.")
