"""Nonces and resends: the proven nonce plus what is on its way, and the same bytes every time.

A transaction is signed once. Sending its bytes again can never execute it twice, so after a
crash or a lost answer everything that is not yet in a proven state is simply sent again.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass

import sha3

from peerwatt.model.ports import Signer

from .signer import FREE, Fees, call_fields


@dataclass(frozen=True, slots=True)
class SignedTransaction:
    """A transaction that may be sent any number of times."""

    nonce: int
    raw: str
    """Signed bytes, 0x hex."""
    transaction_hash: str

    @classmethod
    def of(cls, nonce: int, raw: str) -> SignedTransaction:
        """Return a transaction with its hash computed from its bytes."""
        digest = sha3.keccak_256(bytes.fromhex(raw.removeprefix("0x"))).hexdigest()
        return cls(nonce, raw, f"0x{digest}")


class NonceKeeper:
    """Hands out the nonces of one account and remembers what is pending."""

    def __init__(self, proven: int = 0, pending: Iterable[SignedTransaction] = ()) -> None:
        self._proven = proven
        self._pending = {tx.nonce: tx for tx in pending if tx.nonce >= proven}

    @property
    def proven(self) -> int:
        """The newest proven nonce of the account."""
        return self._proven

    @property
    def next(self) -> int:
        """The first nonce that is neither used nor pending; fills a gap first."""
        nonce = self._proven
        while nonce in self._pending:
            nonce += 1
        return nonce

    @property
    def pending(self) -> tuple[SignedTransaction, ...]:
        """Transactions not yet in a proven state, by nonce."""
        return tuple(self._pending[nonce] for nonce in sorted(self._pending))

    def add(self, transaction: SignedTransaction) -> None:
        """Remember a signed transaction. Raises ValueError when its nonce is taken by another."""
        known = self._pending.get(transaction.nonce)
        if transaction.nonce < self._proven or (known is not None and known != transaction):
            raise ValueError(f"nonce {transaction.nonce} is taken")
        self._pending[transaction.nonce] = transaction

    def prove(self, nonce: int) -> tuple[SignedTransaction, ...]:
        """Take the account's proven nonce; return what it shows to be in the chain.

        A lower nonce than before is ignored: it comes from an older block.
        """
        self._proven = max(self._proven, nonce)
        done = tuple(tx for tx in self.pending if tx.nonce < self._proven)
        for transaction in done:
            del self._pending[transaction.nonce]
        return done

    def forget(self, transaction: SignedTransaction) -> None:
        """Drop a transaction that every endpoint refused, so that its nonce is free again."""
        if self._pending.get(transaction.nonce) == transaction:
            del self._pending[transaction.nonce]


class AccountSender:
    """Prepares, sends and resends the calls of one account.

    ``broadcast`` sends raw bytes to all endpoints and returns the hash. The caller stores what
    :meth:`prepare` returned before :meth:`send`, so that a crash between both is harmless.
    """

    def __init__(
        self,
        signer: Signer,
        chain_id: int,
        broadcast: Callable[[str], Awaitable[str]],
        nonces: NonceKeeper,
        *,
        fees: Fees = FREE,
    ) -> None:
        self.signer = signer
        self.nonces = nonces
        self._chain_id = chain_id
        self._broadcast = broadcast
        self._fees = fees

    @property
    def address(self) -> str:
        """Address of the account."""
        return self.signer.address

    def prepare(
        self, to: str | None, data: bytes, *, gas: int, fees: Fees | None = None
    ) -> SignedTransaction:
        """Sign a call with the next nonce and remember it as pending. Raises PolicyRefusal.

        ``fees`` takes the place of those given at the start.
        """
        nonce = self.nonces.next
        paid = self._fees if fees is None else fees
        fields = call_fields(self._chain_id, to, data, nonce=nonce, gas=gas, fees=paid)
        transaction = SignedTransaction.of(nonce, self.signer.sign_transaction(fields))
        self.nonces.add(transaction)
        return transaction

    async def send(self, transaction: SignedTransaction) -> str:
        """Send (again) and return the hash; faults of the chain pass through to the caller."""
        return await self._broadcast(transaction.raw)

    async def resend(self) -> int:
        """Send all pending transactions again, in order; return how many there were."""
        waiting = self.nonces.pending
        for transaction in waiting:
            await self._broadcast(transaction.raw)
        return len(waiting)
