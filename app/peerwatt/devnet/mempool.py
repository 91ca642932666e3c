"""Transactions that wait for a block: ordered by nonce for each sender, by arrival between them."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Mapping

from .transaction import InvalidTransactionError, Pending, SignedTransaction

MAX_PENDING = 10_000
MAX_PER_SENDER = 1_000
MAX_NONCE_GAP = 1_000
BUMP_PCT = 10
"""What a replacement has to pay more."""


class Mempool:
    """The waiting transactions. One thread only."""

    def __init__(self) -> None:
        self._by_sender: dict[bytes, dict[int, tuple[int, Pending]]] = {}
        self._by_hash: dict[bytes, Pending] = {}
        self._arrivals = 0

    def __len__(self) -> int:
        return len(self._by_hash)

    def get(self, transaction_hash: bytes) -> Pending | None:
        """Return a waiting transaction."""
        return self._by_hash.get(transaction_hash)

    def add(self, pending: Pending, account_nonce: int) -> None:
        """Take a transaction in. The same one again is no error.

        One that waits with the same nonce is replaced where the new one pays at least 10 % more,
        both as price and as tip (the rule of geth's and Besu's pools); where the old one pays
        nothing, as on a chain without fees, the newest wins. Raises InvalidTransactionError:
        nonce used up, nonce too far ahead, pays too little more, pool full.
        """
        transaction = pending.transaction
        if transaction.hash in self._by_hash:
            return
        waiting = self._by_sender.get(pending.sender, {})
        if transaction.nonce < account_nonce:
            raise InvalidTransactionError(
                f"nonce too low: next nonce {account_nonce}, transaction nonce {transaction.nonce}"
            )
        if transaction.nonce > account_nonce + MAX_NONCE_GAP:
            raise InvalidTransactionError(
                f"nonce too high: next nonce {account_nonce}, transaction nonce {transaction.nonce}"
            )
        if transaction.nonce in waiting:
            self._replace(waiting[transaction.nonce][1], pending)
            return
        if len(self._by_hash) >= MAX_PENDING or len(waiting) >= MAX_PER_SENDER:
            raise InvalidTransactionError("too many transactions are waiting; send it again later")
        self._arrivals += 1
        self._by_sender.setdefault(pending.sender, waiting)[transaction.nonce] = (
            self._arrivals,
            pending,
        )
        self._by_hash[transaction.hash] = pending

    def _replace(self, old: Pending, new: Pending) -> None:
        """Put a transaction in the place of one that waits. Raises InvalidTransactionError."""
        if not _pays_more(old.transaction, new.transaction):
            raise InvalidTransactionError(
                "replacement transaction underpriced: another transaction of this sender waits "
                f"with nonce {new.transaction.nonce}; pay at least {BUMP_PCT} % more"
            )
        waiting = self._by_sender[old.sender]
        arrival, _ = waiting[old.transaction.nonce]
        waiting[new.transaction.nonce] = (arrival, new)
        del self._by_hash[old.transaction.hash]
        self._by_hash[new.transaction.hash] = new

    def next_nonce(self, sender: bytes, account_nonce: int) -> int:
        """Return the nonce after all transactions of a sender that can run one after another."""
        waiting = self._by_sender.get(sender, {})
        while account_nonce in waiting:
            account_nonce += 1
        return account_nonce

    def ready(self, nonce_of: Callable[[bytes], int]) -> list[Pending]:
        """Return what can run now, oldest first, each sender's in order of nonce."""
        heads: list[tuple[int, int, bytes]] = []
        for sender, waiting in self._by_sender.items():
            nonce = nonce_of(sender)
            if nonce in waiting:
                heads.append((waiting[nonce][0], nonce, sender))
        heapq.heapify(heads)
        ordered: list[Pending] = []
        while heads:
            _, nonce, sender = heapq.heappop(heads)
            waiting = self._by_sender[sender]
            ordered.append(waiting[nonce][1])
            if nonce + 1 in waiting:
                heapq.heappush(heads, (waiting[nonce + 1][0], nonce + 1, sender))
        return ordered

    def remove(self, pending: Pending) -> None:
        """Forget a transaction: it is in a block or can never be."""
        self._by_hash.pop(pending.transaction.hash, None)
        waiting = self._by_sender.get(pending.sender)
        if waiting is not None:
            waiting.pop(pending.transaction.nonce, None)
            if not waiting:
                del self._by_sender[pending.sender]

    def drop_used(self, nonces: Mapping[bytes, int]) -> None:
        """Forget transactions whose nonce is below the account's next one (by sender)."""
        for pending in self.all():
            if pending.transaction.nonce < nonces.get(pending.sender, 0):
                self.remove(pending)

    def all(self) -> list[Pending]:
        """Return everything that waits, in order of arrival."""
        return list(self._by_hash.values())


def _pays_more(old: SignedTransaction, new: SignedTransaction) -> bool:
    pairs = ((old.max_fee, new.max_fee), (old.max_priority_fee, new.max_priority_fee))
    return all(after * 100 >= before * (100 + BUMP_PCT) for before, after in pairs)
