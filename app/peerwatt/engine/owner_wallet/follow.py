"""Follows what the owner sent: proven nonces and receipts in, states out, lost ones sent again."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace

from peerwatt.chain.encoding import to_hex
from peerwatt.chain.ports import VerifiedChain
from peerwatt.chain.reading.blocks import BlockBody
from peerwatt.chain.reading.reader import ProvenReader
from peerwatt.history.wallet_records import OwnerIntent
from peerwatt.model.ports import Clock
from peerwatt.model.verified import ChainFault
from peerwatt.wallet.pending import Mined, Observation, observe

from .convert import as_pending
from .nonce_search import block_of_nonce, place_of_nonce
from .outbox import Outbox

log = logging.getLogger(__name__)

RESEND_BLOCKS = 3
"""What waits is sent again after so many block periods: nodes forget."""
LEAST_RESEND_S = 10.0


@dataclass(frozen=True, slots=True)
class Outcomes:
    """Receipts of attempts and what their gas cost, by hash."""

    receipts: dict[str, Mined]
    fees_wei: dict[str, int]

    def add(self, body: BlockBody, index: int) -> None:
        """Note one transaction of a proven block."""
        name = to_hex(body.transactions[index])
        price = body.transaction(index).price_wei(body.header.base_fee)
        succeeded = body.receipts[index].succeeded
        self.receipts[name] = Mined(name, body.header.number, succeeded)
        self.fees_wei[name] = body.gas_used(index) * price


class Follower:
    """Moves the outbox on; one call a round."""

    def __init__(self, outbox: Outbox, reader: ProvenReader, clock: Clock) -> None:
        self._outbox = outbox
        self._reader = reader
        self._clock = clock
        self._sent_s: dict[str, float] = {}
        self._seen: dict[str, tuple[bytes, int]] = {}
        self._lost: set[str] = set()

    @property
    def _chain(self) -> VerifiedChain:
        return self._reader.client

    async def step(self) -> list[OwnerIntent]:
        """Look once after everything open; return what changed. Faults only delay it."""
        changed: list[OwnerIntent] = []
        for account in self._outbox.accounts:
            try:
                changed += await self._renewed(account)
            except ChainFault as fault:
                log.info("What %s sent is looked at again later: %s", account, fault)
        await self.send_again()
        return changed

    async def _renewed(self, account: str) -> list[OwnerIntent]:
        """Look after one account where the chain has moved since the last time."""
        now = (self._chain.pinned().block_hash, self._chain.final_number or 0)
        if self._seen.get(account) == now:
            return []
        changed = await self.look(account)
        self._seen[account] = now
        return changed

    async def look(self, account: str) -> list[OwnerIntent]:
        """Take one account's proven state into account; return what changed."""
        head = self._chain.pinned()
        final = min(self._chain.final_number or 0, head.header.number)
        found = await self._reader.read_at(head, {account: ()})
        head_nonce = found[account].account.nonce
        self._outbox.head_nonces[account] = head_nonce
        stored = self._outbox.of(account)
        if not stored:
            return []
        final_nonce = await self._nonce(account, final, head.header.number, head_nonce)
        # A nonce that is not used proves that no attempt with it is in any block.
        used = [o for o in stored if o.nonce < head_nonce and o.intent_id not in self._lost]
        outcomes, unknown = await self._outcomes(account, used, head.header.number)
        # Blocks only get older: what cannot be proven now never can be.
        self._lost |= unknown
        known = [_revived(one, outcomes) for one in stored if one.intent_id not in self._lost]
        seen = Observation(head_nonce, final_nonce, final, outcomes.receipts)
        after = observe(as_pending(known, head_nonce), seen)
        return await self._outbox.decided(account, after.intents, outcomes.fees_wei)

    async def _nonce(self, account: str, block: int, head: int, head_nonce: int) -> int:
        if block == head:
            return head_nonce
        return (await self._reader.account(account, block)).value.nonce

    async def _outcomes(
        self, account: str, used: Sequence[OwnerIntent], head: int
    ) -> tuple[Outcomes, frozenset[str]]:
        """Return what became of intents whose nonce is used, and of which nothing can be said.

        The latter's nonce was used before the oldest block that is kept: neither that they were
        done can be proven any more, nor that another transaction took their place.
        """
        found, unknown = Outcomes({}, {}), set()
        for intent in used:
            hashes = [attempt.transaction_hash for attempt in intent.attempts]
            for one in hashes:
                located = await self._located(one)
                if located is not None:
                    found.add(*located)
            if found.receipts.keys() & set(hashes):
                continue
            # Endpoints may deny a transaction; who used the nonce is proven without asking them.
            body = await block_of_nonce(self._reader, account, intent.nonce, head)
            if body is None:
                unknown.add(intent.intent_id)
                continue
            index = place_of_nonce(body, account, intent.nonce)
            if index is not None:
                found.add(body, index)
        return found, frozenset(unknown)

    async def _located(self, transaction_hash: str) -> tuple[BlockBody, int] | None:
        try:
            return await self._reader.locate(transaction_hash)
        except ChainFault as fault:
            log.info("No endpoint shows %s: %s", transaction_hash, fault)
            return None

    async def send_again(self) -> None:
        """Send what waits in no block, when its time has come; refusals are looked at later."""
        now_s = self._clock.now_s()
        gap_s = max(RESEND_BLOCKS * self._chain.network.block_period_s, LEAST_RESEND_S)
        for account in self._outbox.accounts:
            head_nonce = self._outbox.head_nonces.get(account, 0)
            for attempt in self._outbox.pending(account).to_send_again:
                due = now_s - self._sent_s.get(attempt.transaction_hash, float("-inf")) >= gap_s
                if due and self._nonce_of(attempt.transaction_hash) >= head_nonce:
                    await self._send_quietly(attempt.transaction_hash, attempt.raw)

    def _nonce_of(self, transaction_hash: str) -> int:
        intent = self._outbox.of_hash(transaction_hash)
        return intent.nonce if intent else -1

    async def _send_quietly(self, transaction_hash: str, raw: str) -> None:
        try:
            await self.send(transaction_hash, raw)
        except ChainFault as fault:
            log.info("The endpoints do not take %s now: %s", transaction_hash, fault)

    async def send(self, transaction_hash: str, raw: str) -> None:
        """Send signed bytes to all endpoints. Raises TransactionRefused or EndpointAway."""
        self._sent_s[transaction_hash] = self._clock.now_s()
        await self._chain.broadcast(raw)


def _revived(stored: OwnerIntent, outcomes: Outcomes) -> OwnerIntent:
    """Return an intent with the attempt that a block holds, also one that was refused before."""
    if not any(a.is_refused and a.transaction_hash in outcomes.receipts for a in stored.attempts):
        return stored
    attempts = tuple(
        replace(a, is_refused=False) if a.transaction_hash in outcomes.receipts else a
        for a in stored.attempts
    )
    return replace(stored, attempts=attempts)
